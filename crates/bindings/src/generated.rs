//! What `alloy::sol!` makes of the artifacts. Paths are relative to the crate.
#![allow(missing_docs, reason = "an ABI has no documentation; the interfaces in contracts/interfaces do")]
#![allow(clippy::too_many_arguments, reason = "functions have the parameters that Solidity gave them")]

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    AllocationLockup,
    "artifacts/AllocationLockup.json"
);

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    BTRST,
    "artifacts/BTRST.json"
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
    FeeConverter,
    "artifacts/FeeConverter.json"
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
    GovernancePair,
    "artifacts/GovernancePair.json"
);

alloy::sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    Timelock,
    "artifacts/Timelock.json"
);
