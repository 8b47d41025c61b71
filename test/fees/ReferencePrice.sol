// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FullMath} from "@uniswap/v4-core/src/libraries/FullMath.sol";

/// @title Prices at ticks, computed apart from the contracts: by repeated multiplication, without square roots
library ReferencePrice {
    uint256 private constant ONE = 1 << 128;

    /// @notice What `amount` of the input is worth in the output at `tick`. Good to 15 digits within 400,000 ticks.
    function worth(int24 tick, uint256 amount, bool inputIsToken0) internal pure returns (uint256) {
        // 1.0001^-|tick| in Q128: below one, so that it never overflows.
        uint256 steps = tick < 0 ? uint256(-int256(tick)) : uint256(int256(tick));
        uint256 power = ONE;
        for (uint256 base = 10_000 * ONE / 10_001; steps > 0; steps >>= 1) {
            if (steps & 1 == 1) power = FullMath.mulDiv(power, base, ONE);
            base = FullMath.mulDiv(base, base, ONE);
        }
        return (tick < 0) == inputIsToken0
            ? FullMath.mulDiv(amount, power, ONE)
            : FullMath.mulDiv(amount, ONE, power);
    }
}
