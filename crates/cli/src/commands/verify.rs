//! `btrst verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use btrst_deploy::verification::{Check, Report, Target, verify};
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use super::deploy::plan_of;
use crate::context::Context;
use crate::opts::{EndpointOptions, deployment_file};

/// Exit code when something differs.
const DIFFERS: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst verify --plan deploy.toml --rpc-url http://127.0.0.1:8545
  btrst verify --deployment deployments/mainnet.toml --rpc-url https://eth.example.org

Exit codes: 0 when everything is as it should be, 1 when something differs, 2 on an error.";

/// Compares the chain with a plan or a deployment file: code, roles, parameters, allocation.
///
/// Every runtime code is read and compared with the reviewed one, immutables apart, which are compared with the
/// arguments. Contracts of another generation are checked by their roles. With a deployment file only addresses are
/// known: code, and how the contracts refer to each other.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Description that the deployment was planned from
    #[arg(long, value_name = "FILE", required_unless_present = "deployment")]
    plan: Option<PathBuf>,

    /// Deployment file, where there is no description
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT", conflicts_with = "plan")]
    deployment: Option<PathBuf>,

    #[command(flatten)]
    endpoint: EndpointOptions,
}

/// Verifies, and says what differs.
///
/// # Errors
/// When a file makes no sense or the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let report = if let Some(path) = &args.plan {
        let plan = plan_of(path)?;
        let provider = args.endpoint.provider(None, plan.description.chain_id)?;
        verify(&provider, &Target::Plan(&plan)).await
    } else {
        let path = args.deployment.as_deref().unwrap_or_else(|| "".as_ref());
        let deployment = deployment_file(path)?;
        let provider = args.endpoint.provider(deployment.rpc_url.as_ref(), deployment.chain_id)?;
        verify(&provider, &Target::Deployment(&deployment)).await
    };
    let report = report.wrap_err("cannot verify the deployment")?;
    show(&report, context)?;
    context.document(&document(&report))?;
    let clean = report.differences().next().is_none();
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}

fn show(report: &Report, context: &Context) -> Result<()> {
    for Check { what, expected, found } in report.differences() {
        context.say(&format!("differs: {what}\n  expected  {expected}\n  found     {found}"))?;
    }
    for note in &report.notes {
        context.say(&format!("note: {note}"))?;
    }
    let differ = report.differences().count();
    context.say(&format!("{} checks, {differ} differ", report.checks.len()))
}

fn document(report: &Report) -> Value {
    let checks = report.checks.iter().map(|check| {
        json!({
            "what": check.what, "expected": check.expected, "found": check.found, "holds": check.holds(),
        })
    });
    json!({ "schema_version": 1, "checks": checks.collect::<Vec<_>>(), "notes": report.notes })
}
