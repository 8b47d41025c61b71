// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CheckpointPair} from "../../contracts/token/CheckpointPair.sol";
import {Checkpoints} from "../../contracts/token/Checkpoints.sol";
import {Proof} from "./Proof.sol";

/// @title The history of votes equals a plain list
contract CheckpointHistoryProof is Proof {
    using Checkpoints for Checkpoints.History;

    uint256 private constant SATURATED = type(uint16).max;

    Checkpoints.History private history;

    /// What was written, in order: from this block on, these votes.
    uint256[] private blocks;
    uint256[] private votes;

    /// @notice Property 3, 4. A lookup answers as a scan of everything written does.
    /// @dev 4 changes to any votes below 2^88, at any blocks, several in one block or not; any block asked for.
    function check_lookup_anyBlocks(uint256 asked) external proof {
        write(4, false);
        assert(history.lookup(asked) == scan(asked));
    }

    /// @notice Property 4. A lookup answers as a scan of everything written does.
    /// @dev 7 changes to any votes below 2^88, at any strictly increasing blocks: three archived pairs and a head
    /// with one checkpoint; any block asked for.
    function check_lookup_oddHistory(uint256 asked) external proof {
        write(7, true);
        assert(history.lookup(asked) == scan(asked));
    }

    /// @notice Property 4. A lookup answers as a scan of everything written does.
    /// @dev 8 changes to any votes below 2^88, at any strictly increasing blocks: three archived pairs and a full
    /// head; any block asked for.
    function check_lookup_evenHistory(uint256 asked) external proof {
        write(8, true);
        assert(history.lookup(asked) == scan(asked));
    }

    /// @notice Property 3. The checkpoints are those that were written, one a block, in order.
    /// @dev 5 changes to any votes below 2^88, at any strictly increasing blocks.
    function check_checkpointAt() external proof {
        write(5, true);
        assert(history.length() == 5);
        for (uint256 i = 0; i < 5; i++) {
            (uint256 fromBlock, uint256 count) = history.checkpointAt(i);
            assert(fromBlock == blocks[i] && count == votes[i]);
        }
    }

    /// @notice Property 3. A change adds at most one checkpoint, keeps the one before, and loses no count, also
    /// where the count leaves the head.
    /// @dev Any head with blocks in order and, where its count is full, any true count below 2^32; any later block, or the same one.
    function check_change_keepsCount(uint256 head, uint256 overflow, uint88 newVotes, uint32 height)
        external
        proof
    {
        CheckpointPair pair = CheckpointPair.wrap(head);
        vm.assume(pair.newerBlock() > pair.olderBlock() && height >= pair.newerBlock());
        vm.assume(pair.olderBlock() != 0 || pair.olderVotes() == 0);
        vm.assume(pair.count() < SATURATED ? overflow == 0 : overflow >= SATURATED && overflow < 1 << 32);
        history.head = pair;
        history.overflow = overflow;
        uint256 length = history.length();

        vm.roll(height);
        unchecked {
            assert(history.change(int256(uint256(newVotes)) - int256(pair.newerVotes())) == newVotes);
        }

        assert(history.latest() == newVotes);
        if (height == pair.newerBlock()) {
            assert(history.length() == length);
        } else {
            assert(history.length() == length + 1);
            (uint256 fromBlock, uint256 count) = history.checkpointAt(length - 1);
            assert(fromBlock == pair.newerBlock() && count == pair.newerVotes());
        }
        (uint256 lastBlock, uint256 lastVotes) = history.checkpointAt(history.length() - 1);
        assert(lastBlock == height && lastVotes == newVotes);
    }

    function write(uint256 changes, bool increasing) private {
        uint256 height = 0;
        uint256 current = 0;
        for (uint256 i = 0; i < changes; i++) {
            uint256 next = vm.randomUint();
            uint256 nextVotes = vm.randomUint();
            vm.assume(next > 0 && next <= type(uint32).max && nextVotes <= type(uint88).max);
            vm.assume(increasing ? next > height : next >= height);
            vm.roll(next);
            unchecked {
                history.change(int256(nextVotes) - int256(current));
            }
            blocks.push(next);
            votes.push(nextVotes);
            (height, current) = (next, nextVotes);
        }
    }

    function scan(uint256 asked) private view returns (uint256 answer) {
        for (uint256 i = 0; i < blocks.length; i++) {
            if (blocks[i] <= asked) answer = votes[i];
        }
    }
}
