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

    /// @dev Bytes of a target and its value, where that is zero and where it is not.
    uint256 private constant PLAIN_SIZE = 21;
    uint256 private constant VALUED_SIZE = 53;

    /// @notice A record of these terms that has no actions yet; see Terms.
    function create(address proposer, uint256 quorumVotes, uint256 proposalThreshold)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(proposer, uint88(quorumVotes), uint88(proposalThreshold));
    }

    /// @notice The `record` with one more action; two actions are the same exactly if what they add is.
    function append(
        bytes memory record,
        address target,
        uint256 value,
        string memory signature,
        bytes memory data
    ) internal pure returns (bytes memory) {
        // A longer one could not be stored anyway, and its length must not be cut to 16 bits.
        uint256 size = bytes(signature).length + data.length;
        if (size > MAX_SIZE) revert IGovernorEvents.ActionsTooLarge(size, MAX_SIZE);
        (uint16 signatureLength, uint16 dataLength) = (uint16(bytes(signature).length), uint16(data.length));
        if (value == 0) {
            return abi.encodePacked(record, target, uint8(0), signatureLength, signature, dataLength, data);
        }
        return abi.encodePacked(record, target, uint8(1), value, signatureLength, signature, dataLength, data);
    }

    /// @notice Stores the `record` as code. The ordinal of this call among all accounts that the contract creates,
    /// starting with 1, finds it again.
    function write(bytes memory record) internal {
        if (record.length > MAX_SIZE) revert IGovernorEvents.ActionsTooLarge(record.length, MAX_SIZE);
        SSTORE2.write(record);
    }

    /// @notice The terms of this contract's proposal with this `ordinal`.
    function readTerms(uint256 ordinal) internal view returns (Terms memory) {
        bytes memory code = SSTORE2.read(_account(ordinal), 0, TERMS_SIZE);
        return Terms({
            proposer: address(bytes20(LibBytes.load(code, 0))),
            quorumVotes: uint88(bytes11(LibBytes.load(code, 20))),
            proposalThreshold: uint88(bytes11(LibBytes.load(code, 31)))
        });
    }

    /// @notice The actions of this contract's proposal with this `ordinal`.
    /// @dev Reads without checks of bounds: only `write` makes records, and none of them can change.
    function readActions(uint256 ordinal) internal view returns (Actions memory) {
        bytes memory code = SSTORE2.read(_account(ordinal), TERMS_SIZE);
        uint256 count = _count(code);
        address[] memory targets = new address[](count);
        uint256[] memory values = new uint256[](count);
        string[] memory signatures = new string[](count);
        bytes[] memory calldatas = new bytes[](count);
        uint256 offset = 0;
        for (uint256 i = 0; i < count; i++) {
            targets[i] = address(bytes20(LibBytes.load(code, offset)));
            uint256 text = _skipValue(code, offset);
            // The value, where there is one, is the word before the texts.
            unchecked {
                if (text - offset == VALUED_SIZE) values[i] = uint256(LibBytes.load(code, text - 32));
            }
            offset = _skipText(code, text);
            signatures[i] = string(_text(code, text, offset));
            text = offset;
            offset = _skipText(code, text);
            calldatas[i] = _text(code, text, offset);
        }
        return Actions(targets, values, signatures, calldatas);
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
        // Safe: offsets are below the size of code.
        unchecked {
            return offset + (LibBytes.load(code, offset)[20] == 0 ? PLAIN_SIZE : VALUED_SIZE);
        }
    }

    /// @dev Offset behind the text and its length that start at `offset`.
    function _skipText(bytes memory code, uint256 offset) private pure returns (uint256) {
        // Safe: offsets are below the size of code.
        unchecked {
            return offset + 2 + uint16(bytes2(LibBytes.load(code, offset)));
        }
    }

    /// @dev The text whose length starts at `offset`, and which goes up to `end`.
    function _text(bytes memory code, uint256 offset, uint256 end) private pure returns (bytes memory) {
        // Safe: offsets are below the size of code.
        unchecked {
            return LibBytes.slice(code, offset + 2, end);
        }
    }

    function _account(uint256 ordinal) private view returns (address) {
        return LibRLP.computeAddress(address(this), ordinal);
    }
}
