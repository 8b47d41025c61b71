//! What is checked.

use alloy::primitives::Address;
use btrst_gov::{Action, Deployment, Proposal, governor::ProposalState};

use super::Approval;
use crate::{history::History, manifest::Manifest, sources::Claim};

/// A proposal, before or after its submission, and what is known around it.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The DAO and the names of its addresses.
    pub deployment: &'a Deployment,
    /// The proposal.
    pub proposal: &'a Proposal,
    /// Lengths of targets, values, signatures and call data as they were proposed; `None` where the proposal comes
    /// from a file, whose actions are whole.
    pub lengths: Option<[usize; 4]>,
    /// Its id at the governor; `None` before submission.
    pub id: Option<u64>,
    /// Its state; `None` before submission.
    pub state: Option<ProposalState>,
    /// Who made it, or would; `None` when nobody was named.
    pub proposer: Option<Address>,
    /// Delegates from whom votes can come, in any order. Who is not named here does not vote in the play.
    pub delegates: &'a [Address],
    /// The other proposals of the governor that are not final.
    pub others: &'a [Other],
    /// The effects that the authors declare.
    pub manifest: Option<&'a Manifest>,
    /// What was found out about the consensus check that the description names; `None` when nobody was asked.
    pub approval: Option<&'a Approval>,
    /// What is known about the sources of the contracts.
    pub sources: &'a [Claim],
    /// Since when the called contracts and the proposer are what they are.
    pub histories: &'a [History],
    /// Milliseconds between two blocks, as measured on the chain; `None` takes 12 seconds.
    pub block_time: Option<u64>,
    /// Where the state comes from, for the report; without credentials.
    pub source: String,
}

/// Another proposal of the governor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its id.
    pub id: u64,
    /// Its state.
    pub state: ProposalState,
    /// Who made it.
    pub proposer: Address,
    /// Last block of its vote.
    pub end_block: u64,
    /// Its actions.
    pub actions: Vec<Action>,
}

impl<'a> Input<'a> {
    /// A proposal of a file, with nothing known around it.
    #[must_use]
    pub fn new(deployment: &'a Deployment, proposal: &'a Proposal) -> Self {
        Self {
            deployment,
            proposal,
            lengths: None,
            id: None,
            state: None,
            proposer: None,
            delegates: &[],
            others: &[],
            manifest: None,
            approval: None,
            sources: &[],
            histories: &[],
            block_time: None,
            source: "memory".into(),
        }
    }

    /// The name of `address` with it, or the address alone.
    pub(crate) fn name(&self, address: Address) -> String {
        self.deployment
            .name_of(address)
            .map_or_else(|| address.to_string(), |name| format!("{name} ({address})"))
    }

    /// The name of `address`, or the address.
    pub(crate) fn short_name(&self, address: Address) -> String {
        self.deployment.name_of(address).map_or_else(|| address.to_string(), str::to_owned)
    }

    /// Whether the deployment knows `address`.
    pub(crate) fn knows(&self, address: Address) -> bool {
        self.deployment.name_of(address).is_some()
    }

    /// Unix time in milliseconds between blocks.
    pub(crate) fn block_millis(&self) -> u64 {
        self.block_time.filter(|millis| *millis > 0).unwrap_or(12_000)
    }
}
