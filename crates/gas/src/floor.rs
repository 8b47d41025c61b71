//! The least that an operation can cost: its transaction and calldata, the slots and accounts that it must touch, the
//! signatures it must check and the events it must emit.
//!
//! Functions and events are those of the live deployment, the Compound generation, for all; so a floor is the same
//! for every stack in a row. Nothing is added for computing. Calldata has full addresses, and amounts of the script.

use alloy::primitives::{Address, B256, U256};

use crate::abi::{IAlpha, ICompoundTimelock, IGovernor, IToken};
use crate::proposal::{AMOUNT, Draft};
use crate::schedule::{
    CHANGED_SLOT, COLD_ACCOUNT, COLD_SLOT, NEW_SLOT, RECOVER, WARM, after_refund, copy, event, keccak,
    memory, transaction,
};
use crate::token::DEADLINE;

/// An address without zero bytes.
const SOMEONE: Address = Address::repeat_byte(0x11);
/// Half of a signature without zero bytes.
const HALF_SIGNATURE: B256 = B256::repeat_byte(0x11);
const V: u8 = 27;
/// An id of one byte.
const ID: U256 = U256::ONE;
/// Words that Solidity's memory starts with.
const MEMORY_START: u64 = 4;

const WORD: usize = 32;

/// `transfer` between accounts that held tokens before, without delegates: both accounts have one slot.
pub fn transfer() -> u64 {
    transaction(&IToken::transferCall { to: SOMEONE, amount: AMOUNT }) + 2 * CHANGED_SLOT + transferred()
}

/// `transfer` to an account that held none.
pub fn transfer_to_fresh() -> u64 {
    transfer() - CHANGED_SLOT + NEW_SLOT
}

/// `transfer` between accounts of which so many have a delegate, each of which has a checkpoint that the new one can
/// share a slot with.
pub fn transfer_delegated(delegates: u64) -> u64 {
    transfer() + delegates * votes_changed()
}

/// `transfer` between accounts with delegates, each of which needs another slot for its history.
pub fn transfer_delegated_full() -> u64 {
    transfer_delegated(2) + 2 * NEW_SLOT
}

/// `delegate` to oneself, for the first time.
pub fn delegate_first() -> u64 {
    transaction(&IToken::delegateCall { delegatee: SOMEONE }) + first_delegation()
}

/// `delegate` away from oneself to a delegate with checkpoints.
pub fn redelegate() -> u64 {
    transaction(&IToken::delegateCall { delegatee: SOMEONE })
        + CHANGED_SLOT
        + delegate_changed()
        + 2 * votes_changed()
}

/// `delegate` away from oneself to a delegate without checkpoints.
pub fn redelegate_to_fresh() -> u64 {
    redelegate() - CHANGED_SLOT + NEW_SLOT
}

/// `delegateBySig` to oneself, for the first time.
pub fn delegate_by_sig() -> u64 {
    let call = IToken::delegateBySigCall {
        delegatee: SOMEONE,
        nonce: U256::ZERO,
        expiry: DEADLINE,
        v: V,
        r: HALF_SIGNATURE,
        s: HALF_SIGNATURE,
    };
    transaction(&call) + RECOVER + NEW_SLOT + first_delegation()
}

/// `approve` of an allowance that was zero.
pub fn approve() -> u64 {
    transaction(&IToken::approveCall { spender: SOMEONE, amount: AMOUNT }) + NEW_SLOT + approved()
}

/// `approve` of an allowance that was not zero.
pub fn approve_again() -> u64 {
    approve() - NEW_SLOT + CHANGED_SLOT
}

/// `transferFrom` out of a finite allowance, without delegates. ERC-20 asks for no `Approval` here.
pub fn transfer_from() -> u64 {
    transfer_from_unlimited() - COLD_SLOT + CHANGED_SLOT
}

/// `transferFrom` out of an unlimited allowance, without delegates.
pub fn transfer_from_unlimited() -> u64 {
    let call = IToken::transferFromCall { from: SOMEONE, to: SOMEONE, amount: AMOUNT };
    transaction(&call) + 2 * CHANGED_SLOT + COLD_SLOT + transferred()
}

/// `permit` by an owner that signed nothing before.
pub fn permit() -> u64 {
    let call = IToken::permitCall {
        owner: SOMEONE,
        spender: SOMEONE,
        value: AMOUNT,
        deadline: DEADLINE,
        v: V,
        r: HALF_SIGNATURE,
        s: HALF_SIGNATURE,
    };
    transaction(&call) + RECOVER + 2 * NEW_SLOT + approved()
}

/// `propose` of so many token transfers, the proposer's first proposal: a hash of them is all that is stored, beside
/// the proposal's slot, the counter of ids and the proposer's latest id.
pub fn propose(actions: usize) -> u64 {
    let draft = Draft::transfers(actions, SOMEONE, |_| SOMEONE);
    let call = IAlpha::proposeCall {
        targets: draft.targets.clone(),
        values: draft.values.clone(),
        signatures: draft.signatures.clone(),
        calldatas: draft.calldatas.clone(),
        description: draft.description.clone(),
    };
    let created = IGovernor::ProposalCreated {
        id: ID,
        proposer: SOMEONE,
        targets: draft.targets,
        values: draft.values,
        signatures: draft.signatures,
        calldatas: draft.calldatas,
        // Blocks of four bytes and of three, as mainnet's and this chain's are.
        startBlock: U256::from(1),
        endBlock: U256::from(1),
        description: draft.description,
    };
    let arguments = words(alloy::sol_types::SolCall::abi_encode(&call).len());
    let data = words(alloy::sol_types::SolEvent::encode_data(&created).len());
    // The five offsets that the arguments begin with need no copy.
    let handling = keccak(arguments) + copy(arguments - 5) + memory(MEMORY_START + data);
    transaction(&call) + event(&created) + 3 * NEW_SLOT + CHANGED_SLOT + prior_votes() + handling
}

/// `propose` of one token transfer by an account that has proposed before.
pub fn propose_again() -> u64 {
    propose(1) - NEW_SLOT + CHANGED_SLOT
}

/// `cancel` of a proposal that is not queued.
pub fn cancel() -> u64 {
    let canceled = event(&IGovernor::ProposalCanceled { id: ID });
    transaction(&IAlpha::cancelCall { id: ID }) + CHANGED_SLOT + canceled
}

/// `castVote`, the voter's first for a while: a new word of ballots; the tally is in the proposal's slot, the votes are
/// in the delegate's latest checkpoints.
pub fn vote_first() -> u64 {
    vote_later() - CHANGED_SLOT + NEW_SLOT
}

/// `castVote` of a voter whose word of ballots is in use.
pub fn vote_later() -> u64 {
    transaction(&IAlpha::castVoteCall { id: ID, support: true }) + counting(CHANGED_SLOT)
}

/// `castVote`, the voter's first, with 20 checkpoints made since the start: a binary search reads four slots more.
pub fn vote_behind_20_checkpoints() -> u64 {
    vote_first() + 4 * COLD_SLOT
}

/// `castVoteBySig`, the voter's first for a while.
pub fn vote_by_sig() -> u64 {
    let call =
        IAlpha::castVoteBySigCall { id: ID, support: false, v: V, r: HALF_SIGNATURE, s: HALF_SIGNATURE };
    transaction(&call) + RECOVER + counting(NEW_SLOT)
}

/// One more signed ballot in a transaction with others, of a voter whose word of ballots is in use: the proposal's slot
/// and the token are warm.
pub fn vote_in_batch() -> u64 {
    let ballot = (
        U256::ONE,
        U256::from(V),
        U256::from_be_bytes(HALF_SIGNATURE.0),
        U256::from_be_bytes(HALF_SIGNATURE.0),
    );
    let bytes = alloy::sol_types::SolValue::abi_encode(&ballot);
    crate::schedule::calldata(&bytes) + RECOVER + COLD_SLOT + WARM + CHANGED_SLOT + voted()
}

/// `queue` where governor and time lock are one contract: the eta is in the proposal's slot.
pub fn queue() -> u64 {
    let queued = event(&IGovernor::ProposalQueued { id: ID, eta: U256::MAX });
    transaction(&IAlpha::queueCall { id: ID }) + CHANGED_SLOT + queued
}

/// `queue` of so many actions in a time lock of the Compound generation: a slot and an event for each.
pub fn queue_compound(actions: u64) -> u64 {
    queue() + COLD_ACCOUNT + (actions - 1) * WARM + actions * (NEW_SLOT + compound_event())
}

/// `execute` of so many token transfers to accounts without tokens, where governor and time lock are one contract and
/// the actions are code.
pub fn execute(actions: u64) -> u64 {
    let executed = event(&IGovernor::ProposalExecuted { id: ID });
    transaction(&IAlpha::executeCall { id: ID })
        + CHANGED_SLOT
        + executed
        + COLD_ACCOUNT
        + transfers_by_treasury(actions)
}

/// `execute` of so many token transfers by a time lock of the Compound generation, after the refund for the slots that
/// it clears.
pub fn execute_compound(actions: u64) -> u64 {
    let gas =
        execute(actions) + COLD_ACCOUNT + (actions - 1) * WARM + actions * (CHANGED_SLOT + compound_event());
    after_refund(gas, actions)
}

/// So many token transfers of one contract to accounts without tokens.
fn transfers_by_treasury(actions: u64) -> u64 {
    let first = COLD_ACCOUNT + CHANGED_SLOT;
    // A warm call, and a warm read and write of the treasury's slot.
    let later = 3 * WARM;
    first + (actions - 1) * later + actions * (NEW_SLOT + transferred())
}

/// Changing the votes of a delegate within the slot of its latest checkpoints.
fn votes_changed() -> u64 {
    let changed = IToken::DelegateVotesChanged { delegate: SOMEONE, previousVotes: AMOUNT, newVotes: AMOUNT };
    CHANGED_SLOT + event(&changed)
}

/// A delegation to a delegate without checkpoints, from nobody.
fn first_delegation() -> u64 {
    CHANGED_SLOT + delegate_changed() + votes_changed() - CHANGED_SLOT + NEW_SLOT
}

fn delegate_changed() -> u64 {
    event(&IToken::DelegateChanged { delegator: SOMEONE, fromDelegate: SOMEONE, toDelegate: SOMEONE })
}

fn transferred() -> u64 {
    event(&IToken::Transfer { from: SOMEONE, to: SOMEONE, amount: AMOUNT })
}

fn approved() -> u64 {
    event(&IToken::Approval { owner: SOMEONE, spender: SOMEONE, amount: AMOUNT })
}

/// Counting a ballot: the proposal's slot, the voter's word of ballots, its votes, the event.
fn counting(ballot: u64) -> u64 {
    CHANGED_SLOT + ballot + prior_votes() + voted()
}

/// Asking the token for votes that are in the latest checkpoints.
const fn prior_votes() -> u64 {
    COLD_ACCOUNT + COLD_SLOT
}

fn voted() -> u64 {
    event(&IAlpha::VoteCast { voter: SOMEONE, proposalId: ID, support: true, votes: AMOUNT })
}

fn compound_event() -> u64 {
    let mut draft = Draft::transfers(1, SOMEONE, |_| SOMEONE);
    event(&ICompoundTimelock::QueueTransaction {
        hash: HALF_SIGNATURE,
        target: SOMEONE,
        value: U256::ZERO,
        signature: draft.signatures.pop().unwrap_or_default(),
        data: draft.calldatas.pop().unwrap_or_default(),
        eta: U256::MAX,
    })
}

/// Whole words in so many bytes; the selector of a call is no whole word.
const fn words(bytes: usize) -> u64 {
    (bytes / WORD) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_of_the_token_are_those_worked_out_by_hand() {
        // transfer: 21,000 + 644 calldata + 2 slots of 5,000 + 1,756 for the event.
        assert_eq!(transfer(), 33_400);
        assert_eq!(transfer_to_fresh(), 50_500);
        assert_eq!(transfer_delegated(1), 40_037);
        assert_eq!(transfer_delegated(2), 46_674);
        assert_eq!(transfer_delegated_full(), 90_874);
        assert_eq!(delegate_first(), 52_044);
        assert_eq!(redelegate(), 41_581);
        assert_eq!(redelegate_to_fresh(), 58_681);
        assert_eq!(delegate_by_sig(), 78_676);
        assert_eq!(approve(), 45_500);
        assert_eq!(approve_again(), 28_400);
        assert_eq!(transfer_from(), 38_768);
        assert_eq!(transfer_from_unlimited(), 35_868);
        assert_eq!(permit(), 72_372);
    }

    #[test]
    fn floors_of_voting_are_those_worked_out_by_hand() {
        // castVote: 21,000 + 344 calldata + 5,000 tally + 22,100 ballots + 4,700 votes + 1,774 for the event.
        assert_eq!(vote_first(), 54_918);
        assert_eq!(vote_later(), 37_818);
        assert_eq!(vote_behind_20_checkpoints(), 63_318);
        assert_eq!(vote_by_sig(), 59_170);
        // 1,304 calldata + 3,100 recovery + 2,100 votes + 100 call + 5,000 ballots + 1,774 for the event.
        assert_eq!(vote_in_batch(), 13_378);
    }

    #[test]
    fn floors_of_proposals_are_those_worked_out_by_hand() {
        assert_eq!([1, 3, 10].map(propose), [108_982, 117_961, 149_492]);
        assert_eq!(propose_again(), 91_882);
        assert_eq!(cancel(), 27_210);
        assert_eq!(queue(), 27_466);
        assert_eq!([1, 3, 10].map(queue_compound), [55_970, 107_978, 290_006]);
        assert_eq!([1, 3, 10].map(execute), [61_266, 109_578, 278_670]);
        assert_eq!([1, 3, 10].map(execute_compound), [72_670 - 4_800, 138_790 - 14_400, 370_210 - 48_000]);
    }
}
