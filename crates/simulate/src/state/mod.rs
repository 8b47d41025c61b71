//! The state of a chain at one block, and where it comes from.
//!
//! A play asks one [`StateSource`] for accounts, slots and block hashes. A source that cannot answer says so, and that
//! ends the play: nothing is ever taken for zero or empty because it could not be read.
//!
//! | source | asks |
//! |---|---|
//! | [`Remote`] | an endpoint, in batches |
//! | [`Cached`] | a file, and another source for what is not in it |
//! | [`Recorded`] | another source, once for each thing; it keeps a [`Witness`] of all that was read |
//! | [`Witness`] | nobody: it has exactly what was read before |
//!
//! [`proof::Proofs`] confirm a witness with what `eth_getProof` answers.

mod cached;
mod guess;
mod pinned;
pub mod proof;
mod recorded;
mod remote;
mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use alloy::primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

pub use cached::{Cached, find};
pub(crate) use guess::Guess;
pub use pinned::Pinned;
pub use recorded::Recorded;
pub use remote::Remote;
pub(crate) use remote::{Request, decoded, quantity};
pub use witness::Witness;

use crate::Result;

/// An account, as all of its state but the storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Balance in wei.
    pub balance: U256,
    /// Code; empty where there is none.
    pub code: Bytes,
}

/// Accounts, and the slots of each.
pub type Wanted = BTreeMap<Address, BTreeSet<U256>>;

/// The state of a chain at one block.
pub trait StateSource: Debug + Send + Sync {
    /// The block.
    fn pinned(&self) -> &Pinned;

    /// The account at `address`; an empty one where there is none.
    ///
    /// # Errors
    /// When the source cannot tell.
    fn account(&self, address: Address) -> Result<AccountState>;

    /// The word at `slot` of the account at `address`.
    ///
    /// # Errors
    /// When the source cannot tell.
    fn slot(&self, address: Address, slot: U256) -> Result<U256>;

    /// The hash of the block `number`, which is one of the 256 before the pinned one.
    ///
    /// # Errors
    /// When the source cannot tell.
    fn block_hash(&self, number: u64) -> Result<B256>;

    /// The account at `address`, where that takes nobody to ask.
    fn known_account(&self, address: Address) -> Option<AccountState> {
        let _ = address;
        None
    }

    /// The word at `slot` of the account at `address`, where that takes nobody to ask.
    fn known_slot(&self, address: Address, slot: U256) -> Option<U256> {
        let _ = (address, slot);
        None
    }

    /// Reads all of `wanted` in as few requests as there can be, so that asking for it later costs nothing.
    ///
    /// # Errors
    /// When the source cannot tell.
    fn prefetch(&self, wanted: &Wanted) -> Result<()> {
        let _ = wanted;
        Ok(())
    }
}

impl<S: StateSource + ?Sized> StateSource for std::sync::Arc<S> {
    fn pinned(&self) -> &Pinned {
        (**self).pinned()
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        (**self).account(address)
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        (**self).slot(address, slot)
    }

    fn block_hash(&self, number: u64) -> Result<B256> {
        (**self).block_hash(number)
    }

    fn known_account(&self, address: Address) -> Option<AccountState> {
        (**self).known_account(address)
    }

    fn known_slot(&self, address: Address, slot: U256) -> Option<U256> {
        (**self).known_slot(address, slot)
    }

    fn prefetch(&self, wanted: &Wanted) -> Result<()> {
        (**self).prefetch(wanted)
    }
}
