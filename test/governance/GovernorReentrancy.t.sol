// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {ExecutionFixture} from "./ExecutionFixture.sol";
import {Reentrant} from "./Reentrant.sol";

/// @title A target that calls back while its proposal is executed
contract GovernorReentrancyTest is ExecutionFixture {
    IBraintrustGovernor.ProposalState internal constant CANCELED = IBraintrustGovernor.ProposalState.Canceled;
    IBraintrustGovernor.ProposalState internal constant SUCCEEDED =
    IBraintrustGovernor.ProposalState.Succeeded;
    IBraintrustGovernor.ProposalState internal constant QUEUED = IBraintrustGovernor.ProposalState.Queued;
    IBraintrustGovernor.ProposalState internal constant EXECUTED = IBraintrustGovernor.ProposalState.Executed;

    Reentrant internal reentrant;

    function setUp() public override {
        super.setUp();
        reentrant = new Reentrant();
    }

    function test_execute_reentrantExecuteOfTheSameFindsItExecuted() public {
        uint256 id = queuedReentrance();
        assertReentryRefused(id, abi.encodeCall(governor.execute, (id)), EXECUTED);
    }

    function test_execute_reentrantQueueOfTheSameFindsItExecuted() public {
        uint256 id = queuedReentrance();
        assertReentryRefused(id, abi.encodeCall(governor.queue, (id)), EXECUTED);
    }

    function test_execute_reentrantCancelOfTheSameFindsItExecuted() public {
        uint256 id = queuedReentrance();
        makeGuardian(address(reentrant));
        assertReentryRefused(id, abi.encodeCall(governor.cancel, (id)), EXECUTED);
    }

    function test_execute_reentrantCallOfTheTimelockIsRefused() public {
        uint256 id = queuedReentrance();
        reentrant.prepare(address(timelock), executeBatchCall(id));
        governor.execute(id);
        assertFalse(reentrant.succeeded(), "refused");
        assertEq(
            reentrant.result(),
            abi.encodeWithSelector(ITimelock.NotAdmin.selector, address(reentrant)),
            "reason"
        );
    }

    function test_execute_canExecuteAnother() public {
        uint256 other = proposeList(alice, marks(1));
        uint256 id = queuedReentranceBeside(other);
        reentrant.prepare(address(governor), abi.encodeCall(governor.execute, (other)));
        governor.execute(id);
        assertTrue(reentrant.succeeded(), "executed");
        assertState(id, EXECUTED);
        assertState(other, EXECUTED);
        assertEq(target.count(), 1, "the other once");
        assertEq(reentrant.entries(), 1, "this once");
    }

    function test_execute_canCancelAnother() public {
        uint256 other = proposeList(alice, marks(1));
        uint256 id = queuedReentranceBeside(other);
        makeGuardian(address(reentrant));
        reentrant.prepare(address(governor), abi.encodeCall(governor.cancel, (other)));
        governor.execute(id);
        assertTrue(reentrant.succeeded(), "canceled");
        assertState(id, EXECUTED);
        assertState(other, CANCELED);
        assertFalse(timelock.queuedTransactions(batchHash(other, governor.proposalEta(other))), "dequeued");
    }

    function test_execute_canQueueAnother() public {
        uint256 other = proposeList(alice, marks(1));
        uint256 id = queuedReentrance();
        assertState(other, SUCCEEDED);
        reentrant.prepare(address(governor), abi.encodeCall(governor.queue, (other)));
        governor.execute(id);
        assertTrue(reentrant.succeeded(), "queued");
        assertState(other, QUEUED);
        assertEq(governor.proposalEta(other), vm.getBlockTimestamp() + DELAY, "with the whole delay ahead");
    }

    function test_execute_canPropose() public {
        uint256 id = queuedReentrance();
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(address(reentrant), vm.getBlockTimestamp() + 1);
        ActionList memory list = marks(1);
        reentrant.prepare(
            address(governor),
            abi.encodeWithSignature(
                "propose(address[],uint256[],string[],bytes[],string)",
                list.targets,
                list.values,
                list.signatures,
                list.calldatas,
                "from within"
            )
        );
        governor.execute(id);
        assertTrue(reentrant.succeeded(), "proposed");
        assertEq(abi.decode(reentrant.result(), (uint256)), id + 1, "id");
        assertEq(governor.proposalProposer(id + 1), address(reentrant), "proposer");
        assertState(id, EXECUTED);
        (address[] memory targets,,,) = governor.getActions(id + 1);
        assertEq(targets[0], address(target), "its own record");
    }

    /// A proposal, its window open, that enters the reentrant target; other proposals made before passed as well.
    function queuedReentrance() private returns (uint256 id) {
        id = proposeSingle(address(reentrant), 0, "enter()", "");
        startVote(id);
        for (uint256 earlier = 1; earlier <= id; earlier++) {
            vote(alice, earlier, FOR);
        }
        endVote(id);
        governor.queue(id);
        vm.warp(governor.proposalEta(id));
    }

    /// As `queuedReentrance`, with `other` queued too, in the same block.
    function queuedReentranceBeside(uint256 other) private returns (uint256 id) {
        id = proposeSingle(address(reentrant), 0, "enter()", "");
        passBoth(other, id);
        governor.queue(other);
        governor.queue(id);
        vm.warp(governor.proposalEta(id));
    }

    function assertReentryRefused(
        uint256 id,
        bytes memory callback,
        IBraintrustGovernor.ProposalState current
    ) private {
        reentrant.prepare(address(governor), callback);
        governor.execute(id);
        assertEq(reentrant.entries(), 1, "entered once");
        assertFalse(reentrant.succeeded(), "refused");
        assertEq(
            reentrant.result(),
            abi.encodeWithSelector(IGovernorEvents.UnexpectedState.selector, id, uint8(current)),
            "reason"
        );
        assertState(id, EXECUTED);
    }

    function makeGuardian(address account) private {
        vm.prank(address(timelock));
        governor._setProposalGuardian(
            IBraintrustGovernor.ProposalGuardian(account, uint96(vm.getBlockTimestamp() + 1 days))
        );
    }
}
