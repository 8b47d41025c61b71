//! The record of what the artifacts were compiled from.

use std::{collections::BTreeMap, sync::LazyLock};

use alloy::primitives::B256;
use serde::Deserialize;

#[expect(clippy::expect_used, reason = "the file is part of this crate, and its tests read it")]
static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../artifacts/manifest.json"))
        .expect("the committed manifest is well-formed")
});

/// The manifest of the embedded artifacts.
pub fn manifest() -> &'static Manifest {
    &MANIFEST
}

/// What the embedded artifacts were compiled from, and what they hash to.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The compiler's long version, `0.8.37+commit.…`.
    pub solc: String,
    /// The compiler's settings, as in its standard JSON input, without the output selection and the pipeline.
    pub settings: serde_json::Value,
    /// SHA-256 over path, length and contents of every source file that took part, libraries included.
    pub input_digest: B256,
    /// The contracts by name.
    pub contracts: BTreeMap<String, ManifestEntry>,
}

/// One contract of the [`Manifest`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestEntry {
    /// SHA-256 of the artifact file.
    pub artifact_sha256: B256,
    /// Keccak-256 of the creation code, without constructor arguments.
    pub creation_code_hash: B256,
    /// Keccak-256 of the runtime code with zeros where immutables go.
    pub runtime_code_hash: B256,
    /// Size of the runtime code, in bytes.
    pub runtime_size: usize,
    /// The file that defines the contract, inside the repository.
    pub source: String,
    /// Whether it was compiled through the IR pipeline.
    #[serde(rename = "viaIR")]
    pub via_ir: bool,
}
