//! `btrst treasury`.

use std::process::ExitCode;

use alloy::primitives::U256;
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::timelock::{Window, settings};
use btrst_gov::treasury::{Claims, Funds, funds};
use eyre::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::governance::{Governance, Waiting};
use crate::opts::GovernorOptions;

const EXAMPLES: &str = "\
Examples:
  btrst treasury
  btrst treasury --json | jq -r .balances.btrst

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when queued proposals take no more than there is, 1 when they do, 2 on an error.";

/// Exit code when more is promised than there is.
const SHORT: u8 = 1;

/// Shows what the treasury, the time lock, has, and what queued proposals would take from it.
///
/// Taken is what queued actions send or approve to others. Calls of contracts that are not the suite's can take more,
/// and are counted. At GovernorAlpha, ether of actions comes from whoever executes, not from the treasury.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    governor: GovernorOptions,
}

/// Shows it.
///
/// # Errors
/// When the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let governance = Governance::connect(&args.governor, context).await?;
    let head = governance.head().await?;
    let timelock = governance.deployment.contracts.timelock;
    let held = funds(governance.provider(), &governance.deployment).await?;
    let settings = settings(governance.provider(), timelock).await?;
    let mut claims = Claims::default();
    for Waiting { entry, calls, .. } in governance.queue(None).await? {
        if entry.window(settings.grace_period, head.timestamp) == Window::Expired {
            continue;
        }
        match calls {
            Some(calls) => calls.iter().for_each(|call| claims.add(call, &governance.deployment)),
            None => claims.unknown += 1,
        }
    }
    let rows = rows(&held, &claims.funds, governance.deployment.contracts.usdc.is_some());
    context.say(&format!("Treasury {timelock} at block {}\n", head.number))?;
    context.say(&format!("{:<36}{:<36}left", "has", "queued proposals take"))?;
    let mut short = false;
    for (unit, held, taken) in rows {
        let shown = |base: U256| Amount::new(base, unit).to_string();
        let left = held.checked_sub(taken).map_or_else(|| format!("short of {}", shown(taken - held)), shown);
        short |= taken > held;
        context.say(&format!("{:<36}{:<36}{left}", shown(held), shown(taken)))?;
    }
    if claims.unknown > 0 {
        context.say(&format!("\n{} queued calls of which nobody can tell what they take", claims.unknown))?;
    }
    context.document(&json!({
        "schema_version": 1,
        "chain_id": governance.deployment.chain_id,
        "block": head.number,
        "treasury": timelock.to_string(),
        "balances": document(&held),
        "queued": document(&claims.funds),
        "unknown_calls": claims.unknown,
        "short": short,
    }))?;
    Ok(if short { ExitCode::from(SHORT) } else { ExitCode::SUCCESS })
}

fn rows(held: &Funds, taken: &Funds, usdc: bool) -> Vec<(Unit, U256, U256)> {
    let mut rows = vec![(Unit::Ether, held.ether, taken.ether), (Unit::Btrst, held.btrst, taken.btrst)];
    if usdc {
        rows.push((Unit::Usdc, held.usdc, taken.usdc));
    }
    rows
}

fn document(funds: &Funds) -> Value {
    json!({
        "ether": funds.ether.to_string(),
        "btrst": funds.btrst.to_string(),
        "usdc": funds.usdc.to_string(),
    })
}
