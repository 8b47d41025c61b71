//! Compiled contracts that the user has: folders of Foundry's and Hardhat's artifacts.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use alloy::primitives::{Address, Bytes, keccak256};
use serde_json::Value;

use super::{Answer, Claim, template::Template};
use crate::{Error, Result};

/// Most folders inside of each other that are looked into.
const MOST_DEPTH: usize = 16;

/// Most files that are read.
const MOST_FILES: usize = 50_000;

/// Longest file that is read, in bytes. Artifacts with everything that compilers can tell are a few mebibytes.
const LONGEST_FILE: u64 = 64 << 20;

/// Artifacts by what they compile to.
#[derive(Clone, Debug, Default)]
pub struct Artifacts {
    /// By length of the code: metadata of one compiler have one length, but those of two may differ.
    by_length: HashMap<usize, Vec<Artifact>>,
    count: usize,
}

#[derive(Clone, Debug)]
struct Artifact {
    name: String,
    file: String,
    template: Template,
}

impl Artifacts {
    /// Reads all artifacts in `folder` and the folders below it. Files that are none are left out, links are not
    /// followed.
    ///
    /// # Errors
    /// [`Error::Artifacts`] when the folder cannot be read, has too many files, or no artifact.
    pub fn load(folder: &Path) -> Result<Self> {
        let failed = |path: &Path, reason: String| Error::Artifacts { path: path.to_owned(), reason };
        let mut artifacts = Self::default();
        let mut open: Vec<(PathBuf, usize)> = vec![(folder.to_owned(), 0)];
        let mut files = 0_usize;
        while let Some((path, depth)) = open.pop() {
            let entries = fs::read_dir(&path).map_err(|error| failed(&path, error.to_string()))?;
            for entry in entries {
                let entry = entry.map_err(|error| failed(&path, error.to_string()))?;
                let kind = entry.file_type().map_err(|error| failed(&path, error.to_string()))?;
                let path = entry.path();
                if kind.is_dir() && depth < MOST_DEPTH && entry.file_name() != "build-info" {
                    open.push((path, depth + 1));
                } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "json") {
                    files += 1;
                    if files > MOST_FILES {
                        return Err(failed(folder, format!("it has more than {MOST_FILES} files")));
                    }
                    artifacts.add(folder, &path);
                }
            }
        }
        if artifacts.count == 0 {
            return Err(failed(folder, "it has no artifact of Foundry or Hardhat".into()));
        }
        Ok(artifacts)
    }

    /// Number of artifacts with code.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    fn add(&mut self, folder: &Path, path: &Path) {
        let short = fs::metadata(path).is_ok_and(|metadata| metadata.len() <= LONGEST_FILE);
        let read = || {
            let text = short.then(|| fs::read_to_string(path).ok()).flatten()?;
            let name = path.file_stem()?.to_str()?.to_owned();
            let file = path.strip_prefix(folder).unwrap_or(path).to_str()?.to_owned();
            let template = template(&serde_json::from_str(&text).ok()?)?;
            Some(Artifact { name, file, template })
        };
        if let Some(artifact) = read() {
            self.count += 1;
            self.by_length.entry(artifact.template.length()).or_default().push(artifact);
        }
    }

    /// Which of them the code `code` of `contract` was compiled to; `None` where it is none.
    #[must_use]
    pub fn claim(&self, contract: Address, code: &Bytes) -> Option<Claim> {
        // Of several that fit, that with the same metadata, then by their names, so that the answer is always the same.
        let fits = self.by_length.get(&code.len()).into_iter().flatten();
        let fits = fits.filter_map(|artifact| Some((artifact, artifact.template.fit(code)?)));
        let (artifact, fit) = fits.min_by_key(|(artifact, fit)| (!fit.metadata, artifact.file.clone()))?;
        let answer = Answer::Compiled { name: artifact.name.clone(), metadata: fit.metadata, open: fit.open };
        Some(Claim { contract, code: keccak256(code), by: format!("the artifact {}", artifact.file), answer })
    }
}

/// The runtime code of an artifact of Foundry (`deployedBytecode` is an object) or Hardhat (it is a text), or of the
/// compiler's own output for one contract.
fn template(artifact: &Value) -> Option<Template> {
    let code = artifact.get("deployedBytecode").or_else(|| artifact.pointer("/evm/deployedBytecode"))?;
    match code {
        Value::String(object) => Template::new(object, None, artifact.get("deployedLinkReferences")),
        _ => {
            // Foundry leaves the references out where there are none.
            let none = Value::Object(serde_json::Map::new());
            let immutables = code.get("immutableReferences").unwrap_or(&none);
            Template::new(code.get("object")?.as_str()?, Some(immutables), code.get("linkReferences"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn artifacts_of_both_tools_are_found_by_code() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, value: Value| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, value.to_string()).unwrap();
        };
        assert!(Artifacts::load(folder.path()).unwrap_err().to_string().contains("has no artifact"));
        write("Vault.sol/Vault.json", json!({ "deployedBytecode": { "object": "0x6001600255" } }));
        write("contracts/Box.sol/Box.json", json!({ "deployedBytecode": "0x6001600355" }));
        write("contracts/Box.sol/IBox.json", json!({ "deployedBytecode": "0x" }));
        write("Old.json", json!({ "evm": { "deployedBytecode": { "object": "6001600555" } } }));
        write("build-info/1.json", json!({ "deployedBytecode": "0x6001600455" }));
        fs::write(folder.path().join("broken.json"), "{").unwrap();
        let artifacts = Artifacts::load(folder.path()).unwrap();
        assert_eq!(artifacts.count(), 3);
        let found = |code: &[u8]| artifacts.claim(Address::ZERO, &Bytes::copy_from_slice(code));
        for (code, name, file) in [
            ([0x60, 1, 0x60, 2, 0x55], "Vault", "the artifact Vault.sol/Vault.json"),
            ([0x60, 1, 0x60, 5, 0x55], "Old", "the artifact Old.json"),
            ([0x60, 1, 0x60, 3, 0x55], "Box", "the artifact contracts/Box.sol/Box.json"),
        ] {
            let claim = found(&code).unwrap();
            let answer = Answer::Compiled { name: name.into(), metadata: true, open: vec![] };
            assert_eq!((claim.by.as_str(), claim.answer), (file, answer));
        }
        assert_eq!(found(&[0x60, 1, 0x60, 4, 0x55]), None);
        let nowhere = Artifacts::load(&folder.path().join("nowhere")).unwrap_err();
        assert!(nowhere.to_string().starts_with("cannot use the artifacts in `"), "{nowhere}");
    }
}
