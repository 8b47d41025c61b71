// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions, ProposalRecord, Terms} from "../../contracts/governance/ProposalRecord.sol";
import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {InertTarget} from "./InertTarget.sol";
import {Proof} from "./Proof.sol";
import {VotesStandIn} from "./VotesStandIn.sol";
import {LibRLP} from "solady/utils/LibRLP.sol";

/// @title The bytecode of the governor that is deployed, and of its time lock, in an arbitrary state
/// @notice Arbitrary are: the words of all proposals and ballots, abstentions, nonces, latest proposals, whitelist;
/// parameters, guardian and whitelist guardian as the time lock can set them; the queue of the time lock; the votes
/// of every account at every block; block number and time; proposer, quorum, threshold and action of
/// proposal 2.
/// Fixed are: one record, that of proposal 2, with one action of 4 bytes, on a target that calls nobody; the delay.
abstract contract GovernorProof is Proof {
    /// A proposal, as the governor shows it.
    struct Snapshot {
        IBraintrustGovernor.ProposalState state;
        uint256 eta;
        uint256 startBlock;
        uint256 endBlock;
        uint256 forVotes;
        uint256 againstVotes;
        uint256 abstainVotes;
        uint256 calls;
    }

    /// The proposal that is watched. Number 1 is free for `propose`: nobody has proposed yet.
    uint256 internal constant ID = 2;
    uint256 internal constant DELAY = 2 days;
    uint256 internal constant GRACE_PERIOD = 14 days;
    uint256 internal constant MAX_VOTING_PERIOD = 100_800;
    /// Any time before those that the proofs are about.
    uint256 internal constant SET_UP_AT = 1_790_000_000;

    /// Block and time of the state, kept here because the compiler takes both for constant within a call.
    uint256 internal height;
    uint256 internal time;
    /// The threshold in the record of the proposal, which the governor has no view for.
    uint256 internal recordThreshold;

    VotesStandIn internal token;
    Timelock internal timelock;
    IBraintrustGovernor internal governor;
    InertTarget internal target;

    function setUp() public virtual {
        vm.roll(20_000_000);
        vm.warp(SET_UP_AT);
        token = new VotesStandIn();
        target = new InertTarget();
        timelock = new Timelock(address(this), DELAY);
        governor = deployGovernor();
        vm.prank(address(timelock));
        timelock.setPendingAdmin(address(governor));
        governor._initiate(address(this));

        vm.setArbitraryStorage(address(token));
        vm.setArbitraryStorage(address(timelock));
        vm.setArbitraryStorage(address(governor));
    }

    /// Any state in which the proposal can be, under any settings if they were made arbitrary before.
    function arbitrary() internal {
        arbitraryRecord();
        (height, time) = (1, SET_UP_AT);
        advance();
        assumeReachable();
    }

    /// What the time lock can have set.
    function arbitrarySettings() internal {
        uint256 votingDelay = vm.randomUint(1, 50_400);
        uint256 votingPeriod = vm.randomUint(7200, MAX_VOTING_PERIOD);
        uint256 threshold = vm.randomUint(500e18, 2_500_000e18);
        uint256 quorum = vm.randomUint(100_000e18, 25_000_000e18);
        uint96 expiration = uint96(vm.randomUint(0, SET_UP_AT + 365 days));
        vm.startPrank(address(timelock));
        governor._setVotingDelay(votingDelay);
        governor._setVotingPeriod(votingPeriod);
        governor._setProposalThreshold(threshold);
        governor._setQuorumVotes(quorum);
        governor._setProposalGuardian(IBraintrustGovernor.ProposalGuardian(vm.randomAddress(), expiration));
        governor._setWhitelistGuardian(vm.randomAddress());
        vm.stopPrank();
    }

    /// Goes on to any later block and time, or stays.
    function advance() internal {
        (uint256 laterHeight, uint256 laterTime) = (vm.randomUint(), vm.randomUint());
        vm.assume(laterHeight >= height && laterHeight <= type(uint32).max);
        vm.assume(laterTime >= time && laterTime <= type(uint32).max);
        (height, time) = (laterHeight, laterTime);
        vm.roll(height);
        vm.warp(time);
    }

    /// The state holds what every call and the passing of time keep; see GovernorTransitionsProof.
    function assumeReachable() internal view {
        vm.assume(reachable(snapshot()));
    }

    /// What holds of a proposal at any time: it was queued only after a vote that it passed, and executed only after
    /// it was queued; before the vote nothing is counted.
    function reachable(Snapshot memory it) internal view returns (bool) {
        bool queued = it.eta != 0;
        bool started = height > it.startBlock;
        return all(
            [
                implies(queued, it.forVotes > it.againstVotes),
                implies(queued, it.forVotes >= governor.proposalQuorum(ID)),
                implies(queued, height > it.endBlock),
                implies(it.state == IBraintrustGovernor.ProposalState.Executed, queued),
                implies(!started, it.forVotes | it.againstVotes | it.abstainVotes == 0)
            ]
        );
    }

    /// Without a branch, unlike `||`: every branch doubles the paths.
    function implies(bool premise, bool conclusion) private pure returns (bool result) {
        assembly ("memory-safe") {
            result := or(iszero(premise), conclusion)
        }
    }

    /// Without a branch, unlike `&&`.
    function all(bool[5] memory claims) private pure returns (bool result) {
        assembly ("memory-safe") {
            result := 1
            for { let i := 0 } lt(i, 5) { i := add(i, 1) } {
                result := and(result, mload(add(claims, mul(i, 32))))
            }
        }
    }

    function snapshot() internal view returns (Snapshot memory it) {
        (,, it.eta, it.startBlock, it.endBlock, it.forVotes, it.againstVotes, it.abstainVotes,,) =
            governor.proposals(ID);
        it.state = governor.state(ID);
        it.calls = uint256(vm.load(address(target), 0));
    }

    function arbitraryRecord() private {
        uint256 quorum = vm.randomUint(100_000e18, 25_000_000e18);
        recordThreshold = vm.randomUint(500e18, 2_500_000e18);
        Actions memory actions = Actions(new address[](1), new uint256[](1), new string[](1), new bytes[](1));
        (actions.targets[0], actions.calldatas[0]) = (address(target), vm.randomBytes(4));
        bytes memory content =
            ProposalRecord.encode(Terms(vm.randomAddress(), quorum, recordThreshold), actions);
        vm.etch(LibRLP.computeAddress(address(governor), ID), bytes.concat(hex"00", content));
    }

    function deployGovernor() private returns (IBraintrustGovernor deployed) {
        bytes memory code = bytes.concat(
            vm.getCode("target/prove/out/BraintrustGovernor.sol/BraintrustGovernor.json"),
            abi.encode(
                address(timelock),
                address(token),
                address(0),
                0,
                IBraintrustGovernor.GovernorParameters(1, 7200, 500e18, 100_000e18)
            )
        );
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assert(address(deployed) != address(0));
    }
}
