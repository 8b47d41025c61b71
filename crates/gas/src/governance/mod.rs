//! The script of governor and time lock, and what it needs of each governor.

mod alpha;
mod braintrust;
mod open_zeppelin;
mod script;

use alloy::primitives::{Address, U256};
use alloy::signers::local::PrivateKeySigner;
use btrst_devnet::{Call, Receipt};
use btrst_gov::parameters::{Parameters, btrst};
use eyre::Result;

pub use alpha::Alpha;
pub use braintrust::{Braintrust, suite};
pub use open_zeppelin::OpenZeppelin;
pub use script::measure;

use crate::abi::IBravo;
use crate::meter::Meter;
use crate::proposal::{Draft, Proposal};

/// What every governor starts with that can be told: quorum and threshold above which the script's voters and
/// proposers are on GovernorAlpha too, whose own are constants of its code. The period is that of
/// the live deployment: within the last 7,200 blocks of a vote, the suite watches for late swings, which costs more.
pub const PARAMETERS: Parameters = Parameters {
    voting_delay: 1,
    voting_period: 17_280,
    proposal_threshold: btrst(500),
    quorum_votes: btrst(20_000_000),
};

/// Seconds between queueing and execution: the least that every time lock allows.
pub const TIMELOCK_DELAY: u64 = 2 * 86_400;

/// Which family of time locks a stack has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelockFamily {
    /// Compound's: a slot and an event for each action.
    Compound,
    /// The governor's author's own: one entry for a proposal.
    Own,
}

/// A ballot that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Who voted.
    pub voter: Address,
    /// On what.
    pub proposal: U256,
    /// For, or else against.
    pub support: bool,
    /// Votes, in base units.
    pub votes: U256,
}

/// A deployed governor.
pub trait Governor {
    /// Whether a proposer may cancel its own proposal. Where not, anybody may once the proposer lacks the votes.
    const PROPOSER_CANCELS: bool;

    /// Where it is.
    fn address(&self) -> Address;

    /// Makes a proposal.
    fn propose(&self, draft: &Draft) -> Call;

    /// Cancels it.
    fn cancel(&self, proposal: &Proposal) -> Call;

    /// Queues it in the time lock.
    fn queue(&self, proposal: &Proposal) -> Call;

    /// Executes it.
    fn execute(&self, proposal: &Proposal) -> Call;

    /// Votes for, or else against.
    fn vote(&self, id: U256, support: bool) -> Call;

    /// Votes for with a reason, where there are reasons.
    fn vote_with_reason(&self, id: U256, reason: &str) -> Option<Call>;

    /// Votes for, or else against, by the first signature of `voter`.
    ///
    /// # Errors
    /// When it cannot sign.
    fn vote_by_sig(&self, id: U256, support: bool, voter: &PrivateKeySigner) -> Result<Call>;

    /// Votes for by signatures of all `voters` in one transaction, where that is possible.
    ///
    /// # Errors
    /// When one cannot sign.
    fn vote_in_batch(&self, _id: U256, _voters: &[PrivateKeySigner]) -> Result<Option<Call>> {
        Ok(None)
    }

    /// The ballots that a transaction counted, by its events.
    fn counted(&self, receipt: &Receipt) -> Vec<Counted>;

    /// Votes for and against in base units.
    fn tally(&self, meter: &Meter<'_>, id: U256) -> impl Future<Output = Result<(U256, U256)>>;

    /// What the governor remembers of a vote: support and, where it does, votes.
    fn receipt(
        &self,
        meter: &Meter<'_>,
        id: U256,
        voter: Address,
    ) -> impl Future<Output = Result<Option<Remembered>>>;
}

/// What a governor remembers of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// That it was cast.
    Cast,
    /// How, and with how many votes.
    Full(bool, U256),
}

/// A governor with the contracts that belong to it.
#[derive(Clone, Debug)]
pub struct Stack<G> {
    /// The governor.
    pub governor: G,
    /// The token whose holders vote, all of it with the deployer.
    pub token: crate::token::Token,
    /// The time lock, which holds what proposals pay.
    pub timelock: Address,
}

/// A ballot by Bravo's event.
fn counted(event: IBravo::VoteCast) -> Counted {
    let IBravo::VoteCast { voter, proposalId, support, votes, .. } = event;
    Counted { voter, proposal: proposalId, support: support == 1, votes }
}
