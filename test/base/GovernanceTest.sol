// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GovernanceDecisions} from "../../contracts/governance/GovernanceDecisions.sol";
import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {ActionList} from "./ActionList.sol";
import {GovernorDeployer} from "./GovernorDeployer.sol";
import {Vm} from "forge-std/Test.sol";

/// @title A fresh deployment with the `live` parameters, and the steps of a proposal's life
/// @notice Holders are keyed accounts that delegate to themselves; the time lock holds the rest of the supply.
abstract contract GovernanceTest is GovernorDeployer {
    uint256 internal constant VOTING_DELAY = 1;
    uint256 internal constant VOTING_PERIOD = 17_280;
    uint256 internal constant THRESHOLD = 500e18;
    uint256 internal constant QUORUM = 100_000e18;
    uint256 internal constant DELAY = 7 days;
    uint256 internal constant GRACE_PERIOD = 14 days;
    uint256 internal constant LATE_SWING_WINDOW = 7200;
    uint256 internal constant QUEUE_WINDOW = 100_800;

    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    BTRST internal token;
    Timelock internal timelock;
    IBraintrustGovernor internal governor;
    GovernanceDecisions internal decisions;

    /// Has more than the threshold, less than the quorum.
    Vm.Wallet internal proposer;
    /// Each reaches the quorum alone.
    Vm.Wallet internal alice;
    Vm.Wallet internal bob;
    Vm.Wallet internal carol;
    address internal guardian;
    address internal stranger;
    uint256 internal guardianExpiry;

    function setUp() public virtual {
        // A chain with a past, at a plausible time.
        vm.roll(20_000_000);
        vm.warp(1_790_000_000);
        proposer = vm.createWallet("proposer");
        alice = vm.createWallet("alice");
        bob = vm.createWallet("bob");
        carol = vm.createWallet("carol");
        guardian = makeAddr("guardian");
        stranger = makeAddr("stranger");
        guardianExpiry = block.timestamp + 180 days;

        token = new BTRST(address(this));
        timelock = new Timelock(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1), DELAY);
        governor =
            deployGovernor(address(timelock), address(token), guardian, guardianExpiry, liveParameters());
        decisions = new GovernanceDecisions(address(timelock));

        fund(proposer, THRESHOLD + 1);
        fund(alice, 150_000e18);
        fund(bob, 120_000e18);
        fund(carol, 100_000e18);
        token.transfer(address(timelock), token.balanceOf(address(this)));
        skipBlocks(1);
    }

    function liveParameters() internal pure returns (IBraintrustGovernor.GovernorParameters memory) {
        return IBraintrustGovernor.GovernorParameters(VOTING_DELAY, VOTING_PERIOD, THRESHOLD, QUORUM);
    }

    /// Gives `holder` tokens and lets it vote for them.
    function fund(Vm.Wallet memory holder, uint256 amount) internal {
        token.transfer(holder.addr, amount);
        vm.prank(holder.addr);
        token.delegate(holder.addr);
    }

    /// A further keyed holder, with `amount` of the treasury's tokens and as many votes.
    function newHolder(string memory label, uint256 amount) internal returns (Vm.Wallet memory holder) {
        holder = vm.createWallet(label);
        vm.prank(address(timelock));
        token.transfer(holder.addr, amount);
        vm.prank(holder.addr);
        token.delegate(holder.addr);
    }

    /// Mines `count` blocks of 12 seconds.
    function skipBlocks(uint256 count) internal {
        vm.roll(vm.getBlockNumber() + count);
        vm.warp(vm.getBlockTimestamp() + 12 * count);
    }

    /// The fee change that most tests propose.
    function feeChange(uint8 fee)
        internal
        view
        returns (
            address[] memory targets,
            uint256[] memory values,
            string[] memory signatures,
            bytes[] memory calldatas
        )
    {
        return single(address(decisions), 0, "setMarketplaceFee(uint8)", abi.encode(fee));
    }

    /// The arrays of a proposal with one action.
    function single(address target, uint256 value, string memory signature, bytes memory data)
        internal
        pure
        returns (
            address[] memory targets,
            uint256[] memory values,
            string[] memory signatures,
            bytes[] memory calldatas
        )
    {
        targets = new address[](1);
        values = new uint256[](1);
        signatures = new string[](1);
        calldatas = new bytes[](1);
        (targets[0], values[0], signatures[0], calldatas[0]) = (target, value, signature, data);
    }

    /// Proposes one action as `proposer`.
    function proposeSingle(address target, uint256 value, string memory signature, bytes memory data)
        internal
        returns (uint256 id)
    {
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) =
            single(target, value, signature, data);
        vm.prank(proposer.addr);
        return governor.propose(t, v, s, c, "# Title\n\nBody");
    }

    /// Proposes several actions.
    function proposeList(Vm.Wallet memory by, ActionList memory list) internal returns (uint256 id) {
        vm.prank(by.addr);
        return governor.propose(list.targets, list.values, list.signatures, list.calldatas, "# Title");
    }

    /// The hash under which the time lock queues proposal `id` at `eta`, computed apart from its code.
    function batchHash(uint256 id, uint256 eta) internal view returns (bytes32) {
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) =
            governor.getActions(id);
        bytes32 typeHash = keccak256(
            "Batch(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,bytes32 salt,uint256 eta)"
        );
        return keccak256(bytes.concat(typeHash, abi.encode(t, v, s, c, id, eta)));
    }

    /// Proposes the fee change as `proposer`.
    function proposeFeeChange(uint8 fee) internal returns (uint256 id) {
        return proposeSingle(address(decisions), 0, "setMarketplaceFee(uint8)", abi.encode(fee));
    }

    /// Mines up to the first block in which ballots are cast.
    function startVote(uint256 id) internal {
        rollTo(governor.proposalSnapshot(id) + 1);
    }

    /// Mines up to the first block after the vote.
    function endVote(uint256 id) internal {
        rollTo(governor.proposalDeadline(id) + 1);
    }

    /// Mines up to block `number`.
    function rollTo(uint256 number) internal {
        skipBlocks(number - vm.getBlockNumber());
    }

    function vote(Vm.Wallet memory voter, uint256 id, uint8 support) internal {
        vm.prank(voter.addr);
        governor.castVote(id, support);
    }

    /// Carries a new proposal to success with alice's votes.
    function pass(uint256 id) internal {
        startVote(id);
        vote(alice, id, FOR);
        endVote(id);
    }

    /// Carries a new proposal into the time lock.
    function passAndQueue(uint256 id) internal returns (uint256 eta) {
        pass(id);
        governor.queue(id);
        return governor.proposalEta(id);
    }

    /// Carries a new proposal to execution.
    function passAndExecute(uint256 id) internal {
        vm.warp(passAndQueue(id));
        governor.execute(id);
    }

    function assertState(uint256 id, IBraintrustGovernor.ProposalState expected) internal view {
        assertEq(uint8(governor.state(id)), uint8(expected), "state");
    }

    /// Expects that the next call reverts because of the proposal's state.
    function expectUnexpectedState(uint256 id, IBraintrustGovernor.ProposalState current) internal {
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnexpectedState.selector, id, uint8(current)));
    }

    /// A ballot of `voter` for a batch, in Bravo's form.
    function signBallot(Vm.Wallet memory voter, uint256 id, uint8 support)
        internal
        view
        returns (IBraintrustGovernor.SignedBallot memory ballot)
    {
        ballot.support = support;
        (ballot.v, ballot.r, ballot.s) = vm.sign(voter.privateKey, ballotDigest(id, support));
    }

    /// The EIP-712 digest of Bravo's ballot.
    function ballotDigest(uint256 id, uint8 support) internal view returns (bytes32) {
        return
            digest(keccak256(abi.encode(keccak256("Ballot(uint256 proposalId,uint8 support)"), id, support)));
    }

    /// The EIP-712 digest of a message to the governor, computed apart from its code.
    function digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Braintrust Governor"),
                block.chainid,
                address(governor)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
