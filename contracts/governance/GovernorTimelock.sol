// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICompoundTimelock, ITimelock} from "../interfaces/ITimelock.sol";
import {GovernorSettings} from "./GovernorSettings.sol";
import {Actions, ProposalRecord} from "./ProposalRecord.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title How the governor drives its time lock
/// @notice The suite's time lock takes the actions of a proposal as one batch, those of the Compound generation take
/// them one by one.
abstract contract GovernorTimelock is GovernorSettings {
    /// @dev Seconds after `eta` in which the time lock executes, both ends inclusive.
    uint256 internal immutable GRACE_PERIOD;

    /// @dev Whether the time lock takes batches: the suite's does, those of the Compound generation do not.
    bool private immutable BATCHES;

    constructor(address timelock_, ProposalGuardian memory guardian, GovernorParameters memory initial)
        GovernorSettings(timelock_, guardian, initial)
    {
        GRACE_PERIOD = ICompoundTimelock(timelock_).GRACE_PERIOD();
        // A Compound time lock answers any unknown call with success and no data.
        (bool success, bytes memory answer) =
            timelock_.staticcall(abi.encodeCall(ITimelock.BATCH_TYPEHASH, ()));
        BATCHES = success && answer.length == 32;
    }

    function _queueInTimelock(uint256 id, uint256 ordinal, uint256 eta) internal {
        if (BATCHES) _callWithBatch(ITimelock.queueBatch.selector, id, ordinal, eta);
        else _queueEach(id, ProposalRecord.readActions(ordinal), eta);
    }

    /// @dev The value sent to the governor goes along and joins the treasury first.
    function _executeInTimelock(uint256 id, uint256 ordinal, uint256 eta) internal {
        if (BATCHES) _callWithBatch(ITimelock.executeBatch.selector, id, ordinal, eta);
        else _executeEach(ProposalRecord.readActions(ordinal), eta);
    }

    function _cancelInTimelock(uint256 id, uint256 ordinal, uint256 eta) internal {
        if (BATCHES) _callWithBatch(ITimelock.cancelBatch.selector, id, ordinal, eta);
        else _cancelEach(ProposalRecord.readActions(ordinal), eta);
    }

    /// @dev Only plain transfers of ETH may go to an address without code.
    function _checkCode(uint256 index, address target, string memory signature, bytes memory data)
        internal
        view
    {
        if ((bytes(signature).length != 0 || data.length != 0) && target.code.length == 0) {
            revert TargetWithoutCode(index, target);
        }
    }

    /// @dev The treasury pays; an executor may add what it lacks, and nothing that would be stuck or given away.
    function _checkValue(uint256[] memory values) internal view {
        uint256 total = 0;
        for (uint256 i = 0; i < values.length; i++) {
            total += values[i];
        }
        uint256 balance = timelock.balance;
        uint256 needed = total > balance ? total - balance : 0;
        if (msg.value > needed) revert ExcessValue(msg.value, needed);
    }

    /// @dev Calls a function of the suite's time lock that takes the actions as a batch.
    function _callWithBatch(bytes4 selector, uint256 id, uint256 ordinal, uint256 eta) private {
        bytes memory call = ProposalRecord.readCall(ordinal, selector, bytes32(id), eta);
        if (!LowLevelCall.callNoReturn(timelock, msg.value, call)) LowLevelCall.bubbleRevert();
    }

    /// @dev Time locks of the Compound generation hash an action by its content and eta alone: two proposals with
    /// the same action, queued in the same block, would share one entry and execute or cancel each other's.
    function _queueEach(uint256 id, Actions memory actions, uint256 eta) private {
        ICompoundTimelock lock = ICompoundTimelock(timelock);
        for (uint256 i = 0; i < actions.targets.length; i++) {
            (address target, uint256 value) = (actions.targets[i], actions.values[i]);
            (string memory signature, bytes memory data) = (actions.signatures[i], actions.calldatas[i]);
            bytes32 hash = keccak256(abi.encode(target, value, signature, data, eta));
            if (lock.queuedTransactions(hash)) revert ActionQueued(id, i);
            lock.queueTransaction(target, value, signature, data, eta);
        }
    }

    function _executeEach(Actions memory actions, uint256 eta) private {
        for (uint256 i = 0; i < actions.targets.length; i++) {
            _checkCode(i, actions.targets[i], actions.signatures[i], actions.calldatas[i]);
            ICompoundTimelock(timelock).executeTransaction{value: i == 0 ? msg.value : 0}(
                actions.targets[i], actions.values[i], actions.signatures[i], actions.calldatas[i], eta
            );
        }
    }

    function _cancelEach(Actions memory actions, uint256 eta) private {
        for (uint256 i = 0; i < actions.targets.length; i++) {
            ICompoundTimelock(timelock)
                .cancelTransaction(
                    actions.targets[i], actions.values[i], actions.signatures[i], actions.calldatas[i], eta
                );
        }
    }
}
