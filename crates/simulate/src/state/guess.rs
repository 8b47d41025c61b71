//! A source that never asks: what is not known it takes for empty, and notes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::primitives::{Address, B256, U256};

use super::{AccountState, Pinned, StateSource, Wanted};
use crate::Result;

/// Answers from what another source knows already. What is run on it is worth nothing but for the list of what it would
/// have read.
#[derive(Debug)]
pub(crate) struct Guess {
    source: Arc<dyn StateSource>,
    missing: Mutex<Wanted>,
}

impl Guess {
    /// Knows what `source` knows, and nothing else.
    pub(crate) fn new(source: Arc<dyn StateSource>) -> Self {
        Self { source, missing: Mutex::default() }
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
        Ok(self.source.known_account(address).unwrap_or_else(|| {
            self.lock().entry(address).or_default();
            AccountState::default()
        }))
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        Ok(self.source.known_slot(address, slot).unwrap_or_else(|| {
            self.lock().entry(address).or_default().insert(slot);
            U256::ZERO
        }))
    }

    fn block_hash(&self, _: u64) -> Result<B256> {
        Ok(B256::ZERO)
    }
}
