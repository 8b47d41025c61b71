// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICompoundTimelock, ITimelock} from "../interfaces/ITimelock.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title Timelock
/// @notice See ITimelock. Two roles: the admin, a governor, may queue, cancel and execute; the time lock itself,
/// which means something that was queued, may change the delay and the admin. The deployer has no role.
/// @dev `queuedTransactions` says all there is to say about the queue: a hash is in it or not. Window and contents
/// are part of the hash, so nothing that was queued can be changed, by anyone.
contract Timelock is ITimelock {
    /// @inheritdoc ICompoundTimelock
    /// @dev 14 days in seconds, Compound's value: long enough for somebody to execute, short enough that a decision
    /// is not carried out in a world that it was not made for.
    uint256 public constant GRACE_PERIOD = 14 days;

    /// @inheritdoc ITimelock
    /// @dev Compound's value: the least time in which holders can react to what was queued.
    uint256 public constant MINIMUM_DELAY = 2 days;

    /// @inheritdoc ITimelock
    /// @dev Compound's value: a mistaken delay can be corrected, and that correction has to wait for it too.
    uint256 public constant MAXIMUM_DELAY = 30 days;

    /// @inheritdoc ITimelock
    /// @dev What is hashed for a single call begins with an address, padded with 12 zero bytes, which this is not:
    /// the hash of a batch can never be that of a call.
    bytes32 public constant BATCH_TYPEHASH = keccak256(
        "Batch(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,bytes32 salt,uint256 eta)"
    );

    /// @inheritdoc ICompoundTimelock
    address public admin;

    /// Seconds. Shares the slot of `admin`, since whoever queues reads both; `MAXIMUM_DELAY` fits.
    uint96 private packedDelay;

    /// @inheritdoc ICompoundTimelock
    address public pendingAdmin;

    /// @inheritdoc ICompoundTimelock
    mapping(bytes32 hash => bool) public queuedTransactions;

    modifier onlyAdmin() {
        if (msg.sender != admin) revert NotAdmin(msg.sender);
        _;
    }

    modifier onlyTimelock() {
        if (msg.sender != address(this)) revert NotTimelock(msg.sender);
        _;
    }

    /// @param firstAdmin The governor, or whoever is to hand over to it.
    /// @param firstDelay Seconds, 2 to 30 days.
    constructor(address firstAdmin, uint256 firstDelay) {
        admin = firstAdmin;
        emit NewAdmin(firstAdmin);
        _setDelay(firstDelay);
    }

    /// @notice The treasury takes ETH from anyone.
    receive() external payable {}

    /// @notice As Compound's does, accepts calls that it does not know, so that senders which attach data can pay.
    fallback() external payable {}

    /// @inheritdoc ITimelock
    function setDelay(uint256 newDelay) external onlyTimelock {
        _setDelay(newDelay);
    }

    /// @inheritdoc ITimelock
    function setPendingAdmin(address newPendingAdmin) external onlyTimelock {
        pendingAdmin = newPendingAdmin;
        emit NewPendingAdmin(newPendingAdmin);
    }

    /// @inheritdoc ICompoundTimelock
    /// @dev Reverts with NotPendingAdmin.
    function acceptAdmin() external {
        if (msg.sender != pendingAdmin) revert NotPendingAdmin(msg.sender);
        admin = msg.sender;
        pendingAdmin = address(0);
        emit NewAdmin(msg.sender);
    }

    /// @inheritdoc ICompoundTimelock
    /// @dev Compound's semantics: queueing what is queued already succeeds and changes nothing.
    /// Reverts with NotAdmin, EtaTooEarly.
    function queueTransaction(
        address target,
        uint256 value,
        string calldata signature,
        bytes calldata data,
        uint256 eta
    ) external onlyAdmin returns (bytes32 hash) {
        _checkEta(eta);
        hash = keccak256(abi.encode(target, value, signature, data, eta));
        queuedTransactions[hash] = true;
        emit QueueTransaction(hash, target, value, signature, data, eta);
    }

    /// @inheritdoc ICompoundTimelock
    /// @dev Compound's semantics: cancelling what is not queued succeeds, and emits the event all the same.
    /// Reverts with NotAdmin.
    function cancelTransaction(
        address target,
        uint256 value,
        string calldata signature,
        bytes calldata data,
        uint256 eta
    ) external onlyAdmin {
        bytes32 hash = keccak256(abi.encode(target, value, signature, data, eta));
        queuedTransactions[hash] = false;
        emit CancelTransaction(hash, target, value, signature, data, eta);
    }

    /// @inheritdoc ICompoundTimelock
    /// @dev Reverts with NotAdmin, NotQueued, NotReady, Stale, TargetWithoutCode, CallFailed, or the reason of the call
    /// that failed.
    function executeTransaction(
        address target,
        uint256 value,
        string calldata signature,
        bytes calldata data,
        uint256 eta
    ) external payable onlyAdmin returns (bytes memory result) {
        bytes32 hash = keccak256(abi.encode(target, value, signature, data, eta));
        _dequeue(hash, eta);
        _call(target, value, signature, data);
        result = LowLevelCall.returnData();
        emit ExecuteTransaction(hash, target, value, signature, data, eta);
    }

    /// @inheritdoc ITimelock
    function queueBatch(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        bytes32 salt,
        uint256 eta
    ) external onlyAdmin returns (bytes32 batchHash) {
        uint256 length = targets.length;
        if (
            length == 0 || values.length != length || signatures.length != length
                || calldatas.length != length
        ) {
            revert InvalidBatchLength(length, values.length, signatures.length, calldatas.length);
        }
        _checkEta(eta);
        batchHash = _hashArguments();
        if (queuedTransactions[batchHash]) revert AlreadyQueued(batchHash);
        queuedTransactions[batchHash] = true;
        emit QueueBatch(batchHash, salt, eta);
    }

    /// @inheritdoc ITimelock
    function cancelBatch(
        address[] calldata,
        uint256[] calldata,
        string[] calldata,
        bytes[] calldata,
        bytes32 salt,
        uint256 eta
    ) external onlyAdmin {
        bytes32 batchHash = _hashArguments();
        if (!queuedTransactions[batchHash]) revert NotQueued(batchHash);
        queuedTransactions[batchHash] = false;
        emit CancelBatch(batchHash, salt, eta);
    }

    /// @inheritdoc ITimelock
    /// @dev The lengths need no check here: the hash covers the arrays, and `queueBatch` checked them.
    function executeBatch(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        bytes32 salt,
        uint256 eta
    ) external payable onlyAdmin {
        bytes32 batchHash = _hashArguments();
        _dequeue(batchHash, eta);
        for (uint256 i = 0; i < targets.length; ++i) {
            _call(targets[i], values[i], signatures[i], calldatas[i]);
        }
        emit ExecuteBatch(batchHash, salt, eta);
    }

    /// @inheritdoc ICompoundTimelock
    function delay() external view returns (uint256) {
        return packedDelay;
    }

    /// @inheritdoc ITimelock
    function hashBatch(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        bytes32 salt,
        uint256 eta
    ) external pure returns (bytes32) {
        return keccak256(
            bytes.concat(BATCH_TYPEHASH, abi.encode(targets, values, signatures, calldatas, salt, eta))
        );
    }

    function _setDelay(uint256 newDelay) internal {
        if (newDelay < MINIMUM_DELAY || newDelay > MAXIMUM_DELAY) {
            revert DelayOutOfBounds(newDelay, MINIMUM_DELAY, MAXIMUM_DELAY);
        }
        packedDelay = uint96(newDelay);
        emit NewDelay(newDelay);
    }

    /// The hash of the batch in the arguments of the current call: they are ABI-encoded as they came, and encoding
    /// them again would cost as much as the rest of queueing. Another encoding of the same batch than the usual one
    /// would have another hash, and could be executed only in that encoding.
    function _hashArguments() internal pure returns (bytes32) {
        return keccak256(bytes.concat(BATCH_TYPEHASH, msg.data[4:]));
    }

    function _checkEta(uint256 eta) internal view {
        uint256 earliest = block.timestamp + packedDelay;
        if (eta < earliest) revert EtaTooEarly(eta, earliest);
    }

    /// Takes what is about to be executed from the queue, before any call: a target that calls back finds it gone.
    function _dequeue(bytes32 hash, uint256 eta) internal {
        // Check: queued, and within the window, both ends inclusive. `eta` was reached, so the sum cannot overflow.
        if (!queuedTransactions[hash]) revert NotQueued(hash);
        if (block.timestamp < eta) revert NotReady(eta, block.timestamp);
        if (block.timestamp > eta + GRACE_PERIOD) revert Stale(eta + GRACE_PERIOD, block.timestamp);

        // Effect:
        queuedTransactions[hash] = false;
    }

    /// Makes one call. What it returned stays in the EVM's return buffer, for the caller to copy if it wants it.
    function _call(address target, uint256 value, string calldata signature, bytes calldata data) internal {
        bytes memory callData =
            bytes(signature).length == 0 ? data : bytes.concat(bytes4(keccak256(bytes(signature))), data);

        // Check: a call to nothing succeeds. Plain transfers are the one use that has.
        if (callData.length != 0 && target.code.length == 0) revert TargetWithoutCode(target);

        // Interaction:
        if (LowLevelCall.callNoReturn(target, value, callData)) return;
        if (LowLevelCall.returnDataSize() == 0) revert CallFailed(target);
        LowLevelCall.bubbleRevert();
    }
}
