//! A transaction of the past, run again on the state before it.

use alloy::consensus::Header;
use alloy::consensus::Transaction as _;
use alloy::network::TransactionResponse as _;
use alloy::primitives::{B256, Log};
use alloy::rpc::types::{Block, TransactionReceipt};
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
    /// Its place in the block, from 0.
    pub place: u64,
    /// The transactions before it in the block, in their order.
    pub before: Vec<Earlier>,
    /// What was sent.
    pub message: Message,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Gas that was paid for.
    pub gas_used: u64,
    /// Events that it wrote.
    pub logs: Vec<Log>,
}

/// A transaction that came earlier in the same block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its hash.
    pub hash: B256,
    /// What was sent; nobody receives what creates a contract.
    pub message: Message,
    /// Whether it creates a contract.
    pub creates: bool,
    /// Whether it sets the code of accounts (EIP-7702), which is not run here.
    pub delegates: bool,
    /// Whether it succeeded.
    pub succeeded: bool,
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
        let place = receipt.transaction_index.unwrap_or_default();
        let whole: Option<Block> =
            remote.request("the block", "eth_getBlockByHash", json!([block, place > 0]))?;
        let whole = whole.ok_or_else(|| missing("block"))?;
        let before = if place > 0 { earlier(remote, &whole, block, place)? } else { Vec::new() };
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
            header: whole.header.inner,
            place,
            before,
            message,
            succeeded: receipt.status(),
            gas_used: receipt.gas_used,
            logs: receipt.logs().iter().map(|log| log.inner.clone()).collect(),
        })
    }
}

/// Most transactions before it in its block that are run again.
const MOST_BEFORE: u64 = 400;

/// The first `place` transactions of `block`, whose hash is `hash`.
fn earlier(remote: &Remote, block: &Block, hash: B256, place: u64) -> Result<Vec<Earlier>> {
    let what = "the transactions before it in its block";
    if place > MOST_BEFORE {
        return Err(Error::state(
            what,
            format!("there are {place}, more than the {MOST_BEFORE} that are run"),
        ));
    }
    let receipts: Vec<TransactionReceipt> = remote.request(what, "eth_getBlockReceipts", json!([hash]))?;
    let sent = block.transactions.as_transactions().unwrap_or_default();
    let count = usize::try_from(place).unwrap_or(usize::MAX);
    if sent.len() < count || receipts.len() < count {
        return Err(Error::state(what, "the endpoint does not have them all"));
    }
    let both = sent.iter().zip(&receipts).take(count);
    Ok(both
        .map(|(sent, receipt)| Earlier {
            hash: sent.tx_hash(),
            message: Message {
                from: sent.from(),
                to: sent.to().unwrap_or_default(),
                value: sent.value(),
                input: sent.input().clone(),
                gas_limit: sent.gas_limit(),
            },
            creates: sent.to().is_none(),
            delegates: sent.authorization_list().is_some(),
            succeeded: receipt.status(),
        })
        .collect())
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

/// Runs `mined` again on `machine`, which must be in the block before its own, after everything that came before it in
/// its block. Fees are not paid, so that balances of ether are higher by them.
///
/// # Errors
/// [`Error::State`]; [`Error::Refused`], also when what came before it cannot be run as it was: then there is nothing to
/// compare with.
pub fn replay(mut machine: Machine, mined: &Mined) -> Result<Replay> {
    let (there, needed) = (machine.head().number, mined.header.number.saturating_sub(1));
    if there != needed {
        return Err(Error::Refused {
            reason: format!("it is of the block after {needed}, not after {there}"),
        });
    }
    machine.enter_block(mined.header.clone());
    for earlier in &mined.before {
        first(&mut machine, earlier)?;
    }
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

/// Runs a transaction that came before, and makes sure that it ends as it did.
fn first(machine: &mut Machine, earlier: &Earlier) -> Result<()> {
    let refused = |reason: String| Error::Refused {
        reason: format!("the transaction `{}` before it in its block {reason}", earlier.hash),
    };
    if earlier.delegates {
        return Err(refused("sets the code of accounts, which is not run here".into()));
    }
    let run =
        if earlier.creates { machine.create(&earlier.message) } else { machine.transact(&earlier.message) };
    let trace = match run {
        Ok(trace) => trace,
        Err(Error::Refused { reason }) => return Err(refused(format!("is refused here: {reason}"))),
        Err(error) => return Err(error),
    };
    if trace.succeeded() == earlier.succeeded {
        return Ok(());
    }
    let word = |succeeded| if succeeded { "succeeded" } else { "failed" };
    Err(refused(format!("{}, and here it {}", word(earlier.succeeded), word(trace.succeeded()))))
}
