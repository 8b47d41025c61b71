// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions} from "../../contracts/governance/ProposalRecord.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorFixture} from "./GovernorFixture.sol";
import {FlashBorrower, FlashLender, RogueTimelock, RogueToken} from "./Rogues.sol";
import {Vm} from "forge-std/Test.sol";

/// @title Attacks that governors of the field have met, played from the attacker's side
/// @notice `docs/assurance.md` lists all attacks that are replayed, and where; those of one function are in its suite.
contract AttacksTest is GovernorFixture {
    uint256 internal constant COLD_READ = 2100;

    /// Beanstalk, April 2022: a loan of one transaction proposes and votes. Here it has no votes in either.
    function test_attack_flashLoanHasNoVotes() public {
        FlashLender lender = new FlashLender(token);
        vm.prank(address(timelock));
        token.transfer(address(lender), 100_000_000e18);
        skipBlocks(1);
        uint256 id = propose(proposer.addr, transfers(1));
        Actions memory loot = transfers(1);
        bytes memory proposeCall = abi.encodeWithSignature(
            "propose(address[],uint256[],string[],bytes[],string)",
            loot.targets,
            loot.values,
            loot.signatures,
            loot.calldatas,
            DESCRIPTION
        );
        FlashBorrower borrower = new FlashBorrower(token, address(governor), proposeCall);
        lender.lend(borrower, 100_000_000e18);
        assertFalse(borrower.succeeded(), "proposed");
        assertEq(
            borrower.result(),
            abi.encodeWithSelector(IGovernorEvents.BelowThreshold.selector, address(borrower), 0, THRESHOLD)
        );

        // In the block that decides the weight of votes, and in one in which they are cast.
        rollTo(governor.proposalSnapshot(id));
        bytes memory voteCall = abi.encodeCall(governor.castVote, (id, FOR));
        borrower = new FlashBorrower(token, address(governor), voteCall);
        lender.lend(borrower, 100_000_000e18);
        assertFalse(borrower.succeeded(), "voted before the vote");
        skipBlocks(1);
        lender.lend(borrower, 100_000_000e18);
        assertTrue(borrower.succeeded(), "a ballot without votes");
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        assertEq(forVotes + againstVotes + abstainVotes, 0, "weight of a loan");
    }

    /// Compound's proposal 289, July 2024: a whale stays silent until the others believe that nothing will come of
    /// it. The vote goes on for a day, in which they answer.
    function test_attack_lateSwingIsAnswered() public {
        Vm.Wallet memory whale = newHolder("whale", 200_000e18);
        skipBlocks(1);
        uint256 id = propose(whale.addr, transfers(1));
        startVote(id);
        vote(bob, id, AGAINST);
        uint256 end = governor.proposalDeadline(id);
        rollTo(end);
        vote(whale, id, FOR);
        assertEq(governor.proposalDeadline(id), end + LATE_SWING_WINDOW, "one more day");

        rollTo(end + LATE_SWING_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, whale.addr));
        vote(whale, id, FOR);
        vote(carol, id, AGAINST);
        skipBlocks(1);
        assertState(id, IBraintrustGovernor.ProposalState.Defeated);
        expectUnexpectedState(id, IBraintrustGovernor.ProposalState.Defeated);
        vote(whale, id, FOR);
    }

    /// Dust sent to a delegate's delegators grows its history. What is older than the proposal costs its vote
    /// nothing, and what is newer one read each time it doubles.
    /// forge-config: default.isolate = true
    function test_attack_dustDoesNotPriceOutAVoter() public {
        uint256 calm = gasOfVote(0, 0);
        assertEq(gasOfVote(1000, 0), calm, "1,000 older checkpoints");
        // 512 pairs, of which a search reads at most 10, and the account's count of them.
        assertLe(gasOfVote(0, 1000), calm + 11 * (COLD_READ + 500), "1,000 newer checkpoints");
    }

    /// A token whose answers cannot be had stops ballots, not the proposal: votes can be cast when it recovers.
    function test_attack_rogueTokenLosesNoBallot() public {
        (RogueToken rogue, uint256 id) = proposeUnderRogueToken();
        rogue.behave(RogueToken.Manner.Fail);
        vm.expectRevert("no votes today");
        vote(alice, id, FOR);
        vm.expectRevert("no votes today");
        governor.castVotesBySig(id, batch(alice, bob, id));

        rogue.behave(RogueToken.Manner.Short);
        vm.expectRevert(bytes(""));
        vote(alice, id, FOR);

        rogue.behave(RogueToken.Manner.Honest);
        assertEq(governor.castVotesBySig(id, batch(alice, bob, id)), 2, "both count");
        (, uint256 forVotes,) = governor.proposalVotes(id);
        assertEq(forVotes, 2 * QUORUM, "once each");
        // Its answers about the past change afterwards: what was counted stays.
        rogue.setVotes(alice.addr, 0);
        (, forVotes,) = governor.proposalVotes(id);
        assertEq(forVotes, 2 * QUORUM, "as counted");
    }

    /// A token can change nothing while it is asked: the question is read-only.
    function test_attack_rogueTokenCannotVoteWhileAsked() public {
        (RogueToken rogue, uint256 id) = proposeUnderRogueToken();
        rogue.setVotes(address(rogue), QUORUM);
        rogue.enter(governor, id);
        vm.expectRevert(bytes(""));
        vote(alice, id, FOR);
        assertFalse(governor.hasVoted(id, address(rogue)), "the token");
        assertFalse(governor.hasVoted(id, alice.addr), "the voter");
    }

    /// A token that invents votes can at most fill the tally; it cannot spill into the words beside it.
    function test_attack_rogueTokenCannotOverflowTheTally() public {
        (RogueToken rogue, uint256 id) = proposeUnderRogueToken();
        rogue.setVotes(alice.addr, type(uint88).max);
        vote(alice, id, FOR);
        (bool success, bytes memory answer) = tryVote(bob, id, FOR);
        assertFalse(success, "more than the tally holds");
        assertEq(
            answer,
            abi.encodeWithSelector(
                IGovernorEvents.FieldOverflow.selector,
                uint256(type(uint88).max) + QUORUM,
                uint256(type(uint88).max)
            )
        );
        vote(bob, id, AGAINST);
        (uint256 againstVotes, uint256 forVotes,) = governor.proposalVotes(id);
        assertEq(forVotes, type(uint88).max, "for");
        assertEq(againstVotes, QUORUM, "against");
        assertEq(governor.proposalDeadline(id), governor.proposalSnapshot(id) + VOTING_PERIOD, "end");
    }

    /// A time lock that refuses leaves the proposal where it was, to be tried again.
    function test_attack_rogueTimelockLosesNoProposal() public {
        (RogueTimelock rogue, uint256 id) = passUnderRogueTimelock();
        rogue.setRefuses(true);
        vm.expectRevert("not today");
        governor.queue(id);
        assertState(id, IBraintrustGovernor.ProposalState.Succeeded);
        assertEq(governor.proposalEta(id), 0, "eta");

        rogue.setRefuses(false);
        governor.queue(id);
        vm.warp(governor.proposalEta(id));
        rogue.setRefuses(true);
        vm.expectRevert("not today");
        governor.execute(id);
        vm.expectRevert("not today");
        vm.prank(proposer.addr);
        governor.cancel(id);
        assertState(id, IBraintrustGovernor.ProposalState.Queued);
        rogue.setRefuses(false);
        governor.execute(id);
        assertState(id, IBraintrustGovernor.ProposalState.Executed);
    }

    /// A delay beyond what an eta can be is refused, whatever it would do to the word that holds it.
    function test_attack_rogueTimelockCannotOverflowTheEta() public {
        (RogueTimelock rogue, uint256 id) = passUnderRogueTimelock();
        uint256 last = type(uint32).max - block.timestamp;
        rogue.setDelay(last + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.FieldOverflow.selector, 1 << 32, uint256(type(uint32).max))
        );
        governor.queue(id);
        rogue.setDelay(type(uint256).max);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        governor.queue(id);
        rogue.setDelay(last);
        governor.queue(id);
        assertEq(governor.proposalEta(id), type(uint32).max, "the last eta");
        assertState(id, IBraintrustGovernor.ProposalState.Queued);
    }

    /// A time lock that calls back finds each step done already.
    function test_attack_rogueTimelockCannotRepeatAStep() public {
        (RogueTimelock rogue, uint256 id) = passUnderRogueTimelock();
        rogue.setCallback(abi.encodeCall(governor.queue, (id)));
        governor.queue(id);
        assertRefused(rogue, id, IBraintrustGovernor.ProposalState.Queued);

        vm.warp(governor.proposalEta(id));
        rogue.setCallback(abi.encodeCall(governor.execute, (id)));
        uint256 beforeExecution = vm.snapshotState();
        governor.execute(id);
        assertRefused(rogue, id, IBraintrustGovernor.ProposalState.Executed);

        vm.revertToState(beforeExecution);
        vm.prank(proposer.addr);
        governor.cancel(id);
        assertRefused(rogue, id, IBraintrustGovernor.ProposalState.Canceled);
    }

    /// Gas of a first vote by a delegate whose history has this many more checkpoints before and after the start.
    function gasOfVote(uint256 older, uint256 newer) private returns (uint256 used) {
        uint256 snapshot = vm.snapshotState();
        dust(older);
        uint256 id = propose(proposer.addr, transfers(1));
        skipBlocks(VOTING_DELAY);
        skipBlocks(1);
        dust(newer);
        vote(alice, id, FOR);
        used = vm.lastCallGas().gasTotalUsed;
        vm.revertToState(snapshot);
    }

    /// Changes alice's votes by one base unit in each of `count` blocks.
    function dust(uint256 count) private {
        for (uint256 i = 0; i < count; i++) {
            vm.prank(bob.addr);
            token.transfer(alice.addr, 1);
            skipBlocks(1);
        }
    }

    function proposeUnderRogueToken() private returns (RogueToken rogue, uint256 id) {
        rogue = new RogueToken();
        governor =
            deployGovernor(address(timelock), address(rogue), guardian, guardianExpiry, liveParameters());
        vm.prank(address(timelock));
        timelock.setPendingAdmin(address(governor));
        governor._initiate(timelock.admin());
        rogue.setVotes(proposer.addr, THRESHOLD + 1);
        rogue.setVotes(alice.addr, QUORUM);
        rogue.setVotes(bob.addr, QUORUM);
        id = propose(proposer.addr, transfers(1));
        startVote(id);
    }

    function passUnderRogueTimelock() private returns (RogueTimelock rogue, uint256 id) {
        rogue = new RogueTimelock(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1));
        governor = deployGovernor(address(rogue), address(token), guardian, guardianExpiry, liveParameters());
        assertEq(rogue.admin(), address(governor), "admin");
        id = propose(proposer.addr, transfers(1));
        pass(id);
    }

    function assertRefused(RogueTimelock rogue, uint256 id, IBraintrustGovernor.ProposalState current)
        private
        view
    {
        assertFalse(rogue.succeeded(), "called back");
        assertEq(
            rogue.result(),
            abi.encodeWithSelector(IGovernorEvents.UnexpectedState.selector, id, uint8(current))
        );
        assertState(id, current);
    }

    function batch(Vm.Wallet memory first, Vm.Wallet memory second, uint256 id)
        private
        view
        returns (IBraintrustGovernor.SignedBallot[] memory ballots)
    {
        ballots = new IBraintrustGovernor.SignedBallot[](2);
        ballots[0] = signBallot(first, id, FOR);
        ballots[1] = signBallot(second, id, FOR);
    }

    function tryVote(Vm.Wallet memory voter, uint256 id, uint8 support)
        private
        returns (bool success, bytes memory answer)
    {
        vm.prank(voter.addr);
        return address(governor).call(abi.encodeCall(governor.castVote, (id, support)));
    }
}
