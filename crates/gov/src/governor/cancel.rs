//! Who can cancel a proposal.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
};
use btrst_bindings::BraintrustGovernor;

use super::{
    Flavour, Governor, Status,
    abi::GovernorAlpha,
    events::number,
    reads::{read, read_optional, votes},
};
use crate::Result;

/// Who can cancel a proposal that is not final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelers {
    /// The proposer, where the governor lets proposers cancel.
    pub proposer: Option<Address>,
    /// The guardian, and when its power ends (Unix time in seconds) where it does.
    pub guardian: Option<(Address, Option<u64>)>,
    /// Whether the proposer is whitelisted, so that too few votes let the whitelist guardian cancel and not anyone.
    pub whitelisted: bool,
    /// The whitelist guardian, where there is one.
    pub whitelist_guardian: Option<Address>,
    /// Votes of the proposer now, in base units.
    pub proposer_votes: U256,
    /// Votes that a proposer needs now, in base units. BraintrustGovernor counts with the threshold that the proposal
    /// was made under, which differs only when the threshold changed since.
    pub threshold: U256,
}

impl Cancelers {
    /// Whether the proposer has too few votes, so that anyone (or the whitelist guardian) can cancel.
    pub fn below_threshold(&self) -> bool {
        self.proposer_votes < self.threshold
    }
}

/// The guardian of new proposals and its powers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guardians {
    /// Who may cancel, and until when (Unix time in seconds) where that ends.
    pub guardian: Option<(Address, Option<u64>)>,
    /// Who may cancel proposals of whitelisted proposers.
    pub whitelist_guardian: Option<Address>,
}

impl Governor {
    /// The governor's guardians. Not every GovernorAlpha has one.
    ///
    /// # Errors
    /// If the governor does not answer.
    pub async fn guardians<P: Provider>(&self, provider: &P) -> Result<Guardians> {
        let some = |address: Address| (!address.is_zero()).then_some(address);
        match self.flavour {
            Flavour::Braintrust => {
                let contract = BraintrustGovernor::new(self.address, provider);
                let guardian = read("proposalGuardian", contract.proposalGuardian()).await?;
                let expiry = number("guardian's expiry", U256::from(guardian.expiration))?;
                let whitelist = read("whitelistGuardian", contract.whitelistGuardian()).await?;
                Ok(Guardians {
                    guardian: some(guardian.account).map(|account| (account, Some(expiry))),
                    whitelist_guardian: some(whitelist),
                })
            }
            Flavour::Alpha => {
                let contract = GovernorAlpha::new(self.address, provider);
                let guardian = read_optional("guardian", contract.guardian()).await?;
                Ok(Guardians {
                    guardian: guardian.and_then(some).map(|account| (account, None)),
                    whitelist_guardian: None,
                })
            }
        }
    }

    /// Who can cancel the proposal of `status` at the time `now` (Unix time in seconds); `None` when it is final.
    ///
    /// # Errors
    /// If governor or token does not answer.
    pub async fn cancelers<P: Provider>(
        &self,
        provider: &P,
        token: Address,
        status: &Status,
        now: u64,
    ) -> Result<Option<Cancelers>> {
        if status.state.is_final() {
            return Ok(None);
        }
        let contract = BraintrustGovernor::new(self.address, provider);
        let Guardians { guardian, whitelist_guardian } = self.guardians(provider).await?;
        let whitelisted = match self.flavour {
            Flavour::Braintrust => read("isWhitelisted", contract.isWhitelisted(status.proposer)).await?,
            Flavour::Alpha => false,
        };
        Ok(Some(Cancelers {
            proposer: (self.flavour == Flavour::Braintrust).then_some(status.proposer),
            guardian: guardian.filter(|(_, expiry)| expiry.is_none_or(|expiry| now < expiry)),
            whitelisted,
            whitelist_guardian,
            proposer_votes: votes(provider, token, status.proposer).await?,
            threshold: read("proposalThreshold", contract.proposalThreshold()).await?,
        }))
    }
}
