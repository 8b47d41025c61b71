//! Reaching a chain: endpoints that fail, transactions that must be sent once, events of millions of blocks.
//!
//! - [`Endpoint`] repeats what is safe to repeat, and never shows the credentials in its address.
//! - [`Chain`] reads blocks, contracts and receipts, and drafts transactions.
//! - [`Outbox`] sends a transaction exactly once, whatever happens to the process: it is in the [`Journal`] on disk before
//!   it is on the network.
//! - [`logs`] collects events in parallel and remembers them.
//! - [`safe`] writes calls for a wallet of several signatures instead.
//!
//! The library never prints, and knows no clock but the one to wait with.

mod chain;
mod endpoint;
mod error;
pub mod journal;
mod locked;
pub mod logs;
mod outbox;
mod repeat;
pub mod revert;
pub mod safe;
pub mod transaction;
mod trips;
mod wallet;

pub use chain::{Chain, Head};
pub use endpoint::{Endpoint, reason_of, without_credentials};
pub use error::{Error, Result};
pub use journal::Journal;
pub use locked::open_locked;
pub use outbox::{Event, Outbox, Sent, Terms, Whereabouts};
pub use repeat::is_passing;
pub use revert::revert_of;
pub use transaction::{Draft, Sender, Signed};
pub use trips::{Counter, Counting, Trips};
pub use wallet::Wallet;
