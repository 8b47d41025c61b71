//! The crate's one error type, with a way out for each case that has one.

use std::path::PathBuf;

use alloy::primitives::{Address, B256};

/// What [`Error`]-returning functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a proposal could not be checked. [`Error::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The state that the check needs could not be had.
    #[error("cannot read {what}: {reason}")]
    State {
        /// What was asked for.
        what: String,
        /// The source's reason.
        reason: String,
    },
    /// The endpoint gave no answer, or none that is JSON-RPC.
    #[error("the endpoint does not answer {what}: {reason}")]
    Unanswered {
        /// The request.
        what: String,
        /// What came instead, without the endpoint's address.
        reason: String,
    },
    /// The endpoint gives no proofs.
    #[error("the endpoint does not prove the account `{account}`: {reason}")]
    NoProof {
        /// The first account that it was asked for.
        account: Address,
        /// What it said.
        reason: String,
    },
    /// The chain has another block at the number of the pinned one.
    #[error("block {number} is not `{pinned}` any more, but `{found}`")]
    Reorganized {
        /// Number of the block.
        number: u64,
        /// Hash of the block that was pinned.
        pinned: B256,
        /// Hash of the block that is there now.
        found: B256,
    },
    /// A proof does not confirm what the endpoint said.
    #[error("the endpoint said that {what} is `{said}`, and its proof does not confirm that: {reason}")]
    Unproven {
        /// Account, slot or header.
        what: String,
        /// What the endpoint said.
        said: String,
        /// What the proof shows.
        reason: String,
    },
    /// No chain would take the transaction, so that there is nothing to trace.
    #[error("no chain would take the transaction: {reason}")]
    Refused {
        /// Which rule it breaks.
        reason: String,
    },
    /// A governor, token or time lock does not answer as one.
    #[error("a contract does not answer as expected")]
    Contract(#[from] btrst_gov::Error),
    /// A file of the cache cannot be used.
    #[error("cannot use the cache `{}`", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A folder of artifacts cannot be used.
    #[error("cannot use the artifacts in `{}`: {reason}", path.display())]
    Artifacts {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A bundle cannot be used.
    #[error("cannot use the bundle: {reason}")]
    Bundle {
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// That the state could not be had.
    pub(crate) fn state(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::State { what: what.into(), reason: reason.to_string() }
    }

    /// A way out, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::State { .. } => Some("ask an endpoint that has the state of this block".into()),
            Self::Unanswered { .. } => Some(
                "check the endpoint, name another with --rpc-url, or wait longer for it with --rpc-timeout".into(),
            ),
            Self::NoProof { .. } => Some(
                "name an endpoint that answers eth_getProof for this block, or go without --prove and believe this one"
                    .into(),
            ),
            Self::Reorganized { .. } => Some("begin again, at a block that is final".into()),
            Self::Unproven { .. } => Some("do not trust this endpoint; ask another".into()),
            Self::Refused { .. } => None,
            Self::Contract(error) => error.hint(),
            Self::Cache { .. } => Some("name a folder that can be written to, or delete the file".into()),
            Self::Artifacts { .. } => {
                Some("name a folder such as `out` of Foundry or `artifacts` of Hardhat, after a build".into())
            }
            Self::Bundle { .. } => Some("ask for the bundle again, or check the proposal yourself".into()),
        }
    }
}
