//! What a hub does with a message: the rules, the signature, the voting power, the disk.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use alloy::primitives::{Address, B256, Bytes};
use btrst_offchain::ingest::{self, Desk, Rejection};
use btrst_offchain::message::{Content, Kind, SignedChoice, Vote};
use btrst_offchain::phase::Phase;
use btrst_offchain::tally::{Outcome as Decision, Power};
use btrst_offchain::{Envelope, ProposalRecord, Space, json};
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::count::Counts;
use crate::log::Entry;
use crate::metrics::{Event, Metrics, Observer, count};
use crate::store::{Change, NewProposal, Outcome, Pending, Proposal, VoteRow, Writer};
use crate::{Chains, Error, Question, Refusal, Relayer, Result, Store, cid};

/// Most proposals that are kept in memory.
const MOST_KNOWN: usize = 10_000;

/// How often a message is looked at again because its proposal changed meanwhile.
const TRIES: u32 = 3;

/// What a hub works with.
pub struct Settings {
    /// Its spaces. Nothing is taken for any other.
    pub spaces: Vec<Space>,
    /// Its key.
    pub relayer: Relayer,
    /// The chains.
    pub chains: Arc<dyn Chains>,
    /// Unix time in seconds.
    pub clock: fn() -> u64,
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
    clock: fn() -> u64,
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
        let (writer, writing) = Writer::start(&store, relayer.clone(), Arc::clone(&metrics));
        Ok(Arc::new(Self {
            store,
            spaces: spaces.into_iter().map(|space| (space.id.clone(), space)).collect(),
            counts: Counts::default(),
            metrics,
            relayer,
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
    pub(crate) async fn head(&self, network: &str) -> Result<u64> {
        self.chains.head(network).await
    }

    async fn powers(&self, question: Question<'_>) -> Result<Vec<Power>> {
        self.chains.powers(question).await
    }

    /// Voting power of `voter` on the proposal `record`, by each strategy.
    pub(crate) async fn powers_on(&self, record: &ProposalRecord, voter: Address) -> Result<Vec<Power>> {
        let ProposalRecord { network, space, strategies, snapshot, .. } = record;
        self.powers(Question { network, space: &space.id, strategies, snapshot: *snapshot, voter }).await
    }

    /// Voting power of `voter` in `space` at the block `snapshot`, by each strategy.
    pub(crate) async fn powers_in(&self, space: &Space, snapshot: u64, voter: Address) -> Result<Vec<Power>> {
        let (network, strategies) = (space.settings.network.as_str(), space.settings.strategies.as_slice());
        self.powers(Question { network, space: &space.id, strategies, snapshot, voter }).await
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
            if let Content::Vote(vote) = message.content() {
                self.open_proposal(envelope.id(), &vote, now).await?;
            }
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

    /// What the message changes, when all rules allow it.
    async fn change(&self, envelope: &Envelope, space: Option<&Space>, now: u64) -> Result<Change, Refusal> {
        let unknown = || Rejection::new("unknown space", "the message names none");
        match envelope.message().content() {
            Content::Vote(vote) => self.vote(envelope.id(), &vote, now).await,
            Content::Proposal(proposal) => {
                self.propose(envelope.id(), &proposal, space.ok_or_else(unknown)?, now).await
            }
            Content::UpdateProposal(update) => {
                let known = self.proposal(&update.proposal).await?;
                let record = known.as_ref().map(|known| &known.record);
                ingest::update(&update, record, space.ok_or_else(unknown)?, now)?;
                let known = known.ok_or_else(|| Rejection::new("unknown proposal", ""))?;
                let mut record = known.record.clone();
                record.update(&update)?;
                Ok(Change::Update {
                    proposal: record.id,
                    revision: known.revision,
                    system: update.system,
                    title: update.title,
                    record: to_text(&record)?,
                })
            }
            Content::CancelProposal(cancel) => {
                let known = self.proposal(&cancel.proposal).await?;
                ingest::cancel(
                    &cancel,
                    known.as_ref().map(|known| &known.record),
                    space.ok_or_else(unknown)?,
                )?;
                let known = known.ok_or_else(|| Rejection::new("unknown proposal", ""))?;
                Ok(Change::Cancel { proposal: known.record.id, revision: known.revision })
            }
            Content::Alias(alias) if self.spaces.values().any(|space| space.settings.voting.aliased) => {
                Ok(Change::Alias { account: alias.from, alias: alias.alias })
            }
            Content::Alias(_) => {
                Err(Rejection::new("alias not enabled", "no space of this hub has aliases").into())
            }
            Content::Space(_) | Content::DeleteSpace(_) => {
                Err(Rejection::new("not allowed", "the operator of this hub sets its spaces").into())
            }
            _ => Err(Rejection::new(
                "wrong types",
                "this hub takes proposals, their changes, votes and aliases",
            )
            .into()),
        }
    }

    /// The proposal that `vote`, whose id is `id`, is on, when the vote is one that counts.
    async fn open_proposal(&self, id: B256, vote: &Vote, now: u64) -> Result<Arc<Proposal>, Refusal> {
        let known = self.proposal(&vote.proposal).await?;
        ingest::vote(vote, id, known.as_ref().map(|known| &known.record), None, now)?;
        Ok(known.ok_or_else(|| Rejection::new("unknown proposal", ""))?)
    }

    async fn vote(&self, id: B256, vote: &Vote, now: u64) -> Result<Change, Refusal> {
        let known = self.open_proposal(id, vote, now).await?;
        let record = &known.record;
        let choice = match &vote.choice {
            SignedChoice::One(choice) => Value::from(*choice),
            SignedChoice::Several(choices) => choices.iter().copied().collect(),
            SignedChoice::Text(text) if record.privacy == "shutter" => text.as_str().into(),
            SignedChoice::Text(text) => json::parse(text.as_bytes())
                .map_err(|error| Rejection::new("invalid choice", error.to_string()))?,
        };
        let powers = self.powers_on(record, vote.from).await?;
        let power = powers.iter().try_fold(Power::ZERO, |sum, power| sum.checked_add(*power));
        let power =
            power.ok_or_else(|| Error::Chain("the sum of all voting powers is too large".to_owned()))?;
        ingest::power(record, power)?;
        let by_strategy: Value = powers.iter().map(|power| power.to_f64()).collect();
        Ok(Change::Vote(Box::new(VoteRow {
            proposal: record.id,
            revision: known.revision,
            voter: vote.from,
            choice: choice.to_string(),
            power: power.units(),
            vp: power.to_f64(),
            vp_by_strategy: by_strategy.to_string(),
            reason: vote.reason.clone(),
            app: vote.app.clone(),
            metadata: vote.metadata.clone(),
        })))
    }

    async fn propose(
        &self,
        id: B256,
        proposal: &btrst_offchain::message::Proposal,
        space: &Space,
        now: u64,
    ) -> Result<Change, Refusal> {
        let network = &space.settings.network;
        let head = self.head(network).await?;
        let power = if space.least_power().is_some() && !space.is_author(proposal.from) {
            let powers = self.powers_in(space, head, proposal.from).await?;
            powers.iter().try_fold(Power::ZERO, |sum, power| sum.checked_add(*power)).unwrap_or_default()
        } else {
            Power::ZERO
        };
        let temperature_check = self.temperature_check(&proposal.plugins).await?;
        let desk = Desk {
            now,
            space,
            head,
            power,
            recent: self.store.recent(&space.id, proposal.from, now).await?,
            temperature_check: temperature_check
                .as_ref()
                .map(|(known, outcome)| (&known.record, outcome.clone())),
        };
        ingest::proposal(proposal, &desk)?;
        let record = ProposalRecord::new(id, proposal, space)?;
        Ok(Change::Propose(Box::new(NewProposal {
            author: proposal.from,
            system: proposal.system.clone(),
            title: proposal.title.clone(),
            begins: proposal.start,
            ends: proposal.end,
            record: to_text(&record)?,
        })))
    }

    /// The temperature check that a consensus check names, and what it has decided.
    async fn temperature_check(&self, plugins: &str) -> Result<Option<(Arc<Proposal>, Decision)>, Refusal> {
        let Ok(Some(Phase::ConsensusCheck { temperature_check, .. })) = Phase::of_plugins(plugins) else {
            return Ok(None);
        };
        let Some(known) = self.proposal(&temperature_check.to_string()).await? else { return Ok(None) };
        let tally = self.counts.of(&self.store, &known.record).await?;
        let outcome = tally.outcome(known.record.quorum());
        Ok(Some((known, outcome)))
    }

    async fn check_wallet(
        &self,
        envelope: &Envelope,
        space: Option<&Space>,
        fault: &str,
    ) -> Result<(), Refusal> {
        let network = space.map_or("1", |space| space.settings.network.as_str());
        let wallet = envelope.address();
        if self.chains.takes(network, wallet, envelope.id(), envelope.signature()).await? {
            return Ok(());
        }
        Err(Rejection::new("wrong signature", fault).into())
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

fn to_text(record: &ProposalRecord) -> Result<String, Refusal> {
    serde_json::to_string(record).map_err(|_| Refusal::Failed(Error::Row("record")))
}

fn checksummed<S: serde::Serializer>(address: &Address, output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(address)
}
