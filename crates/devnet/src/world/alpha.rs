//! The Compound generation: Uniswap's compiled UNI, GovernorAlpha and Timelock, in place of the live contracts.

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolValue;
use btrst_bindings::GovernanceDecisions;
use btrst_gov::deployment::Contracts;
use btrst_gov::parameters::{DEFAULT_TIMELOCK_DELAY, SUPPLY, btrst};

use super::Seeding;
use super::allocation::Allocation;
use super::transactions::Transactions;
use crate::artifact::{COMPOUND_TIMELOCK, GOVERNOR_ALPHA, UNI};
use crate::{Name, Result};

/// UNI has a billion tokens where BTRST has 250 million.
const SUPPLY_FACTOR: U256 = U256::from_limbs([4, 0, 0, 0]);

/// Quorum in the code of Uniswap's GovernorAlpha: 4% of UNI's supply.
const QUORUM: U256 = btrst(40_000_000);

impl Seeding<'_> {
    /// Deploys the Compound generation. It has no converter and no market.
    pub(super) async fn alpha(&self) -> Result<Contracts> {
        let deployer = self.accounts.address(Name::Deployer);
        let mut transactions = Transactions::new(self);
        // Nobody may mint, at no time.
        let btrst = transactions.deploy_package(UNI, &(deployer, Address::ZERO, U256::MAX).abi_encode())?;
        let governor = transactions.next_address(1);
        let delay = U256::from(DEFAULT_TIMELOCK_DELAY);
        let timelock = transactions.deploy_package(COMPOUND_TIMELOCK, &(governor, delay).abi_encode())?;
        transactions.deploy_package(GOVERNOR_ALPHA, &(timelock, btrst).abi_encode())?;
        let governance_decisions = transactions.deploy(
            "GovernanceDecisions",
            &GovernanceDecisions::BYTECODE,
            &timelock.abi_encode(),
        );
        let usdc = transactions.deploy_usdc()?;
        let allocation = Allocation::of(SUPPLY * SUPPLY_FACTOR, QUORUM, U256::ZERO);
        self.distribute(&mut transactions, &allocation, btrst, usdc, timelock);
        transactions.send().await?;
        Ok(Contracts {
            btrst,
            timelock,
            governor,
            governance_decisions: Some(governance_decisions),
            usdc: Some(usdc),
            ..Contracts::default()
        })
    }
}
