// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The calls of a proposal, as `propose` takes them; grows in memory.
struct ActionList {
    address[] targets;
    uint256[] values;
    string[] signatures;
    bytes[] calldatas;
}

using ActionLists for ActionList global;

/// @title Building the arrays of a proposal call by call
library ActionLists {
    /// @notice Appends a call.
    function add(
        ActionList memory list,
        address target,
        uint256 value,
        string memory signature,
        bytes memory data
    ) internal pure {
        uint256 count = list.targets.length;
        ActionList memory longer = ActionList(
            new address[](count + 1),
            new uint256[](count + 1),
            new string[](count + 1),
            new bytes[](count + 1)
        );
        for (uint256 i = 0; i < count; i++) {
            longer.targets[i] = list.targets[i];
            longer.values[i] = list.values[i];
            longer.signatures[i] = list.signatures[i];
            longer.calldatas[i] = list.calldatas[i];
        }
        longer.targets[count] = target;
        longer.values[count] = value;
        longer.signatures[count] = signature;
        longer.calldatas[count] = data;
        (list.targets, list.values) = (longer.targets, longer.values);
        (list.signatures, list.calldatas) = (longer.signatures, longer.calldatas);
    }
}
