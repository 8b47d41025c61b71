//! Answers that are not what the client hoped for.

use std::fmt;

use btrst_offchain::ingest::Rejection;

use crate::Error;

/// Why a message was not accepted.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// A rule of the protocol forbids it.
    Rule(Rejection),
    /// It was accepted before.
    Duplicate,
    /// The hub has more to do than it can.
    Busy,
    /// The hub itself failed. Nothing was accepted.
    Failed(Error),
}

impl Refusal {
    /// What programs compare: the protocol's words.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Rule(rejection) => rejection.words,
            Self::Duplicate => "duplicate message",
            Self::Busy => "too many requests",
            Self::Failed(_) => "oops, something went wrong",
        }
    }

    /// For people what exactly is wrong; it may be empty. What failed inside of the hub is its operator's matter.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Rule(rejection) => &rejection.detail,
            _ => "",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rejection) => rejection.fmt(f),
            Self::Failed(error) => error.fmt(f),
            other => f.write_str(other.words()),
        }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rule(rejection)
    }
}

impl From<btrst_offchain::Error> for Refusal {
    fn from(error: btrst_offchain::Error) -> Self {
        Self::Rule(error.into())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
