//! `btrst proposal queue`.

use std::process::ExitCode;

use btrst_gov::governor::Event;
use btrst_gov::timelock;
use eyre::Result;
use serde_json::Value;

use super::step::{Step, StepOptions};
use crate::context::Context;
use crate::governance::Governance;
use crate::moment::{local, span};
use crate::sending::Delivered;

const EXAMPLES: &str = "\
Examples:
  btrst proposal queue 12 --account relayer
  btrst proposal queue 12 --account relayer --broadcast

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it is queued or would be, 1 when that is not possible now, 2 on an error.";

/// Queues a proposal that passed in the time lock; a dry run without --broadcast. Anyone may do it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    step: StepOptions,
}

/// Queues it, or shows what would be sent.
///
/// # Errors
/// When there is no such proposal, the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (governance, mut sending) = args.step.transaction.open(context).await?;
    let (governor, id) = (governance.governor, args.step.id);
    let step = Step { governance: &governance, id, call: governor.queue(id), details: Value::Null };
    if let Some(delivered) = step.resume(&mut sending, context).await? {
        return queued(&step, &delivered, context).await;
    }
    let head = governance.head().await?;
    let status = governor.status(governance.provider(), id).await?;
    if let Some(obstacle) = status.queue_obstacle(governor.flavour, head) {
        return step.refuse(&obstacle, head, context).await;
    }
    let settings =
        timelock::settings(governance.provider(), governance.deployment.contracts.timelock).await?;
    context.say(&format!("delay     {} from then until it can be executed", span(settings.delay)))?;
    let delivered = step.deliver(&mut sending, context).await?;
    queued(&step, &delivered, context).await
}

async fn queued(step: &Step<'_>, delivered: &Delivered, context: &Context) -> Result<ExitCode> {
    let Some(receipt) = delivered.receipt() else { return step.undone(delivered, context) };
    let eta = step.event(receipt, "ProposalQueued", |event| match event {
        Event::ProposalQueued { id, eta } if id == step.id => Some(eta),
        _ => None,
    })?;
    let Governance { governor, chain, .. } = step.governance;
    let until = match governor.status(chain.provider(), step.id).await?.execution {
        Some((_, until)) => format!(" to {}", local(until)),
        None => String::new(),
    };
    context.say(&format!("\nIt can be executed from {}{until}", local(eta)))?;
    step.done(&format!("Queued proposal {}", step.id), receipt, context)
}
