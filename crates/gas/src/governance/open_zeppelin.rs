//! OpenZeppelin's governor, with its own time lock or one of the Compound generation.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolStruct, SolValue};
use btrst_devnet::{CHAIN_ID, Call, Receipt};
use eyre::Result;

use super::{Counted, Governor, PARAMETERS, Remembered, Stack, TIMELOCK_DELAY, TimelockFamily};
use crate::abi::ballot::open_zeppelin::Ballot;
use crate::abi::{IBravo, IOpenZeppelin};
use crate::meter::{Code, Meter};
use crate::operation::Operation;
use crate::proposal::{Draft, Proposal};
use crate::token::TokenCode;

/// A deployed governor.
#[derive(Clone, Copy, Debug)]
pub struct OpenZeppelin(Address);

impl OpenZeppelin {
    /// Deploys governor and time lock; the roles of TimelockController are as its documentation advises: the governor
    /// alone proposes and cancels, anybody executes.
    ///
    /// # Errors
    /// When a deployment reverts.
    pub async fn deploy(
        meter: &mut Meter<'_>,
        token: &TokenCode,
        governor: &Code,
        timelock: &Code,
        family: TimelockFamily,
    ) -> Result<Stack<Self>> {
        let token = token.deploy(None, meter).await?;
        let admin = meter.next_contract(1).await?;
        let delay = U256::from(TIMELOCK_DELAY);
        let arguments = match family {
            TimelockFamily::Compound => (admin, delay).abi_encode(),
            TimelockFamily::Own => {
                (delay, vec![admin], vec![Address::ZERO], Address::ZERO).abi_encode_params()
            }
        };
        let timelock = meter.deploy(Some(Operation::DeployTimelock), timelock, &arguments).await?;
        let arguments = (
            token.address,
            timelock,
            U256::from(PARAMETERS.voting_delay),
            U256::from(PARAMETERS.voting_period),
            PARAMETERS.proposal_threshold,
            PARAMETERS.quorum_votes,
        );
        let governor =
            meter.deploy(Some(Operation::DeployGovernor), governor, &arguments.abi_encode()).await?;
        Ok(Stack { governor: Self(governor), token, timelock })
    }

    /// What names a proposal in the calls after `propose`.
    fn named(draft: &Draft) -> (Vec<Address>, Vec<U256>, Vec<Bytes>, B256) {
        (draft.targets.clone(), draft.values.clone(), draft.calls(), draft.description_hash())
    }
}

impl Governor for OpenZeppelin {
    const PROPOSER_CANCELS: bool = true;

    fn address(&self) -> Address {
        self.0
    }

    fn propose(&self, draft: &Draft) -> Call {
        let (targets, values, calldatas, _) = Self::named(draft);
        let description = draft.description.clone();
        Call::new(self.0, &IOpenZeppelin::proposeCall { targets, values, calldatas, description })
    }

    fn cancel(&self, proposal: &Proposal) -> Call {
        let (targets, values, calldatas, hash) = Self::named(&proposal.draft);
        Call::new(self.0, &IOpenZeppelin::cancelCall { targets, values, calldatas, descriptionHash: hash })
    }

    fn queue(&self, proposal: &Proposal) -> Call {
        let (targets, values, calldatas, hash) = Self::named(&proposal.draft);
        Call::new(self.0, &IOpenZeppelin::queueCall { targets, values, calldatas, descriptionHash: hash })
    }

    fn execute(&self, proposal: &Proposal) -> Call {
        let (targets, values, calldatas, hash) = Self::named(&proposal.draft);
        Call::new(self.0, &IOpenZeppelin::executeCall { targets, values, calldatas, descriptionHash: hash })
    }

    fn vote(&self, id: U256, support: bool) -> Call {
        Call::new(self.0, &IBravo::castVoteCall { id, support: u8::from(support) })
    }

    fn vote_with_reason(&self, id: U256, reason: &str) -> Option<Call> {
        let call = IBravo::castVoteWithReasonCall { id, support: 1, reason: reason.to_owned() };
        Some(Call::new(self.0, &call))
    }

    fn vote_by_sig(&self, id: U256, support: bool, voter: &PrivateKeySigner) -> Result<Call> {
        let domain = Eip712Domain::new(
            Some("Braintrust Governor".into()),
            Some("1".into()),
            Some(U256::from(CHAIN_ID)),
            Some(self.0),
            None,
        );
        let support = u8::from(support);
        let ballot = Ballot { proposalId: id, support, voter: voter.address(), nonce: U256::ZERO };
        let signature = voter.sign_hash_sync(&ballot.eip712_signing_hash(&domain))?;
        let call = IOpenZeppelin::castVoteBySigCall {
            id,
            support,
            voter: voter.address(),
            signature: signature.as_bytes().into(),
        };
        Ok(Call::new(self.0, &call))
    }

    fn counted(&self, receipt: &Receipt) -> Vec<Counted> {
        receipt.events(self.0).into_iter().map(super::counted).collect()
    }

    async fn tally(&self, meter: &Meter<'_>, id: U256) -> Result<(U256, U256)> {
        let votes = meter.read(self.0, IBravo::proposalVotesCall { id }).await?;
        Ok((votes.forVotes, votes.againstVotes))
    }

    async fn receipt(&self, meter: &Meter<'_>, id: U256, account: Address) -> Result<Option<Remembered>> {
        let voted = meter.read(self.0, IBravo::hasVotedCall { id, account }).await?;
        Ok(voted.then_some(Remembered::Cast))
    }
}
