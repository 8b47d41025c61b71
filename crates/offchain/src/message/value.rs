//! Values of a message's fields: read from JSON, written to it, and encoded as EIP-712 wants them.

use alloy::primitives::{Address, B256, Keccak256, U256, keccak256};
use serde_json::Value;

use super::form::{Field, FieldType};
use crate::{Error, Result};

/// Largest integer of a message: the libraries for JavaScript, in which others read it, take none from 2^53 - 1 on.
pub const MAX_INTEGER: u64 = (1 << 53) - 2;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldValue {
    /// An `address`.
    Address(Address),
    /// A `bytes32`.
    Word(B256),
    /// A `string`.
    Text(String),
    /// A `string[]`.
    Texts(Vec<String>),
    /// A `uint32` or `uint64`.
    Number(u64),
    /// A `uint32[]`.
    Numbers(Vec<u32>),
}

impl FieldValue {
    /// Reads the value of `field`.
    pub(crate) fn from_json(field: &Field, value: &Value) -> Result<Self> {
        let wrong = || Error::field(field, value);
        Ok(match field.ty {
            FieldType::Address => Self::Address(value.as_str().and_then(address).ok_or_else(wrong)?),
            FieldType::Word => Self::Word(value.as_str().and_then(word).ok_or_else(wrong)?),
            FieldType::Text => Self::Text(value.as_str().ok_or_else(wrong)?.to_owned()),
            FieldType::Texts => {
                let texts =
                    value.as_array().ok_or_else(wrong)?.iter().map(|text| text.as_str().map(str::to_owned));
                Self::Texts(texts.collect::<Option<_>>().ok_or_else(wrong)?)
            }
            FieldType::Uint32 => Self::Number(uint32(value).ok_or_else(wrong)?.into()),
            FieldType::Uint32s => {
                let numbers = value.as_array().ok_or_else(wrong)?.iter().map(uint32);
                Self::Numbers(numbers.collect::<Option<_>>().ok_or_else(wrong)?)
            }
            FieldType::Uint64 => {
                Self::Number(value.as_u64().filter(|number| *number <= MAX_INTEGER).ok_or_else(wrong)?)
            }
        })
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Address(address) => address.to_string().into(),
            Self::Word(word) => word.to_string().into(),
            Self::Text(text) => text.as_str().into(),
            Self::Texts(texts) => texts.iter().map(String::as_str).collect(),
            Self::Number(number) => (*number).into(),
            Self::Numbers(numbers) => numbers.iter().copied().collect(),
        }
    }

    /// The word that stands for the value in the hash of its message.
    pub(crate) fn encoded(&self) -> B256 {
        match self {
            Self::Address(address) => address.into_word(),
            Self::Word(word) => *word,
            Self::Text(text) => keccak256(text),
            Self::Texts(texts) => hash_of(texts.iter().map(keccak256)),
            Self::Number(number) => U256::from(*number).into(),
            Self::Numbers(numbers) => hash_of(numbers.iter().map(|number| U256::from(*number).into())),
        }
    }
}

/// Keccak hash of all words after each other.
pub(crate) fn hash_of(words: impl IntoIterator<Item = B256>) -> B256 {
    let mut hash = Keccak256::new();
    words.into_iter().for_each(|word| hash.update(word));
    hash.finalize()
}

fn uint32(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

/// 32 bytes in hexadecimal digits.
pub(crate) fn word(text: &str) -> Option<B256> {
    text.strip_prefix("0x").filter(|digits| digits.len() == 64)?.parse().ok()
}

/// 20 bytes in hexadecimal digits, whose capitals, if there are any, are those of the checksum.
pub(crate) fn address(text: &str) -> Option<Address> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40)?;
    let address: Address = digits.parse().ok()?;
    let plain = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    (plain || is_checksummed(text, address)).then_some(address)
}

/// Whether `text` is an account without the capitals of its checksum. What has any has the right ones, or is no account.
pub(crate) fn lacks_capitals(text: &str) -> bool {
    let is_plain = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    is_plain && address(text).is_some_and(|address| !is_checksummed(text, address))
}

/// Whether `text` is `address` with the capitals of its checksum.
fn is_checksummed(text: &str, address: Address) -> bool {
    address.to_checksum_buffer(None).as_str() == text
}
