// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";

/// @title Conversions that a guard refuses, each closed by itself
abstract contract FeeConverterGuardsTest is FeeConverterFixture {
    uint256 private constant BALANCE = 100_000e6;
    int24 private constant TICK_SPACING_3000 = 60;

    function setUp() public override {
        super.setUp();
        _deposit(BALANCE);
    }

    /// @dev The conversion fails with `reason` and changes nothing; a deposit still works.
    function _assertClosed(bytes memory reason) private {
        uint256 last = converter.nextConversionTime();
        uint256 balance = usdc.balanceOf(address(converter));
        vm.expectRevert(reason);
        converter.convert(type(uint256).max, 0, block.timestamp);
        assertEq(converter.nextConversionTime(), last);
        assertEq(btrst.balanceOf(treasury), converter.totalBtrstOut());

        _deposit(7e6);
        assertEq(usdc.balanceOf(address(converter)), balance + 7e6);
    }

    function test_RevertWhen_convert_paused() public {
        vm.prank(guardian);
        converter.pause();
        _assertClosed(
            abi.encodeWithSelector(IFeeConverter.ConversionPaused.selector, block.timestamp + 30 days)
        );
        skip(30 days - 1);
        _assertClosed(abi.encodeWithSelector(IFeeConverter.ConversionPaused.selector, block.timestamp + 1));
        skip(1);
        _convertAll();
    }

    function test_RevertWhen_convert_tooSoon() public {
        _convertAll();
        uint256 allowedFrom = block.timestamp + 3600;
        _assertClosed(abi.encodeWithSelector(IFeeConverter.TooSoon.selector, allowedFrom));
        vm.warp(allowedFrom - 1);
        _assertClosed(abi.encodeWithSelector(IFeeConverter.TooSoon.selector, allowedFrom));
        trader.pushTo(startTick());
        vm.warp(allowedFrom + 1800);
        _convertAll();
    }

    function test_RevertWhen_convert_deadlinePassed() public {
        uint256 deadline = block.timestamp - 1;
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.DeadlinePassed.selector, deadline));
        converter.convert(1e6, 0, deadline);
    }

    function test_RevertWhen_convert_historyTooShort() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.window = 7200;
        _set(guards);
        bytes memory reason = abi.encodeWithSelector(IFeeConverter.HistoryTooShort.selector, 3600, 7200);
        _assertClosed(reason);
        vm.expectRevert(reason);
        converter.market();
        vm.expectRevert(reason);
        converter.allowedLot();
        vm.expectRevert(reason);
        converter.quoteFloor(1);

        skip(3599);
        _assertClosed(abi.encodeWithSelector(IFeeConverter.HistoryTooShort.selector, 7199, 7200));
        skip(1);
        _convertAll();
    }

    function test_RevertWhen_convert_historyOverwritten() public {
        // 300 observations, one each 5 seconds: the oldest is 299 intervals old.
        for (uint256 i = 0; i < 300; i++) {
            skip(5);
            trader.pushTo(startTick() + int24(int256((i + 1) % 2)));
        }
        _assertClosed(abi.encodeWithSelector(IFeeConverter.HistoryTooShort.selector, 299 * 5, 1800));
        skip(1800 - 299 * 5);
        _convertAll();
    }

    function test_RevertWhen_convert_poolNotInitialized() public {
        _useEmptyPool();
        _assertClosed(abi.encodeWithSelector(IFeeConverter.HistoryTooShort.selector, 0, 1800));
    }

    function test_RevertWhen_convert_spotTooExpensive() public {
        (int24 meanTick,,,) = converter.market();
        trader.pushTo(_cheaper(meanTick, -201));
        _assertClosed(
            abi.encodeWithSelector(
                IFeeConverter.PriceDeviation.selector, usdcIsToken0() ? -201 : int256(201), 200
            )
        );
        // Within the deviation, but it rose in this block.
        trader.pushTo(_cheaper(meanTick, -200));
        _assertClosed(
            abi.encodeWithSelector(IFeeConverter.PriceRose.selector, _cheaper(meanTick, -200), startTick())
        );
        // Later too it is beyond the floor: no part can be filled.
        skip(1);
        _assertClosed(abi.encodeWithSelector(IFeeConverter.NothingToConvert.selector));
    }

    function test_RevertWhen_convert_spotTooCheap() public {
        (int24 meanTick,,,) = converter.market();
        trader.pushTo(_cheaper(meanTick, 201));
        _assertClosed(
            abi.encodeWithSelector(
                IFeeConverter.PriceDeviation.selector, usdcIsToken0() ? int256(201) : -201, 200
            )
        );
        trader.pushTo(_cheaper(meanTick, 200));
        _convertAll();
    }

    function test_RevertWhen_convert_shortMeanDeviates() public {
        _assertShortMeanDeviates(_cheaper(startTick(), 300));
    }

    function test_RevertWhen_convert_shortMeanDeviatesTheOtherWay() public {
        _assertShortMeanDeviates(_cheaper(startTick(), -300));
    }

    /// @dev The price was at `tick` for as long as the short window, and is back for a block: only the mean over the
    /// short window still tells.
    function _assertShortMeanDeviates(int24 tick) private {
        trader.pushTo(tick);
        skip(300);
        trader.pushTo(startTick());
        skip(12);
        (int24 meanTick, int24 shortTick, int24 spotTick,) = converter.market();
        assertEq(shortTick, startTick() + (tick - startTick()) * 288 / 300);
        assertEq(spotTick, startTick());
        _assertClosed(
            abi.encodeWithSelector(IFeeConverter.PriceDeviation.selector, int256(shortTick) - meanTick, 200)
        );
        skip(300);
        _convertAll();
    }

    function test_RevertWhen_convert_liquidityTooLow() public {
        (,,, uint128 meanLiquidity) = converter.market();
        assertApproxEqRel(meanLiquidity, pool.liquidity(), 1e9);
        IFeeConverter.Parameters memory guards = _defaults();
        guards.minLiquidity = meanLiquidity + 1;
        _set(guards);
        _assertClosed(
            abi.encodeWithSelector(
                IFeeConverter.LiquidityTooLow.selector, meanLiquidity, uint256(meanLiquidity) + 1
            )
        );
        guards.minLiquidity = meanLiquidity;
        _set(guards);
        _convertAll();
    }

    function test_RevertWhen_convert_liquidityLeftForTheMoment() public {
        (,,, uint128 meanLiquidity) = converter.market();
        IFeeConverter.Parameters memory guards = _defaults();
        guards.minLiquidity = meanLiquidity / 2;
        _set(guards);

        // A provider takes out all but a ten-thousandth, lets dust be the whole lot, and puts it back.
        uint128 liquidity = pool.liquidity();
        uint128 moved = liquidity - liquidity / 10_000;
        trader.withdraw(-MAX_TICK, MAX_TICK, moved);
        _assertClosed(
            abi.encodeWithSelector(
                IFeeConverter.LiquidityTooLow.selector, liquidity - moved, guards.minLiquidity
            )
        );
        trader.provide(-MAX_TICK, MAX_TICK, moved);

        (uint256 usdcIn,) = _convertAll();
        assertEq(usdcIn, 25_000e6, "nobody was held up");
    }

    function test_RevertWhen_convert_nothingInCustody() public {
        vm.prank(treasury);
        converter.sweep(address(usdc));
        _assertClosed(abi.encodeWithSelector(IFeeConverter.NothingToConvert.selector));
    }

    function test_RevertWhen_convert_callerWantsNothing() public {
        vm.expectRevert(IFeeConverter.NothingToConvert.selector);
        converter.convert(0, 0, block.timestamp);
    }

    function test_RevertWhen_convert_noLiquidityUpToTheLimit() public {
        _usePoolWithGap();
        _assertClosed(abi.encodeWithSelector(IFeeConverter.NothingToConvert.selector));
    }

    function test_RevertWhen_convert_thePriceIsTheFloorPrice() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.tolerance = 0;
        _set(guards);
        // All three prices that the floor comes from are that of the tick that the price is at the start of.
        (uint160 sqrtPrice,,,,,,) = pool.slot0();
        assertEq(sqrtPrice, TickMath.getSqrtPriceAtTick(startTick()));
        _assertClosed(abi.encodeWithSelector(IFeeConverter.NothingToConvert.selector));
    }

    function test_RevertWhen_convert_belowTheCallersFloor() public {
        uint256 state = vm.snapshotState();
        (, uint256 btrstOut) = _convertAll();
        assertTrue(vm.revertToState(state));

        vm.expectRevert(
            abi.encodeWithSelector(IFeeConverter.InsufficientOutput.selector, btrstOut, btrstOut + 1)
        );
        converter.convert(type(uint256).max, btrstOut + 1, block.timestamp);
        converter.convert(type(uint256).max, btrstOut, block.timestamp);
    }

    function test_RevertWhen_convert_severalGuardsAreClosedTheFirstSpeaks() public {
        _convertAll();
        uint256 allowedFrom = converter.nextConversionTime();
        int24 afterPurchase = _spotTick();
        IFeeConverter.Parameters memory guards = _defaults();
        (guards.window, guards.minLiquidity) = (86_400, type(uint128).max);
        vm.startPrank(treasury);
        converter.setParameters(guards);
        converter.sweep(address(usdc));
        converter.pause();
        _expectConvertFails(
            1, abi.encodeWithSelector(IFeeConverter.ConversionPaused.selector, block.timestamp + 30 days)
        );
        converter.unpause();
        _expectConvertFails(1, abi.encodeWithSelector(IFeeConverter.TooSoon.selector, allowedFrom));
        vm.warp(allowedFrom);
        trader.pushTo(startTick() + 1000);
        _expectConvertFails(1, abi.encodeWithSelector(IFeeConverter.DeadlinePassed.selector, 1));
        _expectConvertFails(
            allowedFrom, abi.encodeWithSelector(IFeeConverter.HistoryTooShort.selector, 7200, 86_400)
        );
        guards.window = 1800;
        converter.setParameters(guards);
        (int24 meanTick,, int24 spotTick, uint128 meanLiquidity) = converter.market();
        _expectConvertFails(
            allowedFrom,
            abi.encodeWithSelector(IFeeConverter.PriceDeviation.selector, int256(spotTick) - meanTick, 200)
        );
        trader.pushTo(_cheaper(afterPurchase, -1));
        _expectConvertFails(
            allowedFrom,
            abi.encodeWithSelector(
                IFeeConverter.PriceRose.selector, _cheaper(afterPurchase, -1), afterPurchase
            )
        );
        trader.pushTo(startTick());
        _expectConvertFails(
            allowedFrom,
            // As in the last second, which rounds to one less.
            abi.encodeWithSelector(
                IFeeConverter.LiquidityTooLow.selector, meanLiquidity - 1, type(uint128).max
            )
        );
        guards.minLiquidity = 0;
        converter.setParameters(guards);
        _expectConvertFails(allowedFrom, abi.encodeWithSelector(IFeeConverter.NothingToConvert.selector));
        vm.stopPrank();
    }

    function _expectConvertFails(uint256 deadline, bytes memory reason) private {
        vm.expectRevert(reason);
        converter.convert(type(uint256).max, 0, deadline);
    }

    function test_RevertWhen_convert_dustThatTheFeeTakesWhole() public {
        uint256 floor = converter.quoteFloor(1);
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.InsufficientOutput.selector, 0, floor));
        converter.convert(1, 0, block.timestamp);
    }

    /// @dev Replaces pool and converter by those of another pool, which nobody has given a price.
    function _useEmptyPool() private {
        (pool, trader) = _createPool(address(usdc), 3000);
        converter = _converter(pool, _defaults());
        _fundPayer();
        _deposit(BALANCE);
    }

    /// @dev Replaces them by a pool whose price is at the edge of its only range, with nothing beyond in the
    /// direction of a purchase.
    function _usePoolWithGap() private {
        _useEmptyPool();
        _open(pool, startTick(), 300);
        (int24 near, int24 far) = (startTick(), _cheaper(startTick(), 100 * TICK_SPACING_3000));
        (int24 lower, int24 upper) = near < far ? (near, far) : (far, near);
        trader.provide(lower, upper, _liquidityOf(DEPTH));
        skip(1 hours);
    }
}

contract FeeConverterGuardsUsdcToken0Test is FeeConverterGuardsTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return true;
    }
}

contract FeeConverterGuardsUsdcToken1Test is FeeConverterGuardsTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }
}
