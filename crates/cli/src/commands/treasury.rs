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
    let timelock = governance.deployment.contracts.timelock;
    let (head, held, settings) = tokio::join!(
        governance.head(),
        funds(governance.provider(), &governance.deployment),
        settings(governance.provider(), timelock),
    );
    let (head, held, settings) = (head?, held?, settings?);
    let mut claims = Claims::default();
    for Waiting { entry, calls, .. } in governance.queue(head, None).await? {
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
    let short = rows.iter().any(|(_, held, taken)| taken > held);
    for line in table(&rows) {
        context.say(&line)?;
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

/// The rows in columns that are as wide as what is in them.
fn table(rows: &[(Unit, U256, U256)]) -> Vec<String> {
    let mut lines = vec![["has".to_owned(), "queued proposals take".into(), "left".into()]];
    lines.extend(rows.iter().map(|(unit, held, taken)| {
        let shown = |base: U256| Amount::new(base, *unit).to_string();
        let short = || format!("short of {}", shown(taken.saturating_sub(*held)));
        [shown(*held), shown(*taken), held.checked_sub(*taken).map_or_else(short, shown)]
    }));
    let widest = |column: fn(&[String; 3]) -> &String| {
        lines.iter().map(|line| column(line).chars().count()).max().unwrap_or_default()
    };
    let (has, take) = (widest(|[has, ..]| has), widest(|[_, take, _]| take));
    lines.iter().map(|[held, taken, left]| format!("{held:<has$}  {taken:<take$}  {left}")).collect()
}

fn document(funds: &Funds) -> Value {
    json!({
        "ether": funds.ether.to_string(),
        "btrst": funds.btrst.to_string(),
        "usdc": funds.usdc.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_amounts() {
        let [treasury, grant] =
            [U256::from(134_380_000), U256::from(250_000)].map(|amount| amount * U256::from(10_u64.pow(18)));
        let rows = [
            (Unit::Btrst, treasury + U256::from(283_431), grant),
            (Unit::Usdc, U256::ZERO, U256::from(1_500_000)),
        ];
        assert_eq!(
            table(&rows),
            [
                "has                                   queued proposals take  left",
                "134,380,000.000000000000283431 BTRST  250,000 BTRST          134,130,000.000000000000283431 BTRST",
                "0 USDC                                1.5 USDC               short of 1.5 USDC",
            ]
        );
    }
}
