//! Every balance, role and parameter of both stacks.

use alloy::eips::BlockId;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use btrst_bindings::{BTRST, BraintrustGovernor, FeeConverter, GovernanceDecisions, Timelock};
use btrst_devnet::{
    AnvilOptions, Call, Error, Flavour, IToken, IUniswapV3Factory, IUniswapV3Pool, IUniswapV3Positions, Name,
    World, WorldOptions,
};
use btrst_gov::Deployment;
use btrst_gov::parameters::{Parameters, btrst};

use crate::repository;

async fn world(options: WorldOptions) -> World {
    World::start(&repository(), &options).await.unwrap()
}

async fn read<C: SolCall>(world: &World, to: Address, call: C) -> C::Return {
    world.chain().read(to, &call).await.unwrap()
}

fn usdc(whole: u64) -> U256 {
    U256::from(whole) * U256::from(1_000_000)
}

/// Balances that both stacks have in common; `factor` is the supply in multiples of 250 million.
async fn assert_shares(world: &World, factor: u64, delegate: U256) {
    let expected = |name| match name {
        Name::Amara | Name::Bela | Name::Chidi => (delegate, U256::ZERO),
        Name::Dora => (btrst(100), U256::ZERO),
        Name::Client => (U256::ZERO, usdc(500_000)),
        Name::Investors => (btrst(55_000_000 * factor), U256::ZERO),
        Name::PublicSale => (btrst(12_500_000 * factor - 20_100), U256::ZERO),
        name if Name::NODES.contains(&name) => (btrst(9_500_000 * factor), usdc(100_000)),
        _ => (U256::ZERO, U256::ZERO),
    };
    for name in Name::ALL.into_iter().filter(|name| *name != Name::Trader) {
        let address = world.address(name);
        let balances = (world.btrst_of(address).await.unwrap(), world.usdc_of(address).await.unwrap());
        assert_eq!(balances, expected(name), "{name}");
        let ether = world.chain().balance(address).await.unwrap();
        assert!(ether > btrst(9_000), "{name} has ether for gas");
        let votes =
            read(world, world.contracts().btrst, IToken::getCurrentVotesCall { account: address }).await;
        assert!(votes.is_zero(), "{name} votes before anyone delegated");
    }
    let treasury = world.contracts().timelock;
    assert_eq!(world.usdc_of(treasury).await.unwrap(), usdc(1_000_000));
    assert_eq!(world.chain().balance(treasury).await.unwrap(), btrst(100));
}

/// Time lock and register, which both stacks have.
async fn assert_governance(world: &World) {
    let contracts = world.contracts();
    let (timelock, register) = (contracts.timelock, contracts.governance_decisions.unwrap());
    assert_eq!(read(world, timelock, Timelock::adminCall {}).await, contracts.governor);
    assert_eq!(read(world, timelock, Timelock::pendingAdminCall {}).await, Address::ZERO);
    assert_eq!(read(world, timelock, Timelock::delayCall {}).await, U256::from(604_800));
    assert_eq!(read(world, register, GovernanceDecisions::marketplaceFeeCall {}).await, 10);
    let role = read(world, register, GovernanceDecisions::GOVERNOR_ROLECall {}).await;
    for (account, holds) in [(timelock, true), (world.address(Name::Deployer), false)] {
        let call = GovernanceDecisions::hasRoleCall { role, account };
        assert_eq!(read(world, register, call).await, holds);
    }
}

#[tokio::test]
async fn anvil_seeds_the_braintrust_stack() {
    let world = world(WorldOptions::default()).await;
    let contracts = world.contracts().clone();
    assert_shares(&world, 1, btrst(40_000)).await;
    assert_governance(&world).await;

    assert_eq!(read(&world, contracts.btrst, IToken::totalSupplyCall {}).await, btrst(250_000_000));
    let pool = contracts.pool.unwrap();
    let trader = world.address(Name::Trader);
    let traded = world.btrst_of(trader).await.unwrap();
    assert!(traded.abs_diff(btrst(20_000)) < btrst(100), "the trader ends about where it began: {traded}");
    let held = btrst(55_000_000 + 12_500_000 + 47_500_000 - 20_000 + 3 * 40_000) + traded;
    let treasury = world.btrst_of(contracts.timelock).await.unwrap();
    let pooled = world.btrst_of(pool).await.unwrap();
    assert_eq!(held + treasury + pooled, btrst(250_000_000));
    assert!(treasury.abs_diff(btrst(135_000_000 - 500_000 - 120_000)) < btrst(1), "{treasury}");

    let governor = contracts.governor;
    assert_eq!(read(&world, governor, BraintrustGovernor::timelockCall {}).await, contracts.timelock);
    assert_eq!(read(&world, governor, BraintrustGovernor::tokenCall {}).await, contracts.btrst);
    assert_eq!(read(&world, governor, BraintrustGovernor::quorumVotesCall {}).await, btrst(100_000));
    assert_eq!(read(&world, governor, BraintrustGovernor::proposalThresholdCall {}).await, btrst(500));
    assert_eq!(read(&world, governor, BraintrustGovernor::votingDelayCall {}).await, U256::from(1));
    assert_eq!(read(&world, governor, BraintrustGovernor::votingPeriodCall {}).await, U256::from(17_280));
    let guardian = read(&world, governor, BraintrustGovernor::proposalGuardianCall {}).await;
    assert_eq!(guardian.account, world.address(Name::Guardian));
    let expiration = AnvilOptions::GENESIS_TIME + 365 * 86_400;
    assert_eq!(U256::from(guardian.expiration), U256::from(expiration));
}

#[tokio::test]
async fn anvil_seeds_a_market_that_the_converter_accepts() {
    let world = world(WorldOptions::default()).await;
    let contracts = world.contracts().clone();
    let (pool, converter) = (contracts.pool.unwrap(), contracts.fee_converter.unwrap());
    let (token, usdc_token) = (contracts.btrst, contracts.usdc.unwrap());
    let factory = contracts.uniswap_factory.unwrap();
    let fee = read(&world, pool, IUniswapV3Pool::feeCall {}).await;
    let get_pool = IUniswapV3Factory::getPoolCall { tokenA: token, tokenB: usdc_token, fee };
    assert_eq!(read(&world, factory, get_pool).await, pool);
    assert_eq!(read(&world, factory, IUniswapV3Factory::ownerCall {}).await, Address::ZERO);
    let position = IUniswapV3Positions::ownerOfCall { tokenId: U256::from(1) };
    assert_eq!(read(&world, contracts.position_manager.unwrap(), position).await, contracts.timelock);
    let slot = read(&world, pool, IUniswapV3Pool::slot0Call {}).await;
    assert_eq!(slot.observationCardinality, 300);
    let depth = world.usdc_of(pool).await.unwrap();
    assert!(depth.abs_diff(usdc(250_000)) < usdc(500), "{depth}");

    let parameters = read(&world, converter, FeeConverter::parametersCall {}).await;
    assert_eq!((parameters.window, parameters.shortWindow, parameters.hop), (1_800, 300, 3_600));
    assert_eq!((parameters.tolerance, parameters.lot), (75, 25_000_000_000));
    assert_eq!(parameters.maxDeviation.to::<u32>(), 200);
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

#[tokio::test]
async fn anvil_seeds_the_hardened_preset_and_delegations() {
    let options =
        WorldOptions { parameters: Parameters::HARDENED, delegated: true, ..WorldOptions::default() };
    let world = world(options).await;
    let governor = world.contracts().governor;
    assert_eq!(read(&world, governor, BraintrustGovernor::quorumVotesCall {}).await, btrst(10_000_000));
    assert_eq!(read(&world, governor, BraintrustGovernor::votingDelayCall {}).await, U256::from(7_200));
    let quorum = btrst(10_000_000);
    let mut total = U256::ZERO;
    for name in Name::DELEGATES {
        let call = BTRST::getCurrentVotesCall { account: world.address(name) };
        let votes: U256 = read(&world, world.contracts().btrst, call).await.to();
        let dora = if name == Name::Amara { btrst(100) } else { U256::ZERO };
        assert_eq!(votes, btrst(4_000_000) + dora, "{name}");
        assert!(votes < quorum);
        total += votes;
    }
    assert!(total > quorum);
}

#[tokio::test]
async fn anvil_seeds_the_alpha_stack() {
    let world = world(WorldOptions { flavour: Flavour::Alpha, ..WorldOptions::default() }).await;
    let contracts = world.contracts().clone();
    let trader = world.address(Name::Trader);
    assert_shares(&world, 4, btrst(16_000_000)).await;
    assert_governance(&world).await;
    assert_eq!(world.btrst_of(trader).await.unwrap(), btrst(20_000));
    assert_eq!(read(&world, contracts.btrst, IToken::totalSupplyCall {}).await, btrst(1_000_000_000));
    let treasury = world.btrst_of(contracts.timelock).await.unwrap();
    assert_eq!(treasury, btrst(4 * 135_000_000 - 3 * 16_000_000));

    alloy::sol! {
        function uni() external view returns (address);
        function timelock() external view returns (address);
        function quorumVotes() external view returns (uint256);
        function minter() external view returns (address);
        function mintingAllowedAfter() external view returns (uint256);
    }
    let (governor, token) = (contracts.governor, contracts.btrst);
    assert_eq!(read(&world, governor, uniCall {}).await, token);
    assert_eq!(read(&world, governor, timelockCall {}).await, contracts.timelock);
    assert_eq!(read(&world, governor, quorumVotesCall {}).await, btrst(40_000_000));
    assert_eq!(read(&world, token, minterCall {}).await, Address::ZERO);
    assert_eq!(read(&world, token, mintingAllowedAfterCall {}).await, U256::MAX);
    assert_eq!((contracts.fee_converter, contracts.pool), (None, None));
}

#[tokio::test]
async fn anvil_worlds_are_described_by_a_deployment_file() {
    let world = world(WorldOptions { flavour: Flavour::Alpha, ..WorldOptions::default() }).await;
    let deployment = world.deployment();
    assert_eq!(deployment.chain_id, 31_337);
    assert_eq!(deployment.flavour, Flavour::Alpha);
    assert_eq!(deployment.rpc_url.as_deref(), Some(world.chain().url()));
    assert_eq!(deployment.account("amara").unwrap().address, world.address(Name::Amara));
    assert_eq!(Deployment::parse(&deployment.render().unwrap()).unwrap(), deployment);
}

#[tokio::test]
async fn anvil_worlds_are_alike() {
    let (one, other) = (world(WorldOptions::default()).await, world(WorldOptions::default()).await);
    assert_eq!(one.contracts(), other.contracts());
    let last = async |world: &World| {
        let block = world.chain().provider().get_block(BlockId::latest()).await.unwrap().unwrap();
        (block.header.number, block.header.timestamp, block.header.state_root)
    };
    assert_eq!(last(&one).await, last(&other).await);
}

#[tokio::test]
async fn anvil_refuses_a_transaction_that_mainnet_would_refuse() {
    let world = world(WorldOptions { flavour: Flavour::Alpha, ..WorldOptions::default() }).await;
    // As many bytes as a contract may have (EIP-170), and one more: PUSH2 size, PUSH0, RETURN.
    let stranger = world.account(Name::Stranger);
    let sized = |low| Call::deploy("a contract of a certain size", &[0x61, 0x60, low, 0x5f, 0xf3], &[]);
    assert!(world.chain().deploy(stranger, sized(0x00)).await.is_ok());
    assert!(world.chain().deploy(stranger, sized(0x01)).await.is_err());
    // Above the gas that one transaction may have (EIP-7825).
    let gas = |limit| Call::ether(world.address(Name::Dora), U256::from(1)).with_gas_limit(limit);
    assert!(world.chain().send_all(&[(stranger, gas(16_777_216))]).await.is_ok());
    assert!(
        world.chain().send_all(&[(stranger, gas(16_777_216)), (stranger, gas(16_777_217))]).await.is_err()
    );
    // What was sent along with it is forgotten, and the chain goes on.
    let receipt = world.send(Name::Stranger, gas(0)).await.unwrap();
    assert_eq!(receipt.0.transaction_index, Some(0));
    assert_eq!(
        world.chain().balance(world.address(Name::Dora)).await.unwrap() % U256::from(10),
        U256::from(2)
    );
}
