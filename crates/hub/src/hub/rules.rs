//! The rules for each kind of message, and what the hub has to know for them.

use std::sync::Arc;

use alloy::primitives::B256;
use btrst_offchain::ingest::{self, Desk, Rejection};
use btrst_offchain::message::{self, Content, SignedChoice, Vote};
use btrst_offchain::phase::Phase;
use btrst_offchain::tally::{Outcome as Decision, Power};
use btrst_offchain::{Envelope, ProposalRecord, Space, json};
use serde_json::Value;

use super::Hub;
use crate::powers::{Purpose, sum_of};
use crate::store::{Change, NewProposal, Proposal, VoteRow};
use crate::{Error, Refusal};

impl Hub {
    /// What the message changes, when all rules allow it.
    pub(super) async fn change(
        &self,
        envelope: &Envelope,
        space: Option<&Space>,
        now: u64,
    ) -> Result<Change, Refusal> {
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

    /// Whether all rules allow the message that cost no question to a chain.
    pub(super) async fn check_without_chain(
        &self,
        envelope: &Envelope,
        space: Option<&Space>,
        now: u64,
    ) -> Result<(), Refusal> {
        match envelope.message().content() {
            Content::Vote(vote) => self.open_proposal(envelope.id(), &vote, now).await.map(drop),
            Content::Proposal(proposal) => {
                let space = space.ok_or_else(|| Rejection::new("unknown space", "the message names none"))?;
                let temperature_check = self.temperature_check(&proposal.plugins).await?;
                Ok(ingest::proposal(&proposal, &self.desk(&proposal, space, &temperature_check, now).await?)?)
            }
            _ => self.change(envelope, space, now).await.map(drop),
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
            SignedChoice::Text(text) if record.is_encrypted() => text.as_str().into(),
            SignedChoice::Text(text) => json::parse(text.as_bytes())
                .map_err(|error| Rejection::new("invalid choice", error.to_string()))?,
        };
        let powers = self.powers_on(&known, Purpose::Vote, vote.from).await?;
        let power = sum_of(&powers)?;
        let least = if record.validation_strategies()?.is_empty() {
            power
        } else {
            sum_of(&self.powers_on(&known, Purpose::Validation, vote.from).await?)?
        };
        ingest::validation(record, least)?;
        ingest::power(power)?;
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
        proposal: &message::Proposal,
        space: &Space,
        now: u64,
    ) -> Result<Change, Refusal> {
        let temperature_check = self.temperature_check(&proposal.plugins).await?;
        let mut desk = self.desk(proposal, space, &temperature_check, now).await?;
        ingest::proposal(proposal, &desk)?;
        desk.head = self.head(&space.settings.network).await?;
        if space.least_power().is_some() && !space.is_author(proposal.from) {
            let strategies = space.author_strategies()?;
            let powers = self.powers_in(space, &strategies, desk.head, proposal.from).await?;
            desk.power = sum_of(&powers)?;
        }
        ingest::proposal(proposal, &desk)?;
        let record = ProposalRecord::new(id, proposal, space)?;
        Ok(Change::Propose(Box::new(NewProposal {
            author: proposal.from,
            is_member: space.is_author(proposal.from),
            system: proposal.system.clone(),
            title: proposal.title.clone(),
            begins: proposal.start,
            ends: proposal.end,
            record: to_text(&record)?,
        })))
    }

    /// What the hub knows for `proposal` without asking a chain: there the last block and the author's power are such
    /// that nothing is refused for them.
    async fn desk<'a>(
        &self,
        proposal: &message::Proposal,
        space: &'a Space,
        temperature_check: &'a Option<(Arc<Proposal>, Decision)>,
        now: u64,
    ) -> Result<Desk<'a>, Refusal> {
        Ok(Desk {
            now,
            space,
            head: u64::MAX,
            power: Power::new(u128::MAX),
            recent: self.store.recent(&space.id, proposal.from, now).await?,
            temperature_check: temperature_check
                .as_ref()
                .map(|(known, outcome)| (&known.record, outcome.clone())),
        })
    }

    /// The temperature check that a consensus check names, and what it has decided.
    async fn temperature_check(&self, plugins: &str) -> Result<Option<(Arc<Proposal>, Decision)>, Refusal> {
        let Ok(Some(Phase::ConsensusCheck { temperature_check, .. })) = Phase::of_plugins(plugins) else {
            return Ok(None);
        };
        let Some(known) = self.proposal(&temperature_check.to_string()).await? else { return Ok(None) };
        let count = self.counts.of(&self.store, &known.record).await?;
        let outcome = count.tally.outcome(known.record.quorum());
        Ok(Some((known, outcome)))
    }

    /// Whether the wallet at the envelope's address stands by it; `fault` is what is wrong with it as a key's signature.
    pub(super) async fn check_wallet(
        &self,
        envelope: &Envelope,
        space: Option<&Space>,
        fault: &str,
    ) -> Result<(), Refusal> {
        let network = space.map_or("1", |space| space.settings.network.as_str());
        let wallet = envelope.address();
        let _turn = self.wallets.try_acquire().map_err(|_| Refusal::Busy)?;
        if self.chains.takes(network, wallet, envelope.id(), envelope.signature()).await? {
            return Ok(());
        }
        Err(Rejection::new("wrong signature", fault).into())
    }
}

fn to_text(record: &ProposalRecord) -> Result<String, Refusal> {
    serde_json::to_string(record).map_err(|_| Refusal::Failed(Error::Row("record")))
}
