//! Proposals, as clients ask for them.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use btrst_offchain::ingest::FINAL_AFTER;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::space::{SpaceItem, Strategy, Validation, strategies};
use super::{Any, failed};
use crate::Hub;
use crate::count::Count;
use crate::store::Proposal;

/// A proposal.
#[derive(Clone)]
pub struct ProposalItem {
    proposal: Arc<Proposal>,
    /// One count for all fields of an answer, so that they agree while votes come in.
    count: Arc<OnceCell<Arc<Count>>>,
}

impl ProposalItem {
    /// The item of `proposal`.
    pub fn new(proposal: Arc<Proposal>) -> Self {
        Self { proposal, count: Arc::default() }
    }

    async fn count(&self, ctx: &Context<'_>) -> Result<&Count> {
        let hub = ctx.data::<Arc<Hub>>()?;
        let counted = self.count.get_or_try_init(|| hub.counts.of(&hub.store, &self.proposal.record)).await;
        counted.map(Arc::as_ref).map_err(|error| failed(hub, &error))
    }
}

/// A proposal.
#[Object(name = "Proposal", rename_fields = "snake_case")]
impl ProposalItem {
    /// Id.
    async fn id(&self) -> String {
        self.proposal.record.id.to_string()
    }

    /// Address in IPFS.
    async fn ipfs(&self) -> &str {
        &self.proposal.ipfs
    }

    /// Author.
    async fn author(&self) -> String {
        self.proposal.record.author.to_string()
    }

    /// Time of the message.
    async fn created(&self) -> u64 {
        self.proposal.record.created
    }

    /// Time of the last update.
    async fn updated(&self) -> Option<u64> {
        Some(self.proposal.updated).filter(|updated| *updated > 0)
    }

    /// The space.
    async fn space(&self, ctx: &Context<'_>) -> Result<Option<SpaceItem>> {
        let hub = ctx.data::<Arc<Hub>>()?;
        Ok(hub.spaces.get(&self.proposal.record.space.id).cloned().map(SpaceItem))
    }

    /// Chain id.
    async fn network(&self) -> &str {
        &self.proposal.record.network
    }

    /// Symbol of the voting power.
    async fn symbol(&self, ctx: &Context<'_>) -> Result<String> {
        let hub = ctx.data::<Arc<Hub>>()?;
        let space = hub.spaces.get(&self.proposal.record.space.id);
        Ok(space.map(|space| space.settings.symbol.clone()).unwrap_or_default())
    }

    /// The voting system.
    async fn r#type(&self) -> &str {
        &self.proposal.record.system
    }

    /// What adds up to voting power.
    async fn strategies(&self) -> Vec<Strategy> {
        strategies(&self.proposal.record.strategies)
    }

    /// Who may vote.
    async fn validation(&self) -> Validation {
        Validation(self.proposal.record.validation.clone())
    }

    /// Settings of plugins.
    async fn plugins(&self) -> Any {
        Any(Value::Object(self.proposal.record.plugins.clone()))
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.proposal.record.title
    }

    /// Text.
    async fn body(&self) -> &str {
        &self.proposal.record.body
    }

    /// Address of a discussion.
    async fn discussion(&self) -> &str {
        &self.proposal.record.discussion
    }

    /// What can be voted for.
    async fn choices(&self) -> &[String] {
        &self.proposal.record.choices
    }

    /// Labels.
    async fn labels(&self) -> &[String] {
        &self.proposal.record.labels
    }

    /// First second of the vote.
    async fn start(&self) -> u64 {
        self.proposal.record.start
    }

    /// Last second of the vote.
    async fn end(&self) -> u64 {
        self.proposal.record.end
    }

    /// Votes that must be reached.
    async fn quorum(&self) -> f64 {
        self.proposal.record.quorum
    }

    /// `rejection` where they are votes against.
    #[graphql(name = "quorumType")]
    async fn quorum_type(&self) -> &str {
        &self.proposal.record.quorum_type
    }

    /// `shutter` for encrypted votes.
    async fn privacy(&self) -> &str {
        &self.proposal.record.privacy
    }

    /// Block at which voting power is counted.
    async fn snapshot(&self) -> String {
        self.proposal.record.snapshot.to_string()
    }

    /// `pending`, `active` or `closed`.
    async fn state(&self, ctx: &Context<'_>) -> Result<&'static str> {
        let now = ctx.data::<Arc<Hub>>()?.now();
        let record = &self.proposal.record;
        Ok(match now {
            now if now < record.start => "pending",
            now if now <= record.end => "active",
            _ => "closed",
        })
    }

    /// Page of the proposal.
    async fn link(&self) -> &str {
        &self.proposal.record.discussion
    }

    /// The program that it was written with.
    async fn app(&self) -> &str {
        &self.proposal.record.app
    }

    /// Whether it is marked as suspicious.
    async fn flagged(&self) -> bool {
        self.proposal.flagged
    }

    /// What each choice has.
    async fn scores(&self, ctx: &Context<'_>) -> Result<Vec<f64>> {
        Ok(self.count(ctx).await?.tally.scores_f64())
    }

    /// What each strategy adds to what each choice has, by choice.
    async fn scores_by_strategy(&self, ctx: &Context<'_>) -> Result<Any> {
        Ok(Any(self.count(ctx).await?.by_strategy.clone().into()))
    }

    /// What all ballots have.
    async fn scores_total(&self, ctx: &Context<'_>) -> Result<f64> {
        Ok(self.count(ctx).await?.tally.total.to_f64())
    }

    /// `final` once the vote is over and counted. Encrypted votes are not counted by this hub: no choice has them, and
    /// their count stays `pending`.
    async fn scores_state(&self, ctx: &Context<'_>) -> Result<&'static str> {
        let record = &self.proposal.record;
        let is_over = ctx.data::<Arc<Hub>>()?.now() > record.end.saturating_add(FINAL_AFTER);
        Ok(if is_over && !record.is_encrypted() { "final" } else { "pending" })
    }

    /// Number of votes.
    async fn votes(&self, ctx: &Context<'_>) -> Result<usize> {
        Ok(self.count(ctx).await?.tally.ballots)
    }
}
