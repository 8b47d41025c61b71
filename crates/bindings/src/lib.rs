//! Typed bindings of the suite's five contracts, generated from the artifacts committed in `artifacts/`.
//!
//! `cargo xtask artifacts` writes those files; this crate changes only when the Solidity does. It performs no I/O:
//! the `#[sol(rpc)]` instances call whatever provider they are given.
//!
//! Structs and enums keep the name of the interface that declares them, so `FeeConverter`'s parameters are
//! [`IFeeConverter::Parameters`] and the governor's are [`IBraintrustGovernor::GovernorParameters`].
//!
//! Solidity overloads functions, Rust does not, so alloy numbers them in the order of the sorted ABI:
//!
//! | Rust | Solidity |
//! |---|---|
//! | `BraintrustGovernor::propose_0` | `propose(address[],uint256[],bytes[],string)`, OpenZeppelin's |
//! | `BraintrustGovernor::propose_1` | `propose(address[],uint256[],string[],bytes[],string)`, Bravo's |
//! | `BraintrustGovernor::castVoteBySig_0` | `castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)`, Bravo's |
//! | `BraintrustGovernor::castVoteBySig_1` | `castVoteBySig(uint256,uint8,address,bytes)`, OpenZeppelin's |
#![allow(missing_docs, reason = "alloy's generated items carry the docs of the ABI, which has none")]

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    BTRST,
    "artifacts/BTRST.json"
);

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    Timelock,
    "artifacts/Timelock.json"
);

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    BraintrustGovernor,
    "artifacts/BraintrustGovernor.json"
);

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    GovernanceDecisions,
    "artifacts/GovernanceDecisions.json"
);

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    FeeConverter,
    "artifacts/FeeConverter.json"
);
