//! `btrst fees convert`.

use std::process::ExitCode;

use alloy::primitives::U256;
use btrst_fees::FeeChain;
use btrst_fees::convert::{Converted, Terms};
use btrst_fees::quote::Quote;
use btrst_gov::amount::{Amount, Unit};
use eyre::{OptionExt, Result, WrapErr};
use serde_json::json;

use super::quote;
use crate::context::Context;
use crate::demo::{btrst, usdc};
use crate::moment::local;
use crate::opts::{ChainOptions, SendOptions, SignerOptions};
use crate::sending::Sending;

/// Exit code when nothing can be converted now.
const CLOSED: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst fees convert --from 0xa0Ee7A142d267C1f36714E4a8F75612F20a79720 --unlocked
  btrst fees convert --keystore relayer.json --broadcast
  btrst fees convert --keystore relayer.json --max-in 5_000usdc --slippage 25

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it converted or would, 1 when a guard is closed, 2 on an error.";

/// Converts fees in custody into BTRST of the treasury; a dry run without --broadcast.
///
/// Anyone may do it. The least output is that of a simulation less --slippage; the converter's own floor holds as
/// well. The conversion fails after the deadline, so that a transaction that got stuck is not mined at tomorrow's
/// price.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Most USDC to convert; the whole lot by default
    #[arg(long, value_name = "AMOUNT")]
    max_in: Option<String>,

    /// Least BTRST to receive, instead of one by --slippage
    #[arg(long, value_name = "AMOUNT", conflicts_with = "slippage")]
    min_out: Option<String>,

    /// Basis points by which the output may be below the simulated one
    #[arg(long, value_name = "BPS", default_value_t = 50, value_parser = clap::value_parser!(u16).range(..=1_000))]
    slippage: u16,

    /// Seconds after the last block in which the conversion has to be mined
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    deadline: u64,

    #[command(flatten)]
    chain: ChainOptions,

    #[command(flatten)]
    signer: SignerOptions,

    #[command(flatten)]
    send: SendOptions,
}

/// Converts, or shows what would be sent.
///
/// # Errors
/// When the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    args.send.awaited("a conversion")?;
    let deployment = args.chain.deployment()?;
    let max_in = args.max_in.as_deref().map(|text| Amount::parse(text, Unit::Usdc)).transpose()?;
    let min_out = args.min_out.as_deref().map(|text| Amount::parse(text, Unit::Btrst)).transpose()?;
    let sender = args.signer.required(args.send.broadcast, args.send.patience()).await?;
    let chain = FeeChain::connect(args.chain.provider(&deployment)?, &deployment).await?;
    let mut sending = Sending::open((*chain).clone(), sender, &args.send).await?;
    // What an earlier run sent is settled first, or the same custody would be converted twice.
    sending.settle(context).await?;
    let quote = Quote::read(&chain, sending.account()).await.wrap_err("cannot quote a conversion")?;
    quote::show(&quote, context)?;
    if !quote.is_open() {
        context.say("\nNothing can be converted now.")?;
        context.document(&json!({
            "schema_version": 1, "quote": quote::document(&quote),
            "terms": null, "transaction": null, "converted": null,
        }))?;
        return Ok(ExitCode::from(CLOSED));
    }
    let expected = quote.expected.as_ref().ok_or_eyre("the quote has no outcome")?;
    let mut terms = Terms::of(expected, args.slippage, quote.time.saturating_add(args.deadline));
    if let Some(most) = max_in.map(|amount| amount.base).filter(|most| *most < terms.max_in) {
        // A smaller purchase moves the price less, so its share of the output is the least it gives.
        terms.min_out = share(terms.min_out, most, terms.max_in);
        terms.max_in = most;
    }
    if let Some(least) = min_out {
        terms.min_out = least.base;
    }
    context.say(&format!("\nat most   {}", usdc(terms.max_in)))?;
    context.say(&format!("at least  {}", btrst(terms.min_out)))?;
    context.say(&format!("deadline  {}\n", local(terms.deadline)))?;
    sending.simulate_at(quote.next_block());
    let delivered = sending.deliver(&terms.call(&chain), context).await?;
    let converted = delivered.receipt().map(|receipt| Converted::of(&chain, receipt)).transpose()?;
    if let (Some(receipt), Some(converted)) = (delivered.receipt(), &converted) {
        context.say(&format!(
            "\nConverted {} into {} by {}",
            usdc(converted.usdc_in),
            btrst(converted.btrst_out),
            receipt.transaction_hash
        ))?;
    }
    context.document(&json!({
        "schema_version": 1,
        "quote": quote::document(&quote),
        "terms": {
            "max_in": terms.max_in.to_string(), "min_out": terms.min_out.to_string(), "deadline": terms.deadline,
        },
        "transaction": delivered.document(),
        "converted": converted.map(|converted| json!({
            "usdc_in": converted.usdc_in.to_string(),
            "btrst_out": converted.btrst_out.to_string(),
            "floor": converted.floor.to_string(),
        })),
    }))?;
    Ok(ExitCode::SUCCESS)
}

fn share(amount: U256, part: U256, whole: U256) -> U256 {
    amount.saturating_mul(part).checked_div(whole).unwrap_or_default()
}
