// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock, ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {ActionList} from "../base/ActionList.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {GovernorDeployer} from "../base/GovernorDeployer.sol";
import {GovernorHandler} from "./GovernorHandler.sol";
import {ReferenceGovernor} from "./ReferenceGovernor.sol";

/// @title The governor does what its rules say, whatever is called, by whom and when
/// @notice Numbers in brackets are those of the properties in docs.
abstract contract GovernorInvariants is GovernorDeployer {
    uint256 internal constant SUPPLY = 250_000_000e18;
    uint256 internal constant TREASURY_ETHER = 5 ether;
    /// The walk ends when it was everywhere; several times as many steps as it takes.
    uint256 internal constant MOST_STEPS = 6000;

    IBraintrustGovernor internal governor;
    ICompoundTimelock internal lock;
    BTRST internal token;
    ReferenceGovernor internal book;
    GovernorHandler internal handler;

    /// Deploys time lock and governor; whether the time lock queues action by action.
    function deploy(uint256 delay, address guardian, uint256 guardianExpiry) internal virtual returns (bool);

    function setUp() public {
        vm.roll(20_000_000);
        vm.warp(1_790_000_000);
        token = new BTRST(address(this));
        address guardian = makeAddr("guardian");
        uint256 guardianExpiry = vm.getBlockTimestamp() + 40 days;
        bool perAction = deploy(2 days, guardian, guardianExpiry);
        book = new ReferenceGovernor(
            perAction, governor.initialProposalId(), 2 days, guardian, guardianExpiry, parameters()
        );
        handler = new GovernorHandler(governor, lock, token, book);
        // Two who pass anything alone, two around the least quorum, two around the least threshold.
        uint256[6] memory amounts =
            [uint256(30_000_000e18), 26_000_000e18, 140_000e18, 100_000e18, 501e18, 500e18];
        address[] memory holders = handler.holders();
        for (uint256 i = 0; i < holders.length; i++) {
            token.transfer(holders[i], amounts[i]);
        }
        vm.deal(address(lock), TREASURY_ETHER);
        book.endow(TREASURY_ETHER, token.balanceOf(address(this)));
        token.transfer(address(lock), token.balanceOf(address(this)));
        handler.begin();
        target();
    }

    function parameters() internal pure returns (IBraintrustGovernor.GovernorParameters memory) {
        return IBraintrustGovernor.GovernorParameters(1, 17_280, 500e18, 100_000e18);
    }

    function target() private {
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = GovernorHandler.propose.selector;
        selectors[1] = GovernorHandler.vote.selector;
        selectors[2] = GovernorHandler.voteInBatch.selector;
        selectors[3] = GovernorHandler.queue.selector;
        selectors[4] = GovernorHandler.execute.selector;
        selectors[5] = GovernorHandler.cancel.selector;
        selectors[6] = GovernorHandler.advance.selector;
        selectors[7] = GovernorHandler.promote.selector;
        selectors[8] = GovernorHandler.transfer.selector;
        selectors[9] = GovernorHandler.delegate.selector;
        selectors[10] = GovernorHandler.give.selector;
        selectors[11] = GovernorHandler.usurp.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    /// One campaign for all rules, so that each sequence is held against each of them.
    function invariant_everyRuleHolds() public view {
        checkAll();
    }

    /// [10, 11, 16-19, 25, 26] Every proposal reads as the rules have it, in both families of views.
    function rule_proposalsAreAsTheRulesHaveThem() private view {
        assertEq(governor.proposalCount(), book.proposalCount(), "ids are contiguous");
        for (uint256 id = firstId(); id <= book.proposalCount(); id++) {
            checkBravoView(id);
            checkOpenZeppelinViews(id);
        }
    }

    /// [12, 13] Receipts keep the weight at the start, and add up to the tally.
    function rule_talliesAreTheSumOfReceipts() private view {
        address[] memory holders = handler.holders();
        for (uint256 id = firstId(); id <= book.proposalCount(); id++) {
            uint256[3] memory sums;
            for (uint256 i = 0; i < holders.length; i++) {
                IBraintrustGovernor.Receipt memory receipt = governor.getReceipt(id, holders[i]);
                ReferenceGovernor.Receipt memory expected = book.receipts(id, holders[i]);
                assertEq(receipt.hasVoted, expected.hasVoted, "hasVoted");
                assertEq(governor.hasVoted(id, holders[i]), expected.hasVoted, "hasVoted, OpenZeppelin's");
                assertEq(receipt.support, expected.support, "support");
                assertEq(receipt.votes, expected.votes, "weight at the start");
                sums[receipt.support] += receipt.votes;
            }
            (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
            assertEq(againstVotes, sums[0], "sum against");
            assertEq(forVotes, sums[1], "sum for");
            assertEq(abstainVotes, sums[2], "sum abstain");
            assertLe(againstVotes + forVotes + abstainVotes, SUPPLY, "no more than there are");
        }
    }

    /// [19] A vote ends as planned, or once, later, and by no more than the window.
    function rule_theEndMovesOnceAndByNoMoreThanTheWindow() private view {
        uint256 moved = 0;
        for (uint256 id = firstId(); id <= book.proposalCount(); id++) {
            (,,,, uint256 firstEnd) = handler.records(id);
            uint256 end = governor.proposalDeadline(id);
            assertGe(end, firstEnd, "never shortened");
            assertLe(end, firstEnd + governor.LATE_SWING_WINDOW(), "bounded");
            if (end != firstEnd) moved++;
        }
        assertEq(moved, handler.extensions(), "once each");
    }

    /// [20, 29, 30] What was executed had been queued for the delay, was in its window, and ran once.
    function rule_executedOnceAndInItsWindow() private view {
        for (uint256 id = firstId(); id <= book.proposalCount(); id++) {
            (uint256 queuedAt, uint256 delay, uint256 executedAt, uint256 executions,) = handler.records(id);
            bool executed = governor.state(id) == IBraintrustGovernor.ProposalState.Executed;
            assertEq(executions, executed ? 1 : 0, "executions");
            assertEq(governor.proposalEta(id), queuedAt == 0 ? 0 : queuedAt + delay, "eta");
            if (!executed) continue;
            assertGt(queuedAt, 0, "was queued");
            assertGe(delay, 2 days, "no shorter delay");
            assertGe(executedAt, queuedAt + delay, "not early");
            assertLe(executedAt, queuedAt + delay + 14 days, "not late");
        }
        assertEq(handler.reentrant().entries(), book.reentries(), "each action once");
        assertFalse(handler.reentrant().succeeded(), "nothing runs twice through reentrancy");
    }

    /// [21, 33] The time lock's queue holds what is queued and neither executed nor canceled.
    function rule_theQueueHoldsWhatIsQueued() private view {
        for (uint256 id = firstId(); id <= book.proposalCount(); id++) {
            uint256 eta = governor.proposalEta(id);
            if (book.perAction()) checkQueuedEach(id, eta);
            else checkQueuedBatch(id, eta);
        }
    }

    /// [17, 23, 24, 32] Parameters and roles are what was decided, and within bounds.
    function rule_parametersAreWhatWasDecided() private view {
        assertEq(governor.votingDelay(), book.votingDelay(), "votingDelay");
        assertEq(governor.votingPeriod(), book.votingPeriod(), "votingPeriod");
        assertEq(governor.proposalThreshold(), book.proposalThreshold(), "proposalThreshold");
        assertEq(governor.quorumVotes(), book.quorumVotes(), "quorumVotes");
        assertEq(governor.quorum(vm.getBlockNumber() - 1), book.quorumVotes(), "quorum");
        assertEq(lock.delay(), book.timelockDelay(), "delay");
        (address guardian, uint96 expiry) = governor.proposalGuardian();
        assertEq(guardian, book.guardian(), "guardian");
        assertEq(expiry, book.guardianExpiry(), "expiry");
        assertLe(expiry, vm.getBlockTimestamp() + 365 days, "within a year");
        assertEq(governor.whitelistGuardian(), book.whitelistGuardian(), "whitelist guardian");
        address[] memory holders = handler.holders();
        for (uint256 i = 0; i < holders.length; i++) {
            assertEq(governor.isWhitelisted(holders[i]), book.isWhitelisted(holders[i]), "whitelisted");
        }
        assertTrue(governor.votingDelay() >= 1 && governor.votingDelay() <= 50_400, "bounds of the delay");
        assertTrue(
            governor.votingPeriod() >= 7200 && governor.votingPeriod() <= 100_800, "bounds of the period"
        );
        assertTrue(
            governor.proposalThreshold() >= 500e18 && governor.proposalThreshold() <= 2_500_000e18,
            "bounds of the threshold"
        );
        assertTrue(
            governor.quorumVotes() >= 100_000e18 && governor.quorumVotes() <= 25_000_000e18,
            "bounds of the quorum"
        );
        assertTrue(lock.delay() >= 2 days && lock.delay() <= 30 days, "bounds of the time lock's delay");
        assertEq(lock.admin(), address(governor), "admin");
        assertEq(lock.pendingAdmin(), address(0), "pending admin");
    }

    /// [36] Nothing is lost or made: ETH and tokens of the treasury.
    function rule_theTreasuryIsConserved() private view {
        assertEq(address(lock).balance, book.treasuryEther(), "ETH of the treasury");
        assertEq(
            address(lock).balance + handler.payee().balance, TREASURY_ETHER + handler.received(), "ETH in all"
        );
        assertEq(address(governor).balance, 0, "ETH of the governor");
        assertEq(token.balanceOf(address(lock)), book.treasuryTokens(), "tokens of the treasury");
        uint256 sum = token.balanceOf(address(lock));
        address[] memory holders = handler.holders();
        for (uint256 i = 0; i < holders.length; i++) {
            sum += token.balanceOf(holders[i]);
        }
        assertEq(sum, SUPPLY, "tokens in all");
    }

    /// [56] At the end of each random sequence, a majority can still decide.
    function afterInvariant() public {
        handler.decideByMajority();
        checkAll();
    }

    /// A long walk, always the same, proves that the runs above can go everywhere.
    function test_everyStateAndTransitionIsReached() public {
        vm.pauseGasMetering();
        uint256 step = 0;
        string memory missing = "all";
        for (; bytes(missing).length != 0 && step < MOST_STEPS; step++) {
            act(uint256(keccak256(abi.encode("walk", step))));
            if (step % 50 != 49) continue;
            checkAll();
            if (step % 500 == 499) assertMajorityDecides();
            missing = missed();
        }
        assertEq(missing, "", "not reached");
    }

    /// [21] Side by side in a queue of batches; where actions are queued one by one, the second is refused.
    function test_twinsInTheQueue() public {
        // The first seed whose one action may be proposed.
        for (uint256 seed = 3; book.proposalCount() == book.initialId() && seed < 30; seed += 3) {
            handler.proposeTwins(0, seed);
        }
        uint256 last = book.proposalCount();
        assertEq(last, book.initialId() + 2, "proposed");
        assertEq(handler.outcomes("queue", true), book.perAction() ? 1 : 2, "queued");
        assertEq(handler.collisions(), book.perAction() ? 1 : 0, "collisions");
        checkAll();
    }

    /// What no proposal did and no call met so far.
    function missed() private view returns (string memory list) {
        for (uint8 from = 0; from < 8; from++) {
            for (uint8 to = 0; to < 8; to++) {
                if (!isRequired(from, to) || handler.transitions(state(from), state(to)) != 0) continue;
                list = string.concat(list, vm.toString(from), " to ", vm.toString(to), "; ");
            }
        }
        bytes32[7] memory calls =
            [bytes32("propose"), "proposeBySig", "vote", "voteInBatch", "queue", "execute", "cancel"];
        for (uint256 i = 0; i < calls.length; i++) {
            string memory name = string(abi.encodePacked(calls[i]));
            if (handler.outcomes(calls[i], true) == 0) list = string.concat(list, name, " accepted; ");
            if (handler.outcomes(calls[i], false) == 0) list = string.concat(list, name, " refused; ");
        }
        if (handler.extensions() == 0) list = string.concat(list, "late swing; ");
        if (book.reentries() == 0) list = string.concat(list, "reentry; ");
        if (handler.payee().balance == 0) list = string.concat(list, "payment; ");
        if (handler.roleCancels() != 15) {
            list = string.concat(list, "roles that canceled: ", vm.toString(handler.roleCancels()));
        }
    }

    /// As `afterInvariant`; the walk then goes on as if it had not been asked.
    function assertMajorityDecides() private {
        uint256 before = vm.snapshotState();
        handler.decideByMajority();
        checkAll();
        vm.revertToStateAndDelete(before);
    }

    function act(uint256 seed) private {
        (uint256 a, uint256 b, uint256 c) = (seed >> 16, seed >> 80, seed >> 144);
        uint256 call = seed % 16;
        if (call < 3) handler.propose(a, b);
        else if (call == 3) handler.vote(a, b, c);
        else if (call == 4) handler.voteInBatch(a, b);
        else if (call == 5) handler.queue(a);
        else if (call == 6) handler.execute(a, b);
        else if (call < 9) handler.cancel(a, b);
        else if (call < 11) handler.advance(a, b);
        else if (call == 11) handler.promote(a, b);
        else if (call == 12) handler.transfer(a, b, c);
        else if (call == 13) handler.delegate(a, b);
        else if (call == 14) handler.give(a);
        else handler.usurp(a, b, c);
    }

    function checkAll() private view {
        rule_proposalsAreAsTheRulesHaveThem();
        rule_talliesAreTheSumOfReceipts();
        rule_theEndMovesOnceAndByNoMoreThanTheWindow();
        rule_executedOnceAndInItsWindow();
        rule_theQueueHoldsWhatIsQueued();
        rule_parametersAreWhatWasDecided();
        rule_theTreasuryIsConserved();
    }

    function checkBravoView(uint256 id) private view {
        ReferenceGovernor.Proposal memory expected = book.proposals(id);
        assertEq(uint8(governor.state(id)), uint8(book.state(id)), "state");
        (bool success, bytes memory answer) =
            address(governor).staticcall(abi.encodeCall(IBraintrustGovernor.proposals, (id)));
        assertTrue(success, "proposals");
        // As one comparison: ten values at once are too many for the stack.
        assertEq(
            answer,
            bytes.concat(
                abi.encode(id, expected.proposer, expected.eta, expected.start, expected.end),
                abi.encode(expected.forVotes, expected.againstVotes, expected.abstainVotes),
                abi.encode(expected.canceled, expected.executed)
            ),
            "proposals"
        );
    }

    function checkOpenZeppelinViews(uint256 id) private view {
        ReferenceGovernor.Proposal memory expected = book.proposals(id);
        assertEq(governor.proposalProposer(id), expected.proposer, "proposer");
        assertEq(governor.proposalSnapshot(id), expected.start, "snapshot");
        assertEq(governor.proposalDeadline(id), expected.end, "deadline");
        assertEq(governor.proposalEta(id), expected.eta, "eta");
        assertEq(governor.proposalQuorum(id), expected.quorum, "quorum");
        assertTrue(governor.proposalNeedsQueuing(id), "needs queuing");
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        assertEq(againstVotes, expected.againstVotes, "against");
        assertEq(forVotes, expected.forVotes, "for");
        assertEq(abstainVotes, expected.abstainVotes, "abstain");
    }

    function checkQueuedEach(uint256 id, uint256 eta) private view {
        ActionList memory list;
        (list.targets, list.values, list.signatures, list.calldatas) = governor.getActions(id);
        ReferenceGovernor.Proposal memory expected = book.proposals(id);
        for (uint256 i = 0; i < list.targets.length; i++) {
            bytes32 hash = keccak256(
                abi.encode(list.targets[i], list.values[i], list.signatures[i], list.calldatas[i], eta)
            );
            bool queued = eta != 0 && book.isQueued(expected.decisions[i], eta);
            assertEq(lock.queuedTransactions(hash), queued, "action in the queue");
        }
    }

    function checkQueuedBatch(uint256 id, uint256 eta) private view {
        ActionList memory list;
        (list.targets, list.values, list.signatures, list.calldatas) = governor.getActions(id);
        bytes32 typeHash = keccak256(
            "Batch(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,bytes32 salt,uint256 eta)"
        );
        bytes32 hash = keccak256(
            bytes.concat(
                typeHash, abi.encode(list.targets, list.values, list.signatures, list.calldatas, id, eta)
            )
        );
        ReferenceGovernor.Proposal memory expected = book.proposals(id);
        bool queued = eta != 0 && !expected.canceled && !expected.executed;
        assertEq(lock.queuedTransactions(hash), queued, "batch in the queue");
    }

    function firstId() private view returns (uint256) {
        return book.initialId() + 1;
    }

    /// The transitions of the state graph, those that skip a phase in one step of time left out.
    function isRequired(uint8 from, uint8 to) private pure returns (bool) {
        if (from == 0) return to == 1 || to == 2;
        if (from == 1) return to == 2 || to == 3 || to == 4;
        if (from == 4) return to == 2 || to == 5 || to == 6;
        return from == 5 && (to == 2 || to == 6 || to == 7);
    }

    function state(uint8 number) private pure returns (IBraintrustGovernor.ProposalState) {
        return IBraintrustGovernor.ProposalState(number);
    }
}

/// @title On the suite's time lock, which takes a proposal as one batch
contract GovernorInvariantsTest is GovernorInvariants {
    function deploy(uint256 delay, address guardian, uint256 guardianExpiry)
        internal
        override
        returns (bool)
    {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        lock = new Timelock(next, delay);
        governor = deployGovernor(address(lock), address(token), guardian, guardianExpiry, parameters());
        return false;
    }
}

/// @title On a compiled time lock of the Compound generation, taken over from a governor with proposals
contract GovernorInvariantsAdoptedTest is GovernorInvariants {
    /// As of the governor before; the first ids lie on both sides of a ballot word's end.
    uint256 public constant proposalCount = 125;

    function deploy(uint256 delay, address guardian, uint256 guardianExpiry)
        internal
        override
        returns (bool)
    {
        lock = ICompoundTimelock(
            Artifacts.deploy("@uniswap/governance/build/Timelock.json", abi.encode(address(this), delay))
        );
        governor = deployGovernor(address(lock), address(token), guardian, guardianExpiry, parameters());
        // As a proposal of the governor before would do it.
        vm.prank(address(lock));
        ITimelock(address(lock)).setPendingAdmin(address(governor));
        governor._initiate(address(this));
        return true;
    }
}
