// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorProof} from "./GovernorProof.sol";
import {SYMBOLIC} from "./SymbolicCalldata.sol";

/// @title Who can change what in the governor
/// @custom:halmos --default-array-lengths 1 --default-bytes-lengths 4
contract GovernorAuthorityProof is GovernorProof {
    /// All that the time lock can set.
    struct Parameters {
        uint256 votingDelay;
        uint256 votingPeriod;
        uint256 threshold;
        uint256 quorum;
        address guardian;
        uint96 guardianExpiration;
        address whitelistGuardian;
        uint256 whitelisting;
    }

    /// @notice Property 23, 24. Nobody but the time lock changes a parameter, the guardians or the whitelist.
    /// @dev Any caller but the time lock, every function that is not a view; arrays of 1, texts of 4 bytes.
    function check_parameters_onlyTimelock(address caller, address whitelisted) external proof {
        vm.assume(caller != address(timelock));
        arbitrarySettings();
        arbitrary();
        Parameters memory earlier = parametersOf(whitelisted);
        vm.prank(caller);
        (bool success,) = address(governor).call(SYMBOLIC.createCalldata("IBraintrustGovernor"));
        vm.assume(success);
        assertSame(earlier, parametersOf(whitelisted));
    }

    /// @notice Property 23, 24. Every setter refuses everyone but the time lock.
    /// @dev Any caller but the time lock; each of the seven setters with any arguments.
    function check_setters_refuseOthers(address caller, uint256 choice, uint256 value, address account)
        external
        proof
    {
        vm.assume(caller != address(timelock));
        bytes memory call;
        if (choice == 0) call = abi.encodeCall(governor._setVotingDelay, (value));
        else if (choice == 1) call = abi.encodeCall(governor._setVotingPeriod, (value));
        else if (choice == 2) call = abi.encodeCall(governor._setProposalThreshold, (value));
        else if (choice == 3) call = abi.encodeCall(governor._setQuorumVotes, (value));
        else if (choice == 4) call = abi.encodeCall(governor._setWhitelistGuardian, (account));
        else if (choice == 5) call = abi.encodeCall(governor._setWhitelistAccountExpiration, (account, value));
        else call = abi.encodeCall(governor._setProposalGuardian, (guardianOf(account, value)));
        vm.prank(caller);
        (bool success,) = address(governor).call(call);
        assert(!success);
    }

    /// @notice Property 23. What the time lock sets is within bounds, and is one thing at a time.
    /// @dev Any of the seven setters with any arguments, from any parameters within bounds.
    function check_parameters_withinBounds(
        uint256 choice,
        uint256 value,
        address account,
        address whitelisted
    ) external proof {
        arbitrarySettings();
        Parameters memory expected = parametersOf(whitelisted);
        vm.startPrank(address(timelock));
        if (choice == 0) {
            governor._setVotingDelay(value);
            expected.votingDelay = value;
        } else if (choice == 1) {
            governor._setVotingPeriod(value);
            expected.votingPeriod = value;
        } else if (choice == 2) {
            governor._setProposalThreshold(value);
            expected.threshold = value;
        } else if (choice == 3) {
            governor._setQuorumVotes(value);
            expected.quorum = value;
        } else if (choice == 4) {
            vm.assume(value <= type(uint96).max);
            governor._setProposalGuardian(IBraintrustGovernor.ProposalGuardian(account, uint96(value)));
            (expected.guardian, expected.guardianExpiration) = (account, uint96(value));
        } else if (choice == 5) {
            governor._setWhitelistGuardian(account);
            expected.whitelistGuardian = account;
        } else {
            governor._setWhitelistAccountExpiration(account, value);
            if (account == whitelisted) expected.whitelisting = value;
        }
        vm.stopPrank();
        assertSame(expected, parametersOf(whitelisted));
        assert(expected.votingDelay >= 1 && expected.votingDelay <= 50_400);
        assert(expected.votingPeriod >= 7200 && expected.votingPeriod <= 100_800);
        assert(expected.threshold >= 500e18 && expected.threshold <= 2_500_000e18);
        assert(expected.quorum >= 100_000e18 && expected.quorum <= 25_000_000e18);
        assert(expected.guardianExpiration <= SET_UP_AT + 365 days);
    }

    /// @notice Property 24. A guardian without votes of its own can change nothing about a proposal that others
    /// could not, but cancel it: no tally, no end, no new proposal.
    /// @dev Every function that is not a view; arrays of 1, texts of 4 bytes; the guardian never had a vote and is
    /// not whitelisted.
    function check_guardian_onlyCancels() external proof {
        arbitrarySettings();
        arbitrary();
        (address guardian,) = governor.proposalGuardian();
        vm.assume(guardian != address(timelock) && !governor.isWhitelisted(guardian));
        Snapshot memory earlier = snapshot();
        uint256 count = governor.proposalCount();
        vm.assume(governor.getVotes(guardian, earlier.startBlock) == 0);
        vm.assume(governor.getVotes(guardian, height - 1) == 0);

        bytes memory call = SYMBOLIC.createCalldata("IBraintrustGovernor");
        vm.assume(!isBySignature(bytes4(call)));
        vm.prank(guardian);
        (bool success,) = address(governor).call(call);
        vm.assume(success);

        Snapshot memory later = snapshot();
        assert(later.forVotes == earlier.forVotes && later.againstVotes == earlier.againstVotes);
        assert(later.abstainVotes == earlier.abstainVotes && later.endBlock == earlier.endBlock);
        assert(governor.proposalCount() == count);
        assert(
            later.state == earlier.state
                || (bytes4(call) == IBraintrustGovernor.cancel.selector
                    && later.state == IBraintrustGovernor.ProposalState.Canceled)
                || (bytes4(call) == IBraintrustGovernor.queue.selector
                    && later.state == IBraintrustGovernor.ProposalState.Queued)
                || (bytes4(call) == IBraintrustGovernor.execute.selector
                    && later.state == IBraintrustGovernor.ProposalState.Executed)
        );
    }

    /// @notice Property 22. Only the proposer and the guardian in its term cancel unconditionally; others only a
    /// proposal whose proposer has fewer votes than the threshold it was made under, and of a whitelisted one only
    /// the whitelist guardian.
    /// @dev Any caller, guardian, whitelist guardian, whitelisting, and votes of the proposer.
    function check_cancel_byWhom(address caller) external proof {
        arbitrarySettings();
        arbitrary();
        address proposer = governor.proposalProposer(ID);
        (address guardian, uint96 expiration) = governor.proposalGuardian();
        vm.prank(caller);
        governor.cancel(ID);

        if (caller == proposer || (caller == guardian && time < expiration)) return;
        assert(governor.getVotes(proposer, height - 1) < recordThreshold);
        assert(!governor.isWhitelisted(proposer) || caller == governor.whitelistGuardian());
    }

    function guardianOf(address account, uint256 expiration)
        private
        pure
        returns (IBraintrustGovernor.ProposalGuardian memory)
    {
        return IBraintrustGovernor.ProposalGuardian(account, uint96(expiration));
    }

    /// Whether someone else's signature acts, for whoever brings it.
    function isBySignature(bytes4 selector) private pure returns (bool) {
        return selector == bytes4(keccak256("castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)"))
            || selector == bytes4(keccak256("castVoteBySig(uint256,uint8,address,bytes)"))
            || selector == IBraintrustGovernor.castVoteWithReasonBySig.selector
            || selector == IBraintrustGovernor.castVotesBySig.selector
            || selector == IBraintrustGovernor.proposeBySig.selector;
    }

    function parametersOf(address whitelisted) private view returns (Parameters memory it) {
        it.votingDelay = governor.votingDelay();
        it.votingPeriod = governor.votingPeriod();
        it.threshold = governor.proposalThreshold();
        it.quorum = governor.quorumVotes();
        (it.guardian, it.guardianExpiration) = governor.proposalGuardian();
        it.whitelistGuardian = governor.whitelistGuardian();
        it.whitelisting = governor.whitelistAccountExpirations(whitelisted);
    }

    function assertSame(Parameters memory one, Parameters memory other) private pure {
        assert(one.votingDelay == other.votingDelay);
        assert(one.votingPeriod == other.votingPeriod);
        assert(one.threshold == other.threshold);
        assert(one.quorum == other.quorum);
        assert(one.guardian == other.guardian);
        assert(one.guardianExpiration == other.guardianExpiration);
        assert(one.whitelistGuardian == other.whitelistGuardian);
        assert(one.whitelisting == other.whitelisting);
    }
}
