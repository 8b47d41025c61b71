//! `btrst proposal execute`.

use std::process::ExitCode;

use alloy::primitives::U256;
use alloy::providers::Provider;
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::governor::{Event, Flavour};
use btrst_gov::{Action, Proposal};
use eyre::{OptionExt, Result, WrapErr};
use serde_json::json;

use super::step::{Step, StepOptions};
use super::{documents, words};
use crate::context::Context;
use crate::governance::Governance;
use crate::moment::{distance, local};
use crate::sending::Delivered;

const EXAMPLES: &str = "\
Examples:
  btrst proposal execute 12 --account relayer
  btrst proposal execute 12 --account relayer --broadcast

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it is executed or would be, 1 when that is not possible now, 2 on an error.";

/// Executes a queued proposal; a dry run without --broadcast. Anyone may do it, from its eta on for 14 days.
///
/// Ether that the actions send comes from the treasury; what it lacks, the sender sends along. With GovernorAlpha the
/// sender sends all of it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Ether to send along, instead of what the actions need
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    value: Option<String>,

    #[command(flatten)]
    step: StepOptions,
}

/// Executes it, or shows what would be sent.
///
/// # Errors
/// When there is no such proposal, the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let value = args.value.as_deref().map(|text| Amount::parse(text, Unit::Ether)).transpose()?;
    let (governance, mut sending) = args.step.transaction.open(context).await?;
    let (governor, id) = (governance.governor, args.step.id);
    let actions = governor.actions(governance.provider(), id).await?;
    let value = match value {
        Some(value) => value.base,
        None => lacking(&governance, actions.clone()).await?,
    };
    let step = Step {
        governance: &governance,
        id,
        call: governor.execute(id, value),
        details: json!({
            "actions": documents::actions(&actions, &governance.deployment),
            "value": value.to_string(),
        }),
    };
    if let Some(delivered) = step.resume(&mut sending, context).await? {
        return executed(&step, &delivered, context);
    }
    let head = governance.head().await?;
    let status = governor.status(governance.provider(), id).await?;
    if let Some(obstacle) = status.execute_obstacle(governor.flavour, head) {
        return step.refuse(&obstacle, head, context).await;
    }
    for line in words::actions(&actions, &governance.deployment, false) {
        context.say(&line)?;
    }
    if let Some((_, until)) = status.execution {
        context.say(&format!("\nuntil     {} ({})", local(until), distance(until, head.timestamp)))?;
    }
    let delivered = step.deliver(&mut sending, context).await?;
    executed(&step, &delivered, context)
}

/// Wei that have to come along.
async fn lacking(governance: &Governance, actions: Vec<Action>) -> Result<U256> {
    let proposal = Proposal { description: String::new(), actions };
    let needed = proposal.value().ok_or_eyre("the actions send more than 2^256 wei")?;
    if governance.governor.flavour == Flavour::Alpha || needed.is_zero() {
        return Ok(needed);
    }
    let treasury = governance.deployment.contracts.timelock;
    let has =
        governance.provider().get_balance(treasury).await.wrap_err("cannot read the treasury's ether")?;
    Ok(needed.saturating_sub(has))
}

fn executed(step: &Step<'_>, delivered: &Delivered, context: &Context) -> Result<ExitCode> {
    let Some(receipt) = delivered.receipt() else { return step.undone(delivered, context) };
    step.event(receipt, "ProposalExecuted", |event| {
        matches!(event, Event::ProposalExecuted { id } if id == step.id).then_some(())
    })?;
    step.done(&format!("Executed proposal {}", step.id), receipt, context)
}
