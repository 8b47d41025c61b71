//! Who can cancel a proposal.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
};
use btrst_bindings::BraintrustGovernor;
use futures_util::future::try_join;

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

    /// Whether `account` is one of them.
    pub fn permit(&self, account: Address) -> bool {
        let guards = self.guardian.is_some_and(|(guardian, _)| guardian == account);
        let open = !self.whitelisted || self.whitelist_guardian == Some(account);
        self.proposer == Some(account) || guards || (self.below_threshold() && open)
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
                let (guardian, whitelist) = try_join(
                    read("proposalGuardian", contract.proposalGuardian()),
                    read("whitelistGuardian", contract.whitelistGuardian()),
                )
                .await?;
                let expiry = number("guardian's expiry", U256::from(guardian.expiration))?;
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

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::Bytes,
        providers::{ProviderBuilder, RootProvider, mock::Asserter},
        sol_types::SolValue,
    };

    use super::*;
    use crate::governor::{ProposalState, Tally};

    const GUARDIAN: Address = Address::repeat_byte(0xb1);
    const WHITELIST_GUARDIAN: Address = Address::repeat_byte(0xb2);
    const PROPOSER: Address = Address::repeat_byte(0xa1);

    fn answering(answers: Vec<Vec<u8>>) -> RootProvider {
        let asserter = Asserter::new();
        for answer in answers {
            asserter.push_success(&Bytes::from(answer));
        }
        ProviderBuilder::default().connect_mocked_client(asserter)
    }

    fn status(state: ProposalState) -> Status {
        let tally = Tally { for_votes: U256::ZERO, against_votes: U256::ZERO, abstain_votes: U256::ZERO };
        Status {
            id: 7,
            proposer: PROPOSER,
            state,
            tally,
            quorum_votes: U256::ZERO,
            start_block: 10,
            end_block: 20,
            execution: None,
        }
    }

    /// The answers of a BraintrustGovernor whose guardian retires at 1,000.
    fn braintrust(whitelisted: bool, votes: u64, threshold: u64) -> RootProvider {
        answering(vec![
            (GUARDIAN, U256::from(1_000)).abi_encode(),
            WHITELIST_GUARDIAN.abi_encode(),
            whitelisted.abi_encode(),
            U256::from(votes).abi_encode(),
            U256::from(threshold).abi_encode(),
        ])
    }

    #[tokio::test]
    async fn cancelers_of_a_braintrust_proposal() {
        let governor = Governor::new(Address::ZERO, Flavour::Braintrust);
        let ask = async |provider: RootProvider, now| {
            let status = status(ProposalState::Active);
            governor.cancelers(&provider, Address::ZERO, &status, now).await.unwrap().unwrap()
        };
        let who = ask(braintrust(false, 500, 500), 999).await;
        let expected = Cancelers {
            proposer: Some(PROPOSER),
            guardian: Some((GUARDIAN, Some(1_000))),
            whitelisted: false,
            whitelist_guardian: Some(WHITELIST_GUARDIAN),
            proposer_votes: U256::from(500),
            threshold: U256::from(500),
        };
        assert_eq!(who, expected);
        assert!(!who.below_threshold(), "votes equal to the threshold protect");
        let who = ask(braintrust(true, 499, 500), 1_000).await;
        assert_eq!((who.guardian, who.whitelisted, who.below_threshold()), (None, true, true));
    }

    #[tokio::test]
    async fn at_alpha_the_proposer_cannot_cancel() {
        let governor = Governor::new(Address::ZERO, Flavour::Alpha);
        let word = |number: u64| U256::from(number).abi_encode();
        let provider = answering(vec![GUARDIAN.abi_encode(), word(5), word(4)]);
        let status = status(ProposalState::Queued);
        let who = governor.cancelers(&provider, Address::ZERO, &status, u64::MAX).await.unwrap().unwrap();
        assert_eq!((who.proposer, who.guardian), (None, Some((GUARDIAN, None))));
        assert_eq!((who.whitelisted, who.whitelist_guardian, who.below_threshold()), (false, None, false));
    }

    #[tokio::test]
    async fn nobody_cancels_what_is_final() {
        let governor = Governor::new(Address::ZERO, Flavour::Braintrust);
        let status = status(ProposalState::Defeated);
        let who = governor.cancelers(&answering(vec![]), Address::ZERO, &status, 0).await.unwrap();
        assert_eq!(who, None);
    }

    #[test]
    fn whoever_may_cancel_may() {
        let [proposer, guardian, watch, other] = [1, 2, 3, 4].map(Address::repeat_byte);
        let enough = Cancelers {
            proposer: Some(proposer),
            guardian: Some((guardian, None)),
            whitelisted: false,
            whitelist_guardian: Some(watch),
            proposer_votes: U256::from(5),
            threshold: U256::from(5),
        };
        let permitted =
            |who: &Cancelers| [proposer, guardian, watch, other].map(|account| who.permit(account));
        assert_eq!(permitted(&enough), [true, true, false, false]);
        let few = Cancelers { proposer_votes: U256::from(4), ..enough.clone() };
        assert_eq!(permitted(&few), [true; 4]);
        let member = Cancelers { whitelisted: true, ..few.clone() };
        assert_eq!(permitted(&member), [true, true, true, false]);
        let alone = Cancelers { proposer: None, guardian: None, whitelist_guardian: None, ..member };
        assert_eq!(permitted(&alone), [false; 4]);
        assert_eq!(permitted(&Cancelers { whitelisted: false, ..alone }), [true; 4]);
    }
}
