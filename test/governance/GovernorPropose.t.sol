// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions} from "../../contracts/governance/ProposalRecord.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorFixture} from "./GovernorFixture.sol";
import {randomBytes} from "./RandomBytes.sol";
import {Vm} from "forge-std/Test.sol";

/// @title Proposals by their proposer's own transaction
contract GovernorProposeTest is GovernorFixture {
    /// EIP-170's limit less the STOP before the record.
    uint256 private constant MAX_RECORD = 24_575;

    /// Bytes of a record beside the data of its only action, which calls with neither value nor signature:
    /// 42 of terms, 1 of count, 1 of flags, 20 of target, 2 of the data's length.
    uint256 private constant RECORD_OVERHEAD = 42 + 1 + 1 + 20 + 2;

    function test_propose_emitsAndStoresTheProposal() public {
        Actions memory actions = blank(3);
        (actions.targets[0], actions.targets[1], actions.targets[2]) =
        (address(token), stranger, address(decisions));
        (actions.values[1], actions.values[2]) = (1 ether, type(uint256).max);
        actions.signatures[0] = "transfer(address,uint256)";
        actions.calldatas[0] = abi.encode(stranger, 7);
        actions.calldatas[2] = abi.encodeCall(decisions.setMarketplaceFee, (5));
        uint256 start = vm.getBlockNumber() + VOTING_DELAY;

        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalCreated(
            1,
            proposer.addr,
            actions.targets,
            actions.values,
            actions.signatures,
            actions.calldatas,
            start,
            start + VOTING_PERIOD,
            DESCRIPTION
        );
        uint256 id = propose(proposer.addr, actions);

        assertEq(id, 1);
        assertActions(id, actions);
        assertEq(governor.proposalCount(), 1);
        assertEq(governor.latestProposalIds(proposer.addr), 1);
        assertEq(governor.proposalProposer(id), proposer.addr);
        assertEq(governor.proposalSnapshot(id), start);
        assertEq(governor.proposalDeadline(id), start + VOTING_PERIOD);
        assertEq(governor.proposalQuorum(id), QUORUM);
        assertEq(governor.proposalEta(id), 0);
        assertState(id, IBraintrustGovernor.ProposalState.Pending);
    }

    function test_propose_withoutSignatures() public {
        Actions memory actions = blank(2);
        (actions.targets[0], actions.targets[1]) = (address(token), stranger);
        actions.values[1] = 1 ether;
        actions.calldatas[0] = abi.encodeCall(token.transfer, (stranger, 7));
        uint256 start = vm.getBlockNumber() + VOTING_DELAY;

        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalCreated(
            1,
            proposer.addr,
            actions.targets,
            actions.values,
            new string[](2),
            actions.calldatas,
            start,
            start + VOTING_PERIOD,
            DESCRIPTION
        );
        vm.prank(proposer.addr);
        uint256 id = governor.propose(actions.targets, actions.values, actions.calldatas, DESCRIPTION);

        assertEq(id, 1);
        assertActions(id, actions);
    }

    function testFuzz_propose_storesActions(uint256 seed, uint256 count) public {
        count = bound(count, 1, 10);
        Actions memory actions = blank(count);
        for (uint256 i = 0; i < count; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            actions.targets[i] = random % 2 == 0 ? address(token) : address(decisions);
            // Values of every magnitude; a quarter are zero.
            actions.values[i] = (random >> 1) % 4 == 0 ? 0 : random >> (random >> 8) % 256;
            actions.signatures[i] = string(randomBytes(random, (random >> 16) % 300));
            // Often longer than a byte can count; no two lengths are equal, so no two actions are.
            actions.calldatas[i] = randomBytes(random, ((random >> 32) % 80) * 10 + i);
        }

        assertActions(propose(proposer.addr, actions), actions);
    }

    function test_propose_numbersProposalsInSequence() public {
        assertEq(propose(proposer.addr, transfers(1)), 1);
        assertEq(propose(alice.addr, transfers(1)), 2);
        assertEq(propose(bob.addr, transfers(10)), 3);
        assertEq(governor.proposalCount(), 3);
        assertActions(1, transfers(1));
        assertActions(2, transfers(1));
        assertActions(3, transfers(10));
        assertEq(governor.proposalProposer(2), alice.addr);
        assertEq(governor.latestProposalIds(alice.addr), 2);
    }

    function test_propose_takesTheTermsInForce() public {
        vm.startPrank(address(timelock));
        governor._setVotingDelay(50_400);
        governor._setVotingPeriod(100_800);
        governor._setQuorumVotes(25_000_000e18);
        governor._setProposalThreshold(2_500_000e18);
        vm.stopPrank();
        Vm.Wallet memory whale = newHolder("whale", 2_500_000e18 + 1);
        skipBlocks(1);

        uint256 id = propose(whale.addr, transfers(1));

        assertEq(governor.proposalSnapshot(id), vm.getBlockNumber() + 50_400);
        assertEq(governor.proposalDeadline(id), vm.getBlockNumber() + 151_200);
        assertEq(governor.proposalQuorum(id), 25_000_000e18);
    }

    // Who may propose

    function test_RevertWhen_proposerHasExactlyTheThreshold() public {
        vm.prank(proposer.addr);
        token.transfer(stranger, 1);
        skipBlocks(1);

        expectBelowThreshold(proposer.addr, THRESHOLD);
    }

    function testFuzz_propose_needsMoreThanTheThreshold(uint256 votes) public {
        votes = bound(votes, 0, 2 * THRESHOLD);
        Vm.Wallet memory holder = newHolder("holder", votes);
        skipBlocks(1);

        if (votes > THRESHOLD) propose(holder.addr, transfers(1));
        else expectBelowThreshold(holder.addr, votes);
    }

    function test_RevertWhen_proposerGotItsVotesInThisBlock() public {
        vm.prank(alice.addr);
        token.transfer(stranger, 10 * THRESHOLD);
        vm.prank(stranger);
        token.delegate(stranger);

        expectBelowThreshold(stranger, 0);
    }

    function test_propose_countsVotesOfTheLastBlock() public {
        vm.prank(proposer.addr);
        token.delegate(address(0));

        propose(proposer.addr, transfers(1));
    }

    function test_propose_byWhitelistedAccountUntilExpiration() public {
        uint256 expiration = vm.getBlockTimestamp() + 100;
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(stranger, expiration);

        vm.warp(expiration - 1);
        assertEq(propose(stranger, transfers(1)), 1);
    }

    function test_RevertWhen_whitelistingExpires() public {
        uint256 expiration = vm.getBlockTimestamp() + 100;
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(stranger, expiration);

        vm.warp(expiration);
        expectBelowThreshold(stranger, 0);
    }

    function test_RevertWhen_governorIsNotInitiated() public {
        useUninitiatedGovernor();

        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.NotInitiated.selector), proposer.addr, transfers(1)
        );
    }

    // One live proposal per proposer

    function test_RevertWhen_latestProposalIsPending() public {
        uint256 id = propose(proposer.addr, transfers(1));

        assertState(id, IBraintrustGovernor.ProposalState.Pending);
        expectLive(proposer.addr, id);
    }

    function test_RevertWhen_latestProposalIsActive() public {
        uint256 id = propose(proposer.addr, transfers(1));

        startVote(id);
        expectLive(proposer.addr, id);
        rollTo(governor.proposalDeadline(id));
        assertState(id, IBraintrustGovernor.ProposalState.Active);
        expectLive(proposer.addr, id);
    }

    function test_RevertWhen_whitelistedProposerHasALiveProposal() public {
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(stranger, type(uint256).max);
        uint256 id = propose(stranger, transfers(1));

        expectLive(stranger, id);
    }

    function test_propose_again_afterDefeat() public {
        uint256 id = propose(proposer.addr, transfers(1));
        endVote(id);

        assertState(id, IBraintrustGovernor.ProposalState.Defeated);
        assertEq(propose(proposer.addr, transfers(1)), id + 1);
        assertEq(governor.latestProposalIds(proposer.addr), id + 1);
    }

    function test_propose_again_afterSuccess() public {
        uint256 id = propose(proposer.addr, transfers(1));
        pass(id);

        assertState(id, IBraintrustGovernor.ProposalState.Succeeded);
        assertEq(propose(proposer.addr, transfers(1)), id + 1);
    }

    function test_propose_again_inTheBlockOfACancellation() public {
        uint256 id = propose(proposer.addr, transfers(1));
        vm.prank(proposer.addr);
        governor.cancel(id);

        assertEq(propose(proposer.addr, transfers(1)), id + 1);
        expectLive(proposer.addr, id + 1);
    }

    // Actions

    function test_RevertWhen_arraysDifferInLength() public {
        Actions memory actions = transfers(2);
        actions.values = new uint256[](1);
        expectLengths(actions, 2, 1, 2, 2);

        actions = transfers(2);
        actions.signatures = new string[](3);
        expectLengths(actions, 2, 2, 3, 2);

        actions = transfers(2);
        actions.calldatas = new bytes[](0);
        expectLengths(actions, 2, 2, 2, 0);

        actions = transfers(2);
        actions.targets = new address[](0);
        expectLengths(actions, 0, 2, 2, 2);
    }

    function test_RevertWhen_arraysDifferInLength_withoutSignatures() public {
        vm.prank(proposer.addr);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.InvalidProposalLength.selector, 2, 1, 2, 3));
        governor.propose(new address[](2), new uint256[](1), new bytes[](3), DESCRIPTION);
    }

    function test_RevertWhen_thereIsNoAction() public {
        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.InvalidActionCount.selector, 0, 10),
            proposer.addr,
            transfers(0)
        );
    }

    function test_RevertWhen_thereAreElevenActions() public {
        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.InvalidActionCount.selector, 11, 10),
            proposer.addr,
            transfers(11)
        );
    }

    function testFuzz_RevertWhen_twoActionsAreTheSame(uint256 first, uint256 second) public {
        second = bound(second, 1, 9);
        first = bound(first, 0, second - 1);
        Actions memory actions = transfers(10);
        actions.calldatas[second] = actions.calldatas[first];

        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.DuplicateAction.selector, first, second),
            proposer.addr,
            actions
        );
    }

    function test_propose_actionsThatDifferInOneField() public {
        Actions memory actions = blank(6);
        for (uint256 i = 0; i < 6; i++) {
            (actions.targets[i], actions.signatures[i]) = (address(token), "f(bytes)");
            actions.calldatas[i] = "data";
        }
        actions.targets[1] = address(decisions);
        (actions.values[2], actions.values[3]) = (1, 1 << 255);
        actions.signatures[4] = "g(bytes)";
        actions.calldatas[5] = "date";

        assertActions(propose(proposer.addr, actions), actions);
    }

    /// The same bytes in a row, split differently into signature and data.
    function test_propose_actionsThatDifferInTheirBoundary() public {
        Actions memory actions = blank(3);
        for (uint256 i = 0; i < 3; i++) {
            actions.targets[i] = address(token);
        }
        (actions.signatures[0], actions.calldatas[0]) = ("", "abc");
        (actions.signatures[1], actions.calldatas[1]) = ("ab", "c");
        (actions.signatures[2], actions.calldatas[2]) = ("abc", "");

        assertActions(propose(proposer.addr, actions), actions);
    }

    function test_RevertWhen_targetOfACallHasNoCode() public {
        Actions memory actions = transfers(3);
        actions.targets[1] = stranger;
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.TargetWithoutCode.selector, 1, stranger);

        // With both, with a signature alone, and with data alone.
        expectRevertOnPropose(reason, proposer.addr, actions);
        actions.calldatas[1] = "";
        expectRevertOnPropose(reason, proposer.addr, actions);
        (actions.signatures[1], actions.calldatas[1]) = ("", hex"00");
        expectRevertOnPropose(reason, proposer.addr, actions);
    }

    function test_propose_plainEtherToAnAccount() public {
        Actions memory actions = blank(1);
        (actions.targets[0], actions.values[0]) = (stranger, 1 ether);

        assertActions(propose(proposer.addr, actions), actions);
    }

    function test_propose_recordOfGreatestSize() public {
        Actions memory actions = blank(1);
        actions.targets[0] = address(token);
        actions.calldatas[0] = new bytes(MAX_RECORD - RECORD_OVERHEAD);
        actions.calldatas[0][actions.calldatas[0].length - 1] = 0x01;

        assertActions(propose(proposer.addr, actions), actions);
    }

    function test_RevertWhen_recordIsTooLarge() public {
        Actions memory actions = blank(1);
        actions.targets[0] = address(token);
        actions.calldatas[0] = new bytes(MAX_RECORD - RECORD_OVERHEAD + 1);

        expectTooLarge(actions, MAX_RECORD + 1);
    }

    function test_RevertWhen_actionsTogetherAreTooLarge() public {
        Actions memory actions = transfers(10);
        for (uint256 i = 0; i < 10; i++) {
            actions.calldatas[i] = abi.encodePacked(i, new bytes(2968));
        }

        // 42 of terms, 1 of count; each action 1 + 2 + 3000, and the first 20 + 2 + 25 more, which the others share.
        expectTooLarge(actions, 42 + 1 + 10 * 3003 + 47);
    }

    /// Lengths that would wrap around in 16 bits.
    function test_RevertWhen_oneTextIsLongerThanItsLengthField() public {
        Actions memory actions = blank(1);
        actions.targets[0] = address(token);
        actions.calldatas[0] = new bytes(65_536 + 4);
        expectTooLarge(actions, RECORD_OVERHEAD + 65_540);

        (actions.signatures[0], actions.calldatas[0]) = (string(new bytes(65_537)), "x");
        expectTooLarge(actions, RECORD_OVERHEAD + 2 + 65_537 + 1);
    }

    function expectBelowThreshold(address account, uint256 votes) private {
        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.BelowThreshold.selector, account, votes, THRESHOLD),
            account,
            transfers(1)
        );
    }

    function expectLive(address account, uint256 id) private {
        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.LiveProposal.selector, account, id), account, transfers(1)
        );
    }

    function expectLengths(Actions memory actions, uint256 t, uint256 v, uint256 s, uint256 c) private {
        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.InvalidProposalLength.selector, t, v, s, c),
            proposer.addr,
            actions
        );
    }

    function expectTooLarge(Actions memory actions, uint256 size) private {
        expectRevertOnPropose(
            abi.encodeWithSelector(IGovernorEvents.ActionsTooLarge.selector, size, MAX_RECORD),
            proposer.addr,
            actions
        );
    }
}
