//! A transaction of the past, run again on the state before it.

use alloy::consensus::Header;
use alloy::consensus::Transaction as _;
use alloy::network::TransactionResponse as _;
use alloy::primitives::{B256, Log};
use alloy::rpc::types::Block;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::state::Remote;
use crate::{Error, Machine, Message, Result, Trace};

/// A transaction that a block has, and what its receipt says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mined {
    /// Its hash.
    pub hash: B256,
    /// Header of its block.
    pub header: Header,
    /// Its place in the block, from 0. What came before it in the block is not run again.
    pub place: u64,
    /// What was sent.
    pub message: Message,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Gas that was paid for.
    pub gas_used: u64,
    /// Events that it wrote.
    pub logs: Vec<Log>,
}

impl Mined {
    /// The transaction `hash` of the chain of `remote`.
    ///
    /// # Errors
    /// [`Error::State`] when the endpoint does not have it.
    pub fn find(remote: &Remote, hash: B256) -> Result<Self> {
        let missing = |what: &str| Error::state(format!("the {what} of `{hash}`"), "the endpoint has none");
        let (sent, receipt) = remote.transaction(hash)?;
        let (sent, receipt) =
            (sent.ok_or_else(|| missing("transaction"))?, receipt.ok_or_else(|| missing("receipt"))?);
        let block = receipt.block_hash.ok_or_else(|| missing("block"))?;
        let block: Option<Block> =
            remote.request("the block", "eth_getBlockByHash", json!([block, false]))?;
        let block = block.ok_or_else(|| missing("block"))?;
        let to = sent.to().ok_or_else(|| missing("receiver"))?;
        let message = Message {
            from: sent.from(),
            to,
            value: sent.value(),
            input: sent.input().clone(),
            gas_limit: sent.gas_limit(),
        };
        Ok(Self {
            hash,
            header: block.header.inner,
            place: receipt.transaction_index.unwrap_or_default(),
            message,
            succeeded: receipt.status(),
            gas_used: receipt.gas_used,
            logs: receipt.logs().iter().map(|log| log.inner.clone()).collect(),
        })
    }
}

/// A transaction run again, beside what happened.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What it did when it was run again.
    pub trace: Trace,
    /// What differs from the receipt, in words; nothing if it did the same.
    pub differences: Vec<String>,
    /// The chain after it.
    pub machine: Machine,
}

/// Runs `mined` again on `machine`, which must be in the block before its own.
///
/// # Errors
/// [`Error::State`]; [`Error::Refused`].
pub fn replay(mut machine: Machine, mined: &Mined) -> Result<Replay> {
    let (there, needed) = (machine.head().number, mined.header.number.saturating_sub(1));
    if there != needed {
        return Err(Error::Refused {
            reason: format!("it is of the block after {needed}, not after {there}"),
        });
    }
    machine.enter_block(mined.header.clone());
    let trace = machine.transact(&mined.message)?;
    let mut differences = Vec::new();
    if trace.succeeded() != mined.succeeded {
        let word = |succeeded| if succeeded { "succeeded" } else { "failed" };
        differences.push(format!("it {}, and now it {}", word(mined.succeeded), word(trace.succeeded())));
    }
    let logs: Vec<&Log> = trace.logs.iter().map(|(_, log)| log).collect();
    if logs.len() != mined.logs.len() {
        differences.push(format!("it wrote {} events, and now {}", mined.logs.len(), logs.len()));
    }
    for (place, (before, now)) in mined.logs.iter().zip(logs).enumerate() {
        if before != now {
            differences.push(format!("event {} was another, of `{}`", place + 1, before.address));
        }
    }
    Ok(Replay { trace, differences, machine })
}
