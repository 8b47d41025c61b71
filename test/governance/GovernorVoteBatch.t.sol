// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorFixture} from "./GovernorFixture.sol";
import {Vm} from "forge-std/Test.sol";

/// @title Batches of signed ballots
contract GovernorVoteBatchTest is GovernorFixture {
    uint256 private id;

    function setUp() public override {
        super.setUp();
        id = propose(proposer.addr, transfers(1));
        startVote(id);
    }

    function test_castVotesBySig_skipsAndReportsBadBallots() public {
        vote(carol, id, ABSTAIN);
        Vm.Wallet memory pauper = vm.createWallet("pauper");
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](10);
        ballots[0] = signBallot(alice, id, FOR);
        ballots[1] = ballots[0];
        ballots[2] = signBallot(alice, id, AGAINST);
        ballots[3] = IBraintrustGovernor.SignedBallot(FOR, 0, 0, 0);
        ballots[4] = signBallot(bob, id, 3);
        ballots[5] = signBallot(bob, id, type(uint8).max);
        ballots[6] = signBallot(pauper, id, FOR);
        ballots[7] = signBallot(carol, id, FOR);
        ballots[8] = highS(signBallot(bob, id, FOR));
        ballots[9] = signBallot(bob, id, AGAINST);

        expectVoteCast(alice.addr, FOR, 150_000e18);
        expectSkipped(1, alice.addr, IGovernorEvents.SkipReason.AlreadyVoted);
        expectSkipped(2, alice.addr, IGovernorEvents.SkipReason.AlreadyVoted);
        expectSkipped(3, address(0), IGovernorEvents.SkipReason.InvalidSignature);
        expectSkipped(4, bob.addr, IGovernorEvents.SkipReason.InvalidSupport);
        expectSkipped(5, bob.addr, IGovernorEvents.SkipReason.InvalidSupport);
        expectSkipped(6, pauper.addr, IGovernorEvents.SkipReason.NoVotes);
        expectSkipped(7, carol.addr, IGovernorEvents.SkipReason.AlreadyVoted);
        expectSkipped(8, address(0), IGovernorEvents.SkipReason.InvalidSignature);
        expectVoteCast(bob.addr, AGAINST, 120_000e18);
        assertEq(cast(ballots), 2);

        assertTally(120_000e18, 150_000e18, 100_000e18);
        assertReceipt(alice.addr, true, FOR, 150_000e18);
        assertReceipt(bob.addr, true, AGAINST, 120_000e18);
        assertReceipt(carol.addr, true, ABSTAIN, 100_000e18);
        assertReceipt(pauper.addr, false, 0, 0);
        assertFalse(governor.hasVoted(id, stranger));
    }

    function test_castVotesBySig_countsEveryChoice() public {
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](4);
        ballots[0] = signBallot(alice, id, ABSTAIN);
        ballots[1] = signBallot(bob, id, FOR);
        ballots[2] = signBallot(carol, id, AGAINST);
        ballots[3] = signBallot(proposer, id, ABSTAIN);

        assertEq(cast(ballots), 4);
        assertTally(100_000e18, 120_000e18, 150_000e18 + THRESHOLD + 1);
    }

    function test_castVotesBySig_countsTheEndOfTheStartBlock() public {
        id = propose(bob.addr, transfers(1));
        rollTo(governor.proposalSnapshot(id));
        vm.prank(alice.addr);
        token.transfer(bob.addr, 50_000e18);
        skipBlocks(1);
        vm.prank(alice.addr);
        token.delegate(bob.addr);
        skipBlocks(5);
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](2);
        ballots[0] = signBallot(alice, id, FOR);
        ballots[1] = signBallot(bob, id, AGAINST);

        assertEq(cast(ballots), 2);
        assertTally(170_000e18, 100_000e18, 0);
    }

    function test_castVotesBySig_withoutBallots() public {
        vote(alice, id, FOR);

        assertEq(cast(new IBraintrustGovernor.SignedBallot[](0)), 0);
        assertTally(0, 150_000e18, 0);
    }

    function test_castVotesBySig_allSkipped() public {
        vote(alice, id, FOR);
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](1);
        ballots[0] = signBallot(alice, id, AGAINST);

        assertEq(cast(ballots), 0);
        assertTally(0, 150_000e18, 0);
    }

    /// Bravo's ballot again: what was counted alone is not counted in a batch, and the other way round.
    function test_castVotesBySig_sharesBallotsWithSingleVotes() public {
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](1);
        ballots[0] = signBallot(alice, id, FOR);
        governor.castVoteBySig(id, FOR, ballots[0].v, ballots[0].r, ballots[0].s);
        expectSkipped(0, alice.addr, IGovernorEvents.SkipReason.AlreadyVoted);
        assertEq(cast(ballots), 0);

        ballots[0] = signBallot(bob, id, FOR);
        assertEq(cast(ballots), 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, bob.addr));
        governor.castVoteBySig(id, FOR, ballots[0].v, ballots[0].r, ballots[0].s);
    }

    /// A batch and the same ballots one by one leave the same tallies, receipts and end of vote.
    function testFuzz_castVotesBySig_equalsSingleVotes(uint8[5] memory choices, uint256 delay) public {
        rollTo(vm.getBlockNumber() + bound(delay, 0, VOTING_PERIOD - 1));
        Vm.Wallet[5] memory voters = [alice, bob, carol, proposer, alice];
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](5);
        for (uint256 i = 0; i < 5; i++) {
            // One choice in four is invalid.
            ballots[i] = signBallot(voters[i], id, choices[i] % 4);
        }
        uint256 snapshot = vm.snapshotState();
        uint256 counted = cast(ballots);
        bytes memory batched = outcome(voters);

        vm.revertToState(snapshot);
        uint256 succeeded = 0;
        for (uint256 i = 0; i < 5; i++) {
            IBraintrustGovernor.SignedBallot memory ballot = ballots[i];
            bytes memory call = abi.encodeWithSignature(
                "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)",
                id,
                ballot.support,
                ballot.v,
                ballot.r,
                ballot.s
            );
            (bool success,) = address(governor).call(call);
            if (success) succeeded++;
        }

        assertEq(counted, succeeded);
        assertEq(batched, outcome(voters));
    }

    /// Whatever the ballots are, the batch goes through, and counts nothing for those who did not sign.
    function testFuzz_castVotesBySig_neverReverts(IBraintrustGovernor.SignedBallot[] memory ballots) public {
        uint256 length = ballots.length;
        IBraintrustGovernor.SignedBallot[] memory all = new IBraintrustGovernor.SignedBallot[](length + 1);
        for (uint256 i = 0; i < length; i++) {
            all[i] = ballots[i];
        }
        all[length] = signBallot(alice, id, FOR);

        assertEq(cast(all), 1);
        assertTally(0, 150_000e18, 0);
    }

    function test_castVotesBySig_lateSwingExtendsTheVoteOnce() public {
        rollTo(governor.proposalDeadline(id));
        uint256 extended = vm.getBlockNumber() + LATE_SWING_WINDOW;
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](4);
        ballots[0] = signBallot(alice, id, AGAINST);
        ballots[1] = signBallot(bob, id, FOR);
        ballots[2] = signBallot(carol, id, FOR);
        ballots[3] = signBallot(proposer, id, AGAINST);

        expectVoteCast(alice.addr, AGAINST, 150_000e18);
        expectVoteCast(bob.addr, FOR, 120_000e18);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalExtended(id, uint64(extended));
        expectVoteCast(carol.addr, FOR, 100_000e18);
        expectVoteCast(proposer.addr, AGAINST, THRESHOLD + 1);
        assertEq(cast(ballots), 4);

        assertEq(governor.proposalDeadline(id), extended);
        assertTally(150_000e18 + THRESHOLD + 1, 220_000e18, 0);
    }

    function test_RevertWhen_batchIsOutsideTheVote() public {
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](1);
        ballots[0] = signBallot(alice, id, FOR);
        endVote(id);
        expectUnexpectedState(id, IBraintrustGovernor.ProposalState.Defeated);
        cast(ballots);

        uint256 pending = propose(proposer.addr, transfers(1));
        expectUnexpectedState(pending, IBraintrustGovernor.ProposalState.Pending);
        governor.castVotesBySig(pending, ballots);

        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, pending + 1));
        governor.castVotesBySig(pending + 1, ballots);
    }

    function test_castVotesBySig_inTheFirstAndTheLastBlock() public {
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](1);
        assertEq(vm.getBlockNumber(), governor.proposalSnapshot(id) + 1);
        ballots[0] = signBallot(alice, id, AGAINST);
        assertEq(cast(ballots), 1);
        rollTo(governor.proposalDeadline(id));
        ballots[0] = signBallot(bob, id, AGAINST);
        assertEq(cast(ballots), 1);
    }

    function cast(IBraintrustGovernor.SignedBallot[] memory ballots) private returns (uint256 counted) {
        vm.prank(stranger);
        return governor.castVotesBySig(id, ballots);
    }

    function highS(IBraintrustGovernor.SignedBallot memory ballot)
        private
        pure
        returns (IBraintrustGovernor.SignedBallot memory)
    {
        (ballot.v, ballot.s) = malleate(ballot.v, ballot.s);
        return ballot;
    }

    function expectVoteCast(address voter, uint8 support, uint256 votes) private {
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(voter, id, support, votes, "");
    }

    function expectSkipped(uint256 index, address signer, IGovernorEvents.SkipReason reason) private {
        vm.expectEmit(address(governor));
        emit IGovernorEvents.BallotSkipped(id, index, signer, reason);
    }

    function outcome(Vm.Wallet[5] memory voters) private view returns (bytes memory all) {
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        all = abi.encode(againstVotes, forVotes, abstainVotes, governor.proposalDeadline(id));
        for (uint256 i = 0; i < 5; i++) {
            all = bytes.concat(all, abi.encode(governor.getReceipt(id, voters[i].addr)));
        }
    }

    function assertTally(uint256 against, uint256 inFavour, uint256 abstain) private view {
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        assertEq(againstVotes, against, "against");
        assertEq(forVotes, inFavour, "for");
        assertEq(abstainVotes, abstain, "abstain");
    }

    function assertReceipt(address voter, bool hasVoted, uint8 support, uint256 votes) private view {
        IBraintrustGovernor.Receipt memory receipt = governor.getReceipt(id, voter);
        assertEq(receipt.hasVoted, hasVoted, "hasVoted");
        assertEq(receipt.support, support, "support");
        assertEq(receipt.votes, votes, "votes");
    }
}
