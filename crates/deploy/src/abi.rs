//! The parts of Uniswap V3 and of the Compound generation that deploying and verifying needs.
#![allow(missing_docs, reason = "each function is documented where its contract comes from")]

alloy::sol! {
    interface IPoolFactory {
        function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address);
        function createPool(address tokenA, address tokenB, uint24 fee) external returns (address);
    }

    interface IPool {
        function factory() external view returns (address);
        function token0() external view returns (address);
        function token1() external view returns (address);
        function fee() external view returns (uint24);
        function slot0() external view returns (
            uint160 sqrtPriceX96,
            int24 tick,
            uint16 observationIndex,
            uint16 observationCardinality,
            uint16 observationCardinalityNext,
            uint8 feeProtocol,
            bool unlocked
        );
        function initialize(uint160 sqrtPriceX96) external;
        function increaseObservationCardinalityNext(uint16 observationCardinalityNext) external;
    }
}
