//! How long accounts have been what they are, as far as an endpoint with the state of old blocks tells.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Result;
use crate::state::{Remote, StateSource};

/// Since when an account is what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The account.
    pub account: Address,
    /// Whether it has code now.
    pub is_contract: bool,
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Its age.
    pub age: Age,
}

/// An age, in blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Age {
    /// It was there at this block already, or had sent a transaction by then.
    Older {
        /// The block.
        block: u64,
        /// Whether its code was another one then.
        changed: bool,
    },
    /// It has code, or has sent transactions, since this block.
    Since {
        /// The block.
        block: u64,
    },
    /// It has neither code nor sent a transaction.
    Never,
    /// The endpoint did not tell.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// Looks `blocks` blocks back from the pinned one, whose state is `state`, at each of `accounts`, and where something was
/// not there yet, for the block since which it is: by halves, so that a week of blocks takes 17 questions at most.
///
/// An endpoint without old state makes the age [`Age::Unknown`].
#[must_use]
pub fn read(remote: &Remote, state: &dyn StateSource, accounts: &[Address], blocks: u64) -> Vec<History> {
    accounts.iter().map(|account| of(remote, state, *account, blocks)).collect()
}

fn of(remote: &Remote, state: &dyn StateSource, account: Address, blocks: u64) -> History {
    let unknown = |reason: String| Age::Unknown { reason };
    let now = match state.account(account) {
        Ok(now) => now,
        Err(error) => {
            let age = unknown(error.to_string());
            return History { account, is_contract: false, nonce: 0, age };
        }
    };
    let is_contract = !now.code.is_empty();
    let age = match remote.pinned().header.number.checked_sub(blocks) {
        None => unknown(format!("the chain has fewer than {blocks} blocks")),
        Some(_) if !is_contract && now.nonce == 0 => Age::Never,
        Some(then) => {
            since(remote, account, &now.code, then).unwrap_or_else(|error| unknown(error.to_string()))
        }
    };
    History { account, is_contract, nonce: now.nonce, age }
}

fn since(remote: &Remote, account: Address, code: &Bytes, then: u64) -> Result<Age> {
    let there = |block: u64| -> Result<(bool, bool)> {
        let block = BlockNumberOrTag::Number(block);
        if code.is_empty() {
            let what = "the transactions of an account at an old block";
            let nonce: U256 = remote.request(what, "eth_getTransactionCount", json!([account, block]))?;
            return Ok((!nonce.is_zero(), false));
        }
        let old: Bytes = remote.request(
            "the code of an account at an old block",
            "eth_getCode",
            json!([account, block]),
        )?;
        Ok((!old.is_empty(), !old.is_empty() && old != *code))
    };
    let (old, changed) = there(then)?;
    if old {
        return Ok(Age::Older { block: then, changed });
    }
    let (mut absent, mut present) = (then, remote.pinned().header.number);
    while present - absent > 1 {
        let middle = absent + (present - absent) / 2;
        if there(middle)?.0 {
            present = middle;
        } else {
            absent = middle;
        }
    }
    Ok(Age::Since { block: present })
}
