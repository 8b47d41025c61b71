// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketFixture} from "./MarketFixture.sol";
import {IPoolSetup} from "./PoolActor.sol";
import {ReferencePrice} from "./ReferencePrice.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";

/// @dev What the numbers of a plan mean. `Blocks` are all the adversary's: nobody else trades in them.
enum Move {
    /// Ticks by which it first makes BTRST dearer; negative: cheaper.
    Push,
    /// Blocks of 12 seconds from the push to the conversion.
    Blocks,
    /// Liquidity that it adds for the conversion: none for 0, else 2^n sixteenths of the pool's.
    Liquidity,
    /// Tick spacings from the middle of that liquidity to either end.
    Width,
    /// Ticks from the price to that middle, on the dearer side when positive.
    Offset,
    /// 1 to add it before the push, whose fees it then earns itself.
    Early,
    /// What its call of the converter spends, in percent of what the guards allow.
    Share,
    /// Ticks from the undisturbed price at which it stops to trade back.
    Rest,
    /// 1 to take its standing liquidity out for the push.
    Pull,
    /// Sixteenths of a tick by which it makes BTRST dearer still, within the tick that it pushed to.
    Within
}

/// @dev What a plan led to, in USDC (6 decimals) at the undisturbed price.
struct Outcome {
    /// What the converter spent; zero when it refused.
    uint256 usdcIn;
    /// What the adversary gained, less the pool fees that its liquidity earned on the converter's own swap.
    int256 profit;
    /// What the treasury received less than the same USDC buys on the pool left alone.
    int256 loss;
    /// What the converter paid above the undisturbed price and the pool's fee.
    int256 cost;
    /// Ticks by which BTRST was dearer in the mean over the window than undisturbed.
    int256 lag;
}

/// @title An adversary that plays against the converter, and searches for its best plan
abstract contract SandwichGame is MarketFixture {
    uint256 internal constant MOVES = 10;
    uint256 private constant SECONDS_PER_BLOCK = 12;

    /// @dev Most blocks that a plan may take.
    int256 internal constant BLOCKS = 30;

    /// @dev Two searches: for the greatest profit, and for the greatest profit at the treasury's expense.
    enum Aim {
        Profit,
        Spoils
    }

    /// @dev The liquidity that the adversary added for the moment.
    int24 private _lower;
    int24 private _upper;
    uint128 private _added;

    /// @dev The numbers that each move can have.
    function _bounds() internal pure returns (int256[MOVES] memory least, int256[MOVES] memory most) {
        least = [int256(-450), 0, 0, 1, -300, 0, 1, 0, 0, 0];
        most = [int256(500), BLOCKS, 10, 40, 300, 1, 100, 400, 1, 15];
    }

    /// @dev What the adversary gained at the treasury's expense.
    function _spoils(Outcome memory outcome) internal pure returns (int256) {
        return outcome.profit < outcome.loss ? outcome.profit : outcome.loss;
    }

    /// @dev Climbs from several starts: turns one move at a time, keeps what is better, takes ever smaller steps.
    function _search(Aim aim, uint256 rounds, int256 blocks)
        internal
        returns (int256[MOVES] memory best, Outcome memory outcome)
    {
        int256 fee = int256(uint256(pool.fee())) / 100;
        int256[MOVES][7] memory starts = [
            [int256(0), 0, 0, 1, 0, 0, 100, 0, 0, 0],
            [int256(0), 0, 8, 2, 60, 0, 100, 60, 0, 0],
            [int256(40), 0, 10, 2, 0, 0, 100, 0, 0, 0],
            [int256(60), 1, 10, 4, 0, 0, 100, 60, 1, 0],
            [int256(200), 1, 8, 10, 0, 1, 100, 400, 1, 0],
            [int256(0), 0, 10, 1, 80, 0, 100, 2, 0, 15],
            [fee * 27 / 100, 1, 10, 1, 20 + 2 * fee, 0, 100, 400, 0, 0]
        ];
        for (uint256 i = 0; i < starts.length; i++) {
            if (starts[i][uint256(Move.Blocks)] > blocks) continue;
            (int256[MOVES] memory plan, Outcome memory reached) = this.climb(aim, starts[i], rounds, blocks);
            if (i == 0 || _value(aim, reached) > _value(aim, outcome)) (best, outcome) = (plan, reached);
        }
    }

    /// @notice One climb. A call of its own, which frees its memory.
    function climb(Aim aim, int256[MOVES] memory plan, uint256 rounds, int256 blocks)
        external
        returns (int256[MOVES] memory, Outcome memory outcome)
    {
        outcome = _try(plan);
        for (uint256 round = 1; round <= rounds; round++) {
            for (uint256 i = 0; i < 2 * MOVES; i++) {
                int256 kept = plan[i / 2];
                if (!_turn(plan, i, 4 ** round, blocks)) continue;
                Outcome memory tried = _try(plan);
                if (_value(aim, tried) > _value(aim, outcome)) outcome = tried;
                else plan[i / 2] = kept;
            }
        }
        return (plan, outcome);
    }

    /// @dev Turns one move of `plan` up or down by a `divisor`-th of its range, if it stays in it.
    function _turn(int256[MOVES] memory plan, uint256 turn, uint256 divisor, int256 blocks)
        private
        pure
        returns (bool possible)
    {
        (int256[MOVES] memory least, int256[MOVES] memory most) = _bounds();
        most[uint256(Move.Blocks)] = blocks;
        uint256 move = turn / 2;
        int256 step = (most[move] - least[move]) / int256(divisor);
        if (step == 0) step = 1;
        int256 turned = plan[move] + (turn % 2 == 0 ? step : -step);
        possible = turned >= least[move] && turned <= most[move];
        if (possible) plan[move] = turned;
    }

    function _value(Aim aim, Outcome memory outcome) private pure returns (int256) {
        return aim == Aim.Profit ? outcome.profit : _spoils(outcome);
    }

    /// @dev Plays `plan`, and takes it back.
    function _try(int256[MOVES] memory plan) internal returns (Outcome memory outcome) {
        uint256 state = vm.snapshotState();
        uint256 btrstOut;
        (outcome, btrstOut) = _play(plan);
        vm.revertToState(state);
        if (outcome.usdcIn > 0) {
            outcome.cost = int256(outcome.usdcIn * (1e6 - pool.fee()) / 1e6) - _worth(int256(btrstOut));
            uint256 held = btrst.balanceOf(address(trader));
            trader.sell(usdcIsToken0(), outcome.usdcIn);
            outcome.loss = _worth(int256(btrst.balanceOf(address(trader)) - held) - int256(btrstOut));
        }
        vm.revertToStateAndDelete(state);
    }

    function _play(int256[MOVES] memory plan) private returns (Outcome memory outcome, uint256 btrstOut) {
        int256 before = _wealth();
        uint128 depth = pool.liquidity();
        if (plan[uint256(Move.Early)] == 1) _addForTheMoment(plan, depth);
        _push(plan);
        skip(SECONDS_PER_BLOCK * uint256(plan[uint256(Move.Blocks)]));
        if (plan[uint256(Move.Early)] == 0) _addForTheMoment(plan, depth);

        (int24 meanTick,,,) = converter.market();
        outcome.lag = usdcIsToken0() ? fair - meanTick : meanTick - fair;
        uint256 owed = _feesOwed();
        (outcome.usdcIn, btrstOut) = _convert(uint256(plan[uint256(Move.Share)]));
        uint256 earned = _feesOwed() - owed;

        if (_added > 0) {
            adversary.withdraw(_lower, _upper, _added);
            adversary.collect(_lower, _upper);
        }
        _tradeBack(int24(plan[uint256(Move.Rest)]));
        outcome.profit = _wealth() - before - int256(earned);
    }

    function _addForTheMoment(int256[MOVES] memory plan, uint128 depth) private {
        uint256 exponent = uint256(plan[uint256(Move.Liquidity)]);
        if (exponent == 0) return;
        _added = uint128(uint256(depth) << exponent) / 16;
        int24 spacing = _spacing();
        int24 width = int24(plan[uint256(Move.Width)]) * spacing;
        int24 middle = _cheaper(_spotTick(), -int24(plan[uint256(Move.Offset)])) / spacing * spacing;
        (_lower, _upper) = (middle - width, middle + width);
        adversary.provide(_lower, _upper, _added);
    }

    function _push(int256[MOVES] memory plan) private {
        (int24 lower, int24 upper) = _everyTick();
        uint128 standing = _liquidityAt(lower, upper);
        bool pulls = plan[uint256(Move.Pull)] == 1 && standing > 0;
        if (pulls) adversary.withdraw(lower, upper, standing);
        int24 pushed = _cheaper(fair, -int24(plan[uint256(Move.Push)]));
        uint256 start = TickMath.getSqrtPriceAtTick(pushed);
        uint256 end = TickMath.getSqrtPriceAtTick(_cheaper(pushed, -1));
        uint256 part = uint256(plan[uint256(Move.Within)]);
        adversary.pushToPrice(uint160((start * (16 - part) + end * part) / 16));
        if (pulls) adversary.provide(lower, upper, standing);
    }

    /// @dev The adversary's own call of the converter; nothing when the guards refuse.
    function _convert(uint256 share) private returns (uint256 usdcIn, uint256 btrstOut) {
        uint256 wanted = converter.allowedLot() * share / 100;
        uint256 floor = converter.quoteFloor(1e12);
        vm.prank(address(adversary));
        try converter.convert(wanted, 0, block.timestamp) returns (uint256 used, uint256 bought) {
            assertLe(used, wanted, "the lot");
            // In units of 1,000,000 USDC, so that the floor is rounded more finely than the purchase.
            assertGe(bought + 1, floor * used / 1e12, "the floor");
            return (used, bought);
        } catch {}
    }

    /// @dev To `rest` ticks from the undisturbed price, if it is farther than that.
    function _tradeBack(int24 rest) private {
        (uint160 spot,,,,,,) = pool.slot0();
        if (spot < TickMath.getSqrtPriceAtTick(fair - rest)) adversary.pushTo(fair - rest);
        if (spot > TickMath.getSqrtPriceAtTick(fair + rest)) adversary.pushTo(fair + rest);
    }

    /// @dev What the adversary would have with all of its liquidity taken out.
    function _wealth() private returns (int256 wealth) {
        (int24 lower, int24 upper) = _everyTick();
        uint128 standing = _liquidityAt(lower, upper);
        uint256 state = vm.snapshotState();
        if (standing > 0) {
            adversary.withdraw(lower, upper, standing);
            adversary.collect(lower, upper);
        }
        // The price applies to what it has more or less than it was given, so that nothing is rounded away.
        wealth = int256(usdc.balanceOf(address(adversary)))
            + _worth(int256(btrst.balanceOf(address(adversary))) - int256(WEALTH));
        vm.revertToStateAndDelete(state);
    }

    /// @dev USDC that the pool owes to the adversary's liquidity.
    function _feesOwed() private returns (uint256 owed) {
        (int24 lower, int24 upper) = _everyTick();
        if (_liquidityAt(lower, upper) > 0) owed = _feesOwedTo(lower, upper);
        if (_added > 0) owed += _feesOwedTo(_lower, _upper);
    }

    function _feesOwedTo(int24 lower, int24 upper) private returns (uint256) {
        adversary.withdraw(lower, upper, 0);
        (,,, uint128 owed0, uint128 owed1) = _position(lower, upper);
        return usdcIsToken0() ? owed0 : owed1;
    }

    function _liquidityAt(int24 lower, int24 upper) private view returns (uint128 liquidity) {
        (liquidity,,,,) = _position(lower, upper);
    }

    function _position(int24 lower, int24 upper)
        private
        view
        returns (uint128, uint256, uint256, uint128, uint128)
    {
        return IPoolSetup(address(pool)).positions(keccak256(abi.encodePacked(adversary, lower, upper)));
    }

    /// @dev What `amount` BTRST are worth in USDC at the undisturbed price, which is the one of `fair` exactly.
    function _worth(int256 amount) internal view returns (int256) {
        bool negative = amount < 0;
        uint256 worth = ReferencePrice.worth(fair, uint256(negative ? -amount : amount), !usdcIsToken0());
        return negative ? -int256(worth) : int256(worth);
    }
}
