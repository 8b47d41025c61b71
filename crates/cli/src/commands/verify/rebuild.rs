//! Whether the code in this program is what the sources of a checkout compile to.

use std::fs;
use std::process::Command;

use btrst_bindings::{Contract, Manifest, manifest};
use btrst_deploy::verification::Check;
use btrst_devnet::Repository;
use eyre::{Result, WrapErr};

use crate::context::Context;
use crate::failure::Hinted;

/// The manifest of the committed artifacts, in a checkout.
const MANIFEST: &str = "crates/bindings/artifacts/manifest.json";

/// Exit code of the task when the committed artifacts differ from what the sources compile to.
const DIFFERS: i32 = 1;

/// Compiles the contracts of the checkout and compares: sources with committed artifacts, these with this program.
///
/// The checkout's own task compiles. The compiler belongs to the checkout in any case, and so this program stays free
/// of one.
///
/// # Errors
/// When the checkout cannot be read or compiled.
pub fn rebuild(repository: &Repository, context: &Context) -> Result<Vec<Check>> {
    let path = repository.root().join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| {
        let message = format!("cannot read `{}`", path.display());
        Hinted::new(message, "name a whole checkout with --repository").caused_by(error)
    })?;
    let committed: Manifest = serde_json::from_str(&text)
        .wrap_err_with(|| format!("`{}` is no manifest of this version", path.display()))?;
    let mut checks: Vec<Check> =
        Contract::ALL.into_iter().map(|contract| compared(contract, &committed)).collect();
    context.note("compiling the contracts of the checkout …");
    let ended = Command::new("cargo")
        .args(["run", "--locked", "--quiet", "--package", "xtask", "--", "artifacts", "--check"])
        .current_dir(repository.root())
        .output()
        .map_err(|error| {
            Hinted::new("cannot run `cargo`", "install Rust as the README says").caused_by(error)
        })?;
    let said = String::from_utf8_lossy(&ended.stderr);
    let found = match ended.status.code() {
        Some(0) => "what the sources compile to".to_owned(),
        Some(DIFFERS) if said.contains("hint: run `cargo xtask artifacts`") => {
            "something else than the sources compile to".to_owned()
        }
        _ => {
            let message = format!("the contracts cannot be compiled: {}", said.trim());
            return Err(Hinted::new(message, "run `npm ci` in the checkout, and try `make artifacts`").into());
        }
    };
    checks.push(Check {
        what: "committed artifacts of the checkout".into(),
        expected: "what the sources compile to".into(),
        found,
    });
    Ok(checks)
}

/// Compares the codes of `contract` in this program with those of the checkout.
fn compared(contract: Contract, committed: &Manifest) -> Check {
    let ours = &manifest().contracts.get(contract.name()).map(|entry| entry.artifact_sha256);
    let theirs = committed.contracts.get(contract.name()).map(|entry| entry.artifact_sha256);
    let shown = |digest: Option<_>| {
        digest.map_or_else(|| "none".into(), |digest: alloy::primitives::B256| digest.to_string())
    };
    Check {
        what: format!("artifact of {contract} in the checkout"),
        expected: shown(*ours),
        found: shown(theirs),
    }
}
