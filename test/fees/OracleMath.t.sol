// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OracleMath} from "../../contracts/fees/OracleMath.sol";
import {IUniswapV3Pool} from "../../contracts/interfaces/IUniswapV3Pool.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {IPoolFactory, IPoolSetup} from "./PoolActor.sol";
import {ReferencePrice} from "./ReferencePrice.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";
import {Test} from "forge-std/Test.sol";

contract OracleMathTest is Test {
    /// @dev At every tick. The root of the price, with 96 bits behind the point, is coarse where it is small.
    function testFuzz_quote_equalsTheReference(int24 tick, uint96 amount, bool inputIsToken0) public pure {
        tick = int24(bound(tick, TickMath.MIN_TICK, TickMath.MAX_TICK));
        uint256 expected = ReferencePrice.worth(tick, amount, inputIsToken0);
        uint256 rounding = Math.mulDiv(expected, 4, TickMath.getSqrtPriceAtTick(tick)) + expected / 1e18 + 1;
        assertApproxEqAbs(OracleMath.quote(tick, amount, inputIsToken0), expected, rounding);
    }

    /// @dev The library's prices are those of the compiled pool, which has the inverse function.
    function testFuzz_ticks_areThoseOfThePool(int24 tick) public {
        tick = int24(bound(tick, TickMath.MIN_TICK + 1, TickMath.MAX_TICK - 1));
        address factory = Artifacts.deploy(
            "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json", ""
        );
        uint160 sqrtPrice = TickMath.getSqrtPriceAtTick(tick);
        assertEq(_tickOfPool(factory, 500, sqrtPrice), tick);
        assertEq(_tickOfPool(factory, 3000, sqrtPrice - 1), tick - 1);
    }

    function _tickOfPool(address factory, uint24 fee, uint160 sqrtPrice) private returns (int24 tick) {
        address pool = IPoolFactory(factory).createPool(address(1), address(2), fee);
        IPoolSetup(pool).initialize(sqrtPrice);
        (, tick,,,,,) = IUniswapV3Pool(pool).slot0();
    }

    function test_quote_atTheEndsOfTheScale() public pure {
        assertEq(OracleMath.quote(TickMath.MIN_TICK, type(uint64).max, true), 0);
        assertEq(OracleMath.quote(TickMath.MAX_TICK, type(uint64).max, false), 0);
        assertGt(OracleMath.quote(TickMath.MAX_TICK, type(uint64).max, true), 1 << 191);
        assertGt(OracleMath.quote(TickMath.MIN_TICK, type(uint64).max, false), 1 << 191);
        assertEq(OracleMath.quote(0, 12_345, true), 12_345);
        assertEq(OracleMath.quote(0, 12_345, false), 12_345);
    }

    /// @dev What the published leak counts on, for every distance of the means that the guards permit, and a tick: at a
    /// floor that many ticks too dear, less is lost than as many basis points and the tolerance.
    function test_floor_aTickTooDearCostsLessThanABasisPoint() public pure {
        uint16[4] memory tolerances = [uint16(0), 1, 75, 500];
        for (uint256 i = 0; i < tolerances.length; i++) {
            for (int24 ticks = 1; ticks <= 501; ticks++) {
                uint256 kept = 10_000 - tolerances[i] - uint24(ticks);
                for (uint256 side = 0; side < 2; side++) {
                    bool inputIsToken0 = side == 0;
                    // 283,200 ticks are about 0.50 USDC per BTRST; the sign is that of the token order.
                    int24 fair = inputIsToken0 ? int24(283_200) : -283_200;
                    int24 dear = inputIsToken0 ? fair - ticks : fair + ticks;
                    uint256 output = OracleMath.floor(dear, 1e12, 0, tolerances[i], inputIsToken0);
                    assertGe(ReferencePrice.worth(fair, output, !inputIsToken0), 1e8 * kept);
                }
            }
        }
    }

    function testFuzz_floor_isWorthLessFeeLessTolerance(
        int24 tick,
        uint64 amount,
        uint24 fee,
        uint16 tolerance,
        bool inputIsToken0
    ) public pure {
        tick = int24(bound(tick, TickMath.MIN_TICK, TickMath.MAX_TICK));
        fee = uint24(bound(fee, 0, 999_999));
        tolerance = uint16(bound(tolerance, 0, 10_000));
        uint256 worth = OracleMath.quote(tick, amount, inputIsToken0);
        uint256 expected = worth * (1_000_000 - fee) * (10_000 - tolerance) / 1e10;
        assertEq(OracleMath.floor(tick, amount, fee, tolerance, inputIsToken0), expected);
    }

    function testFuzz_meanTick_roundsDown(int56 start, int256 sum, uint32 period) public pure {
        period = uint32(bound(period, 60, 1 days));
        sum = bound(
            sum, TickMath.MIN_TICK * int256(uint256(period)), TickMath.MAX_TICK * int256(uint256(period))
        );
        int56 end;
        // Wraps as the pool's accumulator does.
        unchecked {
            end = start + int56(sum);
        }
        int256 mean = OracleMath.meanTick(start, end, period);
        int256 rest = sum - mean * int256(uint256(period));
        assertGe(rest, 0);
        assertLt(rest, int256(uint256(period)));
    }

    function test_meanTick_ofNegativeSums() public pure {
        assertEq(OracleMath.meanTick(0, -1, 600), -1);
        assertEq(OracleMath.meanTick(0, -600, 600), -1);
        assertEq(OracleMath.meanTick(0, -601, 600), -2);
        assertEq(OracleMath.meanTick(0, 601, 600), 1);
        assertEq(OracleMath.meanTick(type(int56).max, type(int56).min, 600), 0);
        assertEq(OracleMath.meanTick(type(int56).min, type(int56).max, 600), -1);
    }

    function testFuzz_harmonicMeanLiquidity_ofTwoDepths(
        uint160 start,
        uint128 first,
        uint128 second,
        uint32 period
    ) public pure {
        period = uint32(bound(period, 300, 12 hours));
        first = uint128(bound(first, 1e6, 1e24));
        second = uint128(bound(second, 1e6, 1e24));
        uint160 end;
        unchecked {
            end = start + uint160(((uint256(period) << 128) / first) + ((uint256(period) << 128) / second));
        }
        uint256 expected = 2 * uint256(first) * second / (uint256(first) + second);
        assertApproxEqRel(OracleMath.harmonicMeanLiquidity(start, end, 2 * period), expected, 1e7);
    }

    function test_harmonicMeanLiquidity_atTheEndsOfTheScale() public pure {
        assertEq(OracleMath.harmonicMeanLiquidity(7, 7 + 600, 600), type(uint128).max);
        assertEq(OracleMath.harmonicMeanLiquidity(type(uint160).max, 599, 600), type(uint128).max);
        // A pool counts no liquidity as one.
        assertEq(OracleMath.harmonicMeanLiquidity(0, uint160(600) << 128, 600), 0);
    }

    function testFuzz_sqrtPriceLimit_isTheFloorPrice(int24 tick, uint16 tolerance, bool inputIsToken0)
        public
        pure
    {
        tick = int24(bound(tick, -300_000, 300_000));
        tolerance = uint16(bound(tolerance, 0, 500));
        uint256 mean = uint256(TickMath.getSqrtPriceAtTick(tick));
        uint256 limit = OracleMath.sqrtPriceLimit(tick, tolerance, inputIsToken0);
        uint256 share = 10_000 - tolerance;
        uint256 exact;
        if (inputIsToken0) {
            assertLe(mean * mean * share, limit * limit * 10_000, "past the floor");
            exact = Math.sqrt(mean * mean / 10_000 * share);
        } else {
            assertLe(limit * limit * share, mean * mean * 10_000, "past the floor");
            exact = Math.sqrt(mean * mean / share * 10_000);
        }
        assertApproxEqAbs(limit, exact, exact / 1e18 + 2, "short of the floor");
    }

    function test_virtualReserve_atPriceOne() public pure {
        assertEq(OracleMath.virtualReserve(1 << 96, 777, true), 777);
        assertEq(OracleMath.virtualReserve(1 << 96, 777, false), 777);
    }

    function test_virtualReserve_followsThePrice() public pure {
        // Price 4: the pool holds half as much of token0, and twice as much of token1.
        assertEq(OracleMath.virtualReserve(2 << 96, 1000, true), 500);
        assertEq(OracleMath.virtualReserve(2 << 96, 1000, false), 2000);
        assertLt(OracleMath.virtualReserve(TickMath.MIN_SQRT_PRICE, type(uint128).max, false), 1 << 65);
        assertGt(OracleMath.virtualReserve(TickMath.MIN_SQRT_PRICE, type(uint128).max, true), 1 << 191);
    }
}
