//! A source that remembers what was read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy::primitives::{Address, B256, U256};

use super::{AccountState, Pinned, StateSource, Wanted, Witness};
use crate::Result;

/// Asks another source once for each thing, and keeps a [`Witness`] of it.
#[derive(Debug)]
pub struct Recorded<S> {
    source: S,
    witness: Mutex<Witness>,
}

impl<S: StateSource> Recorded<S> {
    /// Records what is read from `source`.
    pub fn new(source: S) -> Self {
        let witness = Witness::new(source.pinned().clone());
        Self { source, witness: Mutex::new(witness) }
    }

    /// All that was read until now.
    pub fn witness(&self) -> Witness {
        self.lock().clone()
    }

    /// The source behind it.
    pub const fn source(&self) -> &S {
        &self.source
    }

    fn lock(&self) -> MutexGuard<'_, Witness> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: StateSource> StateSource for Recorded<S> {
    fn pinned(&self) -> &Pinned {
        self.source.pinned()
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        if let Some(account) = self.lock().accounts.get(&address) {
            return Ok(account.clone());
        }
        let account = self.source.account(address)?;
        self.lock().accounts.insert(address, account.clone());
        Ok(account)
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        if let Some(word) = self.lock().slots.get(&address).and_then(|slots| slots.get(&slot)) {
            return Ok(*word);
        }
        let word = self.source.slot(address, slot)?;
        self.lock().slots.entry(address).or_default().insert(slot, word);
        Ok(word)
    }

    fn block_hash(&self, number: u64) -> Result<B256> {
        if let Some(hash) = self.lock().block_hashes.get(&number) {
            return Ok(*hash);
        }
        let hash = self.source.block_hash(number)?;
        self.lock().block_hashes.insert(number, hash);
        Ok(hash)
    }

    // Only what is read counts, and not what is looked at to find out what will be.
    fn known_account(&self, address: Address) -> Option<AccountState> {
        self.source.known_account(address)
    }

    fn known_slot(&self, address: Address, slot: U256) -> Option<U256> {
        self.source.known_slot(address, slot)
    }

    fn prefetch(&self, wanted: &Wanted) -> Result<()> {
        self.source.prefetch(wanted)
    }
}
