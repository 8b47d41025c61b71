//! `btrst fees quote`.

use std::process::ExitCode;

use alloy::primitives::{Address, U256};
use btrst_fees::FeeChain;
use btrst_fees::quote::{Expected, Guard, GuardName, Quote};
use btrst_gov::amount::{Amount, Unit};
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use crate::context::Context;
use crate::demo::{btrst, usdc};
use crate::moment::local;
use crate::opts::ChainOptions;

/// Exit code when nothing can be converted now.
const CLOSED: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst fees quote
  btrst fees quote --json | jq '.guards[] | select(.passes | not)'

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when a conversion would succeed now, 1 when a guard is closed, 2 on an error.";

/// Shows what a conversion would buy now, and each guard with its verdict.
///
/// The outcome is that of a simulated conversion. When only time keeps the guards closed, the conversion is simulated
/// at the moment when the last of them opens.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    chain: ChainOptions,
}

/// Prints the quote.
///
/// # Errors
/// When the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let deployment = args.chain.deployment()?;
    let chain = FeeChain::connect(args.chain.provider(&deployment)?, &deployment).await?;
    let quote = Quote::read(&chain, Address::ZERO).await.wrap_err("cannot quote a conversion")?;
    show(&quote, context)?;
    context.document(&document(&quote))?;
    Ok(if quote.is_open() { ExitCode::SUCCESS } else { ExitCode::from(CLOSED) })
}

/// Prints `quote` for people.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(quote: &Quote, context: &Context) -> Result<()> {
    context.say(&format!("Block {} of {}", quote.block, local(quote.time)))?;
    context.say(&format!("\n{:<12}  {:<6}  {}", "guard", "", "value and limit"))?;
    for guard in &quote.guards {
        let verdict = if guard.passes { "pass" } else { "CLOSED" };
        context.say(&format!("{:<12}  {verdict:<6}  {}", guard.guard, explain(guard, quote.time)))?;
    }
    context.say("")?;
    match &quote.lot {
        Some(lot) => {
            context.say(&format!("lot       {}, bounded by {}", usdc(lot.usdc), lot.bound))?;
            context.say(&format!(
                "          custody {}, parameter {}",
                usdc(lot.custody),
                usdc(lot.parameter)
            ))?;
            let tick = quote.floor_tick.map_or_else(String::new, |tick| {
                format!(", of tick {tick}: the cheapest of both means and the last second before the block")
            });
            context.say(&format!("floor     {}{tick}", btrst(lot.floor)))?;
        }
        None => context.say("lot       unknown: the pool's history is too short for a price")?,
    }
    match &quote.expected {
        Some(expected) => {
            let later =
                if quote.is_open() { String::new() } else { format!(", from {} on", local(expected.at)) };
            context.say(&format!(
                "expected  {} for {}{later}",
                btrst(expected.btrst_out),
                usdc(expected.usdc_in)
            ))?;
            if expected.bounded_by_price {
                context.say("          the pool takes no more of the lot at the floor price")?;
            }
            context.say(&format!("price     {} USDC per BTRST, pool fee included", price(expected)))
        }
        None => match &quote.obstacle {
            Some(reason) => context.say(&format!("expected  nothing: {reason}")),
            None => context.say("expected  nothing while a guard is closed that time alone does not open"),
        },
    }
}

/// What a guard looks at, in words and units.
pub fn explain(guard: &Guard, now: u64) -> String {
    let Guard { value, limit, .. } = guard;
    let opens = guard
        .opens_at
        .map_or_else(String::new, |at| format!("; opens at {}, in {} s", local(at), at.saturating_sub(now)));
    let text = match guard.guard {
        GuardName::Pause if guard.passes => "not paused".into(),
        GuardName::Pause => "paused by guardian or treasury".into(),
        GuardName::Cooldown if guard.passes => "the wait after the last conversion is over".into(),
        GuardName::Cooldown => "still waiting after the last conversion".into(),
        GuardName::History => format!("the pool remembers {value} s, {limit} s are needed"),
        GuardName::SpotPrice => {
            format!("the spot price is {value} ticks from the time-weighted one, {limit} permitted")
        }
        GuardName::ShortPrice => {
            format!("the fast mean is {value} ticks from the time-weighted one, {limit} permitted")
        }
        GuardName::LastPrice => {
            format!(
                "the price before the block was {value} ticks from the time-weighted one, {limit} permitted"
            )
        }
        GuardName::PriceRise if guard.passes => {
            format!("tick {value}, {limit} when the block began: BTRST has not become dearer")
        }
        GuardName::PriceRise => {
            format!(
                "tick {value}, {limit} when the block began: BTRST became dearer, which is over with the next block"
            )
        }
        GuardName::Depth => format!("liquidity {value}, {limit} needed"),
        GuardName::Custody => {
            let held: U256 = value.parse().unwrap_or_default();
            format!("{} in custody", usdc(held))
        }
    };
    text + &opens
}

/// USDC per BTRST, rounded down to a millionth.
fn price(expected: &Expected) -> String {
    let scaled = expected.usdc_in.saturating_mul(U256::from(10_u128.pow(18)));
    let price = scaled.checked_div(expected.btrst_out).unwrap_or_default();
    Amount::new(price, Unit::Plain(6)).to_plain()
}

/// `quote` for JSON documents; amounts in base units, times in Unix seconds.
pub fn document(quote: &Quote) -> Value {
    let lot = quote.lot.as_ref().map(|lot| {
        json!({
            "usdc": lot.usdc.to_string(),
            "bound": lot.bound,
            "custody": lot.custody.to_string(),
            "parameter": lot.parameter.to_string(),
            "floor": lot.floor.to_string(),
        })
    });
    let expected = quote.expected.as_ref().map(|expected| {
        json!({
            "usdc_in": expected.usdc_in.to_string(),
            "btrst_out": expected.btrst_out.to_string(),
            "bounded_by_price": expected.bounded_by_price,
            "at": expected.at,
        })
    });
    json!({
        "schema_version": 1,
        "block": quote.block,
        "time": quote.time,
        "open": quote.is_open(),
        "opens_at": quote.opens_at(),
        "guards": quote.guards,
        "lot": lot,
        "expected": expected,
        "obstacle": quote.obstacle,
        "mean_tick": quote.mean_tick,
        "floor_tick": quote.floor_tick,
    })
}
