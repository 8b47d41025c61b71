//! Descriptions and plans, and deployments on the pinned anvil.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod adoption;
mod description;
mod execution;
mod fresh;
mod plan;
mod stage;
