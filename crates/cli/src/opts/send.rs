//! Whether and how a transaction is sent.

use std::path::PathBuf;
use std::time::Duration;

use btrst_chain::Terms;
use btrst_chain::transaction::GasTerms;
use clap::Args;
use clap::builder::FalseyValueParser;
use eyre::Result;

use crate::failure::Hinted;

/// Whether and how a transaction is sent. Nothing is sent without `--broadcast`.
#[derive(Args, Clone, Debug)]
pub struct SendOptions {
    /// Send the transaction; without it, it is only simulated and shown
    #[arg(long, help_heading = "Sending")]
    pub broadcast: bool,

    /// Print target, value and call data for another wallet, and send nothing
    #[arg(long, conflicts_with_all = ["broadcast", "safe_json"], help_heading = "Sending")]
    pub calldata: bool,

    /// Write a file for Safe's Transaction Builder, and send nothing; --from is the wallet
    #[arg(long, value_name = "FILE", conflicts_with = "broadcast", help_heading = "Sending")]
    pub safe_json: Option<PathBuf>,

    /// End as soon as the endpoint has the transaction; the same command tells later what became of it
    #[arg(
        long = "async",
        env = "CAST_ASYNC",
        value_parser = FalseyValueParser::new(),
        conflicts_with = "bump_after",
        help_heading = "Sending"
    )]
    pub is_async: bool,

    /// Blocks that must confirm the transaction, its own among them
    #[arg(long, value_name = "BLOCKS", default_value_t = 1, help_heading = "Sending")]
    pub confirmations: u64,

    /// Seconds to wait for the confirmations, and for each answer of a wallet
    #[arg(
        long,
        value_name = "SECONDS",
        env = "ETH_TIMEOUT",
        default_value_t = 300,
        help_heading = "Sending"
    )]
    pub timeout: u64,

    /// Seconds after which a transaction that is not mined is replaced by one with a higher fee
    #[arg(long, value_name = "SECONDS", conflicts_with = "browser", help_heading = "Sending")]
    pub bump_after: Option<u64>,

    /// Gas limit in percent of what the simulation used
    #[arg(
        short,
        long,
        value_name = "PERCENT",
        default_value_t = 130,
        value_parser = clap::value_parser!(u64).range(100..=1_000),
        help_heading = "Sending"
    )]
    pub gas_estimate_multiplier: u64,

    /// Gas limit, instead of one by --gas-estimate-multiplier
    #[arg(long, value_name = "GAS", env = "ETH_GAS_LIMIT", help_heading = "Sending")]
    pub gas_limit: Option<u64>,

    /// Most gwei per gas; the endpoint's estimate by default
    #[arg(long, value_name = "GWEI", env = "ETH_GAS_PRICE", value_parser = gwei, allow_negative_numbers = true, conflicts_with = "browser", help_heading = "Sending")]
    pub gas_price: Option<u128>,

    /// Gwei per gas for the block's producer
    #[arg(long, value_name = "GWEI", env = "ETH_PRIORITY_GAS_PRICE", value_parser = gwei, allow_negative_numbers = true, conflicts_with = "browser", help_heading = "Sending")]
    pub priority_gas_price: Option<u128>,

    /// Send a transaction with one price, as chains without a base fee need it (type 0)
    #[arg(long, conflicts_with_all = ["priority_gas_price", "browser"], help_heading = "Sending")]
    pub legacy: bool,

    /// Nonce; the account's next by default
    #[arg(long, value_name = "NONCE", conflicts_with = "browser", help_heading = "Sending")]
    pub nonce: Option<u64>,

    /// Go on although the endpoint's last block is older than five minutes
    #[arg(long, help_heading = "Sending")]
    pub allow_stale: bool,

    /// File that remembers what was sent, so that nothing is sent twice; in ~/.local/state/btrst by default
    #[arg(long, value_name = "FILE", env = "BTRST_JOURNAL", help_heading = "Sending")]
    pub journal: Option<PathBuf>,
}

impl SendOptions {
    /// Refuses `--async` for `what`, which cannot go on before its transactions are mined.
    ///
    /// # Errors
    /// When it is set.
    pub fn awaited(&self, what: &str) -> Result<()> {
        if !self.is_async {
            return Ok(());
        }
        let hint = "leave out --async, and unset CAST_ASYNC if that sets it";
        Err(Hinted::new(format!("{what} has to wait for its transactions"), hint).into())
    }

    /// How long a wallet's holder may take for an answer.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// How long to wait.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            confirmations: self.confirmations,
            timeout: Duration::from_secs(self.timeout),
            patience: self.bump_after.map(Duration::from_secs),
        }
    }

    /// What to offer for gas.
    #[must_use]
    pub const fn gas(&self) -> GasTerms {
        GasTerms {
            limit: self.gas_limit,
            multiplier: self.gas_estimate_multiplier,
            max_fee_per_gas: self.gas_price,
            max_priority_fee_per_gas: self.priority_gas_price,
            legacy: self.legacy,
            nonce: self.nonce,
            time: None,
        }
    }
}

/// Wei of a price in gwei, with decimals or with a unit as `cast` takes it.
fn gwei(text: &str) -> Result<u128, String> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "gwei"),
    };
    if number.starts_with('-') || number.parse::<f64>().is_err() {
        return Err("write it as gwei, such as `1.5`, or with a unit, such as `2gwei`".into());
    }
    let wei = alloy::primitives::utils::parse_units(number, unit)
        .map_err(|_| "write it as gwei, such as `1.5`, or with a unit, such as `2gwei`".to_owned())?;
    u128::try_from(wei.get_absolute()).map_err(|_| "the price is too large".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_prices_have_units() {
        assert_eq!(gwei("1.5"), Ok(1_500_000_000));
        assert_eq!(gwei("2gwei"), Ok(2_000_000_000));
        assert_eq!(gwei("7wei"), Ok(7));
        for wrong in ["", "x", "1.5x", "-1"] {
            assert!(gwei(wrong).is_err(), "{wrong}");
        }
    }
}
