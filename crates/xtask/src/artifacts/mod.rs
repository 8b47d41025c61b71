//! `cargo xtask artifacts`: the compiled contracts that `btrst-bindings` embeds.
//!
//! What the files hold depends on the Solidity sources, `foundry.toml` and the compiler's version only, so that
//! whoever has those three gets the same bytes and the code that is deployed is the code that was reviewed.

mod artifact;
mod compile;
mod manifest;
mod normalise;
mod settings;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use eyre::{Result, WrapErr, bail};

use artifact::Artifact;
use compile::Compilation;
use manifest::Manifest;
use settings::FoundrySettings;

/// The contracts that are deployed, each with the file that defines it. Nothing but these and what they import
/// is compiled.
const CONTRACTS: [(&str, &str); 7] = [
    ("AllocationLockup", "contracts/token/AllocationLockup.sol"),
    ("BTRST", "contracts/token/BTRST.sol"),
    ("BraintrustGovernor", "contracts/governance/BraintrustGovernor.sol"),
    ("FeeConverter", "contracts/fees/FeeConverter.sol"),
    ("GovernanceDecisions", "contracts/governance/GovernanceDecisions.sol"),
    ("GovernancePair", "contracts/governance/GovernancePair.sol"),
    ("Timelock", "contracts/governance/Timelock.sol"),
];

/// Where the artifacts are committed.
const DIRECTORY: &str = "crates/bindings/artifacts";

/// Contracts of this repository that only devnets deploy, in place of ones that belong to others.
const STAND_INS: [(&str, &str); 1] = [("UsdcStandIn", "test/base/UsdcStandIn.sol")];

/// Where the artifacts of the stand-ins are committed.
const STAND_IN_DIRECTORY: &str = "crates/devnet/artifacts";

/// Compile the contracts and write their artifacts for btrst-bindings.
///
/// Compiles the contracts and what they import under the settings of `foundry.toml`, with the compiler of
/// `script/solc`, and writes `crates/bindings/artifacts`: one file per contract and `manifest.json`, which has
/// the compiler's version, the settings, a digest of the sources and the hashes of every code. The stand-ins
/// that devnets deploy go to `crates/devnet/artifacts`.
///
/// Exit code: 0 done or identical, 1 the committed files differ, 2 error.
#[derive(clap::Args)]
pub struct Args {
    /// Write nothing; compare with the committed files, byte by byte.
    #[arg(long)]
    check: bool,
}

/// Runs the task in the checkout at `root`; `false` says that `--check` found a difference.
pub fn run(args: &Args, root: &Path) -> Result<bool> {
    let settings = settings(root)?;
    let directories =
        [(DIRECTORY, files(root, &settings)?), (STAND_IN_DIRECTORY, stand_ins(root, &settings)?)];
    let mut identical = true;
    for (directory, files) in directories {
        if !args.check {
            write(&root.join(directory), &files)?;
            println!("wrote {} files to `{directory}`", files.len());
            continue;
        }
        let differences = differences(&root.join(directory), &files)?;
        for difference in &differences {
            eprintln!("error: `{directory}/{}` {}", difference.file, difference.what);
        }
        if differences.is_empty() {
            println!("{} files in `{directory}` are what the sources compile to", files.len());
        }
        identical &= differences.is_empty();
    }
    if !identical {
        eprintln!("hint: run `cargo xtask artifacts` and commit the result");
    }
    Ok(identical)
}

/// How `foundry.toml` says to compile.
fn settings(root: &Path) -> Result<FoundrySettings> {
    let toml = fs::read_to_string(root.join("foundry.toml")).wrap_err("cannot read `foundry.toml`")?;
    settings::from_foundry_toml(&toml).wrap_err("`foundry.toml` does not say how to compile")
}

/// Every file of the bindings' directory: name and contents.
fn files(root: &Path, settings: &FoundrySettings) -> Result<BTreeMap<String, String>> {
    let compiled = compile(root, settings, &CONTRACTS)?;
    let mut files = BTreeMap::new();
    let mut manifest = Manifest::new(&settings.base, &compiled.sources)?;
    for contract in compiled.contracts {
        let text = contract.artifact.text()?;
        manifest.add(&contract, &text)?;
        files.insert(format!("{}.json", contract.name), text);
    }
    files.insert("manifest.json".to_owned(), manifest.text()?);
    Ok(files)
}

/// Every file of the stand-ins' directory: name and contents.
fn stand_ins(root: &Path, settings: &FoundrySettings) -> Result<BTreeMap<String, String>> {
    let compiled = compile(root, settings, &STAND_INS)?.contracts;
    compiled
        .into_iter()
        .map(|contract| Ok((format!("{}.json", contract.name), contract.artifact.text()?)))
        .collect()
}

/// What came out of the compiler, all its runs together.
struct Compiled {
    sources: BTreeMap<String, String>,
    contracts: Vec<CompiledContract>,
}

/// One contract, and how it was compiled.
pub struct CompiledContract {
    name: &'static str,
    source: &'static str,
    via_ir: bool,
    artifact: Artifact,
}

/// Compiles `contracts`, pairs of name and source file: one run of the compiler for each pipeline.
fn compile(
    root: &Path,
    settings: &FoundrySettings,
    contracts: &[(&'static str, &'static str)],
) -> Result<Compiled> {
    for (name, source) in contracts {
        if !root.join(source).is_file() {
            bail!("`{source}` is missing, so `{name}` cannot be compiled");
        }
    }
    let mut compiled = Compiled { sources: BTreeMap::new(), contracts: Vec::new() };
    for via_ir in [false, true] {
        let through = |source: &str| settings.of(source).via_ir == Some(via_ir);
        let run: Vec<_> = contracts.iter().copied().filter(|(_, source)| through(source)).collect();
        let Some((_, source)) = run.first() else { continue };
        let compilation = Compilation::run(root, settings.of(source), &run)?;
        let variables = normalise::variable_names(compilation.asts());
        for (name, source) in run {
            let artifact = Artifact::new(compilation.contract(name, source)?, &variables)
                .wrap_err_with(|| format!("the compiler's output for `{name}` cannot be used"))?;
            compiled.contracts.push(CompiledContract { name, source, via_ir, artifact });
        }
        compiled.sources.extend(compilation.sources);
    }
    Ok(compiled)
}

/// Makes `directory` hold exactly `files`.
fn write(directory: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    fs::create_dir_all(directory).wrap_err_with(|| format!("cannot create `{}`", directory.display()))?;
    for name in names(directory)?.iter().filter(|name| !files.contains_key(*name)) {
        let path = directory.join(name);
        fs::remove_file(&path).wrap_err_with(|| format!("cannot remove `{}`", path.display()))?;
    }
    for (name, text) in files {
        let path = directory.join(name);
        fs::write(&path, text).wrap_err_with(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// One file that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    file: String,
    what: &'static str,
}

/// Compares `directory` with `files`, byte by byte.
fn differences(directory: &Path, files: &BTreeMap<String, String>) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    for (name, text) in files {
        let path = directory.join(name);
        let what = match fs::read(&path) {
            Ok(committed) if committed == text.as_bytes() => continue,
            Ok(_) => "differs from what the sources compile to",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing",
            Err(error) => return Err(error).wrap_err_with(|| format!("cannot read `{}`", path.display())),
        };
        found.push(Difference { file: name.clone(), what });
    }
    let extra = names(directory)?.into_iter().filter(|name| !files.contains_key(name));
    found.extend(extra.map(|file| Difference { file, what: "belongs to no contract" }));
    Ok(found)
}

/// The names of the files in `directory`; none when it does not exist.
fn names(directory: &Path) -> Result<BTreeSet<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error).wrap_err_with(|| format!("cannot read `{}`", directory.display())),
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> BTreeMap<String, String> {
        BTreeMap::from([("A.json".to_owned(), "a\n".to_owned()), ("B.json".to_owned(), "b\n".to_owned())])
    }

    #[test]
    fn what_was_written_does_not_differ() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("Removed.json"), "").unwrap();
        write(directory.path(), &expected()).unwrap();
        assert_eq!(differences(directory.path(), &expected()).unwrap(), []);
    }

    #[test]
    fn every_file_that_differs_is_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("A.json"), "a").unwrap();
        fs::write(directory.path().join("C.json"), "c\n").unwrap();
        let found = differences(directory.path(), &expected()).unwrap();
        let found: Vec<_> = found.iter().map(|difference| (&*difference.file, difference.what)).collect();
        assert_eq!(
            found,
            [
                ("A.json", "differs from what the sources compile to"),
                ("B.json", "is missing"),
                ("C.json", "belongs to no contract"),
            ]
        );
    }

    #[test]
    fn a_missing_contract_is_named() {
        let root = tempfile::tempdir().unwrap();
        let error = files(root.path(), &FoundrySettings::default()).err().unwrap().to_string();
        assert_eq!(
            error,
            "`contracts/token/AllocationLockup.sol` is missing, so `AllocationLockup` cannot be compiled"
        );
    }
}
