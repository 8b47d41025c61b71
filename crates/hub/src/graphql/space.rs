//! Spaces, as clients ask for them.

use async_graphql::Object;
use btrst_offchain::Space;
use btrst_offchain::space::{Filters, StrategySettings, ValidationSettings, Voting};
use serde_json::Value;

use super::Any;

/// A space.
pub struct SpaceItem(pub Space);

impl SpaceItem {
    fn rest(&self, key: &str) -> Option<String> {
        self.0.settings.rest.get(key).and_then(Value::as_str).map(str::to_owned)
    }
}

/// A space.
#[Object(name = "Space")]
impl SpaceItem {
    /// Id.
    async fn id(&self) -> &str {
        &self.0.id
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// What it is about.
    async fn about(&self) -> Option<String> {
        self.rest("about")
    }

    /// Address of its picture.
    async fn avatar(&self) -> Option<String> {
        self.rest("avatar")
    }

    /// Address of its site.
    async fn website(&self) -> Option<String> {
        self.rest("website")
    }

    /// Whether it is hidden.
    async fn private(&self) -> bool {
        self.0.settings.rest.get("private").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Chain id.
    async fn network(&self) -> &str {
        &self.0.settings.network
    }

    /// Symbol of the voting power.
    async fn symbol(&self) -> &str {
        &self.0.settings.symbol
    }

    /// What adds up to voting power.
    async fn strategies(&self) -> Vec<Strategy> {
        strategies(&self.0.settings.strategies)
    }

    /// Who may change the settings.
    async fn admins(&self) -> &[String] {
        &self.0.settings.admins
    }

    /// Who may cancel proposals.
    async fn moderators(&self) -> &[String] {
        &self.0.settings.moderators
    }

    /// Who may propose.
    async fn members(&self) -> &[String] {
        &self.0.settings.members
    }

    /// Who else may propose.
    async fn filters(&self) -> SpaceFilters {
        SpaceFilters(self.0.settings.filters.clone())
    }

    /// How votes are held.
    async fn voting(&self) -> SpaceVoting {
        SpaceVoting(self.0.settings.voting.clone())
    }

    /// Who else may propose, in the newer form.
    async fn validation(&self) -> Option<Validation> {
        self.0.settings.validation.clone().map(Validation)
    }

    /// Who may vote.
    async fn vote_validation(&self) -> Option<Validation> {
        self.0.settings.vote_validation.clone().map(Validation)
    }

    /// Settings of plugins.
    async fn plugins(&self) -> Any {
        Any(Value::Object(self.0.settings.plugins.clone()))
    }
}

/// All of `settings`.
pub fn strategies(settings: &[StrategySettings]) -> Vec<Strategy> {
    settings.iter().cloned().map(Strategy).collect()
}

/// What adds to voting power.
pub struct Strategy(StrategySettings);

/// What adds to voting power.
#[Object]
impl Strategy {
    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Chain id.
    async fn network(&self) -> Option<&str> {
        self.0.network.as_deref()
    }

    /// What it wants to know.
    async fn params(&self) -> Any {
        Any(Value::Object(self.0.params.clone()))
    }
}

/// A rule for accounts.
pub struct Validation(pub ValidationSettings);

/// A rule for accounts.
#[Object]
impl Validation {
    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it wants to know.
    async fn params(&self) -> Any {
        Any(Value::Object(self.0.params.clone()))
    }
}

/// Who may propose.
pub struct SpaceFilters(Filters);

/// Who may propose.
#[Object]
impl SpaceFilters {
    /// Least voting power of an author.
    async fn min_score(&self) -> Option<f64> {
        self.0.min_score
    }

    /// Nobody but members.
    async fn only_members(&self) -> bool {
        self.0.only_members
    }
}

/// How votes are held.
pub struct SpaceVoting(Voting);

/// How votes are held.
#[Object]
impl SpaceVoting {
    /// Seconds between a proposal and its vote.
    async fn delay(&self) -> Option<u64> {
        self.0.delay
    }

    /// Seconds of a vote.
    async fn period(&self) -> Option<u64> {
        self.0.period
    }

    /// The voting system.
    async fn r#type(&self) -> Option<&str> {
        self.0.system.as_deref()
    }

    /// Votes that must be reached.
    async fn quorum(&self) -> Option<f64> {
        self.0.quorum
    }

    /// `rejection` where they are votes against.
    async fn quorum_type(&self) -> Option<&str> {
        self.0.quorum_type.as_deref()
    }

    /// `shutter` for encrypted votes.
    async fn privacy(&self) -> Option<&str> {
        self.0.privacy.as_deref()
    }

    /// Whether others may sign for an account.
    async fn aliased(&self) -> bool {
        self.0.aliased
    }

    /// Abstentions are not shown.
    async fn hide_abstain(&self) -> bool {
        self.0.hide_abstain
    }
}
