//! The suite's own contracts, wired as on mainnet.

use alloy::primitives::aliases::U24;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolValue;
use btrst_bindings::IBraintrustGovernor::GovernorParameters;
use btrst_bindings::{BTRST, BraintrustGovernor, FeeConverter, GovernanceDecisions, IFeeConverter, Timelock};
use btrst_gov::deployment::Contracts;
use btrst_gov::parameters::{DEFAULT_TIMELOCK_DELAY, SUPPLY};

use super::Seeding;
use super::allocation::Allocation;
use super::market::{POOL_BTRST, Venue};
use super::transactions::Transactions;
use crate::{Call, IToken, Name, Result};

/// Seconds after the first block at which the guardian of proposals retires: a year, the most that is permitted.
const GUARDIAN_TERM: u64 = 365 * 86_400;

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
    /// Deploys the suite, distributes the supply and gives the market a history.
    pub(super) async fn braintrust(&self) -> Result<Contracts> {
        let deployer = self.accounts.address(Name::Deployer);
        let guardian = self.accounts.address(Name::Guardian);
        let mut transactions = Transactions::new(self);

        let btrst = transactions.deploy("BTRST", &BTRST::BYTECODE, &deployer.abi_encode());
        let governor = transactions.next_address(1);
        let delay = U256::from(DEFAULT_TIMELOCK_DELAY);
        let timelock = transactions.deploy("Timelock", &Timelock::BYTECODE, &(governor, delay).abi_encode());
        let guardian_expiry = U256::from(self.options.anvil.genesis_time + GUARDIAN_TERM);
        let parameters = &self.options.parameters;
        let parameters = GovernorParameters {
            votingDelay: U256::from(parameters.voting_delay),
            votingPeriod: U256::from(parameters.voting_period),
            proposalThreshold: parameters.proposal_threshold,
            quorumVotes: parameters.quorum_votes,
        };
        transactions.deploy(
            "BraintrustGovernor",
            &BraintrustGovernor::BYTECODE,
            &(timelock, btrst, guardian, guardian_expiry, parameters).abi_encode(),
        );
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

        let allocation = Allocation::of(SUPPLY, self.options.parameters.quorum_votes, POOL_BTRST);
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
