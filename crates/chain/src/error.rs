//! The crate's one error type, with a way out for each case that has one.

use alloy::primitives::{Address, B256, U256};
use btrst_gov::amount::{Amount, Unit};

/// What [`Error`]-returning functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an endpoint, a transaction or a file could not be used. [`Error::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that is not the address of an endpoint. Shown without credentials.
    #[error("`{0}` is not the address of an endpoint")]
    InvalidEndpoint(String),
    /// A text that is not a header. Shown without the value.
    #[error("the header `{0}` cannot be sent")]
    InvalidHeader(String),
    /// A text that is not the secret of a node.
    #[error("the secret is not 32 bytes in hexadecimal")]
    InvalidSecret,
    /// The endpoint serves another chain.
    #[error("the endpoint serves chain {actual}, `{name}` is on chain {expected}")]
    WrongChain {
        /// What the chain was opened for, such as the name of a deployment.
        name: String,
        /// Its chain.
        expected: u64,
        /// The endpoint's.
        actual: u64,
    },
    /// The endpoint did not answer, or not to the question.
    #[error("the endpoint does not {what}: {reason}")]
    Endpoint {
        /// What was asked of it.
        what: String,
        /// What it said or did, without its address.
        reason: String,
    },
    /// The chain has no base fee.
    #[error("the chain has no base fee, so that it takes no transactions with a tip (EIP-1559)")]
    NoBaseFee,
    /// The endpoint does not know the chain as it is.
    #[error("the endpoint's last block {block} is {age} seconds old")]
    Stale {
        /// Its last block.
        block: u64,
        /// That block's age in seconds.
        age: u64,
    },
    /// The contract refused a call.
    #[error("`{what}` would fail: {reason}")]
    Reverted {
        /// The call.
        what: String,
        /// The contract's error with its arguments.
        reason: String,
    },
    /// A mined transaction that failed.
    #[error("transaction `{hash}` failed in block {block}{}", reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default())]
    Failed {
        /// The transaction.
        hash: B256,
        /// Its block.
        block: u64,
        /// The contract's error, where it still fails in the same way at the end of that block.
        reason: Option<String>,
    },
    /// A transaction that was not mined in time.
    #[error("transaction `{0}` was not mined in time")]
    NotMined(B256),
    /// A transaction that the endpoint does not take.
    #[error("the endpoint does not take transaction `{hash}`: {reason}")]
    Refused {
        /// The transaction.
        hash: B256,
        /// What it said.
        reason: String,
    },
    /// Another program used the nonce of a transaction, which can therefore never be mined.
    #[error("another transaction of the account used nonce {nonce}, so `{what}` was not done")]
    Replaced {
        /// The nonce.
        nonce: u64,
        /// What was to be done.
        what: String,
    },
    /// A gas limit below what the call needs.
    #[error("`{what}` needs {} gas, more than the limit of {}", Amount::count(*needs), Amount::count(*limit))]
    TooLittleGas {
        /// The call.
        what: String,
        /// The limit that was named.
        limit: u64,
        /// Gas that the call used in its simulation.
        needs: u64,
    },
    /// Too little ether for gas and value.
    #[error("`{account}` has {}, the transaction can cost {}", Amount::new(*has, Unit::Ether), Amount::new(*needs, Unit::Ether))]
    TooLittleEther {
        /// The sender.
        account: Address,
        /// What it has, in wei.
        has: U256,
        /// What it needs, in wei.
        needs: U256,
    },
    /// An earlier transaction is still open, and it is another one than the one to be sent.
    #[error("the earlier transaction `{what}` with nonce {nonce} is not mined yet")]
    Unfinished {
        /// What it does.
        what: String,
        /// Its nonce.
        nonce: u64,
    },
    /// The signature could not be made.
    #[error("cannot sign: {0}")]
    Signature(String),
    /// A wallet that signs and sends by itself did not.
    #[error("{reason}")]
    Wallet {
        /// What it or its holder did instead.
        reason: String,
        /// The way out.
        hint: &'static str,
    },
    /// A transaction that a wallet sent and that is not mined in time.
    #[error("the wallet's transaction `{0}` was not mined in time")]
    Unseen(B256),
    /// A transaction that a wallet sent and that is not the one it was asked for.
    #[error("the wallet's transaction `{hash}` has the {what} `{found}`, not `{asked}`")]
    OtherTransaction {
        /// The transaction.
        hash: B256,
        /// What differs.
        what: &'static str,
        /// As it was asked for.
        asked: String,
        /// As it is.
        found: String,
    },
    /// A line of a journal or a cache that makes no sense.
    #[error("`{file}`, line {line}: {reason}")]
    Record {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// A transaction for a new nonce while what became of another is not known.
    #[error("nonce {nonce} cannot be used while nonce {open} is open")]
    NonceOpen {
        /// The nonce in the journal.
        open: u64,
        /// The one that was to be used.
        nonce: u64,
    },
    /// A file that was begun for something else.
    #[error("`{file}` belongs to `{found}`, not to `{expected}`")]
    ForeignFile {
        /// The file.
        file: String,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// A file that another process works with.
    #[error("`{0}` is in use by another process")]
    Locked(String),
    /// A file cannot be opened, read or written.
    #[error("cannot use `{file}`")]
    File {
        /// The file.
        file: String,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// What the reader can do about it, where there is something; one line, lower case, no full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::InvalidEndpoint(_) => "write it as `https://host/path`",
            Self::InvalidHeader(_) => "write it as `name: value`",
            Self::InvalidSecret => "write it as the 64 digits that the node's file of it holds",
            Self::WrongChain { .. } => "choose the endpoint or the deployment of the same chain",
            Self::Endpoint { .. } => "check the endpoint, or name another with --rpc-url",
            Self::NoBaseFee => "--legacy sends transactions with one price, as every chain takes them",
            Self::Stale { .. } => {
                "wait until the node has caught up, or name another with --rpc-url; --allow-stale goes on nevertheless"
            }
            Self::NotMined(_) => {
                "run the same command again: it continues with this transaction, and does not send another"
            }
            Self::Refused { .. } => {
                "run the same command again: it asks what became of the transaction before it sends anything"
            }
            Self::Wallet { hint, .. } => hint,
            Self::Unseen(_) => {
                "look in the wallet what became of it before the command runs again: sped up or replaced, it has another hash"
            }
            Self::OtherTransaction { .. } => {
                "look in the wallet what it sent: it changed the transaction, or something else answered for it"
            }
            Self::Replaced { .. } => {
                "run the same command again, and let no other program use the account meanwhile"
            }
            Self::Failed { reason: None, .. } => {
                "run the same command again: it is simulated anew; --gas-limit gives it more gas"
            }
            Self::TooLittleGas { .. } => "raise --gas-limit, or leave it out",
            Self::TooLittleEther { .. } => "send ether to the account, or take another",
            Self::Unfinished { .. } => "run the command that sent it again, or wait until it is mined",
            Self::Record { .. } => {
                "move the file away to begin a new one; what it tells of may still be mined"
            }
            Self::ForeignFile { .. } => "name another file",
            Self::Locked(_) => "stop the other process, or name another file",
            Self::File { .. } => "check the folder, its permissions and the space on the disk",
            _ => return None,
        };
        Some(hint.into())
    }

    /// The endpoint did not do `what`, for this reason, which must not have credentials in it.
    pub fn endpoint(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Endpoint { what: what.into(), reason: reason.into() }
    }
}
