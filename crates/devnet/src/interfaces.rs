//! The parts of third-party contracts that seeding a devnet needs.
#![allow(missing_docs, reason = "each function is documented where its contract comes from")]

alloy::sol! {
    /// BTRST, Uniswap's UNI and the USDC stand-in, as far as they are alike; votes of the first two only.
    #[derive(Debug)]
    interface IToken {
        function totalSupply() external view returns (uint256);
        function balanceOf(address account) external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
        function approve(address spender, uint256 amount) external returns (bool);
        function mint(address account, uint256 amount) external;
        function delegate(address delegatee) external;
        function delegates(address account) external view returns (address);
        function getCurrentVotes(address account) external view returns (uint96);
    }

    /// Uniswap V3's factory.
    #[derive(Debug)]
    interface IUniswapV3Factory {
        function owner() external view returns (address);
        function setOwner(address owner) external;
        function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address);
        function createPool(address tokenA, address tokenB, uint24 fee) external returns (address);
    }

    /// A Uniswap V3 pool.
    #[derive(Debug)]
    interface IUniswapV3Pool {
        function token0() external view returns (address);
        function token1() external view returns (address);
        function fee() external view returns (uint24);
        function liquidity() external view returns (uint128);
        function slot0() external view returns (
            uint160 sqrtPriceX96,
            int24 tick,
            uint16 observationIndex,
            uint16 observationCardinality,
            uint16 observationCardinalityNext,
            uint8 feeProtocol,
            bool unlocked
        );
        function observe(uint32[] secondsAgos) external view returns (int56[], uint160[]);
        function initialize(uint160 sqrtPriceX96) external;
        function increaseObservationCardinalityNext(uint16 observationCardinalityNext) external;
    }

    /// Uniswap V3's position manager.
    #[derive(Debug)]
    interface IUniswapV3Positions {
        struct MintParams {
            address token0;
            address token1;
            uint24 fee;
            int24 tickLower;
            int24 tickUpper;
            uint256 amount0Desired;
            uint256 amount1Desired;
            uint256 amount0Min;
            uint256 amount1Min;
            address recipient;
            uint256 deadline;
        }

        function mint(MintParams params) external payable returns (uint256, uint128, uint256, uint256);
        function ownerOf(uint256 tokenId) external view returns (address);
    }

    /// Uniswap V3's router.
    #[derive(Debug)]
    interface IUniswapV3Router {
        struct ExactInputSingleParams {
            address tokenIn;
            address tokenOut;
            uint24 fee;
            address recipient;
            uint256 deadline;
            uint256 amountIn;
            uint256 amountOutMinimum;
            uint160 sqrtPriceLimitX96;
        }

        function exactInputSingle(ExactInputSingleParams params) external payable returns (uint256 amountOut);
    }
}
