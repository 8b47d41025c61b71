//! What the chain says about a governor, its proposals and its voters, at the latest block.

use std::ops::RangeInclusive;

use alloy::{
    contract::{CallBuilder, CallDecoder, Error as ContractError},
    primitives::{Address, U256},
    providers::Provider,
    transports::TransportError,
};
use btrst_bindings::{BTRST, BraintrustGovernor, Timelock};
use futures_util::future::{try_join, try_join4};

use super::{Flavour, Governor, ProposalState, Support, abi::GovernorAlpha, calls, events::number};
use crate::{Action, Error, Result, parameters::Parameters};

/// A proposal's votes in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// In favour.
    pub for_votes: U256,
    /// Against.
    pub against_votes: U256,
    /// Abstained; zero in GovernorAlpha, which does not know it.
    pub abstain_votes: U256,
}

/// Where a proposal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The proposal.
    pub id: u64,
    /// Who made it.
    pub proposer: Address,
    /// Its state now.
    pub state: ProposalState,
    /// Votes until now.
    pub tally: Tally,
    /// Votes in favour that it needs, in base units.
    pub quorum_votes: U256,
    /// Block at whose end votes are counted; ballots are cast from the next block on.
    pub start_block: u64,
    /// Last block in which ballots are cast.
    pub end_block: u64,
    /// The first and the last second in which it can be executed, in Unix time; `None` until it is queued.
    pub execution: Option<(u64, u64)>,
}

impl Governor {
    /// Finds out which governor is at `address` by the type of the ballots that it takes: both flavours publish its
    /// hash as `BALLOT_TYPEHASH`, and it is the very thing in which they differ.
    ///
    /// # Errors
    /// If the contract does not answer, or its ballots are of neither type.
    pub async fn detect<P: Provider>(provider: &P, address: Address) -> Result<Self> {
        let contract = BraintrustGovernor::new(address, provider);
        let typehash = read("BALLOT_TYPEHASH", contract.BALLOT_TYPEHASH()).await?;
        let flavours = [Flavour::Braintrust, Flavour::Alpha];
        let flavour = flavours.into_iter().find(|flavour| flavour.ballot_typehash() == typehash);
        flavour.map(|flavour| Self::new(address, flavour)).ok_or(Error::UnknownGovernor(address))
    }

    /// Id of the latest proposal; zero when there is none.
    ///
    /// # Errors
    /// If the governor does not answer.
    pub async fn latest<P: Provider>(&self, provider: &P) -> Result<u64> {
        number("proposal count", read("proposalCount", self.contract(provider).proposalCount()).await?)
    }

    /// Ids of all proposals, the oldest first. A governor that took over from another starts after the other's last.
    ///
    /// # Errors
    /// If the governor does not answer.
    pub async fn ids<P: Provider>(&self, provider: &P) -> Result<RangeInclusive<u64>> {
        let before = async {
            match self.flavour {
                Flavour::Braintrust => {
                    let contract = self.contract(provider);
                    let before = read("initialProposalId", contract.initialProposalId()).await?;
                    number("initial proposal id", before)
                }
                Flavour::Alpha => Ok(0),
            }
        };
        let (latest, before) = try_join(self.latest(provider), before).await?;
        Ok(before.saturating_add(1)..=latest)
    }

    /// The parameters of new proposals.
    ///
    /// # Errors
    /// If the governor does not answer.
    pub async fn parameters<P: Provider>(&self, provider: &P) -> Result<Parameters> {
        let contract = self.contract(provider);
        let (delay, period, proposal_threshold, quorum_votes) = try_join4(
            read("votingDelay", contract.votingDelay()),
            read("votingPeriod", contract.votingPeriod()),
            read("proposalThreshold", contract.proposalThreshold()),
            read("quorumVotes", contract.quorumVotes()),
        )
        .await?;
        Ok(Parameters {
            voting_delay: number("voting delay", delay)?,
            voting_period: number("voting period", period)?,
            proposal_threshold,
            quorum_votes,
        })
    }

    /// State of proposal `id`.
    ///
    /// # Errors
    /// If there is no such proposal at this governor, or it does not answer.
    pub async fn state<P: Provider>(&self, provider: &P, id: u64) -> Result<ProposalState> {
        self.check_id(provider, id).await?;
        match self.contract(provider).state(U256::from(id)).call().await {
            Ok(state) => state.try_into(),
            // The only reason for which a governor refuses an id that is not beyond its latest.
            Err(ContractError::TransportError(error)) if is_revert(&error) => Err(Error::EarlierProposal(id)),
            Err(source) => Err(Error::Read { what: "state", source: Box::new(source) }),
        }
    }

    /// Where proposal `id` stands: state, tally and timeline.
    ///
    /// # Errors
    /// If there is no such proposal, or the governor or its time lock does not answer.
    pub async fn status<P: Provider>(&self, provider: &P, id: u64) -> Result<Status> {
        let state = self.state(provider, id).await?;
        let (contract, uid) = (self.contract(provider), U256::from(id));
        let (proposer, eta, start_block, end_block, tally, quorum_votes) = match self.flavour {
            Flavour::Braintrust => {
                let p = read("proposals", contract.proposals(uid)).await?;
                let tally = Tally {
                    for_votes: p.forVotes,
                    against_votes: p.againstVotes,
                    abstain_votes: p.abstainVotes,
                };
                let quorum = read("proposalQuorum", contract.proposalQuorum(uid)).await?;
                (p.proposer, p.eta, p.startBlock, p.endBlock, tally, quorum)
            }
            Flavour::Alpha => {
                let p = read("proposals", GovernorAlpha::new(self.address, provider).proposals(uid)).await?;
                let tally =
                    Tally { for_votes: p.forVotes, against_votes: p.againstVotes, abstain_votes: U256::ZERO };
                let quorum = read("quorumVotes", contract.quorumVotes()).await?;
                (p.proposer, p.eta, p.startBlock, p.endBlock, tally, quorum)
            }
        };
        let execution = match number("eta", eta)? {
            0 => None,
            eta => Some((eta, self.last_execution(provider, eta).await?)),
        };
        Ok(Status {
            id,
            proposer,
            state,
            tally,
            quorum_votes,
            start_block: number("start block", start_block)?,
            end_block: number("end block", end_block)?,
            execution,
        })
    }

    /// Actions of proposal `id`.
    ///
    /// # Errors
    /// If there is no such proposal, or the governor does not answer or answers with arrays of different lengths.
    pub async fn actions<P: Provider>(&self, provider: &P, id: u64) -> Result<Vec<Action>> {
        self.check_id(provider, id).await?;
        let arrays = read("getActions", self.contract(provider).getActions(U256::from(id))).await?;
        // As a tuple, because the ABI has no names for the arrays.
        let (targets, values, signatures, calldatas) = arrays.into();
        calls::actions(targets, values, signatures, calldatas)
    }

    /// What `voter` voted on proposal `id` and with how many base units; `None` if it did not.
    ///
    /// # Errors
    /// If there is no such proposal, or the governor does not answer.
    pub async fn ballot<P: Provider>(
        &self,
        provider: &P,
        id: u64,
        voter: Address,
    ) -> Result<Option<(Support, U256)>> {
        self.check_id(provider, id).await?;
        let uid = U256::from(id);
        match self.flavour {
            Flavour::Braintrust => {
                let receipt = read("getReceipt", self.contract(provider).getReceipt(uid, voter)).await?;
                let support = receipt.support.try_into()?;
                Ok(receipt.hasVoted.then_some((support, U256::from(receipt.votes))))
            }
            Flavour::Alpha => {
                let contract = GovernorAlpha::new(self.address, provider);
                let receipt = read("getReceipt", contract.getReceipt(uid, voter)).await?;
                let support = if receipt.support { Support::For } else { Support::Against };
                Ok(receipt.hasVoted.then_some((support, U256::from(receipt.votes))))
            }
        }
    }

    /// The last second in which a proposal queued for `eta` can be executed.
    async fn last_execution<P: Provider>(&self, provider: &P, eta: u64) -> Result<u64> {
        let timelock = read("timelock", self.contract(provider).timelock()).await?;
        let grace = read("GRACE_PERIOD", Timelock::new(timelock, provider).GRACE_PERIOD()).await?;
        let end = number("grace period", grace)?.checked_add(eta).map(|end| match self.flavour {
            Flavour::Braintrust => end,
            // Its time lock would execute in that second, and the governor says that it is expired.
            Flavour::Alpha => end.saturating_sub(1),
        });
        end.ok_or_else(|| Error::Nonsense { what: "grace period", value: grace.to_string() })
    }

    /// The latest id, if `id` is not beyond it.
    async fn check_id<P: Provider>(&self, provider: &P, id: u64) -> Result<u64> {
        let latest = self.latest(provider).await?;
        if (1..=latest).contains(&id) { Ok(latest) } else { Err(Error::UnknownProposal { id, latest }) }
    }

    /// The functions that both flavours have.
    fn contract<'a, P: Provider>(
        &self,
        provider: &'a P,
    ) -> BraintrustGovernor::BraintrustGovernorInstance<&'a P> {
        BraintrustGovernor::new(self.address, provider)
    }
}

/// Votes of `account` at `token` now, in base units.
///
/// # Errors
/// If the token does not answer.
pub async fn votes<P: Provider>(provider: &P, token: Address, account: Address) -> Result<U256> {
    let votes = read("getCurrentVotes", BTRST::new(token, provider).getCurrentVotes(account)).await?;
    Ok(U256::from(votes))
}

/// Votes of `account` at `token` at the end of `block`, which must be past, in base units.
///
/// # Errors
/// If the token does not answer, or the block is not past.
pub async fn votes_at<P: Provider>(
    provider: &P,
    token: Address,
    account: Address,
    block: u64,
) -> Result<U256> {
    let contract = BTRST::new(token, provider);
    let votes = read("getPriorVotes", contract.getPriorVotes(account, U256::from(block))).await?;
    Ok(U256::from(votes))
}

/// The answer of `call`, which is called `what` in errors.
pub(crate) async fn read<P: Provider, D: CallDecoder>(
    what: &'static str,
    call: CallBuilder<P, D>,
) -> Result<D::CallOutput> {
    call.call().await.map_err(|source| Error::Read { what, source: Box::new(source) })
}

/// The answer of `call`; `None` where the contract has no such function.
pub(crate) async fn read_optional<P: Provider, D: CallDecoder>(
    what: &'static str,
    call: CallBuilder<P, D>,
) -> Result<Option<D::CallOutput>> {
    match call.call().await {
        Ok(answer) => Ok(Some(answer)),
        // Whoever has no such function reverts, or answers nothing.
        Err(ContractError::AbiError(_) | ContractError::ZeroData(..)) => Ok(None),
        Err(ContractError::TransportError(error)) if is_revert(&error) => Ok(None),
        Err(source) => Err(Error::Read { what, source: Box::new(source) }),
    }
}

/// Whether the contract refused, and not the endpoint.
fn is_revert(error: &TransportError) -> bool {
    error
        .as_error_resp()
        .is_some_and(|answer| answer.as_revert_data().is_some() || answer.message.contains("revert"))
}

/// That the endpoint did not answer a request for `what`.
pub(crate) fn unanswered(what: &'static str, error: TransportError) -> Error {
    Error::Read { what, source: Box::new(error.into()) }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{B256, Bytes},
        providers::{ProviderBuilder, RootProvider, mock::Asserter},
        sol_types::SolValue,
    };

    use super::*;
    use crate::parameters::GRACE_PERIOD;

    const ADDRESS: Address = Address::repeat_byte(3);
    const PROPOSER: Address = Address::repeat_byte(0xa1);

    /// A provider that gives these answers to `eth_call`, in this order.
    fn answering(answers: impl IntoIterator<Item = Vec<u8>>) -> RootProvider {
        let asserter = Asserter::new();
        for answer in answers {
            asserter.push_success(&Bytes::from(answer));
        }
        ProviderBuilder::default().connect_mocked_client(asserter)
    }

    fn word(number: u64) -> Vec<u8> {
        U256::from(number).abi_encode()
    }

    fn words(numbers: &[u64]) -> Vec<u8> {
        numbers.iter().copied().flat_map(word).collect()
    }

    #[tokio::test]
    async fn detects_the_flavour_by_its_ballots() {
        for flavour in [Flavour::Braintrust, Flavour::Alpha] {
            let provider = answering([flavour.ballot_typehash().abi_encode()]);
            assert_eq!(Governor::detect(&provider, ADDRESS).await.unwrap(), Governor::new(ADDRESS, flavour));
        }
        let error = Governor::detect(&answering([B256::ZERO.abi_encode()]), ADDRESS).await.unwrap_err();
        assert_eq!(error.to_string(), format!("`{ADDRESS}` is not a governor of a known kind"));
        let error = Governor::detect(&answering([vec![]]), ADDRESS).await.unwrap_err();
        assert_eq!(error.to_string(), "reading `BALLOT_TYPEHASH` failed");
    }

    #[tokio::test]
    async fn status_of_a_braintrust_proposal() {
        let governor = Governor::new(ADDRESS, Flavour::Braintrust);
        let proposal = [word(7), PROPOSER.abi_encode(), words(&[1_000, 10, 20, 5, 4, 3, 0, 0])].concat();
        let provider =
            answering([word(9), word(5), proposal, word(6), ADDRESS.abi_encode(), word(GRACE_PERIOD)]);
        let expected = Status {
            id: 7,
            proposer: PROPOSER,
            state: ProposalState::Queued,
            tally: Tally {
                for_votes: U256::from(5),
                against_votes: U256::from(4),
                abstain_votes: U256::from(3),
            },
            quorum_votes: U256::from(6),
            start_block: 10,
            end_block: 20,
            execution: Some((1_000, 1_000 + GRACE_PERIOD)),
        };
        assert_eq!(governor.status(&provider, 7).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn status_of_an_alpha_proposal() {
        let governor = Governor::new(ADDRESS, Flavour::Alpha);
        let proposal = [word(7), PROPOSER.abi_encode(), words(&[0, 10, 20, 5, 4, 0, 0])].concat();
        let provider = answering([word(7), word(1), proposal, word(6)]);
        let status = governor.status(&provider, 7).await.unwrap();
        assert_eq!((status.state, status.execution), (ProposalState::Active, None));
        assert_eq!((status.tally.against_votes, status.tally.abstain_votes), (U256::from(4), U256::ZERO));
        assert_eq!((status.quorum_votes, status.start_block, status.end_block), (U256::from(6), 10, 20));
        let proposal = [word(7), PROPOSER.abi_encode(), words(&[1_000, 10, 20, 5, 4, 0, 0])].concat();
        let provider =
            answering([word(7), word(5), proposal, word(6), ADDRESS.abi_encode(), word(GRACE_PERIOD)]);
        let status = governor.status(&provider, 7).await.unwrap();
        // Expired from eta and grace period on: it ends a second before.
        assert_eq!(status.execution, Some((1_000, 999 + GRACE_PERIOD)));
    }

    #[tokio::test]
    async fn unknown_proposals_and_nonsense_are_errors() {
        let governor = Governor::new(ADDRESS, Flavour::Braintrust);
        for id in [0, 10] {
            let error = governor.state(&answering([word(9)]), id).await.unwrap_err();
            assert_eq!(error.to_string(), format!("there is no proposal {id}; the latest is 9"));
        }
        let error = governor.latest(&answering([U256::MAX.abi_encode()])).await.unwrap_err();
        assert!(error.to_string().starts_with("the chain's proposal count `1157920892373"), "{error}");
        let error = governor.state(&answering([word(9), word(8)]), 7).await.unwrap_err();
        assert!(matches!(error, Error::Read { what: "state", .. } | Error::Nonsense { .. }), "{error:?}");
        let asserter = Asserter::new();
        asserter.push_success(&Bytes::from(word(9)));
        asserter.push_failure_msg("execution reverted");
        let before = ProviderBuilder::default().connect_mocked_client(asserter);
        let error = governor.state(&before, 7).await.unwrap_err();
        assert_eq!(error.to_string(), "proposal 7 was not made at this governor");
        let uneven = (vec![PROPOSER], Vec::<U256>::new(), Vec::<String>::new(), Vec::<Bytes>::new());
        let error = governor.actions(&answering([word(9), uneven.abi_encode_params()]), 7).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the chain's proposal with arrays of lengths `[1, 0, 0, 0]` makes no sense"
        );
    }

    #[tokio::test]
    async fn a_missing_function_is_told_from_a_failing_endpoint() {
        let alpha = Governor::new(ADDRESS, Flavour::Alpha);
        let failing = |message: &'static str| {
            let asserter = Asserter::new();
            asserter.push_failure_msg(message);
            ProviderBuilder::default().connect_mocked_client(asserter)
        };
        assert_eq!(alpha.guardians(&failing("execution reverted")).await.unwrap().guardian, None);
        assert_eq!(alpha.guardians(&answering([vec![]])).await.unwrap().guardian, None);
        let error = alpha.guardians(&failing("too many requests")).await.unwrap_err();
        assert_eq!(error.to_string(), "reading `guardian` failed");
        let guarded = alpha.guardians(&answering([PROPOSER.abi_encode()])).await.unwrap();
        assert_eq!(guarded.guardian, Some((PROPOSER, None)));
    }

    #[tokio::test]
    async fn ids_go_on_where_another_governor_ended() {
        let bravo = Governor::new(ADDRESS, Flavour::Braintrust);
        assert_eq!(bravo.ids(&answering([word(9), word(4)])).await.unwrap(), 5..=9);
        assert!(bravo.ids(&answering([word(4), word(4)])).await.unwrap().is_empty());
        let alpha = Governor::new(ADDRESS, Flavour::Alpha);
        assert_eq!(alpha.ids(&answering([word(9)])).await.unwrap(), 1..=9);
    }

    #[tokio::test]
    async fn parameters_and_votes() {
        let governor = Governor::new(ADDRESS, Flavour::Alpha);
        let provider = answering([word(1), word(17_280), word(500), word(100_000)]);
        let expected = Parameters {
            voting_delay: 1,
            voting_period: 17_280,
            proposal_threshold: U256::from(500),
            quorum_votes: U256::from(100_000),
        };
        assert_eq!(governor.parameters(&provider).await.unwrap(), expected);
        let provider = answering([word(5), word(4)]);
        assert_eq!(votes(&provider, ADDRESS, PROPOSER).await.unwrap(), U256::from(5));
        assert_eq!(votes_at(&provider, ADDRESS, PROPOSER, 1).await.unwrap(), U256::from(4));
    }

    #[tokio::test]
    async fn ballots_of_both_flavours() {
        let table = [
            (Flavour::Braintrust, [1, 2, 5], Some((Support::Abstain, U256::from(5)))),
            (Flavour::Braintrust, [0, 0, 0], None),
            (Flavour::Alpha, [1, 1, 5], Some((Support::For, U256::from(5)))),
            (Flavour::Alpha, [1, 0, 5], Some((Support::Against, U256::from(5)))),
            (Flavour::Alpha, [0, 0, 0], None),
        ];
        for (flavour, receipt, expected) in table {
            let provider = answering([word(9), words(&receipt)]);
            let ballot = Governor::new(ADDRESS, flavour).ballot(&provider, 7, PROPOSER).await.unwrap();
            assert_eq!(ballot, expected);
        }
    }
}
