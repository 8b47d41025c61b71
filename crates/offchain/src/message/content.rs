//! What messages say, without the form that they say it in.

use alloy::primitives::Address;

use super::{FieldValue, Kind, Message};

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Opens a proposal.
    Proposal(Proposal),
    /// Changes one.
    UpdateProposal(UpdateProposal),
    /// Withdraws one.
    CancelProposal(CancelProposal),
    /// Marks one as suspicious.
    FlagProposal(FlagProposal),
    /// Votes.
    Vote(Vote),
    /// Sets up a space.
    Space(SpaceMessage),
    /// Removes a space.
    DeleteSpace(DeleteSpace),
    /// Lets another account sign.
    Alias(Alias),
    /// Something that has no part in votes; [`Message::text`] gives its fields.
    Other,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Author.
    pub from: Address,
    /// Id of the space.
    pub space: String,
    /// Unix time in seconds of the message.
    pub timestamp: u64,
    /// The voting system, such as `single-choice`.
    pub system: String,
    /// Title.
    pub title: String,
    /// Text, in Markdown.
    pub body: String,
    /// Address of a discussion, or nothing.
    pub discussion: String,
    /// What can be voted for.
    pub choices: Vec<String>,
    /// Labels of the space.
    pub labels: Vec<String>,
    /// First second of the vote.
    pub start: u64,
    /// Last second of the vote.
    pub end: u64,
    /// Block at which voting power is counted.
    pub snapshot: u64,
    /// Settings of plugins, as JSON.
    pub plugins: String,
    /// `shutter` for encrypted votes, or nothing.
    pub privacy: String,
    /// The program that it was written with.
    pub app: String,
}

/// A change of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateProposal {
    /// Id of the proposal.
    pub proposal: String,
    /// Author.
    pub from: Address,
    /// Id of the space.
    pub space: String,
    /// Unix time in seconds of the message.
    pub timestamp: u64,
    /// The voting system.
    pub system: String,
    /// Title.
    pub title: String,
    /// Text, in Markdown.
    pub body: String,
    /// Address of a discussion, or nothing.
    pub discussion: String,
    /// What can be voted for.
    pub choices: Vec<String>,
    /// Labels of the space.
    pub labels: Vec<String>,
    /// Settings of plugins, as JSON.
    pub plugins: String,
    /// `shutter` for encrypted votes, or nothing.
    pub privacy: String,
}

/// The end of a proposal before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelProposal {
    /// Who withdraws it.
    pub from: Address,
    /// Id of the space.
    pub space: String,
    /// Unix time in seconds of the message.
    pub timestamp: u64,
    /// Id of the proposal.
    pub proposal: String,
}

/// A mark on a suspicious proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagProposal {
    /// Who marks it.
    pub from: Address,
    /// Id of the space.
    pub space: String,
    /// Id of the proposal.
    pub proposal: String,
    /// Unix time in seconds of the message.
    pub timestamp: u64,
}

/// The choice of a vote, as it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedChoice {
    /// One choice, from 1.
    One(u32),
    /// Several choices, from 1, or their order.
    Several(Vec<u32>),
    /// JSON with weights by choice, or a ciphertext.
    Text(String),
}

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Voter.
    pub from: Address,
    /// Id of the space.
    pub space: String,
    /// Unix time in seconds of the message.
    pub timestamp: u64,
    /// Id of the proposal.
    pub proposal: String,
    /// What it votes for.
    pub choice: SignedChoice,
    /// Why, or nothing.
    pub reason: String,
    /// The program that it was cast with.
    pub app: String,
    /// Further data, as JSON.
    pub metadata: String,
}

/// Settings of a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceMessage {
    /// Controller of the space.
    pub from: Address,
    /// Id of the space.
    pub space: String,
    /// Unix time in seconds of the message.
    pub timestamp: u64,
    /// The settings, as JSON.
    pub settings: String,
}

/// The end of a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteSpace {
    /// Controller of the space.
    pub from: Address,
    /// Id of the space.
    pub space: String,
    /// Unix time in seconds of the message; zero in the old form that has none.
    pub timestamp: u64,
}

/// The leave for another account to sign for this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Who gives it.
    pub from: Address,
    /// Who gets it.
    pub alias: Address,
    /// Unix time in seconds of the message; zero in the old form that has none.
    pub timestamp: u64,
}

impl Message {
    /// What it says. What its form has no field for is empty.
    #[must_use]
    pub fn content(&self) -> Content {
        let (from, timestamp) = (self.from(), self.timestamp().unwrap_or_default());
        let text = |name| self.text(name).unwrap_or_default().to_owned();
        let texts = |name| self.texts(name).unwrap_or_default().to_vec();
        let number = |name| self.number(name).unwrap_or_default();
        let space = text("space");
        match self.kind() {
            Kind::Proposal => Content::Proposal(Proposal {
                from,
                space,
                timestamp,
                system: text("type"),
                title: text("title"),
                body: text("body"),
                discussion: text("discussion"),
                choices: texts("choices"),
                labels: texts("labels"),
                start: number("start"),
                end: number("end"),
                snapshot: number("snapshot"),
                plugins: text("plugins"),
                privacy: text("privacy"),
                app: text("app"),
            }),
            Kind::UpdateProposal => Content::UpdateProposal(UpdateProposal {
                proposal: self.proposal(),
                from,
                space,
                timestamp,
                system: text("type"),
                title: text("title"),
                body: text("body"),
                discussion: text("discussion"),
                choices: texts("choices"),
                labels: texts("labels"),
                plugins: text("plugins"),
                privacy: text("privacy"),
            }),
            Kind::CancelProposal => {
                Content::CancelProposal(CancelProposal { from, space, timestamp, proposal: self.proposal() })
            }
            Kind::FlagProposal => {
                Content::FlagProposal(FlagProposal { from, space, proposal: self.proposal(), timestamp })
            }
            Kind::Vote | Kind::VoteArray | Kind::VoteString => Content::Vote(Vote {
                from,
                space,
                timestamp,
                proposal: self.proposal(),
                choice: self.choice(),
                reason: text("reason"),
                app: text("app"),
                metadata: text("metadata"),
            }),
            Kind::Space => {
                Content::Space(SpaceMessage { from, space, timestamp, settings: text("settings") })
            }
            Kind::DeleteSpace => Content::DeleteSpace(DeleteSpace { from, space, timestamp }),
            Kind::Alias => match self.value("alias") {
                Some(FieldValue::Address(alias)) => Content::Alias(Alias { from, alias: *alias, timestamp }),
                _ => Content::Other,
            },
            _ => Content::Other,
        }
    }

    /// Id of the proposal that it is about, which is a text in one form and a word in another.
    pub(crate) fn proposal(&self) -> String {
        match self.value("proposal") {
            Some(FieldValue::Text(text)) => text.clone(),
            Some(FieldValue::Word(word)) => word.to_string(),
            _ => String::new(),
        }
    }

    fn choice(&self) -> SignedChoice {
        match self.value("choice") {
            Some(FieldValue::Text(text)) => SignedChoice::Text(text.clone()),
            Some(FieldValue::Numbers(choices)) => SignedChoice::Several(choices.clone()),
            // A choice of zero is none.
            _ => SignedChoice::One(
                self.number("choice").and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
            ),
        }
    }
}
