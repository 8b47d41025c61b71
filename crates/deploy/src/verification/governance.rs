//! Time lock and governor: code, who has power over whom, parameters.

use alloy::primitives::{Address, U256};
use btrst_bindings::{BraintrustGovernor, Contract, Timelock};
use btrst_gov::parameters::GRACE_PERIOD;

use super::{OLD_GOVERNOR, Verifier};
use crate::description::{self, Governor};
use crate::{Result, immutables};

impl Verifier<'_> {
    /// The time lock: code, admin, pending admin, delay.
    pub(super) async fn timelock(&mut self) -> Result<()> {
        let (timelock, governor) = (self.deployment.contracts.timelock, self.deployment.contracts.governor);
        if self.adopts() {
            self.note(format!(
                "the time lock `{timelock}` is of another generation and checked by its roles"
            ));
        } else {
            self.code(Contract::Timelock, timelock, &immutables::Immutables::new()).await?;
        }
        let admin = self.ask(timelock, &Timelock::adminCall {}).await?;
        let pending = self.ask(timelock, &Timelock::pendingAdminCall {}).await?;
        let old = self.old_governor();
        if old.is_some() && admin == old {
            self.note("the old governor has the time lock still; `btrst handover` writes the proposal");
            // Its proposal has been executed in part only, or is about to be.
            let expected = if pending == Some(governor) { governor } else { Address::ZERO };
            self.equal("pending admin of the time lock", expected, pending);
        } else {
            self.equal("admin of the time lock", governor, admin);
            self.equal("pending admin of the time lock", Address::ZERO, pending);
        }
        let delay = self.ask(timelock, &Timelock::delayCall {}).await?;
        match self.plan.map(|plan| plan.description.timelock) {
            Some(description::Timelock::Fresh(expected)) => {
                self.equal("delay of the time lock", U256::from(expected), delay);
            }
            _ => self.note(format!("the delay of the time lock is {} s", delay.unwrap_or_default())),
        }
        let grace = self.ask(timelock, &Timelock::GRACE_PERIODCall {}).await?;
        self.equal("grace period of the time lock", U256::from(GRACE_PERIOD), grace);
        Ok(())
    }

    /// The governor: code, time lock, token, and with a plan parameters and guardian.
    pub(super) async fn governor(&mut self) -> Result<()> {
        let contracts = &self.deployment.contracts;
        let (timelock, governor, btrst) = (contracts.timelock, contracts.governor, contracts.btrst);
        let its_timelock = self.ask(governor, &BraintrustGovernor::timelockCall {}).await?;
        self.equal("time lock of the governor", timelock, its_timelock);
        if self.is_alpha() {
            self.note(format!("the governor `{governor}` is of another generation and checked by its roles"));
            return Ok(());
        }
        let mut known = immutables::governor(self.deployment.chain_id, governor, timelock, btrst);
        // What the constructor asked of the time lock.
        if let Some(grace) = self.ask(timelock, &Timelock::GRACE_PERIODCall {}).await? {
            known.insert("GRACE_PERIOD", grace);
        }
        let batches = self.ask(timelock, &Timelock::BATCH_TYPEHASHCall {}).await?.is_some();
        known.insert("BATCHES", U256::from(batches));
        if self.plan.is_some() {
            known.insert("FIRST_GOVERNOR", U256::from(!self.adopts()));
        }
        self.code(Contract::BraintrustGovernor, governor, &known).await?;
        let token = self.ask(governor, &BraintrustGovernor::tokenCall {}).await?;
        self.equal("token of the governor", btrst, token);
        match self.plan {
            Some(plan) => self.governor_terms(governor, plan.description.governor).await,
            None => Ok(()),
        }
    }

    async fn governor_terms(&mut self, governor: Address, expected: Governor) -> Result<()> {
        let parameters = expected.parameters;
        let delay = self.ask(governor, &BraintrustGovernor::votingDelayCall {}).await?;
        self.equal("voting delay of the governor", parameters.voting_delay, delay);
        let period = self.ask(governor, &BraintrustGovernor::votingPeriodCall {}).await?;
        self.equal("voting period of the governor", parameters.voting_period, period);
        let threshold = self.ask(governor, &BraintrustGovernor::proposalThresholdCall {}).await?;
        self.equal("proposal threshold of the governor", parameters.proposal_threshold, threshold);
        let quorum = self.ask(governor, &BraintrustGovernor::quorumVotesCall {}).await?;
        self.equal("quorum of the governor", parameters.quorum_votes, quorum);
        let guardian = self.ask(governor, &BraintrustGovernor::proposalGuardianCall {}).await?;
        let (account, expiry) = match guardian {
            Some(guardian) => (Some(guardian.account), Some(guardian.expiration)),
            None => (None, None),
        };
        self.equal("guardian of the governor", expected.guardian, account);
        self.equal("expiry of the guardian", expected.guardian_expiry, expiry);
        let whitelist = self.ask(governor, &BraintrustGovernor::whitelistGuardianCall {}).await?;
        self.equal("whitelist guardian of the governor", Address::ZERO, whitelist);
        Ok(())
    }

    /// The governor that the time lock belonged to before, where it was taken over.
    fn old_governor(&self) -> Option<Address> {
        match self.plan.map(|plan| plan.description.timelock) {
            Some(description::Timelock::Existing { old_governor, .. }) => Some(old_governor),
            Some(description::Timelock::Fresh(_)) => None,
            None => self.deployment.account(OLD_GOVERNOR).ok().map(|account| account.address),
        }
    }
}
