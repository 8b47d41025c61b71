//! The hub's key: it signs receipts and the log.

use std::fmt;

use alloy::primitives::{Address, B256, Bytes, eip191_hash_message};
use alloy::signers::local::PrivateKeySigner;
use secp256k1::{Message, SECP256K1, SecretKey};

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

    /// Signs `message` in the way of `personal_sign`. The library is the one that verifies votes: that of the signer
    /// gives the same bytes, in several times the time.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn sign(&self, message: &[u8]) -> Result<Bytes> {
        let key = SecretKey::from_byte_array(self.0.to_bytes().0).map_err(Error::Key)?;
        let digest = Message::from_digest(eip191_hash_message(message).0);
        let (recovery, compact) = SECP256K1.sign_ecdsa_recoverable(digest, &key).serialize_compact();
        let odd = i32::from(recovery) & 1 == 1;
        Ok([compact.as_slice(), &[27 + u8::from(odd)]].concat().into())
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

#[cfg(test)]
mod tests {
    use alloy::signers::SignerSync;

    use super::*;

    #[test]
    fn signatures_are_those_of_wallets() {
        for number in 0..50_u8 {
            let key = PrivateKeySigner::random();
            let message = [number; 40];
            let signature = Relayer::new(key.clone()).sign(&message).unwrap();
            let expected = key.sign_message_sync(&message).unwrap().as_bytes();
            assert_eq!(signature.as_ref(), expected.as_slice());
            assert!(has_signed(key.address(), &message, &signature));
        }
    }
}
