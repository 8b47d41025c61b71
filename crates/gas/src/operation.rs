//! What is measured, with floors and targets: the rows of the tables.

use std::collections::BTreeMap;

use crate::floor;

/// An operation of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "`TOKEN` and `GOVERNANCE` say what each is")]
pub enum Operation {
    DeployToken,
    TransferToFresh,
    Transfer,
    TransferSenderDelegated,
    TransferBothDelegated(u64),
    DelegateFirst,
    Redelegate,
    RedelegateToFresh,
    DelegateBySig,
    Approve,
    ApproveAgain,
    TransferFrom,
    TransferFromUnlimited,
    Permit,
    DeployGovernor,
    DeployTimelock,
    ProposeFirstEver,
    Propose(u64),
    ProposeAgain,
    Cancel,
    VoteFirstOnProposal,
    Vote,
    VoteFirstOnProposalVotedBefore,
    VoteVotedBefore,
    VoteBehindOneCheckpoint,
    VoteBehindManyCheckpoints,
    VoteAfterManyCheckpoints,
    VoteCrossingQuorum,
    VoteWithReason,
    VoteBySig,
    VoteInBatch,
    Queue(u64),
    QueueCompound(u64),
    Execute(u64),
    ExecuteCompound(u64),
}

/// Gas of a whole transaction by operation.
pub type Gas = BTreeMap<Operation, u64>;

/// What the suite's gas is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Only shown.
    None,
    /// At most 1.04 times the floor, and below every peer.
    NearFloor,
    /// At most so much.
    AtMost(u64),
    /// Less than one cold slot more than another operation: it reads no more of them.
    AsCheapAs(Operation),
}

/// One row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is measured.
    pub operation: Operation,
    /// How the row is called.
    pub name: &'static str,
    /// The least that it can cost, where that was worked out.
    pub floor: Option<fn() -> u64>,
    /// What the suite promises.
    pub target: Target,
}

impl Row {
    const fn shown(operation: Operation, name: &'static str) -> Self {
        Self { operation, name, floor: None, target: Target::None }
    }

    const fn new(operation: Operation, name: &'static str, floor: fn() -> u64, target: Target) -> Self {
        Self { operation, name, floor: Some(floor), target }
    }
}

/// The rows of the tokens.
#[rustfmt::skip]
pub const TOKEN: [Row; 17] = {
    use Operation as O;
    use Target::NearFloor;
    [
        Row::shown(O::DeployToken, "deploy token"),
        Row::new(O::TransferToFresh, "transfer: to fresh account (no delegates)", floor::transfer_to_fresh, NearFloor),
        Row::new(O::Transfer, "transfer: existing->existing (no delegates)", floor::transfer, NearFloor),
        Row::new(O::TransferSenderDelegated, "transfer: only sender delegated", || floor::transfer_delegated(1), NearFloor),
        Row::new(O::TransferBothDelegated(1), "transfer: both self-delegated", || floor::transfer_delegated(2), NearFloor),
        Row::new(O::TransferBothDelegated(2), "transfer: both self-delegated (2nd time)", floor::transfer_delegated_full, NearFloor),
        Row::new(O::TransferBothDelegated(3), "transfer: both self-delegated (3rd time)", || floor::transfer_delegated(2), NearFloor),
        Row::new(O::TransferBothDelegated(4), "transfer: both self-delegated (4th time)", floor::transfer_delegated_full, NearFloor),
        Row::new(O::DelegateFirst, "delegate(self) first time", floor::delegate_first, NearFloor),
        Row::new(O::Redelegate, "re-delegate self->other with checkpoints", floor::redelegate, NearFloor),
        Row::new(O::RedelegateToFresh, "re-delegate self->other without checkpoints", floor::redelegate_to_fresh, NearFloor),
        Row::new(O::DelegateBySig, "delegateBySig (self, first)", floor::delegate_by_sig, NearFloor),
        Row::new(O::Approve, "approve (fresh)", floor::approve, NearFloor),
        Row::new(O::ApproveAgain, "approve (overwrite nonzero)", floor::approve_again, NearFloor),
        Row::new(O::TransferFrom, "transferFrom (finite allowance, no delegates)", floor::transfer_from, NearFloor),
        Row::new(O::TransferFromUnlimited, "transferFrom (infinite allowance)", floor::transfer_from_unlimited, NearFloor),
        Row::new(O::Permit, "permit (fresh)", floor::permit, NearFloor),
    ]
};

/// The rows of governor and time lock.
#[rustfmt::skip]
pub const GOVERNANCE: [Row; 31] = {
    use Operation as O;
    use Target::{AsCheapAs, AtMost};
    /// Of the first vote in a window of 128 proposals, and of every other.
    const FIRST_VOTE: Target = AtMost(58_000);
    const LATER_VOTE: Target = AtMost(41_000);
    [
        Row::shown(O::DeployGovernor, "deploy governor"),
        Row::shown(O::DeployTimelock, "deploy timelock"),
        Row::shown(O::ProposeFirstEver, "propose 1 action (gov's first ever)"),
        Row::new(O::Propose(1), "propose 1 action", || floor::propose(1), AtMost(160_000)),
        Row::new(O::ProposeAgain, "propose 1 action (proposer's 2nd)", floor::propose_again, Target::None),
        Row::new(O::Propose(3), "propose 3 actions", || floor::propose(3), AtMost(220_000)),
        Row::new(O::Propose(10), "propose 10 actions", || floor::propose(10), AtMost(420_000)),
        Row::new(O::Cancel, "cancel 1 action", floor::cancel, AtMost(40_000)),
        Row::new(O::VoteFirstOnProposal, "castVote: first vote on proposal, 1 checkpoint", floor::vote_first, FIRST_VOTE),
        Row::new(O::Vote, "castVote: later vote, 1 checkpoint", floor::vote_first, FIRST_VOTE),
        Row::new(O::VoteFirstOnProposalVotedBefore, "castVote: first vote on proposal, voter has voted before", floor::vote_later, LATER_VOTE),
        Row::new(O::VoteVotedBefore, "castVote: later vote, voter has voted before", floor::vote_later, LATER_VOTE),
        Row::new(O::VoteBehindOneCheckpoint, "castVote: later vote, 1 newer checkpoint", floor::vote_first, FIRST_VOTE),
        Row::new(O::VoteBehindManyCheckpoints, "castVote: later vote, 20 newer checkpoints", floor::vote_behind_20_checkpoints, Target::None),
        Row::new(O::VoteAfterManyCheckpoints, "castVote: later vote, 21 checkpoints all older", floor::vote_first, AsCheapAs(O::Vote)),
        Row::new(O::VoteCrossingQuorum, "castVote: quorum-crossing vote", floor::vote_first, FIRST_VOTE),
        Row::shown(O::VoteWithReason, "castVoteWithReason (30 B)"),
        Row::new(O::VoteBySig, "castVoteBySig", floor::vote_by_sig, AtMost(64_000)),
        Row::new(O::VoteInBatch, "castVotesBySig: each repeat voter beyond the first", floor::vote_in_batch, AtMost(18_000)),
        Row::new(O::Queue(1), "queue 1 action", floor::queue, AtMost(62_000)),
        Row::new(O::Queue(3), "queue 3 actions", floor::queue, AtMost(72_000)),
        Row::new(O::Queue(10), "queue 10 actions", floor::queue, AtMost(112_000)),
        Row::new(O::QueueCompound(1), "queue 1 action, Compound time lock", || floor::queue_compound(1), Target::None),
        Row::new(O::QueueCompound(3), "queue 3 actions, Compound time lock", || floor::queue_compound(3), Target::None),
        Row::new(O::QueueCompound(10), "queue 10 actions, Compound time lock", || floor::queue_compound(10), Target::None),
        Row::new(O::Execute(1), "execute 1 action", || floor::execute(1), AtMost(85_000)),
        Row::new(O::Execute(3), "execute 3 actions", || floor::execute(3), AtMost(145_000)),
        Row::new(O::Execute(10), "execute 10 actions", || floor::execute(10), AtMost(360_000)),
        Row::new(O::ExecuteCompound(1), "execute 1 action, Compound time lock", || floor::execute_compound(1), Target::None),
        Row::new(O::ExecuteCompound(3), "execute 3 actions, Compound time lock", || floor::execute_compound(3), Target::None),
        Row::new(O::ExecuteCompound(10), "execute 10 actions, Compound time lock", || floor::execute_compound(10), Target::None),
    ]
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_an_operation_and_a_name_of_its_own() {
        let rows: Vec<Row> = TOKEN.into_iter().chain(GOVERNANCE).collect();
        let operations: BTreeSet<Operation> = rows.iter().map(|row| row.operation).collect();
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!((operations.len(), names.len()), (rows.len(), rows.len()));
    }

    #[test]
    fn no_target_is_below_the_floor() {
        for row in TOKEN.into_iter().chain(GOVERNANCE) {
            match row.target {
                Target::AtMost(gas) => assert!(row.floor.unwrap()() < gas, "{}", row.name),
                Target::NearFloor => assert!(row.floor.is_some(), "{}", row.name),
                Target::AsCheapAs(_) | Target::None => {}
            }
        }
    }
}
