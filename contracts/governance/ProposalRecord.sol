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
/// `proposer 20 | quorum 11 | threshold 11 | actions`, each action
/// `target 20 | 00, or 01 and value 32 | signature length 2 | signature | data length 2 | data`.
library ProposalRecord {
    /// @dev EIP-170 allows 24,576 bytes of code; SSTORE2 puts a STOP before the data.
    uint256 internal constant MAX_SIZE = 24_575;

    /// @dev Bytes of proposer, quorum and threshold.
    uint256 private constant TERMS_SIZE = 42;

    /// @notice Encoding of one action; two actions are the same exactly if their encodings are.
    function encodeAction(address target, uint256 value, string memory signature, bytes memory data)
        internal
        pure
        returns (bytes memory)
    {
        // A longer one could not be stored anyway, and its length must not be cut to 16 bits.
        uint256 size = bytes(signature).length + data.length;
        if (size > MAX_SIZE) revert IGovernorEvents.ActionsTooLarge(size, MAX_SIZE);
        bytes memory amount = value == 0 ? abi.encodePacked(uint8(0)) : abi.encodePacked(uint8(1), value);
        return abi.encodePacked(
            target, amount, uint16(bytes(signature).length), signature, uint16(data.length), data
        );
    }

    /// @notice Stores the terms and the encoded `actions` as code. The `ordinal` of this call among all accounts
    /// that the contract creates, starting with 1, finds them again.
    function write(Terms memory terms, bytes memory actions) internal {
        uint256 size = TERMS_SIZE + actions.length;
        if (size > MAX_SIZE) revert IGovernorEvents.ActionsTooLarge(size, MAX_SIZE);
        SSTORE2.write(
            abi.encodePacked(
                terms.proposer, uint88(terms.quorumVotes), uint88(terms.proposalThreshold), actions
            )
        );
    }

    /// @notice The terms of this contract's proposal with this `ordinal`.
    function readTerms(uint256 ordinal) internal view returns (Terms memory terms) {
        bytes memory code = SSTORE2.read(_account(ordinal), 0, TERMS_SIZE);
        terms.proposer = address(bytes20(LibBytes.load(code, 0)));
        terms.quorumVotes = uint88(bytes11(LibBytes.load(code, 20)));
        terms.proposalThreshold = uint88(bytes11(LibBytes.load(code, 31)));
    }

    /// @notice The actions of this contract's proposal with this `ordinal`.
    function readActions(uint256 ordinal) internal view returns (Actions memory actions) {
        bytes memory code = SSTORE2.read(_account(ordinal), TERMS_SIZE);
        uint256 count = _count(code);
        actions.targets = new address[](count);
        actions.values = new uint256[](count);
        actions.signatures = new string[](count);
        actions.calldatas = new bytes[](count);
        uint256 offset = 0;
        for (uint256 i = 0; i < count; i++) {
            actions.targets[i] = address(bytes20(LibBytes.load(code, offset)));
            if (code[offset + 20] != 0) {
                actions.values[i] = uint256(LibBytes.load(code, offset + 21));
            }
            offset = _skipValue(code, offset);
            uint256 end = _skipText(code, offset);
            actions.signatures[i] = string(LibBytes.slice(code, offset + 2, end));
            offset = end;
            end = _skipText(code, offset);
            actions.calldatas[i] = LibBytes.slice(code, offset + 2, end);
            offset = end;
        }
    }

    function _count(bytes memory code) private pure returns (uint256 count) {
        uint256 offset = 0;
        while (offset < code.length) {
            offset = _skipText(code, _skipText(code, _skipValue(code, offset)));
            count++;
        }
    }

    /// @dev Offset behind the target and value that start at `offset`.
    function _skipValue(bytes memory code, uint256 offset) private pure returns (uint256) {
        return offset + (code[offset + 20] == 0 ? 21 : 53);
    }

    /// @dev Offset behind the text and its length that start at `offset`.
    function _skipText(bytes memory code, uint256 offset) private pure returns (uint256) {
        return offset + 2 + uint16(bytes2(LibBytes.load(code, offset)));
    }

    function _account(uint256 ordinal) private view returns (address) {
        return LibRLP.computeAddress(address(this), ordinal);
    }
}
