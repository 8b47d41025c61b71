// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUniswapV3Pool, IUniswapV3SwapCallback} from "../../contracts/interfaces/IUniswapV3Pool.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";

/// @title The part of a Uniswap V3 factory that creates pools
interface IPoolFactory {
    function createPool(address tokenA, address tokenB, uint24 fee) external returns (address pool);
}

/// @title The part of a Uniswap V3 pool that sets it up and provides liquidity
interface IPoolSetup {
    function initialize(uint160 sqrtPriceX96) external;
    function increaseObservationCardinalityNext(uint16 observationCardinalityNext) external;
    function mint(address recipient, int24 tickLower, int24 tickUpper, uint128 amount, bytes calldata data)
        external
        returns (uint256 amount0, uint256 amount1);
    function burn(int24 tickLower, int24 tickUpper, uint128 amount)
        external
        returns (uint256 amount0, uint256 amount1);
    function collect(
        address recipient,
        int24 tickLower,
        int24 tickUpper,
        uint128 amount0Requested,
        uint128 amount1Requested
    ) external returns (uint128 amount0, uint128 amount1);
    function positions(bytes32 key)
        external
        view
        returns (uint128 liquidity, uint256 inside0, uint256 inside1, uint128 owed0, uint128 owed1);
}

/// @title An account that provides liquidity and trades on a pool, out of its own balance
contract PoolActor is IUniswapV3SwapCallback {
    IUniswapV3Pool private immutable _pool;

    constructor(IUniswapV3Pool pool) {
        _pool = pool;
    }

    /// @notice Adds `liquidity` from `lower` to `upper`.
    function provide(int24 lower, int24 upper, uint128 liquidity) external {
        IPoolSetup(address(_pool)).mint(address(this), lower, upper, liquidity, "");
    }

    /// @notice Takes `liquidity` out again; the tokens stay with the pool.
    function withdraw(int24 lower, int24 upper, uint128 liquidity) external {
        IPoolSetup(address(_pool)).burn(lower, upper, liquidity);
    }

    /// @notice Takes out what the pool owes to the range, fees and withdrawn liquidity.
    function collect(int24 lower, int24 upper) external {
        IPoolSetup(address(_pool)).collect(address(this), lower, upper, type(uint128).max, type(uint128).max);
    }

    /// @notice Trades until the price is exactly the one of `tick`.
    function pushTo(int24 tick) external {
        pushToPrice(TickMath.getSqrtPriceAtTick(tick));
    }

    /// @notice Trades until the square root price is exactly `target`.
    function pushToPrice(uint160 target) public {
        (uint160 spot,,,,,,) = _pool.slot0();
        if (target != spot) _pool.swap(address(this), target < spot, type(int128).max, target, "");
    }

    /// @notice Sells exactly `amount` of token0 or token1 at any price.
    function sell(bool zeroForOne, uint256 amount) external {
        uint160 limit = zeroForOne ? TickMath.MIN_SQRT_PRICE + 1 : TickMath.MAX_SQRT_PRICE - 1;
        _pool.swap(address(this), zeroForOne, int256(amount), limit, "");
    }

    /// @notice Buys exactly `amount` of token1 (`zeroForOne`) or token0 at any price.
    function buy(bool zeroForOne, uint256 amount) external {
        uint160 limit = zeroForOne ? TickMath.MIN_SQRT_PRICE + 1 : TickMath.MAX_SQRT_PRICE - 1;
        _pool.swap(address(this), zeroForOne, -int256(amount), limit, "");
    }

    /// @inheritdoc IUniswapV3SwapCallback
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        if (amount0Delta > 0) _pay(_pool.token0(), uint256(amount0Delta));
        if (amount1Delta > 0) _pay(_pool.token1(), uint256(amount1Delta));
    }

    /// @notice Pays for liquidity.
    function uniswapV3MintCallback(uint256 amount0Owed, uint256 amount1Owed, bytes calldata) external {
        _pay(_pool.token0(), amount0Owed);
        _pay(_pool.token1(), amount1Owed);
    }

    function _pay(address token, uint256 amount) private {
        require(IERC20(token).transfer(address(_pool), amount), "payment failed");
    }
}
