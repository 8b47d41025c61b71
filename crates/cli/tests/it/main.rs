//! The `btrst` command as people and programs see it: the real binary, and the pinned anvil where a chain is needed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod assembly;
mod authoring;
mod ballots;
mod browser;
mod check;
mod check_endpoints;
mod consensus;
mod demo;
mod deploy;
mod devnet;
mod fees;
mod governance;
mod governance_alpha;
mod governance_many;
mod guide;
mod inputs;
mod long_chain;
mod mistakes;
mod program;
mod proposals;
mod reference;
mod resumed;
mod sends;
mod services;
mod signers;
mod snapshot;
mod terms;
mod usage;
mod wallet_browser;
mod wallet_page;
mod wallets;
