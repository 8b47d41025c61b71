//! A complete system on a fresh chain: contracts, holders, a market with a history.

mod allocation;
mod alpha;
mod braintrust;
mod checks;
mod market;
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
    /// The suite's own contracts, or the Compound generation that is live since 2021.
    pub flavour: Flavour,
    /// What the governor starts with. GovernorAlpha's are constants of its code, so it ignores this.
    pub parameters: Parameters,
    /// Whether holders have delegated already: each delegate to itself, and `dora` to `amara`.
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
    /// community's share come the pool's side of 500,000 BTRST and two fifths of the quorum for each delegate; the
    /// treasury holds the rest. Out of the public sale's share come 100 BTRST of `dora` and 20,000 of `trader`.
    ///
    /// # Errors
    /// As for [`Anvil::start`]; [`crate::Error::ArtifactMissing`] when an npm package is missing;
    /// [`crate::Error::Reverted`] and [`crate::Error::UnexpectedEffect`] when the system is not what it should be.
    pub async fn start(repository: &Repository, options: &WorldOptions) -> Result<Self> {
        let accounts = Accounts::derive()?;
        let anvil = Anvil::start(repository, &options.anvil).await?;
        let seeding = Seeding { repository, chain: anvil.chain(), accounts: &accounts, options };
        let contracts = match options.flavour {
            Flavour::Braintrust => seeding.braintrust().await?,
            Flavour::Alpha => seeding.alpha().await?,
        };
        let world = Self { anvil, accounts, contracts, flavour: options.flavour };
        world.check_deployer().await?;
        world.check_supply().await?;
        Ok(world)
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
