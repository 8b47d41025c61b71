// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

/// @title Contracts that npm packages ship compiled: Compound generation, Uniswap V3, WETH9
/// @notice Creation code by name; read from `node_modules`, never copied into this repository.
library Artifacts {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice Deploys the artifact at `path` below `node_modules`, with the ABI encoding of its constructor
    /// arguments. Truffle, Hardhat and Waffle artifacts are understood.
    function deploy(string memory path, bytes memory arguments) internal returns (address deployed) {
        bytes memory code = bytes.concat(creationCode(path), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        require(deployed != address(0), string.concat("deployment failed: ", path));
    }

    /// @notice Creation code in the artifact at `path` below `node_modules`.
    function creationCode(string memory path) internal view returns (bytes memory) {
        string memory json = VM.readFile(string.concat("node_modules/", path));
        string memory key = VM.keyExistsJson(json, ".bytecode") ? ".bytecode" : ".evm.bytecode.object";
        return VM.parseBytes(hexPrefixed(VM.parseJsonString(json, key)));
    }

    /// @notice `text` with a leading `0x`; Waffle leaves it out.
    function hexPrefixed(string memory text) private pure returns (string memory) {
        bytes memory raw = bytes(text);
        bool prefixed = raw.length > 1 && raw[0] == "0" && raw[1] == "x";
        return prefixed ? text : string.concat("0x", text);
    }
}
