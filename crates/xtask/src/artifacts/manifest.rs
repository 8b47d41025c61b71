//! What the artifacts were made from, and the hashes that deployments are compared with.

use std::collections::BTreeMap;

use alloy_primitives::{hex, keccak256};
use eyre::{OptionExt, Result, ensure};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{CompiledContract, normalise};
use foundry_compilers::artifacts::Settings;

/// `manifest.json` in the making.
pub struct Manifest {
    compiler: Option<String>,
    settings: Value,
    input_digest: String,
    contracts: Map<String, Value>,
}

impl Manifest {
    /// A manifest of a compilation of `sources` that has no contracts yet.
    pub fn new(settings: &Settings, sources: &BTreeMap<String, String>) -> Result<Self> {
        let mut settings = serde_json::to_value(settings)?;
        if let Some(settings) = settings.as_object_mut() {
            // The outputs change no code, and the pipeline is told with each contract.
            settings.remove("outputSelection");
            settings.remove("viaIR");
        }
        Ok(Self {
            compiler: None,
            settings: normalise::sorted(&settings),
            input_digest: input_digest(sources),
            contracts: Map::new(),
        })
    }

    /// Adds a contract and the text of its file.
    pub fn add(&mut self, contract: &CompiledContract, text: &str) -> Result<()> {
        let CompiledContract { name, source, via_ir, artifact } = contract;
        let compiler = self.compiler.get_or_insert_with(|| artifact.compiler.clone());
        ensure!(
            *compiler == artifact.compiler,
            "`{name}` comes from another compiler, {}",
            artifact.compiler
        );
        let entry = json!({
            "artifactSha256": sha256(text),
            "creationCodeHash": keccak256(&artifact.creation_code),
            "runtimeCodeHash": keccak256(&artifact.runtime_code),
            "runtimeSize": artifact.runtime_code.len(),
            "source": source,
            "viaIR": via_ir,
        });
        self.contracts.insert((*name).to_owned(), entry);
        Ok(())
    }

    /// The file.
    pub fn text(&self) -> Result<String> {
        let file = json!({
            "solc": self.compiler.as_ref().ok_or_eyre("no contract was compiled")?,
            "settings": self.settings,
            "inputDigest": self.input_digest,
            "contracts": normalise::sorted(&Value::Object(self.contracts.clone())),
        });
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }
}

/// SHA-256 over path, length and contents of every file, in the order of the paths. The length keeps two files
/// from hashing like one.
fn input_digest(sources: &BTreeMap<String, String>) -> String {
    let mut digest = Sha256::new();
    for (path, text) in sources {
        digest.update(format!("{path}\n{}\n{text}", text.len()));
    }
    hex::encode(digest.finalize())
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(files: &[(&str, &str)]) -> String {
        input_digest(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn the_digest_covers_paths_and_contents() {
        let expected = digest(&[("a.sol", "x"), ("b.sol", "y")]);
        assert_eq!(expected, digest(&[("b.sol", "y"), ("a.sol", "x")]));
        assert_eq!(expected, sha256("a.sol\n1\nxb.sol\n1\ny"));
        for other in [
            [("a.sol", "x"), ("b.sol", "z")].as_slice(),
            &[("a.sol", "x"), ("c.sol", "y")],
            &[("a.sol", "x")],
            &[("a.sol", "xb.sol\n1\ny")],
        ] {
            assert_ne!(expected, digest(other));
        }
    }
}
