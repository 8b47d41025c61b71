//! The library against real chains and endpoints that misbehave.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod legacy;
mod outbox;
mod reads;
mod stage;
mod unawaited;
