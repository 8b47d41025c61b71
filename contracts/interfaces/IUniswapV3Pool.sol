// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of a Uniswap V3 factory that proves where a pool comes from
interface IUniswapV3Factory {
    /// @notice The pool of two tokens, in either order, at `fee`; zero when there is none.
    function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);
}

/// @title The part of a Uniswap V3 pool that the fee converter reads and trades with
/// @notice Prices are token1 per token0, as square roots in Q64.96 or as ticks: price = 1.0001^tick.
interface IUniswapV3Pool {
    /// @notice The factory that deployed the pool, in the pool's own words.
    function factory() external view returns (address);

    /// @notice The token with the lower address.
    function token0() external view returns (address);

    /// @notice The token with the higher address.
    function token1() external view returns (address);

    /// @notice Share of each swap's input that goes to the liquidity providers, in hundredths of a basis point.
    function fee() external view returns (uint24);

    /// @notice Liquidity in range at the current price.
    function liquidity() external view returns (uint128);

    /// @notice Price and oracle state.
    /// @return sqrtPriceX96 Square root of the current price.
    /// @return tick Current tick.
    /// @return observationIndex Where the last observation was written.
    /// @return observationCardinality How many observations the pool keeps; zero before it is initialized.
    /// @return observationCardinalityNext How many it will keep once the last one it keeps now is written.
    /// @return feeProtocol The protocol's share of the fee.
    /// @return unlocked False while the pool is in a call.
    function slot0()
        external
        view
        returns (
            uint160 sqrtPriceX96,
            int24 tick,
            uint16 observationIndex,
            uint16 observationCardinality,
            uint16 observationCardinalityNext,
            uint8 feeProtocol,
            bool unlocked
        );

    /// @notice One stored observation.
    /// @return blockTimestamp When it was written, in seconds modulo 2^32.
    /// @return tickCumulative Sum of ticks over seconds, modulo 2^56.
    /// @return secondsPerLiquidityCumulativeX128 Sum of 1 / liquidity over seconds, in Q128, modulo 2^160.
    /// @return initialized False for room that was reserved and not yet written.
    function observations(uint256 index)
        external
        view
        returns (
            uint32 blockTimestamp,
            int56 tickCumulative,
            uint160 secondsPerLiquidityCumulativeX128,
            bool initialized
        );

    /// @notice The accumulators as they were `secondsAgos` seconds ago, each.
    /// @dev Reverts with `OLD` for a time before the oldest observation.
    function observe(uint32[] calldata secondsAgos)
        external
        view
        returns (int56[] memory tickCumulatives, uint160[] memory secondsPerLiquidityCumulativeX128s);

    /// @notice Swaps, and calls `uniswapV3SwapCallback` of the caller for the payment.
    /// @param recipient Who receives the output.
    /// @param zeroForOne Whether token0 is paid and token1 received; the price falls then, and rises otherwise.
    /// @param amountSpecified Exact input when positive, exact output when negative.
    /// @param sqrtPriceLimitX96 Price at which the swap stops, filled or not.
    /// @param data Handed to the callback.
    /// @return amount0 What the pool gained of token0; negative when it lost.
    /// @return amount1 What the pool gained of token1; negative when it lost.
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

/// @title What a Uniswap V3 pool calls to be paid for a swap
interface IUniswapV3SwapCallback {
    /// @notice Pays the pool, which is the caller, what it is owed; it has sent the output already.
    /// @param amount0Delta What the pool must gain of token0, or lost when negative.
    /// @param amount1Delta What the pool must gain of token1, or lost when negative.
    /// @param data What the swap was called with.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;
}
