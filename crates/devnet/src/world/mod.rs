//! A complete system on a fresh chain: contracts, holders, a market with a history.

mod allocation;
mod alpha;
mod braintrust;
mod checks;
mod market;
mod system;
mod transactions;

use alloy::primitives::{Address, U256};
use btrst_gov::Deployment;
use btrst_gov::deployment::{self, Contracts};
use btrst_gov::governor::Flavour;
use btrst_gov::parameters::Parameters;

use crate::{
    Account, Accounts, Anvil, AnvilOptions, CHAIN_ID, Call, Chain, IToken, Name, Repository, Result,
};

/// Creation code of the contract that stands in for USDC: six decimals, permits, and anyone may mint.
const USDC_STAND_IN: &str = include_str!("../../artifacts/UsdcStandIn.json");

/// What to seed.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// Which token, time lock and governor there are: the suite's own, or those of the Compound generation that is
    /// live since 2021. All else is the same.
    pub flavour: Flavour,
    /// What the governor starts with. GovernorAlpha's are constants of its code, so it ignores this.
    pub parameters: Parameters,
    /// Whether holders have delegated already: each delegate to itself, and `dora` to `amara`.
    ///
    /// In either flavour and with any parameters, `amara` then has more votes than the proposal threshold, and
    /// `amara`, `bela` and `chidi` together have the quorum. With either preset and with GovernorAlpha, it takes all
    /// three.
    pub delegated: bool,
    /// How anvil is started.
    pub anvil: AnvilOptions,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            flavour: Flavour::Braintrust,
            parameters: Parameters::LIVE,
            delegated: false,
            anvil: AnvilOptions::default(),
        }
    }
}

/// A devnet with a seeded system. It ends when this value is dropped.
#[derive(Debug)]
pub struct World {
    anvil: Anvil,
    accounts: Accounts,
    contracts: Contracts,
    flavour: Flavour,
}

impl World {
    /// Starts anvil and seeds it: deploys and wires every contract by real transactions of the deployer, gives every
    /// account its share, and checks that the deployer keeps nothing.
    ///
    /// The supply is split 54% community, 22% investors, 19% nodes in equal parts, 5% public sale. Out of the
    /// community's share come the pool's side of 500,000 BTRST and two fifths of the quorum for each delegate (or a
    /// token more than the proposal threshold, where that is more); the treasury holds the rest. Out of the public
    /// sale's share come 100 BTRST of `dora` and 20,000 of `trader`.
    ///
    /// # The Compound generation
    /// [`Flavour::Alpha`] has the contracts that `@uniswap/governance` compiled, which are the nearest to the live
    /// ones that any package has. It differs from mainnet in this:
    /// - The token is UNI: a billion of them, so that every share is four times as many. The pool, `dora` and `trader`
    ///   have as many as with the suite's own token, because the market is the same.
    /// - GovernorAlpha has a proposal threshold of 10 million, a quorum of 40 million and a voting period of 40,320
    ///   blocks, and no guardian: it lets anyone cancel the proposal of a proposer who fell below the threshold, and
    ///   nobody any other. The account `guardian` only guards the converter.
    /// - The compiled code of the live FeeConverter and GovernanceDecisions is in no package. The suite's own are
    ///   deployed instead, owned by the Compound generation's time lock.
    ///
    /// # Errors
    /// As for [`Anvil::start`], [`crate::Error::AnvilDied`] at any time; [`crate::Error::ArtifactMissing`] when an npm
    /// package is missing; [`crate::Error::Reverted`] and [`crate::Error::UnexpectedEffect`] when the system is not
    /// what it should be.
    pub async fn start(repository: &Repository, options: &WorldOptions) -> Result<Self> {
        let accounts = Accounts::derive()?;
        let mut anvil = Anvil::start(repository, &options.anvil).await?;
        let seeding = Seeding { repository, chain: anvil.chain(), accounts: &accounts, options };
        let contracts = match seeding.seed().await {
            Ok(contracts) => contracts,
            Err(error) => return Err(anvil.cause_of(error).await),
        };
        let mut world = Self { anvil, accounts, contracts, flavour: options.flavour };
        match world.check(options).await {
            Ok(()) => Ok(world),
            Err(error) => Err(world.anvil.cause_of(error).await),
        }
    }

    /// The chain it runs on.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        self.anvil.chain()
    }

    /// The process that runs the chain.
    pub const fn anvil(&mut self) -> &mut Anvil {
        &mut self.anvil
    }

    /// The contracts.
    #[must_use]
    pub const fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// The account of `name`.
    #[must_use]
    pub fn account(&self, name: Name) -> &Account {
        self.accounts.get(name)
    }

    /// Address of `name`.
    #[must_use]
    pub fn address(&self, name: Name) -> Address {
        self.accounts.address(name)
    }

    /// Sends `call` from `name` and waits until it is mined.
    ///
    /// # Errors
    /// As for [`Chain::send`].
    pub async fn send(&self, name: Name, call: impl Into<Call>) -> Result<crate::Receipt> {
        self.chain().send(self.account(name), call.into()).await
    }

    /// BTRST of `holder`, in base units.
    ///
    /// # Errors
    /// As for [`Chain::read`].
    pub async fn btrst_of(&self, holder: Address) -> Result<U256> {
        self.chain().read(self.contracts.btrst, &IToken::balanceOfCall { account: holder }).await
    }

    /// USDC of `holder`, in base units.
    ///
    /// # Errors
    /// As for [`Chain::read`].
    pub async fn usdc_of(&self, holder: Address) -> Result<U256> {
        match self.contracts.usdc {
            Some(usdc) => self.chain().read(usdc, &IToken::balanceOfCall { account: holder }).await,
            None => Ok(U256::ZERO),
        }
    }

    /// Deployment with every contract, every account and its key, and the endpoint.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        let account = |account: &Account| deployment::Account {
            name: account.name.as_str().into(),
            address: account.address(),
            role: account.name.role().into(),
            private_key: Some(deployment::PrivateKey(account.private_key())),
        };
        Deployment {
            chain_id: CHAIN_ID,
            name: "devnet".into(),
            flavour: self.flavour,
            rpc_url: Some(self.chain().url().into()),
            contracts: self.contracts.clone(),
            accounts: self.accounts.iter().map(account).collect(),
        }
    }
}

/// What seeding works with.
struct Seeding<'a> {
    repository: &'a Repository,
    chain: &'a Chain,
    accounts: &'a Accounts,
    options: &'a WorldOptions,
}
