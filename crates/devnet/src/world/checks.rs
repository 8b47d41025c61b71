//! What must hold at the end of every seeding.

use alloy::primitives::{Address, U256};
use btrst_bindings::{BraintrustGovernor, FeeConverter, GovernanceDecisions, Timelock};

use super::{World, WorldOptions};
use crate::{Contracts, Error, IToken, IUniswapV3Factory, Name, Result};

impl World {
    /// All that was promised to whoever asked for `options`.
    pub(super) async fn check(&self, options: &WorldOptions) -> Result<()> {
        self.check_deployer().await?;
        self.check_supply().await?;
        if options.delegated { self.check_delegates().await } else { Ok(()) }
    }

    /// The deployer keeps no token, no vote, no role and no power.
    async fn check_deployer(&self) -> Result<()> {
        let deployer = self.address(Name::Deployer);
        let Self { contracts, .. } = self;
        let chain = self.chain();
        same("the deployer's BTRST", U256::ZERO, self.btrst_of(deployer).await?)?;
        same("the deployer's USDC", U256::ZERO, self.usdc_of(deployer).await?)?;
        let votes = chain.read(contracts.btrst, &IToken::getCurrentVotesCall { account: deployer }).await?;
        same("the deployer's votes", U256::ZERO, votes.to())?;

        let (timelock, governor) = (contracts.timelock, contracts.governor);
        same("the time lock's admin", governor, chain.read(timelock, &Timelock::adminCall {}).await?)?;
        let pending = chain.read(timelock, &Timelock::pendingAdminCall {}).await?;
        same("the time lock's pending admin", Address::ZERO, pending)?;
        if let Some(register) = contracts.governance_decisions {
            let role = chain.read(register, &GovernanceDecisions::GOVERNOR_ROLECall {}).await?;
            for (account, holds) in [(timelock, true), (deployer, false)] {
                let has = chain.read(register, &GovernanceDecisions::hasRoleCall { role, account }).await?;
                same(&format!("that `{account}` governs the register"), holds, has)?;
            }
        }
        if let Some(converter) = contracts.fee_converter {
            let treasury = chain.read(converter, &FeeConverter::TreasuryAddressCall {}).await?;
            same("the converter's treasury", timelock, treasury)?;
        }
        if let Some(factory) = contracts.uniswap_factory {
            let owner = chain.read(factory, &IUniswapV3Factory::ownerCall {}).await?;
            same("the owner of Uniswap's factory", Address::ZERO, owner)?;
        }
        Ok(())
    }

    /// The whole supply is with the treasury, the pool and the named accounts.
    async fn check_supply(&self) -> Result<()> {
        let named = Name::ALL.map(|name| self.address(name));
        let contracts = [Some(self.contracts.timelock), self.contracts.pool];
        let mut sum = U256::ZERO;
        for holder in named.into_iter().chain(contracts.into_iter().flatten()) {
            sum += self.btrst_of(holder).await?;
        }
        same(
            "the BTRST of all holders",
            self.chain().read(self.contracts.btrst, &IToken::totalSupplyCall {}).await?,
            sum,
        )
    }

    /// `amara` has the votes to propose, and the delegates together those to pass a proposal.
    async fn check_delegates(&self) -> Result<()> {
        let Contracts { btrst, governor, .. } = self.contracts;
        let chain = self.chain();
        let (mut amara, mut together) = (U256::ZERO, U256::ZERO);
        for name in Name::DELEGATES {
            let votes = IToken::getCurrentVotesCall { account: self.address(name) };
            let votes: U256 = chain.read(btrst, &votes).await?.to();
            together += votes;
            if name == Name::Amara {
                amara = votes;
            }
        }
        // GovernorAlpha has these two by the same name.
        let threshold = chain.read(governor, &BraintrustGovernor::proposalThresholdCall {}).await?;
        same("that `amara` can propose", true, amara > threshold)?;
        let quorum = chain.read(governor, &BraintrustGovernor::quorumVotesCall {}).await?;
        same("that the delegates can pass a proposal", true, together >= quorum)
    }
}

fn same<T: PartialEq + ToString>(what: &str, expected: T, actual: T) -> Result<()> {
    if expected == actual { Ok(()) } else { Err(Error::effect(what, expected, actual)) }
}
