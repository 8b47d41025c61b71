// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {BTRST} from "../../contracts/token/BTRST.sol";

/// @title Gas of whole transactions, against the floor of the gas schedule and the cheapest peer
/// @notice `floor` is what the schedule charges for the ABI, the events and the slots that must be touched; `peer`
/// is the cheapest of COMP, UNI, the live BTRST, OpenZeppelin and Solady. Both are whole transactions: 21,000, calldata
/// and refunds included.
/// forge-config: default.isolate = true
contract BTRSTGasTest is Test {
    /// @dev Amounts of seven non-zero bytes, as in the measurements of the peers: calldata is priced by byte.
    uint256 private constant AMOUNT = 100e18;

    BTRST private token;
    address private alice;
    address private bob;
    address private carol;
    uint256 private aliceKey;

    function setUp() public {
        (alice, aliceKey) = makeAddrAndKey("alice");
        bob = makeAddr("bob");
        carol = makeAddr("carol");
        vm.warp(1_700_000_000);
        vm.roll(20_000_000);
        token = new BTRST(alice);
        vm.prank(alice);
        token.transfer(bob, 1000e18);
        nextBlock();
    }

    function test_gas_transferToFreshAccount() public {
        transfer(carol);
        check("transfer to a fresh account", 50_500, 55_725);
    }

    function test_gas_transferWithoutDelegates() public {
        transfer(bob);
        check("transfer without delegates", 33_400, 38_625);
    }

    function test_gas_transferSenderDelegated() public {
        delegate(alice, alice);
        transfer(bob);
        check("transfer, sender delegated", 40_037, 70_047);
    }

    function test_gas_transferBothDelegated() public {
        delegate(alice, alice);
        delegate(bob, bob);
        transfer(bob);
        check("transfer, both delegated, 1st", 46_674, 97_367);
        transfer(bob);
        check("transfer, both delegated, 2nd", 90_874, 101_367);
        transfer(bob);
        check("transfer, both delegated, 3rd", 46_674, 101_367);
        transfer(bob);
        check("transfer, both delegated, 4th", 90_874, 101_367);
    }

    function test_gas_delegateFirst() public {
        delegate(alice, alice);
        check("delegate to oneself, first", 52_044, 72_212);
    }

    function test_gas_redelegateWithCheckpoints() public {
        delegate(alice, alice);
        delegate(bob, bob);
        delegate(alice, bob);
        check("delegate anew, one checkpoint a side", 41_581, 91_772);
    }

    function test_gas_redelegateWithoutCheckpoints() public {
        delegate(alice, alice);
        delegate(alice, bob);
        check("delegate anew, delegate without checkpoints", 58_681, 84_447);
    }

    function test_gas_approve() public {
        vm.prank(alice);
        token.approve(bob, AMOUNT);
        check("approve, fresh", 45_500, 45_881);
        vm.prank(alice);
        token.approve(bob, 2 * AMOUNT);
        check("approve, overwrite", 28_400, 28_781);
    }

    function test_gas_transferFromFinite() public {
        vm.prank(alice);
        token.approve(carol, 2 * AMOUNT);
        vm.prank(carol);
        token.transferFrom(alice, bob, AMOUNT);
        check("transferFrom, finite allowance", 38_768, 44_010);
    }

    function test_gas_transferFromUnlimited() public {
        vm.prank(alice);
        token.approve(carol, type(uint256).max);
        vm.prank(carol);
        token.transferFrom(alice, bob, AMOUNT);
        check("transferFrom, unlimited allowance", 35_868, 41_058);
    }

    function test_gas_permit() public {
        bytes32 message = keccak256(
            abi.encode(token.PERMIT_TYPEHASH(), alice, bob, AMOUNT, 0, block.timestamp + 1 hours)
        );
        (uint8 v, bytes32 r, bytes32 s) = sign(message);
        vm.prank(bob);
        token.permit(alice, bob, AMOUNT, block.timestamp + 1 hours, v, r, s);
        check("permit, fresh", 72_372, 73_969);
    }

    function test_gas_delegateBySig() public {
        bytes32 message =
            keccak256(abi.encode(token.DELEGATION_TYPEHASH(), alice, 0, block.timestamp + 1 hours));
        (uint8 v, bytes32 r, bytes32 s) = sign(message);
        vm.prank(bob);
        token.delegateBySig(alice, 0, block.timestamp + 1 hours, v, r, s);
        check("delegateBySig to oneself, first", 78_676, 99_935);
    }

    function check(string memory operation, uint256 floor, uint256 peer) private {
        uint256 used = vm.lastCallGas().gasTotalUsed;
        emit log_named_string(operation, string.concat(vm.toString(used), " / ", vm.toString(used * 10000 / floor), " / peer ", vm.toString(peer)));
        nextBlock();
    }

    function transfer(address to) private {
        vm.prank(alice);
        token.transfer(to, AMOUNT);
    }

    function delegate(address from, address to) private {
        vm.prank(from);
        token.delegate(to);
        nextBlock();
    }

    function nextBlock() private {
        vm.roll(vm.getBlockNumber() + 1);
    }

    function sign(bytes32 message) private view returns (uint8, bytes32, bytes32) {
        return vm.sign(aliceKey, keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), message)));
    }
}
