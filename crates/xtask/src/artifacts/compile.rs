//! One run of the compiler over the contracts and what they import.
#![expect(clippy::indexing_slicing, reason = "a JSON value without the key answers null")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use eyre::{OptionExt, Result, WrapErr, bail, ensure};
use foundry_compilers::{
    Graph, ProjectPathsConfig,
    artifacts::{Settings, SolcInput, SolcLanguage, Source, Sources, output_selection::OutputSelection},
    resolver::parse::SolParser,
    solc::Solc,
};
use serde_json::Value;

/// What is asked of the compiler for each contract.
const OUTPUTS: [&str; 6] = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "evm.deployedBytecode.object",
    "metadata",
    "storageLayout",
];

/// The input of a run and what came out.
pub struct Compilation {
    /// Path inside the repository and contents of every file that took part.
    pub sources: BTreeMap<String, String>,
    output: Value,
}

impl Compilation {
    /// Compiles `contracts`, pairs of name and source file, in the checkout at `root`.
    ///
    /// # Errors
    /// When a source cannot be read, the compiler cannot be run, or it finds an error.
    pub fn run(root: &Path, settings: Settings, contracts: &[(&str, &str)]) -> Result<Self> {
        let sources = sources(root, &settings, contracts)?;
        let mut selected = settings;
        selected.output_selection = output_selection(contracts);
        let input = SolcInput::new(
            SolcLanguage::Solidity,
            sources.iter().map(|(path, text)| (PathBuf::from(path), Source::new(text))).collect(),
            selected,
        );
        let solc = Solc::new(solc(root)?).wrap_err("cannot run the compiler")?;
        let output: Value = solc.compile_as(&input).wrap_err("the compiler failed")?;
        let errors: Vec<&str> = output["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|error| error["severity"] == "error")
            .filter_map(|error| error["formattedMessage"].as_str())
            .collect();
        ensure!(errors.is_empty(), "the contracts do not compile\n{}", errors.join("\n"));
        Ok(Self { sources, output })
    }

    /// The compiler's output for one contract.
    pub fn contract(&self, name: &str, source: &str) -> Result<&Value> {
        let contract = &self.output["contracts"][source][name];
        ensure!(contract.is_object(), "`{source}` defines no contract named `{name}`");
        Ok(contract)
    }

    /// The syntax tree of every source file.
    pub fn asts(&self) -> impl Iterator<Item = &Value> {
        self.output["sources"].as_object().into_iter().flatten().map(|(_, source)| &source["ast"])
    }
}

/// Reads the files of `contracts` and, following imports, every file that they need.
fn sources(root: &Path, settings: &Settings, contracts: &[(&str, &str)]) -> Result<BTreeMap<String, String>> {
    let files = contracts.iter().map(|(_, source)| root.join(source));
    let remappings = settings.remappings.iter().cloned().map(|mut remapping| {
        remapping.path = root.join(&remapping.path).to_string_lossy().into_owned();
        remapping
    });
    let paths = ProjectPathsConfig::builder()
        .sources(root.join("contracts"))
        .no_libs()
        .remappings(remappings)
        .build_with_root::<SolcLanguage>(root);
    let inputs: Sources = Source::read_all(files).wrap_err("cannot read the contracts")?;
    let (sources, _) = Graph::<SolParser>::resolve_sources(&paths, inputs)
        .wrap_err("cannot resolve the imports of the contracts")?
        .into_sources();
    sources
        .into_iter()
        .map(|(path, source)| {
            let inside = path.strip_prefix(root).wrap_err_with(|| {
                format!("`{}` is imported from outside of the repository", path.display())
            })?;
            let inside = inside.to_str().ok_or_eyre("a source path is not UTF-8")?;
            Ok((inside.to_owned(), source.content.to_string()))
        })
        .collect()
}

/// The outputs of each contract, and of all files the syntax tree: it knows the names of immutables.
fn output_selection(contracts: &[(&str, &str)]) -> OutputSelection {
    let outputs = |list: &[&str]| list.iter().map(|output| (*output).to_owned()).collect::<Vec<_>>();
    let mut selection = OutputSelection::default();
    let every_file = selection.as_mut().entry("*".to_owned()).or_default();
    every_file.insert(String::new(), outputs(&["ast"]));
    for (name, source) in contracts {
        let file = selection.as_mut().entry((*source).to_owned()).or_default();
        file.insert((*name).to_owned(), outputs(&OUTPUTS));
    }
    selection
}

/// The compiler that `script/tool` resolves.
fn solc(root: &Path) -> Result<PathBuf> {
    let output = Command::new(root.join("script/tool"))
        .arg("solc")
        .output()
        .wrap_err("cannot run `script/tool solc`")?;
    if !output.status.success() {
        bail!("`script/tool solc` failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim_end()))
}
