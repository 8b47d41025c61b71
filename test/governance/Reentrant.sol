// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A call target that calls back, and remembers how that went
contract Reentrant {
    address public target;
    bytes public callback;
    uint256 public entries;
    bool public succeeded;
    bytes public result;

    function prepare(address target_, bytes calldata callback_) external {
        target = target_;
        callback = callback_;
    }

    function enter() external payable {
        entries++;
        (succeeded, result) = target.call(callback);
    }
}
