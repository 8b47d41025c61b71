// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {ExecutionFixture} from "./ExecutionFixture.sol";
import {Target} from "./TimelockFixture.sol";

/// @title Queueing and executing through the suite's time lock
contract GovernorQueueExecuteTest is ExecutionFixture {
    IBraintrustGovernor.ProposalState internal constant SUCCEEDED =
    IBraintrustGovernor.ProposalState.Succeeded;
    IBraintrustGovernor.ProposalState internal constant QUEUED = IBraintrustGovernor.ProposalState.Queued;
    IBraintrustGovernor.ProposalState internal constant EXPIRED = IBraintrustGovernor.ProposalState.Expired;
    IBraintrustGovernor.ProposalState internal constant EXECUTED = IBraintrustGovernor.ProposalState.Executed;

    function test_queue_byAnyoneQueuesOneBatch() public {
        ActionList memory list = marks(3);
        uint256 id = proposeList(proposer, list);
        pass(id);
        uint256 eta = vm.getBlockTimestamp() + DELAY;
        bytes32 hash = batchHash(id, eta);
        assertFalse(timelock.queuedTransactions(hash), "not queued before");

        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalQueued(id, eta);
        vm.expectEmit(address(timelock));
        emit ITimelock.QueueBatch(hash, bytes32(id), eta);
        vm.prank(stranger);
        governor.queue(id);

        assertTrue(timelock.queuedTransactions(hash), "queued");
        assertEq(governor.proposalEta(id), eta, "eta");
        (,, uint256 etaInRecord,,,,,,,) = governor.proposals(id);
        assertEq(etaInRecord, eta, "eta in Bravo's view");
        assertState(id, QUEUED);
    }

    function test_queue_leavesTheTallyAsItWas() public {
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(alice, id, FOR);
        vote(carol, id, AGAINST);
        vote(bob, id, ABSTAIN);
        endVote(id);
        uint256 end = governor.proposalDeadline(id);
        governor.queue(id);
        vm.warp(governor.proposalEta(id));
        governor.execute(id);
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        assertEq(againstVotes, 100_000e18, "against");
        assertEq(forVotes, 150_000e18, "for");
        assertEq(abstainVotes, 120_000e18, "abstain");
        assertEq(governor.proposalDeadline(id), end, "end");
    }

    function test_RevertWhen_queueAfterTheTimelockLeft() public {
        uint256 id = proposeFeeChange(5);
        pass(id);
        handOverTo(stranger);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotAdmin.selector, address(governor)));
        governor.queue(id);
        assertState(id, SUCCEEDED);
        assertEq(governor.proposalEta(id), 0, "no eta");
    }

    function test_execute_byAnyone() public {
        uint256 id = proposeList(proposer, marks(1));
        uint256 eta = passAndQueue(id);
        bytes32 hash = batchHash(id, eta);
        vm.warp(eta);
        vm.expectEmit(address(target));
        emit Target.Received(address(timelock), 0, abi.encodeCall(Target.mark, (0)));
        vm.expectEmit(address(timelock));
        emit ITimelock.ExecuteBatch(hash, bytes32(id), eta);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalExecuted(id);
        vm.prank(stranger);
        governor.execute(id);
        assertFalse(timelock.queuedTransactions(hash), "dequeued");
        assertState(id, EXECUTED);
        (,,,,,,,, bool canceled, bool executed) = governor.proposals(id);
        assertFalse(canceled, "canceled");
        assertTrue(executed, "executed");
    }

    /// Second by second around both ends of the window, both say the same.
    function test_execute_agreesWithTheTimelockToTheSecond() public {
        uint256 id = proposeList(proposer, marks(1));
        uint256 eta = passAndQueue(id);
        uint256 last = eta + GRACE_PERIOD;
        uint256[6] memory times = [eta - 1, eta, eta + 1, last - 1, last, last + 1];
        for (uint256 i = 0; i < times.length; i++) {
            vm.warp(times[i]);
            bool open = eta <= times[i] && times[i] <= last;
            uint256 before = vm.snapshotState();
            assertEq(lockExecutes(id), open, "time lock");
            vm.revertToState(before);
            assertEq(governorExecutes(id), open, "governor");
            vm.revertToState(before);
            assertState(id, times[i] <= last ? QUEUED : EXPIRED);
        }
    }

    function test_execute_runsAllActionsInOrder() public {
        uint256 id = proposeList(proposer, marks(10));
        passAndExecute(id);
        assertEq(target.count(), 10, "count");
        for (uint256 i = 0; i < 10; i++) {
            assertEq(target.marks(i), i, "order");
        }
    }

    function test_execute_takesSignaturesAndCallData() public {
        ActionList memory list;
        list.add(address(target), 0, "mark(uint256)", abi.encode(1));
        list.add(address(target), 0, "", abi.encodeCall(Target.mark, (2)));
        list.add(address(target), 0, "unknown()", "");
        uint256 id = proposeList(proposer, list);
        vm.warp(passAndQueue(id));
        vm.expectEmit(address(target));
        emit Target.Received(address(timelock), 0, abi.encodeCall(Target.mark, (1)));
        vm.expectEmit(address(target));
        emit Target.Received(address(timelock), 0, abi.encodeCall(Target.mark, (2)));
        vm.expectEmit(address(target));
        emit Target.Received(address(timelock), 0, abi.encodeWithSignature("unknown()"));
        governor.execute(id);
    }

    function test_execute_allActionsOrNone() public {
        vm.deal(address(timelock), 1 ether);
        ActionList memory list = marks(2);
        list.add(stranger, 1 ether, "", "");
        list.add(address(target), 0, "", abi.encodeCall(Target.refuse, (7)));
        uint256 id = proposeList(proposer, list);
        uint256 eta = passAndQueue(id);
        vm.warp(eta);
        vm.expectRevert(abi.encodeWithSelector(Target.Refused.selector, 7, "not today"));
        governor.execute(id);
        assertEq(target.count(), 0, "no mark");
        assertEq(stranger.balance, 0, "no ETH");
        assertState(id, QUEUED);
        assertTrue(timelock.queuedTransactions(batchHash(id, eta)), "still queued");
    }

    function test_execute_canBeTriedAgainAfterAFailure() public {
        uint256 amount = token.balanceOf(address(timelock)) + 1;
        uint256 id =
            proposeSingle(address(token), 0, "transfer(address,uint256)", abi.encode(stranger, amount));
        vm.warp(passAndQueue(id));
        vm.expectRevert();
        governor.execute(id);
        vm.prank(alice.addr);
        token.transfer(address(timelock), 1);
        governor.execute(id);
        assertEq(token.balanceOf(stranger), amount, "transferred");
    }

    function test_RevertWhen_executeTwice() public {
        uint256 id = proposeList(proposer, marks(1));
        passAndExecute(id);
        expectUnexpectedState(id, EXECUTED);
        governor.execute(id);
        assertEq(target.count(), 1, "once");
    }

    function test_RevertWhen_executedActionRevertsWithReason() public {
        bytes[3] memory reasons = [
            abi.encodeWithSignature("Error(string)", "as it came"),
            abi.encodeWithSignature("Panic(uint256)", 0x11),
            abi.encodePacked(bytes32("no selector known to anyone"), bytes32("at all"))
        ];
        for (uint256 i = 0; i < reasons.length; i++) {
            uint256 id =
                proposeSingle(address(target), 0, "", abi.encodeCall(Target.refuseWith, (reasons[i])));
            vm.warp(passAndQueue(id));
            vm.expectRevert(reasons[i]);
            governor.execute(id);
        }
    }

    function test_RevertWhen_executedActionRevertsWithoutReason() public {
        uint256 id = proposeSingle(address(target), 0, "", abi.encodeCall(Target.refuseWith, ("")));
        vm.warp(passAndQueue(id));
        vm.expectRevert(abi.encodeWithSelector(ITimelock.CallFailed.selector, address(target)));
        governor.execute(id);
    }

    function test_RevertWhen_targetVanished() public {
        uint256 id = proposeList(proposer, marks(2));
        vm.warp(passAndQueue(id));
        vm.etch(address(target), "");
        vm.expectRevert(abi.encodeWithSelector(ITimelock.TargetWithoutCode.selector, address(target)));
        governor.execute(id);
        assertState(id, QUEUED);
    }

    function test_execute_paysOutOfTheTreasury() public {
        vm.deal(address(timelock), 5 ether);
        ActionList memory list;
        list.add(stranger, 2 ether, "", "");
        list.add(address(target), 3 ether, "", abi.encodeCall(Target.mark, (1)));
        passAndExecute(proposeList(proposer, list));
        assertEq(stranger.balance, 2 ether, "plain transfer");
        assertEq(address(target).balance, 3 ether, "with a call");
        assertEq(address(timelock).balance, 0, "treasury");
    }

    function test_execute_takesExactlyTheShortfall() public {
        uint256 id = queuedPaymentOfThree();
        governor.execute{value: 2 ether}(id);
        assertEq(stranger.balance, 1 ether, "first");
        assertEq(address(target).balance, 2 ether, "second");
        assertEq(address(timelock).balance, 0, "treasury");
        assertEq(address(governor).balance, 0, "nothing stays in the governor");
    }

    function test_RevertWhen_executeWithMoreThanTheShortfall() public {
        uint256 id = queuedPaymentOfThree();
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExcessValue.selector, 2 ether + 1, 2 ether));
        governor.execute{value: 2 ether + 1}(id);
    }

    function test_RevertWhen_executeWithLessThanTheShortfall() public {
        uint256 id = queuedPaymentOfThree();
        vm.expectRevert(abi.encodeWithSelector(ITimelock.CallFailed.selector, address(target)));
        governor.execute{value: 2 ether - 1}(id);
        assertEq(stranger.balance, 0, "none");
    }

    function test_RevertWhen_executeWithValueThatNobodyNeeds() public {
        uint256 id = queuedPaymentOfThree();
        vm.deal(address(timelock), 3 ether);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExcessValue.selector, 1, 0));
        governor.execute{value: 1}(id);

        // A treasury that was paid in the meantime needs no more help.
        governor.execute(id);

        uint256 free = proposeFeeChange(5);
        vm.warp(passAndQueue(free));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExcessValue.selector, 1, 0));
        governor.execute{value: 1}(free);
    }

    /// The call that fails gives the executor its ETH back.
    function test_execute_thatFailsKeepsNoValue() public {
        ActionList memory list;
        list.add(address(target), 1 ether, "", abi.encodeCall(Target.refuse, (7)));
        uint256 id = proposeList(proposer, list);
        vm.warp(passAndQueue(id));
        vm.deal(stranger, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(Target.Refused.selector, 7, "not today"));
        vm.prank(stranger);
        governor.execute{value: 1 ether}(id);
        assertEq(stranger.balance, 1 ether, "returned");
    }

    function test_execute_governorTakesNoStrayETH() public {
        (bool success,) = address(governor).call{value: 1}("");
        assertFalse(success, "refused");
    }

    /// The salt keeps them apart: neither executes nor cancels the other.
    function test_queue_identicalProposalsInOneBlock() public {
        uint256 first = proposeList(alice, marks(1));
        uint256 second = proposeList(bob, marks(1));
        passBoth(first, second);
        governor.queue(first);
        governor.queue(second);
        uint256 eta = governor.proposalEta(first);
        assertEq(governor.proposalEta(second), eta, "same eta");
        assertNotEq(batchHash(first, eta), batchHash(second, eta), "own hash");

        vm.warp(eta);
        uint256 ready = vm.snapshotState();
        governor.execute(first);
        assertState(second, QUEUED);
        assertTrue(timelock.queuedTransactions(batchHash(second, eta)), "second still queued");
        governor.execute(second);
        assertEq(target.count(), 2, "each once");
        vm.revertToState(ready);

        vm.prank(alice.addr);
        governor.cancel(first);
        assertFalse(timelock.queuedTransactions(batchHash(first, eta)), "first gone");
        assertTrue(timelock.queuedTransactions(batchHash(second, eta)), "second stays");
        governor.execute(second);
        assertEq(target.count(), 1, "second alone");
    }

    function test_queue_changedDelayConcernsLaterQueueingOnly() public {
        uint256 first = proposeList(alice, marks(1));
        uint256 second = proposeList(bob, marks(1));
        passBoth(first, second);
        governor.queue(first);
        uint256 eta = governor.proposalEta(first);

        vm.prank(address(timelock));
        timelock.setDelay(2 days);
        governor.queue(second);
        assertEq(governor.proposalEta(first), eta, "first unchanged");
        assertEq(governor.proposalEta(second), vm.getBlockTimestamp() + 2 days, "second sooner");

        vm.prank(address(timelock));
        timelock.setDelay(30 days);
        vm.warp(eta - 1);
        governor.execute(second);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.TooEarly.selector, first, eta));
        governor.execute(first);
        vm.warp(eta);
        governor.execute(first);
        assertEq(target.count(), 2, "each once");
    }

    /// Whatever sum the treasury has and lacks, the rule is exact.
    function testFuzz_execute_value(uint256 treasury, uint256 first, uint256 second, uint256 sent) public {
        treasury = bound(treasury, 0, 10 ether);
        (first, second) = (bound(first, 1, 5 ether), bound(second, 1, 5 ether));
        sent = bound(sent, 0, 10 ether);
        ActionList memory list;
        list.add(makeAddr("first"), first, "", "");
        list.add(makeAddr("second"), second, "", "");
        uint256 id = proposeList(proposer, list);
        vm.warp(passAndQueue(id));
        vm.deal(address(timelock), treasury);
        uint256 lacking = first + second > treasury ? first + second - treasury : 0;
        if (sent > lacking) {
            vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExcessValue.selector, sent, lacking));
        } else if (sent < lacking) {
            vm.expectRevert();
        }
        governor.execute{value: sent}(id);
        if (sent == lacking) {
            assertEq(makeAddr("first").balance, first, "first");
            assertEq(makeAddr("second").balance, second, "second");
            assertEq(address(timelock).balance, treasury + sent - first - second, "treasury");
        }
    }

    /// A queued proposal, its window open, that pays 3 ETH where the treasury has 1.
    function queuedPaymentOfThree() private returns (uint256 id) {
        vm.deal(address(timelock), 1 ether);
        ActionList memory list;
        list.add(stranger, 1 ether, "", "");
        list.add(address(target), 2 ether, "", "");
        id = proposeList(proposer, list);
        vm.warp(passAndQueue(id));
    }

    function handOverTo(address newAdmin) private {
        vm.prank(address(timelock));
        timelock.setPendingAdmin(newAdmin);
        vm.prank(newAdmin);
        timelock.acceptAdmin();
    }

    function governorExecutes(uint256 id) private returns (bool success) {
        (success,) = address(governor).call(abi.encodeCall(governor.execute, (id)));
    }

    /// Whether the time lock would execute the batch now, asked past the governor's own checks.
    function lockExecutes(uint256 id) private returns (bool success) {
        bytes memory callData = executeBatchCall(id);
        vm.prank(address(governor));
        (success,) = address(timelock).call(callData);
    }
}
