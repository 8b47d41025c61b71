//! What a proposal does, found out before anyone votes: state and a proposal in, a report out.
//!
//! The core asks for state through one trait alone ([`state::StateSource`]), so that the same check runs against an
//! endpoint, a cache or the witness of a bundle. No balance and no storage is ever overridden in the play of the
//! lifecycle.
//!
//! - [`state`] reads a chain at one block, remembers what was read, and proves it.
//! - [`machine`] runs transactions and views on it, in this process.
//! - [`lifecycle`] plays a proposal from where it is to its execution.
//! - [`engines`] finds out the same in other ways, and says where they differ.
//! - [`bundle`] packs a play and its state into one file, to be run again without a chain.
//! - [`checks`] puts all of that together: [`checks::run`] looks at a proposal in every way there is.
//! - [`manifest`] is what the authors of a proposal declare, [`report`] what a check answers.
//! - [`history`] finds out since when accounts are what they are.
//! - [`sources`] finds out what is known about the source of code.
//! - [`mod@selftest`] shows that the checks fire.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use btrst_simulate::lifecycle::{Scenario, play, prefetch};
//! use btrst_simulate::state::proof::Proofs;
//! use btrst_simulate::state::{Recorded, Remote, StateSource};
//! use btrst_simulate::{Machine, Result};
//!
//! fn check(remote: Remote, scenario: &Scenario) -> Result<bool> {
//!     let remote = Arc::new(remote);
//!     let source: Arc<dyn StateSource> = remote.clone();
//!     prefetch(&source, scenario)?;
//!     let recorded = Arc::new(Recorded::new(source));
//!     let play = play(Machine::new(recorded.clone()), scenario)?;
//!     Proofs::ask(&recorded.witness(), &remote)?.verify(&recorded.witness())?;
//!     Ok(play.is_executed())
//! }
//! ```

pub mod bundle;
pub mod checks;
pub mod engines;
mod error;
pub mod history;
pub mod lifecycle;
pub mod machine;
pub mod manifest;
mod rehearsal;
pub mod report;
pub mod selftest;
pub mod sources;
pub mod state;
pub mod trace;

pub use checks::Input;
pub use error::{Error, Result};
pub use machine::{Machine, Message};
pub use manifest::Manifest;
pub use rehearsal::rehearse;
pub use report::{Finding, Report, Verdict};
pub use selftest::selftest;
pub use state::StateSource;
pub use trace::Trace;
