//! Exactly the state that was read, so that the same can be run again without a chain.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256, keccak256};
use serde::{Deserialize, Serialize};

use super::{AccountState, Pinned, StateSource};
use crate::{Error, Result};

/// All accounts, slots and block hashes that were read, and nothing else. To ask it for anything else is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// The block.
    pub pinned: Pinned,
    /// Accounts.
    pub accounts: BTreeMap<Address, AccountState>,
    /// Words by account and slot.
    pub slots: BTreeMap<Address, BTreeMap<U256, U256>>,
    /// Block hashes by number.
    pub block_hashes: BTreeMap<u64, B256>,
}

impl Witness {
    /// A witness of nothing but the block.
    #[must_use]
    pub const fn new(pinned: Pinned) -> Self {
        Self { pinned, accounts: BTreeMap::new(), slots: BTreeMap::new(), block_hashes: BTreeMap::new() }
    }

    /// Hash of all that is in it. Two witnesses of one digest are the same.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it cannot be written as JSON, which nothing in it can cause.
    pub fn digest(&self) -> Result<B256> {
        let text = serde_json::to_vec(self).map_err(|error| Error::Bundle { reason: error.to_string() })?;
        Ok(keccak256(text))
    }

    /// Number of slots in it.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.slots.values().map(BTreeMap::len).sum()
    }
}

impl StateSource for Witness {
    fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        self.known_account(address).ok_or_else(|| missing(format!("the account `{address}`")))
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        self.known_slot(address, slot).ok_or_else(|| missing(format!("slot `{slot:#x}` of `{address}`")))
    }

    fn block_hash(&self, number: u64) -> Result<B256> {
        let hash = self.block_hashes.get(&number);
        hash.copied().ok_or_else(|| missing(format!("the hash of block {number}")))
    }

    fn known_account(&self, address: Address) -> Option<AccountState> {
        self.accounts.get(&address).cloned()
    }

    fn known_slot(&self, address: Address, slot: U256) -> Option<U256> {
        self.slots.get(&address)?.get(&slot).copied()
    }
}

fn missing(what: String) -> Error {
    Error::state(what, "the witness does not have it")
}
