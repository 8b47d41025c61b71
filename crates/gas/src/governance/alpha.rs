//! GovernorAlpha and Timelock of the Compound generation, as Uniswap compiled them.

use alloy::primitives::{Address, U256};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolValue};
use btrst_devnet::{CHAIN_ID, Call, Receipt};
use eyre::Result;

use super::{Counted, Governor, Remembered, Stack, TIMELOCK_DELAY};
use crate::abi::IAlpha;
use crate::abi::ballot::alpha::Ballot;
use crate::meter::{Code, Meter};
use crate::operation::Operation;
use crate::proposal::{Draft, Proposal};
use crate::token::{TokenCode, sign};

/// A deployed GovernorAlpha.
#[derive(Clone, Copy, Debug)]
pub struct Alpha(Address);

impl Alpha {
    /// Deploys governor and time lock.
    ///
    /// # Errors
    /// When a deployment reverts.
    pub async fn deploy(
        meter: &mut Meter<'_>,
        token: &TokenCode,
        governor: &Code,
        timelock: &Code,
    ) -> Result<Stack<Self>> {
        let token = token.deploy(None, meter).await?;
        let admin = meter.next_contract(1).await?;
        let arguments = (admin, U256::from(TIMELOCK_DELAY)).abi_encode();
        let timelock = meter.deploy(Some(Operation::DeployTimelock), timelock, &arguments).await?;
        let arguments = (timelock, token.address).abi_encode();
        let governor = meter.deploy(Some(Operation::DeployGovernor), governor, &arguments).await?;
        Ok(Stack { governor: Self(governor), token, timelock })
    }
}

impl Governor for Alpha {
    const PROPOSER_CANCELS: bool = false;

    fn address(&self) -> Address {
        self.0
    }

    fn propose(&self, draft: &Draft) -> Call {
        let Draft { targets, values, signatures, calldatas, description, .. } = draft.clone();
        Call::new(self.0, &IAlpha::proposeCall { targets, values, signatures, calldatas, description })
    }

    fn cancel(&self, proposal: &Proposal) -> Call {
        Call::new(self.0, &IAlpha::cancelCall { id: proposal.id })
    }

    fn queue(&self, proposal: &Proposal) -> Call {
        Call::new(self.0, &IAlpha::queueCall { id: proposal.id })
    }

    fn execute(&self, proposal: &Proposal) -> Call {
        Call::new(self.0, &IAlpha::executeCall { id: proposal.id })
    }

    fn vote(&self, id: U256, support: bool) -> Call {
        Call::new(self.0, &IAlpha::castVoteCall { id, support })
    }

    fn vote_with_reason(&self, _id: U256, _reason: &str) -> Option<Call> {
        None
    }

    fn vote_by_sig(&self, id: U256, support: bool, voter: &PrivateKeySigner) -> Result<Call> {
        let name = Some("Uniswap Governor Alpha".into());
        let domain = Eip712Domain::new(name, None, Some(U256::from(CHAIN_ID)), Some(self.0), None);
        let (v, r, s) = sign(voter, &Ballot { proposalId: id, support }, &domain)?;
        Ok(Call::new(self.0, &IAlpha::castVoteBySigCall { id, support, v, r, s }))
    }

    fn counted(&self, receipt: &Receipt) -> Vec<Counted> {
        let ballot = |event: IAlpha::VoteCast| Counted {
            voter: event.voter,
            proposal: event.proposalId,
            support: event.support,
            votes: event.votes,
        };
        receipt.events(self.0).into_iter().map(ballot).collect()
    }

    async fn tally(&self, meter: &Meter<'_>, id: U256) -> Result<(U256, U256)> {
        let proposal = meter.read(self.0, IAlpha::proposalsCall { id }).await?;
        Ok((proposal.forVotes, proposal.againstVotes))
    }

    async fn receipt(&self, meter: &Meter<'_>, id: U256, voter: Address) -> Result<Option<Remembered>> {
        let receipt = meter.read(self.0, IAlpha::getReceiptCall { id, voter }).await?;
        Ok(receipt.hasVoted.then(|| Remembered::Full(receipt.support, U256::from(receipt.votes))))
    }
}
