// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// `length` bytes that follow from `seed`: arguments of tests, longer than fuzzing draws them by itself.
function randomBytes(uint256 seed, uint256 length) pure returns (bytes memory result) {
    result = new bytes(length);
    for (uint256 offset = 0; offset < length; offset += 32) {
        bytes32 word = keccak256(abi.encode(seed, offset));
        // The last word may be cut: memory is allocated in whole words.
        assembly ("memory-safe") {
            mstore(add(add(result, 32), offset), word)
        }
    }
}
