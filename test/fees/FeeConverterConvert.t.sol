// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OracleMath} from "../../contracts/fees/OracleMath.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {ReferencePrice} from "./ReferencePrice.sol";
import {Vm} from "forge-std/Vm.sol";

/// @title Conversions: what they buy, and each guard closed by itself
abstract contract FeeConverterConvertTest is FeeConverterFixture {
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

    function test_convert_buysForTheTreasury() public {
        (int24 meanTick,,,) = converter.market();
        uint256 floor = converter.quoteFloor(25_000e6);
        uint256 pooled = usdc.balanceOf(address(pool));

        vm.recordLogs();
        vm.prank(anyone);
        (uint256 usdcIn, uint256 btrstOut) = converter.convert(type(uint256).max, 1, block.timestamp);

        assertEq(usdcIn, 25_000e6, "the lot");
        assertGe(btrstOut, floor, "the floor");
        assertApproxEqRel(
            btrstOut,
            ReferencePrice.worth(startTick(), 25_000e6, usdcIsToken0()) * 99 / 100,
            0.01e18,
            "the price"
        );
        assertEq(btrst.balanceOf(treasury), btrstOut);
        assertEq(btrst.balanceOf(address(converter)), 0);
        assertEq(usdc.balanceOf(address(converter)), BALANCE - 25_000e6);
        assertEq(usdc.balanceOf(address(pool)), pooled + 25_000e6);
        assertEq(usdc.allowance(address(converter), address(pool)), 0);
        assertEq(converter.totalUsdcIn(), 25_000e6);
        assertEq(converter.totalBtrstOut(), btrstOut);
        assertEq(converter.nextConversionTime(), block.timestamp + 3600);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.emitter, address(converter));
        assertEq(last.topics[0], IFeeConverter.Converted.selector);
        assertEq(last.topics[1], bytes32(uint256(uint160(anyone))));
        assertEq(last.data, abi.encode(usdcIn, btrstOut, floor, meanTick));
    }

    function test_convert_takesNoMoreThanTheCallerWants() public {
        (uint256 usdcIn,) = converter.convert(1234e6, 0, block.timestamp);
        assertEq(usdcIn, 1234e6);
    }

    function test_convert_takesNoMoreThanTheBalance() public {
        vm.prank(treasury);
        converter.sweep(address(usdc));
        _deposit(99e6);
        (uint256 usdcIn,) = _convertAll();
        assertEq(usdcIn, 99e6);
        assertEq(usdc.balanceOf(address(converter)), 0);
    }

    function test_convert_includesPlainTransfers() public {
        vm.prank(treasury);
        converter.sweep(address(usdc));
        usdc.mint(address(converter), 321e6);
        (uint256 usdcIn,) = _convertAll();
        assertEq(usdcIn, 321e6);
    }

    function test_convert_takesNoMoreThanFeeTimesReserve() public {
        IFeeConverter.Parameters memory guards = _defaults();
        (guards.lot, guards.tolerance) = (250_000e6, 500);
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        // 1% of the reserve, which rounding of the liquidity may have left a unit short.
        assertApproxEqAbs(converter.allowedLot(), DEPTH / 100, 2);
        uint256 allowed = converter.allowedLot();
        (uint256 usdcIn,) = _convertAll();
        assertEq(usdcIn, allowed);
    }

    function test_convert_countsLiquidityOfTheMomentAtItsMean() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.lot = 250_000e6;
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        uint256 allowed = converter.allowedLot();
        _provide(10 * DEPTH);
        assertEq(converter.allowedLot(), allowed);
    }

    function test_convert_countsLiquidityThatLeftAtOnce() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.lot = 250_000e6;
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        trader.withdraw(-MAX_TICK, MAX_TICK, _liquidityOf(DEPTH * 3 / 4));
        assertApproxEqAbs(converter.allowedLot(), DEPTH / 400, 2);
    }

    function test_convert_fillsPartlyToTheFloorPriceAndKeepsTheRest() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.tolerance = 20;
        _set(guards);
        (int24 meanTick,,,) = converter.market();

        (uint256 usdcIn, uint256 btrstOut) = _convertAll();

        (uint160 sqrtPrice,,,,,,) = pool.slot0();
        assertEq(sqrtPrice, OracleMath.sqrtPriceLimit(meanTick, 20, usdcIsToken0()), "stopped at the limit");
        assertGt(usdcIn, 9000e6);
        assertLt(usdcIn, 25_000e6);
        assertEq(usdc.balanceOf(address(converter)), BALANCE - usdcIn);
        assertEq(btrst.balanceOf(treasury), btrstOut);
        assertGe(btrstOut, OracleMath.floor(meanTick, usdcIn, FEE, 20, usdcIsToken0()));
        assertEq(converter.totalUsdcIn(), usdcIn);
    }

    function test_convert_againAfterTheHop() public {
        (uint256 firstIn, uint256 firstOut) = _convertAll();
        _trade(1 hours);
        (uint256 secondIn, uint256 secondOut) = _convertAll();
        assertEq(converter.totalUsdcIn(), firstIn + secondIn);
        assertEq(converter.totalBtrstOut(), firstOut + secondOut);
        assertEq(btrst.balanceOf(treasury), firstOut + secondOut);
    }

    function test_convert_eventsReplayToTotals() public {
        vm.recordLogs();
        for (uint256 i = 0; i < 4; i++) {
            _convertAll();
            _deposit(1000e6 + i);
            _trade(1 hours);
        }
        uint256 usdcIn;
        uint256 btrstOut;
        uint256 deposited = BALANCE;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].emitter != address(converter)) continue;
            if (logs[i].topics[0] == IFeeConverter.Converted.selector) {
                (uint256 used, uint256 bought,,) =
                    abi.decode(logs[i].data, (uint256, uint256, uint256, int24));
                usdcIn += used;
                btrstOut += bought;
            } else if (logs[i].topics[0] == IFeeConverter.Deposited.selector) {
                deposited += abi.decode(logs[i].data, (uint256));
            }
        }
        assertGt(usdcIn, 0);
        assertEq(converter.totalUsdcIn(), usdcIn);
        assertEq(converter.totalBtrstOut(), btrstOut);
        assertEq(btrst.balanceOf(treasury), btrstOut);
        assertEq(usdc.balanceOf(address(converter)), deposited - usdcIn);
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

    function test_convert_exactlyAfterTheHop() public {
        _convertAll();
        trader.pushTo(startTick());
        vm.warp(converter.nextConversionTime());
        _convertAll();
    }

    function test_convert_waitsForTheShareOfTheHop() public {
        converter.convert(5000e6, 0, block.timestamp);
        assertEq(
            converter.nextConversionTime(), block.timestamp + 720, "a fifth of the lot, a fifth of the hop"
        );
    }

    function test_convert_dustHoldsNobodyUp() public {
        converter.convert(1000, 0, block.timestamp);
        assertEq(converter.nextConversionTime(), block.timestamp + 1, "never less than a second");
        skip(1);
        (uint256 usdcIn,) = converter.convert(type(uint256).max, 0, block.timestamp);
        assertEq(usdcIn, 25_000e6, "the whole lot");
    }

    function testFuzz_convert_neverMoreThanALotPerHop(uint256[3] memory amounts) public {
        uint256 began = block.timestamp;
        uint256 spent;
        for (uint256 i = 0; i < amounts.length; i++) {
            (uint256 usdcIn,) = converter.convert(bound(amounts[i], 1e6, 25_000e6), 0, block.timestamp);
            spent += usdcIn;
            trader.pushTo(startTick());
            vm.warp(converter.nextConversionTime());
            assertLe(spent * 3600, (vm.getBlockTimestamp() - began) * 25_000e6, "spending ahead of its wait");
        }
    }

    function test_setParameters_capsTheRunningWait() public {
        _convertAll();
        IFeeConverter.Parameters memory guards = _defaults();
        guards.hop = 300;
        _set(guards);
        assertEq(converter.nextConversionTime(), block.timestamp + 300);
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
        // Within the deviation, and beyond the floor: no part can be filled.
        trader.pushTo(_cheaper(meanTick, -200));
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

    /// @dev The price was at `tick` for as long as the short window, and is back.
    function _assertShortMeanDeviates(int24 tick) private {
        trader.pushTo(tick);
        skip(300);
        trader.pushTo(startTick());
        (int24 meanTick, int24 shortTick, int24 spotTick,) = converter.market();
        assertEq(shortTick, tick);
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
        trader.pushTo(startTick());
        _expectConvertFails(
            allowedFrom,
            abi.encodeWithSelector(IFeeConverter.LiquidityTooLow.selector, meanLiquidity, type(uint128).max)
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

    function test_swapExactInputSingle_depositsAndConverts() public {
        vm.expectEmit(address(converter));
        emit IFeeConverter.Deposited(payer, 500e6, bytes32(0));
        vm.recordLogs();
        vm.prank(payer);
        uint256 btrstOut = converter.swapExactInputSingle(500e6, 1, block.timestamp);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[logs.length - 1].topics[0], IFeeConverter.Converted.selector);
        assertEq(logs[logs.length - 1].topics[1], bytes32(uint256(uint160(payer))));
        assertEq(btrst.balanceOf(treasury), btrstOut);
        assertEq(converter.totalUsdcIn(), 500e6);
        assertEq(usdc.balanceOf(address(converter)), BALANCE);
    }

    function test_swapExactInputSingle_leavesTheRestInCustody() public {
        vm.prank(payer);
        converter.swapExactInputSingle(40_000e6, 0, block.timestamp);
        assertEq(converter.totalUsdcIn(), 25_000e6);
        assertEq(usdc.balanceOf(address(converter)), BALANCE + 15_000e6);
    }

    function test_RevertWhen_swapExactInputSingle_belowTheCallersFloor() public {
        uint256 state = vm.snapshotState();
        vm.prank(payer);
        uint256 btrstOut = converter.swapExactInputSingle(500e6, 0, block.timestamp);
        assertTrue(vm.revertToState(state));
        vm.expectRevert(
            abi.encodeWithSelector(IFeeConverter.InsufficientOutput.selector, btrstOut, btrstOut + 1)
        );
        vm.prank(payer);
        converter.swapExactInputSingle(500e6, btrstOut + 1, block.timestamp);
    }

    function test_market_showsTheMeans() public {
        trader.pushTo(startTick() + 100);
        skip(90);
        (int24 meanTick, int24 shortTick, int24 spotTick,) = converter.market();
        assertEq(spotTick, startTick() + 100);
        // 90 of 1800 and of 300 seconds at +100, and half of the rest at +1.
        assertApproxEqAbs(meanTick, startTick() + 5, 1);
        assertApproxEqAbs(shortTick, startTick() + 30, 1);
    }

    function test_quoteFloor_isWorthLessFeeLessTolerance() public view {
        (int24 meanTick,,,) = converter.market();
        assertApproxEqRel(
            converter.quoteFloor(1000e6),
            ReferencePrice.worth(meanTick, 1000e6, usdcIsToken0()) * 99 * 9925 / 1_000_000,
            1e6,
            "floor"
        );
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

contract FeeConverterConvertUsdcToken0Test is FeeConverterConvertTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return true;
    }
}

contract FeeConverterConvertUsdcToken1Test is FeeConverterConvertTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }
}
