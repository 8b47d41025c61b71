// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {AllocationLockup} from "../../contracts/token/AllocationLockup.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {VestingWalletCliff} from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";

/// @title The lock-up releases what its schedule says to its owner, who votes with the rest
contract AllocationLockupTest is Test {
    uint64 private constant START = 1_800_000_000;
    uint64 private constant CLIFF = 365 days;
    uint64 private constant DURATION = 4 * 365 days;
    uint256 private constant AMOUNT = 9_500_000e18;

    BTRST private token;
    AllocationLockup private lockup;
    address private beneficiary = makeAddr("beneficiary");
    address private delegatee = makeAddr("delegatee");
    address private stranger = makeAddr("stranger");

    function setUp() public {
        vm.warp(START - 1 days);
        vm.roll(20_000_000);
        token = new BTRST(address(this));
        lockup = new AllocationLockup(token, beneficiary, START, CLIFF, DURATION);
        token.transfer(address(lockup), AMOUNT);
    }

    function test_constructor_keepsItsTerms() public view {
        assertEq(address(lockup.token()), address(token), "token");
        assertEq(lockup.owner(), beneficiary, "owner");
        assertEq(lockup.start(), START, "start");
        assertEq(lockup.cliff(), START + CLIFF, "cliff");
        assertEq(lockup.end(), START + DURATION, "end");
    }

    function test_RevertWhen_theCliffIsAfterTheEnd() public {
        vm.expectRevert(
            abi.encodeWithSelector(VestingWalletCliff.InvalidCliffDuration.selector, DURATION + 1, DURATION)
        );
        new AllocationLockup(token, beneficiary, START, DURATION + 1, DURATION);
    }

    function test_RevertWhen_nobodyIsTheBeneficiary() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableInvalidOwner.selector, address(0)));
        new AllocationLockup(token, address(0), START, CLIFF, DURATION);
    }

    function test_release_givesNothingBeforeTheCliff() public {
        vm.warp(START + CLIFF - 1);
        lockup.release(address(token));
        assertEq(token.balanceOf(beneficiary), 0, "before the cliff");
        vm.warp(START + CLIFF);
        lockup.release(address(token));
        assertEq(token.balanceOf(beneficiary), AMOUNT / 4, "at the cliff");
    }

    function test_release_givesEverythingAtTheEnd() public {
        vm.warp(START + DURATION);
        vm.prank(stranger);
        lockup.release(address(token));
        assertEq(token.balanceOf(beneficiary), AMOUNT, "released");
        assertEq(token.balanceOf(address(lockup)), 0, "left");
    }

    function testFuzz_release_followsTheSchedule(uint64 first, uint64 second) public {
        first = uint64(bound(first, START, START + 2 * DURATION));
        second = uint64(bound(second, first, START + 2 * DURATION));
        vm.warp(first);
        lockup.release(address(token));
        assertEq(token.balanceOf(beneficiary), vested(first), "first");
        vm.warp(second);
        lockup.release(address(token));
        assertEq(token.balanceOf(beneficiary), vested(second), "second");
        assertEq(token.balanceOf(address(lockup)), AMOUNT - vested(second), "locked");
    }

    function test_delegate_letsTheDelegateeVoteWithWhatIsLocked() public {
        assertEq(token.getCurrentVotes(delegatee), 0, "at first");
        vm.prank(beneficiary);
        lockup.delegate(delegatee);
        assertEq(token.getCurrentVotes(delegatee), AMOUNT, "delegated");
        vm.warp(START + CLIFF);
        lockup.release(address(token));
        assertEq(token.getCurrentVotes(delegatee), AMOUNT - AMOUNT / 4, "after a release");
    }

    function testFuzz_RevertWhen_delegate_isNotCalledByTheOwner(address caller) public {
        vm.assume(caller != beneficiary);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        lockup.delegate(caller);
    }

    function test_delegate_belongsToTheNewOwner() public {
        vm.prank(beneficiary);
        lockup.transferOwnership(stranger);
        vm.prank(stranger);
        lockup.delegate(stranger);
        assertEq(token.getCurrentVotes(stranger), AMOUNT, "votes");
        vm.prank(beneficiary);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, beneficiary));
        lockup.delegate(beneficiary);
    }

    /// What the schedule says, computed apart.
    function vested(uint64 time) private pure returns (uint256) {
        if (time < START + CLIFF) return 0;
        if (time >= START + DURATION) return AMOUNT;
        return AMOUNT * (time - START) / DURATION;
    }
}

/// @title Gas of the lock-up's two operations, as whole transactions
/// forge-config: default.isolate = true
contract AllocationLockupGasTest is Test {
    function test_gas_lockup() public {
        vm.warp(1_800_000_000);
        BTRST token = new BTRST(address(this));
        address owner = makeAddr("owner");
        AllocationLockup lockup = new AllocationLockup(IBTRST(token), owner, 1_800_000_000, 0, 365 days);
        token.transfer(address(lockup), 1000e18);
        vm.roll(vm.getBlockNumber() + 1);
        vm.prank(owner);
        lockup.delegate(owner);
        vm.snapshotGasLastCall("AllocationLockup", "delegate");
        vm.warp(1_800_000_000 + 100 days);
        lockup.release(address(token));
        vm.snapshotGasLastCall("AllocationLockup", "release");
        assertEq(token.balanceOf(owner), uint256(1000e18) * 100 / 365);
    }
}
