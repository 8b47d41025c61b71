//! The kinds of messages.

use std::fmt;

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Opens a proposal.
    Proposal,
    /// Changes a proposal before its vote begins.
    UpdateProposal,
    /// Withdraws a proposal.
    CancelProposal,
    /// Marks a proposal as suspicious.
    FlagProposal,
    /// A vote for one choice.
    Vote,
    /// A vote that lists or ranks choices.
    VoteArray,
    /// A vote that weighs choices, or an encrypted one.
    VoteString,
    /// Settings of a space.
    Space,
    /// Removes a space.
    DeleteSpace,
    /// Lets another account sign for this one.
    Alias,
    /// Follows a space.
    Follow,
    /// No longer follows a space.
    Unfollow,
    /// Subscribes to the notices of a space.
    Subscribe,
    /// Ends that.
    Unsubscribe,
    /// A profile of an account.
    Profile,
    /// What a delegate states about itself.
    Statement,
}

impl Kind {
    /// The protocol's word, such as `delete-proposal`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposal => "proposal",
            Self::UpdateProposal => "update-proposal",
            Self::CancelProposal => "delete-proposal",
            Self::FlagProposal => "flag-proposal",
            Self::Vote => "vote",
            Self::VoteArray => "vote-array",
            Self::VoteString => "vote-string",
            Self::Space => "settings",
            Self::DeleteSpace => "delete-space",
            Self::Alias => "alias",
            Self::Follow => "follow",
            Self::Unfollow => "unfollow",
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Profile => "profile",
            Self::Statement => "statement",
        }
    }

    /// Whether it is a vote, with whatever choice.
    #[must_use]
    pub const fn is_vote(self) -> bool {
        matches!(self, Self::Vote | Self::VoteArray | Self::VoteString)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
