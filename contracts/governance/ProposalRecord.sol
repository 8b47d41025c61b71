// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGovernorEvents} from "../interfaces/IBraintrustGovernor.sol";
import {LibBytes} from "solady/utils/LibBytes.sol";
import {LibRLP} from "solady/utils/LibRLP.sol";
import {SSTORE2} from "solady/utils/SSTORE2.sol";

/// @notice The terms a proposal was made under; later changes of the governor's parameters do not touch them.
/// @param proposer Account that made it.
/// @param quorumVotes Votes in favour it needs, in base units.
/// @param proposalThreshold Votes that its proposer must keep, in base units.
struct Terms {
    address proposer;
    uint256 quorumVotes;
    uint256 proposalThreshold;
}

/// @notice The calls a proposal makes, as the time lock takes them.
struct Actions {
    address[] targets;
    uint256[] values;
    string[] signatures;
    bytes[] calldatas;
}

/// @title The unchangeable part of a proposal, stored as the code of an account
/// @notice Code costs 200 gas a byte to store where storage costs 690, and reads as a whole. The account's address
/// follows from the governor's address and the proposal's ordinal, so no slot points to it. Layout:
/// `proposer 20 | quorum 11 | threshold 11 | count 1 | heads | calls`, with one head and one call for each action:
/// `flags 1 | target 20 | value 32 | signature length 2 | signature` and `data length 2 | data`.
/// A head leaves out, as its flags tell, a value of zero, and a target or signature that the action before has too;
/// before the first are the zero address and the empty signature.
library ProposalRecord {
    /// @dev EIP-170 allows 24,576 bytes of code; SSTORE2 puts a STOP before the data.
    uint256 internal constant MAX_SIZE = 24_575;

    /// @dev Bytes of proposer, quorum and threshold.
    uint256 private constant TERMS_SIZE = 42;

    /// @dev Flags of what is in a head.
    uint256 private constant HAS_TARGET = 1;
    uint256 private constant HAS_VALUE = 2;
    uint256 private constant HAS_SIGNATURE = 4;

    /// @notice The record of a proposal with these terms and actions. Reverts with ActionsTooLarge.
    /// @dev The caller has checked that the four arrays have one length, which fits a byte. A text too long for its
    /// length of two bytes makes the record too large as well. Assembly, since joining so many small parts costs
    /// several times as much.
    function encode(Terms memory terms, Actions memory actions) internal pure returns (bytes memory record) {
        assembly ("memory-safe") {
            // Puts a text and its length to `place`; returns the offset behind.
            function append(place, text) -> end {
                let length := mload(text)
                mstore(place, shl(240, length))
                mcopy(add(place, 2), add(text, 32), length)
                end := add(place, add(length, 2))
            }
            record := mload(0x40)
            mstore(add(record, 32), shl(96, mload(terms)))
            mstore(add(record, 52), shl(168, mload(add(terms, 32))))
            mstore(add(record, 63), shl(168, mload(add(terms, 64))))
            mstore8(add(record, 74), mload(mload(actions)))
            let place := add(record, 75)
            let size := shl(5, mload(mload(actions)))
            let lastTarget := 0
            let lastSignature := keccak256(0, 0)
            for { let i := 32 } iszero(gt(i, size)) { i := add(i, 32) } {
                let head := place
                let flags := 0
                place := add(place, 1)
                let target := mload(add(mload(actions), i))
                if xor(target, lastTarget) {
                    flags := HAS_TARGET
                    mstore(place, shl(96, target))
                    place := add(place, 20)
                    lastTarget := target
                }
                let value := mload(add(mload(add(actions, 32)), i))
                if value {
                    flags := or(flags, HAS_VALUE)
                    mstore(place, value)
                    place := add(place, 32)
                }
                let text := mload(add(mload(add(actions, 64)), i))
                let signature := keccak256(add(text, 32), mload(text))
                if xor(signature, lastSignature) {
                    flags := or(flags, HAS_SIGNATURE)
                    place := append(place, text)
                    lastSignature := signature
                }
                mstore8(head, flags)
            }
            for { let i := 32 } iszero(gt(i, size)) { i := add(i, 32) } {
                place := append(place, mload(add(mload(add(actions, 96)), i)))
            }
            mstore(record, sub(place, add(record, 32)))
            mstore(0x40, and(add(place, 31), not(31)))
        }
        if (record.length > MAX_SIZE) revert IGovernorEvents.ActionsTooLarge(record.length, MAX_SIZE);
    }

    /// @notice Stores the `record` as code. The ordinal of this call among all accounts that the contract creates,
    /// starting with 1, finds it again.
    function write(bytes memory record) internal {
        SSTORE2.write(record);
    }

    /// @notice The terms of this contract's proposal with this `ordinal`.
    function readTerms(uint256 ordinal) internal view returns (Terms memory) {
        bytes memory code = _readStart(ordinal);
        return Terms({
            proposer: address(bytes20(LibBytes.load(code, 0))),
            quorumVotes: uint88(bytes11(LibBytes.load(code, 20))),
            proposalThreshold: uint88(bytes11(LibBytes.load(code, 31)))
        });
    }

    /// @notice The quorum among those terms.
    function readQuorum(uint256 ordinal) internal view returns (uint256) {
        return uint88(bytes11(LibBytes.load(_readStart(ordinal), 20)));
    }

    /// @notice The actions of this contract's proposal with this `ordinal`.
    function readActions(uint256 ordinal) internal view returns (Actions memory actions) {
        bytes memory arguments = LibBytes.slice(readCall(ordinal, 0, 0, 0), 4);
        (actions.targets, actions.values, actions.signatures, actions.calldatas) =
            abi.decode(arguments, (address[], uint256[], string[], bytes[]));
    }

    /// @notice The call of the function `selector` with the actions of this contract's proposal with this `ordinal`:
    /// the same as `abi.encodeWithSelector(selector, targets, values, signatures, calldatas, salt, eta)`.
    /// @dev Reads without checks of bounds: only `write` makes records, and none of them can change. Assembly, since
    /// to make four arrays first and to encode those costs several times as much.
    function readCall(uint256 ordinal, bytes4 selector, bytes32 salt, uint256 eta)
        internal
        view
        returns (bytes memory data)
    {
        bytes memory record = SSTORE2.read(_account(ordinal), TERMS_SIZE);
        (uint256 list, uint256 step, uint256 source) = (0, 0, 0);
        assembly ("memory-safe") {
            let size := shl(5, byte(0, mload(add(record, 32))))
            source := add(record, 33)
            step := add(size, 32)
            data := mload(0x40)
            list := add(data, 228)
            // The arguments. Offsets count from the first; the first three lists have known places behind them.
            mstore(add(data, 32), selector)
            mstore(add(data, 36), 192)
            mstore(add(data, 68), add(192, step))
            mstore(add(data, 100), add(192, shl(1, step)))
            mstore(add(data, 164), salt)
            mstore(add(data, 196), eta)
        }
        source = _putHeads(list, step, source);
        unchecked {
            list = _putTexts(list + 2 * step, step);
        }
        assembly ("memory-safe") {
            mstore(add(data, 132), sub(list, add(data, 36)))
            for { let i := 32 } lt(i, step) { i := add(i, 32) } {
                mstore(add(list, i), source)
                source := add(source, add(2, shr(240, mload(source))))
            }
        }
        list = _putTexts(list, step);
        assembly ("memory-safe") {
            mstore(data, sub(list, add(data, 32)))
            mstore(0x40, list)
        }
    }

    /// @dev Decodes the heads at `source` to the lists of targets and values at `list`, each of `step` bytes, and to
    /// a third of where the signatures are; returns the offset behind the heads. Memory is the caller's to allocate.
    function _putHeads(uint256 list, uint256 step, uint256 source) private pure returns (uint256 end) {
        assembly ("memory-safe") {
            mstore(list, sub(shr(5, step), 1))
            mstore(add(list, step), sub(shr(5, step), 1))
            let target := 0
            // Solidity's zero word: the length of an empty text.
            let signature := 0x60
            end := source
            for { let i := 32 } lt(i, step) { i := add(i, 32) } {
                let place := add(list, i)
                let flags := byte(0, mload(end))
                end := add(end, 1)
                if and(flags, HAS_TARGET) {
                    target := shr(96, mload(end))
                    end := add(end, 20)
                }
                mstore(place, target)
                place := add(place, step)
                mstore(place, 0)
                if and(flags, HAS_VALUE) {
                    mstore(place, mload(end))
                    end := add(end, 32)
                }
                if and(flags, HAS_SIGNATURE) {
                    signature := end
                    end := add(end, add(2, shr(240, mload(end))))
                }
                mstore(add(place, step), signature)
            }
        }
    }

    /// @dev Makes the list of `step` bytes at `list`, of where texts with their lengths are, the ABI encoding of
    /// those texts; returns the offset behind it. Memory is the caller's to allocate.
    function _putTexts(uint256 list, uint256 step) private pure returns (uint256 end) {
        assembly ("memory-safe") {
            mstore(list, sub(shr(5, step), 1))
            end := add(list, step)
            for { let i := 32 } lt(i, step) { i := add(i, 32) } {
                let place := add(list, i)
                let text := mload(place)
                let length := shr(240, mload(text))
                mstore(place, sub(sub(end, list), 32))
                place := end
                end := add(end, and(add(length, 63), not(31)))
                // First the padding, which for an empty text is the length.
                mstore(sub(end, 32), 0)
                mstore(place, length)
                mcopy(add(place, 32), add(text, 2), length)
            }
        }
    }

    /// @dev The terms and the count behind them: the library takes longer over bytes that end with a zero.
    function _readStart(uint256 ordinal) private view returns (bytes memory) {
        return SSTORE2.read(_account(ordinal), 0, TERMS_SIZE + 1);
    }

    function _account(uint256 ordinal) private view returns (address) {
        return LibRLP.computeAddress(address(this), ordinal);
    }
}
