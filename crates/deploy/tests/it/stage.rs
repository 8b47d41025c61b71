//! A chain to deploy on, and what its accounts do to it.

use std::path::Path;

use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use btrst_deploy::plan::Step;
use btrst_deploy::{Description, Plan};
use btrst_devnet::{Account, Accounts, Call, Chain, Name, Repository};

const V3_FACTORY: &str = "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";

pub fn repository() -> Repository {
    Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub fn accounts() -> Accounts {
    Accounts::derive().unwrap()
}

/// Uniswap's factory, deployed by somebody else.
pub async fn factory(chain: &Chain, accounts: &Accounts) -> Address {
    let code = repository().creation_code(V3_FACTORY).unwrap();
    chain.deploy(accounts.get(Name::Stranger), Call::deploy("the factory", &code, &[])).await.unwrap()
}

/// A fresh deployment with two lock-ups.
pub fn fresh(accounts: &Accounts, factory: Address) -> Plan {
    let of = |name| accounts.address(name);
    let (deployer, guardian, investors, muses, sale) =
        (of(Name::Deployer), of(Name::Guardian), of(Name::Investors), of(Name::Muses), of(Name::PublicSale));
    let text = format!(
        r#"
        schema_version = 1
        chain_id = 31337
        name = "test"
        salt = "test"
        deployer = "{deployer}"
        [timelock]
        delay = 604_800
        [governor]
        preset = "live"
        guardian = "{guardian}"
        guardian_expiry = 2026-06-30T00:00:00Z
        [converter]
        usdc = "0x00000000000000000000000000000000000000cc"
        guardian = "{guardian}"
        cardinality = 20
        window = 1_800
        short_window = 300
        tolerance = 75
        max_deviation = 200
        hop = 3_600
        lot = "25_000usdc"
        min_liquidity = "100_000_000_000_000_000"
        [converter.new_pool]
        factory = "{factory}"
        fee = 10_000
        price = "0.5usdc"
        [[allocation]]
        name = "community"
        to = "treasury"
        amount = "135_000_000"
        [[allocation]]
        name = "investors"
        to = "{investors}"
        amount = "55_000_000"
        lockup = {{ start = 2026-01-01T00:00:00Z, cliff = 2027-01-01T00:00:00Z, end = 2030-01-01T00:00:00Z }}
        [[allocation]]
        name = "nodes"
        to = "{muses}"
        amount = "47_500_000"
        lockup = {{ start = 2026-01-01T00:00:00Z, cliff = 2027-01-01T00:00:00Z, end = 2030-01-01T00:00:00Z }}
        [[allocation]]
        name = "public_sale"
        to = "{sale}"
        amount = "12_500_000"
        "#
    );
    Plan::of(&Description::parse(&text).unwrap())
}

/// The chain as the library sees it.
pub async fn link(chain: &Chain) -> btrst_chain::Chain {
    let provider = btrst_chain::Endpoint::new(chain.url()).unwrap().provider().unwrap();
    btrst_chain::Chain::connect(provider, btrst_devnet::CHAIN_ID, "test").await.unwrap()
}

/// Sends one step of the plan.
pub async fn send(chain: &Chain, account: &Account, step: &Step) {
    let call = btrst_gov::governor::Call {
        to: step.to,
        value: U256::ZERO,
        data: step.data.clone(),
        what: step.name.clone(),
    };
    chain.send(account, call.into()).await.unwrap();
}

/// Sends all steps.
pub async fn carry_out(chain: &Chain, accounts: &Accounts, plan: &Plan) {
    for step in &plan.steps {
        send(chain, accounts.get(Name::Deployer), step).await;
    }
}

/// Calls `to` as `from`, of which nobody has a key.
pub async fn as_contract<C: SolCall>(chain: &Chain, from: Address, to: Address, call: &C) {
    let provider = chain.provider();
    provider.anvil_set_balance(from, U256::from(10).pow(U256::from(18))).await.unwrap();
    provider.anvil_impersonate_account(from).await.unwrap();
    let request = TransactionRequest::default().from(from).to(to).input(call.abi_encode().into());
    let receipt = provider.send_transaction(request).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status(), "{}", C::SIGNATURE);
    provider.anvil_stop_impersonating_account(from).await.unwrap();
}
