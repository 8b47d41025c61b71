// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of a Compound time lock that a governor drives
/// @notice Implemented by the suite's own Timelock and by every live one of the Compound generation.
interface ICompoundTimelock {
    /// @notice The account that may queue, cancel and execute: the governor.
    function admin() external view returns (address);

    /// @notice The account that may become admin by calling `acceptAdmin`.
    function pendingAdmin() external view returns (address);

    /// @notice Seconds that must pass between queueing and execution.
    function delay() external view returns (uint256);

    /// @notice Seconds after `eta` during which a transaction can still be executed, both ends inclusive.
    function GRACE_PERIOD() external view returns (uint256);

    /// @notice Whether the transaction or batch with this hash is queued.
    function queuedTransactions(bytes32 hash) external view returns (bool);

    /// @notice Makes the caller, who must be the pending admin, the admin.
    function acceptAdmin() external;

    /// @notice Queues one call. Only the admin.
    /// @param target Contract or account to call.
    /// @param value Wei to send along, out of the time lock's balance.
    /// @param signature Function signature such as `transfer(address,uint256)`, put before `data` as a selector;
    /// empty when `data` already starts with its selector.
    /// @param data Call data, without selector when `signature` is given.
    /// @param eta Unix time in seconds from which the call can be executed.
    /// @return hash keccak256 of the ABI encoding of the five arguments.
    function queueTransaction(
        address target,
        uint256 value,
        string calldata signature,
        bytes calldata data,
        uint256 eta
    ) external returns (bytes32 hash);

    /// @notice Takes one call from the queue. Only the admin.
    function cancelTransaction(
        address target,
        uint256 value,
        string calldata signature,
        bytes calldata data,
        uint256 eta
    ) external;

    /// @notice Makes one queued call within its window. Only the admin.
    /// @return The data returned by the call.
    function executeTransaction(
        address target,
        uint256 value,
        string calldata signature,
        bytes calldata data,
        uint256 eta
    ) external payable returns (bytes memory);
}

/// @title Timelock: the DAO's treasury and executor
/// @notice Holds the treasury and makes the calls that governance decided, never earlier than `delay` after they
/// were queued and never later than `GRACE_PERIOD` after that. Compound's interface and events, plus batches: one
/// hash for all the actions of a proposal, executed in order, all or none.
interface ITimelock is ICompoundTimelock {
    /// @notice `newAdmin` accepted the admin role.
    event NewAdmin(address indexed newAdmin);

    /// @notice `newPendingAdmin` may now accept the admin role.
    event NewPendingAdmin(address indexed newPendingAdmin);

    /// @notice The delay is now `newDelay` seconds.
    event NewDelay(uint256 indexed newDelay);

    /// @notice One call was queued.
    event QueueTransaction(
        bytes32 indexed txHash,
        address indexed target,
        uint256 value,
        string signature,
        bytes data,
        uint256 eta
    );

    /// @notice One call was taken from the queue.
    event CancelTransaction(
        bytes32 indexed txHash,
        address indexed target,
        uint256 value,
        string signature,
        bytes data,
        uint256 eta
    );

    /// @notice One call was made.
    event ExecuteTransaction(
        bytes32 indexed txHash,
        address indexed target,
        uint256 value,
        string signature,
        bytes data,
        uint256 eta
    );

    /// @notice A batch was queued. `salt` tells batches with the same actions apart: the governor's proposal id, by
    /// which its `getActions` and ProposalCreated event tell the actions.
    event QueueBatch(bytes32 indexed batchHash, bytes32 indexed salt, uint256 eta);

    /// @notice A batch was taken from the queue.
    event CancelBatch(bytes32 indexed batchHash, bytes32 indexed salt, uint256 eta);

    /// @notice All calls of a batch were made.
    event ExecuteBatch(bytes32 indexed batchHash, bytes32 indexed salt, uint256 eta);

    /// @notice `caller` is not the admin.
    error NotAdmin(address caller);

    /// @notice `caller` is not the pending admin.
    error NotPendingAdmin(address caller);

    /// @notice `caller` is not the time lock itself: such changes need a queued transaction.
    error NotTimelock(address caller);

    /// @notice The delay of `delay` seconds is outside `minimum` to `maximum`.
    error DelayOutOfBounds(uint256 delay, uint256 minimum, uint256 maximum);

    /// @notice `eta` is earlier than `earliest`, the current time plus the delay.
    error EtaTooEarly(uint256 eta, uint256 earliest);

    /// @notice Nothing with this hash is queued.
    error NotQueued(bytes32 hash);

    /// @notice The batch is queued already.
    error AlreadyQueued(bytes32 hash);

    /// @notice It is `timestamp`, and the window opens at `eta`.
    error NotReady(uint256 eta, uint256 timestamp);

    /// @notice It is `timestamp`, and the window closed at `deadline`.
    error Stale(uint256 deadline, uint256 timestamp);

    /// @notice The four arrays of a batch have different lengths, or are empty.
    error InvalidBatchLength(uint256 targets, uint256 values, uint256 signatures, uint256 calldatas);

    /// @notice Calling `target`, which has no code, would do nothing and look like success.
    error TargetWithoutCode(address target);

    /// @notice The call reverted without a reason. A reason, where there is one, is passed on as it came.
    error CallFailed(address target);

    /// @notice Shortest permitted delay: 2 days, in seconds.
    function MINIMUM_DELAY() external view returns (uint256);

    /// @notice Longest permitted delay: 30 days, in seconds.
    function MAXIMUM_DELAY() external view returns (uint256);

    /// @notice Marks a time lock that takes batches, and separates their hashes from those of single calls.
    function BATCH_TYPEHASH() external view returns (bytes32);

    /// @notice Hash under which a batch is queued: keccak256 of BATCH_TYPEHASH followed by the ABI encoding of the
    /// six arguments.
    function hashBatch(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        bytes32 salt,
        uint256 eta
    ) external view returns (bytes32);

    /// @notice Sets the delay. Only the time lock itself; what is queued keeps its `eta`.
    /// @param newDelay Seconds, 2 to 30 days.
    /// @dev Reverts with NotTimelock, DelayOutOfBounds.
    function setDelay(uint256 newDelay) external;

    /// @notice Names the account that may accept the admin role, zero for none. Only the time lock itself.
    /// @dev Reverts with NotTimelock.
    function setPendingAdmin(address newPendingAdmin) external;

    /// @notice Queues the actions of a proposal as one. Only the admin.
    /// @param salt Tells batches with the same actions and `eta` apart.
    /// @param eta Unix time in seconds from which the batch can be executed: at least now plus the delay.
    /// @dev Reverts with NotAdmin, InvalidBatchLength, EtaTooEarly, AlreadyQueued.
    function queueBatch(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        bytes32 salt,
        uint256 eta
    ) external returns (bytes32 batchHash);

    /// @notice Takes a batch from the queue. Only the admin.
    /// @dev Reverts with NotAdmin, NotQueued.
    function cancelBatch(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        bytes32 salt,
        uint256 eta
    ) external;

    /// @notice Makes all calls of a queued batch, in order; if one fails, none is made. Only the admin.
    /// @dev Reverts with NotAdmin, NotQueued, NotReady, Stale, TargetWithoutCode, CallFailed, or the reason of the
    /// call that failed. Wei sent along joins the treasury first.
    function executeBatch(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        bytes32 salt,
        uint256 eta
    ) external payable;
}
