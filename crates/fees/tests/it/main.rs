//! The fee tools against a real chain: the seeded devnet on the pinned anvil. They fail when anvil is missing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod keeper;
mod market;
mod report;
mod stage;
