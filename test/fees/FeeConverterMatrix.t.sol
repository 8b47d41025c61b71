// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {Market, MarketFixture, Shape} from "./MarketFixture.sol";
import {ReferencePrice} from "./ReferencePrice.sol";
import {Vm} from "forge-std/Vm.sol";

/// @title What a conversion keeps to, on every market: token orders, pool fees, shapes and depths
contract FeeConverterMatrixTest is MarketFixture {
    uint256 private constant BALANCE = 900_000e6;

    /// @dev Deep, and so thin that a lot is a few USDC.
    function fixtureMarket() public pure returns (Market[] memory markets) {
        Market[] memory deep = _markets(DEPTH);
        Market[] memory thin = _markets(250_000e6);
        markets = new Market[](2 * deep.length);
        for (uint256 i = 0; i < deep.length; i++) {
            (markets[i], markets[deep.length + i]) = (deep[i], thin[i]);
        }
    }

    /// @dev What the converter, the pool and the treasury hold.
    function _balances() private view returns (uint256[5] memory) {
        return [
            usdc.balanceOf(address(converter)),
            usdc.balanceOf(address(pool)),
            usdc.balanceOf(treasury),
            btrst.balanceOf(treasury),
            btrst.balanceOf(address(converter))
        ];
    }

    /// [37-41, 46, 47]
    function table_convert_movesExactlyWhatItSays(Market memory market) public {
        _arrange(market, _defaults());
        _deposit(BALANCE);
        btrst.mint(address(converter), 5);
        uint256 allowed = converter.allowedLot();
        uint256[5] memory before = _balances();
        vm.recordLogs();
        (uint256 usdcIn, uint256 btrstOut) = _convertAll();
        uint256[5] memory afterwards = _balances();

        assertGt(usdcIn, 0);
        assertLe(usdcIn, allowed, "lot");
        assertLe(usdcIn, _safe(market), "half of fee times reserve");
        assertEq(before[0] - afterwards[0], usdcIn, "out of custody");
        assertEq(afterwards[1] - before[1], usdcIn, "to the pool");
        assertEq(afterwards[2], before[2], "no USDC to the treasury");
        assertEq(afterwards[3] - before[3], btrstOut, "to the treasury");
        assertEq(afterwards[4], 5, "no BTRST stays, none leaves");
        // A tick has rounded the floor by less than a basis point.
        uint256 worth = ReferencePrice.worth(fair, usdcIn, usdcIsToken0());
        assertGe(btrstOut + 1, worth * (1e6 - market.fee) / 1e6 * 9924 / 10_000, "floor");
        assertEq(usdc.allowance(address(converter), address(pool)), 0);
        assertEq(converter.totalUsdcIn(), usdcIn);
        assertEq(converter.totalBtrstOut(), btrstOut);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (uint256 loggedIn, uint256 loggedOut, uint256 floor,) =
            abi.decode(logs[logs.length - 1].data, (uint256, uint256, uint256, int24));
        assertEq(loggedIn, usdcIn);
        assertEq(loggedOut, btrstOut);
        assertGe(btrstOut, floor);
    }

    /// @dev The reserve in range at the price is a fortieth where the price fell out of the range.
    function _safe(Market memory market) private pure returns (uint256) {
        uint256 reserve = market.shape == Shape.EdgeBehind ? market.depth / 40 : market.depth;
        // The price is a few ticks from the one that the reserve was given for.
        return reserve * market.fee * 1002 / 2e9;
    }

    /// [38, 46] No part is bought beyond the floor price, and the rest stays.
    function table_convert_stopsAtTheFloorPrice(Market memory market) public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.tolerance = 1;
        _arrange(market, guards);
        _deposit(BALANCE);
        (uint256 usdcIn, uint256 btrstOut) = _convertAll();
        assertEq(usdc.balanceOf(address(converter)), BALANCE - usdcIn);
        assertEq(btrst.balanceOf(treasury), btrstOut);
        // A tick for the rounding of the mean, one for the tolerance.
        (int24 dearest, int24 spot) = (_cheaper(fair, -2), _spotTick());
        assertTrue(usdcIsToken0() ? spot >= dearest : spot <= dearest, "not dearer than the floor price");
    }

    /// [43] Each guard closed: nothing moves, and deposits work.
    function table_RevertWhen_convert_aGuardIsClosed(Market memory market) public {
        _arrange(market, _defaults());
        _deposit(BALANCE);
        uint256 state = vm.snapshotState();

        vm.prank(guardian);
        converter.pause();
        _assertClosed(IFeeConverter.ConversionPaused.selector);
        vm.revertToState(state);

        _convertAll();
        _assertClosed(IFeeConverter.TooSoon.selector);
        vm.revertToState(state);

        IFeeConverter.Parameters memory guards = _defaults();
        guards.window = 86_400;
        _set(guards);
        _assertClosed(IFeeConverter.HistoryTooShort.selector);
        vm.revertToState(state);

        trader.pushTo(_cheaper(fair, 300));
        _assertClosed(IFeeConverter.PriceDeviation.selector);
        vm.revertToState(state);

        trader.pushTo(_cheaper(fair, -1));
        _assertClosed(IFeeConverter.PriceRose.selector);
        vm.revertToState(state);

        guards = _defaults();
        guards.minLiquidity = type(uint128).max;
        _set(guards);
        _assertClosed(IFeeConverter.LiquidityTooLow.selector);
        vm.revertToState(state);

        _takeEverythingOut();
        _assertClosed(IFeeConverter.NothingToConvert.selector);
        skip(1);
        _assertClosed(IFeeConverter.NothingToConvert.selector);
    }

    function _assertClosed(bytes4 reason) private {
        uint256[5] memory before = _balances();
        vm.expectPartialRevert(reason);
        converter.convert(type(uint256).max, 0, block.timestamp);
        _deposit(7);
        before[0] += 7;
        assertEq(abi.encode(_balances()), abi.encode(before));
    }
}

/// @title The fixture's pool at the edges of what the accumulators and the clock can count
abstract contract FeeConverterWrapTest is MarketFixture {
    /// @dev Storage of the pool: its observations, one in each slot, begin here.
    uint256 private constant OBSERVATIONS = 8;

    function ofMarket() internal pure virtual returns (Market memory);

    /// [44] The pool's accumulators wrap by design, and so may every difference.
    function test_convert_acrossTheWrapOfTheAccumulators() public {
        _arrange(ofMarket(), _defaults());
        _deposit(100_000e6);
        bytes memory expected = _seen();
        // The newest observation is a little past the wrap of both accumulators, the window begins before it.
        uint256 newest = _observation(_newest());
        uint256 ticks;
        uint256 depths;
        unchecked {
            ticks = uint256(int256(1 << 55) + (fair > 0 ? int256(1e8) : -1e8)) - (newest >> 32);
            depths = 1e22 - (newest >> 88);
        }
        for (uint256 i = 0; i < 300; i++) {
            uint256 word = _observation(i);
            if (word >> 248 == 0) continue;
            uint256 shifted = word & (uint256(255) << 248 | type(uint32).max);
            unchecked {
                shifted |= ((word >> 32) + ticks & type(uint56).max) << 32;
                shifted |= ((word >> 88) + depths & type(uint160).max) << 88;
            }
            vm.store(address(pool), bytes32(OBSERVATIONS + i), bytes32(shifted));
        }
        assertEq(_seen(), expected);
        _convertAll();
    }

    function _newest() private view returns (uint256 index) {
        (,, index,,,,) = pool.slot0();
    }

    function _observation(uint256 index) private view returns (uint256) {
        return uint256(vm.load(address(pool), bytes32(OBSERVATIONS + index)));
    }

    function _seen() private view returns (bytes memory) {
        (int24 meanTick, int24 shortTick, int24 spotTick, uint128 meanLiquidity) = converter.market();
        return abi.encode(
            meanTick, shortTick, spotTick, meanLiquidity, converter.allowedLot(), converter.quoteFloor(1e12)
        );
    }

    /// [44] The pool keeps time modulo 2^32, which is over in February 2106.
    function test_convert_acrossTheWrapOfThePoolsClock() public {
        vm.warp((1 << 32) - 30 minutes);
        _arrange(ofMarket(), _defaults());
        assertGt(block.timestamp, 1 << 32);
        _deposit(100_000e6);
        (uint256 usdcIn,) = _convertAll();
        assertGt(usdcIn, 0);
    }
}

contract FeeConverterWrapUsdcToken0Test is FeeConverterWrapTest {
    function ofMarket() internal pure override returns (Market memory) {
        return Market({usdcIsToken0: true, fee: 3000, shape: Shape.Full, depth: DEPTH, owned: 0});
    }
}

contract FeeConverterWrapUsdcToken1Test is FeeConverterWrapTest {
    function ofMarket() internal pure override returns (Market memory) {
        return Market({usdcIsToken0: false, fee: 10_000, shape: Shape.Full, depth: DEPTH, owned: 0});
    }
}
