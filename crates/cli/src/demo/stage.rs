//! Sends the play's transactions, tells of them in a timeline, and checks what they did.

use std::fmt::Display;

use alloy::primitives::U256;
use btrst_devnet::{Call, Chain, Name, Receipt, World};
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::{Deployment, Governor};
use eyre::{OptionExt, Result};

use super::outcome::Transaction;
use crate::context::Context;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// Seconds of a day.
pub const DAY: u64 = 24 * HOUR;

/// An effect that is not the expected one.
#[derive(Debug, thiserror::Error)]
#[error("{what} is `{actual}`, expected `{expected}`")]
pub struct Mismatch {
    what: String,
    expected: String,
    actual: String,
}

/// The world that the play changes, and the timeline in which it tells so.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The system on its chain.
    pub world: &'a World,
    /// Its names.
    pub deployment: Deployment,
    /// Its governor.
    pub governor: Governor,
    context: &'a Context,
    /// Time of the block before the play, Unix time in seconds.
    opened: u64,
    transactions: Vec<Transaction>,
}

impl<'a> Stage<'a> {
    /// Begins a play on `world`.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn open(world: &'a World, context: &'a Context) -> Result<Self> {
        let deployment = world.deployment();
        let governor = Governor::new(deployment.contracts.governor, deployment.flavour);
        let opened = world.chain().now().await?;
        Ok(Self { world, deployment, governor, context, opened, transactions: Vec::new() })
    }

    /// The transactions of the whole play, and what it played on.
    pub fn finish(self) -> (Deployment, Vec<Transaction>) {
        (self.deployment, self.transactions)
    }

    /// The chain.
    pub fn chain(&self) -> &'a Chain {
        self.world.chain()
    }

    /// Heads a part of the timeline.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn scene(&self, title: &str) -> Result<()> {
        self.context.say("")?;
        self.context.say(title)?;
        self.context.say(&format!("{:>7}  {:<11}  {:<14}  {:>7}", "block", "time", "actor", "gas"))
    }

    /// Sends `call` from `actor` as the step `step`.
    ///
    /// # Errors
    /// When the transaction fails.
    pub async fn send(&mut self, step: &'static str, actor: Name, call: impl Into<Call>) -> Result<Receipt> {
        let receipt = self.world.send(actor, call).await?;
        let hash = receipt.0.transaction_hash;
        self.transactions.push(Transaction { step, hash, gas_used: receipt.gas_used() });
        Ok(receipt)
    }

    /// Tells what `actor` did by the transaction of `receipt`, and what came of it.
    ///
    /// # Errors
    /// When the chain does not answer or standard output cannot be written.
    pub async fn tell(
        &self,
        receipt: &Receipt,
        actor: Name,
        what: impl Display,
        result: impl Display,
    ) -> Result<()> {
        let block = receipt.0.block_number.ok_or_eyre("a mined transaction has no block number")?;
        let time = self.time(self.chain().now().await?);
        let (actor, gas) = (actor.as_str(), grouped(receipt.gas_used()));
        self.context.say(&format!("{block:>7}  {time:<11}  {actor:<14}  {gas:>7}  {what}"))?;
        self.note(format!("→ {result}"))
    }

    /// Tells what happened without a transaction: time went by.
    ///
    /// # Errors
    /// When the chain does not answer or standard output cannot be written.
    pub async fn tell_wait(&self, what: impl Display) -> Result<()> {
        let block = self.chain().block_number().await?;
        let time = self.time(self.chain().now().await?);
        self.context.say(&format!("{block:>7}  {time:<11}  {:<14}  {:>7}  {what}", "·", ""))
    }

    /// Prints a line below the last one.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn note(&self, line: impl Display) -> Result<()> {
        self.context.say(&format!("{:46}{line}", ""))
    }

    /// Checks that `what` is as expected.
    ///
    /// # Errors
    /// A [`Mismatch`] when it is not.
    pub fn expect<T: PartialEq + Display>(&self, what: &str, expected: T, actual: T) -> Result<()> {
        if expected == actual {
            return Ok(());
        }
        let what = what.to_owned();
        Err(Mismatch { what, expected: expected.to_string(), actual: actual.to_string() }.into())
    }

    /// BTRST of the treasury, in base units.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn treasury(&self) -> Result<U256> {
        Ok(self.world.btrst_of(self.world.contracts().timelock).await?)
    }

    /// Time on the chain since the play began.
    fn time(&self, now: u64) -> String {
        let passed = now.saturating_sub(self.opened);
        format!("day {} {:02}:{:02}", passed / DAY, passed % DAY / HOUR, passed % HOUR / MINUTE)
    }
}

/// `base` units of BTRST for people.
pub fn btrst(base: U256) -> Amount {
    Amount::new(base, Unit::Btrst)
}

/// `base` units of USDC for people.
pub fn usdc(base: U256) -> Amount {
    Amount::new(base, Unit::Usdc)
}

/// A whole number with its thousands apart.
pub fn grouped(number: u64) -> String {
    Amount::count(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (17_280, "17,280"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }
}
