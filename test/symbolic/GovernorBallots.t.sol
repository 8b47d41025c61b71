// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorProof} from "./GovernorProof.sol";

/// @title Ballots
contract GovernorBallotsProof is GovernorProof {
    /// @notice Property 13. A ballot that was counted is recorded as it was cast, adds the voter's votes at the start
    /// to the tally that it names, and to no other.
    /// @dev Any voter and support; any word of ballots.
    function check_castVote_countsOnce(address voter, uint8 support) external proof {
        arbitrary();
        Snapshot memory earlier = snapshot();
        bool voted = governor.hasVoted(ID, voter);
        vm.assume(cast(voter, support));

        assert(!voted && support <= 2);
        uint256 votes = governor.getVotes(voter, earlier.startBlock);
        Snapshot memory later = snapshot();
        assert(later.againstVotes == earlier.againstVotes + (support == 0 ? votes : 0));
        assert(later.forVotes == earlier.forVotes + (support == 1 ? votes : 0));
        assert(later.abstainVotes == earlier.abstainVotes + (support == 2 ? votes : 0));
        IBraintrustGovernor.Receipt memory receipt = governor.getReceipt(ID, voter);
        assert(receipt.hasVoted && receipt.support == support && receipt.votes == votes);
    }

    /// @notice Property 13. Who has voted is refused, whatever the second ballot is and whenever it comes.
    /// @dev Any voter, any two supports, any later block and time; any word of ballots.
    function check_castVote_secondIsRefused(address voter, uint8 first, uint8 second) external proof {
        arbitrary();
        vm.assume(cast(voter, first));
        advance();
        assert(!cast(voter, second));
    }

    /// @notice Property 27. A ballot by signature of an account that has voted is refused.
    /// @dev Any voter and support; any recovery of signers: `ecrecover` is an unknown function.
    function check_castVoteBySig_secondIsRefused(uint8 support, uint8 v, bytes32 r, bytes32 s)
        external
        proof
    {
        arbitrary();
        address voter = ecrecover(digestOf(support), v, r, s);
        vm.assume(governor.hasVoted(ID, voter));
        (bool success,) = address(governor)
            .call(
                abi.encodeWithSignature(
                    "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)", ID, support, v, r, s
                )
            );
        assert(!success);
    }

    /// @notice Property 13. A ballot leaves the voter's ballots on all other proposals alone, those in the same word
    /// and those in others.
    /// @dev Any voter and support; any other id that a governor can come to, which is one below 2^32; any word of
    /// ballots.
    function check_castVote_leavesOtherBallots(address voter, uint8 support, uint32 other) external proof {
        vm.assume(other != ID);
        arbitrary();
        (bool voted, uint8 choice) = ballot(other, voter);
        vm.assume(cast(voter, support));
        (bool votedLater, uint8 choiceLater) = ballot(other, voter);
        assert(voted == votedLater && choice == choiceLater);
    }

    /// @notice Property 13. A ballot leaves those of all other accounts alone.
    /// @dev Any two accounts, any support, any words of ballots.
    function check_castVote_leavesOtherVoters(address voter, uint8 support, address other) external proof {
        vm.assume(other != voter);
        arbitrary();
        (bool voted, uint8 choice) = ballot(ID, other);
        vm.assume(cast(voter, support));
        (bool votedLater, uint8 choiceLater) = ballot(ID, other);
        assert(voted == votedLater && choice == choiceLater);
    }

    function cast(address voter, uint8 support) private returns (bool success) {
        vm.prank(voter);
        (success,) = address(governor).call(abi.encodeCall(IBraintrustGovernor.castVote, (ID, support)));
    }

    function ballot(uint256 id, address voter) private view returns (bool voted, uint8 support) {
        IBraintrustGovernor.Receipt memory receipt = governor.getReceipt(id, voter);
        return (receipt.hasVoted, receipt.support);
    }

    /// The digest of Bravo's ballot, computed apart from the governor's code.
    function digestOf(uint8 support) private view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Braintrust Governor"),
                block.chainid,
                address(governor)
            )
        );
        bytes32 message =
            keccak256(abi.encode(keccak256("Ballot(uint256 proposalId,uint8 support)"), ID, support));
        return keccak256(abi.encodePacked(hex"1901", separator, message));
    }
}
