//! What is checked.

use alloy::{
    primitives::{Address, B256, Keccak256},
    sol_types::SolValue,
};
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

    /// Keccak-256 of what is checked, at the block with the hash `block`. Names of accounts do not count, because they
    /// change nothing but words.
    #[must_use]
    pub fn digest(&self, block: B256) -> B256 {
        let mut hasher = Keccak256::new();
        let mut add = |bytes: &[u8]| {
            // With the length before it, no two lists of texts give the same bytes.
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        add(b"btrst proposal check 1");
        add(&self.deployment.chain_id.to_be_bytes());
        add(self.deployment.flavour.to_string().as_bytes());
        for (name, address) in self.deployment.contracts.iter() {
            add(name.as_bytes());
            add(address.as_slice());
        }
        add(block.as_slice());
        add(self.proposal.description.as_bytes());
        for action in &self.proposal.actions {
            add(action.target.as_slice());
            add(&action.value.abi_encode());
            add(action.signature.as_bytes());
            add(&action.calldata);
        }
        for number in self.lengths.iter().flatten() {
            add(&(*number as u64).to_be_bytes());
        }
        add(&self.id.unwrap_or_default().to_be_bytes());
        add(&[self.state.map_or(u8::MAX, |state| state as u8)]);
        add(self.proposer.unwrap_or_default().as_slice());
        for other in self.others {
            add(&other.id.to_be_bytes());
        }
        let mut delegates = self.delegates.to_vec();
        delegates.sort_unstable();
        for delegate in delegates {
            add(delegate.as_slice());
        }
        if let Some(approval) = self.approval {
            add(approval.space.as_bytes());
            add(approval.id.as_slice());
            add(approval.payload.unwrap_or_default().as_slice());
            for line in approval.faults.iter().chain(&approval.missing) {
                add(line.as_bytes());
            }
        }
        add(self.manifest.map(Manifest::hash).unwrap_or_default().as_slice());
        hasher.finalize()
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
