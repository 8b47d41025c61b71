// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {Artifacts} from "../base/Artifacts.sol";

/// @title BTRST against the compiled UNI token, a member of the COMP generation that BTRST succeeds
contract BTRSTDifferentialTest is Test {
    uint256 private constant SUPPLY = 250_000_000e18;
    uint256 private constant UNI_SUPPLY = 1_000_000_000e18;
    uint256 private constant FIRST_BLOCK = 1000;
    uint256 private constant BLOCKS = 32;

    IBTRST private token;
    IBTRST private uni;
    address[4] private accounts = [address(0xA1), address(0xB2), address(0xC3), address(0xD4)];

    function setUp() public {
        vm.roll(FIRST_BLOCK);
        vm.warp(1_600_000_000);
        token = new BTRST(accounts[0]);
        bytes memory arguments = abi.encode(accounts[0], accounts[0], block.timestamp + 1);
        uni = IBTRST(Artifacts.deploy("@uniswap/governance/build/Uni.json", arguments));
        // The same supply in play: the rest of UNI's goes to an account that takes no part.
        vm.prank(accounts[0]);
        uni.transfer(address(0xDEAD), UNI_SUPPLY - SUPPLY);
    }

    function testFuzz_differential_equalsUni(uint256 seed) public {
        for (uint256 b = 0; b < BLOCKS; ++b) {
            vm.roll(FIRST_BLOCK + b);
            seed = uint256(keccak256(abi.encode(seed)));
            for (uint256 operations = seed % 4; operations > 0; --operations) {
                seed = uint256(keccak256(abi.encode(seed)));
                act(seed);
            }
        }
        vm.roll(FIRST_BLOCK + BLOCKS);
        for (uint256 i = 0; i < 4; ++i) {
            assertEqualHistory(accounts[i]);
        }
    }

    /// @dev One random call to both tokens; it must succeed or fail alike.
    function act(uint256 seed) private {
        address caller = accounts[seed >> 8 & 3];
        address other = accounts[seed >> 16 & 3];
        address third = seed >> 24 & 15 == 0 ? address(0) : accounts[seed >> 32 & 3];
        // Up to a little more than the balance, so that some calls fail.
        uint256 amount = (seed >> 64) % (token.balanceOf(caller) * 9 / 8 + 2);
        if (seed >> 40 & 31 == 0) amount = type(uint256).max;
        bytes memory data;
        if (seed % 5 < 2) data = abi.encodeCall(IBTRST.transfer, (third, amount));
        else if (seed % 5 == 2) data = abi.encodeCall(IBTRST.delegate, (third));
        else if (seed % 5 == 3) data = abi.encodeCall(IBTRST.approve, (other, amount));
        else data = abi.encodeCall(IBTRST.transferFrom, (other, third, amount));

        vm.prank(caller);
        (bool tokenSuccess, bytes memory tokenReturn) = address(token).call(data);
        vm.prank(caller);
        (bool uniSuccess, bytes memory uniReturn) = address(uni).call(data);
        assertEq(tokenSuccess, uniSuccess);
        if (tokenSuccess) assertEq(tokenReturn, uniReturn);
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(token.balanceOf(accounts[i]), uni.balanceOf(accounts[i]));
            assertEq(token.delegates(accounts[i]), uni.delegates(accounts[i]));
            assertEq(token.getCurrentVotes(accounts[i]), uni.getCurrentVotes(accounts[i]));
            assertEq(token.allowance(caller, accounts[i]), uni.allowance(caller, accounts[i]));
            assertEq(token.allowance(accounts[i], caller), uni.allowance(accounts[i], caller));
        }
    }

    function assertEqualHistory(address account) private view {
        uint32 count = token.numCheckpoints(account);
        assertEq(count, uni.numCheckpoints(account));
        for (uint32 index = 0; index <= count; ++index) {
            assertEq(token.checkpoints(account, index).fromBlock, uni.checkpoints(account, index).fromBlock);
            assertEq(token.checkpoints(account, index).votes, uni.checkpoints(account, index).votes);
        }
        for (uint256 number = FIRST_BLOCK - 1; number < FIRST_BLOCK + BLOCKS; ++number) {
            assertEq(token.getPriorVotes(account, number), uni.getPriorVotes(account, number));
        }
    }
}
