//! Spaces: who may propose, how votes are held, and what counts as voting power.

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::message::address;
use crate::tally::{Quorum, System, Total};
use crate::{Error, Result, json, phase};

/// Most strategies of a space.
pub const MAX_STRATEGIES: usize = 10;

/// Most accounts in each list of a space.
const MAX_ACCOUNTS: usize = 100;

/// Longest delay between a proposal and its vote, in seconds: 30 days.
const MAX_DELAY: u64 = 2_592_000;

/// Longest vote, in seconds: 366 days.
const MAX_PERIOD: u64 = 31_622_400;

/// Settings of a space, in the protocol's own JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Name.
    pub name: String,
    /// Chain id of the network, in decimal digits.
    pub network: String,
    /// Symbol of the voting power.
    pub symbol: String,
    /// What adds up to voting power.
    pub strategies: Vec<StrategySettings>,
    /// Who may change the settings and propose.
    pub admins: Vec<String>,
    /// Who may cancel proposals and propose.
    pub moderators: Vec<String>,
    /// Who may propose.
    pub members: Vec<String>,
    /// Who else may propose.
    pub filters: Filters,
    /// Who else may propose, in the newer form.
    pub validation: Option<ValidationSettings>,
    /// Who may vote.
    pub vote_validation: Option<ValidationSettings>,
    /// How votes are held.
    pub voting: Voting,
    /// Settings of plugins.
    pub plugins: Map<String, Value>,
    /// All other settings, which have no part in votes.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A strategy of a space.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategySettings {
    /// Name, such as `erc20-balance-of`.
    pub name: String,
    /// Chain id in decimal digits; that of the space where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// What the strategy wants to know.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// A rule for accounts. The rule `basic` asks for `minScore` votes, counted by `strategies` of its own where it has any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValidationSettings {
    /// Name: `any` or `basic`.
    pub name: String,
    /// What the rule wants to know.
    #[serde(default)]
    pub params: Map<String, Value>,
}

impl ValidationSettings {
    /// The votes that the rule asks for, where it is `basic` and asks for some.
    #[must_use]
    pub fn least_power(&self) -> Option<Total> {
        let least = self.params.get("minScore").and_then(Value::as_f64).filter(|least| *least > 0.0);
        least.filter(|_| self.name == "basic").map(Total::of_votes)
    }

    /// What the rule counts votes by; nothing where it is what the space counts them by.
    ///
    /// # Errors
    /// [`Error::Settings`] when these are no strategies, or more than 10.
    pub fn strategies(&self) -> Result<Vec<StrategySettings>> {
        let wrong = |what: &str| Error::Settings(format!("`strategies` of a validation: {what}"));
        let Some(list) = self.params.get("strategies").filter(|list| !list.is_null()) else {
            return Ok(Vec::new());
        };
        let list: Vec<StrategySettings> =
            serde_json::from_value(list.clone()).map_err(|error| wrong(&error.to_string()))?;
        if list.len() > MAX_STRATEGIES { Err(wrong("there are more than 10")) } else { Ok(list) }
    }
}

/// Who may propose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Filters {
    /// Least voting power of an author.
    pub min_score: Option<f64>,
    /// Nobody but members, moderators and admins.
    pub only_members: bool,
    /// All other filters.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How votes are held.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Voting {
    /// Seconds between a proposal and its vote; any where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<u64>,
    /// Seconds of a vote; any where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<u64>,
    /// The voting system; any where there is none.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Votes that must be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<f64>,
    /// `rejection` where the quorum is one of votes against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum_type: Option<String>,
    /// Whether others may sign for an account that has made them its aliases.
    pub aliased: bool,
    /// Abstentions are not shown.
    pub hide_abstain: bool,
    /// `shutter` for encrypted votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
    /// All other settings.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A space.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Id: its name in ENS, such as `usebraintrust.eth`.
    pub id: String,
    /// Settings.
    pub settings: Settings,
}

impl Space {
    /// The space `id` with `settings` in JSON.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Settings`].
    pub fn parse(id: &str, settings: &str) -> Result<Self> {
        let value = json::parse(settings.as_bytes()).map_err(|error| Error::Json(error.to_string()))?;
        let settings: Settings =
            serde_json::from_value(value).map_err(|error| Error::Json(error.to_string()))?;
        let space = Self { id: id.to_owned(), settings };
        space.check()?;
        Ok(space)
    }

    /// Whether the settings make sense.
    ///
    /// # Errors
    /// [`Error::Settings`] with the first that does not.
    pub fn check(&self) -> Result<()> {
        let Settings { name, network, strategies, voting, .. } = &self.settings;
        let wrong = |what: &str| Err(Error::Settings(what.to_owned()));
        if !is_space_id(&self.id) {
            return wrong("the id is not a normalised name such as `usebraintrust.eth`");
        }
        if !(1..=32).contains(&name.chars().count()) {
            return wrong("`name` does not have 1 to 32 characters");
        }
        if network.parse::<u64>().is_err() {
            return wrong("`network` is not a chain id in digits");
        }
        if !(1..=MAX_STRATEGIES).contains(&strategies.len()) {
            return wrong("there are not 1 to 10 `strategies`");
        }
        for validation in [&self.settings.validation, &self.settings.vote_validation].into_iter().flatten() {
            validation.strategies()?;
        }
        if self.lists().iter().any(|(_, list)| list.len() > MAX_ACCOUNTS) {
            return wrong("there are more than 100 accounts in a list");
        }
        for (list, accounts) in self.lists() {
            if let Some(text) = accounts.iter().find(|text| address(text).is_none()) {
                return wrong(&format!("`{}` in `{list}` is not an address", crate::error::shown(text)));
            }
        }
        if voting.delay.is_some_and(|delay| delay > MAX_DELAY) {
            return wrong("`voting.delay` is above 30 days");
        }
        if voting.period.is_some_and(|period| period > MAX_PERIOD) {
            return wrong("`voting.period` is above 366 days");
        }
        if voting.quorum.is_some_and(|quorum| !(quorum.is_finite() && quorum >= 0.0)) {
            return wrong("`voting.quorum` is not a number of votes");
        }
        if voting.quorum_type.as_deref().is_some_and(|kind| !matches!(kind, "default" | "rejection")) {
            return wrong("`voting.quorumType` is not `rejection`");
        }
        if voting
            .system
            .as_deref()
            .is_some_and(|system| !system.is_empty() && system.parse::<System>().is_err())
        {
            return wrong("`voting.type` is not a voting system");
        }
        if phase::applies_to(&self.settings)
            && let Some(fault) = phase::fault_of(&self.settings)
        {
            return wrong(fault);
        }
        Ok(())
    }

    fn lists(&self) -> [(&'static str, &[String]); 3] {
        let Settings { admins, moderators, members, .. } = &self.settings;
        [("admins", admins), ("moderators", moderators), ("members", members)]
    }

    /// Whether `account` may change the settings.
    #[must_use]
    pub fn is_admin(&self, account: Address) -> bool {
        has(&self.settings.admins, account)
    }

    /// Whether `account` may cancel the proposals of others.
    #[must_use]
    pub fn is_moderator(&self, account: Address) -> bool {
        self.is_admin(account) || has(&self.settings.moderators, account)
    }

    /// Whether `account` may propose whatever voting power it has.
    #[must_use]
    pub fn is_author(&self, account: Address) -> bool {
        self.is_moderator(account) || has(&self.settings.members, account)
    }

    /// What must be reached.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        let voting = &self.settings.voting;
        quorum_of(voting.quorum.unwrap_or_default(), voting.quorum_type.as_deref().unwrap_or_default())
    }

    /// What the power of an author who is no member is counted by.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn author_strategies(&self) -> Result<Vec<StrategySettings>> {
        let own = self.settings.validation.as_ref().map(ValidationSettings::strategies).transpose()?;
        Ok(own.filter(|own| !own.is_empty()).unwrap_or_else(|| self.settings.strategies.clone()))
    }

    /// Least voting power of an author who is no member; `None` where anybody may propose.
    #[must_use]
    pub fn least_power(&self) -> Option<Total> {
        let validation = self.settings.validation.as_ref();
        if validation.is_some_and(|validation| validation.name == "any") {
            return None;
        }
        let own = validation.and_then(|validation| validation.params.get("minScore")).and_then(Value::as_f64);
        let least = own.filter(|least| *least > 0.0).or(self.settings.filters.min_score)?;
        (least > 0.0).then(|| Total::of_votes(least))
    }
}

/// The quorum of so many votes, of the kind `kind`.
pub(crate) fn quorum_of(votes: f64, kind: &str) -> Quorum {
    match (votes > 0.0, kind) {
        (false, _) => Quorum::None,
        (true, "rejection") => Quorum::Rejection(Total::of_votes(votes)),
        (true, _) => Quorum::Turnout(Total::of_votes(votes)),
    }
}

fn has(list: &[String], account: Address) -> bool {
    list.iter().any(|text| address(text) == Some(account))
}

/// Whether `id` is a name as ENS normalises it. Names in other scripts than ASCII have rules of their own, which this
/// does not know: they are refused rather than taken in two spellings.
#[must_use]
pub fn is_space_id(id: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
            && !label.trim_start_matches('_').contains('_')
            && label.get(2..4) != Some("--")
    };
    id.len() <= 100 && id.contains('.') && id.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_normalised_names() {
        for id in ["usebraintrust.eth", "a.b.eth", "_x.eth", "0x-1.eth"] {
            assert!(is_space_id(id), "{id}");
        }
        for id in [
            "",
            "eth",
            ".eth",
            "UseBraintrust.eth",
            "a..eth",
            "a b.eth",
            "a_b.eth",
            "xn--a.eth",
            "ünï.eth",
            "a.eth ",
        ] {
            assert!(!is_space_id(id), "{id}");
        }
    }
}
