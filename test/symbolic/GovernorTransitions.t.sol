// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorProof} from "./GovernorProof.sol";

/// @title The transition relation of a proposal
/// @notice Each proof makes one step, a call or the passing of time, from an arbitrary state: it follows an edge of
/// the graph, a final state stays as it is, and what GovernorProof.reachable says still holds. So, by induction, it
/// holds after any number of steps.
contract GovernorTransitionsProof is GovernorProof {
    /// @notice Property 10, 11, 17. Time alone moves a proposal along the graph only, and keeps the invariant.
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
        bool executed = earlier.state != later.state
            && later.state == IBraintrustGovernor.ProposalState.Executed;
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
        return from == IBraintrustGovernor.ProposalState.Queued
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
        return
            (from == IBraintrustGovernor.ProposalState.Succeeded
                    || from == IBraintrustGovernor.ProposalState.Queued)
                && to == IBraintrustGovernor.ProposalState.Expired;
    }
}
