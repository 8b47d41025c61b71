//! Every balance, role and parameter of both flavours.

use alloy::eips::BlockId;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use btrst_bindings::{BTRST, BraintrustGovernor, GovernanceDecisions, Timelock};
use btrst_devnet::{AnvilOptions, Call, Flavour, IToken, Name, World, WorldOptions};
use btrst_gov::parameters::{Parameters, btrst};
use btrst_gov::{Deployment, Governor};

use crate::repository;

pub async fn world(options: WorldOptions) -> World {
    World::start(&repository(), &options).await.unwrap()
}

pub async fn read<C: SolCall>(world: &World, to: Address, call: C) -> C::Return {
    world.chain().read(to, &call).await.unwrap()
}

pub fn usdc(whole: u64) -> U256 {
    U256::from(whole) * U256::from(1_000_000)
}

/// Every balance; `factor` is the supply in multiples of 250 million, `delegate` what each delegate has.
async fn assert_balances(world: &World, factor: u64, delegate: u64) {
    let contracts = world.contracts();
    let delegate = btrst(delegate);
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
        let votes = IToken::getCurrentVotesCall { account: address };
        assert!(read(world, contracts.btrst, votes).await.is_zero(), "{name} votes before anyone delegated");
    }
    let trader = world.address(Name::Trader);
    let traded = world.btrst_of(trader).await.unwrap();
    assert!(traded.abs_diff(btrst(20_000)) < btrst(100), "the trader ends about where it began: {traded}");
    let spent = world.usdc_of(trader).await.unwrap();
    assert!(spent.abs_diff(usdc(10_000)) < usdc(50), "the trader ends about where it began: {spent}");

    let supply = btrst(250_000_000 * factor);
    assert_eq!(read(world, contracts.btrst, IToken::totalSupplyCall {}).await, supply);
    let three = U256::from(3);
    let treasury = world.btrst_of(contracts.timelock).await.unwrap();
    let expected = btrst(135_000_000 * factor - 500_000) - delegate * three;
    assert!(treasury.abs_diff(expected) < btrst(1), "{treasury}");
    let pooled = world.btrst_of(contracts.pool.unwrap()).await.unwrap();
    let held = btrst((55_000_000 + 12_500_000 + 47_500_000) * factor - 20_000) + delegate * three + traded;
    assert_eq!(held + treasury + pooled, supply);

    // What the pool did not take for rounding went to the treasury, and trading moved the rest.
    let treasury_usdc = world.usdc_of(contracts.timelock).await.unwrap();
    assert!(treasury_usdc >= usdc(1_000_000) && treasury_usdc - usdc(1_000_000) < usdc(1), "{treasury_usdc}");
    assert_eq!(world.chain().balance(contracts.timelock).await.unwrap(), btrst(100));
}

/// Time lock, register, and a deployment that names every contract.
async fn assert_governance(world: &World) {
    let contracts = world.contracts();
    let (timelock, register) = (contracts.timelock, contracts.governance_decisions.unwrap());
    assert_eq!(read(world, timelock, Timelock::adminCall {}).await, contracts.governor);
    assert_eq!(read(world, timelock, Timelock::pendingAdminCall {}).await, Address::ZERO);
    assert_eq!(read(world, timelock, Timelock::delayCall {}).await, U256::from(604_800));
    assert_eq!(read(world, register, GovernanceDecisions::marketplaceFeeCall {}).await, 10);
    let deployed: Vec<_> = world.deployment().contracts.iter().collect();
    assert_eq!(deployed.len(), 12, "{deployed:?}");
    for (name, address) in deployed {
        assert!(!world.chain().provider().get_code_at(address).await.unwrap().is_empty(), "{name}");
    }
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
    assert_balances(&world, 1, 40_000).await;
    assert_governance(&world).await;

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
async fn anvil_seeds_the_compound_generation() {
    let world = world(WorldOptions { flavour: Flavour::Alpha, ..WorldOptions::default() }).await;
    let contracts = world.contracts().clone();
    assert_balances(&world, 4, 16_000_000).await;
    assert_governance(&world).await;

    alloy::sol! {
        function uni() external view returns (address);
        function timelock() external view returns (address);
        function guardian() external view returns (address);
        function minter() external view returns (address);
        function mintingAllowedAfter() external view returns (uint256);
    }
    let (governor, token) = (contracts.governor, contracts.btrst);
    assert_eq!(read(&world, governor, uniCall {}).await, token);
    assert_eq!(read(&world, governor, timelockCall {}).await, contracts.timelock);
    assert_eq!(read(&world, token, minterCall {}).await, Address::ZERO);
    assert_eq!(read(&world, token, mintingAllowedAfterCall {}).await, U256::MAX);
    assert!(world.chain().read(governor, &guardianCall {}).await.is_err(), "Uniswap's has no guardian");
    let expected = Parameters {
        voting_delay: 1,
        voting_period: 40_320,
        proposal_threshold: btrst(10_000_000),
        quorum_votes: btrst(40_000_000),
    };
    let governor = Governor::detect(world.chain().provider(), governor).await.unwrap();
    assert_eq!(governor.flavour, Flavour::Alpha);
    assert_eq!(governor.parameters(world.chain().provider()).await.unwrap(), expected);
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
