//! A source that never asks: what it does not know it takes for empty, and notes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::primitives::{Address, B256, U256};

use super::{AccountState, Pinned, StateSource, Wanted};
use crate::Result;

/// Answers from `known` alone. What is run on it is worth nothing but for the list of what it would have read.
#[derive(Debug)]
pub(crate) struct Guess {
    source: Arc<dyn StateSource>,
    known: Wanted,
    missing: Mutex<Wanted>,
}

impl Guess {
    /// Knows of `source` what is in `known`, and nothing else.
    pub(crate) fn new(source: Arc<dyn StateSource>, known: Wanted) -> Self {
        Self { source, known, missing: Mutex::default() }
    }

    /// What was asked for and is not known.
    pub(crate) fn missing(&self) -> Wanted {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateSource for Guess {
    fn pinned(&self) -> &Pinned {
        self.source.pinned()
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        if self.known.contains_key(&address) {
            return self.source.account(address);
        }
        self.lock().entry(address).or_default();
        Ok(AccountState::default())
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        if self.known.get(&address).is_some_and(|slots| slots.contains(&slot)) {
            return self.source.slot(address, slot);
        }
        self.lock().entry(address).or_default().insert(slot);
        Ok(U256::ZERO)
    }

    fn block_hash(&self, _: u64) -> Result<B256> {
        Ok(B256::ZERO)
    }
}
