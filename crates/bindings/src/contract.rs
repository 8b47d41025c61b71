//! The code of the contracts, as it is deployed and verified.

use std::{collections::BTreeMap, fmt, ops::Range, sync::LazyLock};

use alloy::primitives::Bytes;
use serde::Deserialize;

use crate::{ManifestEntry, manifest};

/// In the order of [`Contract::ALL`].
static ARTIFACTS: LazyLock<[Artifact; 7]> = LazyLock::new(|| Contract::ALL.map(Artifact::embedded));

/// A contract of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    /// One holder's share of the supply, released over time.
    AllocationLockup,
    /// The token.
    Btrst,
    /// Proposals and votes.
    BraintrustGovernor,
    /// Buys BTRST with the marketplace's USDC fees.
    FeeConverter,
    /// The registry of marketplace decisions.
    GovernanceDecisions,
    /// Creates a time lock and its governor in one transaction.
    GovernancePair,
    /// Treasury and executor.
    Timelock,
}

impl Contract {
    /// Every contract, by name.
    pub const ALL: [Self; 7] = [
        Self::AllocationLockup,
        Self::Btrst,
        Self::BraintrustGovernor,
        Self::FeeConverter,
        Self::GovernanceDecisions,
        Self::GovernancePair,
        Self::Timelock,
    ];

    /// The name in Solidity.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllocationLockup => "AllocationLockup",
            Self::Btrst => "BTRST",
            Self::BraintrustGovernor => "BraintrustGovernor",
            Self::FeeConverter => "FeeConverter",
            Self::GovernanceDecisions => "GovernanceDecisions",
            Self::GovernancePair => "GovernancePair",
            Self::Timelock => "Timelock",
        }
    }

    /// The committed artifact file.
    pub const fn json(self) -> &'static str {
        match self {
            Self::AllocationLockup => include_str!("../artifacts/AllocationLockup.json"),
            Self::Btrst => include_str!("../artifacts/BTRST.json"),
            Self::BraintrustGovernor => include_str!("../artifacts/BraintrustGovernor.json"),
            Self::FeeConverter => include_str!("../artifacts/FeeConverter.json"),
            Self::GovernanceDecisions => include_str!("../artifacts/GovernanceDecisions.json"),
            Self::GovernancePair => include_str!("../artifacts/GovernancePair.json"),
            Self::Timelock => include_str!("../artifacts/Timelock.json"),
        }
    }

    /// The code and its manifest entry; all files are parsed at the first use.
    #[expect(clippy::indexing_slicing, reason = "the list has an entry for every contract, in their order")]
    pub fn artifact(self) -> &'static Artifact {
        &ARTIFACTS[self as usize]
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The code of one contract.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// The creation code; the encoded constructor arguments follow it in a deployment.
    pub creation_code: Bytes,
    /// The runtime code with zeros where immutables go.
    pub runtime_code: Bytes,
    /// Where in the runtime code the value of each immutable goes, by the variable's name.
    pub immutables: BTreeMap<String, Vec<Range<usize>>>,
    /// What the manifest says about the contract.
    pub manifest: ManifestEntry,
}

impl Artifact {
    #[expect(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "the files are part of this crate, and its tests read every one"
    )]
    fn embedded(contract: Contract) -> Self {
        let file: ArtifactFile =
            serde_json::from_str(contract.json()).expect("the committed artifact is well-formed");
        let places =
            |places: Vec<Place>| places.into_iter().map(|at| at.start..at.start + at.length).collect();
        Self {
            creation_code: file.bytecode.object,
            runtime_code: file.deployed_bytecode.object,
            immutables: file
                .deployed_bytecode
                .immutable_references
                .into_iter()
                .map(|(name, list)| (name, places(list)))
                .collect(),
            manifest: manifest().contracts[contract.name()].clone(),
        }
    }

    /// `deployed` with zeros where immutables go, to be compared with [`Artifact::runtime_code`] or its hash.
    /// `None` when it has another length, so it cannot be this contract.
    pub fn without_immutables(&self, deployed: &[u8]) -> Option<Vec<u8>> {
        if deployed.len() != self.runtime_code.len() {
            return None;
        }
        let mut code = deployed.to_vec();
        for place in self.immutables.values().flatten() {
            code.get_mut(place.clone())?.fill(0);
        }
        Some(code)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactFile {
    bytecode: CodeObject,
    deployed_bytecode: CodeObject,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CodeObject {
    object: Bytes,
    #[serde(default)]
    immutable_references: BTreeMap<String, Vec<Place>>,
}

#[derive(Deserialize)]
struct Place {
    start: usize,
    length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn immutables_are_taken_out_of_deployed_code() {
        let artifact = Artifact {
            runtime_code: Bytes::from_static(&[1, 0, 0, 2, 0]),
            immutables: BTreeMap::from([("admin".to_owned(), vec![1..3, 4..5])]),
            ..Contract::Timelock.artifact().clone()
        };
        assert_eq!(artifact.without_immutables(&[1, 8, 9, 2, 7]).unwrap(), artifact.runtime_code);
        assert_ne!(artifact.without_immutables(&[1, 8, 9, 3, 7]).unwrap(), artifact.runtime_code);
        assert_eq!(artifact.without_immutables(&[1, 8, 9, 2]), None);
    }
}
