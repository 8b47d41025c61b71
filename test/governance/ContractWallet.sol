// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BTRST} from "../../contracts/token/BTRST.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract wallet (ERC-1271) that accepts its owner's signatures, or misbehaves as told
contract ContractWallet is IERC1271 {
    enum Answer {
        Honest,
        Refuse,
        Fail,
        /// The right four bytes, followed by others.
        Dirty,
        /// The right four bytes, and no more.
        Short,
        Nothing
    }

    address private immutable owner;
    Answer private answer;

    constructor(address owner_) {
        owner = owner_;
    }

    function setAnswer(Answer newAnswer) external {
        answer = newAnswer;
    }

    function delegate(BTRST token) external {
        token.delegate(address(this));
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (answer == Answer.Refuse) return 0xffffffff;
        if (answer == Answer.Fail) revert("refused");
        if (answer == Answer.Dirty) {
            answerRaw(abi.encodePacked(IERC1271.isValidSignature.selector, uint224(1)));
        }
        if (answer == Answer.Short) answerRaw(abi.encodePacked(IERC1271.isValidSignature.selector));
        if (answer == Answer.Nothing) answerRaw("");
        bool good = ECDSA.recoverCalldata(hash, signature) == owner;
        return good ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function answerRaw(bytes memory data) private pure {
        assembly ("memory-safe") {
            return(add(data, 32), mload(data))
        }
    }
}
