//! Off-chain votes of the Snapshot protocol, which anybody can verify.
//!
//! - [`message`]: what is signed, in every form that the protocol knows, and its hash.
//! - [`Envelope`]: a message with its signature, as programs send and hubs publish it.
//! - [`signature`]: whose key signed.
//! - [`Space`]: the settings of a space; [`phase`]: the network's own way of a proposal.
//! - [`record`]: proposals and votes as hubs publish them.
//! - [`wallet`]: the signatures of contract wallets; [`strategy`]: voting power. Only these two ask a chain.
//! - [`ingest`]: what a hub takes, and in which words it refuses the rest.
//! - [`audit`]: what is wrong with the published result of a vote.
//! - [`approval`]: whether a consensus check has approved what is to be executed.
//! - [`tally`]: counting ballots in every voting system.
//!
//! Nothing here knows a clock, a file or the environment.

pub mod approval;
pub mod audit;
mod deployless;
pub mod envelope;
mod error;
pub mod ingest;
pub mod json;
pub mod message;
pub mod phase;
pub mod record;
pub mod signature;
pub mod space;
pub mod strategy;
pub mod tally;
pub mod wallet;

pub use envelope::Envelope;
pub use error::{Error, Result};
pub use record::{ProposalRecord, VoteRecord};
pub use space::Space;
