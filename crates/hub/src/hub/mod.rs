//! What a hub does with a message: the rules, the signature, the voting power, the disk.

mod rules;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use alloy::primitives::{Address, B256, Bytes};
use btrst_offchain::ingest::{self, Rejection};
use btrst_offchain::message::{Content, Kind};
use btrst_offchain::space::StrategySettings;
use btrst_offchain::tally::Power;
use btrst_offchain::{Envelope, Space};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::count::Counts;
use crate::log::Entry;
use crate::metrics::{Event, Metrics, Observer, count};
use crate::powers::{Powers, Purpose};
use crate::store::{Change, Outcome, Pending, Proposal, Writer};
use crate::{Chains, Error, Question, Refusal, Relayer, Result, Store, cid};

/// Most proposals that are kept in memory.
const MOST_KNOWN: usize = 10_000;

/// Most questions to the chains at once, of each kind.
const QUESTIONS: usize = 16;

/// How often a message is looked at again because its proposal changed meanwhile.
const TRIES: u32 = 3;

/// Unix time in seconds.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What a hub works with.
pub struct Settings {
    /// Its spaces. Nothing is taken for any other.
    pub spaces: Vec<Space>,
    /// Its key.
    pub relayer: Relayer,
    /// The chains.
    pub chains: Arc<dyn Chains>,
    /// Its clock.
    pub clock: Clock,
    /// Who is told of events.
    pub observer: Observer,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({} spaces, {:?})", self.spaces.len(), self.relayer)
    }
}

/// A hub.
pub struct Hub {
    pub(crate) store: Store,
    pub(crate) spaces: BTreeMap<String, Space>,
    pub(crate) counts: Counts,
    pub(crate) metrics: Arc<Metrics>,
    relayer: Relayer,
    chains: Arc<dyn Chains>,
    /// Questions to the chains that are not about a vote, and those to wallets: strangers can ask for both without an
    /// account of their own, and get no more of the hub than these.
    questions: Semaphore,
    wallets: Semaphore,
    powers: Arc<Powers>,
    clock: Clock,
    observer: Observer,
    writer: Writer,
    writing: JoinHandle<()>,
    proposals: Mutex<HashMap<B256, Arc<Proposal>>>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hub({:?})", self.relayer)
    }
}

/// What a client gets for a message that is on disk.
#[derive(Clone, Debug, Serialize)]
pub struct Receipt {
    /// Id of the message.
    pub id: B256,
    /// Address of the envelope in IPFS.
    pub ipfs: String,
    /// Who took it.
    pub relayer: Relay,
    /// Its entry in the log, which proves that the hub took it.
    pub log: Entry,
}

/// The hub that took a message.
#[derive(Clone, Debug, Serialize)]
pub struct Relay {
    /// Its account, with the capitals of its checksum.
    #[serde(serialize_with = "checksummed")]
    pub address: Address,
    /// Its signature of the message's signature.
    pub receipt: Bytes,
}

impl Hub {
    /// A hub on `store`.
    ///
    /// # Errors
    /// [`Error::OtherKey`], [`Error::Database`].
    pub async fn open(store: Store, settings: Settings) -> Result<Arc<Self>> {
        let Settings { spaces, relayer, chains, clock, observer } = settings;
        let entries = store.claim(&relayer).await?;
        let metrics = Arc::new(Metrics::default());
        metrics.position.store(entries, Ordering::Relaxed);
        let powers = Arc::new(Powers::new(Arc::clone(&chains)));
        let (writer, writing) = Writer::start(&store, relayer.clone(), Arc::clone(&metrics));
        Ok(Arc::new(Self {
            store,
            spaces: spaces.into_iter().map(|space| (space.id.clone(), space)).collect(),
            counts: Counts::new(Arc::clone(&powers)),
            metrics,
            relayer,
            questions: Semaphore::new(QUESTIONS),
            wallets: Semaphore::new(QUESTIONS),
            powers,
            chains,
            clock,
            observer,
            writer,
            writing,
            proposals: Mutex::default(),
        }))
    }

    /// Ends the work, after what was handed in.
    pub async fn close(self: Arc<Self>) {
        let store = self.store.clone();
        // Requests that are still answered keep the writer; the store waits for what it is doing.
        if let Some(hub) = Arc::into_inner(self) {
            drop(hub.writer);
            // It cannot fail but by a panic, which was shown.
            let _ = hub.writing.await;
        }
        store.close().await;
    }

    /// The account of the hub's key.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.relayer.address()
    }

    /// Unix time in seconds.
    pub(crate) fn now(&self) -> u64 {
        (self.clock)()
    }

    /// Number of the last block of `network`.
    pub(crate) async fn head(&self, network: &str) -> Result<u64, Refusal> {
        let _turn = self.questions.try_acquire().map_err(|_| Refusal::Busy)?;
        Ok(self.chains.head(network).await?)
    }

    /// Voting power of `voter` on `proposal`, by each strategy.
    pub(crate) async fn powers_on(
        &self,
        proposal: &Arc<Proposal>,
        purpose: Purpose,
        voter: Address,
    ) -> Result<Vec<Power>, Refusal> {
        self.powers.of(proposal, purpose, voter).await
    }

    /// Voting power of `voter` in `space` at the block `snapshot`, by each of `strategies`.
    pub(crate) async fn powers_in(
        &self,
        space: &Space,
        strategies: &[StrategySettings],
        snapshot: u64,
        voter: Address,
    ) -> Result<Vec<Power>, Refusal> {
        let _turn = self.questions.try_acquire().map_err(|_| Refusal::Busy)?;
        let network = space.settings.network.as_str();
        let question = Question { network, space: &space.id, strategies, snapshot, voters: &[voter] };
        let mut powers = self.chains.powers(question).await?;
        powers
            .pop()
            .ok_or_else(|| Refusal::Failed(Error::Chain("the chain has no answer for a voter".into())))
    }

    /// Takes the envelope `body`, or says why not. When this returns a receipt, the message is on disk.
    ///
    /// # Errors
    /// The reason in the protocol's words.
    pub async fn submit(&self, body: &[u8]) -> Result<Receipt, Refusal> {
        let taken = self.take(body).await;
        match &taken {
            Ok((receipt, kind)) => {
                count(&self.metrics.accepted);
                self.metrics.position.fetch_max(receipt.log.position.saturating_add(1), Ordering::Relaxed);
                let (id, position) = (receipt.id, receipt.log.position);
                (self.observer)(&Event::Accepted { id, kind: *kind, position });
            }
            Err(Refusal::Failed(error)) => self.failed(error),
            Err(refusal) => {
                count(if matches!(refusal, Refusal::Busy) {
                    &self.metrics.limited
                } else {
                    &self.metrics.refused
                });
                (self.observer)(&Event::Refused { words: refusal.words(), detail: refusal.detail() });
            }
        }
        taken.map(|(receipt, _)| receipt)
    }

    /// Notes a failure of the hub itself.
    pub(crate) fn failed(&self, error: &Error) {
        count(&self.metrics.failed);
        (self.observer)(&Event::Failed { error });
    }

    async fn take(&self, body: &[u8]) -> Result<(Receipt, Kind), Refusal> {
        let envelope = Envelope::parse(body)?;
        let now = self.now();
        ingest::envelope(&envelope, now)?;
        let message = envelope.message();
        let space = match message.space() {
            Some(id) => Some(self.spaces.get(id).ok_or_else(|| Rejection::new("unknown space", id))?),
            None => None,
        };
        let text = envelope.pinned().to_string();
        if text.contains("\\u0000") {
            return Err(Rejection::new("wrong envelope format", "a text has a zero in it").into());
        }
        let by_key = envelope.verify_key();
        let alias_since = if message.from() == envelope.address() || by_key.is_err() {
            None
        } else {
            self.store.alias_since(message.from(), envelope.address()).await?
        };
        ingest::signer(&envelope, space, alias_since, now)?;
        if let Err(fault) = by_key {
            // A wallet is asked only about what could be taken otherwise.
            self.check_without_chain(&envelope, space, now).await?;
            self.check_wallet(&envelope, space, &fault.to_string()).await?;
        }
        let change = self.change(&envelope, space, now).await?;
        let receipt = self.relayer.sign(envelope.signature())?;
        let mut pending = Pending {
            id: envelope.id(),
            kind: message.kind().word(),
            space: message.space().unwrap_or_default().to_owned(),
            created: message.timestamp().unwrap_or_default(),
            received: now,
            ipfs: cid::of(text.as_bytes()),
            receipt: receipt.to_string(),
            envelope: text,
            change,
        };
        for _ in 0..TRIES {
            match self.writer.write(pending.clone()).await? {
                Outcome::Written(log) => {
                    self.changed(&pending.change).await;
                    let relayer = Relay { address: self.address(), receipt };
                    let receipt = Receipt { id: pending.id, ipfs: pending.ipfs, relayer, log };
                    return Ok((receipt, message.kind()));
                }
                Outcome::Duplicate => return Err(Refusal::Duplicate),
                Outcome::Refused(rejection) => return Err(rejection.into()),
                Outcome::Outvoted { created, id } => {
                    let other = Some((created, id));
                    if let Content::Vote(vote) = message.content()
                        && let Some(proposal) = self.proposal(&vote.proposal).await?
                    {
                        ingest::vote(&vote, pending.id, Some(&proposal.record), other, now)?;
                    }
                    return Err(Refusal::Duplicate);
                }
                Outcome::Stale => {
                    self.forget(&pending.change);
                    pending.change = self.change(&envelope, space, now).await?;
                }
            }
        }
        Err(Refusal::Busy)
    }

    /// The proposal `id`, as it was when it was last looked at; a canceled one is none.
    async fn proposal(&self, id: &str) -> Result<Option<Arc<Proposal>>> {
        let Ok(id) = id.parse::<B256>() else { return Ok(None) };
        if let Some(known) = self.known().get(&id) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(found) = self.store.proposal(id).await?.filter(|found| !found.canceled) else {
            return Ok(None);
        };
        let found = Arc::new(found);
        let mut known = self.known();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(id, Arc::clone(&found));
        Ok(Some(found))
    }

    /// Notes that `change` was carried out.
    async fn changed(&self, change: &Change) {
        match change {
            Change::Vote(vote) => self.counts.outdate(vote.proposal).await,
            other => self.forget(other),
        }
    }

    /// Forgets the proposal that `change` is about.
    fn forget(&self, change: &Change) {
        let proposal = match change {
            Change::Update { proposal, .. } | Change::Cancel { proposal, .. } => *proposal,
            Change::Vote(vote) => vote.proposal,
            Change::Propose(_) | Change::Alias { .. } => return,
        };
        self.known().remove(&proposal);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<B256, Arc<Proposal>>> {
        self.proposals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn checksummed<S: serde::Serializer>(address: &Address, output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(address)
}
