// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {AdoptionFixture} from "./AdoptionFixture.sol";
import {Reentrant} from "./Reentrant.sol";

/// @title The governor drives a time lock of the Compound generation, action by action
contract AdoptedTimelockTest is AdoptionFixture {
    function setUp() public override {
        super.setUp();
        adopt();
    }

    function test_queue_perAction() public {
        ActionList memory list = treasuryList();
        uint256 id = pass(propose(whale, list));
        uint256 eta = vm.getBlockTimestamp() + DELAY;
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalQueued(id, eta);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectEmit(address(lock));
            emit ITimelock.QueueTransaction(
                hashOf(list, i, eta),
                list.targets[i],
                list.values[i],
                list.signatures[i],
                list.calldatas[i],
                eta
            );
        }
        vm.prank(stranger);
        governor.queue(id);
        assertEq(governor.proposalEta(id), eta, "eta");
        assertQueued(list, eta, true);
    }

    function test_execute_treasuryTokensEtherAndDelay() public {
        ActionList memory list = treasuryList();
        uint256 id = queue(pass(propose(whale, list)));
        uint256 eta = governor.proposalEta(id);
        vm.warp(eta);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectEmit(address(lock));
            emit ITimelock.ExecuteTransaction(
                hashOf(list, i, eta),
                list.targets[i],
                list.values[i],
                list.signatures[i],
                list.calldatas[i],
                eta
            );
        }
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalExecuted(id);
        vm.prank(stranger);
        governor.execute(id);
        assertEq(token.balanceOf(stranger), 5e18, "tokens");
        assertEq(stranger.balance, 4 ether, "ETH");
        assertEq(address(lock).balance, 6 ether, "treasury");
        assertEq(lock.delay(), 3 days, "delay");
        assertQueued(list, eta, false);
    }

    function test_execute_takesExactlyTheShortfall() public {
        ActionList memory list = transferList(1e18);
        list.add(stranger, 12 ether, "", "");
        uint256 id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExcessValue.selector, 2 ether + 1, 2 ether));
        governor.execute{value: 2 ether + 1}(id);
        vm.expectRevert("Timelock::executeTransaction: Transaction execution reverted.");
        governor.execute{value: 2 ether - 1}(id);
        assertEq(token.balanceOf(stranger), 0, "all or none");
        governor.execute{value: 2 ether}(id);
        assertEq(stranger.balance, 12 ether, "paid");
        assertEq(address(governor).balance, 0, "nothing stays in the governor");
    }

    /// The value goes along with the first action, which may be the one that needs it.
    function test_execute_paysTheShortfallOfTheFirstAction() public {
        ActionList memory list;
        list.add(stranger, 12 ether, "", "");
        uint256 id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        governor.execute{value: 2 ether}(id);
        assertEq(stranger.balance, 12 ether, "paid");
        assertEq(address(lock).balance, 0, "treasury");
        assertEq(address(governor).balance, 0, "nothing stays in the governor");
    }

    function test_execute_agreesWithTheLockToTheSecond() public {
        ActionList memory list = transferList(1e18);
        uint256 id = queue(pass(propose(whale, list)));
        uint256 eta = governor.proposalEta(id);
        uint256[4] memory times = [eta - 1, eta, eta + GRACE_PERIOD, eta + GRACE_PERIOD + 1];
        for (uint256 i = 0; i < times.length; i++) {
            vm.warp(times[i]);
            bool open = i == 1 || i == 2;
            uint256 before = vm.snapshotState();
            assertEq(succeeds(address(this), address(governor), executeCall(id)), open, "governor");
            vm.revertToState(before);
            assertEq(
                succeeds(
                    address(governor), address(lock), lockCall(lock.executeTransaction.selector, list, eta)
                ),
                open,
                "lock"
            );
            vm.revertToState(before);
        }
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernorEvents.UnexpectedState.selector, id, uint8(IBraintrustGovernor.ProposalState.Expired)
            )
        );
        governor.execute(id);
        vm.warp(eta - 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.TooEarly.selector, id, eta));
        governor.execute(id);
    }

    /// A Compound lock would call nothing and report success.
    function test_RevertWhen_targetVanished() public {
        Reentrant target = new Reentrant();
        ActionList memory list = transferList(1e18);
        list.add(address(target), 0, "enter()", "");
        uint256 id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        vm.etch(address(target), "");
        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.TargetWithoutCode.selector, 1, address(target))
        );
        governor.execute(id);
        assertEq(token.balanceOf(stranger), 0, "all or none");
    }

    function test_execute_reentrantCallsAreRefused() public {
        Reentrant target = new Reentrant();
        vm.prank(address(lock));
        governor._setProposalGuardian(
            IBraintrustGovernor.ProposalGuardian(address(target), uint96(vm.getBlockTimestamp() + 30 days))
        );
        ActionList memory list;
        list.add(address(target), 0, "enter()", "");
        list.add(address(token), 0, "transfer(address,uint256)", abi.encode(stranger, 1e18));
        uint256 id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        uint256 before = vm.snapshotState();
        bytes[3] memory callbacks =
            [executeCall(id), abi.encodeCall(governor.cancel, (id)), abi.encodeCall(governor.queue, (id))];
        for (uint256 i = 0; i < callbacks.length; i++) {
            target.prepare(address(governor), callbacks[i]);
            governor.execute(id);
            assertEq(target.entries(), 1, "entered once");
            assertFalse(target.succeeded(), "refused");
            assertEq(
                target.result(),
                abi.encodeWithSelector(
                    IGovernorEvents.UnexpectedState.selector,
                    id,
                    uint8(IBraintrustGovernor.ProposalState.Executed)
                ),
                "reason"
            );
            assertEq(token.balanceOf(stranger), 1e18, "the rest ran");
            vm.revertToState(before);
        }
    }

    function test_cancel_dequeuesEachAction() public {
        ActionList memory list = treasuryList();
        uint256 id = queue(pass(propose(whale, list)));
        uint256 eta = governor.proposalEta(id);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectEmit(address(lock));
            emit ITimelock.CancelTransaction(
                hashOf(list, i, eta),
                list.targets[i],
                list.values[i],
                list.signatures[i],
                list.calldatas[i],
                eta
            );
        }
        vm.prank(guardian);
        governor.cancel(id);
        assertQueued(list, eta, false);
    }

    /// Such a lock knows an action by content and time alone: sharing an entry, one proposal would execute or
    /// cancel the other's. The second waits for the next block.
    function test_RevertWhen_anotherProposalQueuedTheSameActionInThisBlock() public {
        uint256 first = propose(whale, transferList(1e18));
        ActionList memory list;
        list.add(stranger, 1 ether, "", "");
        list.add(address(token), 0, "transfer(address,uint256)", abi.encode(stranger, 1e18));
        uint256 other = propose(second, list);
        passBoth(first, other);
        governor.queue(first);
        uint256 eta = governor.proposalEta(first);

        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ActionQueued.selector, other, 1));
        governor.queue(other);
        assertFalse(lock.queuedTransactions(hashOf(list, 0, eta)), "none of them");
        assertEq(governor.proposalEta(other), 0, "no eta");

        skipBlocks(1);
        governor.queue(other);
        vm.prank(guardian);
        governor.cancel(first);
        assertQueued(list, eta + 12, true);
        vm.warp(eta + 12);
        governor.execute(other);
        assertEq(token.balanceOf(stranger), 1e18, "once");
    }

    /// Tallies hold 88 bits: more than BTRST has, less than UNI has.
    function test_RevertWhen_votesDoNotFitTheTally() public {
        address giant = makeAddr("giant");
        fund(giant, 310_000_000e18);
        skipBlocks(1);
        uint256 id = propose(whale, transferList(1e18));
        skipBlocks(2);
        bytes memory reason = abi.encodeWithSelector(
            IGovernorEvents.FieldOverflow.selector, 310_000_000e18, uint256(type(uint88).max)
        );
        for (uint8 support = 0; support < 2; support++) {
            vm.expectRevert(reason);
            vm.prank(giant);
            governor.castVote(id, support);
        }
    }

    /// Tokens and ETH of the treasury, and the lock's own delay.
    function treasuryList() private view returns (ActionList memory list) {
        list.add(address(token), 0, "", abi.encodeWithSignature("transfer(address,uint256)", stranger, 5e18));
        list.add(stranger, 4 ether, "", "");
        list.add(address(lock), 0, "setDelay(uint256)", abi.encode(3 days));
    }

    function executeCall(uint256 id) private view returns (bytes memory) {
        return abi.encodeCall(governor.execute, (id));
    }

    /// A call of the lock about the first action.
    function lockCall(bytes4 selector, ActionList memory list, uint256 eta)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            selector, list.targets[0], list.values[0], list.signatures[0], list.calldatas[0], eta
        );
    }

    function succeeds(address from, address target, bytes memory callData) private returns (bool success) {
        vm.prank(from);
        (success,) = target.call(callData);
    }

    function assertQueued(ActionList memory list, uint256 eta, bool expected) private view {
        for (uint256 i = 0; i < list.targets.length; i++) {
            assertEq(lock.queuedTransactions(hashOf(list, i, eta)), expected, "queued");
        }
    }
}
