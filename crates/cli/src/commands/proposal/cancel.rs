//! `btrst proposal cancel`.

use std::process::ExitCode;

use btrst_gov::governor::Event;
use eyre::Result;
use serde_json::Value;

use super::step::{Step, StepOptions};
use crate::context::Context;
use crate::sending::Delivered;

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
    #[command(flatten)]
    step: StepOptions,
}

/// Cancels it, or shows what would be sent.
///
/// # Errors
/// When there is no such proposal, the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (governance, mut sending) = args.step.transaction.open(context).await?;
    let (governor, id) = (governance.governor, args.step.id);
    let step = Step { governance: &governance, id, call: governor.cancel(id), details: Value::Null };
    if let Some(delivered) = step.resume(&mut sending, context).await? {
        return canceled(&step, &delivered, context);
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
    let delivered = step.deliver(&mut sending, context).await?;
    canceled(&step, &delivered, context)
}

fn canceled(step: &Step<'_>, delivered: &Delivered, context: &Context) -> Result<ExitCode> {
    let Some(receipt) = delivered.receipt() else { return step.undone(delivered, context) };
    step.event(receipt, "ProposalCanceled", |event| {
        matches!(event, Event::ProposalCanceled { id } if id == step.id).then_some(())
    })?;
    step.done(&format!("Canceled proposal {}", step.id), receipt, context)
}
