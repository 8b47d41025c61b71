// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock} from "../../contracts/interfaces/ITimelock.sol";
import {ActionList} from "../base/ActionList.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {GovernorDeployer} from "../base/GovernorDeployer.sol";

/// @title What the tests call of the old governor
interface IGovernorAlpha {
    function propose(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        string calldata description
    ) external returns (uint256);

    function castVote(uint256 id, bool support) external;
    function queue(uint256 id) external;
    function execute(uint256 id) external payable;
    function cancel(uint256 id) external;
    function proposalCount() external view returns (uint256);
    function state(uint256 id) external view returns (uint8);
}

/// @title A live DAO of the Compound generation, and the governor that is to take over its time lock
/// @notice Governor, time lock and token as Uniswap deployed them, in their published bytecode. Those numbers are
/// four times Braintrust's: the old quorum is 40 million votes.
abstract contract AdoptionFixture is GovernorDeployer {
    uint256 internal constant OLD_PERIOD = 40_320;
    uint256 internal constant DELAY = 2 days;
    uint256 internal constant GRACE_PERIOD = 14 days;
    uint256 internal constant PERIOD = 17_280;
    bytes internal constant NOT_PENDING_ADMIN = "Timelock::acceptAdmin: Call must come from pendingAdmin.";

    IBTRST internal token;
    ICompoundTimelock internal lock;
    IGovernorAlpha internal old;
    IBraintrustGovernor internal governor;

    /// Has the votes to propose and pass anything, in both governors.
    address internal whale = makeAddr("whale");
    address internal second = makeAddr("second");
    address internal guardian = makeAddr("guardian");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.roll(20_000_000);
        vm.warp(1_790_000_000);
        token = IBTRST(artifact("Uni", abi.encode(address(this), address(this), block.timestamp + 1)));
        address oldGovernor = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        lock = ICompoundTimelock(artifact("Timelock", abi.encode(oldGovernor, DELAY)));
        old = IGovernorAlpha(artifact("GovernorAlpha", abi.encode(lock, token)));
        assertEq(lock.admin(), address(old), "old governor in power");

        fund(whale, 50_000_000e18);
        fund(second, 11_000_000e18);
        token.transfer(address(lock), 100_000_000e18);
        vm.deal(address(lock), 10 ether);
        governor = newGovernor(lock);
        skipBlocks(1);
    }

    function artifact(string memory name, bytes memory arguments) internal returns (address) {
        return Artifacts.deploy(string.concat("@uniswap/governance/build/", name, ".json"), arguments);
    }

    function newGovernor(ICompoundTimelock timelock) internal returns (IBraintrustGovernor created) {
        created = deployGovernor(
            address(timelock),
            address(token),
            guardian,
            block.timestamp + 180 days,
            IBraintrustGovernor.GovernorParameters(1, PERIOD, 500e18, 100_000e18)
        );
        assertFalse(created.initiated(), "not in power yet");
    }

    function fund(address holder, uint256 amount) internal {
        token.transfer(holder, amount);
        vm.prank(holder);
        token.delegate(holder);
    }

    function skipBlocks(uint256 count) internal {
        vm.roll(vm.getBlockNumber() + count);
        vm.warp(vm.getBlockTimestamp() + 12 * count);
    }

    function handoverList(address newAdmin) internal view returns (ActionList memory list) {
        list.add(address(lock), 0, "setPendingAdmin(address)", abi.encode(newAdmin));
    }

    function transferList(uint256 amount) internal view returns (ActionList memory list) {
        list.add(address(token), 0, "transfer(address,uint256)", abi.encode(stranger, amount));
    }

    function passInOld(ActionList memory list, address by) internal returns (uint256 id) {
        vm.prank(by);
        id = old.propose(list.targets, list.values, list.signatures, list.calldatas, "old");
        skipBlocks(2);
        vm.prank(whale);
        old.castVote(id, true);
        skipBlocks(OLD_PERIOD);
    }

    function queueInOld(ActionList memory list) internal returns (uint256 id) {
        id = passInOld(list, whale);
        old.queue(id);
    }

    function executeInOld(ActionList memory list) internal returns (uint256 id) {
        id = queueInOld(list);
        vm.warp(vm.getBlockTimestamp() + DELAY);
        old.execute(id);
    }

    function adopt() internal {
        executeInOld(handoverList(address(governor)));
        governor._initiate(address(old));
    }

    function propose(address by, ActionList memory list) internal returns (uint256) {
        vm.prank(by);
        return governor.propose(list.targets, list.values, list.signatures, list.calldatas, "new");
    }

    function pass(uint256 id) internal returns (uint256) {
        passBoth(id, id);
        return id;
    }

    function passBoth(uint256 first, uint256 other) internal {
        skipBlocks(2);
        vm.startPrank(whale);
        governor.castVote(first, 1);
        if (other != first) governor.castVote(other, 1);
        vm.stopPrank();
        skipBlocks(PERIOD);
    }

    function queue(uint256 id) internal returns (uint256) {
        governor.queue(id);
        return id;
    }

    function executeInNew(ActionList memory list) internal returns (uint256 id) {
        id = queue(pass(propose(whale, list)));
        vm.warp(governor.proposalEta(id));
        governor.execute(id);
    }

    function hashOf(ActionList memory list, uint256 index, uint256 eta) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                list.targets[index], list.values[index], list.signatures[index], list.calldatas[index], eta
            )
        );
    }
}
