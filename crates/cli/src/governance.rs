//! The governance of one deployment on its chain, as the reading commands see it.

use alloy::primitives::{Address, B256, Log};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::Filter;
use btrst_gov::governor::{Event, Head, Status};
use btrst_gov::timelock::{LOOKBACK, Queued, queue, queue_events};
use btrst_gov::{Action, Deployment, Governor, timelock};
use eyre::{Result, WrapErr};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::moment::Moment;
use crate::opts::GovernorOptions;

/// Requests that wait for an answer at the same time; public endpoints take no more of one caller for long.
pub const PARALLEL: usize = 8;

/// Blocks before the start of a vote in which it was proposed: the longest voting delay.
const LONGEST_DELAY: u64 = *btrst_gov::parameters::VOTING_DELAY.end();

/// A deployment whose chain and governor were found to be what the file says.
#[derive(Clone, Debug)]
pub struct Governance {
    /// The contracts and the names of accounts.
    pub deployment: Deployment,
    /// The endpoint.
    pub provider: DynProvider,
    /// The governor.
    pub governor: Governor,
}

impl Governance {
    /// Reads the deployment file and compares it with the chain.
    ///
    /// # Errors
    /// When the file cannot be used, the endpoint does not answer, or it has another chain or governor.
    pub async fn connect(options: &GovernorOptions) -> Result<Self> {
        let deployment = options.chain.deployment()?;
        let provider = options.chain.provider(&deployment)?;
        let governor = Governor::connect(&provider, &deployment, options.flavour).await?;
        let deployment = Deployment { flavour: governor.flavour, ..deployment };
        Ok(Self { deployment, provider, governor })
    }

    /// The last block.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn head(&self) -> Result<Head> {
        Ok(Head::latest(&self.provider).await?)
    }

    /// When `block` was, or will probably be.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn moment(&self, head: Head, block: u64) -> Result<Moment> {
        if block > head.number {
            return Ok(Moment::estimated(head, block));
        }
        Ok(match Head::at(&self.provider, block).await? {
            Some(at) => Moment { block: Some(block), time: at.timestamp, estimated: false },
            // An endpoint that has forgotten old blocks.
            None => Moment::estimated(head, block),
        })
    }

    /// Where each of the proposals `ids` stands, in their order.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn statuses(&self, ids: impl IntoIterator<Item = u64>) -> Result<Vec<Status>> {
        let reads = stream::iter(ids).map(|id| self.governor.status(&self.provider, id));
        Ok(reads.buffered(PARALLEL).try_collect().await?)
    }

    /// What happened to proposals from the block in which the first of them can have been made: the events and their
    /// blocks, in the chain's order. Ballots are left out.
    ///
    /// # Errors
    /// When the endpoint does not answer, or answers with something else than events.
    pub async fn events(&self, first_start_block: u64, to: u64) -> Result<Vec<(u64, Event)>> {
        let from = first_start_block.saturating_sub(LONGEST_DELAY);
        let topics = Governor::proposal_events();
        let logs = self.logs(self.governor.address, &topics, from, to).await?;
        let mut events = Vec::with_capacity(logs.len());
        for (block, log) in &logs {
            events.extend(self.governor.events([log])?.into_iter().map(|event| (*block, event)));
        }
        Ok(events)
    }

    /// What waits in the time lock's queue, with the calls of each entry as far as they are known. Entries that were
    /// queued before `from_block` are left out; by default, those that can only have expired.
    ///
    /// # Errors
    /// When the endpoint does not answer, or answers with something else than events.
    pub async fn queue(&self, from_block: Option<u64>) -> Result<Vec<(Queued, Option<Vec<Action>>)>> {
        let head = self.head().await?;
        let address = self.deployment.contracts.timelock;
        let from = from_block.unwrap_or_else(|| head.number.saturating_sub(LOOKBACK));
        let logs = self.logs(address, &queue_events(), from, head.number).await?;
        let entries = queue(address, logs.iter().map(|(_, log)| log))?;
        let reads = stream::iter(entries).map(|entry| async move {
            let calls = timelock::calls(&self.provider, &self.governor, address, &entry).await?;
            Ok((entry, calls))
        });
        reads.buffered(PARALLEL).try_collect().await
    }

    async fn logs(&self, address: Address, topics: &[B256], from: u64, to: u64) -> Result<Vec<(u64, Log)>> {
        let filter =
            Filter::new().address(address).event_signature(topics.to_vec()).from_block(from).to_block(to);
        let logs = self.provider.get_logs(&filter).await.wrap_err("cannot read the events of the chain")?;
        Ok(logs.into_iter().map(|log| (log.block_number.unwrap_or_default(), log.inner)).collect())
    }

    /// The name of `address`, or the address itself.
    pub fn name(&self, address: Address) -> String {
        self.deployment.name_of(address).map_or_else(|| address.to_string(), str::to_owned)
    }
}
