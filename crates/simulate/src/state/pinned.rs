//! The block that everything is read at.

use alloy::consensus::Header;
use alloy::primitives::B256;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A block of a chain, with its whole header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Chain id.
    pub chain_id: u64,
    /// Hash of the block.
    pub hash: B256,
    /// Header of the block.
    pub header: Header,
}

impl Pinned {
    /// Checks that the header has the hash.
    ///
    /// # Errors
    /// [`Error::Unproven`].
    pub fn verify(&self) -> Result<()> {
        let hash = self.header.hash_slow();
        if hash == self.hash {
            return Ok(());
        }
        Err(Error::Unproven {
            what: format!("the hash of block {}", self.header.number),
            said: self.hash.to_string(),
            reason: format!("the header's is `{hash}`"),
        })
    }
}
