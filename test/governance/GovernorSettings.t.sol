// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorFixture} from "./GovernorFixture.sol";

/// @title Parameters, whitelist and guardians: who sets them, within which bounds, and what a change leaves alone
contract GovernorSettingsTest is GovernorFixture {
    uint256 private constant GUARDIAN_TERM = 365 days;

    // Parameters

    function test_setVotingDelay_atTheBounds() public {
        expectEmitFromGovernor();
        emit IGovernorEvents.VotingDelaySet(VOTING_DELAY, 50_400);
        set(IBraintrustGovernor._setVotingDelay.selector, 50_400);
        assertEq(governor.votingDelay(), 50_400);

        expectEmitFromGovernor();
        emit IGovernorEvents.VotingDelaySet(50_400, 1);
        set(IBraintrustGovernor._setVotingDelay.selector, 1);
        assertEq(governor.votingDelay(), 1);
    }

    function test_setVotingPeriod_atTheBounds() public {
        expectEmitFromGovernor();
        emit IGovernorEvents.VotingPeriodSet(VOTING_PERIOD, 100_800);
        set(IBraintrustGovernor._setVotingPeriod.selector, 100_800);
        assertEq(governor.votingPeriod(), 100_800);

        expectEmitFromGovernor();
        emit IGovernorEvents.VotingPeriodSet(100_800, 7200);
        set(IBraintrustGovernor._setVotingPeriod.selector, 7200);
        assertEq(governor.votingPeriod(), 7200);
    }

    function test_setProposalThreshold_atTheBounds() public {
        expectEmitFromGovernor();
        emit IGovernorEvents.ProposalThresholdSet(THRESHOLD, 2_500_000e18);
        set(IBraintrustGovernor._setProposalThreshold.selector, 2_500_000e18);
        assertEq(governor.proposalThreshold(), 2_500_000e18);

        expectEmitFromGovernor();
        emit IGovernorEvents.ProposalThresholdSet(2_500_000e18, 500e18);
        set(IBraintrustGovernor._setProposalThreshold.selector, 500e18);
        assertEq(governor.proposalThreshold(), 500e18);
    }

    function test_setQuorumVotes_atTheBounds() public {
        expectEmitFromGovernor();
        emit IGovernorEvents.QuorumVotesSet(QUORUM, 25_000_000e18);
        set(IBraintrustGovernor._setQuorumVotes.selector, 25_000_000e18);
        assertEq(governor.quorumVotes(), 25_000_000e18);
        assertEq(governor.quorum(0), 25_000_000e18);

        expectEmitFromGovernor();
        emit IGovernorEvents.QuorumVotesSet(25_000_000e18, 100_000e18);
        set(IBraintrustGovernor._setQuorumVotes.selector, 100_000e18);
        assertEq(governor.quorumVotes(), 100_000e18);
    }

    function test_RevertWhen_aParameterIsJustOutOfBounds() public {
        expectOutOfBounds(IBraintrustGovernor._setVotingDelay.selector, "votingDelay", 1, 50_400);
        expectOutOfBounds(IBraintrustGovernor._setVotingPeriod.selector, "votingPeriod", 7200, 100_800);
        expectOutOfBounds(
            IBraintrustGovernor._setProposalThreshold.selector, "proposalThreshold", 500e18, 2_500_000e18
        );
        expectOutOfBounds(
            IBraintrustGovernor._setQuorumVotes.selector, "quorumVotes", 100_000e18, 25_000_000e18
        );

        assertEq(governor.votingDelay(), VOTING_DELAY);
        assertEq(governor.votingPeriod(), VOTING_PERIOD);
        assertEq(governor.proposalThreshold(), THRESHOLD);
        assertEq(governor.quorumVotes(), QUORUM);
    }

    /// Values that would look small if they were cut to their field.
    function test_RevertWhen_aParameterIsFarOutOfBounds() public {
        expectOutOfBounds(IBraintrustGovernor._setVotingDelay.selector, "votingDelay", 2 ** 16 + 1, 1, 50_400);
        expectOutOfBounds(
            IBraintrustGovernor._setVotingPeriod.selector, "votingPeriod", 2 ** 24 + 7200, 7200, 100_800
        );
        expectOutOfBounds(
            IBraintrustGovernor._setProposalThreshold.selector,
            "proposalThreshold",
            2 ** 88 + 500e18,
            500e18,
            2_500_000e18
        );
        expectOutOfBounds(
            IBraintrustGovernor._setQuorumVotes.selector,
            "quorumVotes",
            2 ** 88 + 100_000e18,
            100_000e18,
            25_000_000e18
        );
    }

    /// All parameters share a slot with the count of proposals.
    function testFuzz_set_touchesNothingElse(uint256 delay, uint256 period, uint256 threshold, uint256 quorum)
        public
    {
        delay = bound(delay, 1, 50_400);
        period = bound(period, 7200, 100_800);
        threshold = bound(threshold, 500e18, 2_500_000e18);
        quorum = bound(quorum, 100_000e18, 25_000_000e18);
        propose(proposer.addr, transfers(1));

        set(IBraintrustGovernor._setVotingDelay.selector, delay);
        assertParameters(delay, VOTING_PERIOD, THRESHOLD, QUORUM);
        set(IBraintrustGovernor._setVotingPeriod.selector, period);
        assertParameters(delay, period, THRESHOLD, QUORUM);
        set(IBraintrustGovernor._setProposalThreshold.selector, threshold);
        assertParameters(delay, period, threshold, QUORUM);
        set(IBraintrustGovernor._setQuorumVotes.selector, quorum);
        assertParameters(delay, period, threshold, quorum);
        assertEq(governor.proposalCount(), 1);
        assertTrue(governor.initiated());
    }

    function testFuzz_RevertWhen_callerIsNotTheTimelock(address caller) public {
        vm.assume(caller != address(timelock));
        bytes[7] memory calls = [
            abi.encodeCall(governor._setVotingDelay, (2)),
            abi.encodeCall(governor._setVotingPeriod, (7200)),
            abi.encodeCall(governor._setProposalThreshold, (500e18)),
            abi.encodeCall(governor._setQuorumVotes, (100_000e18)),
            abi.encodeCall(governor._setWhitelistAccountExpiration, (caller, type(uint256).max)),
            abi.encodeCall(governor._setWhitelistGuardian, (caller)),
            abi.encodeCall(governor._setProposalGuardian, (IBraintrustGovernor.ProposalGuardian(caller, 0)))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(caller);
            (bool success, bytes memory reason) = address(governor).call(calls[i]);
            assertFalse(success);
            assertEq(reason, abi.encodeWithSelector(IGovernorEvents.NotTimelock.selector, caller));
        }
    }

    function test_RevertWhen_theGuardianExtendsItself() public {
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotTimelock.selector, guardian));
        governor._setProposalGuardian(
            IBraintrustGovernor.ProposalGuardian(guardian, uint96(guardianExpiry + 1))
        );
    }

    // Existing proposals

    function test_set_leavesExistingProposalsAlone() public {
        uint256 pending = propose(proposer.addr, transfers(1));
        uint256 start = governor.proposalSnapshot(pending);
        uint256 end = governor.proposalDeadline(pending);

        setAll(50_400, 100_800, 2_500_000e18, 25_000_000e18);
        assertEq(governor.proposalSnapshot(pending), start);
        assertEq(governor.proposalDeadline(pending), end);
        assertEq(governor.proposalQuorum(pending), QUORUM);

        // Its own quorum decides, during the vote, after it, and when the quorum in force changes again.
        startVote(pending);
        vote(alice, pending, FOR);
        rollTo(end);
        assertState(pending, IBraintrustGovernor.ProposalState.Active);
        skipBlocks(1);
        assertState(pending, IBraintrustGovernor.ProposalState.Succeeded);
        setAll(1, 7200, 500e18, 100_000e18);
        assertState(pending, IBraintrustGovernor.ProposalState.Succeeded);
        assertEq(governor.proposalQuorum(pending), QUORUM);
    }

    function test_set_lowerQuorumDoesNotReviveADefeatedProposal() public {
        setAll(1, 7200, 500e18, 200_000e18);
        uint256 id = propose(proposer.addr, transfers(1));
        startVote(id);
        vote(alice, id, FOR);
        setAll(1, 7200, 500e18, 100_000e18);
        endVote(id);
        assertState(id, IBraintrustGovernor.ProposalState.Defeated);
    }

    /// Whoever cancels compares the proposer with the threshold that the proposal was made under.
    function test_set_higherThresholdDoesNotExposeAProposal() public {
        uint256 id = propose(proposer.addr, transfers(1));
        setAll(1, 7200, 2_500_000e18, 100_000e18);
        skipBlocks(1);

        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, id, stranger));
        governor.cancel(id);
    }

    function test_set_lowerThresholdDoesNotProtectAProposal() public {
        setAll(1, 7200, 100_000e18, 100_000e18);
        uint256 id = propose(bob.addr, transfers(1));
        setAll(1, 7200, 500e18, 100_000e18);
        vm.prank(bob.addr);
        token.transfer(stranger, 20_000e18 + 1);
        skipBlocks(1);

        vm.prank(stranger);
        governor.cancel(id);
        assertState(id, IBraintrustGovernor.ProposalState.Canceled);
    }

    // Whitelist

    function testFuzz_setWhitelistAccountExpiration(address account, uint256 expiration) public {
        expectEmitFromGovernor();
        emit IGovernorEvents.WhitelistAccountExpirationSet(account, expiration);
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(account, expiration);

        assertEq(governor.whitelistAccountExpirations(account), expiration);
        assertEq(governor.isWhitelisted(account), expiration > vm.getBlockTimestamp());
    }

    function test_isWhitelisted_untilTheExpiration() public {
        uint256 expiration = vm.getBlockTimestamp() + 10;
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(stranger, expiration);

        vm.warp(expiration - 1);
        assertTrue(governor.isWhitelisted(stranger));
        assertFalse(governor.isWhitelisted(alice.addr));
        vm.warp(expiration);
        assertFalse(governor.isWhitelisted(stranger));
    }

    function test_setWhitelistGuardian() public {
        expectEmitFromGovernor();
        emit IGovernorEvents.WhitelistGuardianSet(address(0), alice.addr);
        vm.startPrank(address(timelock));
        governor._setWhitelistGuardian(alice.addr);
        assertEq(governor.whitelistGuardian(), alice.addr);

        expectEmitFromGovernor();
        emit IGovernorEvents.WhitelistGuardianSet(alice.addr, bob.addr);
        governor._setWhitelistGuardian(bob.addr);
        assertEq(governor.whitelistGuardian(), bob.addr);
    }

    // Guardian

    function test_setProposalGuardian_untilTheLongestTerm() public {
        uint96 expiry = uint96(vm.getBlockTimestamp() + GUARDIAN_TERM);
        expectEmitFromGovernor();
        emit IGovernorEvents.ProposalGuardianSet(guardian, uint96(guardianExpiry), alice.addr, expiry);
        setGuardian(alice.addr, expiry);
        assertGuardian(alice.addr, expiry);

        expectEmitFromGovernor();
        emit IGovernorEvents.ProposalGuardianSet(alice.addr, expiry, address(0), 0);
        setGuardian(address(0), 0);
        assertGuardian(address(0), 0);
    }

    function test_RevertWhen_guardianTermIsTooLong() public {
        uint256 maximum = vm.getBlockTimestamp() + GUARDIAN_TERM;
        expectParameterOutOfBounds("guardianExpiration", maximum + 1, 0, maximum);
        setGuardian(alice.addr, uint96(maximum + 1));

        expectParameterOutOfBounds("guardianExpiration", type(uint96).max, 0, maximum);
        setGuardian(alice.addr, type(uint96).max);
        assertGuardian(guardian, guardianExpiry);
    }

    // Constructor

    function test_constructor_emitsWhatItSets() public {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.expectEmit(next);
        emit IGovernorEvents.VotingDelaySet(0, VOTING_DELAY);
        vm.expectEmit(next);
        emit IGovernorEvents.VotingPeriodSet(0, VOTING_PERIOD);
        vm.expectEmit(next);
        emit IGovernorEvents.ProposalThresholdSet(0, THRESHOLD);
        vm.expectEmit(next);
        emit IGovernorEvents.QuorumVotesSet(0, QUORUM);
        vm.expectEmit(next);
        emit IGovernorEvents.ProposalGuardianSet(address(0), 0, guardian, uint96(guardianExpiry));
        deploy(address(timelock), address(token), guardianExpiry, liveParameters());
    }

    function test_RevertWhen_anInitialParameterIsOutOfBounds() public {
        expectInitialOutOfBounds(0, "votingDelay", 1, 50_400);
        expectInitialOutOfBounds(1, "votingPeriod", 7200, 100_800);
        expectInitialOutOfBounds(2, "proposalThreshold", 500e18, 2_500_000e18);
        expectInitialOutOfBounds(3, "quorumVotes", 100_000e18, 25_000_000e18);
    }

    function test_constructor_atTheBounds() public {
        governor = deploy(
            address(timelock),
            address(token),
            vm.getBlockTimestamp() + GUARDIAN_TERM,
            IBraintrustGovernor.GovernorParameters(1, 7200, 500e18, 100_000e18)
        );
        assertParameters(1, 7200, 500e18, 100_000e18);
        assertGuardian(guardian, vm.getBlockTimestamp() + GUARDIAN_TERM);
        assertFalse(governor.initiated());

        governor = deploy(
            address(timelock),
            address(token),
            0,
            IBraintrustGovernor.GovernorParameters(50_400, 100_800, 2_500_000e18, 25_000_000e18)
        );
        assertParameters(50_400, 100_800, 2_500_000e18, 25_000_000e18);
    }

    function test_RevertWhen_initialGuardianTermIsTooLong() public {
        uint256 maximum = vm.getBlockTimestamp() + GUARDIAN_TERM;
        expectParameterOutOfBounds("guardianExpiration", maximum + 1, 0, maximum);
        deploy(address(timelock), address(token), maximum + 1, liveParameters());
    }

    /// An expiry that would look near if it were cut to 96 bits.
    function test_RevertWhen_initialGuardianExpiryExceedsItsField() public {
        uint256 maximum = vm.getBlockTimestamp() + GUARDIAN_TERM;
        expectParameterOutOfBounds("guardianExpiration", type(uint96).max, 0, maximum);
        deploy(address(timelock), address(token), 2 ** 96 + guardianExpiry, liveParameters());
    }

    function test_RevertWhen_tokenHasNoVoteHistory() public {
        // The time lock answers any call, with nothing.
        vm.expectRevert(bytes(""));
        deploy(address(timelock), address(decisions), guardianExpiry, liveParameters());
        vm.expectRevert(bytes(""));
        deploy(address(timelock), address(timelock), guardianExpiry, liveParameters());
        vm.expectRevert();
        deploy(address(timelock), stranger, guardianExpiry, liveParameters());
    }

    function test_constructor_asksTheTokenAboutASettledBlock() public {
        vm.expectCall(
            address(token),
            abi.encodeWithSelector(
                IBTRST.getPriorVotes.selector,
                vm.computeCreateAddress(address(this), vm.getNonce(address(this))),
                vm.getBlockNumber() - 1
            )
        );
        deploy(address(timelock), address(token), guardianExpiry, liveParameters());
    }

    function test_RevertWhen_timelockHasNoCode() public {
        vm.expectRevert();
        deploy(stranger, address(token), guardianExpiry, liveParameters());
    }

    function test_RevertWhen_timelockIsNone() public {
        vm.expectRevert(bytes(""));
        deploy(address(token), address(token), guardianExpiry, liveParameters());
    }

    function deploy(
        address timelock_,
        address token_,
        uint256 expiry,
        IBraintrustGovernor.GovernorParameters memory parameters
    ) private returns (IBraintrustGovernor) {
        return deployGovernor(timelock_, token_, guardian, expiry, parameters);
    }

    /// Calls the setter `selector` as the time lock; its failure is the test's.
    function set(bytes4 selector, uint256 value) private {
        vm.prank(address(timelock));
        (bool success, bytes memory reason) = address(governor).call(abi.encodeWithSelector(selector, value));
        if (!success) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    function setAll(uint256 delay, uint256 period, uint256 threshold, uint256 quorum) private {
        set(IBraintrustGovernor._setVotingDelay.selector, delay);
        set(IBraintrustGovernor._setVotingPeriod.selector, period);
        set(IBraintrustGovernor._setProposalThreshold.selector, threshold);
        set(IBraintrustGovernor._setQuorumVotes.selector, quorum);
    }

    function setGuardian(address account, uint96 expiry) private {
        vm.prank(address(timelock));
        governor._setProposalGuardian(IBraintrustGovernor.ProposalGuardian(account, expiry));
    }

    function expectEmitFromGovernor() private {
        vm.expectEmit(address(governor));
    }

    function expectOutOfBounds(bytes4 selector, bytes32 parameter, uint256 minimum, uint256 maximum) private {
        expectOutOfBounds(selector, parameter, 0, minimum, maximum);
        expectOutOfBounds(selector, parameter, minimum - 1, minimum, maximum);
        expectOutOfBounds(selector, parameter, maximum + 1, minimum, maximum);
        expectOutOfBounds(selector, parameter, type(uint256).max, minimum, maximum);
    }

    function expectOutOfBounds(
        bytes4 selector,
        bytes32 parameter,
        uint256 value,
        uint256 minimum,
        uint256 maximum
    ) private {
        vm.prank(address(timelock));
        (bool success, bytes memory reason) = address(governor).call(abi.encodeWithSelector(selector, value));
        assertFalse(success);
        assertEq(reason, outOfBounds(parameter, value, minimum, maximum));
    }

    /// Expects the constructor to refuse the parameter at `position` on both sides of its bounds.
    function expectInitialOutOfBounds(uint256 position, bytes32 parameter, uint256 minimum, uint256 maximum)
        private
    {
        uint256[4] memory values = [VOTING_DELAY, VOTING_PERIOD, THRESHOLD, QUORUM];
        uint256[2] memory outside = [minimum - 1, maximum + 1];
        for (uint256 i = 0; i < 2; i++) {
            values[position] = outside[i];
            expectParameterOutOfBounds(parameter, outside[i], minimum, maximum);
            deploy(
                address(timelock),
                address(token),
                guardianExpiry,
                IBraintrustGovernor.GovernorParameters(values[0], values[1], values[2], values[3])
            );
        }
    }

    function expectParameterOutOfBounds(bytes32 parameter, uint256 value, uint256 minimum, uint256 maximum)
        private
    {
        vm.expectRevert(outOfBounds(parameter, value, minimum, maximum));
    }

    function outOfBounds(bytes32 parameter, uint256 value, uint256 minimum, uint256 maximum)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IGovernorEvents.ParameterOutOfBounds.selector, parameter, value, minimum, maximum
        );
    }

    function assertParameters(uint256 delay, uint256 period, uint256 threshold, uint256 quorum) private view {
        assertEq(governor.votingDelay(), delay, "votingDelay");
        assertEq(governor.votingPeriod(), period, "votingPeriod");
        assertEq(governor.proposalThreshold(), threshold, "proposalThreshold");
        assertEq(governor.quorumVotes(), quorum, "quorumVotes");
    }

    function assertGuardian(address account, uint256 expiry) private view {
        (address actual, uint96 expiration) = governor.proposalGuardian();
        assertEq(actual, account, "guardian");
        assertEq(expiration, expiry, "expiration");
    }
}
