//! The hub's key: it signs receipts and the log.

use std::fmt;

use alloy::primitives::{Address, B256, Bytes, eip191_hash_message};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;

use crate::{Error, Result};

/// The hub's key.
#[derive(Clone)]
pub struct Relayer(PrivateKeySigner);

impl Relayer {
    /// The hub's key.
    #[must_use]
    pub const fn new(key: PrivateKeySigner) -> Self {
        Self(key)
    }

    /// Its account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs `message` in the way of `personal_sign`.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn sign(&self, message: &[u8]) -> Result<Bytes> {
        let signature = self.0.sign_hash_sync(&eip191_hash_message(message)).map_err(Error::Key)?;
        Ok(signature.as_bytes().into())
    }
}

/// Whether `signer` has signed `message` in the way of `personal_sign`.
pub fn has_signed(signer: Address, message: &[u8], signature: &[u8]) -> bool {
    let digest: B256 = eip191_hash_message(message);
    btrst_offchain::signature::verify(signer, &digest, signature).is_ok()
}

impl fmt::Debug for Relayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relayer({})", self.address())
    }
}
