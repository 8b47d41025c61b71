// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorFixture} from "./GovernorFixture.sol";
import {Vm} from "forge-std/Test.sol";

/// @title Gas of whole transactions that propose and vote
/// @notice Each call is a transaction of its own: slots are cold, and intrinsic gas and calldata count.
/// forge-config: default.isolate = true
contract GovernorVotingGasTest is GovernorFixture {
    function test_gas_castVote() public {
        uint256 first = propose(proposer.addr, transfers(1));
        uint256 second = propose(carol.addr, transfers(2));
        startVote(second);

        vote(alice, first, FOR);
        vm.snapshotGasLastCall("governor", "castVote: voter's first");
        vote(bob, first, AGAINST);
        vm.snapshotGasLastCall("governor", "castVote: voter's first, later on the proposal");
        vote(alice, second, FOR);
        vm.snapshotGasLastCall("governor", "castVote: voter's later");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bob.privateKey, ballotDigest(second, FOR));
        governor.castVoteBySig(second, FOR, v, r, s);
        vm.snapshotGasLastCall("governor", "castVoteBySig: voter's later");
        (v, r, s) = vm.sign(carol.privateKey, ballotDigest(second, FOR));
        governor.castVoteBySig(second, FOR, v, r, s);
        vm.snapshotGasLastCall("governor", "castVoteBySig: voter's first");
    }

    /// In the last 7,200 blocks, each vote in favour may be the swing that extends the vote.
    function test_gas_castVote_late() public {
        uint256 id = propose(proposer.addr, transfers(1));
        startVote(id);
        vote(bob, id, AGAINST);
        rollTo(governor.proposalDeadline(id));
        vote(carol, id, FOR);
        vm.snapshotGasLastCall("governor", "castVote: voter's first, late in favour");
        vote(alice, id, FOR);
        vm.snapshotGasLastCall("governor", "castVote: voter's first, the late swing");
    }

    function test_gas_castVotesBySig() public {
        Vm.Wallet[] memory voters = new Vm.Wallet[](20);
        for (uint256 i = 0; i < 20; i++) {
            voters[i] = newHolder(vm.toString(i), 1000e18);
        }
        skipBlocks(1);
        uint256 first = propose(proposer.addr, transfers(1));
        uint256 second = propose(carol.addr, transfers(2));
        startVote(second);

        governor.castVotesBySig(first, ballots(first, voters, 0, 1));
        vm.snapshotGasLastCall("governor", "castVotesBySig: 1 voter's first");
        governor.castVotesBySig(first, ballots(first, voters, 1, 11));
        vm.snapshotGasLastCall("governor", "castVotesBySig: 10 voters' first");
        governor.castVotesBySig(second, ballots(second, voters, 0, 1));
        vm.snapshotGasLastCall("governor", "castVotesBySig: 1 voter's later");
        governor.castVotesBySig(second, ballots(second, voters, 1, 11));
        vm.snapshotGasLastCall("governor", "castVotesBySig: 10 voters' later");
    }

    function test_gas_propose() public {
        uint256 first = propose(alice.addr, transfers(1));
        vm.snapshotGasLastCall("governor", "propose: 1 action");
        propose(bob.addr, transfers(3));
        vm.snapshotGasLastCall("governor", "propose: 3 actions");
        propose(carol.addr, transfers(10));
        vm.snapshotGasLastCall("governor", "propose: 10 actions");
        endVote(first);
        propose(alice.addr, transfers(1));
        vm.snapshotGasLastCall("governor", "propose: 1 action, proposer's second");
    }

    function ballots(uint256 id, Vm.Wallet[] memory voters, uint256 from, uint256 to)
        private
        view
        returns (IBraintrustGovernor.SignedBallot[] memory signed)
    {
        signed = new IBraintrustGovernor.SignedBallot[](to - from);
        for (uint256 i = from; i < to; i++) {
            signed[i - from] = signBallot(voters[i], id, FOR);
        }
    }
}
