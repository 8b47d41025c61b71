// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BraintrustGovernor} from "../../contracts/governance/BraintrustGovernor.sol";
import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock, ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {Reentrant} from "./Reentrant.sol";
import {Test} from "forge-std/Test.sol";

/// @title What the tests call of the old governor
interface IGovernorAlpha {
    function propose(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        string calldata description
    ) external returns (uint256);

    function castVote(uint256 id, bool support) external;
    function queue(uint256 id) external;
    function execute(uint256 id) external payable;
    function cancel(uint256 id) external;
    function proposalCount() external view returns (uint256);
    function state(uint256 id) external view returns (uint8);
}

/// @title The governor takes over a live time lock of the Compound generation
/// @notice Governor, time lock and token as Uniswap deployed them, in their published bytecode. Those numbers are
/// four times Braintrust's: the old quorum is 40 million votes.
contract AdoptionTest is Test {
    uint256 internal constant OLD_PERIOD = 40_320;
    uint256 internal constant DELAY = 2 days;
    uint256 internal constant GRACE_PERIOD = 14 days;
    uint256 internal constant PERIOD = 17_280;
    bytes internal constant NOT_PENDING_ADMIN = "Timelock::acceptAdmin: Call must come from pendingAdmin.";

    IBTRST internal token;
    ICompoundTimelock internal lock;
    IGovernorAlpha internal old;
    BraintrustGovernor internal governor;

    /// Has the votes to propose and pass anything, in both governors.
    address internal whale = makeAddr("whale");
    address internal second = makeAddr("second");
    address internal guardian = makeAddr("guardian");
    address internal stranger = makeAddr("stranger");

    function setUp() public {
        vm.roll(20_000_000);
        vm.warp(1_790_000_000);
        token = IBTRST(artifact("Uni", abi.encode(address(this), address(this), block.timestamp + 1)));
        address oldGovernor = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        lock = ICompoundTimelock(artifact("Timelock", abi.encode(oldGovernor, DELAY)));
        old = IGovernorAlpha(artifact("GovernorAlpha", abi.encode(lock, token)));
        assertEq(lock.admin(), address(old), "old governor in power");

        fund(whale, 50_000_000e18);
        fund(second, 11_000_000e18);
        token.transfer(address(lock), 100_000_000e18);
        vm.deal(address(lock), 10 ether);
        governor = newGovernor(lock);
        skipBlocks(1);
    }

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

    function test_queue_perAction() public {
        adopt();
        ActionList memory list = treasuryList();
        uint256 id = pass(propose(whale, list));
        uint256 eta = vm.getBlockTimestamp() + DELAY;
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalQueued(id, eta);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectEmit(address(lock));
            emit ITimelock.QueueTransaction(
                hashOf(list, i, eta),
                list.targets[i],
                list.values[i],
                list.signatures[i],
                list.calldatas[i],
                eta
            );
        }
        vm.prank(stranger);
        governor.queue(id);
        assertEq(governor.proposalEta(id), eta, "eta");
        assertQueued(list, eta, true);
    }

    function test_execute_treasuryTokensEtherAndDelay() public {
        adopt();
        ActionList memory list = treasuryList();
        uint256 id = queue(pass(propose(whale, list)));
        uint256 eta = governor.proposalEta(id);
        vm.warp(eta);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectEmit(address(lock));
            emit ITimelock.ExecuteTransaction(
                hashOf(list, i, eta),
                list.targets[i],
                list.values[i],
                list.signatures[i],
                list.calldatas[i],
                eta
            );
        }
        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalExecuted(id);
        vm.prank(stranger);
        governor.execute(id);
        assertEq(token.balanceOf(stranger), 5e18, "tokens");
        assertEq(stranger.balance, 4 ether, "ETH");
        assertEq(address(lock).balance, 6 ether, "treasury");
        assertEq(lock.delay(), 3 days, "delay");
        assertQueued(list, eta, false);
    }

    function test_execute_takesExactlyTheShortfall() public {
        adopt();
        ActionList memory list = transferList(1e18);
        list.add(stranger, 12 ether, "", "");
        uint256 id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExcessValue.selector, 2 ether + 1, 2 ether));
        governor.execute{value: 2 ether + 1}(id);
        vm.expectRevert("Timelock::executeTransaction: Transaction execution reverted.");
        governor.execute{value: 2 ether - 1}(id);
        assertEq(token.balanceOf(stranger), 0, "all or none");
        governor.execute{value: 2 ether}(id);
        assertEq(stranger.balance, 12 ether, "paid");
        assertEq(address(governor).balance, 0, "nothing stays in the governor");
    }

    function test_execute_agreesWithTheLockToTheSecond() public {
        adopt();
        ActionList memory list = transferList(1e18);
        uint256 id = queue(pass(propose(whale, list)));
        uint256 eta = governor.proposalEta(id);
        uint256[4] memory times = [eta - 1, eta, eta + GRACE_PERIOD, eta + GRACE_PERIOD + 1];
        for (uint256 i = 0; i < times.length; i++) {
            vm.warp(times[i]);
            bool open = i == 1 || i == 2;
            uint256 before = vm.snapshotState();
            assertEq(succeeds(address(this), address(governor), executeCall(id)), open, "governor");
            vm.revertToState(before);
            assertEq(
                succeeds(
                    address(governor), address(lock), lockCall(lock.executeTransaction.selector, list, eta)
                ),
                open,
                "lock"
            );
            vm.revertToState(before);
        }
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernorEvents.UnexpectedState.selector, id, uint8(IBraintrustGovernor.ProposalState.Expired)
            )
        );
        governor.execute(id);
        vm.warp(eta - 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.TooEarly.selector, id, eta));
        governor.execute(id);
    }

    /// A Compound lock would call nothing and report success.
    function test_RevertWhen_targetVanished() public {
        adopt();
        Reentrant target = new Reentrant();
        ActionList memory list = transferList(1e18);
        list.add(address(target), 0, "enter()", "");
        uint256 id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        vm.etch(address(target), "");
        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.TargetWithoutCode.selector, 1, address(target))
        );
        governor.execute(id);
        assertEq(token.balanceOf(stranger), 0, "all or none");
    }

    function test_execute_reentrantCallsAreRefused() public {
        adopt();
        Reentrant target = new Reentrant();
        vm.prank(address(lock));
        governor._setProposalGuardian(
            IBraintrustGovernor.ProposalGuardian(address(target), uint96(vm.getBlockTimestamp() + 30 days))
        );
        ActionList memory list;
        list.add(address(target), 0, "enter()", "");
        list.add(address(token), 0, "transfer(address,uint256)", abi.encode(stranger, 1e18));
        uint256 id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        uint256 before = vm.snapshotState();
        bytes[3] memory callbacks =
            [executeCall(id), abi.encodeCall(governor.cancel, (id)), abi.encodeCall(governor.queue, (id))];
        for (uint256 i = 0; i < callbacks.length; i++) {
            target.prepare(address(governor), callbacks[i]);
            governor.execute(id);
            assertEq(target.entries(), 1, "entered once");
            assertFalse(target.succeeded(), "refused");
            assertEq(
                target.result(),
                abi.encodeWithSelector(
                    IGovernorEvents.UnexpectedState.selector,
                    id,
                    uint8(IBraintrustGovernor.ProposalState.Executed)
                ),
                "reason"
            );
            assertEq(token.balanceOf(stranger), 1e18, "the rest ran");
            vm.revertToState(before);
        }
    }

    function test_cancel_dequeuesEachAction() public {
        adopt();
        ActionList memory list = treasuryList();
        uint256 id = queue(pass(propose(whale, list)));
        uint256 eta = governor.proposalEta(id);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectEmit(address(lock));
            emit ITimelock.CancelTransaction(
                hashOf(list, i, eta),
                list.targets[i],
                list.values[i],
                list.signatures[i],
                list.calldatas[i],
                eta
            );
        }
        vm.prank(guardian);
        governor.cancel(id);
        assertQueued(list, eta, false);
    }

    /// Such a lock knows an action by content and time alone: sharing an entry, one proposal would execute or
    /// cancel the other's. The second waits for the next block.
    function test_RevertWhen_anotherProposalQueuedTheSameActionInThisBlock() public {
        adopt();
        uint256 first = propose(whale, transferList(1e18));
        ActionList memory list;
        list.add(stranger, 1 ether, "", "");
        list.add(address(token), 0, "transfer(address,uint256)", abi.encode(stranger, 1e18));
        uint256 other = propose(second, list);
        passBoth(first, other);
        governor.queue(first);
        uint256 eta = governor.proposalEta(first);

        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ActionQueued.selector, other, 1));
        governor.queue(other);
        assertFalse(lock.queuedTransactions(hashOf(list, 0, eta)), "none of them");
        assertEq(governor.proposalEta(other), 0, "no eta");

        skipBlocks(1);
        governor.queue(other);
        vm.prank(guardian);
        governor.cancel(first);
        assertQueued(list, eta + 12, true);
        vm.warp(eta + 12);
        governor.execute(other);
        assertEq(token.balanceOf(stranger), 1e18, "once");
    }

    /// Tallies hold 88 bits: more than BTRST has, less than UNI has.
    function test_RevertWhen_votesDoNotFitTheTally() public {
        adopt();
        address giant = makeAddr("giant");
        fund(giant, 310_000_000e18);
        skipBlocks(1);
        uint256 id = propose(whale, transferList(1e18));
        skipBlocks(2);
        bytes memory reason = abi.encodeWithSelector(
            IGovernorEvents.FieldOverflow.selector, 310_000_000e18, uint256(type(uint88).max)
        );
        for (uint8 support = 0; support < 2; support++) {
            vm.expectRevert(reason);
            vm.prank(giant);
            governor.castVote(id, support);
        }
    }

    function artifact(string memory name, bytes memory arguments) private returns (address) {
        return Artifacts.deploy(string.concat("@uniswap/governance/build/", name, ".json"), arguments);
    }

    function newGovernor(ICompoundTimelock timelock) private returns (BraintrustGovernor created) {
        created = new BraintrustGovernor(
            address(timelock),
            address(token),
            guardian,
            block.timestamp + 180 days,
            IBraintrustGovernor.GovernorParameters(1, PERIOD, 500e18, 100_000e18)
        );
        assertFalse(created.initiated(), "not in power yet");
    }

    function fund(address holder, uint256 amount) private {
        token.transfer(holder, amount);
        vm.prank(holder);
        token.delegate(holder);
    }

    function skipBlocks(uint256 count) private {
        vm.roll(vm.getBlockNumber() + count);
        vm.warp(vm.getBlockTimestamp() + 12 * count);
    }

    function handoverList(address newAdmin) private view returns (ActionList memory list) {
        list.add(address(lock), 0, "setPendingAdmin(address)", abi.encode(newAdmin));
    }

    function transferList(uint256 amount) private view returns (ActionList memory list) {
        list.add(address(token), 0, "transfer(address,uint256)", abi.encode(stranger, amount));
    }

    /// Tokens and ETH of the treasury, and the lock's own delay.
    function treasuryList() private view returns (ActionList memory list) {
        list.add(address(token), 0, "", abi.encodeWithSignature("transfer(address,uint256)", stranger, 5e18));
        list.add(stranger, 4 ether, "", "");
        list.add(address(lock), 0, "setDelay(uint256)", abi.encode(3 days));
    }

    function voteDownInOld() private {
        ActionList memory list = transferList(9e18);
        vm.prank(whale);
        old.propose(list.targets, list.values, list.signatures, list.calldatas, "unloved");
        skipBlocks(OLD_PERIOD + 2);
    }

    function passInOld(ActionList memory list, address by) private returns (uint256 id) {
        vm.prank(by);
        id = old.propose(list.targets, list.values, list.signatures, list.calldatas, "old");
        skipBlocks(2);
        vm.prank(whale);
        old.castVote(id, true);
        skipBlocks(OLD_PERIOD);
    }

    function queueInOld(ActionList memory list) private returns (uint256 id) {
        id = passInOld(list, whale);
        old.queue(id);
    }

    function executeInOld(ActionList memory list) private returns (uint256 id) {
        id = queueInOld(list);
        vm.warp(vm.getBlockTimestamp() + DELAY);
        old.execute(id);
    }

    function adopt() private {
        executeInOld(handoverList(address(governor)));
        governor._initiate(address(old));
    }

    function propose(address by, ActionList memory list) private returns (uint256) {
        vm.prank(by);
        return governor.propose(list.targets, list.values, list.signatures, list.calldatas, "new");
    }

    function pass(uint256 id) private returns (uint256) {
        passBoth(id, id);
        return id;
    }

    function passBoth(uint256 first, uint256 other) private {
        skipBlocks(2);
        vm.startPrank(whale);
        governor.castVote(first, 1);
        if (other != first) governor.castVote(other, 1);
        vm.stopPrank();
        skipBlocks(PERIOD);
    }

    function queue(uint256 id) private returns (uint256) {
        governor.queue(id);
        return id;
    }

    function executeInNew(ActionList memory list) private returns (uint256 id) {
        id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        governor.execute(id);
    }

    function mockCount(bytes memory answer) private {
        vm.mockCall(address(old), abi.encodeCall(old.proposalCount, ()), answer);
    }

    function executeCall(uint256 id) private view returns (bytes memory) {
        return abi.encodeCall(governor.execute, (id));
    }

    /// A call of the lock about the first action.
    function lockCall(bytes4 selector, ActionList memory list, uint256 eta)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            selector, list.targets[0], list.values[0], list.signatures[0], list.calldatas[0], eta
        );
    }

    function succeeds(address from, address target, bytes memory callData) private returns (bool success) {
        vm.prank(from);
        (success,) = target.call(callData);
    }

    function hashOf(ActionList memory list, uint256 index, uint256 eta) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                list.targets[index], list.values[index], list.signatures[index], list.calldatas[index], eta
            )
        );
    }

    function assertQueued(ActionList memory list, uint256 eta, bool expected) private view {
        for (uint256 i = 0; i < list.targets.length; i++) {
            assertEq(lock.queuedTransactions(hashOf(list, i, eta)), expected, "queued");
        }
    }

    function assertActions(uint256 id, ActionList memory expected) private view {
        ActionList memory actual;
        (actual.targets, actual.values, actual.signatures, actual.calldatas) = governor.getActions(id);
        assertEq(abi.encode(actual), abi.encode(expected), "actions");
    }
}
