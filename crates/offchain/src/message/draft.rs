//! Messages to be signed, from what they say; each in the current form of its kind.
//!
//! All of these fail with [`Error::WrongField`] for an integer above [`MAX_INTEGER`](super::MAX_INTEGER) only.

use serde_json::{Value, json};

use super::{
    Alias, CancelProposal, FlagProposal, Form, Kind, Message, Proposal, SignedChoice, SpaceMessage,
    UpdateProposal, Vote,
};
use crate::{Error, Result};

impl Message {
    fn current(kind: Kind, fields: &Value) -> Result<Self> {
        let form = Form::current(kind).ok_or(Error::NoForm(kind))?;
        Self::from_json(form, fields.as_object().ok_or(Error::NoForm(kind))?)
    }
}

impl TryFrom<&Proposal> for Message {
    type Error = Error;

    fn try_from(proposal: &Proposal) -> Result<Self> {
        let fields = json!({
            "from": proposal.from.to_string(),
            "space": proposal.space,
            "timestamp": proposal.timestamp,
            "type": proposal.system,
            "title": proposal.title,
            "body": proposal.body,
            "discussion": proposal.discussion,
            "choices": proposal.choices,
            "labels": proposal.labels,
            "start": proposal.start,
            "end": proposal.end,
            "snapshot": proposal.snapshot,
            "plugins": proposal.plugins,
            "privacy": proposal.privacy,
            "app": proposal.app,
        });
        Self::current(Kind::Proposal, &fields)
    }
}

impl TryFrom<&UpdateProposal> for Message {
    type Error = Error;

    fn try_from(update: &UpdateProposal) -> Result<Self> {
        let fields = json!({
            "proposal": update.proposal,
            "from": update.from.to_string(),
            "space": update.space,
            "timestamp": update.timestamp,
            "type": update.system,
            "title": update.title,
            "body": update.body,
            "discussion": update.discussion,
            "choices": update.choices,
            "labels": update.labels,
            "plugins": update.plugins,
            "privacy": update.privacy,
        });
        Self::current(Kind::UpdateProposal, &fields)
    }
}

impl TryFrom<&CancelProposal> for Message {
    type Error = Error;

    fn try_from(cancel: &CancelProposal) -> Result<Self> {
        let fields = json!({
            "from": cancel.from.to_string(),
            "space": cancel.space,
            "timestamp": cancel.timestamp,
            "proposal": cancel.proposal,
        });
        Self::current(Kind::CancelProposal, &fields)
    }
}

impl TryFrom<&FlagProposal> for Message {
    type Error = Error;

    fn try_from(flag: &FlagProposal) -> Result<Self> {
        let fields = json!({
            "from": flag.from.to_string(),
            "space": flag.space,
            "proposal": flag.proposal,
            "timestamp": flag.timestamp,
        });
        Self::current(Kind::FlagProposal, &fields)
    }
}

impl TryFrom<&Vote> for Message {
    type Error = Error;

    fn try_from(vote: &Vote) -> Result<Self> {
        let (kind, choice) = match &vote.choice {
            SignedChoice::One(choice) => (Kind::Vote, json!(choice)),
            SignedChoice::Several(choices) => (Kind::VoteArray, json!(choices)),
            SignedChoice::Text(choice) => (Kind::VoteString, json!(choice)),
        };
        let fields = json!({
            "from": vote.from.to_string(),
            "space": vote.space,
            "timestamp": vote.timestamp,
            "proposal": vote.proposal,
            "choice": choice,
            "reason": vote.reason,
            "app": vote.app,
            "metadata": vote.metadata,
        });
        Self::current(kind, &fields)
    }
}

impl TryFrom<&SpaceMessage> for Message {
    type Error = Error;

    fn try_from(space: &SpaceMessage) -> Result<Self> {
        let fields = json!({
            "from": space.from.to_string(),
            "space": space.space,
            "timestamp": space.timestamp,
            "settings": space.settings,
        });
        Self::current(Kind::Space, &fields)
    }
}

impl TryFrom<&Alias> for Message {
    type Error = Error;

    fn try_from(alias: &Alias) -> Result<Self> {
        let fields = json!({
            "from": alias.from.to_string(),
            "alias": alias.alias.to_string(),
            "timestamp": alias.timestamp,
        });
        Self::current(Kind::Alias, &fields)
    }
}
