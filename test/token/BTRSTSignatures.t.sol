// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Test} from "forge-std/Test.sol";

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";

/// @title permit, delegateBySig and the EIP-712 domain
contract BTRSTSignaturesTest is Test {
    struct Signature {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    uint256 private constant SUPPLY = 250_000_000e18;
    /// @dev Order of secp256k1.
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    IBTRST private token;
    address private alice;
    uint256 private aliceKey;
    address private bob = makeAddr("bob");
    uint256 private deadline;

    function setUp() public {
        (alice, aliceKey) = makeAddrAndKey("alice");
        token = new BTRST(alice);
        deadline = block.timestamp + 1 hours;
    }

    function test_domain() public view {
        assertEq(
            token.DOMAIN_TYPEHASH(),
            keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)")
        );
        assertEq(
            token.DELEGATION_TYPEHASH(),
            keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)")
        );
        assertEq(
            token.PERMIT_TYPEHASH(),
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
        );
        assertEq(token.DOMAIN_SEPARATOR(), separator(block.chainid, address(token)));
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = token.eip712Domain();
        assertEq(fields, bytes1(0x0d));
        assertEq(name, "BTRST");
        assertEq(version, "");
        assertEq(chainId, block.chainid);
        assertEq(verifyingContract, address(token));
        assertEq(salt, 0);
        assertEq(extensions.length, 0);
    }

    function test_DOMAIN_SEPARATOR_followsChainId() public {
        vm.chainId(10);
        assertEq(token.DOMAIN_SEPARATOR(), separator(10, address(token)));
        (,,, uint256 chainId,,,) = token.eip712Domain();
        assertEq(chainId, 10);
    }

    function test_permit_setsAllowance() public {
        Signature memory signature = sign(permitMessage(10, 0));
        vm.expectEmit();
        emit IBTRST.Approval(alice, bob, 10);
        permit(10, signature);
        assertEq(token.allowance(alice, bob), 10);
        assertEq(token.nonces(alice), 1);
    }

    function test_permit_unlimited() public {
        permit(type(uint256).max, sign(permitMessage(type(uint256).max, 0)));
        assertEq(token.allowance(alice, bob), type(uint96).max);
    }

    function test_permit_goodUntilDeadline() public {
        Signature memory signature = sign(permitMessage(10, 0));
        vm.warp(deadline);
        permit(10, signature);
        assertEq(token.allowance(alice, bob), 10);
    }

    function test_RevertWhen_permit_expired() public {
        Signature memory signature = sign(permitMessage(10, 0));
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC2612ExpiredSignature.selector, deadline));
        permit(10, signature);
        assertEq(token.nonces(alice), 0);
    }

    function test_RevertWhen_permit_replayed() public {
        Signature memory signature = sign(permitMessage(10, 0));
        permit(10, signature);
        expectInvalidSigner(permitMessage(10, 1), token.DOMAIN_SEPARATOR(), signature);
        permit(10, signature);
        assertEq(token.nonces(alice), 1);
    }

    function test_RevertWhen_permit_otherValue() public {
        Signature memory signature = sign(permitMessage(10, 0));
        expectInvalidSigner(permitMessage(11, 0), token.DOMAIN_SEPARATOR(), signature);
        permit(11, signature);
        assertEq(token.nonces(alice), 0);
    }

    function test_RevertWhen_permit_otherChain() public {
        Signature memory signature = sign(permitMessage(10, 0));
        vm.chainId(10);
        expectInvalidSigner(permitMessage(10, 0), separator(10, address(token)), signature);
        permit(10, signature);
    }

    function test_RevertWhen_permit_otherContract() public {
        Signature memory signature = sign(permitMessage(10, 0));
        token = new BTRST(alice);
        expectInvalidSigner(permitMessage(10, 0), token.DOMAIN_SEPARATOR(), signature);
        permit(10, signature);
    }

    function test_RevertWhen_permit_highS() public {
        Signature memory signature = malleated(sign(permitMessage(10, 0)));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, signature.s));
        permit(10, signature);
        assertEq(token.nonces(alice), 0);
    }

    /// @dev A malformed signature recovers to the zero address, which must not pass for an owner.
    function test_RevertWhen_permit_zeroSigner() public {
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        token.permit(address(0), bob, 10, deadline, 0, bytes32(uint256(1)), bytes32(uint256(1)));
        assertEq(token.nonces(address(0)), 0);
    }

    function test_RevertWhen_permit_exceeds96Bits() public {
        uint256 value = 1 << 96;
        Signature memory signature = sign(permitMessage(value, 0));
        vm.expectRevert(abi.encodeWithSelector(IBTRST.AmountExceeds96Bits.selector, value));
        permit(value, signature);
        assertEq(token.nonces(alice), 0);
    }

    function test_delegateBySig_delegates() public {
        Signature memory signature = sign(delegationMessage(0));
        vm.expectEmit();
        emit IBTRST.DelegateChanged(alice, address(0), bob);
        vm.expectEmit();
        emit IBTRST.DelegateVotesChanged(bob, 0, SUPPLY);
        delegateBySig(0, signature);
        assertEq(token.delegates(alice), bob);
        assertEq(token.getVotes(bob), SUPPLY);
        assertEq(token.nonces(alice), 1);
    }

    function test_delegateBySig_sharesNonceWithPermit() public {
        permit(10, sign(permitMessage(10, 0)));
        delegateBySig(1, sign(delegationMessage(1)));
        permit(20, sign(permitMessage(20, 2)));
        assertEq(token.nonces(alice), 3);
    }

    function test_delegateBySig_goodUntilExpiry() public {
        Signature memory signature = sign(delegationMessage(0));
        vm.warp(deadline);
        delegateBySig(0, signature);
        assertEq(token.delegates(alice), bob);
    }

    /// @dev Also pins the order: expiry is reported before the bad signature and the bad nonce.
    function test_RevertWhen_delegateBySig_expired() public {
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.VotesExpiredSignature.selector, deadline));
        delegateBySig(7, Signature(0, 0, 0));
    }

    function test_RevertWhen_delegateBySig_replayed() public {
        Signature memory signature = sign(delegationMessage(0));
        delegateBySig(0, signature);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.InvalidAccountNonce.selector, alice, 1));
        delegateBySig(0, signature);
        assertEq(token.nonces(alice), 1);
    }

    function test_RevertWhen_delegateBySig_futureNonce() public {
        Signature memory signature = sign(delegationMessage(1));
        vm.expectRevert(abi.encodeWithSelector(IBTRST.InvalidAccountNonce.selector, alice, 0));
        delegateBySig(1, signature);
        assertEq(token.nonces(alice), 0);
    }

    function test_RevertWhen_delegateBySig_highS() public {
        Signature memory signature = malleated(sign(delegationMessage(0)));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, signature.s));
        delegateBySig(0, signature);
    }

    /// @dev Also pins the order: the bad signature is reported before the bad nonce.
    function test_RevertWhen_delegateBySig_zeroSigner() public {
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        delegateBySig(7, Signature(26, bytes32(uint256(1)), bytes32(uint256(1))));
        assertEq(token.nonces(address(0)), 0);
    }

    /// @dev On another chain or contract a signature recovers to a stranger without tokens, never to its signer.
    function test_delegateBySig_otherChainOrContractIsNotTheSigner() public {
        Signature memory signature = sign(delegationMessage(0));
        vm.chainId(10);
        delegateBySig(0, signature);
        assertEq(token.delegates(alice), address(0));
        assertEq(token.nonces(alice), 0);
        vm.chainId(31_337);
        token = new BTRST(alice);
        delegateBySig(0, signature);
        assertEq(token.delegates(alice), address(0));
        assertEq(token.getVotes(bob), 0);
        assertEq(token.nonces(alice), 0);
    }

    function permit(uint256 value, Signature memory signature) private {
        token.permit(alice, bob, value, deadline, signature.v, signature.r, signature.s);
    }

    function delegateBySig(uint256 nonce, Signature memory signature) private {
        token.delegateBySig(bob, nonce, deadline, signature.v, signature.r, signature.s);
    }

    function permitMessage(uint256 value, uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(token.PERMIT_TYPEHASH(), alice, bob, value, nonce, deadline));
    }

    function delegationMessage(uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(token.DELEGATION_TYPEHASH(), bob, nonce, deadline));
    }

    function sign(bytes32 message) private view returns (Signature memory signature) {
        (signature.v, signature.r, signature.s) =
            vm.sign(aliceKey, digest(separator(block.chainid, address(token)), message));
    }

    /// @dev The other signature of the same key over the same message.
    function malleated(Signature memory signature) private pure returns (Signature memory) {
        return Signature(55 - signature.v, signature.r, bytes32(ORDER - uint256(signature.s)));
    }

    function expectInvalidSigner(bytes32 message, bytes32 domain, Signature memory signature) private {
        address signer = ecrecover(digest(domain, message), signature.v, signature.r, signature.s);
        assertNotEq(signer, alice);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC2612InvalidSigner.selector, signer, alice));
    }

    function digest(bytes32 domain, bytes32 message) private pure returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", domain, message));
    }

    function separator(uint256 chainId, address verifyingContract) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("BTRST"),
                chainId,
                verifyingContract
            )
        );
    }
}
