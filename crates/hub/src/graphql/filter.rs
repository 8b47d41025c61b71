//! What clients select by.

use alloy::primitives::Address;
use async_graphql::{Enum, InputObject};

use crate::store::Select;

/// Most values of a list.
const MOST_VALUES: usize = 1_000;

/// Whether the smallest comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(rename_items = "lowercase")]
pub enum OrderDirection {
    /// The smallest first.
    Asc,
    /// The largest first.
    #[default]
    Desc,
}

/// Selects spaces.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SpaceWhere {
    /// Id.
    pub id: Option<String>,
    /// Ids.
    pub id_in: Option<Vec<Option<String>>>,
}

/// Selects proposals.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(rename_fields = "snake_case")]
pub struct ProposalWhere {
    /// Id.
    pub id: Option<String>,
    /// Ids.
    pub id_in: Option<Vec<Option<String>>>,
    /// Address in IPFS.
    pub ipfs: Option<String>,
    /// Id of the space.
    pub space: Option<String>,
    /// Ids of spaces.
    pub space_in: Option<Vec<Option<String>>>,
    /// Author.
    pub author: Option<String>,
    /// Authors.
    pub author_in: Option<Vec<Option<String>>>,
    /// Voting system.
    #[graphql(name = "type")]
    pub system: Option<String>,
    /// `pending`, `active`, `closed`, or `all`.
    pub state: Option<String>,
    /// Whether it is marked as suspicious.
    pub flagged: Option<bool>,
    /// A part of the title.
    pub title_contains: Option<String>,
    /// Time of the message.
    pub created: Option<i64>,
    /// After.
    pub created_gt: Option<i64>,
    /// At or after.
    pub created_gte: Option<i64>,
    /// Before.
    pub created_lt: Option<i64>,
    /// At or before.
    pub created_lte: Option<i64>,
    /// Begin of the vote.
    pub start: Option<i64>,
    /// After.
    pub start_gt: Option<i64>,
    /// At or after.
    pub start_gte: Option<i64>,
    /// Before.
    pub start_lt: Option<i64>,
    /// At or before.
    pub start_lte: Option<i64>,
    /// End of the vote.
    pub end: Option<i64>,
    /// After.
    pub end_gt: Option<i64>,
    /// At or after.
    pub end_gte: Option<i64>,
    /// Before.
    pub end_lt: Option<i64>,
    /// At or before.
    pub end_lte: Option<i64>,
}

/// Selects votes.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(rename_fields = "snake_case")]
pub struct VoteWhere {
    /// Id.
    pub id: Option<String>,
    /// Ids.
    pub id_in: Option<Vec<Option<String>>>,
    /// Address in IPFS.
    pub ipfs: Option<String>,
    /// Id of the space.
    pub space: Option<String>,
    /// Ids of spaces.
    pub space_in: Option<Vec<Option<String>>>,
    /// Voter.
    pub voter: Option<String>,
    /// Voters.
    pub voter_in: Option<Vec<Option<String>>>,
    /// Id of the proposal.
    pub proposal: Option<String>,
    /// Ids of proposals.
    pub proposal_in: Option<Vec<Option<String>>>,
    /// Another reason than this one.
    pub reason_not: Option<String>,
    /// Time of the message.
    pub created: Option<i64>,
    /// After.
    pub created_gt: Option<i64>,
    /// At or after.
    pub created_gte: Option<i64>,
    /// Before.
    pub created_lt: Option<i64>,
    /// At or before.
    pub created_lte: Option<i64>,
    /// Voting power.
    pub vp: Option<f64>,
    /// More.
    pub vp_gt: Option<f64>,
    /// As much or more.
    pub vp_gte: Option<f64>,
    /// Less.
    pub vp_lt: Option<f64>,
    /// As much or less.
    pub vp_lte: Option<f64>,
}

/// Selects messages.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(rename_fields = "snake_case")]
pub struct MessageWhere {
    /// Id.
    pub id: Option<String>,
    /// Ids.
    pub id_in: Option<Vec<Option<String>>>,
    /// Number in the log.
    pub mci: Option<i64>,
    /// Larger.
    pub mci_gt: Option<i64>,
    /// As large or larger.
    pub mci_gte: Option<i64>,
    /// Smaller.
    pub mci_lt: Option<i64>,
    /// As small or smaller.
    pub mci_lte: Option<i64>,
    /// Id of the space.
    pub space: Option<String>,
    /// Ids of spaces.
    pub space_in: Option<Vec<Option<String>>>,
    /// What the message does.
    #[graphql(name = "type")]
    pub kind: Option<String>,
    /// What the messages do.
    #[graphql(name = "type_in")]
    pub kind_in: Option<Vec<Option<String>>>,
    /// Time of the message.
    pub timestamp: Option<i64>,
    /// After.
    pub timestamp_gt: Option<i64>,
    /// At or after.
    pub timestamp_gte: Option<i64>,
    /// Before.
    pub timestamp_lt: Option<i64>,
    /// At or before.
    pub timestamp_lte: Option<i64>,
}

/// Puts conditions into a [`Select`].
struct Conditions<'a>(&'a mut Select);

impl Conditions<'_> {
    fn text(&mut self, column: &'static str, one: Option<String>, list: Option<Vec<Option<String>>>) {
        if let Some(one) = one {
            self.0.text(column, "=", one);
        }
        if let Some(list) = list {
            self.0.one_of(column, list.into_iter().flatten().take(MOST_VALUES));
        }
    }

    /// Accounts are in small letters in the tables.
    fn account(&mut self, column: &'static str, one: Option<String>, list: Option<Vec<Option<String>>>) {
        let small = |text: String| text.parse::<Address>().map_or(text, |account| format!("{account:#x}"));
        let list = list.map(|list| list.into_iter().map(|text| text.map(small)).collect());
        self.text(column, one.map(small), list);
    }

    fn integers(&mut self, column: &'static str, [equal, more, least, less, most]: [Option<i64>; 5]) {
        for (operator, value) in [("=", equal), (">", more), (">=", least), ("<", less), ("<=", most)] {
            if let Some(value) = value {
                self.0.integer(column, operator, value);
            }
        }
    }
}

impl SpaceWhere {
    /// Whether the space `id` is selected.
    pub fn has(&self, id: &str) -> bool {
        let listed = |list: &Vec<Option<String>>| list.iter().flatten().any(|one| one == id);
        self.id.as_deref().is_none_or(|one| one == id) && self.id_in.as_ref().is_none_or(listed)
    }
}

impl ProposalWhere {
    /// Puts it into `select`, at the time `now`.
    pub fn apply(self, select: &mut Select, now: u64) {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        match self.state.as_deref() {
            Some("pending") => select.integer("begins", ">", now),
            Some("active") => {
                select.integer("begins", "<=", now);
                select.integer("ends", ">=", now);
            }
            Some("closed") => select.integer("ends", "<", now),
            _ => {}
        }
        if let Some(flagged) = self.flagged {
            select.integer("flagged", "=", flagged.into());
        }
        if let Some(part) = self.title_contains.filter(|part| !part.is_empty()) {
            select.contains("title", &part);
        }
        let mut conditions = Conditions(select);
        conditions.text("id", self.id, self.id_in);
        conditions.text("ipfs", self.ipfs, None);
        conditions.text("space", self.space, self.space_in);
        conditions.account("author", self.author, self.author_in);
        conditions.text("system", self.system, None);
        let created = [self.created, self.created_gt, self.created_gte, self.created_lt, self.created_lte];
        conditions.integers("created", created);
        conditions
            .integers("begins", [self.start, self.start_gt, self.start_gte, self.start_lt, self.start_lte]);
        conditions.integers("ends", [self.end, self.end_gt, self.end_gte, self.end_lt, self.end_lte]);
    }
}

impl VoteWhere {
    /// Puts it into `select`.
    pub fn apply(self, select: &mut Select) {
        if let Some(reason) = self.reason_not {
            select.text("reason", "<>", reason);
        }
        let powers =
            [("=", self.vp), (">", self.vp_gt), (">=", self.vp_gte), ("<", self.vp_lt), ("<=", self.vp_lte)];
        for (operator, value) in powers {
            if let Some(value) = value {
                select.real("vp", operator, value);
            }
        }
        let mut conditions = Conditions(select);
        conditions.text("id", self.id, self.id_in);
        conditions.text("ipfs", self.ipfs, None);
        conditions.text("space", self.space, self.space_in);
        conditions.account("voter", self.voter, self.voter_in);
        conditions.text("proposal", self.proposal, self.proposal_in);
        let created = [self.created, self.created_gt, self.created_gte, self.created_lt, self.created_lte];
        conditions.integers("created", created);
    }
}

impl MessageWhere {
    /// Puts it into `select`.
    pub fn apply(self, select: &mut Select) {
        let mut conditions = Conditions(select);
        conditions.text("id", self.id, self.id_in);
        conditions.text("space", self.space, self.space_in);
        conditions.text("kind", self.kind, self.kind_in);
        conditions.integers("position", [self.mci, self.mci_gt, self.mci_gte, self.mci_lt, self.mci_lte]);
        let times =
            [self.timestamp, self.timestamp_gt, self.timestamp_gte, self.timestamp_lt, self.timestamp_lte];
        conditions.integers("created", times);
    }
}
