//! The queries.

use std::collections::HashMap;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use async_graphql::{Context, Error, Object, Result};
use btrst_offchain::space::Settings;
use btrst_offchain::tally::Power;

use super::failed;
use super::filter::{MessageWhere, OrderDirection, ProposalWhere, SpaceWhere, VoteWhere};
use super::message::Message;
use super::proposal::ProposalItem;
use super::space::SpaceItem;
use super::vote::{Vote, Vp, proposals_of, wants_proposals};
use crate::powers::Purpose;
use crate::store::{Proposal, Select, VoteItem};
use crate::{Hub, Refusal};

/// Rows of an answer where nobody says how many.
const USUAL: u32 = Select::USUAL;

/// The queries.
pub struct Query;

/// How many values a list of so many rows has.
fn size(first: Option<u32>, child: usize) -> usize {
    // The row itself costs something too.
    (first.unwrap_or(USUAL).min(Select::MOST) as usize).saturating_mul(child.saturating_add(1))
}

fn page(first: Option<u32>, skip: Option<u32>) -> Result<Select> {
    let (first, skip) = (first.unwrap_or(USUAL), skip.unwrap_or_default());
    if first > Select::MOST {
        return Err(Error::new(format!("the `first` argument must not be greater than {}", Select::MOST)));
    }
    if skip > Select::MOST_SKIPPED {
        return Err(Error::new(format!(
            "the `skip` argument must not be greater than {}",
            Select::MOST_SKIPPED
        )));
    }
    Ok(Select::page(first, skip))
}

fn unknown_order(by: &str) -> Error {
    Error::new(format!("cannot order by `{}`", by.chars().take(40).collect::<String>()))
}

/// The queries.
#[Object]
impl Query {
    /// A space.
    async fn space(&self, ctx: &Context<'_>, id: String) -> Result<Option<SpaceItem>> {
        Ok(ctx.data::<Arc<Hub>>()?.spaces.get(&id).cloned().map(SpaceItem))
    }

    /// The spaces of this hub, by their ids.
    #[graphql(complexity = "size(first, child_complexity)")]
    async fn spaces(
        &self,
        ctx: &Context<'_>,
        first: Option<u32>,
        skip: Option<u32>,
        r#where: Option<SpaceWhere>,
        #[graphql(desc = "Taken and ignored: the order is that of ids")] order_by: Option<String>,
        #[graphql(default)] order_direction: OrderDirection,
    ) -> Result<Vec<SpaceItem>> {
        page(first, skip)?;
        let _ = order_by;
        let filter = r#where.unwrap_or_default();
        let spaces = ctx.data::<Arc<Hub>>()?.spaces.values().filter(|space| filter.has(&space.id));
        let mut spaces: Vec<_> = spaces.cloned().map(SpaceItem).collect();
        if order_direction == OrderDirection::Desc {
            spaces.reverse();
        }
        let (first, skip) = (first.unwrap_or(USUAL), skip.unwrap_or_default());
        Ok(spaces.into_iter().skip(skip as usize).take(first as usize).collect())
    }

    /// A proposal.
    async fn proposal(&self, ctx: &Context<'_>, id: String) -> Result<Option<ProposalItem>> {
        let hub = ctx.data::<Arc<Hub>>()?;
        let mut select = Select::page(1, 0);
        select.text("id", "=", id);
        let found = hub.store.proposals(select).await.map_err(|error| failed(hub, &error))?;
        Ok(found.into_iter().next().map(|found| ProposalItem::new(Arc::new(found))))
    }

    /// Proposals.
    #[graphql(complexity = "size(first, child_complexity)")]
    async fn proposals(
        &self,
        ctx: &Context<'_>,
        first: Option<u32>,
        skip: Option<u32>,
        r#where: Option<ProposalWhere>,
        order_by: Option<String>,
        #[graphql(default)] order_direction: OrderDirection,
    ) -> Result<Vec<ProposalItem>> {
        let hub = ctx.data::<Arc<Hub>>()?;
        let mut select = page(first, skip)?;
        r#where.unwrap_or_default().apply(&mut select, hub.now());
        let column = match order_by.as_deref() {
            None | Some("created") => "created",
            Some("start") => "begins",
            Some("end") => "ends",
            Some(other) => return Err(unknown_order(other)),
        };
        select.order(column, "id", order_direction == OrderDirection::Desc);
        let found = hub.store.proposals(select).await.map_err(|error| failed(hub, &error))?;
        Ok(found.into_iter().map(|found| ProposalItem::new(Arc::new(found))).collect())
    }

    /// A vote.
    async fn vote(&self, ctx: &Context<'_>, id: String) -> Result<Option<Vote>> {
        let mut select = Select::page(1, 0);
        select.text("id", "=", id);
        Ok(votes(ctx, &select).await?.pop())
    }

    /// Votes. To get all of a proposal, go on from `created_gte` the last one's time: pages beyond the 6000th do not exist.
    #[graphql(complexity = "size(first, child_complexity)")]
    async fn votes(
        &self,
        ctx: &Context<'_>,
        first: Option<u32>,
        skip: Option<u32>,
        r#where: Option<VoteWhere>,
        order_by: Option<String>,
        #[graphql(default)] order_direction: OrderDirection,
    ) -> Result<Vec<Vote>> {
        let mut select = page(first, skip)?;
        r#where.unwrap_or_default().apply(&mut select);
        let column = match order_by.as_deref() {
            None | Some("created") => "created",
            Some("vp") => "vp",
            Some("id") => "id",
            Some(other) => return Err(unknown_order(other)),
        };
        select.order(column, "id", order_direction == OrderDirection::Desc);
        votes(ctx, &select).await
    }

    /// Voting power of an account on a proposal, or in a space at its last block.
    #[graphql(complexity = "10_000 + child_complexity")]
    async fn vp(
        &self,
        ctx: &Context<'_>,
        voter: String,
        space: String,
        proposal: Option<String>,
    ) -> Result<Vp> {
        let hub = ctx.data::<Arc<Hub>>()?;
        let voter: Address = voter.parse().map_err(|_| Error::new("`voter` is not an address"))?;
        let known = hub.spaces.get(&space).ok_or_else(|| Error::new("unknown space"))?;
        let fail = |error| failed(hub, &error);
        let refused = |refusal| match refusal {
            Refusal::Failed(error) => failed(hub, &error),
            refusal => Error::new(refusal.words()),
        };
        let powers = match proposal.filter(|id| !id.is_empty()) {
            Some(id) => {
                let id: B256 = id.parse().map_err(|_| Error::new("unknown proposal"))?;
                let found = hub.store.proposal(id).await.map_err(fail)?;
                let found = found.filter(|found| !found.canceled && found.record.space.id == space);
                let found = Arc::new(found.ok_or_else(|| Error::new("unknown proposal"))?);
                hub.powers_on(&found, Purpose::Vote, voter).await.map_err(refused)?
            }
            None => {
                let Settings { network, strategies, .. } = &known.settings;
                let head = hub.head(network).await.map_err(refused)?;
                hub.powers_in(known, strategies, head, voter).await.map_err(refused)?
            }
        };
        let sum =
            powers.iter().try_fold(Power::ZERO, |sum, power| sum.checked_add(*power)).unwrap_or_default();
        let vp_by_strategy = powers.iter().map(|power| power.to_f64()).collect();
        Ok(Vp { vp: sum.to_f64(), vp_by_strategy, vp_state: "final" })
    }

    /// The log of accepted messages.
    #[graphql(complexity = "size(first, child_complexity)")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        first: Option<u32>,
        skip: Option<u32>,
        r#where: Option<MessageWhere>,
        order_by: Option<String>,
        #[graphql(default)] order_direction: OrderDirection,
    ) -> Result<Vec<Message>> {
        let hub = ctx.data::<Arc<Hub>>()?;
        let mut select = page(first, skip)?;
        r#where.unwrap_or_default().apply(&mut select);
        let column = match order_by.as_deref() {
            Some("timestamp") => "created",
            None | Some("mci") => "position",
            Some(other) => return Err(unknown_order(other)),
        };
        select.order(column, "position", order_direction == OrderDirection::Desc);
        let rows = hub.store.log(&select).await.map_err(|error| failed(hub, &error))?;
        Ok(rows.into_iter().map(Message).collect())
    }
}

/// The votes that `select` selects, with their proposals if these are asked for.
async fn votes(ctx: &Context<'_>, select: &Select) -> Result<Vec<Vote>> {
    let hub = ctx.data::<Arc<Hub>>()?;
    let items: Vec<VoteItem> = hub.store.votes(select).await.map_err(|error| failed(hub, &error))?;
    let mut proposals: HashMap<B256, Arc<Proposal>> = HashMap::new();
    if wants_proposals(ctx) && !items.is_empty() {
        let mut of_votes = Select::page(Select::MOST, 0);
        of_votes.one_of("id", proposals_of(&items));
        let found = hub.store.proposals(of_votes).await.map_err(|error| failed(hub, &error))?;
        proposals.extend(found.into_iter().map(|found| (found.record.id, Arc::new(found))));
    }
    let vote = |item: VoteItem| Vote { proposal: proposals.get(&item.proposal).cloned(), item };
    Ok(items.into_iter().map(vote).collect())
}
