// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ReentrantAdmin, Target, TimelockFixture} from "./TimelockFixture.sol";

/// @title Batches: one hash for all actions of a proposal
contract TimelockBatchTest is TimelockFixture {
    function testFuzz_hashBatch_isTheStatedHash(Batch memory b) public view {
        assertEq(timelock.hashBatch(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta), hashOf(b));
        assertGt(uint256(timelock.BATCH_TYPEHASH()), type(uint160).max, "could be the hash of a single call");
    }

    function test_queueBatch_storesOneHash() public {
        Batch memory b = markings(3);
        vm.expectEmit(address(timelock));
        emit ITimelock.QueueBatch(hashOf(b), b.salt, b.eta);
        vm.record();
        assertEq(queue(b), hashOf(b));
        (, bytes32[] memory writes) = vm.accesses(address(timelock));
        assertEq(writes.length, 1);
        assertTrue(timelock.queuedTransactions(hashOf(b)));
    }

    function test_RevertWhen_queueBatch_calledByStranger() public {
        Batch memory b = markings(1);
        bytes memory notAdmin = abi.encodeWithSelector(ITimelock.NotAdmin.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(notAdmin);
        timelock.queueBatch(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta);
        vm.expectRevert(notAdmin);
        timelock.cancelBatch(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta);
        vm.expectRevert(notAdmin);
        timelock.executeBatch(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta);
    }

    function testFuzz_RevertWhen_queueBatch_lengthsDiffer(uint256[4] memory lengths) public {
        for (uint256 i = 0; i < 4; ++i) {
            lengths[i] %= 4;
        }
        Batch memory b = Batch(
            new address[](lengths[0]),
            new uint256[](lengths[1]),
            new string[](lengths[2]),
            new bytes[](lengths[3]),
            0,
            block.timestamp + DELAY
        );
        bool valid = lengths[0] != 0 && lengths[1] == lengths[0] && lengths[2] == lengths[0]
            && lengths[3] == lengths[0];
        if (!valid) expectInvalidLength(lengths[0], lengths[1], lengths[2], lengths[3]);
        queue(b);
        assertEq(timelock.queuedTransactions(hashOf(b)), valid);
    }

    function test_RevertWhen_queueBatch_oneLengthDiffers() public {
        Batch memory b = markings(2);
        b.targets = new address[](0);
        expectInvalidLength(0, 2, 2, 2);
        queue(b);
        b = markings(2);
        b.values = new uint256[](1);
        expectInvalidLength(2, 1, 2, 2);
        queue(b);
        b = markings(2);
        b.signatures = new string[](3);
        expectInvalidLength(2, 2, 3, 2);
        queue(b);
        b = markings(2);
        b.calldatas = new bytes[](1);
        expectInvalidLength(2, 2, 2, 1);
        queue(b);
        b = markings(0);
        expectInvalidLength(0, 0, 0, 0);
        queue(b);
    }

    function test_RevertWhen_queueBatch_etaTooEarly() public {
        Batch memory b = markings(1);
        --b.eta;
        vm.expectRevert(abi.encodeWithSelector(ITimelock.EtaTooEarly.selector, b.eta, b.eta + 1));
        queue(b);
    }

    function test_RevertWhen_queueBatch_isQueued() public {
        Batch memory b = markings(2);
        queue(b);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.AlreadyQueued.selector, hashOf(b)));
        queue(b);
    }

    function test_cancelBatch_removesTheHash() public {
        Batch memory b = markings(2);
        queue(b);
        vm.expectEmit(address(timelock));
        emit ITimelock.CancelBatch(hashOf(b), b.salt, b.eta);
        cancel(b);
        assertFalse(timelock.queuedTransactions(hashOf(b)));

        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(b)));
        cancel(b);
        vm.warp(b.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(b)));
        execute(b);
    }

    function test_batches_ofOtherSaltLiveSideBySide() public {
        Batch memory first = markings(2);
        Batch memory second = markings(2);
        Batch memory third = markings(2);
        second.salt = bytes32("second");
        third.salt = bytes32("third");
        queue(first);
        queue(second);
        queue(third);
        cancel(second);
        vm.warp(first.eta);
        execute(first);
        assertFalse(timelock.queuedTransactions(hashOf(first)));
        assertTrue(timelock.queuedTransactions(hashOf(third)));
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(second)));
        execute(second);
        execute(third);
        assertEq(target.count(), 4);
    }

    function test_batchAndTransaction_areSeparate() public {
        Batch memory b = markings(1);
        Action memory a = marking(1);
        queue(b);
        vm.warp(b.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(a)));
        execute(a);
        cancel(a);
        execute(b);
    }

    function testFuzz_executeBatch_callsInOrder(uint256 size) public {
        size = bound(size, 1, 12);
        Batch memory b = markings(size);
        queue(b);
        vm.warp(b.eta);
        for (uint256 i = 0; i < size; ++i) {
            vm.expectEmit(address(target));
            emit Target.Received(address(timelock), 0, abi.encodeCall(Target.mark, (i + 1)));
        }
        vm.expectEmit(address(timelock));
        emit ITimelock.ExecuteBatch(hashOf(b), b.salt, b.eta);
        execute(b);
        assertEq(target.count(), size);
        for (uint256 i = 0; i < size; ++i) {
            assertEq(target.marks(i), i + 1);
        }
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(b)));
        execute(b);
    }

    function test_executeBatch_onlyWithinTheWindow() public {
        Batch memory b = markings(2);
        queue(b);
        vm.warp(b.eta - 1);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotReady.selector, b.eta, b.eta - 1));
        execute(b);
        vm.warp(b.eta + GRACE + 1);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.Stale.selector, b.eta + GRACE, b.eta + GRACE + 1));
        execute(b);
        uint256 snapshot = vm.snapshotState();
        vm.warp(b.eta + GRACE);
        execute(b);
        assertEq(target.count(), 2);
        vm.revertToState(snapshot);
        vm.warp(b.eta);
        execute(b);
        assertEq(target.count(), 2);
    }

    function test_RevertWhen_executeBatch_anyFieldDiffers() public {
        Batch memory b = markings(2);
        queue(b);
        Batch[8] memory changed;
        for (uint256 i = 0; i < 8; ++i) {
            changed[i] = markings(2);
        }
        changed[0].targets[1] = address(new Target());
        changed[1].values[0] = 1;
        changed[2].signatures[1] = "mark(uint)";
        changed[3].calldatas[0] = abi.encode(7);
        changed[4].salt = bytes32(uint256(b.salt) + 1);
        changed[5].eta += 1;
        (changed[6].signatures[0], changed[6].signatures[1]) = (b.signatures[1], b.signatures[0]);
        (changed[6].calldatas[0], changed[6].calldatas[1]) = (b.calldatas[1], b.calldatas[0]);
        changed[7] = markings(1);
        vm.warp(b.eta + 1);
        for (uint256 i = 0; i < 8; ++i) {
            bytes memory notQueued = abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(changed[i]));
            vm.expectRevert(notQueued);
            execute(changed[i]);
            vm.expectRevert(notQueued);
            cancel(changed[i]);
        }
        execute(b);
    }

    function test_RevertWhen_executeBatch_oneCallFails() public {
        for (uint256 i = 0; i < 3; ++i) {
            Batch memory b = markings(3);
            b.salt = bytes32(i);
            b.signatures[i] = "refuse(uint256)";
            b.calldatas[i] = abi.encode(9);
            queue(b);
            vm.warp(b.eta);
            vm.expectRevert(abi.encodeWithSelector(Target.Refused.selector, 9, "not today"));
            execute(b);
            assertEq(target.count(), 0);
            assertTrue(timelock.queuedTransactions(hashOf(b)));
        }
    }

    function test_RevertWhen_executeBatch_callFailsWithoutReason() public {
        Batch memory b = markings(2);
        b.signatures[1] = "refuseWith(bytes)";
        b.calldatas[1] = abi.encode("");
        queue(b);
        vm.warp(b.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.CallFailed.selector, address(target)));
        execute(b);
        assertEq(target.count(), 0);
    }

    function test_RevertWhen_executeBatch_targetWithoutCode() public {
        Batch memory b = markings(2);
        b.targets[1] = stranger;
        queue(b);
        vm.warp(b.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.TargetWithoutCode.selector, stranger));
        execute(b);
    }

    function test_RevertWhen_executeBatch_reenters() public {
        ReentrantAdmin reentrant = new ReentrantAdmin();
        governor = address(reentrant);
        timelock = new Timelock(governor, DELAY);
        Batch memory b = markings(2);
        b.targets[0] = governor;
        b.signatures[0] = "enter()";
        b.calldatas[0] = "";
        reentrant.setUp(
            timelock,
            abi.encodeCall(
                timelock.executeBatch, (b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta)
            )
        );
        queue(b);
        vm.warp(b.eta);
        execute(b);
        assertEq(reentrant.entries(), 1);
        assertFalse(reentrant.succeeded());
        assertEq(reentrant.result(), abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(b)));
        assertEq(target.count(), 1);
    }

    function test_executeBatch_canChangeTheTimelockItself() public {
        Batch memory b = markings(2);
        (b.targets[0], b.signatures[0], b.calldatas[0]) =
        (address(timelock), "setPendingAdmin(address)", abi.encode(stranger));
        (b.targets[1], b.signatures[1], b.calldatas[1]) =
        (address(timelock), "", abi.encodeCall(timelock.setDelay, (2 days)));
        queue(b);
        vm.warp(b.eta);
        execute(b);
        assertEq(timelock.pendingAdmin(), stranger);
        assertEq(timelock.delay(), 2 days);
    }

    function testFuzz_executeBatch_conservesEth(uint64 treasury, uint64 sent, uint256[3] memory values)
        public
    {
        uint256 left = uint256(treasury) + sent;
        Batch memory b = markings(3);
        b.targets[0] = stranger;
        b.signatures[0] = "";
        b.calldatas[0] = "";
        for (uint256 i = 0; i < 3; ++i) {
            b.values[i] = bound(values[i], 0, left);
            left -= b.values[i];
        }
        vm.deal(address(timelock), treasury);
        vm.deal(governor, sent);
        queue(b);
        vm.warp(b.eta);
        vm.prank(governor);
        timelock.executeBatch{value: sent}(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta);
        assertEq(stranger.balance, b.values[0]);
        assertEq(address(target).balance, b.values[1] + b.values[2]);
        assertEq(address(timelock).balance, left);
        assertEq(governor.balance, 0);
    }

    function expectInvalidLength(uint256 targets, uint256 values, uint256 signatures, uint256 calldatas)
        private
    {
        vm.expectRevert(
            abi.encodeWithSelector(
                ITimelock.InvalidBatchLength.selector, targets, values, signatures, calldatas
            )
        );
    }
}
