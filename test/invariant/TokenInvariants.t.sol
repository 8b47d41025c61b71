// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {TokenHandler} from "./TokenHandler.sol";

/// @title BTRST against its model after any sequence of operations
contract TokenInvariantsTest is Test {
    /// @dev Calls of a run, the depth of foundry.toml; a sequence that forge reduced after a failure is shorter and
    /// need not have met everything.
    uint256 private constant RUN = 64;
    /// @dev Checkpoints that the longest history must reach: with four archived pairs, the search strides and bisects.
    uint256 private constant LONG_HISTORY = 9;

    TokenHandler private handler;
    BTRST private token;
    uint256 private holderCount;

    function setUp() public {
        handler = new TokenHandler();
        token = handler.TOKEN();
        holderCount = handler.holderCount();
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = handler.act.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    /// All in one, so that every run is held against every property.
    /// forge-config: default.invariant.shrink-run-limit = 64
    function invariant_tokenEqualsItsModel() public {
        assertBalancesSumToTheSupply();
        assertVotesAreDelegatedBalances();
        assertCheckpointsIncreaseUpToThePresent();
        // One holder a call, in turn; all of them at the end of the run.
        assertAllowances(handler.holders(handler.calls() % holderCount));
        assertHistory(handler.holders(handler.calls() % holderCount));
        assertNotSettled(handler.blockNumber());
        assertNotSettled(handler.blockNumber() + 1);
        assertNotSettled(type(uint256).max);
    }

    function afterInvariant() public {
        uint32 longest = 0;
        for (uint256 i = 0; i < holderCount; ++i) {
            address holder = handler.holders(i);
            assertAllowances(holder);
            assertHistory(holder);
            if (token.numCheckpoints(holder) > longest) longest = token.numCheckpoints(holder);
        }
        if (handler.calls() < RUN) return;
        // Only what 160 random operations do not miss by chance; the rest is in the run below.
        assertGe(longest, LONG_HISTORY);
        assertEveryOperationPerformed();
        assertGt(handler.met(TokenHandler.Situation.CheckpointOverwritten), 0);
        assertGt(handler.met(TokenHandler.Situation.PairArchived), 0);
        assertGt(handler.met(TokenHandler.Situation.RedelegationBetweenHistories), 0);
    }

    /// One run, always the same: the handler meets every situation that it is meant to meet.
    function test_handler_meetsEverySituation() public {
        for (uint256 call = 0; call < RUN; ++call) {
            handler.act(call);
        }
        assertEveryOperationPerformed();
        for (uint8 i = 0; i <= uint8(type(TokenHandler.Situation).max); ++i) {
            assertGt(handler.met(TokenHandler.Situation(i)), 0);
        }
    }

    /// @dev Balances are those of the model and sum to the constant supply; nonces are the model's too.
    function assertBalancesSumToTheSupply() private view {
        uint256 sum = 0;
        for (uint256 i = 0; i < holderCount; ++i) {
            address holder = handler.holders(i);
            assertEq(token.balanceOf(holder), handler.balances(holder));
            assertEq(token.nonces(holder), handler.nonces(holder));
            sum += token.balanceOf(holder);
        }
        assertEq(sum, handler.SUPPLY());
        assertEq(token.totalSupply(), handler.SUPPLY());
    }

    /// @dev Votes are the balances of the delegators, and all votes together those of the holders that delegate.
    function assertVotesAreDelegatedBalances() private view {
        uint256 total = 0;
        uint256 delegated = 0;
        for (uint256 i = 0; i < holderCount; ++i) {
            address holder = handler.holders(i);
            assertEq(token.delegates(holder), handler.delegateOf(holder));
            assertEq(token.getCurrentVotes(holder), handler.votes(holder));
            assertEq(token.getVotes(holder), handler.votes(holder));
            total += token.getVotes(holder);
            if (token.delegates(holder) != address(0)) delegated += token.balanceOf(holder);
        }
        assertEq(total, delegated);
        assertLe(total, handler.SUPPLY());
        assertEq(token.getVotes(address(0)), 0);
    }

    /// @dev Checkpoints are at strictly increasing blocks, hence at most one a block; the last is the present.
    function assertCheckpointsIncreaseUpToThePresent() private view {
        for (uint256 i = 0; i < holderCount; ++i) {
            address holder = handler.holders(i);
            uint32 count = token.numCheckpoints(holder);
            IBTRST.Checkpoint memory last;
            for (uint32 index = 0; index < count; ++index) {
                IBTRST.Checkpoint memory next = token.checkpoints(holder, index);
                assertGt(next.fromBlock, last.fromBlock);
                last = next;
            }
            assertLe(last.fromBlock, handler.blockNumber());
            assertEq(last.votes, token.getCurrentVotes(holder));
            assertEq(token.checkpoints(holder, count).fromBlock, 0);
            assertEq(token.checkpoints(holder, count).votes, 0);
        }
    }

    function assertEveryOperationPerformed() private view {
        for (uint8 i = 0; i <= uint8(type(TokenHandler.Operation).max); ++i) {
            assertGt(handler.performed(TokenHandler.Operation(i)), 0);
        }
    }

    function assertAllowances(address owner) private view {
        for (uint256 i = 0; i < holderCount; ++i) {
            address spender = handler.holders(i);
            assertEq(token.allowance(owner, spender), handler.allowances(owner, spender));
        }
    }

    /// @dev Every past block answers what was true at its end, and both interfaces the same.
    function assertHistory(address holder) private {
        uint256 present = handler.blockNumber();
        vm.roll(present);
        for (uint256 number = handler.FIRST_BLOCK() - 1; number < present; ++number) {
            uint256 expected = handler.pastVotes(holder, number);
            assertEq(token.getPriorVotes(holder, number), expected);
            assertEq(token.getPastVotes(holder, number), expected);
        }
    }

    /// @dev Every view of the past refuses `timepoint`, which is not below the current block.
    function assertNotSettled(uint256 timepoint) private {
        bytes memory reason = abi.encodeWithSelector(
            IBTRST.ERC5805FutureLookup.selector, timepoint, uint48(handler.blockNumber())
        );
        address holder = handler.holders(0);
        vm.expectRevert(reason);
        token.getPriorVotes(holder, timepoint);
        vm.expectRevert(reason);
        token.getPastVotes(holder, timepoint);
        vm.expectRevert(reason);
        token.getPastTotalSupply(timepoint);
    }
}
