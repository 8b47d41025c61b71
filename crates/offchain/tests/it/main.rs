//! Tests of the crate as others use it, and beside the reference implementation in JavaScript.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

mod approval;
mod audit;
mod chain;
mod envelopes;
mod forms;
mod ingest;
mod node;
mod reference;
mod stage;
mod tally;
