//! Messages that an account signs instead of sending a transaction (EIP-712): their hashes, as devices show them, and
//! what can be wrong with one that comes back signed.

use alloy::{
    dyn_abi::TypedData,
    primitives::{Address, B256, Bytes, Signature},
    sol_types::{Eip712Domain, SolStruct},
};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};

use crate::{Error, Result, governor::Obstacle};

/// Version of the form of signed messages in files.
const SCHEMA_VERSION: u64 = 1;

/// A message in the form that wallets take, and its hashes.
#[derive(Clone, Debug)]
pub struct TypedMessage {
    /// The message with its types and its domain, as `eth_signTypedData_v4` takes it.
    pub data: TypedData,
    /// Hash of the domain.
    pub domain_separator: B256,
    /// Hash of the message in it.
    pub struct_hash: B256,
    /// Hash of both: what is signed.
    pub digest: B256,
}

impl TypedMessage {
    pub(crate) fn new(message: &(impl SolStruct + Serialize), domain: Eip712Domain) -> Self {
        Self {
            domain_separator: domain.separator(),
            struct_hash: message.eip712_hash_struct(),
            digest: message.eip712_signing_hash(&domain),
            data: TypedData::from_struct(message, Some(domain)),
        }
    }

    /// The account that made `signature` under it, if anybody did.
    pub fn signer(&self, signature: &Signature) -> Option<Address> {
        signature.recover_address_from_prehash(&self.digest).ok()
    }
}

/// Why a signed message cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is for another chain.
    OtherChain {
        /// The chain that it names.
        chain_id: u64,
    },
    /// It is for another contract.
    OtherContract {
        /// The contract that it names.
        named: Address,
    },
    /// There is no such proposal.
    UnknownProposal {
        /// The proposal that it names.
        id: u64,
    },
    /// The signature is not that of the account that it names.
    WrongSigner {
        /// The account that it names.
        named: Address,
        /// The account that signed these very values; `None` where the signature is none.
        actual: Option<Address>,
    },
    /// The contract wallet that it names does not accept the signature.
    RefusedByWallet(Address),
    /// The nonce is not the account's next one.
    Nonce {
        /// The nonce that was signed.
        signed: u64,
        /// The next one.
        next: u64,
    },
    /// It was good until a time that has passed.
    Expired {
        /// Unix time in seconds.
        expiry: u64,
    },
    /// The contract does not take such a message.
    NotTaken(String),
    /// Another one of the same account says the same.
    Duplicate {
        /// Its place among those that were given, from 0.
        first: usize,
    },
    /// Another one of the same account says something else.
    Contradiction {
        /// Its place among those that were given, from 0.
        other: usize,
    },
    /// It cannot be used at this time, or not for this account.
    Obstacle(Obstacle),
}

/// A signed message in its file.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    schema_version: u64,
    kind: String,
    #[serde(flatten)]
    message: T,
}

/// Writes `address` with its checksum, as people compare addresses.
pub(crate) fn checksummed<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&address.to_checksum(None))
}

/// The file of a signed message of the kind `what`.
pub(crate) fn render(what: &'static str, message: impl Serialize) -> Result<String> {
    let envelope = Envelope { schema_version: SCHEMA_VERSION, kind: what.into(), message };
    serde_json::to_string_pretty(&envelope)
        .map_err(|error| Error::NotSigned { what, reason: error.to_string() })
}

/// The signed message of the kind `what` in the file `text`.
pub(crate) fn parse<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    let refused = |reason: String| Error::NotSigned { what, reason };
    let envelope: Envelope<T> = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    if envelope.schema_version != SCHEMA_VERSION {
        return Err(Error::SchemaVersion(envelope.schema_version));
    }
    if envelope.kind != what {
        return Err(refused(format!("its kind is `{}`", envelope.kind.escape_debug())));
    }
    Ok(envelope.message)
}

/// The signature of an account in `bytes`, in the one of its two forms that every contract takes; `None` where it is none.
pub(crate) fn signature(bytes: &Bytes) -> Option<Signature> {
    let signature = Signature::from_raw(bytes).ok()?;
    Some(signature.normalize_s().unwrap_or(signature))
}
