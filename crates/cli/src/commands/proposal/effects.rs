//! The manifest of the intended effects, in a file beside that of the proposal.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use btrst_gov::proposal::{Draft, Finding, Severity};
use btrst_gov::{Deployment, Proposal};
use btrst_simulate::Manifest;
use btrst_simulate::manifest::bound_to;
use eyre::Result;

use super::read;
use crate::failure::in_one_line;
use crate::sending::create;

/// Where the manifest of the proposal file `proposal` is: `pay.effects.toml` beside `pay.toml`.
pub fn beside(proposal: &Path) -> PathBuf {
    let mut name = proposal.file_stem().map_or_else(OsString::new, OsString::from);
    name.push(".effects.toml");
    proposal.with_file_name(name)
}

/// What the actions of `draft` say by themselves. The description of `draft` is bound to it.
///
/// # Errors
/// When an action is not filled in.
pub fn declare(draft: &mut Draft, deployment: &Deployment) -> Result<Manifest> {
    let manifest = Manifest::intended(&draft.actions(deployment)?, deployment);
    draft.add_paragraph(&manifest.line());
    Ok(manifest)
}

/// Writes `manifest` beside the proposal file `proposal`.
///
/// # Errors
/// When there is one, or it cannot be written.
pub fn write(manifest: &Manifest, proposal: &Path, deployment: &Deployment) -> Result<PathBuf> {
    let path = beside(proposal);
    create(&path, manifest.render(deployment)?.trim_end())?;
    Ok(path)
}

/// Where the proposal file `path` and the manifest beside it disagree: each is reviewed alone, and what voters approve is
/// the description.
///
/// # Errors
/// When there is a manifest that cannot be read.
pub fn compare(path: &Path, proposal: &Proposal, deployment: &Deployment) -> Result<Vec<Finding>> {
    let file = beside(path);
    let shown = file.display();
    let bound = match bound_to(&proposal.description) {
        Ok(bound) => bound,
        Err(line) => {
            let message = format!("`{line}` binds the description to no effects");
            return Ok(vec![error(message, "have one line `effects: 0x…` with the hash of the manifest")]);
        }
    };
    if !file.exists() {
        return Ok(bound.map_or_else(Vec::new, |_| {
            let message = format!("the description is bound to effects, and there is no `{shown}`");
            let hint = "put the manifest there, so that both are compared";
            vec![Finding { severity: Severity::Warning, ..error(message, hint) }]
        }));
    }
    let manifest = match Manifest::parse(&read(&file, "manifest")?, deployment) {
        Ok(manifest) => manifest,
        Err(problem) => {
            let message = format!("`{shown}`: {}", in_one_line(&problem.into()));
            return Ok(vec![error(message, "mend the manifest, or move it away")]);
        }
    };
    let mut findings = Vec::new();
    let line = manifest.line();
    match bound {
        Some(bound) if bound == manifest.hash() => {}
        Some(bound) => findings.push(error(
            format!("the description is bound to the effects `{bound}`, and `{shown}` is another manifest"),
            &format!("read the manifest, and write `{line}` in the description"),
        )),
        None => findings.push(Finding {
            severity: Severity::Warning,
            ..error(
                format!("the description is not bound to `{shown}`"),
                &format!("write `{line}` in the description"),
            )
        }),
    }
    for lacking in manifest.lacks(&proposal.actions, deployment) {
        findings.push(error(
            format!("`{shown}` lacks what the actions do: {lacking}"),
            "move it away and write it anew: `btrst proposal check --write-effects`",
        ));
    }
    Ok(findings)
}

fn error(message: String, hint: &str) -> Finding {
    Finding {
        line: None,
        column: None,
        severity: Severity::Error,
        message,
        hint: Some(hint.to_owned()),
        unfilled: false,
    }
}
