//! Decisions lowered to calls, and proposals read back from them.

use alloy::{
    primitives::{Address, Bytes, Signature, U256},
    sol_types::SolCall,
};
use btrst_bindings::{
    BTRST,
    BraintrustGovernor::{
        cancelCall, castVoteBySig_0Call, castVoteBySig_1Call, castVoteCall, castVoteWithReasonBySigCall,
        castVoteWithReasonCall, castVotesBySigCall, executeCall, propose_0Call, propose_1Call, queueCall,
    },
    IBraintrustGovernor,
};

use super::{Flavour, Governor, Support, abi::GovernorAlpha};
use crate::{Action, Error, Proposal, Result};

/// A call that somebody still has to sign and send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Contract to call.
    pub to: Address,
    /// Wei to send along.
    pub value: U256,
    /// Selector and arguments.
    pub data: Bytes,
    /// The call in words, such as `vote for proposal 7`.
    pub what: String,
}

impl Governor {
    /// Makes a proposal. Its id comes back in [`Event::ProposalCreated`](super::Event::ProposalCreated).
    ///
    /// # Errors
    /// If the proposal's form is one that every governor refuses.
    pub fn propose(&self, proposal: &Proposal) -> Result<Call> {
        proposal.check()?;
        let actions = || proposal.actions.iter();
        let call = propose_1Call {
            targets: actions().map(|action| action.target).collect(),
            values: actions().map(|action| action.value).collect(),
            signatures: actions().map(|action| action.signature.clone()).collect(),
            calldatas: actions().map(|action| action.calldata.clone()).collect(),
            description: proposal.description.clone(),
        };
        Ok(self.call(call, format!("propose {:?}", proposal.title())))
    }

    /// Votes with all votes that the sender had when the vote started.
    ///
    /// # Errors
    /// If the governor is GovernorAlpha and the ballot abstains or has a reason.
    pub fn cast_vote(&self, id: u64, support: Support, reason: Option<&str>) -> Result<Call> {
        let (number, what) = (U256::from(id), vote_words(id, support));
        Ok(match (self.flavour, reason) {
            (Flavour::Braintrust, None) => {
                self.call(castVoteCall { id: number, support: support as u8 }, what)
            }
            (Flavour::Braintrust, Some(reason)) => {
                let call =
                    castVoteWithReasonCall { id: number, support: support as u8, reason: reason.into() };
                self.call(call, what)
            }
            (Flavour::Alpha, None) => {
                let support = Flavour::boolean(support)?;
                self.call(GovernorAlpha::castVoteCall { proposalId: number, support }, what)
            }
            (Flavour::Alpha, Some(_)) => return Err(Error::NotInAlpha("record a reason")),
        })
    }

    /// Casts the ballot whose [`Governor::ballot_message`] was signed. Anyone may send it.
    ///
    /// # Errors
    /// If the governor is GovernorAlpha and the ballot abstains or has a reason.
    pub fn cast_vote_by_signature(
        &self,
        id: u64,
        support: Support,
        reason: Option<&str>,
        signature: &Signature,
    ) -> Result<Call> {
        let (number, what) = (U256::from(id), format!("{} by signature", vote_words(id, support)));
        let (v, r, s) = (27 + u8::from(signature.v()), signature.r().into(), signature.s().into());
        Ok(match (self.flavour, reason) {
            (Flavour::Braintrust, None) => {
                self.call(castVoteBySig_0Call { id: number, support: support as u8, v, r, s }, what)
            }
            (Flavour::Braintrust, Some(reason)) => {
                let (support, reason) = (support as u8, reason.into());
                self.call(castVoteWithReasonBySigCall { id: number, support, reason, v, r, s }, what)
            }
            (Flavour::Alpha, None) => {
                let support = Flavour::boolean(support)?;
                self.call(GovernorAlpha::castVoteBySigCall { proposalId: number, support, v, r, s }, what)
            }
            (Flavour::Alpha, Some(_)) => return Err(Error::NotInAlpha("record a reason")),
        })
    }

    /// Casts many signed ballots without a reason; those that cannot be counted are skipped. Anyone may send it.
    ///
    /// # Errors
    /// If the governor is GovernorAlpha.
    pub fn cast_votes_by_signature(&self, id: u64, ballots: &[(Support, Signature)]) -> Result<Call> {
        if self.flavour == Flavour::Alpha {
            return Err(Error::NotInAlpha("take ballots in batches"));
        }
        let signed = |(support, signature): &(Support, Signature)| IBraintrustGovernor::SignedBallot {
            support: *support as u8,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        };
        let call = castVotesBySigCall { id: U256::from(id), ballots: ballots.iter().map(signed).collect() };
        Ok(self.call(call, format!("cast {} signed ballots on proposal {id}", ballots.len())))
    }

    /// Casts the ballot that the contract wallet `voter` signed (ERC-1271). Anyone may send it.
    ///
    /// # Errors
    /// If the governor is GovernorAlpha.
    pub fn cast_vote_of_wallet(
        &self,
        id: u64,
        support: Support,
        voter: Address,
        signature: Bytes,
    ) -> Result<Call> {
        if self.flavour == Flavour::Alpha {
            return Err(Error::NotInAlpha("take the signature of a contract wallet"));
        }
        let (number, what) = (U256::from(id), format!("{} by signature", vote_words(id, support)));
        Ok(self.call(castVoteBySig_1Call { id: number, support: support as u8, voter, signature }, what))
    }

    /// Queues a succeeded proposal in the time lock. Anyone may send it.
    pub fn queue(&self, id: u64) -> Call {
        self.call(queueCall { id: U256::from(id) }, format!("queue proposal {id}"))
    }

    /// Executes a queued proposal whose eta has come. Anyone may send it.
    ///
    /// `value` is the wei to send along. GovernorAlpha needs all of [`Proposal::value`] from the sender; with
    /// BraintrustGovernor the treasury pays, and `value` is only what it lacks.
    pub fn execute(&self, id: u64, value: U256) -> Call {
        Call { value, ..self.call(executeCall { id: U256::from(id) }, format!("execute proposal {id}")) }
    }

    /// Cancels a proposal that is not final.
    pub fn cancel(&self, id: u64) -> Call {
        self.call(cancelCall { id: U256::from(id) }, format!("cancel proposal {id}"))
    }

    fn call(&self, call: impl SolCall, what: String) -> Call {
        Call { to: self.address, value: U256::ZERO, data: call.abi_encode().into(), what }
    }
}

/// Gives the sender's votes at `token` to `delegatee`; oneself, to vote with one's own.
pub fn delegate(token: Address, delegatee: Address) -> Call {
    let data = BTRST::delegateCall { delegatee }.abi_encode().into();
    Call { to: token, value: U256::ZERO, data, what: format!("delegate votes to {delegatee}") }
}

impl Proposal {
    /// Reads the proposal in the call data of `propose`, in Compound's or OpenZeppelin's form.
    ///
    /// # Errors
    /// If it is another call, or its arrays have different lengths.
    pub fn from_calldata(data: &[u8]) -> Result<Self> {
        if let Ok(call) = propose_1Call::abi_decode_validate(data) {
            return Self::from_arrays(
                call.targets,
                call.values,
                call.signatures,
                call.calldatas,
                call.description,
            );
        }
        let call = propose_0Call::abi_decode_validate(data).map_err(|_| Error::NotPropose)?;
        let signatures = vec![String::new(); call.targets.len()];
        Self::from_arrays(call.targets, call.values, signatures, call.calldatas, call.description)
    }

    pub(super) fn from_arrays(
        targets: Vec<Address>,
        values: Vec<U256>,
        signatures: Vec<String>,
        calldatas: Vec<Bytes>,
        description: String,
    ) -> Result<Self> {
        Ok(Self { description, actions: actions(targets, values, signatures, calldatas)? })
    }
}

/// One action per place of the four arrays.
pub(super) fn actions(
    targets: Vec<Address>,
    values: Vec<U256>,
    signatures: Vec<String>,
    calldatas: Vec<Bytes>,
) -> Result<Vec<Action>> {
    let lengths = [targets.len(), values.len(), signatures.len(), calldatas.len()];
    if lengths.iter().any(|length| *length != targets.len()) {
        return Err(Error::Nonsense {
            what: "proposal with arrays of lengths",
            value: format!("{lengths:?}"),
        });
    }
    let parts = targets.into_iter().zip(values).zip(signatures).zip(calldatas);
    let action = |(((target, value), signature), calldata)| Action { target, value, signature, calldata };
    Ok(parts.map(action).collect())
}

fn vote_words(id: u64, support: Support) -> String {
    match support {
        Support::Abstain => format!("abstain on proposal {id}"),
        _ => format!("vote {support} proposal {id}"),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{address, hex};
    use proptest::prelude::*;

    use super::*;
    use crate::proposal::strategies::proposals;

    const ADDRESS: Address = address!("1a0D3d5a43e53510f80F16905Bc96e907A47dD01");
    const BRAVO: Governor = Governor::new(ADDRESS, Flavour::Braintrust);
    const ALPHA: Governor = Governor::new(ADDRESS, Flavour::Alpha);

    #[test]
    fn calls_have_the_selectors_of_their_flavour() {
        let signature = Signature::new(U256::from(5), U256::from(6), true);
        let table = [
            (BRAVO.cast_vote(7, Support::For, None), "56781388", "vote for proposal 7"),
            (BRAVO.cast_vote(7, Support::Abstain, Some("x")), "7b3c71d3", "abstain on proposal 7"),
            (
                BRAVO.cast_vote_by_signature(7, Support::Against, None, &signature),
                "3bccf4fd",
                "vote against proposal 7 by signature",
            ),
            (
                BRAVO.cast_vote_by_signature(7, Support::For, Some("x"), &signature),
                "cee87708",
                "vote for proposal 7 by signature",
            ),
            (ALPHA.cast_vote(7, Support::For, None), "15373e3d", "vote for proposal 7"),
            (
                ALPHA.cast_vote_by_signature(7, Support::For, None, &signature),
                "4634c61f",
                "vote for proposal 7 by signature",
            ),
            (
                BRAVO.cast_vote_of_wallet(7, Support::For, ADDRESS, Bytes::from_static(&[1])),
                "8ff262e3",
                "vote for proposal 7 by signature",
            ),
            (
                BRAVO.cast_votes_by_signature(7, &[(Support::For, signature), (Support::Against, signature)]),
                "3bc3538e",
                "cast 2 signed ballots on proposal 7",
            ),
            (Ok(ALPHA.queue(7)), "ddf0b009", "queue proposal 7"),
            (Ok(BRAVO.execute(7, U256::ZERO)), "fe0d94c1", "execute proposal 7"),
            (Ok(BRAVO.cancel(7)), "40e58ee5", "cancel proposal 7"),
        ];
        for (call, selector, what) in table {
            let call = call.unwrap();
            assert_eq!((hex::encode(&call.data[..4]).as_str(), call.what.as_str()), (selector, what));
            assert_eq!((call.to, call.value, call.data[35]), (ADDRESS, U256::ZERO, 7));
        }
        assert_eq!(ALPHA.execute(7, U256::from(9)).value, U256::from(9));
    }

    #[test]
    fn support_is_a_number_or_a_boolean() {
        for (governor, support, word) in
            [(BRAVO, Support::Against, 0), (BRAVO, Support::For, 1), (BRAVO, Support::Abstain, 2)]
        {
            assert_eq!(governor.cast_vote(7, support, None).unwrap().data[67], word);
        }
        for (support, word) in [(Support::Against, 0), (Support::For, 1)] {
            assert_eq!(ALPHA.cast_vote(7, support, None).unwrap().data[67], word);
        }
    }

    #[test]
    fn signature_is_v_27_or_28_then_r_and_s() {
        for (parity, v) in [(false, 27), (true, 28)] {
            let signature = Signature::new(U256::from(5), U256::from(6), parity);
            let call = BRAVO.cast_vote_by_signature(7, Support::For, None, &signature).unwrap();
            assert_eq!((call.data[4 + 95], call.data[4 + 127], call.data[4 + 159]), (v, 5, 6));
        }
    }

    #[test]
    fn alpha_has_neither_abstention_nor_reason() {
        let signature = Signature::new(U256::from(5), U256::from(6), true);
        let abstain = "GovernorAlpha cannot count an abstention";
        let reason = "GovernorAlpha cannot record a reason";
        let table = [
            (ALPHA.cast_vote(7, Support::Abstain, None), abstain),
            (ALPHA.cast_vote(7, Support::For, Some("x")), reason),
            (ALPHA.cast_vote_by_signature(7, Support::Abstain, None, &signature), abstain),
            (ALPHA.cast_vote_by_signature(7, Support::For, Some("x"), &signature), reason),
            (ALPHA.cast_votes_by_signature(7, &[]), "GovernorAlpha cannot take ballots in batches"),
            (
                ALPHA.cast_vote_of_wallet(7, Support::For, ADDRESS, Bytes::new()),
                "GovernorAlpha cannot take the signature of a contract wallet",
            ),
        ];
        for (call, message) in table {
            let error = call.unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn delegates_at_the_token() {
        let call = delegate(ADDRESS, Address::repeat_byte(9));
        assert_eq!((call.to, hex::encode(&call.data[..4]).as_str(), call.data[35]), (ADDRESS, "5c19a95c", 9));
    }

    #[test]
    fn refuses_what_is_no_proposal() {
        let empty = Proposal { description: "# Empty".into(), actions: vec![] };
        assert_eq!(BRAVO.propose(&empty).unwrap_err().to_string(), "0 actions, expected 1 to 10");
        for data in [&[][..], &[0; 4], &BRAVO.queue(7).data] {
            assert_eq!(
                Proposal::from_calldata(data).unwrap_err().to_string(),
                "call data is not a call of `propose`"
            );
        }
        let uneven = propose_1Call {
            targets: vec![ADDRESS],
            values: vec![],
            signatures: vec![String::new()],
            calldatas: vec![Bytes::new()],
            description: String::new(),
        };
        let error = Proposal::from_calldata(&uneven.abi_encode()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the chain's proposal with arrays of lengths `[1, 0, 1, 1]` makes no sense"
        );
    }

    #[test]
    fn reads_openzeppelins_form() {
        let call = propose_0Call {
            targets: vec![ADDRESS],
            values: vec![U256::from(3)],
            calldatas: vec![Bytes::from_static(&[1, 2, 3, 4])],
            description: "# Title".into(),
        };
        let proposal = Proposal::from_calldata(&call.abi_encode()).unwrap();
        let calldata = Bytes::from_static(&[1, 2, 3, 4]);
        let action = Action { target: ADDRESS, value: U256::from(3), signature: String::new(), calldata };
        assert_eq!(proposal, Proposal { description: "# Title".into(), actions: vec![action] });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn proposals_come_back(proposal in proposals()) {
            for governor in [BRAVO, ALPHA] {
                // Two random actions can be the same, which `propose` refuses.
                if let Ok(call) = governor.propose(&proposal) {
                    prop_assert_eq!(Proposal::from_calldata(&call.data).unwrap(), proposal.clone());
                }
            }
        }
    }
}
