//! `script/solc`: the compiler as forge calls it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::{Ended, checkout_without_packages, executable, pinned, repository, run};

fn solc(root: &Path, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input.json");
    File::create(&path).unwrap().write_all(input.as_bytes()).unwrap();
    let mut command = Command::new(root.join("script/solc"));
    run(command.args(arguments).stdin(File::open(&path).unwrap()), variables)
}

#[test]
fn npms_compiler_answers() {
    let version = solc(repository(), &["--version"], "", &[]);
    assert_eq!(version.code, Some(0), "{version:?}");
    let last = version.stdout.lines().last().unwrap();
    assert!(last.starts_with(&format!("Version: {}+commit.", pinned("solc"))), "{last}");

    let input = r#"{"language": "Solidity", "sources": {"A.sol": {"content": "contract A {}"}}}"#;
    let output = solc(repository(), &["--standard-json"], input, &[]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let output: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(output["sources"]["A.sol"]["id"], 0, "{output}");
}

#[test]
fn other_arguments_are_refused() {
    let ended = solc(repository(), &["--bin", "A.sol"], "", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let message = "error: unsupported arguments `--bin A.sol`\nhint: only --version and --standard-json\n";
    assert_eq!(ended.stderr, message);
}

#[test]
fn a_missing_package_is_named() {
    let checkout = checkout_without_packages();
    let ended = solc(checkout.path(), &["--version"], "", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(ended.stderr, "error: npm's solc is not installed\nhint: run `npm ci` in the repository\n");
}

#[test]
fn a_compiler_of_ones_own_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "case $1 in --version) echo 'Version: {}+commit.0' ;; *) echo \"own $*: $(cat)\"; exit 7 ;; esac",
        pinned("solc")
    );
    let own = executable(folder.path(), "solc", &text);
    let variables = [("BTRST_SOLC", own.to_str().unwrap())];
    let ended = solc(repository(), &["--standard-json"], "input", &variables);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(7), "own --standard-json: input\n"), "{ended:?}");
}

#[test]
fn a_compiler_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let own = executable(folder.path(), "solc", "echo 'Version: 0.8.3+commit.0'");
    let ended = solc(repository(), &["--version"], "", &[("BTRST_SOLC", own.to_str().unwrap())]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let version = pinned("solc");
    let message = format!(
        "error: BTRST_SOLC names `{}`, which is not solc {version}\n\
         hint: point BTRST_SOLC at solc {version}, or unset it to use npm's\n",
        own.display()
    );
    assert_eq!(ended.stderr, message);
}

#[test]
fn a_compiler_that_does_not_exist_is_refused() {
    let ended = solc(repository(), &["--version"], "", &[("BTRST_SOLC", "/nonexistent")]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let version = pinned("solc");
    let message = format!(
        "error: BTRST_SOLC names `/nonexistent`, which cannot be run (ENOENT)\n\
         hint: point BTRST_SOLC at solc {version}, or unset it to use npm's\n"
    );
    assert_eq!(ended.stderr, message);
}
