// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGovernorEvents} from "../interfaces/IBraintrustGovernor.sol";

/// @notice All of a proposal that voting, queueing and executing change, in one storage word, so that a vote for or
/// against costs one slot of the governor beside the ballot:
/// `phase 2 | eta 32 | duration 17 | startBlock 29 | againstVotes 88 | forVotes 88`, highest bits first.
/// @dev Zero is the word of a proposal that does not exist, since every proposal has a start block.
type ProposalSlot is uint256;

/// @notice What was done to a proposal, beyond what time does by itself.
/// Extended: a late swing has moved the end of its vote, which happens once.
enum Phase {
    Open,
    Extended,
    Canceled,
    Executed
}

using ProposalSlots for ProposalSlot global;

/// @title Packing of the word of a proposal
library ProposalSlots {
    /// @dev 250 million with 18 decimals is below 2^88, so neither tally of an honest token can overflow.
    uint256 private constant VOTES_BITS = 88;
    uint256 private constant MAX_VOTES = (1 << VOTES_BITS) - 1;

    uint256 private constant AGAINST_SHIFT = 88;

    /// @dev 2^29 blocks of 12 seconds are 204 years.
    uint256 private constant START_SHIFT = 176;
    uint256 private constant MAX_START = (1 << 29) - 1;

    /// @dev Voting period plus extension: at most 108,000 blocks, below 2^17.
    uint256 private constant DURATION_SHIFT = 205;
    uint256 private constant MAX_DURATION = (1 << 17) - 1;

    /// @dev 2^32 seconds reach to the year 2106.
    uint256 private constant ETA_SHIFT = 222;
    uint256 private constant MAX_ETA = (1 << 32) - 1;

    uint256 private constant PHASE_SHIFT = 254;

    /// @notice The word of a new proposal, voted on in the `duration` blocks after `start`.
    function create(uint256 start, uint256 duration) internal pure returns (ProposalSlot) {
        return ProposalSlot.wrap(
            (_fit(start, MAX_START) << START_SHIFT) | (_fit(duration, MAX_DURATION) << DURATION_SHIFT)
        );
    }

    /// @notice Whether there is a proposal.
    function exists(ProposalSlot slot) internal pure returns (bool) {
        return ProposalSlot.unwrap(slot) != 0;
    }

    /// @notice Votes in favour, in base units.
    function forVotes(ProposalSlot slot) internal pure returns (uint256) {
        return ProposalSlot.unwrap(slot) & MAX_VOTES;
    }

    /// @notice Votes against, in base units.
    function againstVotes(ProposalSlot slot) internal pure returns (uint256) {
        return (ProposalSlot.unwrap(slot) >> AGAINST_SHIFT) & MAX_VOTES;
    }

    /// @notice Block at whose end votes are counted.
    function startBlock(ProposalSlot slot) internal pure returns (uint256) {
        return (ProposalSlot.unwrap(slot) >> START_SHIFT) & MAX_START;
    }

    /// @notice Last block of the vote.
    function endBlock(ProposalSlot slot) internal pure returns (uint256) {
        // Safe: the sum of 29 and 17 bits.
        unchecked {
            return startBlock(slot) + ((ProposalSlot.unwrap(slot) >> DURATION_SHIFT) & MAX_DURATION);
        }
    }

    /// @notice Whether block `number` is one of those in which ballots are cast, which none is for no proposal.
    function isVotedOnIn(ProposalSlot slot, uint256 number) internal pure returns (bool) {
        // Up to the start block, the difference wraps to a number above every duration.
        unchecked {
            return
                number - startBlock(slot) - 1 < (ProposalSlot.unwrap(slot) >> DURATION_SHIFT) & MAX_DURATION;
        }
    }

    /// @notice Unix time in seconds from which the proposal can be executed; zero until it is queued.
    function eta(ProposalSlot slot) internal pure returns (uint256) {
        return (ProposalSlot.unwrap(slot) >> ETA_SHIFT) & MAX_ETA;
    }

    /// @notice What was done to the proposal.
    function phase(ProposalSlot slot) internal pure returns (Phase) {
        return Phase(ProposalSlot.unwrap(slot) >> PHASE_SHIFT);
    }

    /// @notice Whether the proposal was canceled or executed.
    /// @dev Compares numbers: the compiler checks the range of an enum at every use, which costs voters gas.
    function isClosed(ProposalSlot slot) internal pure returns (bool) {
        return ProposalSlot.unwrap(slot) >> PHASE_SHIFT >= uint256(Phase.Canceled);
    }

    /// @notice Whether a late swing has moved the end of the open proposal's vote.
    function isExtended(ProposalSlot slot) internal pure returns (bool) {
        return ProposalSlot.unwrap(slot) >> PHASE_SHIFT == uint256(Phase.Extended);
    }

    /// @notice The word with `votes` more in favour.
    function addFor(ProposalSlot slot, uint256 votes) internal pure returns (ProposalSlot) {
        _requireRoom(forVotes(slot), votes);
        // Safe: the sum was found to stay within its bits.
        unchecked {
            return ProposalSlot.wrap(ProposalSlot.unwrap(slot) + votes);
        }
    }

    /// @notice The word with `votes` more against.
    function addAgainst(ProposalSlot slot, uint256 votes) internal pure returns (ProposalSlot) {
        _requireRoom(againstVotes(slot), votes);
        // Safe: the sum was found to stay within its bits.
        unchecked {
            return ProposalSlot.wrap(ProposalSlot.unwrap(slot) + (votes << AGAINST_SHIFT));
        }
    }

    /// @notice The word of an open proposal whose vote now ends with block `end`, for good.
    function extend(ProposalSlot slot, uint256 end) internal pure returns (ProposalSlot) {
        uint256 duration = _fit(end - startBlock(slot), MAX_DURATION);
        uint256 word = ProposalSlot.unwrap(slot) & ~(MAX_DURATION << DURATION_SHIFT);
        return withPhase(ProposalSlot.wrap(word | (duration << DURATION_SHIFT)), Phase.Extended);
    }

    /// @notice The word of a proposal not queued before, now with its `eta`.
    function withEta(ProposalSlot slot, uint256 newEta) internal pure returns (ProposalSlot) {
        return ProposalSlot.wrap(ProposalSlot.unwrap(slot) | (_fit(newEta, MAX_ETA) << ETA_SHIFT));
    }

    /// @notice The word with another phase.
    function withPhase(ProposalSlot slot, Phase newPhase) internal pure returns (ProposalSlot) {
        uint256 word = ProposalSlot.unwrap(slot) & ((1 << PHASE_SHIFT) - 1);
        return ProposalSlot.wrap(word | (uint256(newPhase) << PHASE_SHIFT));
    }

    /// @dev Checks that `votes` can be added to a tally.
    function _requireRoom(uint256 tally, uint256 votes) private pure {
        // Safe: a tally is at most MAX_VOTES.
        unchecked {
            if (votes <= MAX_VOTES - tally) return;
        }
        revert IGovernorEvents.FieldOverflow(tally + votes, MAX_VOTES);
    }

    function _fit(uint256 value, uint256 maximum) private pure returns (uint256) {
        if (value > maximum) revert IGovernorEvents.FieldOverflow(value, maximum);
        return value;
    }
}
