//! Uniswap V3, the pool and the converter that buys on it, the same in both flavours.

use alloy::primitives::{Address, U256};
use btrst_bindings::FeeConverter;
use btrst_devnet::{
    Call, Error, Flavour, IToken, IUniswapV3Factory, IUniswapV3Pool, IUniswapV3Positions, Name, WorldOptions,
};
use btrst_gov::parameters::btrst;

use crate::world::{read, usdc, world};

alloy::sol! {
    function factory() external view returns (address);
    function WETH9() external view returns (address);
    function symbol() external view returns (string);
    function decimals() external view returns (uint8);
}

#[tokio::test]
async fn anvil_seeds_a_market_that_the_converter_accepts() {
    assert_market(Flavour::Braintrust).await;
}

#[tokio::test]
async fn anvil_seeds_the_same_market_for_the_compound_generation() {
    assert_market(Flavour::Alpha).await;
}

async fn assert_market(flavour: Flavour) {
    let world = world(WorldOptions { flavour, ..WorldOptions::default() }).await;
    let contracts = world.contracts().clone();
    let (pool, converter) = (contracts.pool.unwrap(), contracts.fee_converter.unwrap());
    let (token, usdc_token) = (contracts.btrst, contracts.usdc.unwrap());
    let factory = contracts.uniswap_factory.unwrap();
    let fee = read(&world, pool, IUniswapV3Pool::feeCall {}).await;
    let get_pool = IUniswapV3Factory::getPoolCall { tokenA: token, tokenB: usdc_token, fee };
    assert_eq!(read(&world, factory, get_pool).await, pool);
    assert_eq!(
        (fee.to::<u32>(), read(&world, factory, IUniswapV3Factory::ownerCall {}).await),
        (10_000, Address::ZERO)
    );
    let position = IUniswapV3Positions::ownerOfCall { tokenId: U256::from(1) };
    assert_eq!(read(&world, contracts.position_manager.unwrap(), position).await, contracts.timelock);
    let slot = read(&world, pool, IUniswapV3Pool::slot0Call {}).await;
    assert_eq!(slot.observationCardinality, 300);
    let depth = world.usdc_of(pool).await.unwrap();
    assert!(depth.abs_diff(usdc(250_000)) < usdc(500), "{depth}");
    let depth = world.btrst_of(pool).await.unwrap();
    assert!(depth.abs_diff(btrst(500_000)) < btrst(1_000), "{depth}");
    // A price of half an hour ago, which is what the converter asks for.
    let observe = IUniswapV3Pool::observeCall { secondsAgos: vec![1_800, 0] };
    assert_eq!(read(&world, pool, observe).await._0.len(), 2);

    // Router, position manager and quoter are those of this factory and of this ether.
    let wiring = [contracts.swap_router, contracts.position_manager, contracts.quoter];
    for periphery in wiring.map(Option::unwrap) {
        assert_eq!(read(&world, periphery, factoryCall {}).await, factory);
        assert_eq!(read(&world, periphery, WETH9Call {}).await, contracts.weth.unwrap());
    }
    assert_eq!(read(&world, contracts.weth.unwrap(), symbolCall {}).await, "WETH");
    assert_eq!(read(&world, usdc_token, decimalsCall {}).await, 6);

    let parameters = read(&world, converter, FeeConverter::parametersCall {}).await;
    assert_eq!((parameters.window, parameters.shortWindow, parameters.hop), (1_800, 300, 3_600));
    assert_eq!((parameters.tolerance, parameters.lot), (75, 25_000_000_000));
    assert_eq!(parameters.maxDeviation.to::<u32>(), 200);
    assert_eq!(parameters.minLiquidity, 100_000_000_000_000_000);
    assert_eq!(read(&world, converter, FeeConverter::poolCall {}).await, pool);
    assert_eq!(read(&world, converter, FeeConverter::USDCCall {}).await, usdc_token);
    assert_eq!(read(&world, converter, FeeConverter::BTRSTCall {}).await, token);
    assert_eq!(read(&world, converter, FeeConverter::TreasuryAddressCall {}).await, contracts.timelock);
    assert_eq!(read(&world, converter, FeeConverter::guardianCall {}).await, world.address(Name::Guardian));
    let market = read(&world, converter, FeeConverter::marketCall {}).await;
    assert!(market.meanLiquidity > parameters.minLiquidity);

    // A node's fees become BTRST of the treasury at about 0.50 USDC.
    let amount = usdc(1_000);
    let treasury = world.btrst_of(contracts.timelock).await.unwrap();
    world
        .send(Name::Muses, Call::new(usdc_token, &IToken::approveCall { spender: converter, amount }))
        .await
        .unwrap();
    let deposit = FeeConverter::depositCall { amount, r#ref: Default::default() };
    world.send(Name::Muses, Call::new(converter, &deposit)).await.unwrap();
    let convert =
        FeeConverter::convertCall { maxIn: amount / U256::from(2), minOut: U256::ZERO, deadline: U256::MAX };
    let receipt = world.send(Name::Stranger, Call::new(converter, &convert)).await.unwrap();
    let converted: FeeConverter::Converted = receipt.event(converter).unwrap();
    assert_eq!(converted.usdcIn, amount / U256::from(2));
    assert!(converted.btrstOut.abs_diff(btrst(1_000)) < btrst(30), "{}", converted.btrstOut);
    assert_eq!(world.btrst_of(contracts.timelock).await.unwrap(), treasury + converted.btrstOut);
    assert!(receipt.event::<FeeConverter::Deposited>(converter).is_err());

    // Reasons come through, and what is sent next sees the time that was set for it.
    let error = world.send(Name::Stranger, Call::new(converter, &convert)).await.unwrap_err();
    let next = read(&world, converter, FeeConverter::nextConversionTimeCall {}).await.to::<u64>();
    assert!(
        matches!(&error, Error::Reverted { reason, .. } if *reason == format!("TooSoon {{ allowedFrom: {next} }}")),
        "{error}"
    );
    world.chain().set_next_timestamp(next - 1).await.unwrap();
    assert!(world.send(Name::Stranger, Call::new(converter, &convert)).await.is_err());
    world.chain().set_next_timestamp(next).await.unwrap();
    world.send(Name::Stranger, Call::new(converter, &convert)).await.unwrap();
    assert_eq!(world.chain().now().await.unwrap(), next);
}
