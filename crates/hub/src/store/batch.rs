//! What is written together: messages and what they change.

use alloy::primitives::{Address, B256};
use btrst_offchain::ingest::Rejection;

use crate::log::Entry;

/// A message that all rules allow, as far as the hub knew when it looked.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Id.
    pub id: B256,
    /// The protocol's word for what it does.
    pub kind: &'static str,
    /// Id of the space, or nothing.
    pub space: String,
    /// Unix time in seconds that the message states.
    pub created: u64,
    /// Unix time in seconds at which it came.
    pub received: u64,
    /// Address of the envelope in IPFS.
    pub ipfs: String,
    /// The hub's signature of the signature.
    pub receipt: String,
    /// The envelope as it is published.
    pub envelope: String,
    /// What it changes.
    pub change: Change,
}

/// What a message changes. Revisions are those of the proposal that the rules were applied to.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new proposal.
    Propose(Box<NewProposal>),
    /// Other words for one.
    Update {
        /// Its id.
        proposal: B256,
        /// Revision.
        revision: i64,
        /// Voting system.
        system: String,
        /// Title.
        title: String,
        /// The new record, in JSON.
        record: String,
    },
    /// The end of one.
    Cancel {
        /// Its id.
        proposal: B256,
        /// Revision.
        revision: i64,
    },
    /// A vote.
    Vote(Box<VoteRow>),
    /// The leave for `alias` to sign for `account`.
    Alias {
        /// Who gives it.
        account: Address,
        /// Who gets it.
        alias: Address,
    },
}

/// A new proposal.
#[derive(Clone, Debug)]
pub struct NewProposal {
    /// Author.
    pub author: Address,
    /// Whether the author is a member of the space, whose proposals that have not ended are not limited.
    pub is_member: bool,
    /// Voting system.
    pub system: String,
    /// Title.
    pub title: String,
    /// First second of the vote.
    pub begins: u64,
    /// Last second of the vote.
    pub ends: u64,
    /// The record, in JSON.
    pub record: String,
}

/// A vote.
#[derive(Clone, Debug)]
pub struct VoteRow {
    /// Id of the proposal.
    pub proposal: B256,
    /// Revision of the proposal.
    pub revision: i64,
    /// Voter.
    pub voter: Address,
    /// What it says, in JSON.
    pub choice: String,
    /// Power in units of 10^-18.
    pub power: u128,
    /// The nearest number of whole votes.
    pub vp: f64,
    /// The same by strategy, in JSON.
    pub vp_by_strategy: String,
    /// Why.
    pub reason: String,
    /// The program that it was cast with.
    pub app: String,
    /// Further data, as JSON.
    pub metadata: String,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on disk, as this entry of the log.
    Written(Entry),
    /// It was there already.
    Duplicate,
    /// The proposal has changed since the rules were applied.
    Stale,
    /// Others were faster, and there is no place left for it.
    Refused(Rejection),
    /// The voter has a vote that counts before this one.
    Outvoted {
        /// Its time.
        created: u64,
        /// Its id.
        id: B256,
    },
}
