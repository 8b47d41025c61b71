//! A self-hosted hub of the Snapshot protocol: takes signed messages, keeps them, and publishes them.
//!
//! - [`Store`]: the messages, in SQLite or PostgreSQL. What was acknowledged is on disk.
//! - [`Hub`]: what is taken, by the rules of [`btrst_offchain::ingest`].
//! - [`log`]: the signed chain of everything that was taken, and its verifier.
//! - [`http`]: the endpoints, GraphQL among them.
//! - [`Chains`]: what a hub asks the chains for.
//!
//! Several hubs can share one PostgreSQL: every rule that two of them could break together is checked in the
//! transaction that writes. The library never prints, and gets its clock from the caller.

mod chains;
mod cid;
mod count;
mod error;
mod graphql;
pub mod http;
mod hub;
mod key;
pub mod log;
mod metrics;
mod powers;
mod refusal;
mod store;

pub use chains::{Answer, Chains, Endpoints, Question};
pub use error::{Error, Result};
pub use hub::{Clock, Hub, Receipt, Settings};
pub use key::Relayer;
pub use metrics::{Event, Metrics, Observer};
pub use refusal::Refusal;
pub use store::Store;
