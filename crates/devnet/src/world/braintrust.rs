//! The suite's own token, time lock and governor, wired as on mainnet.

use alloy::primitives::U256;
use alloy::sol_types::SolValue;
use btrst_bindings::IBraintrustGovernor::GovernorParameters;
use btrst_bindings::{BTRST, BraintrustGovernor, Timelock};
use btrst_gov::parameters::{DEFAULT_TIMELOCK_DELAY, SUPPLY};

use super::Seeding;
use super::system::Governance;
use super::transactions::Transactions;
use crate::Name;

/// Seconds after the first block at which the guardian of proposals retires: a year, the most that is permitted.
const GUARDIAN_TERM: u64 = 365 * 86_400;

impl Seeding<'_> {
    /// Deploys the governance of the suite.
    pub(super) fn braintrust(&self, transactions: &mut Transactions<'_>) -> Governance {
        let deployer = self.accounts.address(Name::Deployer);
        let guardian = self.accounts.address(Name::Guardian);
        let btrst = transactions.deploy("BTRST", &BTRST::BYTECODE, &deployer.abi_encode());
        let governor = transactions.next_address(1);
        let delay = U256::from(DEFAULT_TIMELOCK_DELAY);
        let timelock = transactions.deploy("Timelock", &Timelock::BYTECODE, &(governor, delay).abi_encode());
        let guardian_expiry = U256::from(self.options.anvil.genesis_time + GUARDIAN_TERM);
        let parameters = self.options.parameters;
        let initial = GovernorParameters {
            votingDelay: U256::from(parameters.voting_delay),
            votingPeriod: U256::from(parameters.voting_period),
            proposalThreshold: parameters.proposal_threshold,
            quorumVotes: parameters.quorum_votes,
        };
        transactions.deploy(
            "BraintrustGovernor",
            &BraintrustGovernor::BYTECODE,
            &(timelock, btrst, guardian, guardian_expiry, initial).abi_encode(),
        );
        Governance { btrst, timelock, governor, supply: SUPPLY, parameters }
    }
}
