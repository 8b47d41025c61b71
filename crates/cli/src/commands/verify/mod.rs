//! `btrst verify`.

mod rebuild;

use std::path::PathBuf;
use std::process::ExitCode;

use btrst_deploy::verification::{Check, Report, Target, verify};
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use super::deploy::plan_of;
use crate::context::Context;
use crate::failure::Hinted;
use crate::opts::{EndpointOptions, RepositoryOptions, read_deployment};

/// Exit code when something differs.
const DIFFERS: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst verify --plan deploy.toml --rpc-url http://127.0.0.1:8545
  btrst verify --deployment deployments/mainnet.toml --rpc-url https://eth.example.org
  btrst verify --plan deploy.toml --rebuild                        compile the contracts and compare them, too

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
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Deployment file, where there is no description; --plan goes before it
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT")]
    deployment: Option<PathBuf>,

    /// Compile the contracts of a checkout too, and compare them with the code in this program
    #[arg(long)]
    rebuild: bool,

    #[command(flatten)]
    repository: RepositoryOptions,

    #[command(flatten)]
    endpoint: EndpointOptions,
}

/// Verifies, and says what differs.
///
/// # Errors
/// When a file makes no sense or the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let report = match (&args.plan, &args.deployment) {
        (Some(path), _) => {
            let plan = plan_of(path)?;
            let (id, name) = (plan.description.chain_id, &plan.description.name);
            verify(&args.endpoint.connect(None, id, name).await?, &Target::Plan(&plan)).await
        }
        (None, Some(path)) => {
            let deployment = read_deployment(path)?;
            let (url, id) = (deployment.rpc_url.as_deref(), deployment.chain_id);
            let chain = args.endpoint.connect(url, id, &deployment.name).await?;
            verify(&chain, &Target::Deployment(&deployment)).await
        }
        (None, None) => {
            let hint = "name a description with --plan, or a deployment file with --deployment";
            return Err(Hinted::new("there is nothing to compare the chain with", hint).into());
        }
    };
    let mut report = report.wrap_err("cannot verify the deployment")?;
    if args.rebuild {
        report.checks.extend(rebuild::rebuild(&args.repository.find()?, context)?);
    }
    show(&report, context)?;
    context.document(&document(&report))?;
    let clean = report.differences().next().is_none();
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}

/// Prints what differs.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn show(report: &Report, context: &Context) -> Result<()> {
    for Check { what, expected, found } in report.differences() {
        context.say(&format!("differs: {what}\n  expected  {expected}\n  found     {found}"))?;
    }
    for note in &report.notes {
        context.say(&format!("note: {note}"))?;
    }
    let differ = report.differences().count();
    context.say(&format!("{} checks, {differ} differ", report.checks.len()))
}

/// `report` as JSON.
pub(super) fn document(report: &Report) -> Value {
    let checks = report.checks.iter().map(|check| {
        json!({
            "what": check.what, "expected": check.expected, "found": check.found, "holds": check.holds(),
        })
    });
    json!({ "schema_version": 1, "checks": checks.collect::<Vec<_>>(), "notes": report.notes })
}
