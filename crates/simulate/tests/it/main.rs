//! Whole plays on a seeded devnet, against what its anvil does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod histories;
mod holdings;
mod hostile;
mod lifecycle;
mod machine;
mod pair;
mod reentry;
mod sources;
mod stage;
mod state;
mod traps;
mod variants;
