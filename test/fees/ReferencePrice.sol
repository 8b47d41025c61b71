// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Prices at ticks, computed apart from the contracts: by repeated multiplication, without square roots
library ReferencePrice {
    /// @notice What `amount` of the input is worth in the output at `tick`. Good to 30 digits at every tick.
    /// @dev Reverts beyond 256 bits.
    function worth(int24 tick, uint256 amount, bool inputIsToken0) internal pure returns (uint256) {
        // 1.0001^-|tick| as mantissa * 2^-exponent, where the mantissa has 128 bits.
        uint256 steps = tick < 0 ? uint256(-int256(tick)) : uint256(int256(tick));
        (uint256 mantissa, uint256 exponent) = (1 << 127, 127);
        (uint256 base, uint256 baseExponent) = _normal((uint256(10_000) << 128) / 10_001, 128);
        for (; steps > 0; steps >>= 1) {
            if (steps & 1 == 1) {
                (mantissa, exponent) = _normal(mantissa * base, exponent + baseExponent);
            }
            (base, baseExponent) = _normal(base * base, 2 * baseExponent);
        }
        if ((tick < 0) == inputIsToken0) return Math.mulDiv(amount, mantissa, 1 << 127) >> (exponent - 127);
        return Math.mulDiv(amount, 1 << (exponent > 255 ? 255 : exponent), mantissa)
            << (exponent > 255 ? exponent - 255 : 0);
    }

    /// @dev The same number with a mantissa of 128 bits.
    function _normal(uint256 mantissa, uint256 exponent) private pure returns (uint256, uint256) {
        uint256 bits = Math.log2(mantissa) + 1;
        return bits > 128
            ? (mantissa >> (bits - 128), exponent - (bits - 128))
            : (mantissa << (128 - bits), exponent + (128 - bits));
    }
}
