// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OracleMath} from "../../contracts/fees/OracleMath.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {PoolActor} from "./PoolActor.sol";

/// @title A purchase between trades of an attacker, or out of its liquidity, with guards as wide as they go
/// @dev A push within the block of the purchase is refused, so these attackers hold a whole block, and nobody trades
/// against them.
abstract contract FeeConverterSandwichTest is FeeConverterFixture {
    PoolActor private attacker;

    function setUp() public override {
        super.setUp();
        IFeeConverter.Parameters memory guards = _defaults();
        (guards.lot, guards.tolerance, guards.maxDeviation) = (250_000e6, 500, 500);
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        attacker = new PoolActor(pool);
        usdc.mint(address(attacker), 1e9 * 1e6);
        btrst.mint(address(attacker), 1e9 * 1e18);
    }

    /// @dev The attacker trades, the converter buys, the attacker trades back to the BTRST it had: its profit is
    /// then all in USDC, and no price is needed to count it.
    function _profit(int24 push) private returns (int256) {
        uint256 usdcBefore = usdc.balanceOf(address(attacker));
        uint256 btrstBefore = btrst.balanceOf(address(attacker));
        (int24 meanTick,,,) = converter.market();

        attacker.pushTo(_cheaper(startTick(), push));
        skip(12);
        uint256 allowed = converter.allowedLot();
        (uint256 usdcIn, uint256 btrstOut) = _convertAll();
        assertLe(usdcIn, allowed);
        assertGe(btrstOut, OracleMath.floor(meanTick, usdcIn, FEE, 500, usdcIsToken0()));

        uint256 btrstNow = btrst.balanceOf(address(attacker));
        if (btrstNow > btrstBefore) attacker.sell(!usdcIsToken0(), btrstNow - btrstBefore);
        if (btrstNow < btrstBefore) attacker.buy(usdcIsToken0(), btrstBefore - btrstNow);
        assertEq(btrst.balanceOf(address(attacker)), btrstBefore);
        return int256(usdc.balanceOf(address(attacker))) - int256(usdcBefore);
    }

    function testFuzz_convert_doesNotPayForASandwich(int24 push) public {
        // 490 ticks beyond the mean the floor price is still on offer.
        push = int24(bound(push, -490, 500));
        assertLe(_profit(push), 0);
    }

    /// @dev As above, but the attacker also sells to the converter, from liquidity that is there for the purchase
    /// alone. What the trade leaves it short or long of BTRST is counted at the undisturbed price, and the pool fee
    /// on the purchase, which any provider would have earned, is not counted.
    function _profitAsProvider(int24 push) private returns (int256 profit, uint256 usdcIn) {
        uint256 usdcBefore = usdc.balanceOf(address(attacker));
        uint256 btrstBefore = btrst.balanceOf(address(attacker));
        int24 fair = _spotTick();

        attacker.pushTo(_cheaper(startTick(), push));
        skip(12);
        int24 lower = (_spotTick() / TICK_SPACING - 2) * TICK_SPACING;
        int24 upper = lower + 4 * TICK_SPACING;
        uint128 liquidity = 50 * pool.liquidity();
        attacker.provide(lower, upper, liquidity);
        (usdcIn,) = _convertAll();
        attacker.withdraw(lower, upper, liquidity);
        attacker.collect(lower, upper);
        attacker.pushTo(fair);

        profit = int256(usdc.balanceOf(address(attacker))) - int256(usdcBefore) - int256(usdcIn * FEE / 1e6);
        uint256 btrstNow = btrst.balanceOf(address(attacker));
        if (btrstNow > btrstBefore) profit += _worth(fair, btrstNow - btrstBefore);
        if (btrstNow < btrstBefore) profit -= _worth(fair, btrstBefore - btrstNow);
    }

    /// @dev What `amount` BTRST are worth in USDC.
    function _worth(int24 tick, uint256 amount) private view returns (int256) {
        return int256(OracleMath.quote(tick, amount, !usdcIsToken0()));
    }

    function testFuzz_convert_doesNotPayForLiquidityOfTheMoment(int24 push) public {
        // Dearer only: what is pushed the other way is a gift to the converter.
        (int256 profit, uint256 usdcIn) = _profitAsProvider(int24(bound(push, -450, 0)));
        // The price moves a little from purchase to purchase, which is any provider's gain.
        assertLe(profit, int256(usdcIn / 10_000));
    }

    /// @dev BTRST has just fallen out of a range with forty times the liquidity, so pushing it back to the edge is
    /// cheap: the lot, which follows the liquidity at the edge, does not deter, and the floor price has to.
    function testFuzz_convert_atTheEdgeOfARangeLosesNoMoreThanTheFloorAllows(int24 fall, int24 push) public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.lot = 250_000e6;
        _set(guards);
        int24 edge = startTick();
        int24 far = _cheaper(edge, -2000);
        uint128 moved = _liquidityOf(DEPTH * 39 / 40);
        trader.withdraw(-MAX_TICK, MAX_TICK, moved);
        trader.provide(edge < far ? edge : far, edge < far ? far : edge, moved);
        for (uint256 i = 0; i < 60; i++) {
            trader.pushTo(_cheaper(edge, i % 2 == 0 ? int24(-20) : int24(-21)));
            skip(1 minutes);
        }
        int24 fair = _cheaper(edge, int24(bound(fall, 10, 170)));
        trader.pushTo(fair);
        skip(12);

        (int24 meanTick,,,) = converter.market();
        (int256 profit, uint256 usdcIn) = _profitAsProvider(int24(bound(push, -80, -1)));
        // What the floor pays above the market, the pool fee apart.
        uint256 least = OracleMath.floor(meanTick, usdcIn, 0, guards.tolerance, usdcIsToken0());
        assertLe(profit, int256(usdcIn) - _worth(fair, least));
        // The tolerance, and the distance that the price may have had from the mean.
        assertLe(profit, int256(usdcIn * (75 + 203) / 10_000));
    }

    function test_RevertWhen_convert_aFallIsUndoneForTheMoment() public {
        _set(_defaults());
        trader.pushTo(_cheaper(startTick(), 300));
        skip(12);
        int24 fallen = _spotTick();
        attacker.pushTo(startTick());

        (int24 meanTick,,,) = converter.market();
        vm.expectRevert(
            abi.encodeWithSelector(IFeeConverter.PriceDeviation.selector, int256(fallen) - meanTick, 200)
        );
        converter.convert(type(uint256).max, 0, block.timestamp);

        // Only a price that lasted into the next block counts.
        skip(12);
        _convertAll();
    }

    function testFuzz_RevertWhen_convert_followsAPurchaseInItsBlock(int24 push) public {
        int24 pushed = _cheaper(startTick(), -int24(bound(push, 1, 480)));
        attacker.pushTo(pushed);
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.PriceRose.selector, pushed, startTick()));
        converter.convert(type(uint256).max, 0, block.timestamp);
        // Traded back, the price is what it was.
        attacker.pushTo(startTick());
        _convertAll();
    }

    function test_convert_paysTheLowerPriceAtOnceAfterAFall() public {
        trader.pushTo(_cheaper(startTick(), 150));
        uint256 before = converter.quoteFloor(1e12);
        skip(1);
        uint256 floor = converter.quoteFloor(1e12);
        assertEq(
            floor, OracleMath.floor(_cheaper(startTick(), 150), 1e12, FEE, 500, usdcIsToken0()), "last second"
        );
        assertGt(floor, before);
        (uint256 usdcIn, uint256 btrstOut) = _convertAll();
        assertGe(btrstOut, floor * usdcIn / 1e12);
    }

    function test_allowedLot_isHalfTheFeeTimesWhatThePoolHolds() public view {
        // All liquidity spans all prices, so the virtual reserve is the real one.
        assertApproxEqRel(converter.allowedLot(), usdc.balanceOf(address(pool)) / 200, 0.0001e18);
    }
}

contract FeeConverterSandwichUsdcToken0Test is FeeConverterSandwichTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return true;
    }
}

contract FeeConverterSandwichUsdcToken1Test is FeeConverterSandwichTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }
}
