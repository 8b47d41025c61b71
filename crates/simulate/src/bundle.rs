//! One file with all that a report rests on, to make the same report elsewhere without a chain.

use std::sync::Arc;

use alloy::primitives::{Address, B256, keccak256};
use btrst_gov::governor::ProposalState;
use btrst_gov::{Action, Deployment, Proposal};
use serde::{Deserialize, Serialize};

use crate::checks::{self, Agreement, Approval, Input, Other};
use crate::history::History;
use crate::report::Trips;
use crate::sources::Claim;
use crate::state::Witness;
use crate::state::proof::{Proofs, Proven};
use crate::{Error, Machine, Manifest, Report, Result};

/// Version of the format.
pub const SCHEMA_VERSION: u32 = 2;

/// A check, the state that it read, and the digest of its report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Version of the format: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Versions of what made it.
    pub versions: Versions,
    /// What was checked.
    subject: Subject,
    /// The answers of engines that need more than the state.
    pub agreements: Vec<Agreement>,
    /// The block, and all that was read at it.
    pub witness: Witness,
    /// Hash of subject, agreements and witness.
    pub input: B256,
    /// Proofs of the witness, if the endpoint was asked for them.
    pub proofs: Option<Proofs>,
    /// How often the endpoint was asked.
    trips: Option<Trips>,
    /// Hash of the report as JSON, as [`digest`] makes it.
    pub digest: B256,
}

/// Versions of what a check is run by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// This library.
    pub simulate: String,
    /// Rules of the EVM, such as `OSAKA`.
    pub rules: String,
}

/// An [`Input`] that owns its parts. Files are kept as their text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    deployment: String,
    proposal: Proposal,
    lengths: Option<[usize; 4]>,
    id: Option<u64>,
    state: Option<u8>,
    proposer: Option<Address>,
    delegates: Vec<Address>,
    others: Vec<Beside>,
    manifest: Option<String>,
    approval: Option<Approval>,
    sources: Vec<Claim>,
    histories: Vec<History>,
    block_time: Option<u64>,
    source: String,
}

/// An [`Other`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    id: u64,
    state: u8,
    proposer: Address,
    end_block: u64,
    actions: Vec<Action>,
}

/// A bundle's check, made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The report that it gives here.
    pub report: Report,
    /// That report's digest.
    pub digest: B256,
    /// What the bundle proves of the state that it rests on; `None` when it has no proofs, so that the state is what an
    /// endpoint said.
    pub proven: Option<Proven>,
}

impl Bundle {
    /// The bundle of `report`, which came of `input` and `agreements` and read no more than `witness`, with `proofs` of
    /// that where there are some. Private keys and the endpoint of the deployment are left out.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it cannot be written as JSON.
    pub fn new(
        input: &Input<'_>,
        agreements: &[Agreement],
        witness: Witness,
        proofs: Option<Proofs>,
        report: &Report,
    ) -> Result<Self> {
        let rules = Machine::new(Arc::new(witness.clone())).rules();
        let subject = Subject::of(input)?;
        Ok(Self {
            schema_version: SCHEMA_VERSION,
            versions: Versions { simulate: env!("CARGO_PKG_VERSION").into(), rules },
            input: input_digest(&subject, agreements, &witness)?,
            subject,
            agreements: agreements.to_vec(),
            witness,
            proofs,
            trips: report.header.trips,
            digest: digest(report)?,
        })
    }

    /// Reads a bundle that [`Bundle::render`] wrote.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it is of another format or was changed, [`Error::Unproven`] when its header is not that of
    /// its block.
    pub fn parse(text: &str) -> Result<Self> {
        let bundle: Self = serde_json::from_str(text).map_err(invalid)?;
        if bundle.schema_version != SCHEMA_VERSION {
            return Err(invalid(format!("its format is {}, not {SCHEMA_VERSION}", bundle.schema_version)));
        }
        let input = input_digest(&bundle.subject, &bundle.agreements, &bundle.witness)?;
        if input != bundle.input {
            return Err(invalid(format!("its input has the digest `{input}`, not `{}`", bundle.input)));
        }
        bundle.witness.pinned.verify()?;
        Ok(bundle)
    }

    /// The bundle as one line of JSON.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it cannot be written as JSON.
    pub fn render(&self) -> Result<String> {
        serde_json::to_string(self).map_err(invalid)
    }

    /// Checks the same again, on the witness alone, after the proofs of it.
    ///
    /// # Errors
    /// [`Error::Unproven`] when a proof does not hold; [`Error::Bundle`] when what was checked makes no sense,
    /// [`Error::Contract`].
    pub fn repeat(&self) -> Result<Repeated> {
        let proven = self.proofs.as_ref().map(|proofs| proofs.verify(&self.witness)).transpose()?;
        let subject = &self.subject;
        let deployment = Deployment::parse(&subject.deployment)?;
        let manifest = subject.manifest.as_deref();
        let manifest = manifest.map(|text| Manifest::parse(text, &deployment)).transpose()?;
        let others = subject.others.iter().map(Beside::other).collect::<Result<Vec<_>>>()?;
        let input = Input {
            deployment: &deployment,
            proposal: &subject.proposal,
            lengths: subject.lengths,
            id: subject.id,
            state: subject.state.map(state).transpose()?,
            proposer: subject.proposer,
            delegates: &subject.delegates,
            others: &others,
            manifest: manifest.as_ref(),
            approval: subject.approval.as_ref(),
            sources: &subject.sources,
            histories: &subject.histories,
            block_time: subject.block_time,
            source: subject.source.clone(),
        };
        // The witness has all that was read: there is nothing to read ahead.
        let machine = Machine::new(Arc::new(self.witness.clone()));
        let mut report = checks::run_in(&input, &self.witness.pinned, machine, &self.agreements).report;
        report.header.trips = self.trips;
        let digest = digest(&report)?;
        Ok(Repeated { report, digest, proven })
    }
}

impl Subject {
    fn of(input: &Input<'_>) -> Result<Self> {
        let mut deployment = input.deployment.clone();
        deployment.rpc_url = None;
        for account in &mut deployment.accounts {
            account.private_key = None;
        }
        Ok(Self {
            deployment: deployment.render()?,
            proposal: input.proposal.clone(),
            lengths: input.lengths,
            id: input.id,
            state: input.state.map(|state| state as u8),
            proposer: input.proposer,
            delegates: input.delegates.to_vec(),
            others: input.others.iter().map(Beside::of).collect(),
            manifest: input.manifest.map(|manifest| manifest.render(input.deployment)).transpose()?,
            approval: input.approval.cloned(),
            sources: input.sources.to_vec(),
            histories: input.histories.to_vec(),
            block_time: input.block_time,
            source: input.source.clone(),
        })
    }
}

impl Beside {
    fn of(other: &Other) -> Self {
        Self {
            id: other.id,
            state: other.state as u8,
            proposer: other.proposer,
            end_block: other.end_block,
            actions: other.actions.clone(),
        }
    }

    fn other(&self) -> Result<Other> {
        Ok(Other {
            id: self.id,
            state: state(self.state)?,
            proposer: self.proposer,
            end_block: self.end_block,
            actions: self.actions.clone(),
        })
    }
}

fn state(number: u8) -> Result<ProposalState> {
    Ok(ProposalState::try_from(number)?)
}

fn invalid(reason: impl ToString) -> Error {
    Error::Bundle { reason: reason.to_string() }
}

fn input_digest(subject: &Subject, agreements: &[Agreement], witness: &Witness) -> Result<B256> {
    let subject = serde_json::to_vec(subject).map_err(invalid)?;
    let agreements = serde_json::to_vec(agreements).map_err(invalid)?;
    Ok(keccak256([keccak256(subject), keccak256(agreements), witness.digest()?].concat()))
}

/// Hash of `report` as JSON, without the number of requests. So it depends on nothing but what was checked, the state and
/// the version of this library, and not on what was on disk already.
///
/// # Errors
/// [`Error::Bundle`] when it cannot be written as JSON.
pub fn digest(report: &Report) -> Result<B256> {
    let mut report = report.clone();
    report.header.trips = None;
    Ok(keccak256(report.to_json().map_err(invalid)?))
}
