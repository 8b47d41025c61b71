//! `btrst proposal cancel`.

use std::process::ExitCode;

use alloy::rpc::types::TransactionReceipt;
use btrst_gov::governor::Event;
use eyre::Result;
use serde_json::Value;

use super::step::Step;
use crate::context::Context;
use crate::governance::Governance;
use crate::opts::{GovernorOptions, SendOptions, SignerOptions};

const EXAMPLES: &str = "\
Examples:
  btrst proposal cancel 12 --account proposer
  btrst proposal cancel 12 --account guardian --broadcast

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it is canceled or would be, 1 when the sender may not, 2 on an error.";

/// Cancels a proposal that is not final; a dry run without --broadcast.
///
/// The guardian may while its term lasts, and anyone while the proposer has fewer votes than the threshold; with the
/// suite's governor the proposer may as well. `btrst proposal show` tells who can.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal
    id: u64,

    #[command(flatten)]
    governor: GovernorOptions,

    #[command(flatten)]
    signer: SignerOptions,

    #[command(flatten)]
    send: SendOptions,
}

/// Cancels it, or shows what would be sent.
///
/// # Errors
/// When there is no such proposal, the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let sender = args.signer.required(args.send.broadcast).await?;
    let governance = Governance::connect(&args.governor, context).await?;
    let mut sending = governance.sending(sender, &args.send).await?;
    let (governor, id) = (governance.governor, args.id);
    let step = Step { governance: &governance, id, call: governor.cancel(id), details: Value::Null };
    if let Some(receipt) = step.resume(&mut sending, context).await? {
        return canceled(&step, &receipt, context);
    }
    let head = governance.head().await?;
    let (provider, token) = (governance.provider(), governance.deployment.contracts.btrst);
    let status = governor.status(provider, id).await?;
    let account = sending.account();
    let obstacle = governor.cancel_obstacle(provider, token, &status, account, head.timestamp).await?;
    if let Some(obstacle) = obstacle {
        return step.refuse(&obstacle, head, context).await;
    }
    context.say(&format!("state     {}", status.state))?;
    match step.deliver(&mut sending, context).await? {
        Some(receipt) => canceled(&step, &receipt, context),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn canceled(step: &Step<'_>, receipt: &TransactionReceipt, context: &Context) -> Result<ExitCode> {
    step.event(receipt, "ProposalCanceled", |event| {
        matches!(event, Event::ProposalCanceled { id } if id == step.id).then_some(())
    })?;
    step.done(&format!("Canceled proposal {}", step.id), receipt, context)
}
