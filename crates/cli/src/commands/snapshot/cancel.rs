//! `btrst snapshot cancel`.

use std::process::ExitCode;

use btrst_offchain::message::{CancelProposal, Message};
use eyre::Result;

use super::client::{HubOptions, hash};
use super::send::MessageOptions;
use crate::context::Context;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot cancel 0x5f3a… --account author
  btrst snapshot cancel 0x5f3a… --account author --broadcast

The hub is named by --hub or BTRST_HUB.

Exit codes: 0 when the hub took it or would be asked, 1 when it refuses, 2 on an error.";

/// Withdraws an off-chain proposal, as its author or a moderator of the space; a dry run without --broadcast.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal
    id: String,

    #[command(flatten)]
    hub: HubOptions,

    #[command(flatten)]
    message: MessageOptions,
}

/// Withdraws it, or shows the message.
///
/// # Errors
/// When there is no such proposal, nobody signs, or the hub does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let id = hash(&args.id)?;
    let hub = args.hub.open()?;
    let record = hub.proposal(id).await?;
    let sender = args.message.sender().await?;
    let cancel = CancelProposal {
        from: sender.address(),
        space: record.space.id.clone(),
        timestamp: args.message.now().await?,
        proposal: id.to_string(),
    };
    let what = format!("withdraw `{}` in {}", record.title, record.space.id);
    args.message.finish(Message::try_from(&cancel)?, &sender, &hub, &what, context).await
}
