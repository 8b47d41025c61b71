//! `btrst proposal lint`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_gov::proposal::{Finding, Severity, lint};
use btrst_gov::{Deployment, Proposal};
use eyre::Result;
use serde_json::{Value, json};

use super::{effects, read};
use crate::context::Context;
use crate::opts::DeploymentOptions;

/// Exit code when something is wrong.
const WRONG: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst proposal lint proposals/*.toml
  btrst proposal lint --deny-warnings proposals/marketplace-fee-and-grant.toml
  btrst proposal lint --json draft.toml | jq '.files[].findings[]'

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when no file has an error, 1 when one has, 2 when one cannot be read.";

/// Checks proposal files without a chain, and lists everything that is wrong at once.
///
/// Errors: what no governor would take, values that the contracts would refuse two weeks later, places that are not
/// filled in, characters that do not show. Warnings: addresses and amounts of the actions that the description does not
/// name, and ether that whoever executes has to bring along.
///
/// Where a manifest of the intended effects lies beside a file (`pay.effects.toml` beside `pay.toml`), it has to have what
/// the actions do, and the description its hash.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Proposal files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Count warnings as errors
    #[arg(long)]
    deny_warnings: bool,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

/// Checks the files.
///
/// # Errors
/// When a file cannot be read.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let deployment = args.deployment.read()?;
    let mut files = Vec::new();
    let mut wrong = false;
    for path in &args.files {
        let findings = findings(path, &deployment)?;
        wrong |= findings.iter().any(|f| args.deny_warnings || f.severity == Severity::Error);
        for finding in &findings {
            show(path, finding, context)?;
        }
        files.push(json!({ "file": path, "findings": findings.iter().map(document).collect::<Vec<_>>() }));
    }
    if !wrong {
        let count = args.files.len();
        let what = if count == 1 { "1 file".into() } else { format!("{count} files") };
        context.say(&format!("{what} checked, no errors"))?;
    }
    context.document(&json!({ "schema_version": 1, "ok": !wrong, "files": files }))?;
    Ok(if wrong { ExitCode::from(WRONG) } else { ExitCode::SUCCESS })
}

/// What is wrong with the file at `path`, and with the manifest beside it.
fn findings(path: &Path, deployment: &Deployment) -> Result<Vec<Finding>> {
    let text = read(path, "proposal file")?;
    let mut findings = lint(&text, deployment);
    if let Ok(proposal) = Proposal::parse(&text, deployment) {
        findings.extend(effects::compare(path, &proposal, deployment)?);
    }
    Ok(findings)
}

fn show(path: &Path, finding: &Finding, context: &Context) -> Result<()> {
    let place = match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    };
    context.say(&format!("{}{place}: {}: {}", path.display(), finding.severity, finding.message))?;
    match &finding.hint {
        Some(hint) => context.say(&format!("  hint: {hint}")),
        None => Ok(()),
    }
}

fn document(finding: &Finding) -> Value {
    json!({
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity.to_string(),
        "message": finding.message,
        "hint": finding.hint,
    })
}
