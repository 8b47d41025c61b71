// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGovernanceDecisions} from "../interfaces/IGovernanceDecisions.sol";

/// @title A list of distinct names, from which names can be removed
/// @dev Every operation costs the same however long the list is, except reading it whole. It keeps no order.
library NameList {
    /// @param names The list.
    /// @param positions For each keccak256 of a name its index in `names` plus one; zero when it is not there.
    struct List {
        string[] names;
        mapping(bytes32 nameHash => uint256) positions;
    }

    /// @dev Bytes. Four storage slots and a length bound what one name costs to write and to read.
    uint256 internal constant MAX_LENGTH = 128;

    /// @notice Appends `name`.
    /// @dev Reverts with InvalidNameLength, NameExists.
    function add(List storage list, string calldata name) internal {
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_LENGTH) {
            revert IGovernanceDecisions.InvalidNameLength(length, MAX_LENGTH);
        }
        bytes32 nameHash = keccak256(bytes(name));
        if (list.positions[nameHash] != 0) revert IGovernanceDecisions.NameExists(name);

        list.names.push(name);
        list.positions[nameHash] = list.names.length;
    }

    /// @notice Removes `name`; the last name takes its place.
    /// @dev Reverts with NameUnknown.
    function remove(List storage list, string calldata name) internal {
        bytes32 nameHash = keccak256(bytes(name));
        uint256 position = list.positions[nameHash];
        if (position == 0) revert IGovernanceDecisions.NameUnknown(name);

        uint256 lastPosition = list.names.length;
        if (position != lastPosition) {
            string memory lastName = list.names[lastPosition - 1];
            list.names[position - 1] = lastName;
            list.positions[keccak256(bytes(lastName))] = position;
        }
        list.names.pop();
        delete list.positions[nameHash];
    }

    /// @notice Whether `name` is in the list.
    function contains(List storage list, string calldata name) internal view returns (bool) {
        return list.positions[keccak256(bytes(name))] != 0;
    }
}
