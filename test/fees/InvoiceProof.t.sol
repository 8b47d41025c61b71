// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Test} from "forge-std/Test.sol";

/// @title What `btrst fees prove` writes proves an invoice to a contract
/// @dev Root and proofs are of the batch that `btrst fees invoice --percent 10` makes of these rows (gross in base units
/// of USDC): INV-1, 2026-01-15, freelance_labs, acme, 40000e6; INV-2, 2026-01-16, hexocean, acme, 1250.5e6, carla;
/// INV-3, 2026-01-16, muses, globex, 19; INV-4, 2026-01-17, muses, "globex, inc", 999999999, a referrer beyond ASCII;
/// INV-5, 2026-02-28, snowfork, initech, 0. The tests of `crates/fees` compare the same root with OpenZeppelin's.
contract InvoiceProofTest is Test {
    struct Invoice {
        string id;
        uint256 date;
        string node;
        string client;
        uint256 gross;
        string referrer;
        uint256 fee;
    }

    bytes32 private constant ROOT = 0x477f02eeddbbed991462c4fdc3226d7075937de6246573cf2008e8af0cdc60fb;

    function test_proof_ofAnInvoice() public pure {
        (Invoice memory invoice, bytes32[] memory proof) = _first();
        assertEq(_leaf(invoice), 0x6ee19e62f5a8c39530233e264a6ee3ab1d2b9ecfcdb32455dd3ad4ec38cc28e8);
        assertTrue(MerkleProof.verify(proof, ROOT, _leaf(invoice)));
    }

    function test_proof_ofTextBeyondAscii() public pure {
        Invoice memory invoice =
            Invoice("INV-4", 20_260_117, "muses", "globex, inc", 999_999_999, unicode"ünï", 99_999_999);
        bytes32[] memory proof = new bytes32[](2);
        proof[0] = 0x4d015187e849778d537af8e1f6b47ccefa9f02079a0069ce41291d3b1bb7d434;
        proof[1] = 0xe36884a50f23fb8bbcf154ebff3f878e2c8c53b2f7c851694be71a56304aa60b;
        assertTrue(MerkleProof.verify(proof, ROOT, _leaf(invoice)));
    }

    function testFuzz_proof_ofAnotherInvoiceFails(uint256 gross, uint256 fee) public pure {
        (Invoice memory invoice, bytes32[] memory proof) = _first();
        vm.assume(gross != invoice.gross || fee != invoice.fee);
        (invoice.gross, invoice.fee) = (gross, fee);
        assertFalse(MerkleProof.verify(proof, ROOT, _leaf(invoice)));
    }

    /// @dev Whoever knows the tree cannot pass one of its nodes off as an invoice: a leaf is the hash of 32 bytes.
    function test_proof_ofANodeIsNotOfAnInvoice() public pure {
        (Invoice memory invoice, bytes32[] memory proof) = _first();
        (bytes32 left, bytes32 right) =
            _leaf(invoice) < proof[0] ? (_leaf(invoice), proof[0]) : (proof[0], _leaf(invoice));
        bytes32[] memory rest = new bytes32[](2);
        (rest[0], rest[1]) = (proof[1], proof[2]);
        assertTrue(MerkleProof.verify(rest, ROOT, keccak256(bytes.concat(left, right))));
        assertFalse(
            MerkleProof.verify(rest, ROOT, keccak256(bytes.concat(keccak256(bytes.concat(left, right)))))
        );
    }

    function _first() private pure returns (Invoice memory invoice, bytes32[] memory proof) {
        invoice = Invoice("INV-1", 20_260_115, "freelance_labs", "acme", 40_000e6, "", 4000e6);
        proof = new bytes32[](3);
        proof[0] = 0x417c2854588de16c45adc495690b982709380357fe81429316fbe22e4480d858;
        proof[1] = 0xb636e21c2ce926471694c29a0fc97bf13736b67642c081cf6e329c01957dc942;
        proof[2] = 0xe36884a50f23fb8bbcf154ebff3f878e2c8c53b2f7c851694be71a56304aa60b;
    }

    /// @dev As `docs/fees.md` has it.
    function _leaf(Invoice memory invoice) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                keccak256(
                    abi.encode(
                        invoice.id,
                        invoice.date,
                        invoice.node,
                        invoice.client,
                        invoice.gross,
                        invoice.referrer,
                        invoice.fee
                    )
                )
            )
        );
    }
}
