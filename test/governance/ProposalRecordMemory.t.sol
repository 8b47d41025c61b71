// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions, ProposalRecord, Terms} from "../../contracts/governance/ProposalRecord.sol";
import {randomBytes} from "./RandomBytes.sol";
import {Test} from "forge-std/Test.sol";

/// @title Records in memory: they do not depend on what was there, and keep what comes later away
contract ProposalRecordMemoryTest is Test {
    Terms private terms = Terms(address(0xBEEF), 100_000e18, 500e18);

    function test_readCall_whereMemoryWasUsed() public {
        Actions memory actions = allocate(2);
        (actions.targets[1], actions.values[0]) = (address(0xA), 1);
        actions.signatures[0] = "f()";
        (actions.calldatas[0], actions.calldatas[1]) = (hex"1122334455", hex"66");
        uint64 ordinal = vm.getNonce(address(this));
        ProposalRecord.write(ProposalRecord.encode(terms, actions));
        bytes memory expected = abi.encodeWithSelector(
            0x11223344,
            actions.targets,
            actions.values,
            actions.signatures,
            actions.calldatas,
            bytes32(uint256(5)),
            6
        );
        fillFreeMemory();

        assertEq(ProposalRecord.readCall(ordinal, 0x11223344, bytes32(uint256(5)), 6), expected);
    }

    /// At every size modulo two words.
    function test_encode_keepsTheRecord() public view {
        Actions memory actions = allocate(1);
        for (uint256 size = 1; size <= 64; size++) {
            actions.calldatas[0] = randomBytes(size, size);
            bytes memory record = ProposalRecord.encode(terms, actions);
            bytes32 hash = keccak256(record);
            randomBytes(0, 100);
            assertEq(keccak256(record), hash);
        }
    }

    function allocate(uint256 count) private pure returns (Actions memory) {
        return Actions(new address[](count), new uint256[](count), new string[](count), new bytes[](count));
    }

    function fillFreeMemory() private pure {
        assembly ("memory-safe") {
            let start := mload(0x40)
            for { let i := 0 } lt(i, 0x2000) { i := add(i, 32) } { mstore(add(start, i), not(0)) }
        }
    }
}
