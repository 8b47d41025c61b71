//! The committed form of one compiled contract: forge's keys, as far as the suite needs them.
#![expect(clippy::indexing_slicing, reason = "a JSON value without the key answers null")]

use std::collections::BTreeMap;

use eyre::{OptionExt, Result, WrapErr, ensure};
use serde_json::{Value, json};

use super::normalise;

/// Bytes that a contract's code may have (EIP-170).
const MAX_RUNTIME_CODE: usize = 24_576;

/// One contract, normalised.
pub struct Artifact {
    pub creation_code: Vec<u8>,
    /// With zeros where immutables go.
    pub runtime_code: Vec<u8>,
    /// The compiler's long version, such as `0.8.37+commit.…`: the same for every build of that version.
    pub compiler: String,
    abi: Value,
    immutable_references: Value,
    storage_layout: Value,
    metadata: Value,
}

impl Artifact {
    /// Takes what is needed from the compiler's output for a contract; `variables` has the names of immutables.
    ///
    /// # Errors
    /// When the output is incomplete, or the contract could not be deployed.
    pub fn new(compiled: &Value, variables: &BTreeMap<u64, String>) -> Result<Self> {
        let (creation, runtime) = (&compiled["evm"]["bytecode"], &compiled["evm"]["deployedBytecode"]);
        let metadata = compiled["metadata"].as_str().ok_or_eyre("there is no metadata")?;
        let metadata: Value = serde_json::from_str(metadata).wrap_err("the metadata is not JSON")?;
        let compiler = metadata["compiler"]["version"].as_str();
        let runtime_code = normalise::code(&runtime["object"])?;
        ensure!(
            runtime_code.len() <= MAX_RUNTIME_CODE,
            "the runtime code has {} bytes, but no more than {MAX_RUNTIME_CODE} can be deployed (EIP-170)",
            runtime_code.len(),
        );
        Ok(Self {
            creation_code: normalise::code(&creation["object"])?,
            runtime_code,
            compiler: compiler.ok_or_eyre("the metadata has no compiler version")?.to_owned(),
            abi: normalise::sorted(&compiled["abi"]),
            immutable_references: normalise::immutable_references(
                &runtime["immutableReferences"],
                variables,
            )?,
            storage_layout: normalise::storage_layout(&compiled["storageLayout"])?,
            metadata: normalise::sorted(&metadata),
        })
    }

    /// The file: forge's order of keys at the top, alphabetical order below.
    pub fn text(&self) -> Result<String> {
        let file = json!({
            "abi": self.abi,
            "bytecode": { "object": alloy_primitives::hex::encode_prefixed(&self.creation_code) },
            "deployedBytecode": {
                "object": alloy_primitives::hex::encode_prefixed(&self.runtime_code),
                "immutableReferences": self.immutable_references,
            },
            "storageLayout": self.storage_layout,
            "metadata": self.metadata,
        });
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(runtime: &str) -> Value {
        json!({
            "abi": [{"type": "constructor", "inputs": []}],
            "evm": {
                "bytecode": {"object": "6001"},
                "deployedBytecode": {"object": runtime, "immutableReferences": {"3": [{"start": 0, "length": 32}]}},
            },
            "metadata": r#"{"compiler":{"version":"0.8.37+commit.1"}}"#,
            "storageLayout": {"storage": [], "types": null},
        })
    }

    #[test]
    fn the_file_has_forges_keys_in_order() {
        let variables = BTreeMap::from([(3, "admin".to_owned())]);
        let artifact = Artifact::new(&compiled(&"00".repeat(32)), &variables).unwrap();
        assert_eq!(artifact.compiler, "0.8.37+commit.1");
        let text = artifact.text().unwrap();
        assert!(text.ends_with("}\n"));
        let file: Value = serde_json::from_str(&text).unwrap();
        let keys: Vec<_> = file.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["abi", "bytecode", "deployedBytecode", "storageLayout", "metadata"]);
        assert_eq!(file["bytecode"]["object"], "0x6001");
        assert_eq!(file["deployedBytecode"]["immutableReferences"]["admin"][0]["length"], 32);
    }

    #[test]
    fn code_above_the_limit_is_an_error() {
        let variables = BTreeMap::from([(3, "admin".to_owned())]);
        assert!(Artifact::new(&compiled(&"00".repeat(24_576)), &variables).is_ok());
        let error = Artifact::new(&compiled(&"00".repeat(24_577)), &variables).err().unwrap().to_string();
        assert_eq!(
            error,
            "the runtime code has 24577 bytes, but no more than 24576 can be deployed (EIP-170)"
        );
    }

    #[test]
    fn incomplete_output_is_an_error() {
        for key in ["evm", "metadata"] {
            let mut output = compiled("00");
            output[key] = Value::Null;
            assert!(Artifact::new(&output, &BTreeMap::from([(3, "admin".to_owned())])).is_err(), "{key}");
        }
        assert!(Artifact::new(&compiled("00"), &BTreeMap::new()).is_err());
    }
}
