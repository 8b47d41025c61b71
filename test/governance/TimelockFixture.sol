// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {Test} from "forge-std/Test.sol";

/// @title A call target that records what it received
contract Target {
    event Received(address sender, uint256 value, bytes data);

    error Refused(uint256 code, string why);

    uint256[] public marks;

    receive() external payable {
        emit Received(msg.sender, msg.value, "");
    }

    fallback() external payable {
        emit Received(msg.sender, msg.value, msg.data);
    }

    function mark(uint256 number) external payable returns (uint256) {
        emit Received(msg.sender, msg.value, msg.data);
        marks.push(number);
        return 2 * number;
    }

    function refuse(uint256 code) external payable {
        revert Refused(code, "not today");
    }

    /// @notice Reverts with exactly `reason`, which may be empty.
    function refuseWith(bytes calldata reason) external payable {
        bytes memory copy = reason;
        assembly ("memory-safe") {
            revert(add(copy, 32), mload(copy))
        }
    }

    function count() external view returns (uint256) {
        return marks.length;
    }
}

/// @title An admin that, when the time lock calls it, calls the time lock back
contract ReentrantAdmin {
    Timelock public timelock;
    bytes public reentrantCall;
    uint256 public entries;
    bool public succeeded;
    bytes public result;

    function setUp(Timelock timelock_, bytes calldata reentrantCall_) external {
        timelock = timelock_;
        reentrantCall = reentrantCall_;
    }

    function enter() external {
        ++entries;
        if (entries == 1) (succeeded, result) = address(timelock).call(reentrantCall);
    }
}

/// @title A time lock with 7 days of delay, its governor, and a target
abstract contract TimelockFixture is Test {
    struct Action {
        address target;
        uint256 value;
        string signature;
        bytes data;
        uint256 eta;
    }

    struct Batch {
        address[] targets;
        uint256[] values;
        string[] signatures;
        bytes[] calldatas;
        bytes32 salt;
        uint256 eta;
    }

    uint256 internal constant DELAY = 7 days;
    uint256 internal constant GRACE = 14 days;

    address internal governor = makeAddr("governor");
    address internal stranger = makeAddr("stranger");
    Timelock internal timelock;
    Target internal target;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        timelock = new Timelock(governor, DELAY);
        target = new Target();
    }

    /// @notice `target.mark(number)` by signature, executable as early as can be.
    function marking(uint256 number) internal view returns (Action memory) {
        return Action(address(target), 0, "mark(uint256)", abi.encode(number), vm.getBlockTimestamp() + DELAY);
    }

    /// @notice `target.mark(n)` for n from 1 to `size`, by signature where n is odd, by data where it is even.
    function markings(uint256 size) internal view returns (Batch memory batch) {
        batch.targets = new address[](size);
        batch.values = new uint256[](size);
        batch.signatures = new string[](size);
        batch.calldatas = new bytes[](size);
        batch.salt = bytes32("salt");
        batch.eta = vm.getBlockTimestamp() + DELAY;
        for (uint256 i = 0; i < size; ++i) {
            batch.targets[i] = address(target);
            bool signed = i % 2 == 0;
            batch.signatures[i] = signed ? "mark(uint256)" : "";
            batch.calldatas[i] = signed ? abi.encode(i + 1) : abi.encodeCall(Target.mark, (i + 1));
        }
    }

    function hashOf(Action memory a) internal pure returns (bytes32) {
        return keccak256(abi.encode(a.target, a.value, a.signature, a.data, a.eta));
    }

    function hashOf(Batch memory b) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Batch(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,bytes32 salt,uint256 eta)"
        );
        return keccak256(
            bytes.concat(typeHash, abi.encode(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta))
        );
    }

    function queue(Action memory a) internal returns (bytes32) {
        vm.prank(governor);
        return timelock.queueTransaction(a.target, a.value, a.signature, a.data, a.eta);
    }

    function cancel(Action memory a) internal {
        vm.prank(governor);
        timelock.cancelTransaction(a.target, a.value, a.signature, a.data, a.eta);
    }

    function execute(Action memory a) internal returns (bytes memory) {
        vm.prank(governor);
        return timelock.executeTransaction(a.target, a.value, a.signature, a.data, a.eta);
    }

    function queue(Batch memory b) internal returns (bytes32) {
        vm.prank(governor);
        return timelock.queueBatch(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta);
    }

    function cancel(Batch memory b) internal {
        vm.prank(governor);
        timelock.cancelBatch(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta);
    }

    function execute(Batch memory b) internal {
        vm.prank(governor);
        timelock.executeBatch(b.targets, b.values, b.signatures, b.calldatas, b.salt, b.eta);
    }
}
