// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {COUNT_POSITION, CheckpointPair} from "./CheckpointPair.sol";

/// @title The votes of one account at the end of every block
/// @notice The latest one or two checkpoints and the number of archived pairs share the head slot, so that most
/// changes of votes touch one slot; every second checkpoint opens one more.
/// @dev Votes must stay below 2^88 base units. Blocks strictly increase from one checkpoint to the next.
library Checkpoints {
    /// @param head The latest one or two checkpoints; its count is that of the archived pairs, until it saturates.
    /// @param overflow Number of archived pairs once the head's count is saturated; zero and unread before.
    /// @param archive Pairs of earlier checkpoints, oldest first, with a count of zero.
    struct History {
        CheckpointPair head;
        uint256 overflow;
        mapping(uint256 index => CheckpointPair) archive;
    }

    /// @dev The greatest count the head can hold. From there on `overflow` holds the true count: anyone can force
    /// checkpoints on an account by sending it dust, so a full counter must neither block transfers nor lose
    /// history. An account that has reached it pays one more slot per archived pair.
    uint256 private constant SATURATED = type(uint16).max;

    /// @notice Changes the votes by `delta` base units from the current block on; they must stay within 0 and 2^88.
    /// @dev Reverts with SafeCastOverflowedUintDowncast when the block number does not fit in 32 bits.
    function change(History storage self, int256 delta)
        internal
        returns (uint256 newVotes)
    {
        CheckpointPair head = self.head;
        unchecked {
            // The caller keeps the sum within bounds, so its two's complement is the number itself.
            newVotes = head.newerVotes() + uint256(delta);
        }
        if (head.newerBlock() == block.number) {
            self.head = head.withNewer(newVotes, block.number);
        } else {
            if (block.number > type(uint32).max) {
                revert SafeCast.SafeCastOverflowedUintDowncast(32, block.number);
            }
            if (head.olderBlock() != 0) head = archiveHead(self, head);
            self.head = head.appended(newVotes, block.number);
        }
    }

    /// @notice Votes now, in base units.
    function latest(History storage self) internal view returns (uint256) {
        return self.head.newerVotes();
    }

    /// @notice Votes at the end of `blockNumber`, in base units; that block must be over.
    /// @dev Costs one slot for the latest two checkpoints, and a number of slots logarithmic in the checkpoints that
    /// are newer than `blockNumber`; older ones cost nothing.
    function lookup(History storage self, uint256 blockNumber) internal view returns (uint256 votes) {
        CheckpointPair head = self.head;
        if (head.newerBlock() <= blockNumber) return head.newerVotes();
        // An absent older checkpoint must not pass for one of block 0.
        if (head.olderBlock() != 0 && head.olderBlock() <= blockNumber) return head.olderVotes();
        return search(self, archivedPairs(self, head), blockNumber);
    }

    /// @notice Number of checkpoints.
    function length(History storage self) internal view returns (uint256 checkpoints) {
        CheckpointPair head = self.head;
        checkpoints = 2 * archivedPairs(self, head);
        if (head.newerBlock() != 0) ++checkpoints;
        if (head.olderBlock() != 0) ++checkpoints;
    }

    /// @notice Checkpoint `index`, oldest first; zeros beyond the last.
    function checkpointAt(History storage self, uint256 index)
        internal
        view
        returns (uint256 fromBlock, uint256 votes)
    {
        CheckpointPair pair = self.head;
        uint256 archived = archivedPairs(self, pair);
        uint256 place = index % 2;
        if (index / 2 < archived) pair = self.archive[index / 2];
        else if (pair.olderBlock() == 0) place = index - 2 * archived + 1;
        else place = index - 2 * archived;

        if (place == 0) return (pair.olderBlock(), pair.olderVotes());
        if (place == 1) return (pair.newerBlock(), pair.newerVotes());
    }

    /// @dev Archives the full head and returns the empty one that follows it, for the caller to fill and store.
    function archiveHead(History storage self, CheckpointPair head) private returns (CheckpointPair) {
        uint256 archived = archivedPairs(self, head);
        self.archive[archived] = head.uncounted();
        if (++archived >= SATURATED) {
            self.overflow = archived;
            archived = SATURATED;
        }
        return CheckpointPair.wrap(archived << COUNT_POSITION);
    }

    /// @dev Number of archived pairs, given the head in storage.
    function archivedPairs(History storage self, CheckpointPair head) private view returns (uint256 archived) {
        archived = head.count();
        if (archived == SATURATED) archived = self.overflow;
    }

    /// @dev Votes at the end of `blockNumber` according to the first `high` archived pairs; zero before the first
    /// checkpoint. Strides back from the newest pair, doubling the stride, to the first pair that is not newer than
    /// the block, then bisects: votes are asked for recent blocks, whatever the length of the history.
    function search(History storage self, uint256 high, uint256 blockNumber)
        private
        view
        returns (uint256 votes)
    {
        unchecked {
            // Indices and strides stay below 2^33: there is at most one checkpoint per block, and blocks have 32 bits.
            uint256 low = 0;
            for (uint256 stride = 1; low < high; stride *= 2) {
                // Pairs below `low` are not newer than the block, and `votes` is their latest; pairs from `high` on
                // are newer.
                uint256 index = low != 0 ? (low + high) / 2 : high > stride ? high - stride : 0;
                CheckpointPair pair = self.archive[index];
                if (blockNumber < pair.olderBlock()) {
                    high = index;
                } else if (blockNumber < pair.newerBlock()) {
                    return pair.olderVotes();
                } else {
                    low = index + 1;
                    votes = pair.newerVotes();
                }
            }
        }
    }
}
