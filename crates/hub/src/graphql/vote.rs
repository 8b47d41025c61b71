//! Votes and voting power, as clients ask for them.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use btrst_offchain::strategy::depend_on_others;

use super::Any;
use super::proposal::ProposalItem;
use super::space::SpaceItem;
use crate::Hub;
use crate::store::{Proposal, VoteItem};

/// A vote.
pub struct Vote {
    /// The vote.
    pub item: VoteItem,
    /// Its proposal, where it was asked for.
    pub proposal: Option<Arc<Proposal>>,
}

/// A vote.
#[Object(rename_fields = "snake_case")]
impl Vote {
    /// Id.
    async fn id(&self) -> String {
        self.item.id.to_string()
    }

    /// Address in IPFS.
    async fn ipfs(&self) -> &str {
        &self.item.ipfs
    }

    /// Voter.
    async fn voter(&self) -> String {
        self.item.voter.to_string()
    }

    /// Time of the message.
    async fn created(&self) -> u64 {
        self.item.created
    }

    /// The space.
    async fn space(&self, ctx: &Context<'_>) -> Result<Option<SpaceItem>> {
        Ok(ctx.data::<Arc<Hub>>()?.spaces.get(&self.item.space).cloned().map(SpaceItem))
    }

    /// The proposal.
    async fn proposal(&self) -> Option<ProposalItem> {
        self.proposal.clone().map(ProposalItem::new)
    }

    /// What it says.
    async fn choice(&self) -> Any {
        Any(self.item.choice.clone())
    }

    /// Further data.
    async fn metadata(&self) -> Any {
        Any(self.item.metadata.clone())
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.item.reason
    }

    /// The program that it was cast with.
    async fn app(&self) -> &str {
        &self.item.app
    }

    /// Votes of the voter.
    async fn vp(&self) -> f64 {
        self.item.vp
    }

    /// The same by strategy.
    async fn vp_by_strategy(&self) -> &[f64] {
        &self.item.vp_by_strategy
    }

    /// `final`, or `pending` as long as the power depends on who else is going to vote.
    async fn vp_state(&self, ctx: &Context<'_>) -> Result<&'static str> {
        let now = ctx.data::<Arc<Hub>>()?.now();
        let is_open = |proposal: &Arc<Proposal>| {
            now <= proposal.record.end && depend_on_others(&proposal.record.strategies)
        };
        Ok(if self.proposal.as_ref().is_some_and(is_open) { "pending" } else { "final" })
    }
}

/// Voting power.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Vp {
    /// Whole votes.
    pub vp: f64,
    /// The same by strategy.
    pub vp_by_strategy: Vec<f64>,
    /// Always `final`: it is that at a block.
    pub vp_state: &'static str,
}

/// Whether the proposals are needed for the fields that are asked for.
pub fn wants_proposals(ctx: &Context<'_>) -> bool {
    ["proposal", "vp_state"].into_iter().any(|field| ctx.look_ahead().field(field).exists())
}

/// The ids of the proposals of `votes`.
pub fn proposals_of(votes: &[VoteItem]) -> Vec<String> {
    let mut ids: Vec<_> = votes.iter().map(|vote| vote.proposal).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.iter().map(ToString::to_string).collect()
}
