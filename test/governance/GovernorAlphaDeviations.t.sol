// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {AlphaProposal, GovernorAlphaFixture, Intent, Sort} from "./GovernorAlphaFixture.sol";
import {Vm} from "forge-std/Test.sol";

/// @title Where the governor means to differ from GovernorAlpha, one test for each row of docs/deviations.md
/// @notice Each test shows what GovernorAlpha does in the situation, and what the governor does on either time lock.
contract GovernorAlphaDeviationsTest is GovernorAlphaFixture {
    IBraintrustGovernor.ProposalState internal constant ACTIVE = IBraintrustGovernor.ProposalState.Active;
    IBraintrustGovernor.ProposalState internal constant CANCELED = IBraintrustGovernor.ProposalState.Canceled;
    IBraintrustGovernor.ProposalState internal constant DEFEATED = IBraintrustGovernor.ProposalState.Defeated;
    IBraintrustGovernor.ProposalState internal constant SUCCEEDED =
    IBraintrustGovernor.ProposalState.Succeeded;
    IBraintrustGovernor.ProposalState internal constant QUEUED = IBraintrustGovernor.ProposalState.Queued;
    IBraintrustGovernor.ProposalState internal constant EXPIRED = IBraintrustGovernor.ProposalState.Expired;
    IBraintrustGovernor.ProposalState internal constant EXECUTED = IBraintrustGovernor.ProposalState.Executed;

    Vm.Wallet internal alice;
    Vm.Wallet internal bob;
    Vm.Wallet internal carol;
    Vm.Wallet internal erin;

    function setUp() public override {
        super.setUp();
        (alice, bob, carol, erin) = (holders[0], holders[1], holders[2], holders[4]);
    }

    /// GovernorAlpha takes a proposal that its time lock can never queue.
    function test_deviation_duplicateActions() public {
        Intent[] memory twice = new Intent[](2);
        twice[0] = twice[1] = Intent(Sort.Grant, 1e18);
        assertTrue(propose(ALPHA, bob, twice, bytes("")), "GovernorAlpha");
        assertRefusedProposal(
            bob, twice, abi.encodeWithSelector(IGovernorEvents.DuplicateAction.selector, 0, 1)
        );

        skipBlocks(2);
        accept(ALPHA, alice.addr, voteCall(ALPHA, 1, true));
        skipBlocks(PERIOD);
        refuse(
            ALPHA,
            stranger,
            queueCall(1),
            alphaReason("GovernorAlpha::_queueOrRevert: proposal action already queued at eta")
        );
    }

    /// On GovernorAlpha a call to nothing counts as executed.
    function test_deviation_targetWithoutCode() public {
        Intent[] memory nothing = one(Sort.Void, 0);
        assertTrue(propose(ALPHA, bob, nothing, bytes("")), "GovernorAlpha");
        assertRefusedProposal(
            bob, nothing, abi.encodeWithSelector(IGovernorEvents.TargetWithoutCode.selector, 0, stranger)
        );
        passOn(ALPHA, 1);
        queueAndWait(ALPHA, 1);
        accept(ALPHA, stranger, executeCall(1));
        assertEq(uint8(governors[ALPHA].state(1)), uint8(EXECUTED), "executed nothing");
    }

    /// A target that lost its code after the proposal.
    function test_deviation_targetLostItsCode() public {
        ActionList memory list = single(address(target), 0, "mark(uint256)", abi.encode(1));
        for (uint256 side = 0; side < SIDES; side++) {
            accept(side, bob.addr, proposeCall(list));
        }
        pass(1);
        queueAndWaitOnAll(1);
        vm.etch(address(target), "");
        accept(ALPHA, stranger, executeCall(1));
        refuse(
            ADOPTED,
            stranger,
            executeCall(1),
            abi.encodeWithSelector(IGovernorEvents.TargetWithoutCode.selector, 0, address(target))
        );
        refuse(
            SUITE,
            stranger,
            executeCall(1),
            abi.encodeWithSelector(ITimelock.TargetWithoutCode.selector, address(target))
        );
    }

    /// Stored as code, actions have the size limit of code; GovernorAlpha has none but gas.
    function test_deviation_actionsTooLarge() public {
        ActionList memory list = single(address(target), 0, "", new bytes(24_576));
        accept(ALPHA, bob.addr, proposeCall(list));
        for (uint256 side = 1; side < SIDES; side++) {
            vm.prank(bob.addr);
            (bool success, bytes memory result) = address(governors[side]).call(proposeCall(list));
            assertFalse(success, "too large");
            assertEq(bytes4(result), IGovernorEvents.ActionsTooLarge.selector, "reason");
        }
    }

    /// A swing in the last window: GovernorAlpha ends the vote as planned, ours lets the others answer.
    function test_deviation_lateSwing() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        skipBlocks(2);
        uint256 end = alphaProposal(1).endBlock;
        vm.roll(end);
        voteOnAll(alice, 1, true);
        vm.roll(end + 1);
        assertStates(1, SUCCEEDED, ACTIVE);
        for (uint256 side = 1; side < SIDES; side++) {
            assertEq(governors[side].proposalDeadline(1), end + LATE_SWING_WINDOW, "extended");
            refuse(side, stranger, queueCall(1), unexpectedState(1, ACTIVE));
            accept(side, carol.addr, voteCall(side, 1, false));
            accept(side, bob.addr, voteCall(side, 1, false));
        }
        refuse(
            ALPHA,
            bob.addr,
            voteCall(ALPHA, 1, false),
            alphaReason("GovernorAlpha::_castVote: voting is closed")
        );
        // A live proposal still.
        assertTrue(propose(ALPHA, bob, one(Sort.Grant, 2e18), bytes("")), "GovernorAlpha");
        assertRefusedProposal(
            bob,
            one(Sort.Grant, 2e18),
            abi.encodeWithSelector(IGovernorEvents.LiveProposal.selector, bob.addr, 1)
        );
        vm.roll(end + LATE_SWING_WINDOW + 1);
        assertStates(1, SUCCEEDED, DEFEATED);
    }

    function test_deviation_succeededExpires() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        pass(1);
        vm.roll(alphaProposal(1).endBlock + QUEUE_WINDOW);
        assertStates(1, SUCCEEDED, SUCCEEDED);
        skipBlocks(1);
        assertStates(1, SUCCEEDED, EXPIRED);
        skipBlocks(100_000_000);
        accept(ALPHA, stranger, queueCall(1));
        for (uint256 side = 1; side < SIDES; side++) {
            refuse(side, stranger, queueCall(1), unexpectedState(1, EXPIRED));
        }
    }

    /// The last second in which the time lock executes.
    function test_deviation_lastSecond() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        pass(1);
        queueAndWaitOnAll(1);
        uint256 last = alphaProposal(1).eta + GRACE_PERIOD;
        vm.warp(last - 1);
        assertStates(1, QUEUED, QUEUED);
        vm.warp(last + 1);
        assertStates(1, EXPIRED, EXPIRED);
        vm.warp(last);
        assertStates(1, EXPIRED, QUEUED);
        refuse(
            ALPHA,
            stranger,
            executeCall(1),
            alphaReason("GovernorAlpha::execute: proposal can only be executed if it is queued")
        );
        for (uint256 side = 1; side < SIDES; side++) {
            accept(side, stranger, executeCall(1));
        }
        assertEq(tokens[SUITE].balanceOf(payee), 2e18, "paid on both");
        assertEq(tokens[ALPHA].balanceOf(payee), 0, "nothing paid");
    }

    /// The suite's time lock queues batches under the proposal's id, so none stands in another's way.
    function test_deviation_sharedActions() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        proposeOnAll(carol, one(Sort.Grant, 1e18));
        skipBlocks(2);
        voteOnAll(alice, 1, true);
        voteOnAll(alice, 2, true);
        skipBlocks(PERIOD);
        for (uint256 side = 0; side < SIDES; side++) {
            accept(side, stranger, queueCall(1));
        }
        refuse(
            ALPHA,
            stranger,
            queueCall(2),
            alphaReason("GovernorAlpha::_queueOrRevert: proposal action already queued at eta")
        );
        refuse(
            ADOPTED,
            stranger,
            queueCall(2),
            abi.encodeWithSelector(IGovernorEvents.ActionQueued.selector, 2, 0)
        );
        accept(SUITE, stranger, queueCall(2));
    }

    /// GovernorAlpha makes the executor pay what the treasury is to pay, and keeps what is too much.
    function test_deviation_theTreasuryPays() public {
        proposeOnAll(bob, one(Sort.Payment, 2 ether));
        pass(1);
        queueAndWaitOnAll(1);
        (bool success,) = address(governors[ALPHA]).call(executeCall(1));
        assertFalse(success, "the executor has to pay");
        vm.deal(address(this), 5 ether);
        governors[ALPHA].execute{value: 5 ether}(1);
        assertEq(address(governors[ALPHA]).balance, 3 ether, "stuck");
        assertEq(address(locks[ALPHA]).balance, TREASURY_ETHER, "the treasury paid nothing");
        vm.deal(address(this), 2);
        for (uint256 side = 1; side < SIDES; side++) {
            vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExcessValue.selector, 1, 0));
            governors[side].execute{value: 1}(1);
            governors[side].execute(1);
            assertEq(address(locks[side]).balance, TREASURY_ETHER - 2 ether, "the treasury paid");
        }
        assertEq(payee.balance, 3 * 2 ether, "paid on all");
    }

    function test_deviation_proposerCancels() public {
        assertCanceledOnOursAlone(bob.addr);
    }

    function test_deviation_guardianCancels() public {
        assertCanceledOnOursAlone(guardian);
        vm.warp(guardianExpiry);
        proposeOnAll(carol, one(Sort.Grant, 1e18));
        refuse(ALPHA, guardian, cancelCall(2), aboveThreshold());
        for (uint256 side = 1; side < SIDES; side++) {
            refuse(
                side,
                guardian,
                cancelCall(2),
                abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, 2, guardian)
            );
        }
    }

    /// GovernorAlpha turns what is defeated or expired into canceled, again and again.
    function test_deviation_finalStatesStay() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        skipBlocks(PERIOD + 2);
        assertStates(1, DEFEATED, DEFEATED);
        transferOnAll(bob.addr, alice.addr, 7_000_000e18);
        skipBlocks(1);
        accept(ALPHA, stranger, cancelCall(1));
        accept(ALPHA, stranger, cancelCall(1));
        for (uint256 side = 1; side < SIDES; side++) {
            refuse(side, stranger, cancelCall(1), unexpectedState(1, DEFEATED));
        }
        assertStates(1, CANCELED, DEFEATED);
    }

    /// GovernorAlpha tells its time lock to cancel what was never queued.
    function test_deviation_cancelBeforeTheQueueTouchesNoTimelock() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        transferOnAll(bob.addr, alice.addr, 7_000_000e18);
        skipBlocks(1);
        for (uint256 side = 0; side < SIDES; side++) {
            vm.recordLogs();
            accept(side, stranger, cancelCall(1));
            assertEq(vm.getRecordedLogs().length, side == ALPHA ? 2 : 1, "events");
        }
    }

    /// Who is whitelisted proposes without votes, and only the whitelist guardian may cancel for their lack.
    function test_deviation_whitelist() public {
        address member = makeAddr("member");
        for (uint256 side = 1; side < SIDES; side++) {
            vm.startPrank(address(locks[side]));
            governors[side]._setWhitelistAccountExpiration(member, vm.getBlockTimestamp() + 1 days);
            governors[side]._setWhitelistGuardian(erin.addr);
            vm.stopPrank();
            bytes memory call = proposeCall(actionsOf(side, one(Sort.Grant, 1e18)));
            accept(side, member, call);
            refuse(
                side,
                stranger,
                cancelCall(1),
                abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, 1, stranger)
            );
            accept(side, erin.addr, cancelCall(1));
        }
        refuse(
            ALPHA,
            member,
            proposeCall(actionsOf(ALPHA, one(Sort.Grant, 1e18))),
            alphaReason("GovernorAlpha::propose: proposer votes below proposal threshold")
        );
    }

    /// GovernorAlpha's numbers are constants. Ours can be changed by vote, for later proposals.
    function test_deviation_parametersBelongToTheProposal() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        for (uint256 side = 1; side < SIDES; side++) {
            vm.startPrank(address(locks[side]));
            governors[side]._setProposalThreshold(500e18);
            governors[side]._setQuorumVotes(25_000_000e18);
            vm.stopPrank();
        }
        transferOnAll(bob.addr, alice.addr, 7_000_000e18 - THRESHOLD + 1);
        skipBlocks(1);
        for (uint256 side = 0; side < SIDES; side++) {
            uint256 start = vm.snapshotState();
            accept(side, stranger, cancelCall(1));
            vm.revertToStateAndDelete(start);
        }
        pass(1);
        assertStates(1, SUCCEEDED, SUCCEEDED);
        // The next one is made under the changed numbers.
        for (uint256 side = 1; side < SIDES; side++) {
            accept(side, erin.addr, proposeCall(actionsOf(side, one(Sort.Grant, 2e18))));
            assertEq(governors[side].proposalQuorum(2), 25_000_000e18, "quorum");
        }
        assertFalse(propose(ALPHA, erin, one(Sort.Grant, 2e18), bytes("")), "at the constant threshold");
    }

    /// The other signature that anybody can compute from a first.
    function test_deviation_secondSignature() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        skipBlocks(2);
        accept(ALPHA, stranger, signedVoteCall(ALPHA, alice, 1, true, true));
        for (uint256 side = 1; side < SIDES; side++) {
            refuse(
                side,
                stranger,
                signedVoteCall(side, alice, 1, true, true),
                abi.encodeWithSelector(IGovernorEvents.InvalidSignature.selector, address(0))
            );
            accept(side, stranger, signedVoteCall(side, alice, 1, true, false));
        }
    }

    /// Three values of support and a reason, in place of a truth value.
    function test_deviation_supportAndReason() public {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        skipBlocks(2);
        vm.recordLogs();
        accept(ALPHA, alice.addr, voteCall(ALPHA, 1, true));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], keccak256("VoteCast(address,uint256,bool,uint256)"), "event");
        assertEq(logs[0].data, abi.encode(alice.addr, 1, true, SCALE * QUORUM), "voter in the data");
        for (uint256 side = 1; side < SIDES; side++) {
            vm.expectEmit(address(governors[side]));
            emit IGovernorEvents.VoteCast(alice.addr, 1, 2, QUORUM, "undecided");
            vm.prank(alice.addr);
            governors[side].castVoteWithReason(1, 2, "undecided");
            assertEq(ourProposal(side, 1).abstainVotes, QUORUM, "abstained");
            refuse(
                side,
                bob.addr,
                abi.encodeWithSignature("castVote(uint256,uint8)", 1, 3),
                abi.encodeWithSelector(IGovernorEvents.InvalidSupport.selector, 3)
            );
            refuse(side, bob.addr, voteCall(ALPHA, 1, true), "");
        }
    }

    /// GovernorAlpha answers some questions about no proposal, with zeros.
    function test_deviation_unknownProposal() public {
        AlphaProposal memory nothing;
        assertEq(abi.encode(alphaProposal(7)), abi.encode(nothing), "zeros");
        assertFalse(governors[ALPHA].getReceipt(7, bob.addr).hasVoted, "no receipt");
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, 7);
        for (uint256 side = 1; side < SIDES; side++) {
            vm.expectRevert(reason);
            this.rowOf(side, 7);
            vm.expectRevert(reason);
            governors[side].getReceipt(7, bob.addr);
        }
    }

    function rowOf(uint256 side, uint256 id) external view {
        ourProposal(side, id);
    }

    function assertCanceledOnOursAlone(address caller) private {
        proposeOnAll(bob, one(Sort.Grant, 1e18));
        pass(1);
        queueAndWaitOnAll(1);
        refuse(ALPHA, caller, cancelCall(1), aboveThreshold());
        for (uint256 side = 1; side < SIDES; side++) {
            accept(side, caller, cancelCall(1));
        }
        assertStates(1, QUEUED, CANCELED);
    }

    function proposeOnAll(Vm.Wallet memory by, Intent[] memory intents) private {
        for (uint256 side = 0; side < SIDES; side++) {
            assertTrue(propose(side, by, intents, bytes("")), "proposed");
        }
    }

    function assertRefusedProposal(Vm.Wallet memory by, Intent[] memory intents, bytes memory reason)
        private
    {
        for (uint256 side = 1; side < SIDES; side++) {
            assertFalse(propose(side, by, intents, reason), "refused");
        }
    }

    function propose(uint256 side, Vm.Wallet memory by, Intent[] memory intents, bytes memory reason)
        private
        returns (bool accepted)
    {
        bytes memory result;
        vm.prank(by.addr);
        (accepted, result) = address(governors[side]).call(proposeCall(actionsOf(side, intents)));
        if (reason.length != 0) assertEq(result, reason, "reason");
    }

    function voteOnAll(Vm.Wallet memory voter, uint256 id, bool inFavour) private {
        for (uint256 side = 0; side < SIDES; side++) {
            accept(side, voter.addr, voteCall(side, id, inFavour));
        }
    }

    /// Carries a new proposal to success on all sides.
    function pass(uint256 id) private {
        skipBlocks(2);
        voteOnAll(alice, id, true);
        skipBlocks(PERIOD);
    }

    function passOn(uint256 side, uint256 id) private {
        skipBlocks(2);
        accept(side, alice.addr, voteCall(side, id, true));
        skipBlocks(PERIOD);
    }

    function queueAndWaitOnAll(uint256 id) private {
        for (uint256 side = 1; side < SIDES; side++) {
            accept(side, stranger, queueCall(id));
        }
        queueAndWait(ALPHA, id);
    }

    function queueAndWait(uint256 side, uint256 id) private {
        accept(side, stranger, queueCall(id));
        vm.warp(vm.getBlockTimestamp() + DELAY);
    }

    function accept(uint256 side, address caller, bytes memory call) private {
        vm.prank(caller);
        (bool accepted, bytes memory result) = address(governors[side]).call(call);
        assertTrue(accepted, string(result));
    }

    function refuse(uint256 side, address caller, bytes memory call, bytes memory reason) private {
        vm.prank(caller);
        (bool accepted, bytes memory result) = address(governors[side]).call(call);
        assertFalse(accepted, "refused");
        assertEq(result, reason, "reason");
    }

    function assertStates(
        uint256 id,
        IBraintrustGovernor.ProposalState theirs,
        IBraintrustGovernor.ProposalState ours
    ) private view {
        for (uint256 side = 0; side < SIDES; side++) {
            assertEq(uint8(governors[side].state(id)), uint8(side == ALPHA ? theirs : ours), "state");
        }
    }

    function one(Sort sort, uint256 amount) private pure returns (Intent[] memory intents) {
        intents = new Intent[](1);
        intents[0] = Intent(sort, amount);
    }

    function single(address to, uint256 value, string memory signature, bytes memory data)
        private
        pure
        returns (ActionList memory list)
    {
        list.add(to, value, signature, data);
    }

    function queueCall(uint256 id) private pure returns (bytes memory) {
        return abi.encodeCall(IBraintrustGovernor.queue, (id));
    }

    function executeCall(uint256 id) private pure returns (bytes memory) {
        return abi.encodeCall(IBraintrustGovernor.execute, (id));
    }

    function cancelCall(uint256 id) private pure returns (bytes memory) {
        return abi.encodeCall(IBraintrustGovernor.cancel, (id));
    }

    function unexpectedState(uint256 id, IBraintrustGovernor.ProposalState current)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IGovernorEvents.UnexpectedState.selector, id, uint8(current));
    }

    function aboveThreshold() private pure returns (bytes memory) {
        return alphaReason("GovernorAlpha::cancel: proposer above threshold");
    }

    function alphaReason(string memory text) private pure returns (bytes memory) {
        return abi.encodeWithSignature("Error(string)", text);
    }
}
