//! The crate's one error type, with a way out for each case that has one.

use alloy::primitives::Address;

/// What [`Error`]-returning functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a hub cannot work, or a log is not what it claims. [`Error::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address of a database that is none.
    #[error("`{0}` is not the address of a database")]
    DatabaseAddress(String),
    /// The database refused or did not answer.
    #[error("the database does not {doing}")]
    Database {
        /// What it was asked for.
        doing: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// The tables of the database cannot be set up.
    #[error("the tables cannot be set up")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The database has rows that this program would not have written.
    #[error("the database has a wrong {0}")]
    Row(&'static str),
    /// The log of the database is signed by another key.
    #[error("the log in the database is that of `{log}`, not of `{key}`")]
    OtherKey {
        /// Who signed the log.
        log: Address,
        /// The key at hand.
        key: Address,
    },
    /// A key cannot sign.
    #[error("the hub's key does not sign")]
    Key(#[source] secp256k1::Error),
    /// An entry of a log is not what it should be.
    #[error("entry {position} of the log {what}")]
    Log {
        /// Its number, from 0.
        position: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A chain did not answer.
    #[error("{0}")]
    Chain(String),
    /// A chain whose answer about a voter makes no sense.
    #[error("{0}")]
    Voter(String),
    /// Settings or messages that make no sense.
    #[error(transparent)]
    Offchain(#[from] btrst_offchain::Error),
    /// The endpoints cannot be served.
    #[error("cannot serve at `{address}`")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// Makes the error of a database that was asked to do `doing`.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { doing, source }
    }

    /// What the reader can do about it, where there is something; one line, lower case, no full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::DatabaseAddress(_) => {
                "name a file, or a server as `postgres://user:password@host/database`".to_owned()
            }
            Self::Database { .. } => {
                "check that the database is up and can be written; nothing was accepted".to_owned()
            }
            Self::Migration(_) => "was the database made by a newer version? take that one".to_owned(),
            Self::Row(_) => "somebody else wrote to the database; restore it from a backup".to_owned(),
            Self::OtherKey { .. } => {
                "take the key that signed the log, or begin with a new database".to_owned()
            }
            Self::Log { .. } => {
                "keep a copy of the log: it is signed, and proves that the hub changed what it had accepted"
                    .to_owned()
            }
            Self::Listen { .. } => "choose another address with --listen, such as 127.0.0.1:0".to_owned(),
            Self::Offchain(error) => return error.hint(),
            Self::Key(_) | Self::Chain(_) | Self::Voter(_) => return None,
        };
        Some(hint)
    }
}
