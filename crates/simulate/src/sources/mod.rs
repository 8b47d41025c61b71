//! Where the source of code is: rebuilt from artifacts that the user has, or known to a service that was named.
//!
//! What comes of it are [`Claim`]s, which are handed to the checks with the rest of the [`Input`](crate::Input). Where a
//! service says what it compiled, the bytes are compared here with those of the chain; that it compiled them from the
//! sources that it shows is its word, and the report says whose.

mod artifacts;
mod service;
mod template;

use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};

pub use artifacts::Artifacts;
pub use service::{ETHERSCAN, Services};

/// What somebody knows about the source of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The contract.
    pub contract: Address,
    /// Hash of the code that it is about.
    pub code: B256,
    /// Who claims it, such as `Sourcify at https://sourcify.example`; without credentials.
    pub by: String,
    /// What is claimed.
    pub answer: Answer,
}

/// What a [`Claim`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// The code of the chain is that of a compiled contract, byte for byte where it is not an immutable, the address of
    /// a library or metadata.
    Compiled {
        /// Name of the contract.
        name: String,
        /// Whether the metadata, which has the hash of the sources, is the same too.
        metadata: bool,
        /// Words of the chain's code that the sources leave open: immutables and addresses of libraries; the first of
        /// them, as hexadecimal digits.
        open: Vec<String>,
    },
    /// There are sources for it, which could not be compared with the code of the chain.
    Said {
        /// Name of the contract.
        name: String,
    },
    /// There are no sources for it.
    None,
    /// The code of the chain is another than the one that the answer is about.
    Contradicted {
        /// What differs.
        reason: String,
    },
    /// There was no answer.
    Failed {
        /// Why.
        reason: String,
    },
}
