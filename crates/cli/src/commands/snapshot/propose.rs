//! `btrst snapshot propose`.

use std::path::PathBuf;
use std::process::ExitCode;

use btrst_offchain::message::Message;
use eyre::Result;

use super::client::HubOptions;
use super::draft::Draft;
use super::send::MessageOptions;
use crate::context::Context;
use crate::sending::now;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot propose temperature.toml --account author
  btrst snapshot propose temperature.toml --account author --rpc-url $RPC --broadcast
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
    let draft = Draft::read(&args.file)?;
    let snapshot = match draft.snapshot() {
        Some(block) => block,
        None => args.message.head().await?,
    };
    let sender = args.message.sender().await?;
    let proposal = draft.proposal(sender.address(), now()?, snapshot)?;
    let what = format!("propose `{}` in {}", proposal.title, proposal.space);
    args.message.finish(Message::try_from(&proposal)?, &sender, &hub, &what, context).await
}
