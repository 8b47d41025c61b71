//! Logs of both governors, decoded to one set of events.

use alloy::{
    primitives::{Address, B256, Log, U256},
    sol_types::SolEvent,
};
use btrst_bindings::BraintrustGovernor as bravo;

use super::{Governor, Support, abi::GovernorAlpha};
use crate::{Error, Proposal, Result};

/// What happened to a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A proposal was made.
    ProposalCreated(ProposalCreated),
    /// An account voted.
    VoteCast {
        /// The account.
        voter: Address,
        /// The proposal.
        id: u64,
        /// What it voted.
        support: Support,
        /// With how many base units.
        votes: U256,
        /// Why; empty where it gave no reason.
        reason: String,
    },
    /// A proposal was queued in the time lock.
    ProposalQueued {
        /// The proposal.
        id: u64,
        /// Unix time in seconds from which it can be executed.
        eta: u64,
    },
    /// All actions of a proposal were executed.
    ProposalExecuted {
        /// The proposal.
        id: u64,
    },
    /// A proposal was canceled.
    ProposalCanceled {
        /// The proposal.
        id: u64,
    },
    /// A late swing moved the end of a vote.
    ProposalExtended {
        /// The proposal.
        id: u64,
        /// The new last block of the vote.
        end_block: u64,
    },
}

/// A proposal as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalCreated {
    /// The number that the governor gave it.
    pub id: u64,
    /// Who made it.
    pub proposer: Address,
    /// Block at whose end votes are counted; ballots are cast from the next block on.
    pub start_block: u64,
    /// Last block in which ballots are cast.
    pub end_block: u64,
    /// What it says.
    pub proposal: Proposal,
}

impl Governor {
    /// First topics of the events that make and change proposals; ballots are not among them.
    pub const fn proposal_events() -> [B256; 5] {
        [
            bravo::ProposalCreated::SIGNATURE_HASH,
            bravo::ProposalCanceled::SIGNATURE_HASH,
            bravo::ProposalQueued::SIGNATURE_HASH,
            bravo::ProposalExecuted::SIGNATURE_HASH,
            bravo::ProposalExtended::SIGNATURE_HASH,
        ]
    }

    /// The governor's events among `logs`, in their order; logs of other contracts and other events are left out.
    ///
    /// # Errors
    /// If a log of a known event cannot be decoded or carries impossible values.
    pub fn events<'a>(&self, logs: impl IntoIterator<Item = &'a Log>) -> Result<Vec<Event>> {
        let own = logs.into_iter().filter(|log| log.address == self.address);
        own.filter_map(|log| decode(log).transpose()).collect()
    }
}

fn decode(log: &Log) -> Result<Option<Event>> {
    let Some(topic) = log.topics().first() else { return Ok(None) };
    let event = match *topic {
        bravo::ProposalCreated::SIGNATURE_HASH => {
            let event: bravo::ProposalCreated = typed("ProposalCreated", log)?;
            Event::ProposalCreated(ProposalCreated {
                id: number("proposal id", event.id)?,
                proposer: event.proposer,
                start_block: number("start block", event.startBlock)?,
                end_block: number("end block", event.endBlock)?,
                proposal: Proposal::from_arrays(
                    event.targets,
                    event.values,
                    event.signatures,
                    event.calldatas,
                    event.description,
                )?,
            })
        }
        bravo::VoteCast::SIGNATURE_HASH => {
            let event: bravo::VoteCast = typed("VoteCast", log)?;
            Event::VoteCast {
                voter: event.voter,
                id: number("proposal id", event.proposalId)?,
                support: event.support.try_into()?,
                votes: event.votes,
                reason: event.reason,
            }
        }
        GovernorAlpha::VoteCast::SIGNATURE_HASH => {
            let event: GovernorAlpha::VoteCast = typed("VoteCast", log)?;
            Event::VoteCast {
                voter: event.voter,
                id: number("proposal id", event.proposalId)?,
                support: if event.support { Support::For } else { Support::Against },
                votes: event.votes,
                reason: String::new(),
            }
        }
        bravo::ProposalQueued::SIGNATURE_HASH => {
            let event: bravo::ProposalQueued = typed("ProposalQueued", log)?;
            Event::ProposalQueued { id: number("proposal id", event.id)?, eta: number("eta", event.eta)? }
        }
        bravo::ProposalExecuted::SIGNATURE_HASH => {
            let event: bravo::ProposalExecuted = typed("ProposalExecuted", log)?;
            Event::ProposalExecuted { id: number("proposal id", event.id)? }
        }
        bravo::ProposalCanceled::SIGNATURE_HASH => {
            let event: bravo::ProposalCanceled = typed("ProposalCanceled", log)?;
            Event::ProposalCanceled { id: number("proposal id", event.id)? }
        }
        bravo::ProposalExtended::SIGNATURE_HASH => {
            let event: bravo::ProposalExtended = typed("ProposalExtended", log)?;
            Event::ProposalExtended {
                id: number("proposal id", event.proposalId)?,
                end_block: event.extendedDeadline,
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(event))
}

fn typed<E: SolEvent>(event: &'static str, log: &Log) -> Result<E> {
    E::decode_log_data_validate(&log.data).map_err(|source| Error::InvalidLog { event, source })
}

/// A number that fits into 64 bits in any sensible chain.
pub(crate) fn number(what: &'static str, value: U256) -> Result<u64> {
    u64::try_from(value).map_err(|_| Error::Nonsense { what, value: value.to_string() })
}

#[cfg(test)]
mod tests {
    use alloy::primitives::LogData;
    use proptest::prelude::*;

    use super::*;
    use crate::{governor::Flavour, proposal::strategies::proposals};

    const GOVERNOR: Governor = Governor::new(Address::repeat_byte(3), Flavour::Braintrust);
    const VOTER: Address = Address::repeat_byte(0xa1);

    fn log(event: &impl SolEvent) -> Log {
        Log { address: GOVERNOR.address, data: event.encode_log_data() }
    }

    #[test]
    fn decodes_the_events_of_both_flavours() {
        let (id, votes) = (U256::from(7), U256::from(1_000));
        let logs = [
            log(&bravo::VoteCast {
                voter: VOTER,
                proposalId: id,
                support: 2,
                votes,
                reason: "unsure".into(),
            }),
            log(&GovernorAlpha::VoteCast { voter: VOTER, proposalId: id, support: true, votes }),
            log(&GovernorAlpha::VoteCast { voter: VOTER, proposalId: id, support: false, votes }),
            log(&bravo::ProposalQueued { id, eta: U256::from(1_700_000_000) }),
            log(&bravo::ProposalExecuted { id }),
            log(&bravo::ProposalCanceled { id }),
            log(&bravo::ProposalExtended { proposalId: id, extendedDeadline: 99 }),
        ];
        let vote = |support, reason: &str| Event::VoteCast {
            voter: VOTER,
            id: 7,
            support,
            votes,
            reason: reason.into(),
        };
        let expected = [
            vote(Support::Abstain, "unsure"),
            vote(Support::For, ""),
            vote(Support::Against, ""),
            Event::ProposalQueued { id: 7, eta: 1_700_000_000 },
            Event::ProposalExecuted { id: 7 },
            Event::ProposalCanceled { id: 7 },
            Event::ProposalExtended { id: 7, end_block: 99 },
        ];
        assert_eq!(GOVERNOR.events(&logs).unwrap(), expected);
    }

    #[test]
    fn leaves_out_other_contracts_and_events() {
        let own = log(&bravo::ProposalExecuted { id: U256::from(7) });
        let other = Log { address: VOTER, ..own.clone() };
        let unknown = log(&bravo::VotingDelaySet { oldVotingDelay: U256::ZERO, newVotingDelay: U256::ZERO });
        let anonymous = Log { address: GOVERNOR.address, data: LogData::empty() };
        assert_eq!(GOVERNOR.events(&[other, unknown, anonymous]).unwrap(), []);
    }

    #[test]
    fn refuses_nonsense() {
        let vote = |proposal_id, support| bravo::VoteCast {
            voter: VOTER,
            proposalId: proposal_id,
            support,
            votes: U256::ZERO,
            reason: String::new(),
        };
        let mut short = log(&bravo::ProposalQueued { id: U256::from(7), eta: U256::from(1) });
        short.data.data = short.data.data.slice(..40);
        let uneven = bravo::ProposalCreated {
            id: U256::from(7),
            proposer: VOTER,
            targets: vec![VOTER],
            values: vec![],
            signatures: vec![],
            calldatas: vec![],
            startBlock: U256::from(1),
            endBlock: U256::from(2),
            description: String::new(),
        };
        let table = [
            (log(&vote(U256::from(7), 3)), "the chain's support `3` makes no sense"),
            (
                log(&vote(U256::from(1_u128 << 64), 1)),
                "the chain's proposal id `18446744073709551616` makes no sense",
            ),
            (log(&uneven), "the chain's proposal with arrays of lengths `[1, 0, 0, 0]` makes no sense"),
            (short, "a log of `ProposalQueued` cannot be decoded"),
        ];
        for (log, message) in table {
            assert_eq!(GOVERNOR.events(&[log]).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn created_proposals_come_back(proposal in proposals(), id: u64, start_block: u64, end_block: u64) {
            let actions = || proposal.actions.iter();
            let event = bravo::ProposalCreated {
                id: U256::from(id),
                proposer: VOTER,
                targets: actions().map(|action| action.target).collect(),
                values: actions().map(|action| action.value).collect(),
                signatures: actions().map(|action| action.signature.clone()).collect(),
                calldatas: actions().map(|action| action.calldata.clone()).collect(),
                startBlock: U256::from(start_block),
                endBlock: U256::from(end_block),
                description: proposal.description.clone(),
            };
            let created = ProposalCreated { id, proposer: VOTER, start_block, end_block, proposal };
            prop_assert_eq!(GOVERNOR.events(&[log(&event)]).unwrap(), [Event::ProposalCreated(created)]);
        }
    }
}
