// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorProof} from "./GovernorProof.sol";

/// @title Who can change what in the governor
/// @notice One proof for each function that is neither a setter nor a view: it changes no parameter. With the refusal
/// of the setters, only the time lock does.
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

    /// @notice Property 23. `castVote` changes no parameter.
    /// @dev Any caller and support.
    function check_castVote_keepsParameters(address caller, uint8 support, address whitelisted)
        external
        proof
    {
        keepsParameters(caller, abi.encodeCall(IBraintrustGovernor.castVote, (ID, support)), whitelisted);
    }

    /// @notice Property 23. `castVoteWithReason` changes no parameter.
    /// @dev Any caller and support, reason of 4 bytes.
    function check_castVoteWithReason_keepsParameters(address caller, uint8 support, address whitelisted)
        external
        proof
    {
        string memory reason = string(vm.randomBytes(4));
        bytes memory call = abi.encodeCall(IBraintrustGovernor.castVoteWithReason, (ID, support, reason));
        keepsParameters(caller, call, whitelisted);
    }

    /// @notice Property 23. `castVoteBySig` in Bravo's form changes no parameter.
    /// @dev Any support and signature; any recovery of signers: `ecrecover` is an unknown function.
    function check_castVoteBySig_keepsParameters(
        uint8 support,
        uint8 v,
        bytes32 r,
        bytes32 s,
        address whitelisted
    ) external proof {
        string memory signature = "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)";
        bytes memory call = abi.encodeWithSignature(signature, ID, support, v, r, s);
        keepsParameters(address(this), call, whitelisted);
    }

    /// @notice Property 23. `castVoteWithReasonBySig` changes no parameter.
    /// @dev Any support and signature, reason of 4 bytes; any recovery of signers.
    function check_castVoteWithReasonBySig_keepsParameters(
        uint8 support,
        uint8 v,
        bytes32 r,
        bytes32 s,
        address whitelisted
    ) external proof {
        string memory reason = string(vm.randomBytes(4));
        bytes memory call =
            abi.encodeCall(IBraintrustGovernor.castVoteWithReasonBySig, (ID, support, reason, v, r, s));
        keepsParameters(address(this), call, whitelisted);
    }

    /// @notice Property 23. `castVoteBySig` for a named voter changes no parameter.
    /// @dev Any voter without code, any support, signature of 65 bytes; any recovery of signers.
    function check_castVoteBySig_named_keepsParameters(uint8 support, address voter, address whitelisted)
        external
        proof
    {
        vm.assume(voter.code.length == 0);
        string memory signature = "castVoteBySig(uint256,uint8,address,bytes)";
        bytes memory call = abi.encodeWithSignature(signature, ID, support, voter, vm.randomBytes(65));
        keepsParameters(address(this), call, whitelisted);
    }

    /// @notice Property 23. `castVotesBySig` changes no parameter.
    /// @dev One ballot with any support and signature; any recovery of signers.
    function check_castVotesBySig_keepsParameters(
        IBraintrustGovernor.SignedBallot memory ballot,
        address whitelisted
    ) external proof {
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](1);
        ballots[0] = ballot;
        bytes memory call = abi.encodeCall(IBraintrustGovernor.castVotesBySig, (ID, ballots));
        keepsParameters(address(this), call, whitelisted);
    }

    /// @notice Property 23. `propose` changes no parameter.
    /// @dev Any proposer; one action without signature, with 4 bytes of data.
    function check_propose_keepsParameters(address proposer, address whitelisted) external proof {
        address[] memory targets = new address[](1);
        bytes[] memory calldatas = new bytes[](1);
        (targets[0], calldatas[0]) = (address(target), vm.randomBytes(4));
        string memory signature = "propose(address[],uint256[],bytes[],string)";
        bytes memory call = abi.encodeWithSignature(signature, targets, new uint256[](1), calldatas, "");
        keepsParameters(proposer, call, whitelisted);
    }

    /// @notice Property 23. `queue` changes no parameter.
    /// @dev Any caller.
    function check_queue_keepsParameters(address caller, address whitelisted) external proof {
        keepsParameters(caller, abi.encodeCall(IBraintrustGovernor.queue, (ID)), whitelisted);
    }

    /// @notice Property 23. `execute` changes no parameter, unless an executed action does.
    /// @dev Any caller; no value; an action whose target calls nobody.
    function check_execute_keepsParameters(address caller, address whitelisted) external proof {
        keepsParameters(caller, abi.encodeCall(IBraintrustGovernor.execute, (ID)), whitelisted);
    }

    /// @notice Property 23. `cancel` changes no parameter.
    /// @dev Any caller.
    function check_cancel_keepsParameters(address caller, address whitelisted) external proof {
        keepsParameters(caller, abi.encodeCall(IBraintrustGovernor.cancel, (ID)), whitelisted);
    }

    /// @notice Property 23. A governor that has its time lock is not initiated again.
    /// @dev Any caller and previous admin; the time lock has no pending admin.
    function check_initiate_once(address caller, address previousAdmin) external proof {
        vm.prank(caller);
        (bool success,) =
            address(governor).call(abi.encodeCall(IBraintrustGovernor._initiate, (previousAdmin)));
        assert(!success);
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

    /// @notice Property 24. The ballot of an account without votes, as of a guardian, changes neither tally nor state
    /// nor end.
    /// @dev Any caller without votes at the start of the vote, any support.
    function check_castVote_withoutVotesDecidesNothing(address caller, uint8 support) external proof {
        arbitrary();
        Snapshot memory earlier = snapshot();
        vm.assume(governor.getVotes(caller, earlier.startBlock) == 0);
        vm.prank(caller);
        governor.castVote(ID, support);

        Snapshot memory later = snapshot();
        assert(later.forVotes == earlier.forVotes && later.againstVotes == earlier.againstVotes);
        assert(later.abstainVotes == earlier.abstainVotes && later.endBlock == earlier.endBlock);
        assert(later.state == earlier.state);
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

    /// Makes a call that succeeds, and asserts that no parameter is another than before.
    function keepsParameters(address caller, bytes memory call, address whitelisted) private {
        arbitrarySettings();
        arbitrary();
        Parameters memory earlier = parametersOf(whitelisted);
        vm.prank(caller);
        (bool success,) = address(governor).call(call);
        vm.assume(success);
        assertSame(earlier, parametersOf(whitelisted));
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
