//! The commands of the repository that are not Rust: the Makefile's recipes, the scripts, the package lock.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod forge_test;
mod packages;
mod solc;
mod tool;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Root of the repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// How a command ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs `command` without the developer's own choice of tools, but with `variables`.
fn run(command: &mut Command, variables: &[(&str, &str)]) -> Ended {
    for tool in ["BTRST_FORGE", "BTRST_CAST", "BTRST_ANVIL", "BTRST_SOLC"] {
        command.env_remove(tool);
    }
    // The flags of a `make` that runs these tests are not for the one that is tested.
    command.env_remove("MAKEFLAGS").env_remove("MFLAGS").envs(variables.iter().copied());
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Writes an executable shell script called `name` into `folder`.
fn executable(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A checkout before `npm ci`.
fn checkout_without_packages() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("script")).unwrap();
    for file in ["package.json", "script/solc", "script/tool"] {
        fs::copy(repository().join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// The version of `package` that `package.json` pins.
fn pinned(package: &str) -> String {
    let text = fs::read_to_string(repository().join("package.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["devDependencies"][package].as_str().unwrap().to_owned()
}
