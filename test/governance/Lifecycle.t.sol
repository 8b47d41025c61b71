// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {IGovernanceDecisions} from "../../contracts/interfaces/IGovernanceDecisions.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {GovernanceTest} from "../base/GovernanceTest.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @title The whole system, from its constructors to an executed decision and on to the next governor
contract LifecycleTest is GovernanceTest {
    IBraintrustGovernor.ProposalState internal constant PENDING = IBraintrustGovernor.ProposalState.Pending;
    IBraintrustGovernor.ProposalState internal constant ACTIVE = IBraintrustGovernor.ProposalState.Active;
    IBraintrustGovernor.ProposalState internal constant SUCCEEDED =
    IBraintrustGovernor.ProposalState.Succeeded;
    IBraintrustGovernor.ProposalState internal constant QUEUED = IBraintrustGovernor.ProposalState.Queued;
    IBraintrustGovernor.ProposalState internal constant EXECUTED = IBraintrustGovernor.ProposalState.Executed;

    string internal constant DESCRIPTION = "# Grant, fee and parameters\n\nBody";

    function test_lifecycle_grantFeeAndParameters() public {
        ActionList memory list = decision();
        uint256 id = proposeWithEvent(list);
        voteWithEvents(id);
        queueWithEvents(id);
        executeWithEvents(id);

        assertEq(token.balanceOf(stranger), 1_000_000e18, "grant");
        assertEq(stranger.balance, 2 ether, "ETH grant");
        assertEq(decisions.marketplaceFee(), 8, "fee");
        assertEq(governor.votingDelay(), 7200, "voting delay");
        assertEq(timelock.delay(), 3 days, "delay");

        // The next one lives under what this one decided.
        uint256 next = proposeFeeChange(11);
        assertEq(governor.proposalSnapshot(next), vm.getBlockNumber() + 7200, "start");
        passAndQueue(next);
        assertEq(governor.proposalEta(next), vm.getBlockTimestamp() + 3 days, "eta");
        vm.warp(governor.proposalEta(next));
        governor.execute(next);
        assertEq(decisions.marketplaceFee(), 11, "fee");
    }

    function test_lifecycle_deployerHasNoPower() public {
        assertEq(timelock.admin(), address(governor), "admin");
        assertEq(timelock.pendingAdmin(), address(0), "pending admin");
        assertEq(token.balanceOf(address(this)), 0, "tokens");
        bytes32 role = decisions.GOVERNOR_ROLE();
        assertTrue(IAccessControl(address(decisions)).hasRole(role, address(timelock)), "role");
        assertFalse(IAccessControl(address(decisions)).hasRole(role, address(this)), "no role");
        assertFalse(IAccessControl(address(decisions)).hasRole(0, address(this)), "no admin role");

        ActionList memory list = decision();
        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.BelowThreshold.selector, address(this), 0, THRESHOLD)
        );
        governor.propose(list.targets, list.values, list.signatures, list.calldatas, DESCRIPTION);
        vm.expectRevert(IGovernorEvents.AlreadyInitiated.selector);
        governor._initiate(address(this));
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotAdmin.selector, address(this)));
        timelock.queueBatch(list.targets, list.values, list.signatures, list.calldatas, 0, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotTimelock.selector, address(this)));
        timelock.setPendingAdmin(address(this));
        vm.expectRevert(abi.encodeWithSelector(ITimelock.NotPendingAdmin.selector, address(this)));
        timelock.acceptAdmin();
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotTimelock.selector, address(this)));
        governor._setQuorumVotes(QUORUM);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, address(this), role
            )
        );
        decisions.setMarketplaceFee(99);
    }

    function test_lifecycle_underTheHardenedPreset() public {
        deployUnder(IBraintrustGovernor.GovernorParameters(7200, VOTING_PERIOD, 625_000e18, 10_000_000e18));
        proposer = newHolder("large proposer", 625_000e18);
        alice = newHolder("large holder", 10_000_000e18);
        skipBlocks(1);
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) =
            single(address(governor), 0, "_setVotingPeriod(uint256)", abi.encode(50_400));
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernorEvents.BelowThreshold.selector, proposer.addr, 625_000e18, 625_000e18
            )
        );
        vm.prank(proposer.addr);
        governor.propose(t, v, s, c, "exactly the threshold is not enough");

        vm.prank(bob.addr);
        token.transfer(proposer.addr, 1);
        skipBlocks(1);
        uint256 id = proposeSingle(address(governor), 0, "_setVotingPeriod(uint256)", abi.encode(50_400));
        assertEq(governor.proposalSnapshot(id), vm.getBlockNumber() + 7200, "start");
        assertEq(governor.proposalQuorum(id), 10_000_000e18, "quorum");
        passAndExecute(id);
        assertEq(governor.votingPeriod(), 50_400, "period");
        assertState(id, EXECUTED);
    }

    /// However far the parameters were moved, the holders can move them back.
    function test_lifecycle_fromTheGreatestBoundsAndBack() public {
        ActionList memory list;
        list.add(address(governor), 0, "_setVotingDelay(uint256)", abi.encode(50_400));
        list.add(address(governor), 0, "_setVotingPeriod(uint256)", abi.encode(100_800));
        list.add(address(governor), 0, "_setProposalThreshold(uint256)", abi.encode(2_500_000e18));
        list.add(address(governor), 0, "_setQuorumVotes(uint256)", abi.encode(25_000_000e18));
        list.add(address(timelock), 0, "setDelay(uint256)", abi.encode(30 days));
        passAndExecute(proposeList(proposer, list));

        alice = newHolder("largest holder", 25_000_000e18);
        skipBlocks(1);
        ActionList memory back;
        back.add(address(governor), 0, "_setVotingDelay(uint256)", abi.encode(VOTING_DELAY));
        back.add(address(governor), 0, "_setQuorumVotes(uint256)", abi.encode(QUORUM));
        back.add(address(timelock), 0, "setDelay(uint256)", abi.encode(2 days));
        passAndExecute(proposeList(alice, back));
        assertEq(governor.votingDelay(), VOTING_DELAY, "voting delay");
        assertEq(governor.quorumVotes(), QUORUM, "quorum");
        assertEq(timelock.delay(), 2 days, "delay");
    }

    /// Holders can dismiss a guardian that lets them.
    function test_lifecycle_guardianIsReplacedByVote() public {
        uint256 expiration = vm.getBlockTimestamp() + 300 days;
        uint256 id = proposeSingle(
            address(governor),
            0,
            "_setProposalGuardian((address,uint96))",
            abi.encode(IBraintrustGovernor.ProposalGuardian(stranger, uint96(expiration)))
        );
        vm.warp(passAndQueue(id));
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalGuardianSet(
            guardian, uint96(guardianExpiry), stranger, uint96(expiration)
        );
        governor.execute(id);
        (address account, uint96 until) = governor.proposalGuardian();
        assertEq(account, stranger, "account");
        assertEq(until, expiration, "expiration");
    }

    function test_lifecycle_handoverToASecondGovernorContinuesTheIds() public {
        IBraintrustGovernor first = governor;
        passAndExecute(proposeFeeChange(5));
        IBraintrustGovernor next = handOver();
        assertEq(timelock.admin(), address(next), "admin");
        assertEq(next.initialProposalId(), 2, "initial id");

        governor = next;
        uint256 id = proposeFeeChange(6);
        assertEq(id, 3, "next id");
        passAndExecute(id);
        assertEq(decisions.marketplaceFee(), 6, "fee");
        assertState(id, EXECUTED);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, 2));
        next.state(2);
        assertEq(uint8(first.state(2)), uint8(EXECUTED), "the old record stays readable");
    }

    /// What the first governor left queued, nobody can execute or cancel any more.
    function test_lifecycle_handoverLeavesTheFirstGovernorWithoutPower() public {
        IBraintrustGovernor first = governor;
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) = feeChange(50);
        vm.prank(bob.addr);
        uint256 left = governor.propose(t, v, s, c, "left behind");
        startVote(left);
        vote(alice, left, FOR);
        endVote(left);
        IBraintrustGovernor next = handOverAfter(left);
        vm.warp(first.proposalEta(left));

        bytes memory reason = abi.encodeWithSelector(ITimelock.NotAdmin.selector, address(first));
        vm.expectRevert(reason);
        first.execute(left);
        vm.expectRevert(reason);
        vm.prank(bob.addr);
        first.cancel(left);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, left));
        next.execute(left);
        uint256 late = proposeFeeChange(51);
        pass(late);
        vm.expectRevert(reason);
        first.queue(late);
        assertEq(decisions.marketplaceFee(), 10, "fee");
    }

    /// Its ids do not start with 1, as its records do: the time lock knows a batch by the id.
    function test_lifecycle_secondGovernorCancelsWhatItQueued() public {
        governor = handOver();
        uint256 id = proposeFeeChange(50);
        uint256 eta = passAndQueue(id);
        assertTrue(timelock.queuedTransactions(batchHash(id, eta)), "queued");
        vm.expectEmit(address(timelock));
        emit ITimelock.CancelBatch(batchHash(id, eta), bytes32(id), eta);
        vm.prank(proposer.addr);
        governor.cancel(id);
        assertFalse(timelock.queuedTransactions(batchHash(id, eta)), "dequeued");
    }

    /// The way back leads over a new deployment: what a governor has recorded must not restart.
    function test_RevertWhen_aGovernorIsHandedTheTimelockAgain() public {
        IBraintrustGovernor first = governor;
        IBraintrustGovernor next = handOver();
        vm.prank(address(timelock));
        timelock.setPendingAdmin(address(first));
        vm.expectRevert(IGovernorEvents.AlreadyInitiated.selector);
        first._initiate(address(next));
        assertEq(timelock.admin(), address(next), "the second stays in power");
    }

    /// Grants of tokens and ETH, a fee, and a parameter of the governor and of the time lock each.
    function decision() private view returns (ActionList memory list) {
        list.add(
            address(token),
            0,
            "",
            abi.encodeWithSignature("transfer(address,uint256)", stranger, 1_000_000e18)
        );
        list.add(stranger, 2 ether, "", "");
        list.add(address(decisions), 0, "setMarketplaceFee(uint8)", abi.encode(8));
        list.add(address(governor), 0, "_setVotingDelay(uint256)", abi.encode(7200));
        list.add(address(timelock), 0, "setDelay(uint256)", abi.encode(3 days));
    }

    function proposeWithEvent(ActionList memory list) private returns (uint256 id) {
        uint256 start = vm.getBlockNumber() + VOTING_DELAY;
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalCreated(
            1,
            proposer.addr,
            list.targets,
            list.values,
            list.signatures,
            list.calldatas,
            start,
            start + VOTING_PERIOD,
            DESCRIPTION
        );
        vm.prank(proposer.addr);
        id = governor.propose(list.targets, list.values, list.signatures, list.calldatas, DESCRIPTION);
        assertEq(id, 1, "id");
        assertEq(governor.latestProposalIds(proposer.addr), 1, "latest");
        assertState(id, PENDING);
    }

    /// Carol against, Alice for, with a reason, Bob abstains, the proposer by a signed ballot that Carol sends.
    function voteWithEvents(uint256 id) private {
        startVote(id);
        assertState(id, ACTIVE);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(carol.addr, id, AGAINST, 100_000e18, "");
        vote(carol, id, AGAINST);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(alice.addr, id, FOR, 150_000e18, "grants pay for themselves");
        vm.prank(alice.addr);
        governor.castVoteWithReason(id, FOR, "grants pay for themselves");
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(bob.addr, id, ABSTAIN, 120_000e18, "");
        vote(bob, id, ABSTAIN);
        IBraintrustGovernor.SignedBallot memory ballot = signBallot(proposer, id, FOR);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(proposer.addr, id, FOR, THRESHOLD + 1, "");
        vm.prank(carol.addr);
        governor.castVoteBySig(id, ballot.support, ballot.v, ballot.r, ballot.s);

        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        assertEq(againstVotes, 100_000e18, "against");
        assertEq(forVotes, 150_000e18 + THRESHOLD + 1, "for");
        assertEq(abstainVotes, 120_000e18, "abstain");
        endVote(id);
        assertState(id, SUCCEEDED);
    }

    function queueWithEvents(uint256 id) private {
        uint256 eta = vm.getBlockTimestamp() + DELAY;
        bytes32 hash = batchHash(id, eta);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalQueued(id, eta);
        vm.expectEmit(address(timelock));
        emit ITimelock.QueueBatch(hash, bytes32(id), eta);
        governor.queue(id);
        assertState(id, QUEUED);
    }

    function executeWithEvents(uint256 id) private {
        uint256 eta = governor.proposalEta(id);
        bytes32 hash = batchHash(id, eta);
        vm.deal(address(timelock), 2 ether);
        uint256 treasury = token.balanceOf(address(timelock));
        vm.warp(eta);
        vm.expectEmit(address(token));
        emit IBTRST.Transfer(address(timelock), stranger, 1_000_000e18);
        vm.expectEmit(address(decisions));
        emit IGovernanceDecisions.MarketplaceFeeChanged(10, 8);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VotingDelaySet(VOTING_DELAY, 7200);
        vm.expectEmit(address(timelock));
        emit ITimelock.NewDelay(3 days);
        vm.expectEmit(address(timelock));
        emit ITimelock.ExecuteBatch(hash, bytes32(id), eta);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalExecuted(id);
        vm.prank(stranger);
        governor.execute(id);
        assertState(id, EXECUTED);
        assertEq(token.balanceOf(address(timelock)), treasury - 1_000_000e18, "treasury");
        assertEq(address(timelock).balance, 0, "ETH of the treasury");
    }

    /// Replaces governor and time lock by a deployment under other parameters, with the treasury moved there.
    function deployUnder(IBraintrustGovernor.GovernorParameters memory parameters) private {
        address former = address(timelock);
        address future = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        timelock = new Timelock(future, DELAY);
        vm.expectEmit(future);
        emit IGovernorEvents.Initiated(future, 0);
        governor = deployGovernor(address(timelock), address(token), guardian, guardianExpiry, parameters);
        uint256 treasury = token.balanceOf(former);
        vm.prank(former);
        token.transfer(address(timelock), treasury);
    }

    /// Hands the time lock to a new governor by a proposal of the current one, `_initiate` included.
    function handOver() private returns (IBraintrustGovernor next) {
        return handOverAfter(0);
    }

    /// As `handOver`, with the succeeded proposal `beside` queued just before.
    function handOverAfter(uint256 beside) private returns (IBraintrustGovernor next) {
        next = deployGovernor(address(timelock), address(token), guardian, guardianExpiry, liveParameters());
        ActionList memory list;
        list.add(address(timelock), 0, "setPendingAdmin(address)", abi.encode(address(next)));
        list.add(address(next), 0, "_initiate(address)", abi.encode(address(governor)));
        uint256 id = proposeList(proposer, list);
        pass(id);
        governor.queue(id);
        if (beside != 0) governor.queue(beside);
        vm.warp(governor.proposalEta(id));
        vm.expectEmit(address(next));
        emit IGovernorEvents.Initiated(address(governor), id);
        governor.execute(id);
    }
}
