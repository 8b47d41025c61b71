//! The fees of the network's clients: invoices, deposits, conversions, and the report of them.
//!
//! Reads and writes the chain over a provider that the caller passes. Time, files and signers are arguments; nothing
//! is printed and no environment read.

pub mod chain;
pub mod convert;
pub mod deposit;
mod error;
pub mod invoice;
pub mod keeper;
pub mod merkle;
pub mod quote;
pub mod report;

pub use chain::FeeChain;
pub use error::{Error, Result};
