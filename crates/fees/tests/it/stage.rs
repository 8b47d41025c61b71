//! A devnet with fees in custody.

use std::path::Path;
use std::time::Duration;

use alloy::primitives::aliases::{U24, U160};
use alloy::primitives::{Address, B256, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionReceipt;
use btrst_bindings::FeeConverter;
use btrst_chain::transaction::GasTerms;
use btrst_chain::{Journal, Outbox, Sender, Terms};
use btrst_devnet::{Call, IToken, IUniswapV3Router, Name, Proxy, Repository, World, WorldOptions};
use btrst_fees::FeeChain;
use btrst_gov::governor;

/// A devnet and the fee tools' view of it.
pub struct Stage {
    pub world: World,
    pub chain: FeeChain,
}

/// Whole USDC in base units.
pub fn usdc(whole: u64) -> U256 {
    U256::from(whole) * U256::from(1_000_000)
}

pub fn provider(url: &str) -> DynProvider {
    let client = alloy::transports::http::reqwest::Client::builder()
        .timeout(Duration::from_millis(2_000))
        .build()
        .unwrap();
    ProviderBuilder::new()
        .disable_recommended_fillers()
        .connect_reqwest(client, url.parse().unwrap())
        .erased()
}

impl Stage {
    pub async fn new() -> Self {
        let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let world = World::start(&repository, &WorldOptions::default()).await.unwrap();
        let chain = FeeChain::connect(provider(world.chain().url()), &world.deployment()).await.unwrap();
        Self { world, chain }
    }

    /// The chain behind an endpoint that can be made to misbehave.
    pub async fn through_proxy(&self) -> (Proxy, FeeChain) {
        let proxy = Proxy::start(self.world.chain().url()).await.unwrap();
        let chain = FeeChain::connect(provider(&proxy.url), &self.world.deployment()).await.unwrap();
        (proxy, chain)
    }

    /// Sends `call` of `sender` as the commands do.
    pub async fn send(&self, sender: &Sender, call: &governor::Call) -> TransactionReceipt {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::open(&path, self.chain.id, sender.address(), "test").unwrap();
        let terms = Terms { confirmations: 1, timeout: Duration::from_secs(20), patience: None };
        let mut outbox = Outbox::new((*self.chain).clone(), sender.clone(), Some(journal), terms);
        outbox.send(call, &GasTerms::default(), &mut |_| ()).await.unwrap().receipt
    }

    /// Puts `whole` USDC of the client into custody.
    pub async fn deposit(&self, whole: u64) {
        let approve = IToken::approveCall { spender: self.chain.converter, amount: usdc(whole) };
        self.world.send(Name::Client, Call::new(self.chain.usdc, &approve)).await.unwrap();
        let deposit = FeeConverter::depositCall { amount: usdc(whole), r#ref: B256::ZERO };
        self.world.send(Name::Client, Call::new(self.chain.converter, &deposit)).await.unwrap();
    }

    /// The router, and the trader's purchase of BTRST there for `amount` base units of USDC.
    pub async fn purchase(&self, amount: U256) -> (Address, IUniswapV3Router::exactInputSingleCall) {
        self.swap(self.chain.usdc, self.chain.btrst, amount).await
    }

    /// The router, and the trader's sale of `amount` base units of BTRST there.
    pub async fn sale(&self, amount: U256) -> (Address, IUniswapV3Router::exactInputSingleCall) {
        self.swap(self.chain.btrst, self.chain.usdc, amount).await
    }

    async fn swap(
        &self,
        token_in: Address,
        token_out: Address,
        amount: U256,
    ) -> (Address, IUniswapV3Router::exactInputSingleCall) {
        let router = self.world.contracts().swap_router.unwrap();
        let approve = IToken::approveCall { spender: router, amount };
        self.world.send(Name::Trader, Call::new(token_in, &approve)).await.unwrap();
        let params = IUniswapV3Router::ExactInputSingleParams {
            tokenIn: token_in,
            tokenOut: token_out,
            fee: U24::from(10_000),
            recipient: self.world.address(Name::Trader),
            deadline: U256::MAX,
            amountIn: amount,
            amountOutMinimum: U256::ZERO,
            sqrtPriceLimitX96: U160::ZERO,
        };
        (router, IUniswapV3Router::exactInputSingleCall { params })
    }

    /// Lets the converter's wait pass.
    pub async fn wait_out(&self) {
        let next = self.chain.read_latest(self.chain.converter, &FeeConverter::nextConversionTimeCall {});
        let next = next.await.unwrap().to::<u64>();
        let now = self.world.chain().now().await.unwrap();
        self.world.chain().warp(next.max(now) + 1).await.unwrap();
    }

    /// What the converter says it spent, in base units of USDC.
    pub async fn spent(&self) -> U256 {
        self.chain.read_latest(self.chain.converter, &FeeConverter::totalUsdcInCall {}).await.unwrap()
    }
}
