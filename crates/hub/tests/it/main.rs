//! Tests of the hub over its own endpoints, with real databases and real processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

mod intake;
mod killed;
#[path = "../../../offchain/tests/it/node.rs"]
mod node;
mod powers;
mod queries;
mod reference;
mod shared;
mod stage;
mod wallets;
