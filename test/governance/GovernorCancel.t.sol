// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {GovernanceTest, Vm} from "../base/GovernanceTest.sol";

/// @title Who may cancel a proposal, in which state, and what that takes from the time lock
contract GovernorCancelTest is GovernanceTest {
    /// What the proposer has and is when somebody tries to cancel.
    enum Standing {
        AboveThreshold,
        AtThreshold,
        BelowThreshold,
        WhitelistedBelow,
        WhitelistedAtThreshold,
        WhitelistRunOut
    }

    /// Who tries.
    enum Caller {
        Proposer,
        Guardian,
        WhitelistGuardian,
        OtherHolder,
        Stranger,
        Treasury
    }

    /// When the guardian's term ends, relative to now.
    enum Term {
        Live,
        LastSecond,
        Over
    }

    IBraintrustGovernor.ProposalState internal constant CANCELED = IBraintrustGovernor.ProposalState.Canceled;
    IBraintrustGovernor.ProposalState internal constant QUEUED = IBraintrustGovernor.ProposalState.Queued;
    uint256 internal constant STATES = 8;

    address internal whitelistGuardian;

    function setUp() public override {
        super.setUp();
        whitelistGuardian = makeAddr("whitelist guardian");
        vm.prank(address(timelock));
        governor._setWhitelistGuardian(whitelistGuardian);
    }

    /// Every state, standing, caller and term: 864 cases against the rule, written out in `allowed`.
    function test_cancel_matrix() public {
        for (uint8 current = 0; current < STATES; current++) {
            uint256 fresh = vm.snapshotState();
            uint256 id = proposalIn(IBraintrustGovernor.ProposalState(current));
            for (uint8 standing = 0; standing <= uint8(type(Standing).max); standing++) {
                uint256 before = vm.snapshotState();
                arrange(Standing(standing));
                for (uint8 term = 0; term <= uint8(type(Term).max); term++) {
                    setTerm(Term(term));
                    for (uint8 caller = 0; caller <= uint8(type(Caller).max); caller++) {
                        tryCancel(id, current, Standing(standing), Term(term), Caller(caller));
                    }
                }
                vm.revertToState(before);
            }
            vm.revertToState(fresh);
        }
    }

    function test_cancel_beforeTheQueueTouchesNoTimelock() public {
        uint256 id = proposeFeeChange(5);
        pass(id);
        vm.recordLogs();
        vm.prank(proposer.addr);
        governor.cancel(id);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "one event");
        assertEq(logs[0].topics[0], IGovernorEvents.ProposalCanceled.selector, "ProposalCanceled");
        (,,,,,,,, bool canceled, bool executed) = governor.proposals(id);
        assertTrue(canceled, "canceled");
        assertFalse(executed, "executed");
    }

    function test_cancel_dequeuesItsBatch() public {
        uint256 id = proposeFeeChange(5);
        uint256 eta = passAndQueue(id);
        bytes32 hash = batchHash(id, eta);
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalCanceled(id);
        vm.expectEmit(address(timelock));
        emit ITimelock.CancelBatch(hash, bytes32(id), eta);
        vm.prank(guardian);
        governor.cancel(id);
        assertFalse(timelock.queuedTransactions(hash), "dequeued");
        assertEq(governor.proposalEta(id), eta, "eta stays on record");
    }

    function test_cancel_inTheLastSecondOfTheGracePeriod() public {
        uint256 id = proposeFeeChange(5);
        uint256 eta = passAndQueue(id);
        vm.warp(eta + GRACE_PERIOD);
        vm.prank(proposer.addr);
        governor.cancel(id);
        assertState(id, CANCELED);
    }

    function test_cancel_leavesOthersQueued() public {
        ActionList memory list;
        list.add(address(decisions), 0, "setMarketplaceFee(uint8)", abi.encode(5));
        uint256[3] memory ids = [proposeList(alice, list), proposeList(bob, list), proposeList(carol, list)];
        startVote(ids[2]);
        for (uint256 i = 0; i < 3; i++) {
            vote(alice, ids[i], FOR);
        }
        endVote(ids[2]);
        for (uint256 i = 0; i < 3; i++) {
            governor.queue(ids[i]);
        }
        uint256 eta = governor.proposalEta(ids[0]);
        vm.prank(bob.addr);
        governor.cancel(ids[1]);
        assertTrue(timelock.queuedTransactions(batchHash(ids[0], eta)), "first");
        assertFalse(timelock.queuedTransactions(batchHash(ids[1], eta)), "second");
        assertTrue(timelock.queuedTransactions(batchHash(ids[2], eta)), "third");
        assertState(ids[0], QUEUED);
        assertState(ids[2], QUEUED);
        vm.warp(eta);
        governor.execute(ids[0]);
        governor.execute(ids[2]);
        expectUnexpectedState(ids[1], CANCELED);
        governor.execute(ids[1]);
    }

    function test_cancel_freesTheProposerForAnother() public {
        uint256 id = proposeFeeChange(5);
        vm.prank(proposer.addr);
        governor.cancel(id);
        assertEq(proposeFeeChange(6), id + 1, "next");
    }

    function test_cancel_goesByTheThresholdItWasProposedUnder() public {
        uint256 id = proposeFeeChange(5);
        vm.prank(address(timelock));
        governor._setProposalThreshold(1_000_000e18);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, id, stranger));
        vm.prank(stranger);
        governor.cancel(id);
    }

    /// Votes count as of the last block: neither a loan taken in this one protects, nor one given back exposes.
    function test_cancel_goesByTheVotesOfTheLastBlock() public {
        uint256 id = proposeFeeChange(5);
        dropVotes(THRESHOLD - 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, id, stranger));
        vm.prank(stranger);
        governor.cancel(id);

        skipBlocks(1);
        vm.prank(alice.addr);
        token.transfer(proposer.addr, 1000e18);
        vm.prank(stranger);
        governor.cancel(id);
        assertState(id, CANCELED);
    }

    /// A guardian appointed while the proposal is under way can cancel it; one replaced cannot.
    function test_cancel_goesByTheGuardianOfTheDay() public {
        uint256 id = proposeFeeChange(5);
        vm.prank(address(timelock));
        governor._setProposalGuardian(
            IBraintrustGovernor.ProposalGuardian(stranger, uint96(vm.getBlockTimestamp() + 1))
        );
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, id, guardian));
        vm.prank(guardian);
        governor.cancel(id);
        vm.prank(stranger);
        governor.cancel(id);
        assertState(id, CANCELED);
    }

    function test_cancel_withoutAGuardianIsOpenToNobodyElse() public {
        uint256 id = proposeFeeChange(5);
        vm.prank(address(timelock));
        governor._setProposalGuardian(IBraintrustGovernor.ProposalGuardian(address(0), 0));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, id, address(0)));
        vm.prank(address(0));
        governor.cancel(id);
    }

    /// The rule: who may cancel a proposal that is not final.
    function allowed(Standing standing, Term term, Caller caller) private pure returns (bool) {
        if (caller == Caller.Proposer) return true;
        if (caller == Caller.Guardian && term != Term.Over) return true;
        if (standing == Standing.BelowThreshold || standing == Standing.WhitelistRunOut) return true;
        return standing == Standing.WhitelistedBelow && caller == Caller.WhitelistGuardian;
    }

    function isFinal(uint8 current) private pure returns (bool) {
        return current == uint8(IBraintrustGovernor.ProposalState.Canceled)
            || current == uint8(IBraintrustGovernor.ProposalState.Defeated)
            || current == uint8(IBraintrustGovernor.ProposalState.Expired)
            || current == uint8(IBraintrustGovernor.ProposalState.Executed);
    }

    function tryCancel(uint256 id, uint8 current, Standing standing, Term term, Caller caller) private {
        address account = accountOf(caller);
        bool cancels = !isFinal(current) && allowed(standing, term, caller);
        uint256 before = vm.snapshotState();
        vm.prank(account);
        (bool success, bytes memory reason) = address(governor).call(abi.encodeCall(governor.cancel, (id)));
        if (cancels) {
            assertTrue(success, describe(current, standing, term, caller));
            assertState(id, CANCELED);
            uint256 eta = governor.proposalEta(id);
            assertFalse(timelock.queuedTransactions(batchHash(id, eta)), "dequeued");
        } else {
            assertFalse(success, describe(current, standing, term, caller));
            assertEq(
                reason,
                isFinal(current)
                    ? abi.encodeWithSelector(IGovernorEvents.UnexpectedState.selector, id, current)
                    : abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, id, account),
                "reason"
            );
        }
        vm.revertToState(before);
    }

    function accountOf(Caller caller) private view returns (address) {
        if (caller == Caller.Proposer) return proposer.addr;
        if (caller == Caller.Guardian) return guardian;
        if (caller == Caller.WhitelistGuardian) return whitelistGuardian;
        if (caller == Caller.OtherHolder) return alice.addr;
        if (caller == Caller.Treasury) return address(timelock);
        return stranger;
    }

    /// Carries a proposal of the proposer into a state.
    function proposalIn(IBraintrustGovernor.ProposalState wanted) private returns (uint256 id) {
        id = proposeFeeChange(5);
        if (wanted == IBraintrustGovernor.ProposalState.Active) startVote(id);
        if (wanted == IBraintrustGovernor.ProposalState.Defeated) endVote(id);
        if (wanted == IBraintrustGovernor.ProposalState.Succeeded) pass(id);
        if (wanted == IBraintrustGovernor.ProposalState.Queued) passAndQueue(id);
        if (wanted == IBraintrustGovernor.ProposalState.Executed) passAndExecute(id);
        if (wanted == IBraintrustGovernor.ProposalState.Expired) {
            vm.warp(passAndQueue(id) + GRACE_PERIOD + 1);
        }
        if (wanted == CANCELED) {
            vm.prank(proposer.addr);
            governor.cancel(id);
        }
        assertState(id, wanted);
    }

    /// Brings the proposer into a standing, as of the last block.
    function arrange(Standing standing) private {
        if (standing == Standing.AtThreshold || standing == Standing.WhitelistedAtThreshold) {
            dropVotes(THRESHOLD);
        } else if (standing != Standing.AboveThreshold) {
            dropVotes(THRESHOLD - 1);
        }
        skipBlocks(1);
        uint256 expiry = 0;
        if (standing == Standing.WhitelistedBelow || standing == Standing.WhitelistedAtThreshold) {
            // The last second in which the account is on the list.
            expiry = vm.getBlockTimestamp() + 1;
        }
        if (standing == Standing.WhitelistRunOut) expiry = vm.getBlockTimestamp();
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(proposer.addr, expiry);
    }

    /// Leaves the proposer with `votes`.
    function dropVotes(uint256 votes) private {
        uint256 excess = token.balanceOf(proposer.addr) - votes;
        vm.prank(proposer.addr);
        token.transfer(alice.addr, excess);
    }

    function setTerm(Term term) private {
        uint256 expiration = vm.getBlockTimestamp();
        if (term == Term.Live) expiration += 30 days;
        if (term == Term.LastSecond) expiration += 1;
        vm.prank(address(timelock));
        governor._setProposalGuardian(IBraintrustGovernor.ProposalGuardian(guardian, uint96(expiration)));
    }

    function describe(uint8 current, Standing standing, Term term, Caller caller)
        private
        pure
        returns (string memory)
    {
        return string.concat(
            "state ",
            vm.toString(current),
            ", standing ",
            vm.toString(uint8(standing)),
            ", term ",
            vm.toString(uint8(term)),
            ", caller ",
            vm.toString(uint8(caller))
        );
    }
}
