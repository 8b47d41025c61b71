// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorFixture} from "./GovernorFixture.sol";
import {Vm} from "forge-std/Test.sol";

/// @title Votes: who counts, when, and with how much
contract GovernorVoteTest is GovernorFixture {
    uint256 private id;

    function setUp() public override {
        super.setUp();
        id = propose(proposer.addr, transfers(1));
    }

    function test_castVote_for() public {
        startVote(id);
        expectVoteCast(alice.addr, FOR, 150_000e18, "");
        vote(alice, id, FOR);

        assertTally(0, 150_000e18, 0);
        assertReceipt(alice.addr, true, FOR, 150_000e18);
    }

    function test_castVote_against() public {
        startVote(id);
        expectVoteCast(alice.addr, AGAINST, 150_000e18, "");
        vote(alice, id, AGAINST);

        assertTally(150_000e18, 0, 0);
        assertReceipt(alice.addr, true, AGAINST, 150_000e18);
    }

    function test_castVote_abstain() public {
        startVote(id);
        expectVoteCast(alice.addr, ABSTAIN, 150_000e18, "");
        vote(alice, id, ABSTAIN);

        assertTally(0, 0, 150_000e18);
        assertReceipt(alice.addr, true, ABSTAIN, 150_000e18);
    }

    function test_castVoteWithReason() public {
        startVote(id);
        expectVoteCast(alice.addr, AGAINST, 150_000e18, "too dear");
        vm.prank(alice.addr);
        governor.castVoteWithReason(id, AGAINST, "too dear");

        assertTally(150_000e18, 0, 0);
        assertReceipt(alice.addr, true, AGAINST, 150_000e18);
    }

    function test_castVote_withoutVotes() public {
        startVote(id);
        expectVoteCast(stranger, FOR, 0, "");
        vm.prank(stranger);
        governor.castVote(id, FOR);

        assertTally(0, 0, 0);
        assertReceipt(stranger, true, FOR, 0);
    }

    function testFuzz_castVote_talliesAreTheSumOfReceipts(uint256[6] memory amounts, uint8[6] memory choices)
        public
    {
        Vm.Wallet[6] memory voters;
        for (uint256 i = 0; i < 6; i++) {
            voters[i] = newHolder(vm.toString(i), bound(amounts[i], 0, 40_000_000e18));
        }
        skipBlocks(1);
        // Two proposals, voted on differently, must not mix.
        propose(alice.addr, transfers(1));
        id = propose(bob.addr, transfers(2));
        startVote(id);
        uint256[3] memory sums;
        for (uint256 i = 0; i < 6; i++) {
            uint8 support = choices[i] % 3;
            vote(voters[i], id, support);
            vote(voters[i], id - 1, (support + 1) % 3);
            sums[support] += token.balanceOf(voters[i].addr);
            assertReceipt(voters[i].addr, true, support, token.balanceOf(voters[i].addr));
        }

        assertTally(sums[AGAINST], sums[FOR], sums[ABSTAIN]);
        id--;
        assertTally(sums[ABSTAIN], sums[AGAINST], sums[FOR]);
    }

    /// What keeps votes cheap: beside the ballot, a vote for or against touches one slot of the governor.
    function testFuzz_castVote_touchesTwoSlots(uint8 support) public {
        startVote(id);
        vm.record();
        vote(alice, id, support % 2 == 0 ? AGAINST : FOR);
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(governor));

        assertEq(writes.length, 2);
        assertNotEq(writes[0], writes[1]);
        for (uint256 i = 0; i < reads.length; i++) {
            assertTrue(reads[i] == writes[0] || reads[i] == writes[1], "another slot");
        }
    }

    // When

    function test_castVote_inTheFirstAndTheLastBlock() public {
        rollTo(governor.proposalSnapshot(id) + 1);
        vote(alice, id, FOR);
        rollTo(governor.proposalDeadline(id));
        vote(bob, id, AGAINST);

        assertTally(120_000e18, 150_000e18, 0);
    }

    function test_RevertWhen_theVoteHasNotStarted() public {
        expectNotActive(IBraintrustGovernor.ProposalState.Pending);
        rollTo(governor.proposalSnapshot(id));
        expectNotActive(IBraintrustGovernor.ProposalState.Pending);
    }

    function test_RevertWhen_theVoteIsOver() public {
        endVote(id);
        expectNotActive(IBraintrustGovernor.ProposalState.Defeated);
    }

    function test_RevertWhen_proposalIsCanceled() public {
        startVote(id);
        vm.prank(proposer.addr);
        governor.cancel(id);
        expectNotActive(IBraintrustGovernor.ProposalState.Canceled);
    }

    function test_RevertWhen_proposalHasSucceeded() public {
        pass(id);
        expectNotActive(IBraintrustGovernor.ProposalState.Succeeded);
        rollTo(governor.proposalDeadline(id) + QUEUE_WINDOW + 1);
        expectNotActive(IBraintrustGovernor.ProposalState.Expired);
    }

    function test_RevertWhen_proposalIsQueuedOrExecuted() public {
        uint256 eta = passAndQueue(id);
        expectNotActive(IBraintrustGovernor.ProposalState.Queued);
        vm.warp(eta);
        governor.execute(id);
        expectNotActive(IBraintrustGovernor.ProposalState.Executed);
    }

    function testFuzz_RevertWhen_thereIsNoProposal(uint256 unknown) public {
        vm.assume(unknown != id);
        startVote(id);
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, unknown);

        vm.startPrank(alice.addr);
        vm.expectRevert(reason);
        governor.castVote(unknown, FOR);
        vm.expectRevert(reason);
        governor.castVoteWithReason(unknown, FOR, "");
    }

    function test_RevertWhen_proposalIdIsJustOutside() public {
        testFuzz_RevertWhen_thereIsNoProposal(0);
        skipBlocks(1);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, id + 1));
        governor.castVote(id + 1, FOR);
    }

    // How

    function testFuzz_RevertWhen_supportIsInvalid(uint8 support) public {
        support = uint8(bound(support, 3, type(uint8).max));
        startVote(id);
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.InvalidSupport.selector, support);

        vm.startPrank(alice.addr);
        vm.expectRevert(reason);
        governor.castVote(id, support);
        vm.expectRevert(reason);
        governor.castVoteWithReason(id, support, "");
        assertReceipt(alice.addr, false, 0, 0);
    }

    function testFuzz_RevertWhen_accountHasVoted(uint8 first, uint8 second) public {
        startVote(id);
        vote(alice, id, first % 3);
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, alice.addr);

        vm.startPrank(alice.addr);
        vm.expectRevert(reason);
        governor.castVote(id, second % 3);
        vm.expectRevert(reason);
        governor.castVoteWithReason(id, second % 3, "");
        assertReceipt(alice.addr, true, first % 3, 150_000e18);
    }

    /// Also an account that voted with nothing has voted.
    function test_RevertWhen_accountHasVotedWithNothing() public {
        startVote(id);
        vm.startPrank(stranger);
        governor.castVote(id, AGAINST);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, stranger));
        governor.castVote(id, AGAINST);
    }

    // With how much

    function test_castVote_countsTheEndOfTheStartBlock() public {
        // The last block that counts.
        rollTo(governor.proposalSnapshot(id));
        vm.prank(alice.addr);
        token.transfer(bob.addr, 50_000e18);
        // The first that does not.
        skipBlocks(1);
        vm.prank(alice.addr);
        token.transfer(bob.addr, 25_000e18);

        vote(alice, id, FOR);
        vote(bob, id, AGAINST);
        assertTally(170_000e18, 100_000e18, 0);
    }

    function test_castVote_weightStaysAfterTheVote() public {
        startVote(id);
        vote(alice, id, FOR);
        vm.startPrank(alice.addr);
        token.delegate(carol.addr);
        token.transfer(stranger, 150_000e18);
        vm.stopPrank();
        skipBlocks(5);

        assertTally(0, 150_000e18, 0);
        assertReceipt(alice.addr, true, FOR, 150_000e18);
        // Tokens that voted do not vote again in other hands.
        vote(carol, id, AGAINST);
        vm.prank(stranger);
        governor.castVote(id, AGAINST);
        assertTally(100_000e18, 150_000e18, 0);
    }

    function test_castVote_laterDelegationsDoNotCount() public {
        startVote(id);
        vm.prank(alice.addr);
        token.delegate(carol.addr);
        skipBlocks(5);
        vote(carol, id, AGAINST);
        vote(alice, id, FOR);

        assertTally(100_000e18, 150_000e18, 0);
        assertReceipt(carol.addr, true, AGAINST, 100_000e18);
    }

    function test_castVote_flashHeldTokensGiveNothing() public {
        startVote(id);
        vm.prank(address(timelock));
        token.transfer(stranger, 10_000_000e18);
        vm.startPrank(stranger);
        token.delegate(stranger);
        governor.castVote(id, FOR);
        vm.stopPrank();

        assertTally(0, 0, 0);
    }

    function test_castVote_delegateVotesForAllItsDelegators() public {
        vm.prank(bob.addr);
        token.delegate(alice.addr);
        startVote(id);
        vote(alice, id, FOR);
        vote(bob, id, AGAINST);

        assertTally(0, 270_000e18, 0);
    }

    // Outcome

    function test_castVote_tieDefeats() public {
        Vm.Wallet memory rival = newHolder("rival", 150_000e18);
        skipBlocks(1);
        id = propose(bob.addr, transfers(1));
        startVote(id);
        vote(alice, id, FOR);
        vote(rival, id, AGAINST);
        endVote(id);

        assertState(id, IBraintrustGovernor.ProposalState.Defeated);
    }

    function test_castVote_oneVoteMoreThanATiePasses() public {
        Vm.Wallet memory rival = newHolder("rival", 150_000e18 - 1);
        skipBlocks(1);
        id = propose(bob.addr, transfers(1));
        startVote(id);
        vote(alice, id, FOR);
        vote(rival, id, AGAINST);
        endVote(id);

        assertState(id, IBraintrustGovernor.ProposalState.Succeeded);
    }

    function test_castVote_exactlyTheQuorumPasses() public {
        startVote(id);
        vote(carol, id, FOR);
        endVote(id);

        assertEq(token.balanceOf(carol.addr), QUORUM);
        assertState(id, IBraintrustGovernor.ProposalState.Succeeded);
    }

    function test_castVote_abstentionsDoNotHelpTheQuorum() public {
        vm.prank(carol.addr);
        token.transfer(stranger, 1);
        startVote(id);
        vote(carol, id, FOR);
        vote(alice, id, ABSTAIN);
        endVote(id);

        assertTally(0, QUORUM - 1, 150_000e18);
        assertState(id, IBraintrustGovernor.ProposalState.Defeated);
    }

    function test_castVote_abstentionsDoNotOutvote() public {
        startVote(id);
        vote(carol, id, FOR);
        vote(alice, id, ABSTAIN);
        vote(bob, id, ABSTAIN);
        endVote(id);

        assertState(id, IBraintrustGovernor.ProposalState.Succeeded);
    }

    // Ballot words

    /// Ballots of 128 proposals share a word; ids 126 to 129 lie on both sides of its end.
    function test_castVote_acrossBallotWords() public {
        useGovernorAfter(125);
        uint256[4] memory ids = [
            propose(proposer.addr, transfers(1)),
            propose(alice.addr, transfers(2)),
            propose(bob.addr, transfers(3)),
            propose(carol.addr, transfers(4))
        ];
        assertEq(ids[0], 126);
        assertEq(ids[3], 129);
        startVote(ids[3]);
        uint8[4] memory choices = [ABSTAIN, FOR, AGAINST, ABSTAIN];

        for (uint256 i = 0; i < 4; i++) {
            id = ids[i];
            assertReceipt(alice.addr, false, 0, 0);
            vote(alice, id, choices[i]);
            vm.prank(alice.addr);
            vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, alice.addr));
            governor.castVote(id, FOR);
        }

        for (uint256 i = 0; i < 4; i++) {
            id = ids[i];
            assertReceipt(alice.addr, true, choices[i], 150_000e18);
            assertReceipt(bob.addr, false, 0, 0);
        }
    }

    /// Proposals whose ids are 128 apart have their ballots at the same place of two words.
    function test_castVote_atTheSamePlaceOfTwoBallotWords() public {
        uint256 first = id;
        while (id < first + 128) {
            if (id != first) {
                vm.prank(bob.addr);
                governor.cancel(id);
            }
            id = propose(bob.addr, transfers(1));
        }
        startVote(id);
        vm.prank(alice.addr);
        governor.castVote(first, FOR);
        assertReceipt(alice.addr, false, 0, 0);
        vote(alice, id, AGAINST);
        assertReceipt(alice.addr, true, AGAINST, 150_000e18);
        id = first;
        assertReceipt(alice.addr, true, FOR, 150_000e18);
    }

    /// The count that a governor after this contract continues.
    uint256 public proposalCount;

    function useGovernorAfter(uint256 count) private {
        proposalCount = count;
        useUninitiatedGovernor();
        vm.prank(address(timelock));
        timelock.setPendingAdmin(address(governor));
        governor._initiate(address(this));
    }

    function expectVoteCast(address voter, uint8 support, uint256 votes, string memory reason) private {
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(voter, id, support, votes, reason);
    }

    function expectNotActive(IBraintrustGovernor.ProposalState current) private {
        bytes memory reason =
            abi.encodeWithSelector(IGovernorEvents.UnexpectedState.selector, id, uint8(current));
        vm.startPrank(bob.addr);
        vm.expectRevert(reason);
        governor.castVote(id, FOR);
        vm.expectRevert(reason);
        governor.castVoteWithReason(id, FOR, "reason");
        vm.expectRevert(reason);
        governor.castVotesBySig(id, new IBraintrustGovernor.SignedBallot[](0));
        vm.stopPrank();
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
        assertEq(governor.hasVoted(id, voter), hasVoted, "hasVoted view");
    }
}
