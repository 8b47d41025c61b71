// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../interfaces/IBraintrustGovernor.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title What the governor's typed signatures are made over
/// @notice EIP-712 with Bravo's domain: name, chain id and contract, no version.
abstract contract GovernorDomain is IBraintrustGovernor {
    /// @inheritdoc IBraintrustGovernor
    string public constant name = "Braintrust Governor";

    /// @inheritdoc IBraintrustGovernor
    bytes32 public constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");

    /// @inheritdoc IBraintrustGovernor
    bytes32 public constant BALLOT_TYPEHASH = keccak256("Ballot(uint256 proposalId,uint8 support)");

    /// @inheritdoc IBraintrustGovernor
    bytes32 public constant BALLOT_WITH_REASON_TYPEHASH =
        keccak256("Ballot(uint256 proposalId,uint8 support,string reason)");

    /// @inheritdoc IBraintrustGovernor
    bytes32 public constant VOTER_BALLOT_TYPEHASH =
        keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");

    /// @inheritdoc IBraintrustGovernor
    bytes32 public constant PROPOSAL_TYPEHASH = keccak256(
        "Proposal(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,string description,address proposer,uint256 nonce,uint256 deadline)"
    );

    uint256 private immutable CACHED_CHAIN_ID = block.chainid;
    bytes32 private immutable CACHED_DOMAIN_SEPARATOR = _domainSeparator();

    /// @inheritdoc IBraintrustGovernor
    mapping(address account => uint256 nonce) public nonces;

    /// @inheritdoc IBraintrustGovernor
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory domainName,
            string memory domainVersion,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // Bits 0, 2 and 3: name, chain id and contract.
        return (hex"0d", name, "", block.chainid, address(this), 0, new uint256[](0));
    }

    function _ballotDigest(uint256 id, uint8 support) internal view returns (bytes32) {
        return _digest(keccak256(abi.encode(BALLOT_TYPEHASH, id, support)));
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = block.chainid == CACHED_CHAIN_ID ? CACHED_DOMAIN_SEPARATOR : _domainSeparator();
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    /// @dev EIP-712 hash of an array of dynamic values: the hash of their hashes.
    function _hashEach(bytes[] memory values) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](values.length);
        for (uint256 i = 0; i < values.length; i++) {
            hashes[i] = keccak256(values[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    /// @dev As for byte strings.
    function _hashEach(string[] memory values) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](values.length);
        for (uint256 i = 0; i < values.length; i++) {
            hashes[i] = keccak256(bytes(values[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _domainSeparator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), block.chainid, address(this)));
    }
}
