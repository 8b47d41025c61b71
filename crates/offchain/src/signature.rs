//! Signatures of keys: whose is it?
//!
//! Stricter than the reference, which takes every signature twice (with `s` or its negative) and every recovery byte
//! from 27 on by its last bit, and a short form of 64 bytes. Here a signature has 65 bytes, an `s` in the lower half of the
//! order, and 0, 1, 27 or 28 at its end. Wallets make no others.

use alloy::primitives::{Address, B256, keccak256};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, SECP256K1};

/// What is wrong with the signature of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not have 65 bytes.
    #[error("it has {0} bytes, not 65")]
    Length(usize),
    /// Its last byte is none of 0, 1, 27 and 28.
    #[error("its last byte is {0}, not 27 or 28")]
    RecoveryByte(u8),
    /// Its `s` is in the upper half of the order, so that anybody could have made it from another.
    #[error("it is malleable: `s` is in the upper half")]
    Malleable,
    /// No key makes it.
    #[error("no key makes it")]
    Invalid,
    /// Another account's key has made it, or it is of another message.
    #[error("it is that of `{0}`")]
    OtherSigner(Address),
}

/// The account whose key made `signature` of `digest`.
///
/// # Errors
/// What is wrong with the signature.
pub fn recover(digest: &B256, signature: &[u8]) -> Result<Address, Fault> {
    let bytes: &[u8; 65] = signature.try_into().map_err(|_| Fault::Length(signature.len()))?;
    let [compact @ .., byte] = bytes;
    let recovery = match byte {
        0 | 27 => RecoveryId::Zero,
        1 | 28 => RecoveryId::One,
        other => return Err(Fault::RecoveryByte(*other)),
    };
    let signature = RecoverableSignature::from_compact(compact, recovery).map_err(|_| Fault::Invalid)?;
    let plain = signature.to_standard();
    let mut normal = plain;
    normal.normalize_s();
    if normal != plain {
        return Err(Fault::Malleable);
    }
    let key =
        SECP256K1.recover_ecdsa(Message::from_digest(digest.0), &signature).map_err(|_| Fault::Invalid)?;
    let key = key.serialize_uncompressed();
    let hash = keccak256(key.get(1..).unwrap_or_default());
    Ok(Address::from_word(hash))
}

/// Whether the key of `address` made `signature` of `digest`.
///
/// # Errors
/// What is wrong with the signature.
pub fn verify(address: Address, digest: &B256, signature: &[u8]) -> Result<(), Fault> {
    let signer = recover(digest, signature)?;
    if signer == address { Ok(()) } else { Err(Fault::OtherSigner(signer)) }
}
