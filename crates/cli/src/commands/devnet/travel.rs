//! `btrst devnet mine` and `btrst devnet wait`: time travel on a devnet that runs.

use std::process::ExitCode;

use btrst_devnet::{CHAIN_ID, Chain};
use clap::Subcommand;
use eyre::Result;
use serde_json::json;

use crate::context::Context;
use crate::failure::Hinted;
use crate::moment::Moment;

const MINE_EXAMPLES: &str = "\
Examples:
  btrst devnet mine            one block, after which a new proposal's vote is open
  btrst devnet mine 17280      a voting period";

const WAIT_EXAMPLES: &str = "\
Examples:
  btrst devnet wait 7d         the time lock's delay
  btrst devnet wait 90m
  btrst devnet wait 3600       seconds";

/// How to move a devnet ahead.
#[derive(Debug, Subcommand)]
pub enum Travel {
    /// Mines blocks at once, 12 seconds of chain time apart
    #[command(after_help = MINE_EXAMPLES)]
    Mine {
        /// Number of blocks
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
        blocks: u64,

        /// Endpoint of the devnet
        #[arg(short, long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
        rpc_url: String,
    },
    /// Mines one block that is so much later
    #[command(after_help = WAIT_EXAMPLES)]
    Wait {
        /// Seconds, or a number with s, m, h or d
        #[arg(value_parser = seconds)]
        time: u64,

        /// Endpoint of the devnet
        #[arg(short, long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
        rpc_url: String,
    },
}

/// Moves the devnet ahead and says where it is then.
///
/// # Errors
/// When nobody answers, or another chain than a devnet does.
pub async fn run(travel: Travel, context: &Context) -> Result<ExitCode> {
    let (Travel::Mine { rpc_url, .. } | Travel::Wait { rpc_url, .. }) = &travel;
    let chain = Chain::connect(rpc_url)?;
    let id = chain.id().await?;
    if id != CHAIN_ID {
        let message = format!("the endpoint serves chain {id}, which is not a devnet");
        return Err(Hinted::new(message, "start one with `btrst devnet`").into());
    }
    match travel {
        Travel::Mine { blocks, .. } => chain.mine(blocks).await?,
        Travel::Wait { time, .. } => chain.warp(chain.now().await?.saturating_add(time)).await?,
    }
    let (block, time) = (chain.block_number().await?, chain.now().await?);
    context.say(&Moment { block: Some(block), time, estimated: false }.words())?;
    context.document(&json!({ "schema_version": 1, "block": block, "time": time }))?;
    Ok(ExitCode::SUCCESS)
}

fn seconds(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let factor = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        _ => 1,
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    // Ten years: more is a mistake, and a chain cannot go back.
    let seconds = seconds.filter(|seconds| (1..=315_360_000).contains(seconds));
    seconds.ok_or_else(|| "write it as seconds, or as a number with s, m, h or d, such as `7d`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, expected) in [("90", 90), ("90s", 90), ("2m", 120), ("3h", 10_800), ("7d", 604_800)] {
            assert_eq!(seconds(text), Ok(expected));
        }
        for wrong in ["", "d", "0", "-1", "1.5h", "7w", "99999999999d", "4000d", "7é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
