// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ActionList} from "../base/ActionList.sol";
import {AlphaProposal, GovernorAlphaFixture, Intent, OurProposal, Sort} from "./GovernorAlphaFixture.sol";
import {Vm} from "forge-std/Test.sol";

/// @title The governor against GovernorAlpha: the same operations, the same outcome
/// @notice After every operation all sides must agree on acceptance, states, tallies, etas and treasuries, and on
/// actions, receipts and queue of the proposal concerned; at the end, of all. Where the governor means to differ, the
/// situation is one of Deviation, each with its row in docs/deviations.md and its test in
/// GovernorAlphaDeviations.t.sol: then the governor must do what the row says. A call on which the sides differ is
/// undone on all of them, so that whatever follows can be compared as well.
contract GovernorAlphaDifferentialTest is GovernorAlphaFixture {
    enum Call {
        Propose,
        Vote,
        VoteBySig,
        Queue,
        Execute,
        Cancel
    }

    /// Why the answers may differ.
    enum Deviation {
        None,
        DuplicateAction,
        TargetWithoutCode,
        ProposalInExtension,
        VoteInExtension,
        QueueInExtension,
        QueueTooLate,
        SharedAction,
        LastSecond,
        ExcessValue,
        CancelByProposer,
        CancelByGuardian,
        CancelOfFinal,
        SecondSignature
    }

    struct Operation {
        Call call;
        address caller;
        uint256 id;
        bytes[SIDES] data;
        uint256[SIDES] value;
        Deviation deviation;
        /// Whether GovernorAlpha would have executed the proposal a second before its last.
        bool acceptedBefore;
    }

    uint256 private constant OPERATIONS = 48;
    uint256 private constant CALLS = 6;
    uint256 private constant DEVIATIONS = 14;
    uint256 private constant STATES = 8;
    /// Twice as many as it takes to be everywhere.
    uint256 private constant SEQUENCES = 48;

    /// Block with which the vote ends after a late swing, by GovernorAlpha's tallies.
    mapping(uint256 id => uint256) private extendedEnd;
    uint256 private lastIntents;
    /// Wei that executed proposals paid on every side, and that executors added on ours.
    uint256 private paid;
    uint256 private added;
    /// One bit for each call accepted, call refused, deviation and state that was met.
    uint256 private met;

    function testFuzz_operations_haveTheSameOutcome(uint256 seed) public {
        vm.pauseGasMetering();
        sequence(seed);
    }

    /// A swing to passing late in the vote, and votes against before its planned end.
    function test_sequence_swingsBackBeforeTheEnd() public {
        sequence(
            4_761_074_894_415_311_882_700_668_468_198_543_451_291_042_698_769_092_629_777_835_154_094_708_396
        );
    }

    /// A queued proposal is canceled, and another with the same action queued in its place, in one block.
    function test_sequence_queuesATwinInThePlaceOfTheCanceled() public {
        sequence(32_814_074_714);
    }

    /// Sequences that are always the same prove that those above can go everywhere.
    function test_sequences_reachEverything() public {
        vm.pauseGasMetering();
        for (uint256 seed = 0; seed < SEQUENCES; seed++) {
            uint256 start = vm.snapshotState();
            sequence(seed);
            uint256 reached = met;
            vm.revertToStateAndDelete(start);
            met = reached;
        }
        assertEq(missed(), "", "not reached");
    }

    /// One random operation; external, so that its memory is free again afterwards.
    function act(uint256 seed) external {
        (uint256 choice, uint256 a, uint256 b) = (seed % 16, seed >> 16, seed >> 96);
        if (choice < 3) {
            propose(a, b);
        } else if (choice < 6) {
            vote(pick(a, IBraintrustGovernor.ProposalState.Active), b);
        } else if (choice == 6) {
            queue(pick(a, IBraintrustGovernor.ProposalState.Succeeded));
        } else if (choice == 7) {
            execute(pick(a, IBraintrustGovernor.ProposalState.Queued), b);
        } else if (choice == 8) {
            cancel(a % 2 == 0 ? pick(a >> 1, IBraintrustGovernor.ProposalState.Expired) : pickOpen(a), b);
        } else if (choice == 9) {
            advance(pickOpen(a), b);
        } else if (choice < 14) {
            promote(pickOpen(a), b);
        } else if (choice == 14) {
            transfer(a, b);
        } else {
            delegate(a, b);
        }
    }

    function sequence(uint256 seed) private {
        for (uint256 i = 0; i < OPERATIONS; i++) {
            this.act(uint256(keccak256(abi.encode(seed, i))));
        }
        for (uint256 id = 1; id <= governors[ALPHA].proposalCount(); id++) {
            compareContent(id);
        }
    }

    function propose(uint256 proposerSeed, uint256 seed) private {
        address proposer = holders[proposerSeed % holders.length].addr;
        // One in three repeats the latest actions.
        if (seed % 3 == 0 && lastIntents != 0) seed = lastIntents;
        lastIntents = seed;
        Intent[] memory intents = intentsFrom(seed >> 8);
        Operation memory operation;
        (operation.call, operation.caller) = (Call.Propose, proposer);
        operation.id = governors[ALPHA].proposalCount() + 1;
        ActionList[SIDES] memory lists;
        for (uint256 side = 0; side < SIDES; side++) {
            lists[side] = actionsOf(side, intents);
            // Rarely, arrays of different lengths.
            if (proposerSeed % 32 == 31) lists[side].signatures = new string[](intents.length + 1);
            operation.data[side] = proposeCall(lists[side]);
        }
        if (inExtension(governors[ALPHA].latestProposalIds(proposer))) {
            operation.deviation = Deviation.ProposalInExtension;
        } else if (hasVoid(intents)) {
            operation.deviation = Deviation.TargetWithoutCode;
        } else if (hasDuplicate(intents)) {
            operation.deviation = Deviation.DuplicateAction;
        }
        if (!perform(operation)) return;
        for (uint256 side = 0; side < SIDES; side++) {
            assertEq(abi.encode(actionsAt(side, operation.id)), abi.encode(lists[side]), "actions");
        }
    }

    function vote(uint256 id, uint256 seed) private {
        castBallot(
            id, holders[seed % holders.length], (seed >> 8) % 3 != 0, (seed >> 16) % 2 == 0, seed >> 24
        );
    }

    function castBallot(uint256 id, Vm.Wallet memory voter, bool inFavour, bool bySignature, uint256 seed)
        private
    {
        Operation memory operation;
        (operation.call, operation.id) = (bySignature ? Call.VoteBySig : Call.Vote, id);
        operation.caller = bySignature ? stranger : voter.addr;
        bool twin = bySignature && seed % 4 == 0;
        for (uint256 side = 0; side < SIDES; side++) {
            operation.data[side] =
                bySignature ? signedVoteCall(side, voter, id, inFavour, twin) : voteCall(side, id, inFavour);
        }
        if (twin) {
            operation.deviation = Deviation.SecondSignature;
        } else if (inExtension(id) && !governors[ALPHA].getReceipt(id, voter.addr).hasVoted) {
            operation.deviation = Deviation.VoteInExtension;
        }
        bool passedBefore = exists(id) && passes(alphaProposal(id));
        if (!perform(operation, false)) return;
        AlphaProposal memory p = alphaProposal(id);
        bool late = vm.getBlockNumber() + LATE_SWING_WINDOW > p.endBlock;
        if (late && !passedBefore && passes(p) && extendedEnd[id] == 0) {
            extendedEnd[id] = vm.getBlockNumber() + LATE_SWING_WINDOW;
        }
        compare();
    }

    function queue(uint256 id) private {
        Operation memory operation;
        (operation.call, operation.caller, operation.id) = (Call.Queue, stranger, id);
        for (uint256 side = 0; side < SIDES; side++) {
            operation.data[side] = abi.encodeCall(IBraintrustGovernor.queue, (id));
        }
        if (inExtension(id)) operation.deviation = Deviation.QueueInExtension;
        else if (isTooLate(id)) operation.deviation = Deviation.QueueTooLate;
        else if (sharesAnAction(id)) operation.deviation = Deviation.SharedAction;
        perform(operation);
    }

    /// On GovernorAlpha the executor pays, on ours the treasury, which the executor may top up.
    function execute(uint256 id, uint256 seed) private {
        Operation memory operation;
        (operation.call, operation.caller, operation.id) = (Call.Execute, stranger, id);
        uint256 total = exists(id) ? valueOf(id) : 0;
        uint256 treasury = address(locks[SUITE]).balance;
        uint256 lacking = total > treasury ? total - treasury : 0;
        operation.value = [total, lacking, lacking];
        for (uint256 side = 0; side < SIDES; side++) {
            operation.data[side] = abi.encodeCall(IBraintrustGovernor.execute, (id));
            if (seed % 8 == 0) operation.value[side] += 1;
            if (seed % 8 == 1 && lacking > 0) operation.value[side] -= 1;
        }
        if (seed % 8 == 0) {
            operation.deviation = Deviation.ExcessValue;
        } else if (isLastSecond(id)) {
            operation.deviation = Deviation.LastSecond;
            operation.acceptedBefore = isAcceptedASecondBefore(operation);
        }
        if (!perform(operation, false)) return;
        paid += total;
        added += lacking;
        compare();
    }

    function cancel(uint256 id, uint256 seed) private {
        address[4] memory callers = [holders[(seed >> 8) % 5].addr, guardian, stranger, stranger];
        if (exists(id)) callers[3] = alphaProposal(id).proposer;
        Operation memory operation;
        (operation.call, operation.caller, operation.id) = (Call.Cancel, callers[seed % 4], id);
        for (uint256 side = 0; side < SIDES; side++) {
            operation.data[side] = abi.encodeCall(IBraintrustGovernor.cancel, (id));
        }
        if (exists(id)) {
            if (isFinal(expectedState(id))) {
                operation.deviation = Deviation.CancelOfFinal;
            } else if (operation.caller == alphaProposal(id).proposer) {
                operation.deviation = Deviation.CancelByProposer;
            } else if (operation.caller == guardian && vm.getBlockTimestamp() < guardianExpiry) {
                operation.deviation = Deviation.CancelByGuardian;
            }
        }
        perform(operation);
    }

    /// To one of the boundaries of a proposal, or its neighbours.
    function advance(uint256 id, uint256 seed) private {
        if (!exists(id) || seed % 6 == 0) return moveBy(1 + seed % 50);
        if (seed % 31 == 1) return moveToTime(guardianExpiry - (seed >> 8) % 2);
        AlphaProposal memory p = alphaProposal(id);
        IBraintrustGovernor.ProposalState current = expectedState(id);
        uint256 near = (seed >> 8) % 2;
        if (current == IBraintrustGovernor.ProposalState.Pending) return moveToBlock(p.startBlock + near);
        if (current == IBraintrustGovernor.ProposalState.Active) {
            if (inExtension(id)) return moveToBlock(extendedEnd[id] + near);
            bool toWindow = (seed >> 16) % 2 == 0;
            return moveToBlock((toWindow ? p.endBlock - LATE_SWING_WINDOW : p.endBlock) + near);
        }
        if (current == IBraintrustGovernor.ProposalState.Succeeded) {
            return (seed >> 16) % 3 == 0 ? moveToBlock(ourEnd(id) + QUEUE_WINDOW + near) : moveBy(1);
        }
        if (current != IBraintrustGovernor.ProposalState.Queued) return moveBy(1);
        bool toEta = vm.getBlockTimestamp() < p.eta;
        moveToTime(toEta ? p.eta - 1 + near : p.eta + GRACE_PERIOD - 1 + (seed >> 16) % 3);
    }

    /// One step on the way to execution, so that many proposals get there; together with those in the same state.
    function promote(uint256 id, uint256 seed) private {
        if (!exists(id)) return propose(seed, seed >> 8);
        AlphaProposal memory p = alphaProposal(id);
        IBraintrustGovernor.ProposalState current = expectedState(id);
        if (current == IBraintrustGovernor.ProposalState.Pending) {
            moveToBlock(p.startBlock + 1);
        } else if (current == IBraintrustGovernor.ProposalState.Active) {
            Vm.Wallet memory voter = strongest(p.startBlock);
            bool hasVoted = governors[ALPHA].getReceipt(id, voter.addr).hasVoted;
            // Half of the votes are cast late, and half of the extended ones are watched.
            if (hasVoted) return moveToBlock((seed % 2 == 0 ? p.endBlock : ourEnd(id)) + 1);
            uint256 window = p.endBlock - LATE_SWING_WINDOW + 1;
            if (seed % 2 == 0 && vm.getBlockNumber() < window) moveToBlock(window);
            for (uint256 other = 1; other <= governors[ALPHA].proposalCount(); other++) {
                if (expectedState(other) == current) castBallot(other, voter, true, false, 0);
            }
        } else if (current == IBraintrustGovernor.ProposalState.Succeeded) {
            for (uint256 other = 1; other <= governors[ALPHA].proposalCount(); other++) {
                if (expectedState(other) == current) queue(other);
            }
        } else if (current == IBraintrustGovernor.ProposalState.Queued) {
            if (vm.getBlockTimestamp() < p.eta) moveToTime(p.eta);
            else execute(id, seed);
        }
    }

    function transfer(uint256 holderSeed, uint256 seed) private {
        address from = holders[holderSeed % holders.length].addr;
        uint256 balance = tokens[SUITE].balanceOf(from);
        uint256[4] memory amounts =
            [uint256(1), balance / 2, balance > THRESHOLD ? balance - THRESHOLD : 0, balance];
        uint256 amount = amounts[seed % 4];
        transferOnAll(from, holders[(seed >> 8) % holders.length].addr, amount > balance ? balance : amount);
        compareVotes();
        compare();
    }

    /// Mostly to oneself.
    function delegate(uint256 holderSeed, uint256 seed) private {
        address from = holders[holderSeed % holders.length].addr;
        delegateOnAll(from, seed % 2 == 0 ? from : holders[(seed >> 8) % holders.length].addr);
        compareVotes();
        compare();
    }

    function perform(Operation memory operation) private returns (bool) {
        return perform(operation, true);
    }

    /// Makes a call on all sides, and undoes it where they mean to differ; whether it was made.
    function perform(Operation memory operation, bool comparing) private returns (bool) {
        bool mayDiffer = operation.deviation != Deviation.None;
        uint256 start = mayDiffer ? vm.snapshotState() : 0;
        bool accepted = send(operation, ALPHA, bytes4(0));
        bool differs = false;
        for (uint256 side = 1; side < SIDES; side++) {
            bool expected = answerOf(operation, side, accepted);
            bytes4 reason = accepted && !expected ? reasonOf(operation.deviation) : bytes4(0);
            assertEq(send(operation, side, reason), expected, labelOf(operation, side));
            if (expected == accepted) continue;
            differs = true;
            if (expected) assertDone(operation, side);
        }
        if (differs) {
            vm.revertToStateAndDelete(start);
            met |= 1 << (2 * CALLS + uint256(operation.deviation));
            return false;
        }
        if (mayDiffer) vm.deleteStateSnapshot(start);
        met |= 1 << (2 * uint256(operation.call) + (accepted ? 1 : 0));
        if (comparing) compare();
        if (exists(operation.id)) compareContent(operation.id);
        return accepted;
    }

    /// Whether a side accepts the call; a refusal must come with `reason`, where there is one.
    function send(Operation memory operation, uint256 side, bytes4 reason) private returns (bool accepted) {
        bytes memory result;
        vm.deal(operation.caller, operation.value[side]);
        vm.prank(operation.caller);
        (accepted, result) = address(governors[side]).call{value: operation.value[side]}(operation.data[side]);
        if (!accepted && reason != bytes4(0)) assertEq(bytes4(result), reason, "reason");
    }

    /// After a call that only the governor accepts.
    function assertDone(Operation memory operation, uint256 side) private view {
        if (operation.call == Call.Vote || operation.call == Call.VoteBySig) return;
        IBraintrustGovernor.ProposalState done = IBraintrustGovernor.ProposalState.Canceled;
        if (operation.call == Call.Queue) done = IBraintrustGovernor.ProposalState.Queued;
        if (operation.call == Call.Execute) done = IBraintrustGovernor.ProposalState.Executed;
        assertEq(uint8(governors[side].state(operation.id)), uint8(done), "done");
    }

    function compare() private {
        for (uint256 side = 1; side < SIDES; side++) {
            assertEq(governors[side].proposalCount(), governors[ALPHA].proposalCount(), "count");
            assertEq(locks[side].delay(), locks[ALPHA].delay(), "delay");
            assertEq(
                SCALE * tokens[side].balanceOf(address(locks[side])),
                tokens[ALPHA].balanceOf(address(locks[ALPHA])),
                "tokens of the treasury"
            );
            assertEq(address(locks[side]).balance, TREASURY_ETHER + added - paid, "ETH of the treasury");
            assertEq(address(governors[side]).balance, 0, "ETH of the governor");
        }
        assertEq(address(locks[ALPHA]).balance, TREASURY_ETHER, "executors paid");
        assertEq(payee.balance, SIDES * paid, "each side paid");
        for (uint256 id = 1; id <= governors[ALPHA].proposalCount(); id++) {
            compareProposal(id);
        }
    }

    function compareVotes() private view {
        for (uint256 i = 0; i < holders.length; i++) {
            uint256 votes = tokens[SUITE].getCurrentVotes(holders[i].addr);
            assertEq(SCALE * votes, tokens[ALPHA].getCurrentVotes(holders[i].addr), "votes");
        }
    }

    function compareProposal(uint256 id) private {
        AlphaProposal memory p = alphaProposal(id);
        uint8 state = uint8(expectedState(id));
        met |= 1 << (2 * CALLS + DEVIATIONS + state);
        OurProposal memory expected = OurProposal(
            id,
            p.proposer,
            p.eta,
            p.startBlock,
            ourEnd(id),
            p.forVotes / SCALE,
            p.againstVotes / SCALE,
            0,
            p.canceled,
            p.executed
        );
        for (uint256 side = 1; side < SIDES; side++) {
            assertEq(uint8(governors[side].state(id)), state, "state");
            assertEq(abi.encode(ourProposal(side, id)), abi.encode(expected), "proposal");
            assertEq(
                governors[side].latestProposalIds(p.proposer),
                governors[ALPHA].latestProposalIds(p.proposer),
                "latest"
            );
        }
    }

    /// Of the proposal that an operation concerns, and of all at the end of a sequence.
    function compareContent(uint256 id) private view {
        for (uint256 i = 0; i < holders.length; i++) {
            compareReceipt(id, holders[i].addr);
        }
        uint256 eta = alphaProposal(id).eta;
        if (eta != 0) compareQueue(id, eta);
    }

    function compareReceipt(uint256 id, address voter) private view {
        IBraintrustGovernor.Receipt memory expected = governors[ALPHA].getReceipt(id, voter);
        expected.votes /= uint96(SCALE);
        for (uint256 side = 1; side < SIDES; side++) {
            IBraintrustGovernor.Receipt memory receipt = governors[side].getReceipt(id, voter);
            assertEq(abi.encode(receipt), abi.encode(expected), "receipt");
        }
    }

    function compareQueue(uint256 id, uint256 eta) private view {
        (ActionList memory theirs, ActionList memory ours) = (actionsAt(ALPHA, id), actionsAt(ADOPTED, id));
        for (uint256 i = 0; i < theirs.targets.length; i++) {
            bool queued = locks[ALPHA].queuedTransactions(hashOf(theirs, i, eta));
            assertEq(locks[ADOPTED].queuedTransactions(hashOf(ours, i, eta)), queued, "action in the queue");
        }
        // By the proposal, not by its actions: another with the same one may have taken their place in this block.
        AlphaProposal memory p = alphaProposal(id);
        bytes32 hash = batchHash(actionsAt(SUITE, id), id, eta);
        assertEq(locks[SUITE].queuedTransactions(hash), !p.canceled && !p.executed, "batch in the queue");
    }

    function moveBy(uint256 blocks) private {
        skipBlocks(blocks);
        compare();
    }

    /// To block `number`, or on by one.
    function moveToBlock(uint256 number) private {
        moveBy(number > vm.getBlockNumber() ? number - vm.getBlockNumber() : 1);
    }

    /// To second `time` exactly, or on by a block.
    function moveToTime(uint256 time) private {
        uint256 current = vm.getBlockTimestamp();
        if (time <= current) return moveBy(1);
        vm.roll(vm.getBlockNumber() + 1 + (time - current) / 12);
        vm.warp(time);
        compare();
    }

    function isAcceptedASecondBefore(Operation memory operation) private returns (bool accepted) {
        uint256 start = vm.snapshotState();
        vm.warp(vm.getBlockTimestamp() - 1);
        accepted = send(operation, ALPHA, bytes4(0));
        vm.revertToStateAndDelete(start);
    }

    /// A proposal in state `wanted`, if there is one, else any; rarely, one that does not exist.
    function pick(uint256 seed, IBraintrustGovernor.ProposalState wanted) private view returns (uint256) {
        uint256 count = governors[ALPHA].proposalCount();
        if (seed % 32 == 0 || count == 0) return seed % 64 == 0 ? count + 1 : 0;
        uint256 offset = seed >> 8;
        for (uint256 i = 0; seed % 4 != 0 && i < count; i++) {
            uint256 id = 1 + (offset % count + i) % count;
            if (expectedState(id) == wanted) return id;
        }
        return 1 + offset % count;
    }

    /// A proposal that is not final, if there is one.
    function pickOpen(uint256 seed) private view returns (uint256 id) {
        uint256 count = governors[ALPHA].proposalCount();
        uint256 offset = seed >> 8;
        for (uint256 i = 0; seed % 8 != 0 && i < count; i++) {
            id = 1 + (offset % count + i) % count;
            if (!isFinal(expectedState(id))) return id;
        }
        return pick(seed, IBraintrustGovernor.ProposalState.Defeated);
    }

    /// Who had most votes at the end of `number`.
    function strongest(uint256 number) private view returns (Vm.Wallet memory voter) {
        uint256 most = 0;
        for (uint256 i = 0; i < holders.length; i++) {
            uint256 votes = tokens[SUITE].getPriorVotes(holders[i].addr, number);
            if (votes >= most) (voter, most) = (holders[i], votes);
        }
    }

    /// The state on GovernorAlpha, but for the three ways in which time ends things differently.
    function expectedState(uint256 id) private view returns (IBraintrustGovernor.ProposalState) {
        if (inExtension(id)) return IBraintrustGovernor.ProposalState.Active;
        if (isTooLate(id)) return IBraintrustGovernor.ProposalState.Expired;
        if (isLastSecond(id)) return IBraintrustGovernor.ProposalState.Queued;
        return governors[ALPHA].state(id);
    }

    /// The vote is over on GovernorAlpha, and was extended on ours, also where votes against followed the swing.
    function inExtension(uint256 id) private view returns (bool) {
        if (!exists(id) || vm.getBlockNumber() > extendedEnd[id]) return false;
        IBraintrustGovernor.ProposalState current = governors[ALPHA].state(id);
        return current == IBraintrustGovernor.ProposalState.Succeeded
            || current == IBraintrustGovernor.ProposalState.Defeated;
    }

    /// Nobody queued it for two weeks of blocks.
    function isTooLate(uint256 id) private view returns (bool) {
        return exists(id) && vm.getBlockNumber() > ourEnd(id) + QUEUE_WINDOW
            && governors[ALPHA].state(id) == IBraintrustGovernor.ProposalState.Succeeded;
    }

    /// The time lock would execute it and GovernorAlpha does not let it.
    function isLastSecond(uint256 id) private view returns (bool) {
        return exists(id) && governors[ALPHA].state(id) == IBraintrustGovernor.ProposalState.Expired
            && vm.getBlockTimestamp() == alphaProposal(id).eta + GRACE_PERIOD;
    }

    /// GovernorAlpha cannot queue it in this block: an action of it is queued at the same time by another.
    function sharesAnAction(uint256 id) private view returns (bool) {
        if (!exists(id) || governors[ALPHA].state(id) != IBraintrustGovernor.ProposalState.Succeeded) {
            return false;
        }
        ActionList memory list = actionsAt(ALPHA, id);
        uint256 eta = vm.getBlockTimestamp() + locks[ALPHA].delay();
        for (uint256 i = 0; i < list.targets.length; i++) {
            if (locks[ALPHA].queuedTransactions(hashOf(list, i, eta))) return true;
        }
        return false;
    }

    function ourEnd(uint256 id) private view returns (uint256) {
        return extendedEnd[id] != 0 ? extendedEnd[id] : alphaProposal(id).endBlock;
    }

    function exists(uint256 id) private view returns (bool) {
        return id > 0 && id <= governors[ALPHA].proposalCount();
    }

    function actionsAt(uint256 side, uint256 id) private view returns (ActionList memory list) {
        (list.targets, list.values, list.signatures, list.calldatas) = governors[side].getActions(id);
    }

    function valueOf(uint256 id) private view returns (uint256 total) {
        ActionList memory list = actionsAt(ALPHA, id);
        for (uint256 i = 0; i < list.values.length; i++) {
            total += list.values[i];
        }
    }

    /// What no sequence met so far.
    function missed() private view returns (string memory list) {
        string[CALLS] memory calls = ["propose", "vote", "voteBySig", "queue", "execute", "cancel"];
        for (uint256 i = 0; i < CALLS; i++) {
            if (!isMet(2 * i)) list = string.concat(list, calls[i], " refused; ");
            if (!isMet(2 * i + 1)) list = string.concat(list, calls[i], " accepted; ");
        }
        for (uint256 i = 1; i < DEVIATIONS; i++) {
            if (!isMet(2 * CALLS + i)) list = string.concat(list, "deviation ", vm.toString(i), "; ");
        }
        for (uint256 i = 0; i < STATES; i++) {
            if (!isMet(2 * CALLS + DEVIATIONS + i)) {
                list = string.concat(list, "state ", vm.toString(i), "; ");
            }
        }
    }

    function isMet(uint256 bit) private view returns (bool) {
        return (met >> bit) & 1 == 1;
    }

    /// What a side of ours answers, where GovernorAlpha accepts or not.
    function answerOf(Operation memory operation, uint256 side, bool accepted) private pure returns (bool) {
        Deviation deviation = operation.deviation;
        if (deviation == Deviation.None) return accepted;
        if (deviation == Deviation.SharedAction) return side == SUITE;
        if (deviation == Deviation.LastSecond) return operation.acceptedBefore;
        return deviation == Deviation.VoteInExtension || deviation == Deviation.CancelByProposer
            || deviation == Deviation.CancelByGuardian;
    }

    /// With which error the governor refuses what GovernorAlpha accepts.
    function reasonOf(Deviation deviation) private pure returns (bytes4) {
        if (deviation == Deviation.DuplicateAction) return IGovernorEvents.DuplicateAction.selector;
        if (deviation == Deviation.TargetWithoutCode) return IGovernorEvents.TargetWithoutCode.selector;
        if (deviation == Deviation.ProposalInExtension) return IGovernorEvents.LiveProposal.selector;
        if (deviation == Deviation.ExcessValue) return IGovernorEvents.ExcessValue.selector;
        if (deviation == Deviation.SecondSignature) return IGovernorEvents.InvalidSignature.selector;
        return IGovernorEvents.UnexpectedState.selector;
    }

    /// Mostly 1 to 3 different actions; now and then none, ten, eleven, or what the governor refuses.
    function intentsFrom(uint256 seed) private pure returns (Intent[] memory intents) {
        uint256 shape = seed % 24;
        seed = seed >> 8;
        if (shape < 3) {
            intents = new Intent[](shape == 0 ? 0 : 9 + shape);
            for (uint256 i = 0; i < intents.length; i++) {
                intents[i] = Intent(Sort.Grant, (i + 1) * 1e18);
            }
            return intents;
        }
        intents = new Intent[](1 + seed % 3);
        for (uint256 i = 0; i < intents.length; i++) {
            intents[i] = intentFrom((seed >> 8) + i, (seed >> (16 + 8 * i)) % 4);
        }
        uint256 last = intents.length - 1;
        if (shape == 3) intents[last] = Intent(Sort.Void, 0);
        if (shape == 4) intents[last] = Intent(Sort.Refusal, 1);
        if (shape == 5) intents[last] = intents[0];
    }

    /// Of a small domain, so that some meet again; the last of each four cannot be executed, or not always.
    function intentFrom(uint256 seed, uint256 choice) private pure returns (Intent memory) {
        if (seed % 4 == 0) {
            return Intent(Sort.Grant, [uint256(0), 1e18, 400e18, TREASURY_TOKENS + 1][choice]);
        }
        if (seed % 4 == 1) {
            return Intent(Sort.GrantByData, [uint256(1), 5e18, 100e18, TREASURY_TOKENS][choice]);
        }
        if (seed % 4 == 2) return Intent(Sort.Payment, [uint256(0), 1, 1 ether, 6 ether][choice]);
        return Intent(Sort.Delay, [uint256(2 days), 3 days, 7 days, 2 days - 1][choice]);
    }

    function hasVoid(Intent[] memory intents) private pure returns (bool) {
        return intents.length != 0 && intents[intents.length - 1].sort == Sort.Void;
    }

    function hasDuplicate(Intent[] memory intents) private pure returns (bool) {
        for (uint256 i = 0; i < intents.length; i++) {
            for (uint256 j = 0; j < i; j++) {
                if (intents[i].sort == intents[j].sort && intents[i].amount == intents[j].amount) {
                    return true;
                }
            }
        }
        return false;
    }

    function passes(AlphaProposal memory p) private pure returns (bool) {
        return p.forVotes > p.againstVotes && p.forVotes >= SCALE * QUORUM;
    }

    function isFinal(IBraintrustGovernor.ProposalState current) private pure returns (bool) {
        return current == IBraintrustGovernor.ProposalState.Canceled
            || current == IBraintrustGovernor.ProposalState.Defeated
            || current == IBraintrustGovernor.ProposalState.Expired
            || current == IBraintrustGovernor.ProposalState.Executed;
    }

    function labelOf(Operation memory operation, uint256 side) private pure returns (string memory) {
        return string.concat(
            "call ",
            vm.toString(uint256(operation.call)),
            " on proposal ",
            vm.toString(operation.id),
            ", side ",
            vm.toString(side),
            ", deviation ",
            vm.toString(uint256(operation.deviation))
        );
    }
}
