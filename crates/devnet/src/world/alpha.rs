//! The Compound generation: Uniswap's compiled UNI, GovernorAlpha and Timelock, in place of the live contracts.
//!
//! They are the closest to the live ones that a package has, and differ from them in what was adapted: the token is
//! UNI, of a billion, instead of BTRST, of 250 million; [`ALPHA`] is in the governor's code; and this governor has
//! no guardian, so nobody can cancel a proposal whose proposer keeps enough votes.

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolValue;
use btrst_gov::parameters::{DEFAULT_TIMELOCK_DELAY, Parameters, btrst};

use super::Seeding;
use super::system::Governance;
use super::transactions::Transactions;
use crate::artifact::{COMPOUND_TIMELOCK, GOVERNOR_ALPHA, UNI};
use crate::{Name, Result};

/// All UNI at its deployment: a billion.
const SUPPLY: U256 = btrst(1_000_000_000);

/// The constants of Uniswap's GovernorAlpha: a week of 15-second blocks, threshold 1% and quorum 4% of the supply.
const ALPHA: Parameters = Parameters {
    voting_delay: 1,
    voting_period: 40_320,
    proposal_threshold: btrst(10_000_000),
    quorum_votes: btrst(40_000_000),
};

impl Seeding<'_> {
    /// Deploys the governance of the Compound generation.
    pub(super) fn alpha(&self, transactions: &mut Transactions<'_>) -> Result<Governance> {
        let deployer = self.accounts.address(Name::Deployer);
        // Nobody may mint, at no time.
        let btrst = transactions.deploy_package(UNI, &(deployer, Address::ZERO, U256::MAX).abi_encode())?;
        let governor = transactions.next_address(1);
        let delay = U256::from(DEFAULT_TIMELOCK_DELAY);
        let timelock = transactions.deploy_package(COMPOUND_TIMELOCK, &(governor, delay).abi_encode())?;
        transactions.deploy_package(GOVERNOR_ALPHA, &(timelock, btrst).abi_encode())?;
        Ok(Governance { btrst, timelock, governor, supply: SUPPLY, parameters: ALPHA })
    }
}
