//! `btrst votes`.

use std::process::ExitCode;

use btrst_gov::token::{holder, past_votes};
use eyre::Result;
use serde_json::json;

use crate::context::Context;
use crate::demo::btrst;
use crate::governance::Governance;
use crate::opts::GovernorOptions;

const EXAMPLES: &str = "\
Examples:
  btrst votes amara
  btrst votes 0xE1F43a543fAe801543A6916C85482F6Ed37F52ae --block 13142655
  btrst votes amara --json | jq -r .votes

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when they were shown, 2 on an error.";

/// Shows an account's BTRST, whom it delegated to, and the votes that it has.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name of the deployment file, or checksummed address
    account: String,

    /// Show the votes at the end of this block too, which must be past
    #[arg(long)]
    block: Option<u64>,

    #[command(flatten)]
    governor: GovernorOptions,
}

/// Shows them.
///
/// # Errors
/// When the account is unknown, the block is not past, or the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let named = args.governor.chain.deployment()?.resolve(&args.account)?;
    let governance = Governance::connect(&args.governor, context).await?;
    let token = governance.deployment.contracts.btrst;
    let past = match args.block {
        Some(block) => {
            let latest = governance.head().await?.number;
            Some((block, past_votes(governance.provider(), token, named, block, latest).await?))
        }
        None => None,
    };
    let holder = holder(governance.provider(), token, named).await?;
    let delegate = match holder.delegate {
        Some(delegate) if delegate == named => "itself".to_owned(),
        Some(delegate) => governance.name(delegate),
        None => "nobody; its tokens do not vote".to_owned(),
    };
    context.say(&format!("account    {}", governance.name(named)))?;
    context.say(&format!("balance    {}", btrst(holder.balance)))?;
    context.say(&format!("delegate   {delegate}"))?;
    context.say(&format!("votes now  {}", btrst(holder.votes)))?;
    if let Some((block, votes)) = past {
        context.say(&format!("votes at   {} (end of block {block})", btrst(votes)))?;
    }
    context.document(&json!({
        "schema_version": 1,
        "chain_id": governance.deployment.chain_id,
        "account": named.to_string(),
        "balance": holder.balance.to_string(),
        "delegate": holder.delegate.map(|delegate| delegate.to_string()),
        "votes": holder.votes.to_string(),
        "past": past.map(|(block, votes)| json!({ "block": block, "votes": votes.to_string() })),
    }))?;
    Ok(ExitCode::SUCCESS)
}
