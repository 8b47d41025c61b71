//! The governance of one deployment on its chain, as the reading commands see it.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use alloy::primitives::{Address, B256, Log};
use alloy::providers::DynProvider;
use alloy::rpc::types::{Filter, TransactionReceipt};
use btrst_chain::logs::{self, Cache};
use btrst_chain::{Chain, Sender};
use btrst_gov::governor::{Event, Flavour, Head, ProposalCreated, Status};
use btrst_gov::parameters::VOTING_DELAY;
use btrst_gov::timelock::{Content, LOOKBACK, Queued, queue, queue_events};
use btrst_gov::token::{VOTES_CHANGED, delegates};
use btrst_gov::{Action, Deployment, Governor, timelock};
use eyre::{Result, WrapErr};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;
use crate::failure::Hinted;
use crate::moment::Moment;
use crate::opts::{GovernorOptions, SendOptions, SignerOptions};
use crate::sending::Sending;

/// At which governor something is sent, by whom and how.
#[derive(clap::Args, Clone, Debug)]
pub struct TransactionOptions {
    #[command(flatten)]
    pub governor: GovernorOptions,

    #[command(flatten)]
    pub signer: SignerOptions,

    #[command(flatten)]
    pub send: SendOptions,
}

impl TransactionOptions {
    /// The governance, and the way of the transaction.
    ///
    /// # Errors
    /// When nobody signs, or the chain does not answer or is another.
    pub async fn open(&self, context: &Context) -> Result<(Governance, Sending)> {
        let sender = self.signer.required(self.send.broadcast, self.send.patience()).await?;
        let governance = Governance::connect(&self.governor, context).await?;
        let sending = governance.sending(sender, &self.send).await?;
        Ok((governance, sending))
    }
}

/// Blocks from which on it is worth remembering what was read: a request takes some 10,000.
const MANY_BLOCKS: u64 = 100_000;

/// Blocks between a proposal and its vote that BraintrustGovernor allows at most.
pub const LONGEST_DELAY: u64 = *VOTING_DELAY.end();

/// Requests that wait for an answer at the same time; public endpoints take no more of one caller for long.
pub const PARALLEL: usize = 8;

/// A deployment whose chain and governor were found to be what the file says.
#[derive(Clone, Debug)]
pub struct Governance {
    /// The contracts and the names of accounts.
    pub deployment: Deployment,
    /// The chain.
    pub chain: Chain,
    /// The governor.
    pub governor: Governor,
    quiet: bool,
}

/// An entry of the time lock's queue, and what is known of it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The entry.
    pub entry: Queued,
    /// The proposal that it is of, or that it is a part of.
    pub proposal: Option<u64>,
    /// Its calls; `None` where nobody can tell.
    pub calls: Option<Vec<Action>>,
}

impl Governance {
    /// Reads the deployment file and compares it with the chain.
    ///
    /// # Errors
    /// When the file cannot be used, the endpoint does not answer, or it has another chain or governor.
    pub async fn connect(options: &GovernorOptions, context: &Context) -> Result<Self> {
        let deployment = options.chain.deployment()?;
        let provider = options.chain.provider(&deployment)?;
        // At once, though it is the chain that decides first: on another one the governor can be anything.
        let (chain, governor) = tokio::join!(
            Chain::connect(provider.clone(), deployment.chain_id, &deployment.name),
            Governor::connect(&provider, &deployment, options.flavour),
        );
        let (chain, governor) = (chain?, governor?);
        let deployment = Deployment { flavour: governor.flavour, ..deployment };
        Ok(Self { deployment, chain, governor, quiet: context.quiet })
    }

    /// The governance of `deployment` on `chain`, with the governor that the file and `flavour` state; whether the chain
    /// has it is left to the caller.
    pub fn stated(deployment: Deployment, chain: Chain, flavour: Option<Flavour>, context: &Context) -> Self {
        let governor = Governor::new(deployment.contracts.governor, flavour.unwrap_or(deployment.flavour));
        let deployment = Deployment { flavour: governor.flavour, ..deployment };
        Self { deployment, chain, governor, quiet: context.quiet }
    }

    /// The endpoint, for reads of the contracts.
    pub const fn provider(&self) -> &DynProvider {
        self.chain.provider()
    }

    /// The last block.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn head(&self) -> Result<Head> {
        let head = self.chain.head().await?;
        Ok(Head { number: head.number, timestamp: head.timestamp })
    }

    /// When `block` was, or will probably be.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn moment(&self, head: Head, block: u64) -> Result<Moment> {
        if block > head.number {
            return Ok(Moment::estimated(head, block));
        }
        Ok(match self.chain.block(block.into()).await? {
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
        let reads = stream::iter(ids).map(|id| self.governor.status(self.provider(), id));
        Ok(reads.buffered(PARALLEL).try_collect().await?)
    }

    /// What happened to proposals, from the block in which the one whose vote starts in `start_block` can have been made,
    /// up to the block `to`: the events and their blocks, in the chain's order. Ballots are left out.
    ///
    /// # Errors
    /// When the endpoint does not answer, or answers with something else than events.
    pub async fn events(&self, start_block: u64, to: u64) -> Result<Vec<(u64, Event)>> {
        let from = start_block.saturating_sub(self.longest_delay().await?);
        self.events_between(from, to).await
    }

    /// The proposals of `statuses` as they were made, by id; those are missing whose logs the endpoint has not. Blocks in
    /// which none of them can have been made are not read.
    ///
    /// # Errors
    /// When the endpoint does not answer, or answers with something else than events.
    pub async fn made(&self, statuses: &[Status]) -> Result<HashMap<u64, ProposalCreated>> {
        if statuses.is_empty() {
            return Ok(HashMap::new());
        }
        let delay = self.longest_delay().await?;
        self.made_within(delay, statuses).await
    }

    /// The same where it is known that a vote starts at most `delay` blocks after its proposal.
    ///
    /// # Errors
    /// Those of [`Governance::made`].
    pub async fn made_within(
        &self,
        delay: u64,
        statuses: &[Status],
    ) -> Result<HashMap<u64, ProposalCreated>> {
        let mut made = HashMap::new();
        let stretches = stretches(statuses.iter().map(|status| status.start_block), delay);
        let blocks: u64 = stretches.iter().map(|(from, to)| to.saturating_sub(*from).saturating_add(1)).sum();
        let mut logs = if blocks > MANY_BLOCKS { self.remembered_logs().await? } else { None };
        if logs.is_none() {
            let mut read = Vec::new();
            for (from, to) in stretches {
                read.extend(self.logs(self.governor.address, &Governor::proposal_events(), from, to).await?);
            }
            logs = Some(read);
        }
        for (_, log) in logs.unwrap_or_default() {
            for event in self.governor.events([&log])? {
                if let Event::ProposalCreated(created) = event {
                    made.insert(created.id, created);
                }
            }
        }
        Ok(made)
    }

    /// Delegates with votes, by what the token's events from block `from_block` to block `last` tell, most votes first.
    ///
    /// # Errors
    /// When the endpoint does not answer, or answers with something else than events.
    pub async fn delegates(&self, from_block: u64, last: u64) -> Result<Vec<Address>> {
        let token = self.deployment.contracts.btrst;
        let many = last.saturating_sub(from_block) > MANY_BLOCKS;
        let filter = events_of(token, &[VOTES_CHANGED]);
        let name = format!("votes-{token}-{from_block}");
        let mut logs = if many { self.remembered(&name, &filter, from_block).await? } else { None };
        if logs.is_none() {
            logs = Some(self.logs(token, &[VOTES_CHANGED], from_block, last).await?);
        }
        let logs = logs.unwrap_or_default();
        let delegates = delegates(token, logs.iter().map(|(_, log)| log));
        Ok(delegates.into_iter().map(|(delegate, _)| delegate).collect())
    }

    /// All events of proposals since the first one, kept on disk so that no block is read twice; `None` when another
    /// process has the file, or there is no place for one.
    async fn remembered_logs(&self) -> Result<Option<Vec<(u64, Log)>>> {
        let Some(first) = self.governor.ids(self.provider()).await?.next() else { return Ok(None) };
        let first = self.governor.status(self.provider(), first).await?.start_block;
        let first = first.saturating_sub(self.longest_delay().await?);
        let events = events_of(self.governor.address, &Governor::proposal_events());
        self.remembered(&self.governor.address.to_string(), &events, first).await
    }

    /// The `events` since the block `first`, in a file of this name and the chain's.
    async fn remembered(&self, name: &str, events: &Filter, first: u64) -> Result<Option<Vec<(u64, Log)>>> {
        let Some(path) = cache_file(&format!("{}-{name}.jsonl", self.chain.name().await?)) else {
            return Ok(None);
        };
        let open = || Cache::open(&path, self.chain.id, events, first);
        let mut cache = match open() {
            Err(btrst_chain::Error::Locked(_) | btrst_chain::Error::File { .. }) => return Ok(None),
            // Of another version, or damaged: it can be read again.
            Err(btrst_chain::Error::Record { .. } | btrst_chain::Error::ForeignFile { .. }) => {
                fs::remove_file(&path).wrap_err("cannot begin the cache of events anew")?;
                open()?
            }
            opened => opened?,
        };
        let bar = self.progress();
        let logs = cache
            .sync(&self.chain, |done, all| {
                bar.set_length(all);
                bar.set_position(done);
            })
            .await;
        bar.finish_and_clear();
        Ok(Some(numbered(logs?)))
    }

    async fn events_between(&self, from: u64, to: u64) -> Result<Vec<(u64, Event)>> {
        let topics = Governor::proposal_events();
        let logs = self.logs(self.governor.address, &topics, from, to).await?;
        let mut events = Vec::with_capacity(logs.len());
        for (block, log) in &logs {
            events.extend(self.governor.events([log])?.into_iter().map(|event| (*block, event)));
        }
        Ok(events)
    }

    /// Blocks before the start of a vote in which it was proposed, at most.
    async fn longest_delay(&self) -> Result<u64> {
        Ok(match self.governor.flavour {
            Flavour::Braintrust => LONGEST_DELAY,
            // A constant of its code.
            Flavour::Alpha => self.governor.parameters(self.provider()).await?.voting_delay,
        })
    }

    /// What waits in the time lock's queue at the last block `head`, by eta. Entries that were queued before `from_block` are left out; by default,
    /// those that can only have expired.
    ///
    /// # Errors
    /// When the endpoint does not answer, or answers with something else than events.
    pub async fn queue(&self, head: Head, from_block: Option<u64>) -> Result<Vec<Waiting>> {
        let address = self.deployment.contracts.timelock;
        let from = from_block.unwrap_or_else(|| head.number.saturating_sub(LOOKBACK));
        let logs = self.logs(address, &queue_events(), from, head.number).await?;
        let entries = queue(address, logs.iter().map(|(_, log)| log))?;
        let single = |entry: &Queued| matches!(entry.content, Content::Call(_));
        let queued =
            if entries.iter().any(single) { self.queued_proposals(from, head.number).await? } else { vec![] };
        let reads = stream::iter(entries).map(|entry| self.waiting(entry, &queued));
        reads.buffered(PARALLEL).try_collect().await
    }

    async fn waiting(&self, entry: Queued, queued: &[(u64, u64, Vec<Action>)]) -> Result<Waiting> {
        let address = self.deployment.contracts.timelock;
        let calls = timelock::calls(self.provider(), &self.governor, address, &entry).await?;
        let proposal = match &entry.content {
            Content::Proposal(id) => calls.as_ref().map(|_| *id),
            // Such entries do not say whose they are; eta and content do.
            Content::Call(call) => queued
                .iter()
                .find(|(_, eta, actions)| *eta == entry.eta && actions.contains(call))
                .map(|(id, ..)| *id),
            Content::Batch(_) => None,
        };
        Ok(Waiting { entry, proposal, calls })
    }

    /// Id, eta and actions of the proposals that were queued in these blocks.
    async fn queued_proposals(&self, from: u64, to: u64) -> Result<Vec<(u64, u64, Vec<Action>)>> {
        let events = self.events_between(from, to).await?.into_iter();
        let queued = events.filter_map(|(_, event)| match event {
            Event::ProposalQueued { id, eta } => Some((id, eta)),
            _ => None,
        });
        let reads = stream::iter(queued)
            .map(|(id, eta)| async move { Ok((id, eta, self.governor.actions(self.provider(), id).await?)) });
        reads.buffered(PARALLEL).try_collect().await
    }

    async fn logs(&self, address: Address, topics: &[B256], from: u64, to: u64) -> Result<Vec<(u64, Log)>> {
        let bar = self.progress();
        let logs = logs::scan(&self.chain, &events_of(address, topics), from, to, |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        })
        .await;
        bar.finish_and_clear();
        Ok(numbered(logs?))
    }

    fn progress(&self) -> ProgressBar {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40} events of {pos} of {len} blocks, {eta} left")
        {
            bar.set_style(style);
        }
        bar
    }

    /// The way of the transactions of `sender`.
    ///
    /// # Errors
    /// When the endpoint does not answer or is behind, or the journal cannot be used.
    pub async fn sending(&self, sender: Sender, options: &SendOptions) -> Result<Sending> {
        Sending::open(self.chain.clone(), sender, options).await
    }

    /// The one event of the governor in `receipt` that `wanted` picks, called `name`.
    ///
    /// # Errors
    /// When there is none, although the transaction succeeded.
    pub fn event<T>(
        &self,
        receipt: &TransactionReceipt,
        name: &str,
        wanted: impl FnMut(Event) -> Option<T>,
    ) -> Result<T> {
        let events = self.governor.events(receipt.logs().iter().map(|log| &log.inner))?;
        events.into_iter().find_map(wanted).ok_or_else(|| {
            let hash = receipt.transaction_hash;
            let message =
                format!("transaction `{hash}` succeeded without the event `{name}` of the governor");
            let hint = "the endpoint may leave events out: look at the proposal with `btrst proposal list`";
            Hinted::new(message, hint).into()
        })
    }

    /// The name of `address`, or the address itself.
    pub fn name(&self, address: Address) -> String {
        self.deployment.name_of(address).map_or_else(|| address.to_string(), str::to_owned)
    }
}

/// The blocks up to `delay` before each of `starts`, and these, as few and as short stretches as that takes.
fn stretches(starts: impl Iterator<Item = u64>, delay: u64) -> Vec<(u64, u64)> {
    let mut starts: Vec<u64> = starts.collect();
    starts.sort_unstable();
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for start in starts {
        let from = start.saturating_sub(delay);
        match stretches.last_mut() {
            Some((_, to)) if from <= to.saturating_add(1) => *to = start,
            _ => stretches.push((from, start)),
        }
    }
    stretches
}

fn events_of(address: Address, topics: &[B256]) -> Filter {
    Filter::new().address(address).event_signature(topics.to_vec())
}

fn numbered(logs: Vec<alloy::rpc::types::Log>) -> Vec<(u64, Log)> {
    logs.into_iter().map(|log| (log.block_number.unwrap_or_default(), log.inner)).collect()
}

/// What can be read again is kept in `$XDG_CACHE_HOME/btrst`, or `~/.cache/btrst`; `None` when there is no home folder.
pub fn cache_folder() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    Some(given.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("btrst"))
}

/// A file of the cache; `None` when there is no folder for it.
fn cache_file(name: &str) -> Option<PathBuf> {
    let folder = cache_folder()?;
    fs::create_dir_all(&folder).ok()?;
    Some(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_without_a_proposal_are_not_read() {
        let of = |starts: &[u64], delay| stretches(starts.iter().copied(), delay);
        assert_eq!(of(&[100, 50, 10], 5), [(5, 10), (45, 50), (95, 100)]);
        assert_eq!(of(&[10, 12, 30], 5), [(5, 12), (25, 30)]);
        assert_eq!(of(&[10, 16], 5), [(5, 16)], "stretches that touch are one");
        assert_eq!(of(&[3, 3], 5), [(0, 3)]);
        assert_eq!(of(&[], 5), []);
    }
}
