// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FullMath} from "@uniswap/v4-core/src/libraries/FullMath.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";

/// @title Prices, depth and limits from the numbers of a Uniswap V3 pool
/// @notice Pure functions. "Input" is the token that is sold to the pool and `inputIsToken0` its side; prices of
/// the pool are token1 per token0, so selling token0 lowers them and selling token1 raises them.
library OracleMath {
    using SafeCast for uint256;

    /// @notice 100% in basis points.
    uint256 internal constant BASIS_POINTS = 10_000;

    /// @notice 100% in the unit of pool fees, hundredths of a basis point.
    uint256 internal constant FEE_UNITS = 1_000_000;

    /// @notice 1 in Q64.96, the format of square root prices.
    uint256 private constant Q96 = 1 << 96;

    /// @notice Mean tick over `period` seconds, rounded toward negative infinity.
    /// @param start Tick accumulator at the start of the period, modulo 2^56.
    /// @param end Tick accumulator at its end.
    function meanTick(int56 start, int56 end, uint32 period) internal pure returns (int24 tick) {
        int56 span = int56(uint56(period));
        // The accumulators wrap by design; their difference is exact. A mean of ticks is a tick.
        unchecked {
            int56 sum = end - start;
            tick = int24(sum / span);
            // Division rounds toward zero, which would favour a different side for each order of the tokens.
            if (sum < 0 && sum % span != 0) tick--;
        }
    }

    /// @notice Harmonic mean of the liquidity over `period` seconds. Liquidity that is there for a moment hardly
    /// raises it, liquidity that is missing for a moment lowers it at once.
    /// @param start Accumulator of seconds per liquidity at the start of the period, in Q128, modulo 2^160.
    /// @param end The same accumulator at its end.
    function harmonicMeanLiquidity(uint160 start, uint160 end, uint32 period)
        internal
        pure
        returns (uint128)
    {
        uint160 sum;
        // As above. Each second adds at least 1, the pool's liquidity being below 2^128, so the sum is not zero.
        unchecked {
            sum = end - start;
        }
        // 2^160 - 1 instead of 2^160, so that the greatest mean is 2^128 - 1.
        return ((uint256(period) * type(uint160).max) / (uint256(sum) << 32)).toUint128();
    }

    /// @notice What `amount` of the input is worth in the output at `tick`, without fee and price impact.
    function quote(int24 tick, uint256 amount, bool inputIsToken0) internal pure returns (uint256) {
        uint256 sqrtPrice = TickMath.getSqrtPriceAtTick(tick);
        // The square fits in 256 bits for a root of up to 128 bits; above, 64 bits of it are given up.
        (uint256 price, uint256 one) = sqrtPrice <= type(uint128).max
            ? (sqrtPrice * sqrtPrice, 1 << 192)
            : (FullMath.mulDiv(sqrtPrice, sqrtPrice, 1 << 64), 1 << 128);
        return inputIsToken0 ? FullMath.mulDiv(price, amount, one) : FullMath.mulDiv(one, amount, price);
    }

    /// @notice Least output for `amount` of the input: its worth at `tick`, less the pool's fee, less `tolerance`.
    /// @param fee Fee of the pool in hundredths of a basis point.
    /// @param tolerance In basis points.
    function floor(int24 tick, uint256 amount, uint24 fee, uint16 tolerance, bool inputIsToken0)
        internal
        pure
        returns (uint256)
    {
        uint256 share = (FEE_UNITS - fee) * (BASIS_POINTS - tolerance);
        return FullMath.mulDiv(quote(tick, amount, inputIsToken0), share, FEE_UNITS * BASIS_POINTS);
    }

    /// @notice Square root price at which one more unit of input, after the fee, would buy exactly the floor.
    /// A swap that stops there bought every unit, so also their sum, at the floor or better.
    /// @dev Rounded to the side of the tick, so never past the floor. Reverts beyond 160 bits.
    /// @param tolerance In basis points, as for `floor`. The fee is absent: it is taken before the price applies.
    function sqrtPriceLimit(int24 tick, uint16 tolerance, bool inputIsToken0)
        internal
        pure
        returns (uint160)
    {
        uint256 sqrtPrice = TickMath.getSqrtPriceAtTick(tick);
        uint256 sqrtShare =
            Math.sqrt(Math.ceilDiv((BASIS_POINTS - tolerance) << 192, BASIS_POINTS), Math.Rounding.Ceil);
        uint256 limit = inputIsToken0
            ? FullMath.mulDivRoundingUp(sqrtPrice, sqrtShare, Q96)
            : FullMath.mulDiv(sqrtPrice, Q96, sqrtShare);
        return limit.toUint160();
    }

    /// @notice What the pool would hold of the input if `liquidity` were spread over all prices.
    function virtualReserve(uint160 sqrtPrice, uint128 liquidity, bool inputIsToken0)
        internal
        pure
        returns (uint256)
    {
        return inputIsToken0
            ? (uint256(liquidity) << 96) / sqrtPrice
            : FullMath.mulDiv(liquidity, sqrtPrice, Q96);
    }
}
