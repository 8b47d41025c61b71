// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorProof} from "./GovernorProof.sol";
import {LibRLP} from "solady/utils/LibRLP.sol";

/// @title The transition relation of a proposal
/// @notice Each proof makes one step, a call or the passing of time, from an arbitrary state: it follows an edge of
/// the graph, a final state stays as it is, and what GovernorProof.reachable says still holds. So, by induction, it
/// holds after any number of these steps; docs/proofs.md names those that are not among them.
contract GovernorTransitionsProof is GovernorProof {
    /// @notice Property 10, 11. Time alone moves a proposal along the graph only, and keeps the invariant.
    /// @dev Any two blocks and times below 2^32.
    function check_time() external proof {
        arbitrary();
        Snapshot memory earlier = snapshot();
        advance();
        Snapshot memory later = snapshot();
        assert(reachable(later));
        assert(isTimeEdge(earlier.state, later.state));
        assertSameContent(earlier, later);
    }

    /// @notice Property 10, 12. `castVote` by anyone follows the graph and lowers no tally.
    /// @dev Any caller, any support.
    function check_castVote(address caller, uint8 support) external proof {
        step(caller, 0, abi.encodeCall(IBraintrustGovernor.castVote, (ID, support)));
    }

    /// @notice Property 10, 12. `castVoteWithReason` by anyone follows the graph and lowers no tally.
    /// @dev Any caller, any support, reason of 4 bytes.
    function check_castVoteWithReason(address caller, uint8 support) external proof {
        string memory reason = string(vm.randomBytes(4));
        step(caller, 0, abi.encodeCall(IBraintrustGovernor.castVoteWithReason, (ID, support, reason)));
    }

    /// @notice Property 10, 12. `castVoteBySig` in Bravo's form follows the graph and lowers no tally.
    /// @dev Any support and signature; any recovery of signers: `ecrecover` is an unknown function.
    function check_castVoteBySig(address caller, uint8 support, uint8 v, bytes32 r, bytes32 s)
        external
        proof
    {
        string memory signature = "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)";
        step(caller, 0, abi.encodeWithSignature(signature, ID, support, v, r, s));
    }

    /// @notice Property 10, 12. `castVoteBySig` for a named voter follows the graph and lowers no tally.
    /// @dev Any voter without code, any support, signature of 65 bytes; any recovery of signers.
    function check_castVoteBySig_named(address caller, uint8 support, address voter) external proof {
        vm.assume(voter.code.length == 0);
        string memory signature = "castVoteBySig(uint256,uint8,address,bytes)";
        step(caller, 0, abi.encodeWithSignature(signature, ID, support, voter, vm.randomBytes(65)));
    }

    /// @notice Property 10, 12. `castVoteWithReasonBySig` follows the graph and lowers no tally.
    /// @dev Any support and signature, reason of 4 bytes; any recovery of signers.
    function check_castVoteWithReasonBySig(address caller, uint8 support, uint8 v, bytes32 r, bytes32 s)
        external
        proof
    {
        string memory reason = string(vm.randomBytes(4));
        bytes memory call =
            abi.encodeCall(IBraintrustGovernor.castVoteWithReasonBySig, (ID, support, reason, v, r, s));
        step(caller, 0, call);
    }

    /// @notice Property 10, 12. `castVotesBySig` follows the graph and lowers no tally.
    /// @dev One ballot with any support and signature; any recovery of signers.
    function check_castVotesBySig(address caller, IBraintrustGovernor.SignedBallot memory ballot)
        external
        proof
    {
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](1);
        ballots[0] = ballot;
        step(caller, 0, abi.encodeCall(IBraintrustGovernor.castVotesBySig, (ID, ballots)));
    }

    /// @notice Property 10, 15, 25. `propose` touches no other proposal; the new one has the next id, is Pending,
    /// without votes for or against it and without eta; its proposer had more votes than the threshold in the last
    /// block, or is whitelisted.
    /// @dev Any proposer; one action without signature, with 4 bytes of data.
    function check_propose(address proposer) external proof {
        string memory signature = "propose(address[],uint256[],bytes[],string)";
        (address[] memory targets, uint256[] memory values,, bytes[] memory calldatas) = anyAction();
        proposes(proposer, proposer, abi.encodeWithSignature(signature, targets, values, calldatas, ""));
    }

    /// @notice Property 10, 15, 25. The same of `propose` in Bravo's form.
    /// @dev Any proposer; one action with a signature and data of 4 bytes each.
    function check_propose_bravo(address proposer) external proof {
        string memory signature = "propose(address[],uint256[],string[],bytes[],string)";
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) = anyAction();
        proposes(proposer, proposer, abi.encodeWithSignature(signature, t, v, s, c, ""));
    }

    /// @notice Property 10, 15, 25. The same of `proposeBySig`, where the proposer is the one that is named.
    /// @dev Any proposer without code, any deadline, signature of 65 bytes; one action with a signature and data of 4
    /// bytes each; any recovery of signers.
    function check_proposeBySig(address caller, address proposer, uint256 deadline) external proof {
        vm.assume(proposer.code.length == 0);
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) = anyAction();
        IBraintrustGovernor.SignedProposal memory signed =
            IBraintrustGovernor.SignedProposal(t, v, s, c, "", proposer, deadline);
        bytes memory signature = vm.randomBytes(65);
        proposes(caller, proposer, abi.encodeCall(IBraintrustGovernor.proposeBySig, (signed, signature)));
    }

    /// @notice Property 10, 17. What the time lock sets changes nothing about a proposal.
    /// @dev Each of the seven setters with any arguments.
    function check_setters(uint256 choice, uint256 value, address account) external proof {
        arbitrarySettings();
        bytes memory call;
        if (choice == 0) {
            call = abi.encodeCall(governor._setVotingDelay, (value));
        } else if (choice == 1) {
            call = abi.encodeCall(governor._setVotingPeriod, (value));
        } else if (choice == 2) {
            call = abi.encodeCall(governor._setProposalThreshold, (value));
        } else if (choice == 3) {
            call = abi.encodeCall(governor._setQuorumVotes, (value));
        } else if (choice == 4) {
            call = abi.encodeCall(governor._setWhitelistGuardian, (account));
        } else if (choice == 5) {
            call = abi.encodeCall(governor._setWhitelistAccountExpiration, (account, value));
        } else {
            call = abi.encodeWithSignature("_setProposalGuardian((address,uint96))", account, uint96(value));
        }
        leavesAlone(address(timelock), call);
    }

    /// @notice Property 10. What is done with another proposal changes nothing about this one.
    /// @dev Any caller; `castVote` with any support, `queue`, `execute` and `cancel` of the next proposal, in any
    /// state and with the same record.
    function check_anotherProposal(address caller, uint256 choice, uint8 support) external proof {
        arbitrarySettings();
        bytes memory call;
        if (choice == 0) call = abi.encodeCall(governor.castVote, (ID + 1, support));
        else if (choice == 1) call = abi.encodeCall(governor.queue, (ID + 1));
        else if (choice == 2) call = abi.encodeCall(governor.execute, (ID + 1));
        else call = abi.encodeCall(governor.cancel, (ID + 1));
        leavesAlone(caller, call);
    }

    /// @notice Property 20, 29, 30. What is executed was queued, under the hash of exactly its actions, and between
    /// eta and the end of the grace period; it is not queued afterwards.
    /// @dev Any caller; one action of 4 bytes.
    function check_execute_onlyInItsWindow(address caller) external proof {
        arbitrary();
        Snapshot memory earlier = snapshot();
        bytes32 hash = batchHash(earlier.eta);
        bool queued = timelock.queuedTransactions(hash);
        vm.prank(caller);
        governor.execute(ID);

        assert(earlier.state == IBraintrustGovernor.ProposalState.Queued && queued);
        assert(time >= earlier.eta && time <= earlier.eta + GRACE_PERIOD);
        assert(!timelock.queuedTransactions(hash));
        assert(snapshot().calls == earlier.calls + 1);
    }

    /// @notice Property 20, 21. Queueing puts the hash of exactly the proposal's actions into the time lock, with an
    /// eta that is the delay ahead, and nothing else.
    /// @dev Any caller, any other hash; one action of 4 bytes.
    function check_queue_queuesItsBatch(address caller, bytes32 other) external proof {
        arbitrary();
        bool otherQueued = timelock.queuedTransactions(other);
        vm.prank(caller);
        governor.queue(ID);

        Snapshot memory later = snapshot();
        bytes32 hash = batchHash(later.eta);
        assert(later.eta == time + DELAY);
        assert(timelock.queuedTransactions(hash));
        assert(other == hash || timelock.queuedTransactions(other) == otherQueued);
    }

    /// @notice Property 21. Canceling takes the proposal's own hash from the time lock if it was queued, and nothing
    /// else.
    /// @dev Any caller, any other hash; one action of 4 bytes.
    function check_cancel_dequeuesItsBatch(address caller, bytes32 other) external proof {
        arbitrary();
        Snapshot memory earlier = snapshot();
        bytes32 hash = batchHash(earlier.eta);
        bool otherQueued = timelock.queuedTransactions(other);
        vm.prank(caller);
        governor.cancel(ID);

        if (earlier.state == IBraintrustGovernor.ProposalState.Queued) {
            assert(!timelock.queuedTransactions(hash));
            assert(other == hash || timelock.queuedTransactions(other) == otherQueued);
        } else {
            assert(timelock.queuedTransactions(other) == otherQueued);
        }
    }

    /// @notice Property 10, 20. `queue` by anyone follows the graph.
    /// @dev Any caller.
    function check_queue(address caller) external proof {
        step(caller, 0, abi.encodeCall(IBraintrustGovernor.queue, (ID)));
    }

    /// @notice Property 10, 20. `execute` by anyone follows the graph.
    /// @dev Any caller; no value.
    function check_execute(address caller) external proof {
        step(caller, 0, abi.encodeCall(IBraintrustGovernor.execute, (ID)));
    }

    /// @notice Property 10, 22. `cancel` by anyone follows the graph.
    /// @dev Any caller.
    function check_cancel(address caller) external proof {
        arbitrarySettings();
        step(caller, 0, abi.encodeCall(IBraintrustGovernor.cancel, (ID)));
    }

    /// Makes a call that proposes, and asserts what holds of the new proposal and the other one.
    function proposes(address caller, address proposer, bytes memory call) private {
        arbitrarySettings();
        step(caller, 0, call);

        assert(governor.proposalCount() == 1 && governor.latestProposalIds(proposer) == 1);
        assert(governor.state(1) == IBraintrustGovernor.ProposalState.Pending);
        (uint256 againstVotes, uint256 forVotes,) = governor.proposalVotes(1);
        assert(governor.proposalEta(1) == 0 && forVotes == 0 && againstVotes == 0);
        assert(
            governor.getVotes(proposer, height - 1) > governor.proposalThreshold()
                || governor.isWhitelisted(proposer)
        );
    }

    function anyAction()
        private
        view
        returns (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c)
    {
        (t, v, s, c) = (new address[](1), new uint256[](1), new string[](1), new bytes[](1));
        (t[0], s[0], c[0]) = (address(target), string(vm.randomBytes(4)), vm.randomBytes(4));
    }

    /// Makes a call that succeeds and is not about the proposal, and asserts that it is as it was.
    function leavesAlone(address caller, bytes memory call) private {
        arbitrary();
        vm.etch(recordOf(ID + 1), recordOf(ID).code);
        Snapshot memory earlier = snapshot();
        vm.prank(caller);
        (bool success,) = address(governor).call(call);
        vm.assume(success);
        Snapshot memory later = snapshot();
        assert(later.state == earlier.state);
        // Another proposal with the same action may have been executed.
        later.calls = earlier.calls;
        assertSameContent(earlier, later);
    }

    function recordOf(uint256 id) private view returns (address) {
        return LibRLP.computeAddress(address(governor), id);
    }

    /// Makes a call that succeeds, and asserts what holds after every call.
    function step(address caller, uint256 value, bytes memory call) private {
        arbitrary();
        Snapshot memory earlier = snapshot();
        vm.prank(caller);
        (bool success,) = address(governor).call{value: value}(call);
        vm.assume(success);
        Snapshot memory later = snapshot();

        assert(reachable(later));
        assert(isCallEdge(earlier.state, later.state));
        if (isFinal(earlier.state)) assertSameContent(earlier, later);
        assert(later.forVotes >= earlier.forVotes);
        assert(later.againstVotes >= earlier.againstVotes);
        assert(later.abstainVotes >= earlier.abstainVotes);
        bool executed =
            earlier.state != later.state && later.state == IBraintrustGovernor.ProposalState.Executed;
        assert(later.calls == earlier.calls + (executed ? 1 : 0));
    }

    function assertSameContent(Snapshot memory earlier, Snapshot memory later) private pure {
        assert(later.eta == earlier.eta);
        assert(later.startBlock == earlier.startBlock);
        assert(later.endBlock == earlier.endBlock);
        assert(later.forVotes == earlier.forVotes);
        assert(later.againstVotes == earlier.againstVotes);
        assert(later.abstainVotes == earlier.abstainVotes);
        assert(later.calls == earlier.calls);
    }

    /// The hash under which the time lock has the proposal's actions.
    function batchHash(uint256 eta) private view returns (bytes32) {
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) =
            governor.getActions(ID);
        return timelock.hashBatch(t, v, s, c, bytes32(ID), eta);
    }

    function isFinal(IBraintrustGovernor.ProposalState state) private pure returns (bool) {
        return state == IBraintrustGovernor.ProposalState.Canceled
            || state == IBraintrustGovernor.ProposalState.Defeated
            || state == IBraintrustGovernor.ProposalState.Expired
            || state == IBraintrustGovernor.ProposalState.Executed;
    }

    function isCallEdge(IBraintrustGovernor.ProposalState from, IBraintrustGovernor.ProposalState to)
        private
        pure
        returns (bool)
    {
        if (from == to) return true;
        if (to == IBraintrustGovernor.ProposalState.Canceled) return !isFinal(from);
        if (from == IBraintrustGovernor.ProposalState.Succeeded) {
            return to == IBraintrustGovernor.ProposalState.Queued;
        }
        return
            from == IBraintrustGovernor.ProposalState.Queued
                && to == IBraintrustGovernor.ProposalState.Executed;
    }

    function isTimeEdge(IBraintrustGovernor.ProposalState from, IBraintrustGovernor.ProposalState to)
        private
        pure
        returns (bool)
    {
        if (from == to) return true;
        // Nothing was counted before the vote, so a proposal that nobody voted on is defeated.
        if (from == IBraintrustGovernor.ProposalState.Pending) {
            return to == IBraintrustGovernor.ProposalState.Active
                || to == IBraintrustGovernor.ProposalState.Defeated;
        }
        if (from == IBraintrustGovernor.ProposalState.Active) {
            return to == IBraintrustGovernor.ProposalState.Succeeded
                || to == IBraintrustGovernor.ProposalState.Defeated
                || to == IBraintrustGovernor.ProposalState.Expired;
        }
        return (from == IBraintrustGovernor.ProposalState.Succeeded
                || from == IBraintrustGovernor.ProposalState.Queued)
            && to == IBraintrustGovernor.ProposalState.Expired;
    }
}
