//! What a proposal does, found out before anyone votes: state and a proposal in, a report out.
//!
//! The core asks for state through one trait alone ([`state::StateSource`]), so that the same check runs against an
//! endpoint, a cache or the witness of a bundle. No balance and no storage is ever overridden in the play of the
//! lifecycle.

pub mod checks;
mod error;
pub mod lifecycle;
pub mod machine;
pub mod manifest;
pub mod report;
pub mod selftest;
pub mod state;
pub mod trace;

pub use checks::Input;
pub use error::{Error, Result};
pub use machine::{Machine, Message};
pub use manifest::Manifest;
pub use report::{Finding, Report, Verdict};
pub use selftest::selftest;
pub use state::StateSource;
pub use trace::Trace;
