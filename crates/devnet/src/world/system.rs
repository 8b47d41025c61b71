//! What both flavours share: the register, the market, the converter, and how they are put together.

use alloy::primitives::aliases::U24;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolValue;
use btrst_bindings::{FeeConverter, GovernanceDecisions, IFeeConverter};
use btrst_gov::deployment::Contracts;
use btrst_gov::governor::Flavour;
use btrst_gov::parameters::Parameters;

use super::Seeding;
use super::allocation::Allocation;
use super::market::{POOL_BTRST, Venue};
use super::transactions::Transactions;
use crate::{Call, IToken, Name, Result};

/// Token, time lock and governor: all that the flavours differ in.
pub(super) struct Governance {
    pub(super) btrst: Address,
    pub(super) timelock: Address,
    pub(super) governor: Address,
    /// All tokens there are, in base units. The deployer has them.
    pub(super) supply: U256,
    /// What the governor starts with.
    pub(super) parameters: Parameters,
}

/// The guards that the converter starts with.
fn guards() -> IFeeConverter::Parameters {
    IFeeConverter::Parameters {
        window: 1_800,
        shortWindow: 300,
        tolerance: 75,
        maxDeviation: U24::from(200),
        hop: 3_600,
        // 25,000 USDC.
        lot: 25_000_000_000,
        // A good quarter of what the pool is seeded with, 3.5e17.
        minLiquidity: 100_000_000_000_000_000,
    }
}

impl Seeding<'_> {
    /// Deploys the system, distributes the supply and gives the market a history.
    pub(super) async fn seed(&self) -> Result<Contracts> {
        let deployer = self.accounts.address(Name::Deployer);
        let guardian = self.accounts.address(Name::Guardian);
        let mut transactions = Transactions::new(self);

        let governance = match self.options.flavour {
            Flavour::Braintrust => self.braintrust(&mut transactions),
            Flavour::Alpha => self.alpha(&mut transactions)?,
        };
        let Governance { btrst, timelock, governor, supply, parameters } = governance;
        let governance_decisions = transactions.deploy(
            "GovernanceDecisions",
            &GovernanceDecisions::BYTECODE,
            &timelock.abi_encode(),
        );
        let usdc = transactions.deploy_usdc()?;
        let venue = Venue::deploy(&mut transactions, self.repository, btrst, usdc)?;
        let fee_converter = transactions.deploy(
            "FeeConverter",
            &FeeConverter::BYTECODE,
            &(venue.pool, usdc, btrst, timelock, guardian, guards()).abi_encode(),
        );

        let allocation = Allocation::of(supply, &parameters, POOL_BTRST);
        self.distribute(&mut transactions, &allocation, btrst, usdc, timelock);
        venue.fund(&mut transactions, deployer, timelock);
        transactions.send().await?;

        self.give_change_to(timelock, btrst, usdc).await?;
        venue.trade(self).await?;
        Ok(Contracts {
            btrst,
            timelock,
            governor,
            governance_decisions: Some(governance_decisions),
            fee_converter: Some(fee_converter),
            usdc: Some(usdc),
            weth: Some(venue.weth),
            uniswap_factory: Some(venue.factory),
            swap_router: Some(venue.router),
            position_manager: Some(venue.positions),
            quoter: Some(venue.quoter),
            pool: Some(venue.pool),
        })
    }

    /// Sends what the pool did not take, for rounding, from the deployer to the treasury.
    async fn give_change_to(&self, treasury: Address, btrst: Address, usdc: Address) -> Result<()> {
        let deployer = self.accounts.get(Name::Deployer);
        for token in [btrst, usdc] {
            let amount =
                self.chain.read(token, &IToken::balanceOfCall { account: deployer.address() }).await?;
            if !amount.is_zero() {
                let transfer = Call::new(token, &IToken::transferCall { to: treasury, amount });
                self.chain.send(deployer, transfer).await?;
            }
        }
        Ok(())
    }
}
