//! The consensus check that a proposal names: found, audited, and told.

use std::path::{Path, PathBuf};

use alloy::primitives::B256;
use btrst_gov::Proposal;
use btrst_gov::governor::{ProposalState, Status};
use btrst_gov::proposal::{Claim, ConsensusCheck};
use btrst_offchain::approval::{self, Fault, Held};
use btrst_offchain::audit::{Export, Witness};
use btrst_offchain::{ProposalRecord, Space};
use btrst_simulate::Verdict;
use btrst_simulate::checks::Approval;
use btrst_simulate::report::Finding;
use eyre::{Result, WrapErr};

use super::super::snapshot::audit::{from_file, from_hub};
use super::super::snapshot::client::HubOptions;
use super::super::snapshot::hub::read_space;
use crate::context::Context;
use crate::failure::{Hinted, in_one_line};
use crate::governance::Governance;
use crate::moment::local;

/// Where the consensus check is found that a proposal names.
#[derive(clap::Args, Clone, Debug)]
pub struct ApprovalOptions {
    /// Hub with the consensus check that the description names; nobody is asked by default
    #[arg(long, value_name = "URL", env = "BTRST_HUB", help_heading = "Approval off-chain")]
    pub hub: Option<String>,

    /// Address of its GraphQL, where it is not /graphql at the hub
    #[arg(long, value_name = "URL", env = "BTRST_HUB_GRAPHQL", help_heading = "Approval off-chain")]
    pub graphql: Option<String>,

    /// Settings of the space whose votes approve, as `btrst snapshot hub` takes them
    #[arg(long, value_name = "FILE", env = "BTRST_SPACE", help_heading = "Approval off-chain")]
    pub space: Option<PathBuf>,

    /// Export of the consensus check or its temperature check, instead of the hub; can be repeated
    #[arg(long, value_name = "FILE", help_heading = "Approval off-chain")]
    pub export: Vec<PathBuf>,

    /// Block from which transfers are added up where the endpoint has no old state: that of the token's deployment
    #[arg(long, value_name = "BLOCK", default_value_t = 0, help_heading = "Approval off-chain")]
    pub transfers_from: u64,
}

/// A published vote.
struct Published {
    export: Export,
    /// Settings of the space that the hub states otherwise.
    settings: Vec<&'static str>,
    /// What the hub's log says against it.
    log: Vec<String>,
    has_log: bool,
}

/// The text of a description for the consensus check `check` with this title and text.
pub fn text_of(title: &str, body: &str, check: &ConsensusCheck) -> String {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = body.trim();
    let gap = if body.is_empty() { "" } else { "\n\n" };
    format!("# {title}\n\n{body}{gap}{check}\n")
}

/// The consensus check that the record of a hub is of, as a description names it.
pub fn named(record: &ProposalRecord) -> ConsensusCheck {
    ConsensusCheck { space: record.space.id.clone(), id: record.id }
}

/// What A9 has found, in words, one line each.
pub fn lines(finding: &Finding) -> Vec<String> {
    let verdict = match finding.verdict {
        Verdict::Pass => "approved".to_owned(),
        Verdict::Fail => "NOT APPROVED".to_owned(),
        Verdict::NotRun => "not verified".to_owned(),
        Verdict::Warn => "look".to_owned(),
    };
    let first = format!("{verdict}: {}", finding.summary);
    std::iter::once(first).chain(finding.evidence.iter().map(|line| format!("  {line}"))).collect()
}

impl ApprovalOptions {
    /// Whether anybody or any file is named that could have the check.
    pub fn is_set(&self) -> bool {
        self.hub.is_some() || !self.export.is_empty()
    }

    /// The same as [`ApprovalOptions::verify`] for commands that go on: what cannot be looked at is said in it.
    pub async fn look(
        &self,
        governance: &Governance,
        proposal: &Proposal,
        id: Option<u64>,
        context: &Context,
    ) -> Option<Approval> {
        let Ok(Claim::Approved(check)) = proposal.claim() else { return None };
        if !self.is_set() {
            return None;
        }
        let verified = self.verify(&check, governance, proposal, id, context).await;
        Some(verified.unwrap_or_else(|error| Approval {
            missing: Some(in_one_line(&error)),
            ..unknown(&check, Vec::new())
        }))
    }

    /// What `check` comes to for `proposal`, which has the number `id` on the chain, or none yet.
    ///
    /// # Errors
    /// When the settings of the space, the hub, a file or the endpoint cannot be used.
    pub async fn verify(
        &self,
        check: &ConsensusCheck,
        governance: &Governance,
        proposal: &Proposal,
        id: Option<u64>,
        context: &Context,
    ) -> Result<Approval> {
        let space = self.space(governance)?;
        if check.space != space.id {
            let fault = format!("the space `{}` approves nothing here; `{}` does", check.space, space.id);
            return Ok(unknown(check, vec![fault]));
        }
        let Some(consensus) = self.published(check.id, &space, context).await? else {
            return Ok(unknown(check, vec![self.absent("consensus check", check.id)]));
        };
        let first = approval::temperature_check(&consensus.export);
        let temperature = match first {
            Some(first) => self.published(first, &space, context).await?,
            None => None,
        };
        context.note("auditing the consensus check and the temperature check");
        let (witness, counted_at) = self.witness(&consensus.export, governance).await?;
        let seen = match &temperature {
            Some(temperature) => Some((temperature, self.witness(&temperature.export, governance).await?)),
            None => None,
        };
        let now = governance.head().await?.timestamp;
        let before = seen.as_ref().map(|(held, (witness, counted_at))| held.held(witness, *counted_at));
        let found = approval::examine(&space, now, consensus.held(&witness, counted_at), before)?;
        let mut faults: Vec<String> = found.faults.iter().map(words).collect();
        if let (Some(first), None) = (first, &temperature) {
            faults.push(self.absent("temperature check", first));
        }
        if let Some(other) = used(governance, proposal, id, check, consensus.export.proposal.snapshot).await?
        {
            faults.push(format!("proposal {other} has used this approval already"));
        }
        let scores = found.tally.scores.iter().zip(&consensus.export.proposal.choices);
        let scores: Vec<_> = scores.map(|(score, choice)| format!("{choice} {score}")).collect();
        let mut notes = vec![
            format!("consensus check {} of {}: {}", check.id, check.space, consensus.export.proposal.title),
            format!("{}; quorum {}", scores.join(", "), consensus.export.proposal.quorum),
        ];
        if !consensus.has_log {
            notes.push("there is no log of the hub: ballots that were left out do not show".into());
        }
        Ok(Approval {
            payload: found.payload,
            text: found.signed.map(|signed| text_of(&signed.title, &signed.body, check)),
            notes,
            ..unknown(check, faults)
        })
    }

    /// The space, in whose file the rules are.
    fn space(&self, governance: &Governance) -> Result<Space> {
        let path = self.space.as_deref().ok_or_else(|| {
            let hint =
                "name the space file with --space or BTRST_SPACE, such as `spaces/usebraintrust.eth.json`";
            Hinted::new("nothing says by which rules the space votes", hint)
        })?;
        let space = read_space(path)?;
        let chain = governance.chain.id.to_string();
        if space.settings.network != chain {
            let network = &space.settings.network;
            let message =
                format!("the space counts power on chain {network}, and the governor is on {chain}");
            return Err(Hinted::new(message, "check --space and --deployment").into());
        }
        Ok(space)
    }

    /// What is published of the vote `id`, under the rules of `space`; `None` where there is no such vote.
    async fn published(&self, id: B256, space: &Space, context: &Context) -> Result<Option<Published>> {
        let mut found = None;
        for path in &self.export {
            let export = from_file(&shown(path))?;
            if export.proposal.id == id {
                found = Some((export, Vec::new(), false));
            }
        }
        if let (None, Some(hub)) = (&found, &self.hub) {
            let hub = HubOptions { hub: hub.clone(), graphql: self.graphql.clone() }.open()?;
            if hub.find(id).await?.is_some() {
                let (export, log, _) = from_hub(&hub, id, &[], context).await?;
                let log = log.iter().map(ToString::to_string).collect();
                found = Some((export, log, true));
            }
        }
        Ok(found.map(|(mut export, log, has_log)| {
            let settings = export.under(space);
            Published { export, settings, log, has_log }
        }))
    }

    /// What the chain says about a vote, and the time of the block at which its power is counted.
    async fn witness(&self, export: &Export, governance: &Governance) -> Result<(Witness, u64)> {
        let snapshot = export.proposal.snapshot;
        let block = governance.chain.block(snapshot.into()).await?.ok_or_else(|| {
            let message = format!("the endpoint has no block {snapshot}, at which power is counted");
            Hinted::new(message, "name another endpoint with --rpc-url")
        })?;
        let witness = export.witness(&governance.chain, self.transfers_from).await;
        Ok((witness.wrap_err("the votes cannot be audited")?, block.timestamp))
    }

    fn absent(&self, what: &str, id: B256) -> String {
        let place = match &self.hub {
            Some(hub) => format!("the hub at {}", btrst_chain::without_credentials(hub)),
            None => "the export".into(),
        };
        format!("{place} has no {what} {id}: it was never there, or was withdrawn")
    }
}

impl Published {
    fn held<'a>(&'a self, witness: &'a Witness, counted_at: u64) -> Held<'a> {
        let Self { export, settings, log, .. } = self;
        Held { export, witness, settings, counted_at, log }
    }
}

/// A check of which no more is known than why it approves nothing.
fn unknown(check: &ConsensusCheck, faults: Vec<String>) -> Approval {
    Approval {
        space: check.space.clone(),
        id: check.id,
        payload: None,
        text: None,
        faults,
        notes: Vec::new(),
        missing: None,
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// `fault` with times as people read them.
fn words(fault: &Fault) -> String {
    match fault {
        Fault::Running { vote, end } => {
            format!("the {vote} has not ended: its count is final after {}", local(*end))
        }
        other => other.to_string(),
    }
}

/// The proposal that has used the approval of `proposal` by `check`: an earlier one that executes the same, and names the
/// same check, or names none and came after the check's voting power was counted. One that was canceled or has expired
/// can be proposed again.
async fn used(
    governance: &Governance,
    proposal: &Proposal,
    id: Option<u64>,
    check: &ConsensusCheck,
    snapshot: u64,
) -> Result<Option<u64>> {
    let deployment = &governance.deployment;
    let ids = governance.governor.ids(governance.provider()).await?;
    let statuses = governance.statuses(ids.filter(|other| id.is_none_or(|id| *other < id))).await?;
    let counts = |status: &Status| {
        let over = matches!(status.state, ProposalState::Canceled | ProposalState::Expired);
        !over && status.start_block > snapshot
    };
    let statuses: Vec<Status> = statuses.into_iter().filter(counts).collect();
    let made = governance.made(&statuses).await?;
    let payload = proposal.payload(deployment);
    for status in &statuses {
        let other = made.get(&status.id).ok_or_else(|| {
            let message = format!("the endpoint has no event of proposal {} being made", status.id);
            Hinted::new(message, "name an endpoint with the events of old blocks with --rpc-url")
        })?;
        let is_its_own = match other.proposal.claim() {
            Ok(Claim::Approved(named)) => named == *check,
            _ => true,
        };
        if is_its_own && other.proposal.payload(deployment) == payload {
            return Ok(Some(status.id));
        }
    }
    Ok(None)
}
