//! Deployments of the suite: described in a file, planned before anything is sent, simulated, carried out, and verified
//! against the chain.
//!
//! A [`Description`] is what people write and review. A [`Plan`] is what follows from it: every contract's address,
//! every transaction's bytes, and the state after each by which a step is recognised as done. Both are pure; the same
//! file gives the same plan, whatever the nonce of the account that sends it. [`simulate()`] runs what is left of a plan
//! on top of the chain, [`execute()`] sends it, and [`verify()`] compares the chain with a plan or a deployment file.
//!
//! All contracts come from the canonical deployer of CREATE2, so that addresses follow from code, arguments and the
//! file's salt alone, and a transaction that somebody else sends first does the same work.

mod abi;
pub mod description;
mod error;
pub mod executor;
pub mod handover;
pub mod immutables;
mod ledger;
pub mod plan;
pub mod powers;
pub mod progress;
mod reads;
pub mod simulation;
pub mod verification;

pub use description::Description;
pub use error::{Error, Result};
pub use executor::execute;
pub use plan::Plan;
pub use simulation::simulate;
pub use verification::verify;
