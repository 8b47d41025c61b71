//! Logs of both governors, decoded to one set of events.

use alloy::{
    primitives::{Address, Log, U256},
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
pub(super) fn number(what: &'static str, value: U256) -> Result<u64> {
    u64::try_from(value).map_err(|_| Error::Nonsense { what, value: value.to_string() })
}
