//! `btrst timelock`.

use std::process::ExitCode;

use btrst_gov::Action;
use btrst_gov::timelock::{Settings, Window, settings};
use eyre::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::governance::{Governance, Waiting};
use crate::moment::{distance, local, span};
use crate::opts::GovernorOptions;

const EXAMPLES: &str = "\
Examples:
  btrst timelock
  btrst timelock --from-block 0
  btrst timelock --json | jq '.queue[] | select(.window == \"open\")'

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it was shown, 2 on an error.";

/// Shows the time lock: its delay, who rules it, and what waits in its queue.
///
/// Entries of the queue are read from events. Those that were queued so long ago that they can only have expired are
/// left out, unless --from-block goes back to them: they stay in the queue for good, and can never be executed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// First block to read; by default early enough for all that can still be executed
    #[arg(long, value_name = "BLOCK")]
    from_block: Option<u64>,

    #[command(flatten)]
    governor: GovernorOptions,
}

/// Shows it.
///
/// # Errors
/// When the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let governance = Governance::connect(&args.governor, context).await?;
    let address = governance.deployment.contracts.timelock;
    let (head, settings) = tokio::join!(governance.head(), settings(governance.provider(), address));
    let (head, settings) = (head?, settings?);
    let queue = governance.queue(head, args.from_block).await?;

    let Settings { delay, grace_period, admin, pending_admin } = settings;
    let pending = pending_admin.map_or_else(|| "nobody".into(), |pending| governance.name(pending));
    context.say(&format!("Time lock {address}\n"))?;
    context.say(&format!("delay          {} between queueing and execution", span(delay)))?;
    context.say(&format!("grace period   {} in which to execute", span(grace_period)))?;
    context.say(&format!("admin          {}", governance.name(admin)))?;
    context.say(&format!("pending admin  {pending}"))?;
    context.say("\nQueue")?;
    if queue.is_empty() {
        context.say("  nothing")?;
    }
    for waiting in &queue {
        show(waiting, &governance, grace_period, head.timestamp, context)?;
    }
    let documents: Vec<Value> = queue
        .iter()
        .map(|Waiting { entry, proposal, calls }| {
            let describe = |call: &Action| call.describe(&governance.deployment);
            json!({
                "hash": entry.hash.to_string(),
                "proposal": proposal,
                "eta": entry.eta,
                "until": entry.until(grace_period),
                "window": word(entry.window(grace_period, head.timestamp)),
                "calls": calls.as_ref().map(|calls| calls.iter().map(describe).collect::<Vec<_>>()),
            })
        })
        .collect();
    context.document(&json!({
        "schema_version": 1,
        "chain_id": governance.deployment.chain_id,
        "timelock": address.to_string(),
        "block": head.number,
        "delay": delay,
        "grace_period": grace_period,
        "admin": admin.to_string(),
        "pending_admin": pending_admin.map(|pending| pending.to_string()),
        "queue": documents,
    }))?;
    Ok(ExitCode::SUCCESS)
}

fn show(
    Waiting { entry, proposal, calls }: &Waiting,
    governance: &Governance,
    grace_period: u64,
    now: u64,
    context: &Context,
) -> Result<()> {
    let until = entry.until(grace_period);
    let when = match entry.window(grace_period, now) {
        Window::Waiting => {
            format!("from {} ({}) until {}", local(entry.eta), distance(entry.eta, now), local(until))
        }
        Window::Open => format!("now, until {} ({})", local(until), distance(until, now)),
        Window::Expired => format!("never again: expired at {}", local(until)),
    };
    let what = proposal.map_or_else(|| format!("entry {}", entry.hash), |id| format!("proposal {id}"));
    context.say(&format!("  {what}: executable {when}"))?;
    match calls {
        Some(calls) => {
            for call in calls {
                context.say(&format!("    {}", call.describe(&governance.deployment)))?;
            }
            Ok(())
        }
        None => context.say("    calls that no proposal of the governor has"),
    }
}

fn word(window: Window) -> &'static str {
    match window {
        Window::Waiting => "waiting",
        Window::Open => "open",
        Window::Expired => "expired",
    }
}
