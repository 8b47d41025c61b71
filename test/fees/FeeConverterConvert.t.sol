// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OracleMath} from "../../contracts/fees/OracleMath.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {ReferencePrice} from "./ReferencePrice.sol";
import {Vm} from "forge-std/Vm.sol";

/// @title Conversions: how much they buy, and how long the next one waits
abstract contract FeeConverterConvertTest is FeeConverterFixture {
    uint256 private constant BALANCE = 100_000e6;

    function setUp() public override {
        super.setUp();
        _deposit(BALANCE);
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

    function test_convert_takesNoMoreThanHalfTheFeeTimesReserve() public {
        IFeeConverter.Parameters memory guards = _defaults();
        (guards.lot, guards.tolerance) = (250_000e6, 500);
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        // 0.5% of the reserve, which rounding of the liquidity may have left a unit short.
        assertApproxEqAbs(converter.allowedLot(), DEPTH / 200, 2);
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
        // Nor by much in the next block: 12 of 1,800 seconds.
        skip(12);
        assertApproxEqRel(converter.allowedLot(), allowed, 0.01e18);
    }

    function test_convert_countsLiquidityThatLeftAtOnce() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.lot = 250_000e6;
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        trader.withdraw(-MAX_TICK, MAX_TICK, _liquidityOf(DEPTH * 3 / 4));
        assertApproxEqAbs(converter.allowedLot(), DEPTH / 800, 2);
    }

    function test_convert_countsLiquidityThatCameIntoRangeByAPush() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.lot = 250_000e6;
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        // A little of the depth was missing for the last minute only, so the mean hardly shows it.
        trader.withdraw(-MAX_TICK, MAX_TICK, _liquidityOf(DEPTH * 3 / 4));
        skip(60);
        trader.provide(-MAX_TICK, MAX_TICK, _liquidityOf(DEPTH * 3 / 4));
        assertApproxEqAbs(converter.allowedLot(), DEPTH / 800, 2, "as in the last second before the block");
    }

    function test_lotLimit_saysWhatDecides() public {
        assertLimit(25_000e6, IFeeConverter.LotLimit.Lot);
        trader.withdraw(-MAX_TICK, MAX_TICK, _liquidityOf(DEPTH * 3 / 4));
        (uint256 allowed,) = converter.lotLimit();
        assertApproxEqAbs(allowed, DEPTH / 800, 2);
        assertLimit(allowed, IFeeConverter.LotLimit.Depth);
        vm.prank(treasury);
        converter.sweep(address(usdc));
        assertLimit(0, IFeeConverter.LotLimit.Balance);
        _deposit(allowed);
        assertLimit(allowed, IFeeConverter.LotLimit.Balance);
        _deposit(1);
        assertLimit(allowed, IFeeConverter.LotLimit.Depth);
    }

    function assertLimit(uint256 expected, IFeeConverter.LotLimit reason) private view {
        (uint256 allowed, IFeeConverter.LotLimit limit) = converter.lotLimit();
        assertEq(allowed, expected);
        assertEq(uint8(limit), uint8(reason));
        assertEq(converter.allowedLot(), expected);
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
