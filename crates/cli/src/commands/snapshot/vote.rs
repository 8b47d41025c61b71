//! `btrst snapshot vote`.

use std::process::ExitCode;

use btrst_offchain::message::{Message, Vote};
use eyre::Result;

use super::choice;
use super::client::{HubOptions, hash};
use super::send::MessageOptions;
use crate::context::Context;
use crate::failure::Hinted;
use crate::moment::local;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot vote 0x5f3a… for --account delegate
  btrst snapshot vote 0x5f3a… 2 --reason 'too early' --account delegate --broadcast
  btrst snapshot vote 0x5f3a… 3,1,2 --account delegate --broadcast
  btrst snapshot vote 0x5f3a… 1:3,2:1 --account delegate --out ballot.json

The hub is named by --hub or BTRST_HUB.

Exit codes: 0 when the hub took it or would be asked, 1 when it refuses, 2 on an error.";

/// Votes on an off-chain proposal; a dry run without --broadcast.
///
/// The proposal is read from the hub. A later vote of the same account takes the place of an earlier one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal
    id: String,

    /// What for: a choice by number or name, several after commas, or weights such as `1:3,2:1`
    choice: String,

    /// Why, for everybody to read
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,

    #[command(flatten)]
    hub: HubOptions,

    #[command(flatten)]
    message: MessageOptions,
}

/// Votes, or shows the vote.
///
/// # Errors
/// When there is no such proposal or choice, nobody signs, or the hub does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let id = hash(&args.id)?;
    let hub = args.hub.open()?;
    let record = hub.proposal(id).await?;
    let choice = choice::parse(&args.choice, &record)?;
    let time = args.message.now().await?;
    if !(record.start..=record.end).contains(&time) {
        let (start, end) = (local(record.start), local(record.end));
        let message = format!("the vote on `{}` is not open: it is from {start} to {end}", record.title);
        return Err(Hinted::new(message, "`btrst snapshot results` shows what came of it").into());
    }
    if record.is_encrypted() {
        let message =
            format!("the votes on `{}` are encrypted, and this program does not encrypt", record.title);
        return Err(Hinted::new(message, "vote with the hub's own interface").into());
    }
    let sender = args.message.sender().await?;
    let vote = Vote {
        from: sender.address(),
        space: record.space.id.clone(),
        timestamp: time,
        proposal: id.to_string(),
        choice,
        reason: args.reason,
        app: "btrst".into(),
        metadata: "{}".into(),
    };
    let what = format!("vote on `{}` in {}: {}", record.title, record.space.id, args.choice);
    args.message.finish(Message::try_from(&vote)?, &sender, &hub, &what, context).await
}
