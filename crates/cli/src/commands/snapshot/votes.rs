//! `btrst snapshot votes`.

use std::process::ExitCode;

use alloy::primitives::Address;
use btrst_offchain::tally::Choice;
use eyre::Result;
use serde_json::json;

use super::choice::words;
use super::client::{HubOptions, hash};
use crate::context::Context;
use crate::moment::local;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot votes 0x5f3a…
  btrst snapshot votes 0x5f3a… --voter 0xE1F43a543fAe801543A6916C85482F6Ed37F52ae
  btrst snapshot votes 0x5f3a… --json | jq '.votes | length'

The hub is named by --hub or BTRST_HUB.

Exit codes: 0 when they were shown, 1 when --voter has not voted, 2 on an error.";

/// Lists the votes on an off-chain proposal, the most powerful first.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal
    id: String,

    /// Only the vote of this account
    #[arg(long, value_name = "ADDRESS")]
    voter: Option<Address>,

    #[command(flatten)]
    hub: HubOptions,
}

/// Lists them.
///
/// # Errors
/// When there is no such proposal, or the hub does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let id = hash(&args.id)?;
    let hub = args.hub.open()?;
    let record = hub.proposal(id).await?;
    let mut votes = hub.votes(id).await?;
    votes.retain(|vote| args.voter.is_none_or(|voter| voter == vote.voter));
    votes.sort_by(|a, b| b.vp.total_cmp(&a.vp).then(a.id.cmp(&b.id)));
    for vote in &votes {
        let reason = if vote.reason.is_empty() { String::new() } else { format!("  {}", vote.reason) };
        let choice = match record.choice(&vote.choice)? {
            Choice::Encrypted => "encrypted".to_owned(),
            _ if record.is_encrypted() => format!("{} (says the hub)", words(&vote.choice, &record.choices)),
            _ => words(&vote.choice, &record.choices),
        };
        context.say(&format!(
            "{}  {:>20}  {}  {choice}{reason}",
            vote.voter,
            vote.vp,
            local(vote.created)
        ))?;
    }
    if votes.is_empty() {
        context.say(if args.voter.is_some() { "it has not voted" } else { "nobody has voted" })?;
    }
    context.document(&json!({ "schema_version": 1, "proposal": id, "votes": votes }))?;
    let missing = args.voter.is_some() && votes.is_empty();
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
