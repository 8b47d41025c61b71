// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Accepts every call and counts them
/// @dev The count is read from its slot: a function that returns it would be a call that is not counted.
contract InertTarget {
    uint256 private calls;

    fallback() external payable {
        calls++;
    }
}
