//! `btrst demo`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use btrst_devnet::{AnvilOptions, World, WorldOptions};
use btrst_gov::Proposal;
use eyre::{Report, Result, WrapErr};

use crate::commands::stop_requested;
use crate::context::Context;
use crate::demo::{self, Mismatch};
use crate::failure::{self, Hinted};
use crate::opts::RepositoryOptions;

/// Exit code of a play with an unexpected effect.
const UNEXPECTED: u8 = 1;

/// Longest wait for the reason why the chain does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the play proposes, below the repository.
const PROPOSAL: &str = "proposals/marketplace-fee-and-grant.toml";

const EXAMPLES: &str = "\
Examples:
  btrst demo
  btrst demo --json > demo.json
  btrst demo --json | jq -r '.proposal.state'

Exit codes: 0 when every effect was the expected one, 1 when one was not, 2 on an error.";

/// Plays the life of a proposal and of a client fee on a fresh local chain.
///
/// Real transactions by different accounts, on an anvil that is gone afterwards: delegate, propose, vote in all
/// ways, wait out the voting period, queue, wait seven days, execute; then a client's invoice becomes a fee in
/// USDC, is deposited, converted in guarded lots through Uniswap V3, and arrives in the treasury as BTRST.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Play on this port of 127.0.0.1 instead of a free one
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,

    /// Proposal file to play
    #[arg(long, value_name = "FILE", help = format!("Proposal file to play [default: {PROPOSAL}]"))]
    proposal: Option<PathBuf>,

    #[command(flatten)]
    repository: RepositoryOptions,
}

/// Plays to the end, or until the process is asked to stop.
///
/// # Errors
/// Whatever stopped the play.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    tokio::select! {
        played = play(&args, context) => match played {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) if error.downcast_ref::<Mismatch>().is_some() => {
                failure::report(&error);
                Ok(ExitCode::from(UNEXPECTED))
            }
            Err(error) => Err(error),
        },
        stopped = stop_requested() => {
            stopped?;
            Err(Hinted::new("the demo was interrupted", "nothing is left running; start it again at any time").into())
        }
    }
}

async fn play(args: &Args, context: &Context) -> Result<()> {
    let repository = args.repository.find()?;
    let path = args.proposal.clone().unwrap_or_else(|| repository.root().join(PROPOSAL));
    let file = std::fs::read_to_string(&path).map_err(|error| {
        let message = format!("cannot read the proposal file `{}`", path.display());
        Hinted::new(message, format!("name a file with --proposal, such as `{PROPOSAL}`")).caused_by(error)
    })?;

    context.note("starting a local chain and deploying the system …");
    let started = Instant::now();
    let anvil = AnvilOptions { port: args.port, ..AnvilOptions::default() };
    let options = WorldOptions { anvil, ..WorldOptions::default() };
    let mut world = World::start(&repository, &options).await?;
    context.note(&format!("ready after {:.1} s", started.elapsed().as_secs_f32()));

    let proposal = Proposal::parse(&file, &world.deployment())
        .wrap_err_with(|| format!("cannot use the proposal file `{}`", path.display()))?;
    match demo::play(&world, &proposal, context).await {
        Ok(outcome) => context.document(&outcome),
        Err(error) if error.downcast_ref::<Mismatch>().is_some() => Err(error),
        Err(error) => {
            // Any request may be the one that notices, a moment before the process is known to have ended.
            match tokio::time::timeout(PATIENCE, world.anvil().died()).await {
                Ok(died) => {
                    Err(Report::new(died).wrap_err("the chain disappeared in the middle of the demo"))
                }
                Err(_) => Err(error),
            }
        }
    }
}
