// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernanceTest, Vm} from "../base/GovernanceTest.sol";

/// @title State of a proposal: every boundary in blocks and seconds, and every edge of the count
contract GovernorStateTest is GovernanceTest {
    IBraintrustGovernor.ProposalState internal constant PENDING = IBraintrustGovernor.ProposalState.Pending;
    IBraintrustGovernor.ProposalState internal constant ACTIVE = IBraintrustGovernor.ProposalState.Active;
    IBraintrustGovernor.ProposalState internal constant CANCELED = IBraintrustGovernor.ProposalState.Canceled;
    IBraintrustGovernor.ProposalState internal constant DEFEATED = IBraintrustGovernor.ProposalState.Defeated;
    IBraintrustGovernor.ProposalState internal constant SUCCEEDED =
    IBraintrustGovernor.ProposalState.Succeeded;
    IBraintrustGovernor.ProposalState internal constant QUEUED = IBraintrustGovernor.ProposalState.Queued;
    IBraintrustGovernor.ProposalState internal constant EXPIRED = IBraintrustGovernor.ProposalState.Expired;
    IBraintrustGovernor.ProposalState internal constant EXECUTED = IBraintrustGovernor.ProposalState.Executed;

    function test_RevertWhen_stateOfUnknownProposal() public {
        uint256 id = proposeFeeChange(5);
        uint256[3] memory unknown = [0, id + 1, type(uint256).max];
        for (uint256 i = 0; i < unknown.length; i++) {
            bytes memory reason = abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, unknown[i]);
            vm.expectRevert(reason);
            governor.state(unknown[i]);
            vm.expectRevert(reason);
            governor.queue(unknown[i]);
            vm.expectRevert(reason);
            governor.execute(unknown[i]);
            vm.expectRevert(reason);
            governor.cancel(unknown[i]);
            vm.expectRevert(reason);
            governor.castVote(unknown[i], FOR);
        }
    }

    function test_state_isPendingUpToTheStartBlock() public {
        uint256 id = proposeFeeChange(5);
        assertEq(governor.proposalSnapshot(id), vm.getBlockNumber() + VOTING_DELAY, "start");
        assertState(id, PENDING);

        rollTo(governor.proposalSnapshot(id));
        assertState(id, PENDING);
        assertVoteRefused(id, PENDING);
        assertNeitherQueuedNorExecuted(id, PENDING);

        skipBlocks(1);
        assertState(id, ACTIVE);
        vote(alice, id, FOR);
    }

    function test_state_isActiveUpToTheEndBlock() public {
        uint256 id = proposeFeeChange(5);
        assertEq(governor.proposalDeadline(id), governor.proposalSnapshot(id) + VOTING_PERIOD, "end");
        startVote(id);
        vote(alice, id, FOR);
        assertState(id, ACTIVE);
        assertNeitherQueuedNorExecuted(id, ACTIVE);

        rollTo(governor.proposalDeadline(id));
        assertState(id, ACTIVE);
        vote(bob, id, AGAINST);
        assertNeitherQueuedNorExecuted(id, ACTIVE);

        skipBlocks(1);
        assertState(id, SUCCEEDED);
        assertVoteRefused(id, SUCCEEDED);
    }

    function test_state_succeedsUpToTheEndOfTheQueueWindow() public {
        uint256 id = proposeFeeChange(5);
        pass(id);
        assertState(id, SUCCEEDED);
        expectUnexpectedState(id, SUCCEEDED);
        governor.execute(id);

        rollTo(governor.proposalDeadline(id) + QUEUE_WINDOW);
        assertState(id, SUCCEEDED);
        uint256 atLast = vm.snapshotState();
        governor.queue(id);
        assertState(id, QUEUED);
        vm.revertToState(atLast);

        skipBlocks(1);
        assertState(id, EXPIRED);
        assertFinal(id, EXPIRED);
    }

    function test_state_ofQueuedProposalIgnoresTheQueueWindow() public {
        uint256 id = proposeFeeChange(5);
        passAndQueue(id);
        vm.roll(governor.proposalDeadline(id) + QUEUE_WINDOW + 1);
        assertState(id, QUEUED);
    }

    function test_state_isQueuedUpToTheEndOfTheGracePeriod() public {
        uint256 id = proposeFeeChange(5);
        uint256 eta = passAndQueue(id);
        assertEq(eta, vm.getBlockTimestamp() + DELAY, "eta");
        assertState(id, QUEUED);
        expectUnexpectedState(id, QUEUED);
        governor.queue(id);

        vm.warp(eta - 1);
        assertState(id, QUEUED);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.TooEarly.selector, id, eta));
        governor.execute(id);

        vm.warp(eta);
        assertState(id, QUEUED);
        uint256 atEta = vm.snapshotState();
        governor.execute(id);
        assertState(id, EXECUTED);
        vm.revertToState(atEta);

        vm.warp(eta + GRACE_PERIOD);
        assertState(id, QUEUED);
        uint256 atLast = vm.snapshotState();
        governor.execute(id);
        assertState(id, EXECUTED);
        vm.revertToState(atLast);

        vm.warp(eta + GRACE_PERIOD + 1);
        assertState(id, EXPIRED);
        assertFinal(id, EXPIRED);
    }

    function test_state_quorumIsEnoughExactly() public {
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(carol, id, FOR);
        endVote(id);
        (, uint256 forVotes,) = governor.proposalVotes(id);
        assertEq(forVotes, QUORUM, "votes");
        assertState(id, SUCCEEDED);
    }

    function test_state_oneBelowTheQuorumIsDefeated() public {
        Vm.Wallet memory almost = newHolder("almost", QUORUM - 1);
        skipBlocks(1);
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(almost, id, FOR);
        endVote(id);
        assertState(id, DEFEATED);
    }

    function test_state_abstentionsHelpNeitherQuorumNorMajority() public {
        Vm.Wallet memory almost = newHolder("almost", QUORUM - 1);
        skipBlocks(1);
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(almost, id, FOR);
        vote(alice, id, ABSTAIN);
        vote(bob, id, ABSTAIN);
        endVote(id);
        assertState(id, DEFEATED);

        id = proposeFeeChange(6);
        startVote(id);
        vote(carol, id, FOR);
        vote(bob, id, AGAINST);
        vote(alice, id, ABSTAIN);
        endVote(id);
        assertState(id, DEFEATED);
    }

    function test_state_abstentionsHurtNeither() public {
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(carol, id, FOR);
        vote(alice, id, ABSTAIN);
        vote(bob, id, ABSTAIN);
        endVote(id);
        assertState(id, SUCCEEDED);
    }

    function test_state_tieIsDefeated() public {
        Vm.Wallet memory dave = newHolder("dave", QUORUM);
        skipBlocks(1);
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(carol, id, FOR);
        vote(dave, id, AGAINST);
        endVote(id);
        assertState(id, DEFEATED);
    }

    function test_state_oneVoteMoreThanAgainstPasses() public {
        Vm.Wallet memory dave = newHolder("dave", QUORUM + 1);
        skipBlocks(1);
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(carol, id, AGAINST);
        vote(dave, id, FOR);
        endVote(id);
        assertState(id, SUCCEEDED);
    }

    function test_state_withoutVotesIsDefeated() public {
        uint256 id = proposeFeeChange(5);
        endVote(id);
        assertState(id, DEFEATED);
        assertFinal(id, DEFEATED);
    }

    function test_state_ofADefeatedProposalStays() public {
        uint256 id = proposeFeeChange(5);
        startVote(id);
        vote(carol, id, FOR);
        vote(alice, id, AGAINST);
        endVote(id);
        assertFinal(id, DEFEATED);
    }

    function test_state_ofACanceledProposalStays() public {
        for (uint256 stage = 0; stage < 4; stage++) {
            uint256 fresh = vm.snapshotState();
            uint256 id = proposeFeeChange(5);
            if (stage == 1) startVote(id);
            if (stage == 2) pass(id);
            if (stage == 3) vm.warp(passAndQueue(id));
            vm.prank(proposer.addr);
            governor.cancel(id);
            assertFinal(id, CANCELED);
            vm.revertToState(fresh);
        }
    }

    function test_state_ofAnExecutedProposalStays() public {
        uint256 id = proposeFeeChange(5);
        passAndExecute(id);
        assertFinal(id, EXECUTED);
        assertEq(decisions.marketplaceFee(), 5, "executed once");
    }

    function test_state_followsTheQuorumItWasProposedUnder() public {
        uint256 earlier = proposeFeeChange(5);
        pass(earlier);
        vm.prank(address(timelock));
        governor._setQuorumVotes(200_000e18);
        assertState(earlier, SUCCEEDED);

        // Alice's votes do not reach the new quorum, and a return to the old one does not help afterwards.
        uint256 id = proposeFeeChange(6);
        pass(id);
        vm.prank(address(timelock));
        governor._setQuorumVotes(QUORUM);
        assertState(id, DEFEATED);
    }

    function test_state_followsTheDelayAndPeriodItWasProposedUnder() public {
        uint256 id = proposeFeeChange(5);
        uint256 start = vm.getBlockNumber() + VOTING_DELAY;
        vm.startPrank(address(timelock));
        governor._setVotingDelay(50_400);
        governor._setVotingPeriod(7200);
        vm.stopPrank();
        assertEq(governor.proposalSnapshot(id), start, "start");
        assertEq(governor.proposalDeadline(id), start + VOTING_PERIOD, "end");
        rollTo(start + VOTING_PERIOD);
        assertState(id, ACTIVE);
    }

    /// Between calls, state is a function of block and time alone: compared with the rule, written out.
    function testFuzz_state_isAFunctionOfBlockAndTime(uint8 course, uint256 blocks, uint256 seconds_) public {
        uint256 id = proposeFeeChange(5);
        (uint256 start, uint256 end) = (governor.proposalSnapshot(id), governor.proposalDeadline(id));
        course = course % 3;
        if (course > 0) pass(id);
        if (course > 1) governor.queue(id);
        uint256 eta = governor.proposalEta(id);

        vm.roll(vm.getBlockNumber() + bound(blocks, 0, 2 * QUEUE_WINDOW));
        vm.warp(vm.getBlockTimestamp() + bound(seconds_, 0, 2 * (DELAY + GRACE_PERIOD)));

        uint256 number = vm.getBlockNumber();
        IBraintrustGovernor.ProposalState expected;
        if (course == 0) {
            expected = number <= start ? PENDING : number <= end ? ACTIVE : DEFEATED;
        } else if (course == 1) {
            expected = number <= end + QUEUE_WINDOW ? SUCCEEDED : EXPIRED;
        } else {
            expected = vm.getBlockTimestamp() <= eta + GRACE_PERIOD ? QUEUED : EXPIRED;
        }
        assertState(id, expected);
    }

    function testFuzz_state_passesByMajorityAndQuorumAlone(uint256 votesFor, uint256 against, uint256 abstain)
        public
    {
        votesFor = bound(votesFor, QUORUM - 100, QUORUM + 100);
        against = bound(against, QUORUM - 100, QUORUM + 100);
        Vm.Wallet[3] memory voters = [
            newHolder("against", against),
            newHolder("for", votesFor),
            newHolder("abstaining", bound(abstain, 0, 1_000_000e18))
        ];
        skipBlocks(1);
        uint256 id = proposeFeeChange(5);
        startVote(id);
        for (uint8 support = 0; support < 3; support++) {
            vote(voters[support], id, support);
        }
        endVote(id);
        assertState(id, votesFor >= QUORUM && votesFor > against ? SUCCEEDED : DEFEATED);
    }

    /// Neither time nor any call of anybody changes a final state.
    function assertFinal(uint256 id, IBraintrustGovernor.ProposalState expected) private {
        assertRefusesEverything(id, expected);
        if (vm.getBlockNumber() <= governor.proposalDeadline(id)) {
            endVote(id);
            assertRefusesEverything(id, expected);
        }
        skipBlocks(QUEUE_WINDOW + 1);
        assertRefusesEverything(id, expected);
        vm.warp(vm.getBlockTimestamp() + DELAY + GRACE_PERIOD + 365 days);
        assertRefusesEverything(id, expected);
    }

    function assertRefusesEverything(uint256 id, IBraintrustGovernor.ProposalState expected) private {
        assertState(id, expected);
        assertNeitherQueuedNorExecuted(id, expected);
        assertVoteRefused(id, expected);
        expectUnexpectedState(id, expected);
        vm.prank(proposer.addr);
        governor.cancel(id);
        expectUnexpectedState(id, expected);
        vm.prank(guardian);
        governor.cancel(id);
    }

    function assertNeitherQueuedNorExecuted(uint256 id, IBraintrustGovernor.ProposalState expected) private {
        expectUnexpectedState(id, expected);
        governor.queue(id);
        expectUnexpectedState(id, expected);
        governor.execute(id);
    }

    function assertVoteRefused(uint256 id, IBraintrustGovernor.ProposalState expected) private {
        expectUnexpectedState(id, expected);
        vote(bob, id, FOR);
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](1);
        ballots[0] = signBallot(bob, id, FOR);
        expectUnexpectedState(id, expected);
        governor.castVotesBySig(id, ballots);
    }
}
