//! The committed artifacts are what their manifest says, without Node or a compiler. Whether they are what the
//! sources compile to is `cargo xtask artifacts --check`'s question. The way out of a failure: `cargo xtask artifacts`.

use std::{collections::BTreeSet, fs, path::Path};

use alloy::{
    primitives::{B256, keccak256},
    sol_types::SolCall,
};
use btrst_bindings::{BraintrustGovernor, Contract, manifest};
use sha2::{Digest, Sha256};

#[test]
fn every_artifact_is_what_the_manifest_says() {
    for contract in Contract::ALL {
        let artifact = contract.artifact();
        let entry = &artifact.manifest;
        let digest = B256::from_slice(&Sha256::digest(contract.json()));
        assert_eq!(digest, entry.artifact_sha256, "sha256 of {contract}.json");
        assert_eq!(
            keccak256(&artifact.creation_code),
            entry.creation_code_hash,
            "creation code of {contract}"
        );
        assert_eq!(keccak256(&artifact.runtime_code), entry.runtime_code_hash, "runtime code of {contract}");
        assert_eq!(artifact.runtime_code.len(), entry.runtime_size, "size of {contract}");
    }
}

#[test]
fn no_artifact_is_missing_or_extra() {
    let named: BTreeSet<String> = Contract::ALL.iter().map(|contract| contract.name().to_owned()).collect();
    assert_eq!(named, manifest().contracts.keys().cloned().collect());

    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    let committed: BTreeSet<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> =
        named.iter().map(|name| format!("{name}.json")).chain(["manifest.json".to_owned()]).collect();
    assert_eq!(committed, expected);
}

#[test]
fn immutables_are_words_of_zeros_inside_of_the_runtime_code() {
    for contract in Contract::ALL {
        let artifact = contract.artifact();
        for (name, places) in &artifact.immutables {
            assert!(!places.is_empty(), "{contract}.{name}");
            for place in places {
                let word = artifact.runtime_code.get(place.clone());
                assert_eq!(word, Some(&[0; 32][..]), "{contract}.{name} at {place:?}");
            }
        }
        assert_eq!(artifact.without_immutables(&artifact.runtime_code).unwrap(), artifact.runtime_code);
    }
}

#[test]
fn overloads_have_the_documented_numbers() {
    assert_eq!(BraintrustGovernor::propose_0Call::SIGNATURE, "propose(address[],uint256[],bytes[],string)");
    assert_eq!(
        BraintrustGovernor::propose_1Call::SIGNATURE,
        "propose(address[],uint256[],string[],bytes[],string)"
    );
    assert_eq!(
        BraintrustGovernor::castVoteBySig_0Call::SIGNATURE,
        "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)"
    );
    assert_eq!(
        BraintrustGovernor::castVoteBySig_1Call::SIGNATURE,
        "castVoteBySig(uint256,uint8,address,bytes)"
    );
}
