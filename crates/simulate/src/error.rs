//! The crate's one error type, with a way out for each case that has one.

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
}

impl Error {
    /// A way out, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::State { .. } => Some("ask an endpoint that has the state of this block".into()),
        }
    }
}
