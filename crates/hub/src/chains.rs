//! What a hub asks the chains for.

use std::collections::HashMap;
use std::pin::Pin;

use alloy::primitives::{Address, B256, Bytes};
use btrst_chain::Chain;
use btrst_offchain::space::StrategySettings;
use btrst_offchain::strategy::{Reader, Strategy};
use btrst_offchain::tally::Power;
use btrst_offchain::wallet;

use crate::{Error, Result};

/// An answer that may take a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Whose power is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Chain id in decimal digits.
    pub network: &'a str,
    /// Id of the space.
    pub space: &'a str,
    /// What adds up to voting power.
    pub strategies: &'a [StrategySettings],
    /// Block at which it is counted.
    pub snapshot: u64,
    /// The accounts.
    pub voters: &'a [Address],
}

/// What a hub asks the chains for. Networks are chain ids in decimal digits.
///
/// All of these fail with [`Error::Chain`] when the chain does not answer, or is none that the hub knows.
pub trait Chains: Send + Sync {
    /// Number of the last block of `network`.
    fn head<'a>(&'a self, network: &'a str) -> Answer<'a, u64>;

    /// For each voter, in their order, the voting power by each strategy. Fails with [`Error::Voter`] where it is for a
    /// voter that there is no answer.
    fn powers<'a>(&'a self, question: Question<'a>) -> Answer<'a, Vec<Vec<Power>>>;

    /// Whether the contract wallet `wallet` on `network` takes `signature` as its own of `digest`.
    fn takes<'a>(
        &'a self,
        network: &'a str,
        wallet: Address,
        digest: B256,
        signature: &'a Bytes,
    ) -> Answer<'a, bool>;
}

/// One vote in units of [`Power`].
const VOTE: u128 = 1_000_000_000_000_000_000;

/// Chains behind endpoints.
#[derive(Debug, Default)]
pub struct Endpoints {
    chains: HashMap<String, (Chain, u64)>,
}

impl Endpoints {
    /// Adds `chain`. Where its endpoint has not kept old state, transfers are added up from the block `first` on.
    pub fn add(&mut self, chain: Chain, first: u64) {
        self.chains.insert(chain.id.to_string(), (chain, first));
    }

    fn chain(&self, network: &str) -> Result<&(Chain, u64)> {
        let chain = self.chains.get(network);
        chain.ok_or_else(|| Error::Chain(format!("the hub has no endpoint for chain `{network}`")))
    }
}

fn silent(error: impl std::fmt::Display) -> Error {
    Error::Chain(error.to_string())
}

/// The power by `settings`, where no chain has to be asked for it.
fn constant(settings: &StrategySettings, voter: Address) -> Option<Power> {
    match Strategy::of(settings).ok()? {
        Strategy::Ticket(power) => Some(power),
        Strategy::Whitelist(list) => Some(if list.contains(&voter) { Power::new(VOTE) } else { Power::ZERO }),
        _ => None,
    }
}

impl Chains for Endpoints {
    fn head<'a>(&'a self, network: &'a str) -> Answer<'a, u64> {
        Box::pin(async move { Ok(self.chain(network)?.0.head().await.map_err(silent)?.number) })
    }

    fn powers<'a>(&'a self, question: Question<'a>) -> Answer<'a, Vec<Vec<Power>>> {
        let Question { network, space, strategies, snapshot, voters } = question;
        Box::pin(async move {
            let constants =
                |voter: &Address| strategies.iter().map(|settings| constant(settings, *voter)).collect();
            if let Some(powers) = voters.iter().map(constants).collect() {
                return Ok(powers);
            }
            let (chain, first) = self.chain(network)?;
            let reader = Reader::new(chain, snapshot, *first).await.map_err(silent)?;
            let columns = reader.powers(space, strategies, voters).await.map_err(|error| match error {
                btrst_offchain::Error::Answer(_) | btrst_offchain::Error::PowerTooLarge => {
                    Error::Voter(error.to_string())
                }
                error => silent(error),
            })?;
            let row = |place: usize| columns.iter().map(|column| column.get(place).copied()).collect();
            let rows: Option<_> = (0..voters.len()).map(row).collect();
            rows.ok_or_else(|| silent("a strategy has no answer"))
        })
    }

    fn takes<'a>(
        &'a self,
        network: &'a str,
        wallet: Address,
        digest: B256,
        signature: &'a Bytes,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let (chain, _) = self.chain(network)?;
            wallet::accepts(chain, wallet, digest, signature).await.map_err(silent)
        })
    }
}
