//! `btrst deploy`.

mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_deploy::{Description, Plan, simulate};
use eyre::{Result, WrapErr};

use crate::context::Context;
use crate::opts::{EndpointOptions, read_text};

/// Exit code when the deployer cannot pay.
const UNAFFORDABLE: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst deploy deployments/examples/fresh.toml                     plan it: addresses, steps, powers
  btrst deploy deploy.toml --rpc-url http://127.0.0.1:8545         simulate what is left of it, too

A plan depends on its file alone, and a step counts as done when the chain is in the state that it leads to.

Exit codes: 0 when it would succeed, 1 when the deployer cannot pay for it, 2 on an error.";

/// Plans a deployment, and simulates what is left of it; sends nothing.
///
/// Shows every step with the address of what it creates, gas and cost, and who can do what afterwards. Without an
/// endpoint, the plan alone.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Description of the deployment
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    endpoint: EndpointOptions,
}

/// Plans and simulates.
///
/// # Errors
/// When the file makes no sense, the chain does not answer, or a step would fail.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let plan = plan_of(&args.file)?;
    let simulation = match &args.endpoint.rpc_url {
        None => None,
        url => {
            let provider = args.endpoint.provider(url.as_ref(), plan.description.chain_id)?;
            context.note("simulating what is left of the plan …");
            Some(simulate(&provider, &plan).await.wrap_err("the plan cannot be carried out")?)
        }
    };
    show::plan(&plan, simulation.as_ref(), context)?;
    context.document(&show::document(&plan, simulation.as_ref()))?;
    let affordable = simulation.is_none_or(|simulation| simulation.is_affordable());
    Ok(if affordable { ExitCode::SUCCESS } else { ExitCode::from(UNAFFORDABLE) })
}

/// The plan of the description at `path`.
///
/// # Errors
/// When it cannot be read or makes no sense.
pub(super) fn plan_of(path: &Path) -> Result<Plan> {
    let hint = "name a description such as `deployments/examples/fresh.toml`";
    let text = read_text("description", path, hint)?;
    let description = Description::parse(&text)
        .wrap_err_with(|| format!("cannot use the description `{}`", path.display()))?;
    Ok(Plan::of(&description))
}
