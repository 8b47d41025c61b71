//! The fees of the network's clients: invoices, deposits, conversions, and the report of them.
//!
//! Reads and writes the chain over a provider that the caller passes. Time, files and signers are arguments; nothing
//! is printed and no environment read.

pub mod chain;
mod error;
pub mod invoice;
pub mod merkle;
pub mod transaction;

pub use chain::FeeChain;
pub use error::{Error, Result};
