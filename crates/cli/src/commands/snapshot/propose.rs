//! `btrst snapshot propose`.

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::B256;
use btrst_gov::Proposal;
use btrst_offchain::message::Message;
use btrst_offchain::phase::Phase;
use eyre::{Result, WrapErr};

use super::client::{HubOptions, hash};
use super::draft::Draft;
use super::send::MessageOptions;
use crate::commands::proposal::read;
use crate::context::Context;
use crate::opts::read_deployment;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot propose temperature.toml --account author
  btrst snapshot propose temperature.toml --account author --rpc-url $RPC --broadcast
  btrst snapshot propose consensus.toml --temperature 0x5f3a… --payload fee.toml --account author --broadcast
  btrst snapshot propose consensus.toml --account author --out envelope.json

A proposal file:
  title = \"Lower the marketplace fee\"
  body = \"\"\"From 10% to 8%.\"\"\"
  discussion = \"https://…\"             # and, where the defaults do not do:
  space = \"usebraintrust.eth\"
  type = \"basic\"                       # with the choices For, Against, Abstain
  choices = [\"For\", \"Against\", \"Abstain\"]
  start = 1750000000                   # Unix time; now
  days = 7
  snapshot = 22700000                  # the last block of --rpc-url
  phase = \"consensus-check\"            # or temperature-check
  temperature_check = \"0x…\"
  payload = \"0x…\"                      # what is executed on chain

The hub is named by --hub or BTRST_HUB.

Exit codes: 0 when the hub took it or would be asked, 1 when it refuses, 2 on an error.";

/// Opens an off-chain proposal from a file; a dry run without --broadcast.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The proposal file
    file: PathBuf,

    /// Temperature check that it follows: makes it a consensus check
    #[arg(long, value_name = "ID", help_heading = "Consensus check")]
    temperature: Option<String>,

    /// Proposal file whose payload it is to approve
    #[arg(long, value_name = "FILE", requires = "deployment", help_heading = "Consensus check")]
    payload: Option<PathBuf>,

    /// Deployment file with the chain and the governor of the payload
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT", help_heading = "Consensus check")]
    deployment: Option<PathBuf>,

    #[command(flatten)]
    hub: HubOptions,

    #[command(flatten)]
    message: MessageOptions,
}

/// Proposes, or shows the proposal.
///
/// # Errors
/// When the file makes no sense, nobody signs, or the hub or the endpoint does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let hub = args.hub.open()?;
    let payload = payload(&args)?;
    let temperature = args.temperature.as_deref().map(hash).transpose()?;
    let draft = Draft::read(&args.file)?.bind(temperature, payload)?;
    let snapshot = match draft.snapshot() {
        Some(block) => block,
        None => args.message.head().await?,
    };
    let sender = args.message.sender().await?;
    let proposal = draft.proposal(sender.address(), args.message.now().await?, snapshot)?;
    let mut what = format!("propose `{}` in {}", proposal.title, proposal.space);
    if let Ok(Some(Phase::ConsensusCheck { payload, .. })) = Phase::of_plugins(&proposal.plugins) {
        what += &match payload {
            Some(payload) => format!("\nto approve the payload {payload}"),
            None => "\nwithout a payload: nothing of it goes on chain".to_owned(),
        };
    }
    args.message.finish(Message::try_from(&proposal)?, &sender, &hub, &what, context).await
}

/// The payload of the proposal file that is named.
fn payload(args: &Args) -> Result<Option<B256>> {
    let (Some(path), Some(deployment)) = (&args.payload, &args.deployment) else { return Ok(None) };
    let deployment = read_deployment(deployment)?;
    let proposal = Proposal::parse(&read(path, "proposal file")?, &deployment)
        .wrap_err_with(|| format!("cannot use the proposal file `{}`", path.display()))?;
    Ok(Some(proposal.payload(&deployment)))
}
