//! How long accounts have been what they are, as far as an endpoint with the state of old blocks tells.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::state::{AccountState, Remote, Request, StateSource, decoded, quantity};
use crate::{Error, Result};

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
/// not there yet, for the block since which it is: by halves, so that a week of blocks takes 17 steps at most. Each step
/// asks for all accounts at once, and one is enough where nothing is younger.
///
/// An endpoint without old state makes the age [`Age::Unknown`].
#[must_use]
pub fn read(remote: &Remote, state: &dyn StateSource, accounts: &[Address], blocks: u64) -> Vec<History> {
    // Only makes what follows faster.
    let _ = state.prefetch(&accounts.iter().map(|account| (*account, Default::default())).collect());
    let last = remote.pinned().header.number;
    let (mut histories, mut open) = (Vec::new(), Vec::new());
    for account in accounts {
        let (now, failure) = match state.account(*account) {
            Ok(now) => (now, None),
            Err(error) => (AccountState::default(), Some(error.to_string())),
        };
        let is_contract = !now.code.is_empty();
        let age = match (failure, last.checked_sub(blocks)) {
            (Some(reason), _) => Age::Unknown { reason },
            (None, None) => Age::Unknown { reason: format!("the chain has fewer than {blocks} blocks") },
            (None, Some(_)) if !is_contract && now.nonce == 0 => Age::Never,
            (None, Some(then)) => {
                open.push(Search {
                    place: histories.len(),
                    account: *account,
                    code: now.code,
                    first: then,
                    absent: None,
                    present: last,
                });
                Age::Since { block: last }
            }
        };
        histories.push(History { account: *account, is_contract, nonce: now.nonce, age });
    }
    while !open.is_empty() {
        let mut answers = remote.ask_each(open.iter().map(Search::question).collect()).into_iter();
        open.retain_mut(|search| {
            let answer = answers.next().unwrap_or_else(|| Err(Error::state("the chain", "no answer")));
            let found =
                search.learn(answer).unwrap_or_else(|error| Some(Age::Unknown { reason: error.to_string() }));
            if let (Some(age), Some(history)) = (&found, histories.get_mut(search.place)) {
                history.age = age.clone();
            }
            found.is_none()
        });
    }
    histories
}

/// The search for the block since which an account is there.
struct Search {
    /// Place of the account's history.
    place: usize,
    account: Address,
    /// Its code at the pinned block.
    code: Bytes,
    /// The oldest block that is looked at.
    first: u64,
    /// The latest block at which it is known not to have been there.
    absent: Option<u64>,
    /// The earliest block at which it is known to have been there.
    present: u64,
}

impl Search {
    /// The block to look at next.
    fn next(&self) -> u64 {
        self.absent.map_or(self.first, |absent| absent + (self.present - absent) / 2)
    }

    fn question(&self) -> Request {
        let method = if self.code.is_empty() { "eth_getTransactionCount" } else { "eth_getCode" };
        Request::new(method, json!([self.account, BlockNumberOrTag::Number(self.next())]))
    }

    /// Takes the answer to its question; the age, once it is found.
    fn learn(&mut self, answer: Result<Value>) -> Result<Option<Age>> {
        let block = self.next();
        let (was_there, changed) = if self.code.is_empty() {
            (!quantity("the transactions of an account at an old block", answer?)?.is_zero(), false)
        } else {
            let old: Bytes = decoded("the code of an account at an old block", answer?)?;
            (!old.is_empty(), old != self.code)
        };
        match (was_there, self.absent) {
            (true, None) => return Ok(Some(Age::Older { block, changed })),
            (true, Some(_)) => self.present = block,
            (false, _) => self.absent = Some(block),
        }
        let absent = self.absent.unwrap_or(self.first);
        Ok((self.present - absent <= 1).then_some(Age::Since { block: self.present }))
    }
}
