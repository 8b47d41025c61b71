// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheat code of halmos that forge does not have
interface SymbolicCalldata {
    /// Any call of any function of the contract that can change state, or of none of them.
    function createCalldata(string calldata contractName) external pure returns (bytes memory);
}

/// @dev The address where halmos answers.
SymbolicCalldata constant SYMBOLIC = SymbolicCalldata(address(uint160(uint256(keccak256("svm cheat code")))));
