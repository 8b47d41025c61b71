//! `btrst deploy`.

mod file;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alloy::primitives::U256;
use btrst_chain::Chain;
use btrst_chain::transaction::GasTerms;
use btrst_deploy::executor::{Execution, News};
use btrst_deploy::simulation::Simulation;
use btrst_deploy::verification::{Target, verify};
use btrst_deploy::{Description, Plan, execute, simulate};
use btrst_gov::governor::Call;
use eyre::{OptionExt, Result, WrapErr};
use serde_json::json;

use super::verify::{document as report_document, show as show_report};
use crate::context::Context;
use crate::demo::grouped;
use crate::failure::Hinted;
use crate::opts::{EndpointOptions, SendOptions, SignerOptions};
use crate::sending::{Sending, told};

/// Exit code when the deployer cannot pay, or something differs from the plan in the end.
const NEGATIVE: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst deploy deployments/examples/fresh.toml                     plan it: addresses, steps, powers
  btrst deploy deploy.toml --rpc-url http://127.0.0.1:8545         simulate what is left of it, too
  btrst deploy deploy.toml --rpc-url URL --keystore deployer.json --broadcast
  btrst deploy deploy.toml --rpc-url URL --from SAFE --safe-json steps.json

A plan depends on its file alone, and a step counts as done when the chain is in the state that it leads to. So a run
that stopped anywhere is continued by the same command; there is no --resume.

Exit codes: 0 done, or when it would succeed, 1 when the deployer cannot pay for it or the result differs from the
plan, 2 on an error.";

/// Plans a deployment, simulates what is left of it, and carries it out with --broadcast.
///
/// Shows every step with the address of what it creates, gas and cost, and who can do what afterwards. Without an
/// endpoint, the plan alone. At the end the chain is compared with the plan, and the deployment file is written.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Description of the deployment
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Deployment file to write at the end; `deployments/<name>.toml` by default
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    endpoint: EndpointOptions,

    #[command(flatten)]
    signer: SignerOptions,

    #[command(flatten)]
    send: SendOptions,
}

/// Plans, simulates, and with `--broadcast` deploys.
///
/// # Errors
/// When the file makes no sense, the chain does not answer, or a step would fail or does.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    args.send.awaited("a deployment")?;
    let plan = plan_of(&args.file)?;
    if args.send.nonce.is_some() || args.send.gas_limit.is_some() {
        let hint = "leave out --nonce and --gas-limit; each step has its own";
        return Err(Hinted::new("a plan has more than one transaction", hint).into());
    }
    let writes = args.send.calldata || args.send.safe_json.is_some();
    if args.endpoint.rpc_url.is_none() && !args.send.broadcast && !writes {
        show::plan(&plan, None, context)?;
        context.say("\nNothing was simulated; --rpc-url names an endpoint.")?;
        context.document(&show::document(&plan, None))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (id, name) = (plan.description.chain_id, &plan.description.name);
    let chain = args.endpoint.connect(None, id, name).await?;
    if args.send.broadcast || writes {
        return Deployer { plan, chain, args }.run(writes, context).await;
    }
    let simulation = simulated(&chain, &plan, &args.send.gas(), context).await?;
    show::plan(&plan, Some(&simulation), context)?;
    context.say("\nNothing was sent; --broadcast carries out what is left.")?;
    context.document(&show::document(&plan, Some(&simulation)))?;
    Ok(if simulation.is_affordable() { ExitCode::SUCCESS } else { ExitCode::from(NEGATIVE) })
}

/// The plan of the description at `path`.
///
/// # Errors
/// When it cannot be read or makes no sense.
pub(super) fn plan_of(path: &Path) -> Result<Plan> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read the description `{}`", path.display());
        Hinted::new(message, "name one such as `deployments/examples/fresh.toml`").caused_by(error)
    })?;
    let description = Description::parse(&text)
        .wrap_err_with(|| format!("cannot use the description `{}`", path.display()))?;
    Ok(Plan::of(&description))
}

async fn simulated(chain: &Chain, plan: &Plan, gas: &GasTerms, context: &Context) -> Result<Simulation> {
    context.note("simulating what is left of the plan …");
    simulate(chain, plan, gas).await.wrap_err("the plan cannot be carried out")
}

/// A deployment that is sent, or written for another wallet.
struct Deployer {
    plan: Plan,
    chain: Chain,
    args: Args,
}

impl Deployer {
    async fn run(self, writes: bool, context: &Context) -> Result<ExitCode> {
        let sender = self.args.signer.required(self.args.send.broadcast, self.args.send.patience()).await?;
        if sender.address() != self.plan.description.deployer {
            let (expected, found) = (self.plan.description.deployer, sender.address());
            return Err(btrst_deploy::Error::WrongSender { expected, found }.into());
        }
        let output = file::place(self.args.output.as_deref(), &self.plan)?;
        let mut sending = Sending::open(self.chain.clone(), sender, &self.args.send).await?;
        // What an earlier run sent counts in the simulation.
        sending.settle(context).await?;
        let gas = self.args.send.gas();
        let simulation = simulated(&self.chain, &self.plan, &gas, context).await?;
        if writes {
            let delivered = sending.write(&open_calls(&self.plan, &simulation), context)?;
            context.document(&delivered.document())?;
            return Ok(ExitCode::SUCCESS);
        }
        show::plan(&self.plan, Some(&simulation), context)?;
        if !simulation.is_affordable() {
            context.say("\nNothing was sent: the deployer cannot pay for all of it.")?;
            context.document(&show::document(&self.plan, Some(&simulation)))?;
            return Ok(ExitCode::from(NEGATIVE));
        }
        let outbox = sending.outbox().ok_or_eyre("nothing can be sent without --broadcast")?;
        let execution = execute(&self.plan, outbox, &gas, &mut |news| tell(context, &news)).await?;
        self.finish(execution, &simulation, &output, context).await
    }

    /// Compares the chain with the plan and writes the deployment file.
    async fn finish(
        &self,
        execution: Execution,
        simulation: &Simulation,
        output: &Path,
        context: &Context,
    ) -> Result<ExitCode> {
        let Execution { found, sent, gas } = execution;
        context.say(&format!("\nsent {sent} steps with {} gas; {found} were done before", grouped(gas)))?;
        let report = verify(&self.chain, &Target::Plan(&self.plan)).await?;
        show_report(&report, context)?;
        file::write(output, &self.plan)?;
        context.say(&format!("wrote {}", output.display()))?;
        let mut document = show::document(&self.plan, Some(simulation));
        if let Some(document) = document.as_object_mut() {
            document.insert("execution".into(), json!({"found": found, "sent": sent, "gas": gas}));
            document.insert("verification".into(), report_document(&report));
            document.insert("deployment".into(), json!(output));
        }
        context.document(&document)?;
        let clean = report.differences().next().is_none();
        Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(NEGATIVE) })
    }
}

/// The calls of the open steps.
fn open_calls(plan: &Plan, simulation: &Simulation) -> Vec<Call> {
    let open = plan.steps.iter().zip(&simulation.gas).filter(|(_, gas)| gas.is_some());
    open.map(|(step, _)| Call {
        to: step.to,
        value: U256::ZERO,
        data: step.data.clone(),
        what: step.name.clone(),
    })
    .collect()
}

fn tell(context: &Context, news: &News) {
    match news {
        News::AlreadyDone(step) => context.note(&format!("{step}: done already")),
        News::Begun(step) => context.note(&format!("{step} …")),
        News::Transaction(event) => told(context, event),
    }
}
