// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernanceTest, Vm} from "../base/GovernanceTest.sol";

/// @title A vote that turns to passing at the last moment is extended, once, by a bounded time
contract GovernorLateSwingTest is GovernanceTest {
    IBraintrustGovernor.ProposalState internal constant ACTIVE = IBraintrustGovernor.ProposalState.Active;
    IBraintrustGovernor.ProposalState internal constant DEFEATED = IBraintrustGovernor.ProposalState.Defeated;
    IBraintrustGovernor.ProposalState internal constant SUCCEEDED =
    IBraintrustGovernor.ProposalState.Succeeded;

    uint256 internal id;
    /// Last block of the vote, as it was proposed.
    uint256 internal end;
    Vm.Wallet internal whale;

    function setUp() public override {
        super.setUp();
        whale = newHolder("whale", 1_000_000e18);
        skipBlocks(1);
        id = proposeFeeChange(5);
        end = governor.proposalDeadline(id);
        startVote(id);
    }

    function test_castVote_thatReachesTheQuorumLateExtends() public {
        rollTo(end);
        expectExtension(end + LATE_SWING_WINDOW);
        vote(carol, id, FOR);
        assertEnd(end + LATE_SWING_WINDOW);

        rollTo(end + 1);
        assertState(id, ACTIVE);
        rollTo(end + LATE_SWING_WINDOW);
        assertState(id, ACTIVE);
        skipBlocks(1);
        assertState(id, SUCCEEDED);
    }

    function test_castVote_thatFlipsTheMajorityLateExtends() public {
        vote(bob, id, AGAINST);
        vote(carol, id, FOR);
        rollTo(end - 100);
        expectExtension(end - 100 + LATE_SWING_WINDOW);
        vote(alice, id, FOR);
        assertEnd(end - 100 + LATE_SWING_WINDOW);
    }

    function test_castVoteWithReason_extends() public {
        rollTo(end);
        expectExtension(end + LATE_SWING_WINDOW);
        vm.prank(alice.addr);
        governor.castVoteWithReason(id, FOR, "late, but with a reason");
        assertEnd(end + LATE_SWING_WINDOW);
    }

    function test_castVoteBySig_extends() public {
        rollTo(end);
        IBraintrustGovernor.SignedBallot memory ballot = signBallot(alice, id, FOR);
        expectExtension(end + LATE_SWING_WINDOW);
        governor.castVoteBySig(id, FOR, ballot.v, ballot.r, ballot.s);
        assertEnd(end + LATE_SWING_WINDOW);
    }

    function test_castVoteBySig_ofANamedVoterExtends() public {
        rollTo(end);
        bytes32 message = digest(
            keccak256(
                abi.encode(
                    keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)"),
                    id,
                    FOR,
                    alice.addr,
                    0
                )
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, message);
        expectExtension(end + LATE_SWING_WINDOW);
        governor.castVoteBySig(id, FOR, alice.addr, abi.encodePacked(r, s, v));
        assertEnd(end + LATE_SWING_WINDOW);
    }

    /// The batch crosses the quorum with its second ballot; the event comes before that ballot's VoteCast.
    function test_castVotesBySig_extendsAtTheBallotThatSwings() public {
        rollTo(end);
        vote(bob, id, AGAINST);
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](3);
        ballots[0] = signBallot(carol, id, FOR);
        ballots[1] = signBallot(alice, id, FOR);
        ballots[2] = signBallot(proposer, id, FOR);

        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(carol.addr, id, FOR, 100_000e18, "");
        expectExtension(end + LATE_SWING_WINDOW);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(alice.addr, id, FOR, 150_000e18, "");
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(proposer.addr, id, FOR, THRESHOLD + 1, "");
        assertEq(governor.castVotesBySig(id, ballots), 3, "counted");
        assertEnd(end + LATE_SWING_WINDOW);
        (, uint256 forVotes,) = governor.proposalVotes(id);
        assertEq(forVotes, 250_000e18 + THRESHOLD + 1, "votes");
    }

    /// A batch can swing to passing and back; the first swing counts.
    function test_castVotesBySig_thatSwingsBackIsExtendedAllTheSame() public {
        rollTo(end);
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](3);
        ballots[0] = signBallot(carol, id, FOR);
        ballots[1] = signBallot(bob, id, AGAINST);
        ballots[2] = signBallot(alice, id, FOR);
        vm.recordLogs();
        governor.castVotesBySig(id, ballots);
        assertEq(vm.getRecordedLogs().length, 4, "three votes and one extension");
        assertEnd(end + LATE_SWING_WINDOW);
    }

    function test_castVote_inTheFirstBlockOfTheWindowExtendsByOneBlock() public {
        rollTo(end - LATE_SWING_WINDOW + 1);
        expectExtension(end + 1);
        vote(alice, id, FOR);
        assertEnd(end + 1);
    }

    function test_castVote_oneBlockBeforeTheWindowDoesNotExtend() public {
        rollTo(end - LATE_SWING_WINDOW);
        assertNoExtension(alice, FOR);
    }

    function test_castVote_doesNotExtendWhatPassedBefore() public {
        vote(alice, id, FOR);
        rollTo(end);
        assertNoExtension(whale, FOR);
    }

    function test_castVote_shortOfTheQuorumDoesNotExtend() public {
        rollTo(end);
        assertNoExtension(proposer, FOR);
    }

    function test_castVote_shortOfTheMajorityDoesNotExtend() public {
        vote(alice, id, AGAINST);
        rollTo(end);
        assertNoExtension(bob, FOR);
    }

    function test_castVote_againstNeverExtends() public {
        vote(alice, id, FOR);
        rollTo(end);
        assertNoExtension(whale, AGAINST);
        endVote(id);
        assertState(id, DEFEATED);
    }

    function test_castVote_abstainNeverExtends() public {
        vote(proposer, id, FOR);
        rollTo(end);
        assertNoExtension(whale, ABSTAIN);
        endVote(id);
        assertState(id, DEFEATED);
    }

    /// Passing, turned down, passing again: the second time the end stays, however late.
    function test_castVote_extendsOnce() public {
        rollTo(end - 10);
        vote(alice, id, FOR);
        uint256 extended = end - 10 + LATE_SWING_WINDOW;
        assertEnd(extended);

        rollTo(extended - 1);
        vote(bob, id, AGAINST);
        vote(carol, id, AGAINST);
        rollTo(extended);
        assertNoExtension(whale, FOR);
        assertEnd(extended);
        skipBlocks(1);
        assertState(id, SUCCEEDED);
    }

    function test_castVote_extendedVoteCanBeAnsweredAndDefeated() public {
        rollTo(end);
        vote(alice, id, FOR);
        rollTo(end + LATE_SWING_WINDOW);
        vote(whale, id, AGAINST);
        skipBlocks(1);
        assertState(id, DEFEATED);
    }

    function test_cancel_endsAnExtendedVote() public {
        rollTo(end);
        vote(alice, id, FOR);
        rollTo(end + 1);
        vm.prank(proposer.addr);
        governor.cancel(id);
        expectUnexpectedState(id, IBraintrustGovernor.ProposalState.Canceled);
        vote(whale, id, AGAINST);
    }

    /// The proposer's next proposal waits for the extended end, and the queue window starts behind it.
    function test_castVote_extensionMovesWhatFollowsTheEnd() public {
        rollTo(end);
        vote(alice, id, FOR);
        rollTo(end + LATE_SWING_WINDOW);
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) = feeChange(6);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.LiveProposal.selector, proposer.addr, id));
        vm.prank(proposer.addr);
        governor.propose(t, v, s, c, "too soon");

        rollTo(end + LATE_SWING_WINDOW + QUEUE_WINDOW);
        assertState(id, SUCCEEDED);
        skipBlocks(1);
        assertState(id, IBraintrustGovernor.ProposalState.Expired);
    }

    /// An extended proposal is executed as any other.
    function test_execute_afterAnExtension() public {
        rollTo(end);
        vote(alice, id, FOR);
        endVote(id);
        governor.queue(id);
        vm.warp(governor.proposalEta(id));
        governor.execute(id);
        assertEq(decisions.marketplaceFee(), 5, "fee");
        assertState(id, IBraintrustGovernor.ProposalState.Executed);
        assertEnd(end + LATE_SWING_WINDOW);
    }

    /// Compound's proposal 289: opponents lead until the last hours, then accounts that bought votes beforehand
    /// flip it. Here those who were content to lead get a day to bring the votes they held back.
    function test_castVote_takeoverInTheLastHoursCanBeAnswered() public {
        Vm.Wallet[3] memory raiders = [
            newHolder("raider 1", 230_000e18),
            newHolder("raider 2", 230_000e18),
            newHolder("raider 3", 222_191e18)
        ];
        Vm.Wallet[2] memory opponents =
            [newHolder("opponent 1", 380_000e18), newHolder("opponent 2", 253_636e18)];
        Vm.Wallet memory reserve = newHolder("reserve", 60_000e18);
        skipBlocks(1);
        rollTo(end + 1);
        id = proposeFeeChange(99);
        end = governor.proposalDeadline(id);
        startVote(id);
        vote(opponents[0], id, AGAINST);
        vote(raiders[0], id, FOR);
        rollTo(end - 600);
        vote(opponents[1], id, AGAINST);
        rollTo(end - 20);
        vote(raiders[1], id, FOR);
        rollTo(end - 1);
        expectExtension(end - 1 + LATE_SWING_WINDOW);
        vote(raiders[2], id, FOR);

        uint256 untouched = vm.snapshotState();
        endVote(id);
        assertState(id, SUCCEEDED);
        vm.revertToState(untouched);

        rollTo(end + 3600);
        vote(reserve, id, AGAINST);
        endVote(id);
        assertState(id, DEFEATED);
    }

    /// Whatever the block of the swing: never shortened, moved by less than the window, and exactly as the rule says.
    function testFuzz_castVote_extensionIsBounded(uint256 number) public {
        number = bound(number, vm.getBlockNumber(), end);
        rollTo(number);
        vote(alice, id, FOR);
        uint256 moved = governor.proposalDeadline(id);
        assertGe(moved, end, "never shortened");
        assertLe(moved, end + LATE_SWING_WINDOW, "bounded");
        assertGe(moved, number + (number > end - LATE_SWING_WINDOW ? LATE_SWING_WINDOW : 0), "time to answer");
        assertEq(moved, number + LATE_SWING_WINDOW > end ? number + LATE_SWING_WINDOW : end, "rule");
    }

    function expectExtension(uint256 deadline) private {
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalExtended(id, uint64(deadline));
    }

    function assertEnd(uint256 expected) private view {
        assertEq(governor.proposalDeadline(id), expected, "deadline");
        (,,,, uint256 endBlock,,,,,) = governor.proposals(id);
        assertEq(endBlock, expected, "endBlock");
    }

    /// Votes, and checks that the end stays and that nothing but the vote is reported.
    function assertNoExtension(Vm.Wallet memory voter, uint8 support) private {
        uint256 deadline = governor.proposalDeadline(id);
        vm.recordLogs();
        vote(voter, id, support);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "one event");
        assertEq(logs[0].topics[0], IGovernorEvents.VoteCast.selector, "VoteCast");
        assertEnd(deadline);
    }
}
