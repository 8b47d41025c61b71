//! Typed bindings of the suite's contracts, generated from the artifacts committed in `artifacts/`.
//!
//! `cargo xtask artifacts` writes those files; this crate changes only when the Solidity does. It performs no I/O:
//! the `#[sol(rpc)]` instances call whatever provider they are given. [`Contract`] gives access to the code that is
//! deployed and verified, [`manifest`] to what it was made from.
//!
//! Structs and enums keep the name of the interface that declares them, so `FeeConverter`'s parameters are
//! [`IFeeConverter::Parameters`] and the governor's are [`IBraintrustGovernor::GovernorParameters`].
//!
//! Solidity overloads functions, Rust does not, so alloy numbers them in the order of the ABI:
//!
//! | Rust | Solidity |
//! |---|---|
//! | `BraintrustGovernor::propose_0` | `propose(address[],uint256[],bytes[],string)`, OpenZeppelin's |
//! | `BraintrustGovernor::propose_1` | `propose(address[],uint256[],string[],bytes[],string)`, Bravo's |
//! | `BraintrustGovernor::castVoteBySig_0` | `castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)`, Bravo's |
//! | `BraintrustGovernor::castVoteBySig_1` | `castVoteBySig(uint256,uint8,address,bytes)`, OpenZeppelin's |
//!
//! The calls are the types `propose_0Call` and so on.

mod contract;
mod generated;
mod manifest;

pub use contract::{Artifact, Contract};
pub use generated::*;
pub use manifest::{Manifest, ManifestEntry, manifest};
