// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ReentrantAdmin, Target, TimelockFixture} from "./TimelockFixture.sol";

/// @title Roles, parameters and single transactions
contract TimelockTest is TimelockFixture {
    function test_constructor_setsAdminAndDelay() public {
        vm.expectEmit();
        emit ITimelock.NewAdmin(stranger);
        vm.expectEmit();
        emit ITimelock.NewDelay(3 days);
        Timelock fresh = new Timelock(stranger, 3 days);
        assertEq(fresh.admin(), stranger);
        assertEq(fresh.pendingAdmin(), address(0));
        assertEq(fresh.delay(), 3 days);
        assertEq(fresh.GRACE_PERIOD(), 14 days);
        assertEq(fresh.MINIMUM_DELAY(), 2 days);
        assertEq(fresh.MAXIMUM_DELAY(), 30 days);
    }

    function test_constructor_acceptsBothBounds() public {
        assertEq(new Timelock(governor, 2 days).delay(), 2 days);
        assertEq(new Timelock(governor, 30 days).delay(), 30 days);
    }

    function test_RevertWhen_constructor_delayOutOfBounds() public {
        expectDelayOutOfBounds(2 days - 1);
        new Timelock(governor, 2 days - 1);
        expectDelayOutOfBounds(30 days + 1);
        new Timelock(governor, 30 days + 1);
    }

    function test_deployer_hasNoPower() public {
        Action memory a = marking(1);
        bytes memory notAdmin = abi.encodeWithSelector(ITimelock.NotAdmin.selector, address(this));
        vm.expectRevert(notAdmin);
        timelock.queueTransaction(a.target, a.value, a.signature, a.data, a.eta);
        vm.expectRevert(notAdmin);
        timelock.cancelTransaction(a.target, a.value, a.signature, a.data, a.eta);
        vm.expectRevert(notAdmin);
        timelock.executeTransaction(a.target, a.value, a.signature, a.data, a.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotTimelock.selector, address(this)));
        timelock.setDelay(3 days);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotTimelock.selector, address(this)));
        timelock.setPendingAdmin(address(this));
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotPendingAdmin.selector, address(this)));
        timelock.acceptAdmin();
    }

    function test_RevertWhen_setters_calledByAdmin() public {
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotTimelock.selector, governor));
        timelock.setDelay(3 days);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotTimelock.selector, governor));
        timelock.setPendingAdmin(governor);
    }

    function testFuzz_setDelay_onlyWithinBounds(uint256 newDelay) public {
        if (newDelay % 2 == 0) newDelay = bound(newDelay, 2 days, 30 days);
        bool valid = newDelay >= 2 days && newDelay <= 30 days;
        if (valid) {
            vm.expectEmit(address(timelock));
            emit ITimelock.NewDelay(newDelay);
        } else {
            expectDelayOutOfBounds(newDelay);
        }
        vm.prank(address(timelock));
        timelock.setDelay(newDelay);
        assertEq(timelock.delay(), valid ? newDelay : DELAY);
        assertEq(timelock.admin(), governor);
    }

    function test_setDelay_leavesQueuedEtasAlone() public {
        Action memory a = marking(1);
        queue(a);
        vm.prank(address(timelock));
        timelock.setDelay(30 days);

        vm.warp(a.eta);
        execute(a);
        assertEq(target.count(), 1);
        Action memory next = marking(2);
        vm.expectRevert(
            abi.encodeWithSelector(ITimelock.EtaTooEarly.selector, next.eta, block.timestamp + 30 days)
        );
        queue(next);
    }

    function test_setDelay_byQueuedTransaction() public {
        Action memory a =
            Action(address(timelock), 0, "setDelay(uint256)", abi.encode(2 days), block.timestamp + DELAY);
        queue(a);
        vm.warp(a.eta);
        execute(a);
        assertEq(timelock.delay(), 2 days);
    }

    function test_admin_isHandedOverInTwoSteps() public {
        address heir = makeAddr("heir");
        vm.expectEmit(address(timelock));
        emit ITimelock.NewPendingAdmin(heir);
        vm.prank(address(timelock));
        timelock.setPendingAdmin(heir);
        assertEq(timelock.pendingAdmin(), heir);
        assertEq(timelock.admin(), governor);

        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotPendingAdmin.selector, governor));
        vm.prank(governor);
        timelock.acceptAdmin();

        vm.expectEmit(address(timelock));
        emit ITimelock.NewAdmin(heir);
        vm.prank(heir);
        timelock.acceptAdmin();
        assertEq(timelock.admin(), heir);
        assertEq(timelock.pendingAdmin(), address(0));
        assertEq(timelock.delay(), DELAY);

        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotPendingAdmin.selector, heir));
        vm.prank(heir);
        timelock.acceptAdmin();
        Action memory a = marking(1);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotAdmin.selector, governor));
        queue(a);
    }

    function testFuzz_queueTransaction_storesTheHash(
        address to,
        uint256 value,
        string memory signature,
        bytes memory data,
        uint256 eta
    ) public {
        Action memory a = Action(
            to, value, signature, data, bound(eta, block.timestamp + DELAY, type(uint256).max)
        );
        bytes32 hash = hashOf(a);
        assertFalse(timelock.queuedTransactions(hash));
        vm.expectEmit(address(timelock));
        emit ITimelock.QueueTransaction(hash, to, value, signature, data, a.eta);
        assertEq(queue(a), hash);
        assertTrue(timelock.queuedTransactions(hash));

        vm.expectEmit(address(timelock));
        emit ITimelock.CancelTransaction(hash, to, value, signature, data, a.eta);
        cancel(a);
        assertFalse(timelock.queuedTransactions(hash));
    }

    function test_queueTransaction_twiceIsOnce() public {
        Action memory a = marking(1);
        assertEq(queue(a), queue(a));
        vm.warp(a.eta);
        execute(a);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(a)));
        execute(a);
    }

    function testFuzz_RevertWhen_queueTransaction_etaTooEarly(uint256 eta) public {
        uint256 earliest = block.timestamp + DELAY;
        Action memory a = marking(1);
        a.eta = bound(eta, 0, earliest - 1);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.EtaTooEarly.selector, a.eta, earliest));
        queue(a);
        a.eta = earliest - 1;
        vm.expectRevert(abi.encodeWithSelector(ITimelock.EtaTooEarly.selector, a.eta, earliest));
        queue(a);
        a.eta = earliest;
        assertTrue(timelock.queuedTransactions(queue(a)));
    }

    function test_cancelTransaction_ofWhatIsNotQueuedEmits() public {
        Action memory a = marking(1);
        vm.expectEmit(address(timelock));
        emit ITimelock.CancelTransaction(hashOf(a), a.target, a.value, a.signature, a.data, a.eta);
        cancel(a);
    }

    function test_executeTransaction_withSignature() public {
        Action memory a = marking(21);
        queue(a);
        vm.warp(a.eta);
        vm.expectEmit(address(target));
        emit Target.Received(address(timelock), 0, abi.encodeCall(Target.mark, (21)));
        vm.expectEmit(address(timelock));
        emit ITimelock.ExecuteTransaction(hashOf(a), a.target, a.value, a.signature, a.data, a.eta);
        assertEq(execute(a), abi.encode(42));
        assertEq(target.marks(0), 21);
        assertFalse(timelock.queuedTransactions(hashOf(a)));
    }

    function testFuzz_executeTransaction_sendsExactlyTheData(bytes memory data) public {
        // 0xff is the first byte of no function of the target, so its fallback reports what arrives.
        if (data.length != 0) data[0] = 0xff;
        Action memory a = Action(address(target), 0, "", data, block.timestamp + DELAY);
        queue(a);
        vm.warp(a.eta);
        vm.expectCall(address(target), data);
        vm.expectEmit(address(target));
        emit Target.Received(address(timelock), 0, data);
        assertEq(execute(a), "");
    }

    function testFuzz_executeTransaction_onlyWithinTheWindow(uint256 offset) public {
        Action memory a = marking(1);
        queue(a);
        for (uint256 i = 0; i < 5; ++i) {
            uint256[5] memory offsets =
                [DELAY - 1, DELAY, DELAY + GRACE, DELAY + GRACE + 1, bound(offset, 0, DELAY + 2 * GRACE)];
            uint256 snapshot = vm.snapshotState();
            uint256 timestamp = a.eta - DELAY + offsets[i];
            vm.warp(timestamp);
            bool open = timestamp >= a.eta && timestamp <= a.eta + GRACE;
            if (timestamp < a.eta) {
                vm.expectRevert(abi.encodeWithSelector(ITimelock.NotReady.selector, a.eta, timestamp));
            } else if (!open) {
                vm.expectRevert(abi.encodeWithSelector(ITimelock.Stale.selector, a.eta + GRACE, timestamp));
            }
            execute(a);
            assertEq(target.count(), open ? 1 : 0);
            assertEq(timelock.queuedTransactions(hashOf(a)), !open);
            vm.revertToState(snapshot);
        }
    }

    function test_RevertWhen_executeTransaction_etaBeyondOverflow() public {
        Action memory a = marking(1);
        a.eta = type(uint256).max;
        queue(a);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotReady.selector, a.eta, block.timestamp));
        execute(a);
    }

    function test_RevertWhen_executeTransaction_anyFieldDiffers() public {
        Action memory a = marking(1);
        queue(a);
        vm.warp(a.eta + 1);
        Action[5] memory changed = [marking(1), marking(1), marking(1), marking(1), marking(1)];
        for (uint256 i = 0; i < 5; ++i) {
            changed[i].eta = a.eta;
        }
        changed[0].target = address(new Target());
        changed[1].value = 1;
        changed[2].signature = "mark(uint)";
        changed[3].data = abi.encode(2);
        changed[4].eta = a.eta + 1;
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(changed[i])));
            execute(changed[i]);
        }
        execute(a);
        assertEq(target.count(), 1);
    }

    function test_RevertWhen_executeTransaction_wasCanceled() public {
        Action memory a = marking(1);
        queue(a);
        cancel(a);
        vm.warp(a.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(a)));
        execute(a);
    }

    function test_RevertWhen_executeTransaction_reenters() public {
        ReentrantAdmin reentrant = new ReentrantAdmin();
        governor = address(reentrant);
        timelock = new Timelock(governor, DELAY);
        Action memory a = Action(governor, 0, "enter()", "", block.timestamp + DELAY);
        reentrant.setUp(
            timelock,
            abi.encodeCall(timelock.executeTransaction, (a.target, a.value, a.signature, a.data, a.eta))
        );
        queue(a);
        vm.warp(a.eta);
        execute(a);
        assertEq(reentrant.entries(), 1);
        assertFalse(reentrant.succeeded());
        assertEq(reentrant.result(), abi.encodeWithSelector(ITimelock.NotQueued.selector, hashOf(a)));
    }

    function testFuzz_RevertWhen_executeTransaction_callFails(bytes memory reason) public {
        Action memory a =
            Action(address(target), 0, "refuseWith(bytes)", abi.encode(reason), block.timestamp + DELAY);
        queue(a);
        vm.warp(a.eta);
        vm.prank(governor);
        (bool success, bytes memory result) = address(timelock)
            .call(
                abi.encodeCall(timelock.executeTransaction, (a.target, a.value, a.signature, a.data, a.eta))
            );
        assertFalse(success);
        bytes memory callFailed = abi.encodeWithSelector(ITimelock.CallFailed.selector, address(target));
        assertEq(result, reason.length == 0 ? callFailed : reason);
        assertTrue(timelock.queuedTransactions(hashOf(a)), "a failed call stays queued");
    }

    function test_RevertWhen_executeTransaction_callFailsWithoutReason() public {
        Action memory a =
            Action(address(target), 0, "refuseWith(bytes)", abi.encode(""), block.timestamp + DELAY);
        queue(a);
        vm.warp(a.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.CallFailed.selector, address(target)));
        execute(a);
    }

    function test_RevertWhen_executeTransaction_balanceTooLow() public {
        vm.deal(address(timelock), 1 ether - 1);
        Action memory a = Action(stranger, 1 ether, "", "", block.timestamp + DELAY);
        queue(a);
        vm.warp(a.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.CallFailed.selector, stranger));
        execute(a);
        assertEq(address(timelock).balance, 1 ether - 1);
    }

    function test_RevertWhen_executeTransaction_targetWithoutCode() public {
        Action memory bySignature = Action(stranger, 0, "mark(uint256)", "", block.timestamp + DELAY);
        Action memory byData = Action(stranger, 0, "", hex"00", block.timestamp + DELAY);
        queue(bySignature);
        queue(byData);
        vm.warp(byData.eta);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.TargetWithoutCode.selector, stranger));
        execute(bySignature);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.TargetWithoutCode.selector, stranger));
        execute(byData);
    }

    function testFuzz_executeTransaction_conservesEth(uint96 treasury, uint96 sent, uint96 value) public {
        value =
            uint96(bound(value, 0, uint256(treasury) + sent > type(uint96).max ? treasury : treasury + sent));
        vm.deal(address(timelock), treasury);
        vm.deal(governor, sent);
        Action memory a = Action(stranger, value, "", "", block.timestamp + DELAY);
        queue(a);
        vm.warp(a.eta);
        vm.prank(governor);
        timelock.executeTransaction{value: sent}(a.target, a.value, a.signature, a.data, a.eta);
        assertEq(stranger.balance, value);
        assertEq(governor.balance, 0);
        assertEq(address(timelock).balance, uint256(treasury) + sent - value);
    }

    function testFuzz_receiveAndFallback_takeEth(uint96 value, bytes memory data) public {
        vm.deal(stranger, value);
        vm.startPrank(stranger);
        (bool plain,) = address(timelock).call{value: value / 2}("");
        (bool withData,) = address(timelock).call{value: value - value / 2}(bytes.concat(hex"ffffffff", data));
        assertTrue(plain && withData);
        assertEq(address(timelock).balance, value);
    }

    function expectDelayOutOfBounds(uint256 delay) private {
        vm.expectRevert(abi.encodeWithSelector(ITimelock.DelayOutOfBounds.selector, delay, 2 days, 30 days));
    }
}
