//! Tests against the pinned anvil. They fail when it is missing; `npm ci` brings it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod market;
mod parameters;
mod process;
mod proposal;
mod time;
mod world;

use std::path::Path;

use btrst_devnet::Repository;

/// The repository this crate is part of.
fn repository() -> Repository {
    Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this crate is inside the repository")
}
