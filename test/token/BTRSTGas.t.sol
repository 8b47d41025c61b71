// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {BTRST} from "../../contracts/token/BTRST.sol";

/// @title Gas of whole transactions, against what the gas schedule charges at least
/// @notice A floor is 21,000, the calldata, the events and the slots that the operation must touch.
/// @dev Isolation makes each call a transaction of its own, with cold slots.
/// forge-config: default.isolate = true
contract BTRSTGasTest is Test {
    /// @dev Seven non-zero bytes: the floors include calldata, which is priced by byte.
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
        check("transfer to a fresh account", 50_500);
    }

    function test_gas_transferWithoutDelegates() public {
        transfer(bob);
        check("transfer without delegates", 33_400);
    }

    function test_gas_transferSenderDelegated() public {
        delegate(alice, alice);
        transfer(bob);
        check("transfer, sender delegated", 40_037);
    }

    function test_gas_transferBothDelegated() public {
        delegate(alice, alice);
        delegate(bob, bob);
        transfer(bob);
        check("transfer, both delegated, 1st", 46_674);
        transfer(bob);
        check("transfer, both delegated, 2nd", 90_874);
        transfer(bob);
        check("transfer, both delegated, 3rd", 46_674);
        transfer(bob);
        check("transfer, both delegated, 4th", 90_874);
    }

    function test_gas_delegateFirst() public {
        delegate(alice, alice);
        check("delegate to oneself, first", 52_044);
    }

    function test_gas_redelegateWithCheckpoints() public {
        delegate(alice, alice);
        delegate(bob, bob);
        delegate(alice, bob);
        check("delegate anew, one checkpoint a side", 41_581);
    }

    function test_gas_redelegateWithoutCheckpoints() public {
        delegate(alice, alice);
        delegate(alice, bob);
        check("delegate anew, delegate without checkpoints", 58_681);
    }

    function test_gas_approve() public {
        vm.prank(alice);
        token.approve(bob, AMOUNT);
        check("approve, fresh", 45_500);
        vm.prank(alice);
        token.approve(bob, 2 * AMOUNT);
        check("approve, overwrite", 28_400);
    }

    function test_gas_transferFromFinite() public {
        vm.prank(alice);
        token.approve(carol, 2 * AMOUNT);
        vm.prank(carol);
        token.transferFrom(alice, bob, AMOUNT);
        // The schedule's 38,768 and the Approval event that COMP emits here.
        check("transferFrom, finite allowance", 40_524);
    }

    function test_gas_transferFromUnlimited() public {
        vm.prank(alice);
        token.approve(carol, type(uint256).max);
        vm.prank(carol);
        token.transferFrom(alice, bob, AMOUNT);
        check("transferFrom, unlimited allowance", 35_868);
    }

    function test_gas_permit() public {
        bytes32 message =
            keccak256(abi.encode(token.PERMIT_TYPEHASH(), alice, bob, AMOUNT, 0, block.timestamp + 1 hours));
        (uint8 v, bytes32 r, bytes32 s) = sign(message);
        vm.prank(bob);
        token.permit(alice, bob, AMOUNT, block.timestamp + 1 hours, v, r, s);
        check("permit, fresh", 72_372);
    }

    function test_gas_delegateBySig() public {
        bytes32 message =
            keccak256(abi.encode(token.DELEGATION_TYPEHASH(), alice, 0, block.timestamp + 1 hours));
        (uint8 v, bytes32 r, bytes32 s) = sign(message);
        vm.prank(bob);
        token.delegateBySig(alice, 0, block.timestamp + 1 hours, v, r, s);
        check("delegateBySig to oneself, first", 78_676);
    }

    /// @dev The last transaction cost at most 4% more than its floor.
    function check(string memory operation, uint256 floor) private {
        assertLe(vm.lastCallGas().gasTotalUsed, floor * 104 / 100, operation);
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
