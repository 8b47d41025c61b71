// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GovernanceDecisions} from "../../contracts/governance/GovernanceDecisions.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock, ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {AdoptionFixture} from "./AdoptionFixture.sol";

/// @title The governor takes over a live time lock of the Compound generation
contract AdoptionTest is AdoptionFixture {
    function test_initiate_byAnyoneContinuesTheIds() public {
        voteDownInOld();
        executeInOld(transferList(1e18));
        executeInOld(handoverList(address(governor)));
        assertEq(old.proposalCount(), 3, "old proposals");
        assertEq(lock.pendingAdmin(), address(governor), "pending");

        vm.expectEmit(address(governor));
        emit IGovernorEvents.Initiated(address(old), 3);
        vm.expectEmit(address(lock));
        emit ITimelock.NewAdmin(address(governor));
        vm.prank(stranger);
        governor._initiate(address(old));

        assertEq(lock.admin(), address(governor), "admin");
        assertEq(lock.pendingAdmin(), address(0), "pending admin");
        assertTrue(governor.initiated(), "initiated");
        assertEq(governor.initialProposalId(), 3, "initial id");
        assertEq(governor.proposalCount(), 3, "count");

        ActionList memory list = transferList(2e18);
        uint256 id = propose(whale, list);
        assertEq(id, 4, "next id");
        assertEq(governor.proposalCount(), 4, "count");
        assertActions(id, list);
        for (uint256 earlier = 0; earlier < 4; earlier++) {
            vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, earlier));
            governor.state(earlier);
        }
    }

    /// Both steps fit in one proposal of the old governor, so nothing is left to anybody afterwards.
    function test_initiate_withinTheOldGovernorsProposal() public {
        ActionList memory list = handoverList(address(governor));
        list.add(address(governor), 0, "_initiate(address)", abi.encode(address(old)));
        executeInOld(list);
        assertEq(lock.admin(), address(governor), "admin");
        assertEq(governor.initialProposalId(), 1, "initial id");
        executeInNew(transferList(1e18));
        assertEq(token.balanceOf(stranger), 1e18, "works");
    }

    function test_RevertWhen_initiateNamesAnotherAdmin() public {
        executeInOld(handoverList(address(governor)));
        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.NotTimelockAdmin.selector, stranger, address(old))
        );
        governor._initiate(stranger);
    }

    function test_RevertWhen_initiateTwice() public {
        adopt();
        vm.expectRevert(IGovernorEvents.AlreadyInitiated.selector);
        governor._initiate(address(old));
        vm.expectRevert(IGovernorEvents.AlreadyInitiated.selector);
        governor._initiate(address(governor));
    }

    function test_RevertWhen_initiateBeforeTheHandover() public {
        vm.expectRevert(NOT_PENDING_ADMIN);
        governor._initiate(address(old));
        assertFalse(governor.initiated(), "initiated");

        // Queued is not executed.
        queueInOld(handoverList(address(governor)));
        vm.expectRevert(NOT_PENDING_ADMIN);
        governor._initiate(address(old));
    }

    function test_RevertWhen_initiateAfterTheHandoverWasWithdrawn() public {
        executeInOld(handoverList(address(governor)));
        executeInOld(handoverList(address(0)));
        vm.expectRevert(NOT_PENDING_ADMIN);
        governor._initiate(address(old));
        assertFalse(governor.initiated(), "initiated");
        executeInOld(transferList(1e18));
        assertEq(token.balanceOf(stranger), 1e18, "old governor still in power");
    }

    function test_RevertWhen_proposeBeforeInitiate() public {
        executeInOld(handoverList(address(governor)));
        ActionList memory list = transferList(1e18);
        vm.expectRevert(IGovernorEvents.NotInitiated.selector);
        propose(whale, list);
    }

    function test_initiate_ofALockHeldByAnAccount() public {
        ICompoundTimelock other = ICompoundTimelock(artifact("Timelock", abi.encode(stranger, DELAY)));
        governor = newGovernor(other);
        vm.prank(address(other));
        ITimelock(address(other)).setPendingAdmin(address(governor));
        vm.expectEmit(address(governor));
        emit IGovernorEvents.Initiated(stranger, 0);
        governor._initiate(stranger);
        assertEq(propose(whale, transferList(1e18)), 1, "first id");
    }

    function test_RevertWhen_initiateFindsAnAbsurdCount() public {
        executeInOld(handoverList(address(governor)));
        uint256[2] memory counts = [uint256(type(uint32).max) / 2 + 1, type(uint256).max];
        for (uint256 i = 0; i < counts.length; i++) {
            mockCount(abi.encode(counts[i]));
            vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.InvalidProposalCount.selector, counts[i]));
            governor._initiate(address(old));
        }
    }

    function test_initiate_continuesTheGreatestCount() public {
        executeInOld(handoverList(address(governor)));
        uint256 count = type(uint32).max / 2;
        mockCount(abi.encode(count));
        governor._initiate(address(old));
        uint256 id = executeInNew(transferList(1e18));
        assertEq(id, count + 1, "id");
        assertEq(token.balanceOf(stranger), 1e18, "executed");
        assertTrue(governor.getReceipt(id, whale).hasVoted, "receipt");
    }

    function test_initiate_takesAnAnswerOfAnotherSizeForNoCount() public {
        executeInOld(handoverList(address(governor)));
        mockCount(abi.encode(7, 7));
        governor._initiate(address(old));
        assertEq(governor.initialProposalId(), 0, "initial id");
    }

    /// Starving the question for the count, so that the ids start again, would starve the rest as well.
    function test_initiate_withLittleGasFailsOrFindsTheCount() public {
        executeInOld(transferList(1e18));
        executeInOld(handoverList(address(governor)));
        uint256 before = vm.snapshotState();
        uint256 successes = 0;
        for (uint256 gas_ = 10_000; gas_ < 250_000; gas_ += 1000) {
            (bool success,) =
                address(governor).call{gas: gas_}(abi.encodeCall(governor._initiate, (address(old))));
            if (success) {
                assertEq(governor.initialProposalId(), 2, "count");
                successes++;
            }
            vm.revertToState(before);
        }
        assertGt(successes, 0, "enough gas in the end");
    }

    /// After the migration, one proposal does all that the DAO is for, on the time lock that it always had.
    function test_lifecycle_migrationThenGrantFeeAndParameters() public {
        GovernanceDecisions decisions = new GovernanceDecisions(address(lock));
        executeInOld(transferList(1e18));
        adopt();
        uint256 treasury = token.balanceOf(address(lock));
        ActionList memory list = transferList(5e18);
        list.add(stranger, 4 ether, "", "");
        list.add(address(decisions), 0, "setMarketplaceFee(uint8)", abi.encode(8));
        list.add(address(governor), 0, "_setVotingDelay(uint256)", abi.encode(7200));
        list.add(address(lock), 0, "setDelay(uint256)", abi.encode(3 days));
        assertEq(executeInNew(list), 3, "id after those of the old governor");

        assertEq(token.balanceOf(address(lock)), treasury - 5e18, "treasury");
        assertEq(token.balanceOf(stranger), 6e18, "grants of both governors");
        assertEq(stranger.balance, 4 ether, "ETH grant");
        assertEq(decisions.marketplaceFee(), 8, "fee");
        assertEq(governor.votingDelay(), 7200, "voting delay");
        assertEq(lock.delay(), 3 days, "delay");
        assertEq(lock.admin(), address(governor), "admin");
    }

    function test_initiate_takesAllPowerFromTheOldGovernor() public {
        uint256 queued = queueInOld(transferList(3e18));
        uint256 queuedEta = vm.getBlockTimestamp() + DELAY;
        uint256 succeeded = passInOld(transferList(4e18), second);
        adopt();

        vm.expectRevert("Timelock::executeTransaction: Call must come from admin.");
        old.execute(queued);
        vm.expectRevert("Timelock::queueTransaction: Call must come from admin.");
        old.queue(succeeded);
        // Proposers without votes: anyone could cancel, had the old governor still a lock to call.
        vm.prank(whale);
        token.transfer(stranger, 50_000_000e18);
        vm.prank(second);
        token.transfer(stranger, 11_000_000e18);
        skipBlocks(1);
        vm.expectRevert("Timelock::cancelTransaction: Call must come from admin.");
        old.cancel(queued);
        vm.expectRevert("Timelock::cancelTransaction: Call must come from admin.");
        old.cancel(succeeded);
        assertTrue(lock.queuedTransactions(hashOf(transferList(3e18), 0, queuedEta)), "entry stays");
    }

    /// What the old governor left in the queue neither runs nor stands in the way.
    function test_initiate_leavesOldEntriesWithoutEffect() public {
        queueInOld(transferList(3e18));
        adopt();
        uint256 treasury = token.balanceOf(address(lock));
        executeInNew(transferList(3e18));
        assertEq(token.balanceOf(address(lock)), treasury - 3e18, "once");
    }

    function voteDownInOld() private {
        ActionList memory list = transferList(9e18);
        vm.prank(whale);
        old.propose(list.targets, list.values, list.signatures, list.calldatas, "unloved");
        skipBlocks(OLD_PERIOD + 2);
    }

    function mockCount(bytes memory answer) private {
        vm.mockCall(address(old), abi.encodeCall(old.proposalCount, ()), answer);
    }

    function assertActions(uint256 id, ActionList memory expected) private view {
        ActionList memory actual;
        (actual.targets, actual.values, actual.signatures, actual.calldatas) = governor.getActions(id);
        assertEq(abi.encode(actual), abi.encode(expected), "actions");
    }
}
