//! What the suite's operations cost, beside the same operations of others and the least that they can cost.
//!
//! One script runs on every stack, as real transactions on one anvil, one a block, and checks every effect: balances,
//! votes, delegates, allowances, states, tallies, receipts, the treasury. The suite is what its committed artifacts
//! are; the others come from npm, see [`Bench`].

mod abi;
mod floor;
mod governance;
mod meter;
mod operation;
mod page;
mod peers;
mod proposal;
mod report;
mod schedule;
mod token;

pub use meter::Mismatch;
pub use operation::Gas;
pub use page::page;
pub use peers::{Bench, compile};
pub use report::{Column, Report};
