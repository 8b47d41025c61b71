//! The real life of a proposal, played from where it is to its execution.
//!
//! Every step is a transaction that somebody could send: the proposer proposes, delegates vote with the votes that they
//! have at that block, an account without privileges queues and executes. Nothing is forged. Where the next step cannot
//! be made, the play ends there and says why.

mod cast;
mod obstacle;
mod player;
mod prefetch;
mod replay;
mod timing;

use alloy::primitives::Address;
use btrst_gov::governor::Head;
use btrst_gov::{Action, Governor, Proposal};
use serde::{Deserialize, Serialize};

pub use obstacle::Obstacle;
pub use player::play;
pub use prefetch::prefetch;
pub use replay::{Earlier, Mined, Replay, replay};

use crate::{Machine, Trace};

/// What is played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// A proposal that nobody has made yet.
    Draft {
        /// The proposal.
        proposal: Proposal,
        /// Who makes it.
        proposer: Address,
    },
    /// The proposal of this id, in whatever state it is.
    OnChain(u64),
}

/// When in its window the proposal is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Moment {
    /// In the first second.
    Eta,
    /// Halfway.
    Middle,
    /// In the last second.
    LastSecond,
}

/// Whether other proposals are executed too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Company {
    /// None.
    Alone,
    /// These are queued and executed before, as far as they can be.
    After(Vec<u64>),
    /// These are queued and executed afterwards, as far as they can be.
    Before(Vec<u64>),
}

/// A play: who does what when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Scenario {
    /// The governor.
    pub governor: Governor,
    /// The token whose votes count.
    pub token: Address,
    /// What is played.
    pub subject: Subject,
    /// Delegates who vote in favour, as many of them as it takes, those with the most votes first. Whoever has no votes
    /// does not vote.
    pub voters: Vec<Address>,
    /// Who queues and executes. It should have no privileges. On GovernorAlpha it attaches what the actions send, and
    /// must have that.
    pub executor: Address,
    /// When the proposal is executed.
    pub moment: Moment,
    /// Which others are executed too.
    pub company: Company,
}

/// Kind of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// The proposal is made.
    Propose,
    /// Somebody votes in favour.
    Vote,
    /// It is queued in the time lock.
    Queue,
    /// It is executed.
    Execute,
}

/// A transaction of the play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub act: Act,
    /// With which proposal; `None` while it has no id.
    pub id: Option<u64>,
    /// Who sent it.
    pub from: Address,
    /// Block and time in which it ran.
    pub head: Head,
    /// What it did.
    pub trace: Trace,
}

/// How it ended for a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All of its actions were executed.
    Executed,
    /// It came to this act, which could not be done.
    Stopped(Act, Obstacle),
}

/// What came of a play.
#[derive(Clone, Debug)]
pub struct Play {
    /// All transactions, in order, also those of other proposals and those that failed.
    pub steps: Vec<Step>,
    /// Id of the proposal; `None` when it could not be made.
    pub id: Option<u64>,
    /// Actions of the proposal.
    pub actions: Vec<Action>,
    /// The time lock, which is what makes the actions' calls.
    pub timelock: Address,
    /// How it ended.
    pub end: End,
    /// The other proposals and how each ended, in the order in which they were executed.
    pub others: Vec<(u64, End)>,
    /// The chain after the last step.
    pub machine: Machine,
}

impl Play {
    /// The last step of kind `act` of the proposal itself.
    #[must_use]
    pub fn step(&self, act: Act) -> Option<&Step> {
        self.steps.iter().rev().find(|step| step.act == act && step.id == self.id)
    }

    /// The execution of the proposal, if it came to that; whether it succeeded is in its trace.
    #[must_use]
    pub fn execution(&self) -> Option<&Step> {
        self.step(Act::Execute)
    }

    /// Whether the proposal was executed.
    #[must_use]
    pub fn is_executed(&self) -> bool {
        self.end == End::Executed
    }
}
