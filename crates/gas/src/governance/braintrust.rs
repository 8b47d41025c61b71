//! The suite itself, with its own time lock or an adopted one.

use alloy::primitives::{Address, U256};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolValue};
use btrst_bindings::{BraintrustGovernor, Contract, IBraintrustGovernor};
use btrst_devnet::{CHAIN_ID, Call, Name, Receipt};
use btrst_gov::governor::Flavour;
use eyre::Result;

use super::{Counted, Governor, PARAMETERS, Remembered, Stack, TIMELOCK_DELAY};
use crate::abi::ballot::bravo::Ballot;
use crate::abi::{IAlpha, IBravo};
use crate::meter::{Code, Meter};
use crate::operation::Operation;
use crate::proposal::{Draft, Proposal};
use crate::token::{TokenCode, sign};

/// A deployed BraintrustGovernor.
#[derive(Clone, Copy, Debug)]
pub struct Braintrust(Address);

impl Braintrust {
    /// Deploys governor and time lock; the governor finds out by itself which family that is of.
    ///
    /// # Errors
    /// When a deployment reverts.
    pub async fn deploy(meter: &mut Meter<'_>, token: &TokenCode, timelock: &Code) -> Result<Stack<Self>> {
        let token = token.deploy(None, meter).await?;
        let admin = meter.next_contract(1).await?;
        let arguments = (admin, U256::from(TIMELOCK_DELAY)).abi_encode();
        let timelock = meter.deploy(Some(Operation::DeployTimelock), timelock, &arguments).await?;
        let parameters = IBraintrustGovernor::GovernorParameters {
            votingDelay: U256::from(PARAMETERS.voting_delay),
            votingPeriod: U256::from(PARAMETERS.voting_period),
            proposalThreshold: PARAMETERS.proposal_threshold,
            quorumVotes: PARAMETERS.quorum_votes,
        };
        // A guardian for a day less than the longest, as a deployment has it.
        let expiry = U256::from(meter.chain().now().await? + 364 * 86_400);
        let arguments =
            (timelock, token.address, meter.address(Name::Guardian), expiry, parameters).abi_encode();
        let code = suite(Contract::BraintrustGovernor);
        let governor = meter.deploy(Some(Operation::DeployGovernor), &code, &arguments).await?;
        Ok(Stack { governor: Self(governor), token, timelock })
    }

    fn domain(&self) -> Eip712Domain {
        let name = Some(Flavour::Braintrust.domain_name().into());
        Eip712Domain::new(name, None, Some(U256::from(CHAIN_ID)), Some(self.0), None)
    }
}

/// The code of a contract of the suite.
pub fn suite(contract: Contract) -> Code {
    Code { name: contract.to_string(), creation: contract.artifact().creation_code.clone() }
}

impl Governor for Braintrust {
    const PROPOSER_CANCELS: bool = true;

    fn address(&self) -> Address {
        self.0
    }

    fn propose(&self, draft: &Draft) -> Call {
        let Draft { targets, values, signatures, calldatas, description, .. } = draft.clone();
        Call::new(self.0, &IAlpha::proposeCall { targets, values, signatures, calldatas, description })
    }

    fn cancel(&self, proposal: &Proposal) -> Call {
        Call::new(self.0, &BraintrustGovernor::cancelCall { id: proposal.id })
    }

    fn queue(&self, proposal: &Proposal) -> Call {
        Call::new(self.0, &BraintrustGovernor::queueCall { id: proposal.id })
    }

    fn execute(&self, proposal: &Proposal) -> Call {
        Call::new(self.0, &BraintrustGovernor::executeCall { id: proposal.id })
    }

    fn vote(&self, id: U256, support: bool) -> Call {
        Call::new(self.0, &BraintrustGovernor::castVoteCall { id, support: u8::from(support) })
    }

    fn vote_with_reason(&self, id: U256, reason: &str) -> Option<Call> {
        let call = BraintrustGovernor::castVoteWithReasonCall { id, support: 1, reason: reason.to_owned() };
        Some(Call::new(self.0, &call))
    }

    fn vote_by_sig(&self, id: U256, support: bool, voter: &PrivateKeySigner) -> Result<Call> {
        let support = u8::from(support);
        let (v, r, s) = sign(voter, &Ballot { proposalId: id, support }, &self.domain())?;
        Ok(Call::new(self.0, &BraintrustGovernor::castVoteBySig_0Call { id, support, v, r, s }))
    }

    fn vote_in_batch(&self, id: U256, voters: &[PrivateKeySigner]) -> Result<Option<Call>> {
        let ballot = |voter| {
            let (v, r, s) = sign(voter, &Ballot { proposalId: id, support: 1 }, &self.domain())?;
            Ok(IBraintrustGovernor::SignedBallot { support: 1, v, r, s })
        };
        let ballots = voters.iter().map(ballot).collect::<Result<_>>()?;
        Ok(Some(Call::new(self.0, &BraintrustGovernor::castVotesBySigCall { id, ballots })))
    }

    fn counted(&self, receipt: &Receipt) -> Vec<Counted> {
        receipt.events(self.0).into_iter().map(super::counted).collect()
    }

    async fn tally(&self, meter: &Meter<'_>, id: U256) -> Result<(U256, U256)> {
        let votes = meter.read(self.0, IBravo::proposalVotesCall { id }).await?;
        Ok((votes.forVotes, votes.againstVotes))
    }

    async fn receipt(&self, meter: &Meter<'_>, id: U256, voter: Address) -> Result<Option<Remembered>> {
        let receipt = meter.read(self.0, BraintrustGovernor::getReceiptCall { id, voter }).await?;
        Ok(receipt.hasVoted.then(|| Remembered::Full(receipt.support == 1, U256::from(receipt.votes))))
    }
}
