//! Why a play could not go on.

use std::fmt;

use alloy::primitives::{Address, Bytes, U256};
use btrst_chain::revert;
use btrst_gov::governor;

use crate::trace::Outcome;

/// Why an act could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The governor's rules forbid it, in the governor's words.
    Governor(governor::Obstacle),
    /// All given delegates together do not carry it.
    TooFewVotes {
        /// Base units in favour, when all that have any voted.
        in_favour: U256,
        /// Base units against.
        against: U256,
        /// Base units in favour that it needs.
        quorum: U256,
        /// Base units in favour that it lacks, for the quorum or for the majority.
        missing: U256,
        /// Number of the given delegates that had votes to cast.
        voters: usize,
    },
    /// The transaction reverted.
    Reverted {
        /// Why, as far as it says.
        reason: String,
        /// What it returned.
        data: Bytes,
    },
    /// The machine stopped the transaction, for this reason, such as `out of gas`.
    Halted(String),
    /// No block could have the transaction, for this reason.
    Refused(String),
    /// Who executes has to attach more ether than it has.
    TooLittleEther {
        /// Who executes.
        account: Address,
        /// Wei to attach.
        needed: U256,
        /// Wei that it has.
        balance: U256,
    },
    /// The actions send more than there can be.
    TooMuchValue,
    /// Its window closed before it was its turn.
    TooLate {
        /// The last second in which it could be executed, Unix time in seconds.
        until: u64,
    },
    /// It was made, and the governor said nothing about it.
    NotAnnounced,
}

impl Obstacle {
    /// Why a transaction that ended like this did not succeed; `None` if it did.
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Success(_) => None,
            Outcome::Revert(data) => {
                Some(Self::Reverted { reason: revert::describe(data), data: data.clone() })
            }
            Outcome::Halt(reason) => Some(Self::Halted(reason.clone())),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Governor(obstacle) => rule(obstacle, f),
            Self::TooFewVotes { in_favour, quorum, missing, voters, .. } => write!(
                f,
                "{voters} delegates with {in_favour} base units do not carry it: {missing} are missing to the \
                 quorum of {quorum} or to the majority"
            ),
            Self::Reverted { reason, .. } => write!(f, "it reverts: {reason}"),
            Self::Halted(reason) => write!(f, "it is stopped: {reason}"),
            Self::Refused(reason) => write!(f, "no block could have it: {reason}"),
            Self::TooLittleEther { account, needed, balance } => {
                write!(f, "`{account}` has to attach {needed} wei and has {balance}")
            }
            Self::TooMuchValue => f.write_str("its actions send more ether than there can be"),
            Self::TooLate { until } => write!(f, "it could only be executed until {until}"),
            Self::NotAnnounced => f.write_str("the governor wrote no event about the new proposal"),
        }
    }
}

/// The rule of the governor that `obstacle` is, in words.
fn rule(obstacle: &governor::Obstacle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use governor::Obstacle::*;
    match obstacle {
        TooFewVotes { votes, threshold, block, .. } => write!(
            f,
            "the proposer has {votes} base units of votes at block {block}, and needs more than {threshold}"
        ),
        LiveProposal { id, last_block } => {
            write!(f, "the proposer's proposal {id} is voted on until block {last_block}")
        }
        VoteClosed { last_block } => write!(f, "the vote closed at block {last_block}"),
        VoteRuns { last_block } => write!(f, "the vote runs until block {last_block}"),
        QueueClosed { last_block } => write!(f, "it could only be queued until block {last_block}"),
        Expired { until } => write!(f, "it could only be executed until {until}"),
        Final(state) => write!(f, "it is {state}"),
        _ => f.write_str("the rules of the governor forbid it now"),
    }
}
