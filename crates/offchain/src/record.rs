//! Proposals and votes as hubs publish them, in the JSON of their GraphQL.

use std::str::FromStr;

use alloy::primitives::{Address, B256};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::message::{Proposal, UpdateProposal};
use crate::space::{Settings, Space, StrategySettings, ValidationSettings, quorum_of};
use crate::tally::{Choice, Quorum, System};
use crate::{Error, Result};

/// A proposal that a hub has accepted, with what was frozen of its space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalRecord {
    /// Id: the digest of its message.
    pub id: B256,
    /// Author.
    pub author: Address,
    /// Unix time in seconds of the message.
    pub created: u64,
    /// The space.
    pub space: SpaceId,
    /// Chain id in decimal digits.
    pub network: String,
    /// The voting system.
    #[serde(rename = "type")]
    pub system: String,
    /// Title.
    pub title: String,
    /// Text.
    #[serde(default)]
    pub body: String,
    /// Address of a discussion, or nothing.
    #[serde(default)]
    pub discussion: String,
    /// What can be voted for.
    pub choices: Vec<String>,
    /// Labels.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: Vec<String>,
    /// First second of the vote.
    pub start: u64,
    /// Last second of the vote.
    pub end: u64,
    /// Block at which voting power is counted. Hubs write it as a text.
    #[serde(deserialize_with = "number", serialize_with = "text")]
    pub snapshot: u64,
    /// What adds up to voting power.
    pub strategies: Vec<StrategySettings>,
    /// Who may vote.
    #[serde(default, deserialize_with = "or_default")]
    pub validation: ValidationSettings,
    /// Settings of plugins, as they were signed.
    #[serde(default, deserialize_with = "or_default")]
    pub plugins: Map<String, Value>,
    /// Votes that must be reached.
    #[serde(default, deserialize_with = "or_default")]
    pub quorum: f64,
    /// `rejection` where these are votes against.
    #[serde(default, deserialize_with = "or_default")]
    pub quorum_type: String,
    /// `shutter` for encrypted votes, or nothing.
    #[serde(default, deserialize_with = "or_default")]
    pub privacy: String,
    /// The program that it was written with.
    #[serde(default, deserialize_with = "or_default")]
    pub app: String,
    /// What each choice has, as the hub counts.
    #[serde(default, deserialize_with = "or_default")]
    pub scores: Vec<f64>,
    /// What all ballots have, as the hub counts.
    #[serde(default, rename = "scores_total", deserialize_with = "or_default")]
    pub scores_total: f64,
    /// `final` once the vote is over and counted.
    #[serde(default, rename = "scores_state", deserialize_with = "or_default")]
    pub scores_state: String,
    /// Number of votes, as the hub counts.
    #[serde(default, deserialize_with = "or_default")]
    pub votes: u64,
}

/// The space of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceId {
    /// Id.
    pub id: String,
}

/// A vote that a hub has accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoteRecord {
    /// Id: the digest of its message.
    pub id: B256,
    /// Voter.
    pub voter: Address,
    /// Unix time in seconds of the message.
    pub created: u64,
    /// What it says.
    pub choice: Value,
    /// Votes of the voter, as the hub counts.
    #[serde(default, deserialize_with = "or_default")]
    pub vp: f64,
    /// The same for each strategy.
    #[serde(default, deserialize_with = "or_default")]
    pub vp_by_strategy: Vec<f64>,
    /// Why.
    #[serde(default, deserialize_with = "or_default")]
    pub reason: String,
    /// The program that it was cast with.
    #[serde(default, deserialize_with = "or_default")]
    pub app: String,
}

impl ProposalRecord {
    /// The record of the proposal `id` in `space`, with what is frozen of the space.
    ///
    /// # Errors
    /// [`Error::Json`] when the plugins are no JSON object.
    pub fn new(id: B256, proposal: &Proposal, space: &Space) -> Result<Self> {
        let Settings { network, strategies, vote_validation, voting, .. } = &space.settings;
        let privacy = voting.privacy.clone().filter(|privacy| privacy != "any");
        Ok(Self {
            id,
            author: proposal.from,
            created: proposal.timestamp,
            space: SpaceId { id: space.id.clone() },
            network: network.clone(),
            system: proposal.system.clone(),
            title: proposal.title.clone(),
            body: proposal.body.clone(),
            discussion: proposal.discussion.clone(),
            choices: proposal.choices.clone(),
            labels: proposal.labels.clone(),
            start: proposal.start,
            end: proposal.end,
            snapshot: proposal.snapshot,
            strategies: strategies.clone(),
            validation: vote_validation
                .clone()
                .unwrap_or_else(|| ValidationSettings { name: "any".into(), params: Map::new() }),
            plugins: plugins(&proposal.plugins)?,
            quorum: voting.quorum.unwrap_or_default(),
            quorum_type: voting.quorum_type.clone().unwrap_or_default(),
            privacy: privacy.unwrap_or_else(|| proposal.privacy.clone()),
            app: proposal.app.clone(),
            scores: Vec::new(),
            scores_total: 0.0,
            scores_state: "pending".into(),
            votes: 0,
        })
    }

    /// Changes what an update may change.
    ///
    /// # Errors
    /// [`Error::Json`] when the plugins are no JSON object.
    pub fn update(&mut self, update: &UpdateProposal) -> Result<()> {
        self.plugins = plugins(&update.plugins)?;
        self.system.clone_from(&update.system);
        self.title.clone_from(&update.title);
        self.body.clone_from(&update.body);
        self.discussion.clone_from(&update.discussion);
        self.choices.clone_from(&update.choices);
        self.labels.clone_from(&update.labels);
        self.privacy.clone_from(&update.privacy);
        Ok(())
    }

    /// The voting system.
    ///
    /// # Errors
    /// [`Error::UnknownSystem`].
    pub fn system(&self) -> Result<System> {
        System::from_str(&self.system)
    }

    /// What the power that a voter must have to vote is counted by, where the rule for voters counts it in a way of its own;
    /// nothing where it is the power of the vote.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn validation_strategies(&self) -> Result<Vec<StrategySettings>> {
        if self.validation.least_power().is_some() { self.validation.strategies() } else { Ok(Vec::new()) }
    }

    /// Whether its votes are encrypted, until somebody who has the key publishes what they say. That is not done here.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.privacy == "shutter"
    }

    /// What `json`, the choice of a vote as a hub publishes it, says in this vote. A text is a ciphertext where votes are
    /// encrypted.
    ///
    /// # Errors
    /// [`Error::UnknownSystem`].
    pub fn choice(&self, json: &Value) -> Result<Choice> {
        let system = self.system()?;
        let is_ciphertext = self.is_encrypted() && json.is_string();
        Ok(if is_ciphertext { Choice::Encrypted } else { Choice::of_json(system, json) })
    }

    /// What must be reached.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        quorum_of(self.quorum, &self.quorum_type)
    }
}

/// The plugins of a message.
pub(crate) fn plugins(text: &str) -> Result<Map<String, Value>> {
    match crate::json::parse(text.as_bytes()) {
        Ok(Value::Object(plugins)) => Ok(plugins),
        Ok(_) => Err(Error::Json("the plugins are not a JSON object".into())),
        Err(error) => Err(Error::Json(error.to_string())),
    }
}

/// `null` is as good as nothing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    Option::deserialize(input).map(Option::unwrap_or_default)
}

fn number<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    match Either::deserialize(input)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

fn text<S: serde::Serializer>(number: &u64, output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(number)
}
