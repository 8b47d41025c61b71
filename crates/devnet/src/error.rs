use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use alloy::transports::TransportError;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with a development network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No folder above this one is the repository.
    #[error("`{}` is not inside the `{}` repository", .0.display(), crate::repository::NAME)]
    NotInRepository(PathBuf),

    /// No port is free for a proxy.
    #[error("cannot serve a proxy")]
    Proxy(#[source] std::io::Error),

    /// A tool of the pinned toolchain is missing or has another version.
    #[error("{message}")]
    Tool {
        /// What `script/tool` said.
        message: String,
        /// The way out that `script/tool` named.
        hint: String,
    },

    /// A file could not be read or a process could not be started.
    #[error("cannot use `{}`", .path.display())]
    Io {
        /// The file or program.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },

    /// A compiled contract of an npm package is not there.
    #[error("the compiled contract `{}` is missing", .0.display())]
    ArtifactMissing(PathBuf),

    /// A file is there, but is not the compiled contract it should be.
    #[error("`{}` is not a compiled contract: {reason}", .path.display())]
    ArtifactInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// Another process listens on the port.
    #[error("port {0} is in use")]
    PortInUse(u16),

    /// An endpoint's address cannot be read.
    #[error("`{url}` is not the address of an endpoint: {reason}")]
    InvalidUrl {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },

    /// anvil ended, or never became ready.
    #[error("anvil {what}{}", last_lines(.output))]
    AnvilDied {
        /// What happened to it.
        what: String,
        /// Its last lines of output.
        output: Vec<String>,
    },

    /// Nothing answers at the address of the chain any more.
    #[error("the chain at `{url}` does not answer{}", last_lines(.output))]
    ChainDisappeared {
        /// Endpoint.
        url: String,
        /// The last lines anvil wrote, when it is ours.
        output: Vec<String>,
        /// Why.
        source: Box<TransportError>,
    },

    /// The chain refused a request.
    #[error("the chain refused to {what}")]
    Rpc {
        /// What was asked of it.
        what: String,
        /// Why.
        source: Box<TransportError>,
    },

    /// A call or transaction reverted.
    #[error("{what} reverted: {reason}")]
    Reverted {
        /// What was called.
        what: String,
        /// The decoded reason.
        reason: String,
    },

    /// A transaction was not mined.
    #[error("{what} was not mined (transaction `{hash}`)")]
    NotMined {
        /// What was sent.
        what: String,
        /// Its hash.
        hash: B256,
    },

    /// A contract answered with something that is not what its interface says.
    #[error("cannot decode {what} of `{address}`")]
    Undecodable {
        /// The function or event.
        what: String,
        /// The contract.
        address: Address,
        /// Why.
        source: Box<alloy::sol_types::Error>,
    },

    /// A transaction went through, but did not do what it had to do.
    #[error("{what} is `{actual}`, expected `{expected}`")]
    UnexpectedEffect {
        /// What was looked at.
        what: String,
        /// What it has to be.
        expected: String,
        /// What it is.
        actual: String,
    },

    /// Chains do not go back in time.
    #[error("cannot warp to {target}: the last block is of {now} (Unix time in seconds)")]
    WarpIntoPast {
        /// Where to.
        target: u64,
        /// Time of the last block.
        now: u64,
    },

    /// A signer could not be made or could not sign.
    #[error("cannot sign with the key of `{account}`: {reason}")]
    Signer {
        /// Account.
        account: &'static str,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// `what` is `actual` and had to be `expected`.
    pub(crate) fn effect(what: &str, expected: impl ToString, actual: impl ToString) -> Self {
        Self::UnexpectedEffect {
            what: what.to_owned(),
            expected: expected.to_string(),
            actual: actual.to_string(),
        }
    }

    /// The way out, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotInRepository(_) => {
                Some("run it inside the repository, or name the repository's folder".into())
            }
            Self::Tool { hint, .. } => (!hint.is_empty()).then(|| hint.clone()),
            Self::ArtifactMissing(_) | Self::ArtifactInvalid { .. } => {
                Some("run `npm ci` in the repository".into())
            }
            Self::InvalidUrl { .. } => Some("write it as `http://127.0.0.1:8545`".into()),
            Self::WarpIntoPast { .. } => Some("name a later time, or start a new chain".into()),
            Self::PortInUse(port) => {
                Some(format!("stop what listens on port {port}, or choose another port; 0 takes a free one"))
            }
            Self::Io { .. } => Some("check that it exists and that you may use it".into()),
            Self::AnvilDied { .. } | Self::ChainDisappeared { .. } => {
                Some("start again; the state of the chain is gone".into())
            }
            _ => None,
        }
    }
}

/// `lines`, indented below a colon; nothing when there are none.
fn last_lines(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!("; it wrote last:\n    {}", lines.join("\n    ")) }
}
