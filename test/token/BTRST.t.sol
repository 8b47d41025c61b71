// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";

/// @title Balances, allowances, delegation and votes
contract BTRSTTest is Test {
    uint256 private constant SUPPLY = 250_000_000e18;

    IBTRST private token;
    address private alice = makeAddr("alice");
    address private bob = makeAddr("bob");
    address private carol = makeAddr("carol");
    address private dave = makeAddr("dave");

    function setUp() public {
        vm.roll(100);
        token = new BTRST(alice);
    }

    function test_constructor_givesSupplyToAccount() public {
        vm.expectEmit();
        emit IBTRST.Transfer(address(0), bob, SUPPLY);
        IBTRST fresh = new BTRST(bob);
        assertEq(fresh.balanceOf(bob), SUPPLY);
        assertEq(fresh.totalSupply(), SUPPLY);
        assertEq(fresh.delegates(bob), address(0));
        assertEq(fresh.getVotes(bob), 0);
    }

    function test_RevertWhen_constructor_zeroAccount() public {
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InvalidReceiver.selector, address(0)));
        new BTRST(address(0));
    }

    function test_metadata() public view {
        assertEq(token.name(), "BTRST");
        assertEq(token.symbol(), "BTRST");
        assertEq(token.decimals(), 18);
        assertEq(token.clock(), 100);
        assertEq(token.CLOCK_MODE(), "mode=blocknumber&from=default");
    }

    function test_transfer_movesBalance() public {
        vm.expectEmit();
        emit IBTRST.Transfer(alice, bob, 10);
        vm.prank(alice);
        assertTrue(token.transfer(bob, 10));
        assertEq(token.balanceOf(alice), SUPPLY - 10);
        assertEq(token.balanceOf(bob), 10);
    }

    function test_transfer_wholeBalanceKeepsDelegates() public {
        delegate(alice, carol);
        delegate(bob, dave);
        transfer(alice, bob, SUPPLY);
        assertEq(token.balanceOf(alice), 0);
        assertEq(token.balanceOf(bob), SUPPLY);
        assertEq(token.delegates(alice), carol);
        assertEq(token.delegates(bob), dave);
        assertEq(token.getVotes(carol), 0);
        assertEq(token.getVotes(dave), SUPPLY);
    }

    function test_transfer_toOneselfChangesNothing() public {
        delegate(alice, carol);
        vm.roll(101);
        vm.recordLogs();
        transfer(alice, alice, SUPPLY);
        assertEq(vm.getRecordedLogs().length, 1, "only Transfer");
        assertEq(token.balanceOf(alice), SUPPLY);
        assertEq(token.getVotes(carol), SUPPLY);
        assertEq(token.numCheckpoints(carol), 1);
    }

    function test_transfer_zeroChangesNoVotes() public {
        delegate(alice, carol);
        delegate(bob, dave);
        vm.roll(101);
        vm.recordLogs();
        transfer(alice, bob, 0);
        assertEq(vm.getRecordedLogs().length, 1, "only Transfer");
        assertEq(token.numCheckpoints(carol), 1);
        assertEq(token.numCheckpoints(dave), 0);
    }

    function test_transfer_sameDelegateChangesNoVotes() public {
        delegate(alice, carol);
        delegate(bob, carol);
        vm.roll(101);
        transfer(alice, bob, 10);
        assertEq(token.getVotes(carol), SUPPLY);
        assertEq(token.numCheckpoints(carol), 1);
    }

    function test_transfer_movesVotesBetweenDelegates() public {
        delegate(alice, carol);
        delegate(bob, dave);
        vm.roll(101);
        vm.expectEmit();
        emit IBTRST.Transfer(alice, bob, 10);
        vm.expectEmit();
        emit IBTRST.DelegateVotesChanged(carol, SUPPLY, SUPPLY - 10);
        vm.expectEmit();
        emit IBTRST.DelegateVotesChanged(dave, 0, 10);
        transfer(alice, bob, 10);
        assertEq(token.getCurrentVotes(carol), SUPPLY - 10);
        assertEq(token.getCurrentVotes(dave), 10);
    }

    function test_RevertWhen_transfer_toZero() public {
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InvalidReceiver.selector, address(0)));
        transfer(alice, address(0), 1);
    }

    function test_RevertWhen_transfer_moreThanBalance() public {
        transfer(alice, bob, 10);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InsufficientBalance.selector, bob, 10, 11));
        transfer(bob, alice, 11);
        vm.expectRevert(
            abi.encodeWithSelector(IBTRST.ERC20InsufficientBalance.selector, bob, 10, type(uint256).max)
        );
        transfer(bob, bob, type(uint256).max);
        // An amount whose low 96 bits are covered must not pass for them.
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InsufficientBalance.selector, bob, 10, 1 << 96));
        transfer(bob, alice, 1 << 96);
    }

    function test_transferFrom_spendsAllowance() public {
        approve(alice, bob, 30);
        vm.expectEmit();
        emit IBTRST.Approval(alice, bob, 20);
        vm.expectEmit();
        emit IBTRST.Transfer(alice, carol, 10);
        vm.prank(bob);
        assertTrue(token.transferFrom(alice, carol, 10));
        assertEq(token.allowance(alice, bob), 20);
        assertEq(token.balanceOf(carol), 10);
        vm.prank(bob);
        token.transferFrom(alice, carol, 20);
        assertEq(token.allowance(alice, bob), 0);
    }

    function test_transferFrom_unlimitedAllowanceStays() public {
        approve(alice, bob, type(uint256).max);
        vm.recordLogs();
        vm.prank(bob);
        token.transferFrom(alice, carol, SUPPLY);
        assertEq(vm.getRecordedLogs().length, 1, "only Transfer");
        assertEq(token.allowance(alice, bob), type(uint96).max);
    }

    function test_transferFrom_ownerNeedsNoAllowance() public {
        approve(alice, alice, 1);
        vm.prank(alice);
        token.transferFrom(alice, carol, 10);
        assertEq(token.balanceOf(carol), 10);
        assertEq(token.allowance(alice, alice), 1);
    }

    function test_RevertWhen_transferFrom_moreThanAllowance() public {
        approve(alice, bob, 10);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InsufficientAllowance.selector, bob, 10, 11));
        vm.prank(bob);
        token.transferFrom(alice, carol, 11);
    }

    function test_RevertWhen_transferFrom_moreThanBalance() public {
        approve(carol, bob, type(uint96).max);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InsufficientBalance.selector, carol, 0, 1));
        vm.prank(bob);
        token.transferFrom(carol, bob, 1);
    }

    function test_RevertWhen_transferFrom_toZero() public {
        approve(alice, bob, 10);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InvalidReceiver.selector, address(0)));
        vm.prank(bob);
        token.transferFrom(alice, address(0), 10);
        assertEq(token.allowance(alice, bob), 10);
    }

    function test_RevertWhen_transferFrom_fromZero() public {
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InvalidSender.selector, address(0)));
        vm.prank(bob);
        token.transferFrom(address(0), bob, 0);
    }

    function test_approve_storesAndReplaces() public {
        vm.expectEmit();
        emit IBTRST.Approval(alice, bob, 10);
        vm.prank(alice);
        assertTrue(token.approve(bob, 10));
        assertEq(token.allowance(alice, bob), 10);
        assertEq(token.allowance(bob, alice), 0);
        approve(alice, bob, type(uint96).max - 1);
        assertEq(token.allowance(alice, bob), type(uint96).max - 1);
        approve(alice, bob, 0);
        assertEq(token.allowance(alice, bob), 0);
    }

    function test_approve_storesUnlimitedAs96Bits() public {
        vm.expectEmit();
        emit IBTRST.Approval(alice, bob, type(uint96).max);
        approve(alice, bob, type(uint256).max);
        assertEq(token.allowance(alice, bob), type(uint96).max);
        approve(alice, carol, type(uint96).max);
        assertEq(token.allowance(alice, carol), type(uint96).max);
    }

    function testFuzz_RevertWhen_approve_exceeds96Bits(uint256 amount) public {
        amount = bound(amount, uint256(type(uint96).max) + 1, type(uint256).max - 1);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.AmountExceeds96Bits.selector, amount));
        approve(alice, bob, amount);
    }

    function test_delegate_movesVotes() public {
        vm.expectEmit();
        emit IBTRST.DelegateChanged(alice, address(0), bob);
        vm.expectEmit();
        emit IBTRST.DelegateVotesChanged(bob, 0, SUPPLY);
        delegate(alice, bob);
        assertEq(token.delegates(alice), bob);
        assertEq(token.balanceOf(alice), SUPPLY);

        vm.roll(101);
        vm.expectEmit();
        emit IBTRST.DelegateChanged(alice, bob, carol);
        vm.expectEmit();
        emit IBTRST.DelegateVotesChanged(bob, SUPPLY, 0);
        vm.expectEmit();
        emit IBTRST.DelegateVotesChanged(carol, 0, SUPPLY);
        delegate(alice, carol);
        assertEq(token.getVotes(bob), 0);
        assertEq(token.getVotes(carol), SUPPLY);
        assertEq(token.getPriorVotes(bob, 100), SUPPLY);
    }

    function test_delegate_toZeroWithdrawsVotes() public {
        delegate(alice, bob);
        vm.roll(101);
        delegate(alice, address(0));
        assertEq(token.delegates(alice), address(0));
        assertEq(token.getVotes(bob), 0);
        assertEq(token.getVotes(address(0)), 0);
        assertEq(token.numCheckpoints(address(0)), 0);
    }

    function test_delegate_sameDelegateChangesNoVotes() public {
        delegate(alice, bob);
        vm.roll(101);
        vm.recordLogs();
        delegate(alice, bob);
        assertEq(vm.getRecordedLogs().length, 1, "only DelegateChanged");
        assertEq(token.getVotes(bob), SUPPLY);
        assertEq(token.numCheckpoints(bob), 1);
    }

    function test_delegate_withoutBalanceWritesNoCheckpoint() public {
        delegate(bob, carol);
        assertEq(token.delegates(bob), carol);
        assertEq(token.numCheckpoints(carol), 0);
    }

    function test_getPriorVotes_sameBlockChangesCountAtItsEnd() public {
        delegate(alice, alice);
        transfer(alice, bob, 10);
        transfer(alice, bob, 20);
        assertEq(token.numCheckpoints(alice), 1);
        vm.roll(101);
        assertEq(token.getPriorVotes(alice, 99), 0);
        assertEq(token.getPriorVotes(alice, 100), SUPPLY - 30);
    }

    /// @dev Tokens that come and go within a block, as in a flash loan, leave no votes at any block.
    function test_getPriorVotes_tokensHeldWithinBlockGiveNone() public {
        delegate(bob, bob);
        transfer(alice, bob, SUPPLY);
        assertEq(token.getCurrentVotes(bob), SUPPLY);
        transfer(bob, alice, SUPPLY);
        vm.roll(101);
        assertEq(token.getPriorVotes(bob, 100), 0);
    }

    function test_checkpoints_readPairsThenHead() public {
        delegate(alice, alice);
        for (uint256 i = 1; i <= 5; ++i) {
            assertEq(token.numCheckpoints(alice), i);
            for (uint256 index = 0; index < i; ++index) {
                IBTRST.Checkpoint memory checkpoint = token.checkpoints(alice, uint32(index));
                assertEq(checkpoint.fromBlock, 100 + index);
                assertEq(checkpoint.votes, SUPPLY - 10 * index);
            }
            assertEq(token.checkpoints(alice, uint32(i)).fromBlock, 0);
            assertEq(token.checkpoints(alice, uint32(i)).votes, 0);
            assertEq(token.checkpoints(alice, type(uint32).max).fromBlock, 0);
            vm.roll(100 + i);
            transfer(alice, bob, 10);
        }
    }

    function test_RevertWhen_getPriorVotes_currentBlock() public {
        assertNotSettled(100);
    }

    function testFuzz_RevertWhen_getPriorVotes_notSettled(uint256 timepoint) public {
        assertNotSettled(bound(timepoint, 100, type(uint256).max));
    }

    function test_getPastTotalSupply_isConstant() public view {
        assertEq(token.getPastTotalSupply(0), SUPPLY);
        assertEq(token.getPastTotalSupply(99), SUPPLY);
    }

    /// @dev Forced dust cannot freeze or lose history when the 16-bit count of an account is full.
    function test_transfer_acrossSaturatedCount() public {
        delegate(alice, alice);
        vm.roll(101);
        transfer(alice, bob, 10);
        bytes32 head = keccak256(abi.encode(alice, 0));
        uint256 checkpoints = uint256(vm.load(address(token), head)) & type(uint240).max;
        vm.store(address(token), head, bytes32(uint256(65_533) << 240 | checkpoints));
        for (uint256 i = 1; i <= 8; ++i) {
            assertEq(token.numCheckpoints(alice), 2 * 65_533 + i + 1);
            for (uint256 j = 0; j <= i; ++j) {
                if (j < i) assertEq(token.getPriorVotes(alice, 100 + j), SUPPLY - 10 * j);
                assertEq(token.checkpoints(alice, uint32(2 * 65_533 + j)).fromBlock, 100 + j);
                assertEq(token.checkpoints(alice, uint32(2 * 65_533 + j)).votes, SUPPLY - 10 * j);
            }
            vm.roll(101 + i);
            transfer(alice, bob, 10);
        }
    }

    /// @dev Random transfers and delegations, several a block, against sums over the accounts at the end of every block.
    function testFuzz_votes_equalDelegatedBalancesAtEveryBlock(uint256 seed) public {
        address[4] memory accounts = [alice, bob, carol, dave];
        uint256[4][24] memory expected;
        for (uint256 b = 0; b < 24; ++b) {
            vm.roll(100 + b);
            for (uint256 operations = seed % 4; operations > 0; --operations) {
                seed = uint256(keccak256(abi.encode(seed)));
                address from = accounts[seed >> 8 & 3];
                address to = accounts[seed >> 16 & 3];
                if (seed & 1 == 0) delegate(from, seed >> 24 & 7 == 0 ? address(0) : to);
                else transfer(from, to, (seed >> 64) % (token.balanceOf(from) + 1));
            }
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 sum;
            for (uint256 i = 0; i < 4; ++i) {
                sum += token.balanceOf(accounts[i]);
                for (uint256 j = 0; j < 4; ++j) {
                    if (token.delegates(accounts[j]) == accounts[i]) {
                        expected[b][i] += token.balanceOf(accounts[j]);
                    }
                }
                assertEq(token.getCurrentVotes(accounts[i]), expected[b][i]);
                assertEq(token.getVotes(accounts[i]), expected[b][i]);
            }
            assertEq(sum, SUPPLY);
        }
        vm.roll(124);
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(token.getPriorVotes(accounts[i], 99), 0);
            for (uint256 b = 0; b < 24; ++b) {
                assertEq(token.getPriorVotes(accounts[i], 100 + b), expected[b][i]);
                assertEq(token.getPastVotes(accounts[i], 100 + b), expected[b][i]);
            }
            uint32 count = token.numCheckpoints(accounts[i]);
            for (uint32 index = 1; index < count; ++index) {
                assertLt(
                    token.checkpoints(accounts[i], index - 1).fromBlock,
                    token.checkpoints(accounts[i], index).fromBlock
                );
            }
            if (count != 0) {
                assertEq(token.checkpoints(accounts[i], count - 1).votes, token.getVotes(accounts[i]));
            }
        }
    }

    /// @dev Every view of the past refuses `timepoint`, which is not below the current block, 100.
    function assertNotSettled(uint256 timepoint) private {
        bytes memory reason =
            abi.encodeWithSelector(IBTRST.ERC5805FutureLookup.selector, timepoint, uint48(100));
        vm.expectRevert(reason);
        token.getPriorVotes(alice, timepoint);
        vm.expectRevert(reason);
        token.getPastVotes(alice, timepoint);
        vm.expectRevert(reason);
        token.getPastTotalSupply(timepoint);
    }

    function transfer(address from, address to, uint256 amount) private {
        vm.prank(from);
        token.transfer(to, amount);
    }

    function approve(address owner, address spender, uint256 amount) private {
        vm.prank(owner);
        token.approve(spender, amount);
    }

    function delegate(address from, address to) private {
        vm.prank(from);
        token.delegate(to);
    }
}
