// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

import {CheckpointPair} from "../../contracts/token/CheckpointPair.sol";
import {Checkpoints} from "../../contracts/token/Checkpoints.sol";

/// @dev The library as a contract, with the history at slot 0: head 0, overflow 1, archive 2.
contract Recorder {
    using Checkpoints for Checkpoints.History;

    Checkpoints.History private history;

    function change(int256 delta) external returns (uint256) {
        return history.change(delta);
    }

    function latest() external view returns (uint256) {
        return history.latest();
    }

    function lookup(uint256 blockNumber) external view returns (uint256) {
        return history.lookup(blockNumber);
    }

    function length() external view returns (uint256) {
        return history.length();
    }

    function checkpointAt(uint256 index) external view returns (uint256, uint256) {
        return history.checkpointAt(index);
    }
}

/// @title Checkpoints against a plain list of what was recorded
contract CheckpointsTest is Test {
    struct Entry {
        uint256 fromBlock;
        uint256 votes;
    }

    uint256 private constant OVERFLOW_SLOT = 1;
    uint256 private constant ARCHIVE_SLOT = 2;
    uint256 private constant SATURATED = 65_535;
    /// @dev Block distance of the prepared checkpoints; checkpoint i is at block 10 * (i + 1) with i + 1 votes.
    uint256 private constant SPACING = 10;

    Recorder private recorder;
    Entry[] private list;

    function setUp() public {
        recorder = new Recorder();
        vm.roll(1);
    }

    function test_lookup_emptyHistory() public view {
        assertEq(recorder.latest(), 0);
        assertEq(recorder.lookup(0), 0);
        assertEq(recorder.lookup(type(uint256).max), 0);
        assertEq(recorder.length(), 0);
        assertCheckpoint(0, 0, 0);
        assertCheckpoint(type(uint32).max, 0, 0);
    }

    function test_change_sameBlockOverwrites() public {
        vm.roll(7);
        assertEq(recorder.change(5), 5);
        assertEq(recorder.change(4), 9);
        assertEq(recorder.change(-6), 3);
        assertEq(recorder.length(), 1);
        assertCheckpoint(0, 7, 3);
        assertCheckpoint(1, 0, 0);
    }

    /// @dev The first six checkpoints cross every boundary: head half full, full, archived, half full, full, archived.
    function test_change_crossesPairBoundaries() public {
        uint256[6] memory archivedAfter = [uint256(0), 0, 1, 1, 2, 2];
        for (uint256 i = 1; i <= 6; ++i) {
            record(SPACING * i, int256(i));
            assertMatchesList();
            assertEq(uint256(vm.load(address(recorder), 0)) >> 240, archivedAfter[i - 1]);
            // A second change in the block must not move a boundary.
            record(SPACING * i, 100);
            assertMatchesList();
        }
        assertEq(vm.load(address(recorder), archiveSlot(1)) != 0, true);
        assertEq(vm.load(address(recorder), archiveSlot(2)), 0);
        assertEq(vm.load(address(recorder), bytes32(OVERFLOW_SLOT)), 0);
    }

    function test_change_largestVotesAndBlock() public {
        int256 most = int256(uint256(type(uint88).max));
        record(type(uint32).max - 2, most);
        record(type(uint32).max - 1, -most);
        record(type(uint32).max, most);
        assertMatchesList();
        vm.roll(uint256(type(uint32).max) + 1);
        assertEq(recorder.lookup(block.number), uint256(most));
    }

    function test_RevertWhen_change_blockExceeds32Bits() public {
        vm.roll(uint256(type(uint32).max) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 32, block.number)
        );
        recorder.change(1);
    }

    function testFuzz_lookup_equalsLinearScan(uint256 seed, uint8 size) public {
        uint256 blockNumber = 1;
        for (uint256 i = 0; i < size; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            // Every fourth change falls into the block of the last.
            blockNumber += seed % 4;
            uint256 votes = uint256(uint88(seed >> 64));
            record(blockNumber, int256(votes) - int256(recorder.latest()));
        }
        assertMatchesList();
    }

    /// @dev The cost of a lookup grows with the checkpoints that are newer than the block, not with the older ones.
    function test_lookup_costIsLogarithmicInNewerCheckpoints() public {
        prepare(1000);
        uint256 newest = 2000 * SPACING;
        vm.record();
        recorder.lookup(newest);
        assertEq(reads(), 1, "newest");
        recorder.lookup(newest - 2 * SPACING);
        assertEq(reads(), 2, "two newer");
        recorder.lookup(newest - 20 * SPACING);
        assertLe(reads(), 8, "twenty newer");
        recorder.lookup(1);
        assertLe(reads(), 12, "before all");
    }

    /// @dev Walks over the limit of the 16-bit count with a complete history below it.
    function test_change_saturatedCountStaysExact() public {
        prepare(SATURATED - 2);
        uint256 votes = recorder.latest();
        for (uint256 i = 0; i < 12; ++i) {
            uint256 fromBlock = SPACING * (2 * (SATURATED - 2) + i + 1);
            vm.roll(fromBlock);
            assertEq(recorder.change(1), ++votes);
            assertEq(recorder.length(), 2 * (SATURATED - 2) + i + 1);
            assertExactBelow(recorder.length());
        }
        assertEq(uint256(vm.load(address(recorder), 0)) >> 240, SATURATED);
        assertEq(uint256(vm.load(address(recorder), bytes32(OVERFLOW_SLOT))), SATURATED + 3);
    }

    function testFuzz_pair_fieldsAreSeparate(uint256 word, uint88 votes, uint32 blockNumber) public pure {
        CheckpointPair pair = CheckpointPair.wrap(word);
        assertEq(
            word,
            pair.count() << 240 | pair.olderBlock() << 208 | pair.olderVotes() << 120 | pair.newerBlock()
                << 88 | pair.newerVotes()
        );
        CheckpointPair replaced = pair.withNewer(votes, blockNumber);
        assertEq(replaced.newerVotes(), votes);
        assertEq(replaced.newerBlock(), blockNumber);
        assertEq(CheckpointPair.unwrap(replaced) >> 120, word >> 120);

        CheckpointPair single = CheckpointPair.wrap(word & ~(uint256(type(uint120).max) << 120));
        CheckpointPair full = single.appended(votes, blockNumber);
        assertEq(full.newerVotes(), votes);
        assertEq(full.newerBlock(), blockNumber);
        assertEq(full.olderVotes(), pair.newerVotes());
        assertEq(full.olderBlock(), pair.newerBlock());
        assertEq(full.count(), pair.count());

        assertEq(CheckpointPair.unwrap(pair.uncounted()), word & type(uint240).max);
    }

    /// @dev Changes the votes at `blockNumber` and notes it in the list.
    function record(uint256 blockNumber, int256 delta) private {
        vm.roll(blockNumber);
        uint256 votes = recorder.change(delta);
        if (list.length != 0 && list[list.length - 1].fromBlock == blockNumber) list.pop();
        list.push(Entry(blockNumber, votes));
        assertEq(recorder.latest(), votes);
    }

    function assertMatchesList() private view {
        assertEq(recorder.length(), list.length);
        assertEq(recorder.lookup(0), 0);
        for (uint256 i = 0; i < list.length; ++i) {
            assertCheckpoint(i, list[i].fromBlock, list[i].votes);
            assertEq(recorder.lookup(list[i].fromBlock - 1), i == 0 ? 0 : list[i - 1].votes);
            assertEq(recorder.lookup(list[i].fromBlock), list[i].votes);
        }
        assertCheckpoint(list.length, 0, 0);
        assertCheckpoint(list.length + 1, 0, 0);
        if (list.length != 0) assertEq(recorder.lookup(type(uint256).max), list[list.length - 1].votes);
    }

    /// @dev Checks a history of `SPACING` at its ends and at every power of two from either.
    function assertExactBelow(uint256 length) private view {
        for (uint256 distance = 1; distance <= length; distance *= 2) {
            assertPrepared(distance - 1);
            assertPrepared(length - distance);
        }
        assertEq(recorder.lookup(SPACING - 1), 0);
        assertCheckpoint(length, 0, 0);
        assertCheckpoint(length + 1, 0, 0);
    }

    function assertPrepared(uint256 index) private view {
        uint256 fromBlock = SPACING * (index + 1);
        assertCheckpoint(index, fromBlock, index + 1);
        assertEq(recorder.lookup(fromBlock - 1), index);
        assertEq(recorder.lookup(fromBlock), index + 1);
    }

    function assertCheckpoint(uint256 index, uint256 fromBlock, uint256 votes) private view {
        (uint256 actualBlock, uint256 actualVotes) = recorder.checkpointAt(index);
        assertEq(actualBlock, fromBlock);
        assertEq(actualVotes, votes);
    }

    /// @dev Stores `pairs` full pairs: all but the last archived, the last in the head.
    function prepare(uint256 pairs) private {
        for (uint256 i = 0; i < pairs; ++i) {
            uint256 pair = (SPACING * (2 * i + 1)) << 208 | (2 * i + 1) << 120 | (SPACING * (2 * i + 2)) << 88
                | (2 * i + 2);
            if (i + 1 < pairs) vm.store(address(recorder), archiveSlot(i), bytes32(pair));
            else vm.store(address(recorder), 0, bytes32(i << 240 | pair));
        }
        vm.roll(SPACING * 2 * pairs);
    }

    function archiveSlot(uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(index, ARCHIVE_SLOT));
    }

    /// @dev Slots that the recorder has read since the last call.
    function reads() private returns (uint256) {
        (bytes32[] memory slots,) = vm.accesses(address(recorder));
        vm.record();
        return slots.length;
    }
}
