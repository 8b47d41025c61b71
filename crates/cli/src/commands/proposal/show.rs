//! `btrst proposal show`.

use std::io::{IsTerminal as _, stdout};
use std::num::IntErrorKind;
use std::path::Path;
use std::process::ExitCode;

use btrst_gov::governor::{Event, Flavour, Head, ProposalCreated, ProposalState, SLOT, Status};
use btrst_gov::proposal::{Claim, visible};
use btrst_gov::{Deployment, Governor, Proposal};
use btrst_simulate::checks;
use btrst_simulate::report::Finding;
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use super::approval::{self, ApprovalOptions};
use super::{documents, read, words};
use crate::context::Context;
use crate::failure::Hinted;
use crate::governance::Governance;
use crate::moment::Moment;
use crate::opts::{DeploymentOptions, GovernorOptions};

const EXAMPLES: &str = "\
Examples:
  btrst proposal show proposals/marketplace-fee-and-grant.toml
  btrst proposal show 12
  btrst proposal show 12 --raw
  btrst proposal show 12 --hub https://hub.example.org --space spaces/usebraintrust.eth.json
  btrst proposal show 12 --json | jq -r .status.state

A number is the id of a proposal on the chain, anything else a file; write ./12 for a file that is called 12.
The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it was shown, 2 on an error.";

/// Shows a proposal: what it would do, and on the chain how it stands, who can cancel it and what comes next.
///
/// A file is shown without a chain. Times are those of this machine's zone; those of blocks to come are estimated at 12
/// seconds a block.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Proposal file, or id of a proposal on the chain
    #[arg(value_name = "FILE|ID")]
    proposal: String,

    /// Show targets, wei and call data as the chain has them
    #[arg(long)]
    raw: bool,

    #[command(flatten)]
    approval: ApprovalOptions,

    #[command(flatten)]
    governor: GovernorOptions,
}

/// Shows the proposal.
///
/// # Errors
/// When the file cannot be used, there is no such proposal, or the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    match args.proposal.parse::<u64>() {
        Ok(id) => on_chain(id, &args, context).await?,
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            let message = format!("there is no proposal {}", args.proposal);
            return Err(Hinted::new(message, "`btrst proposal list` shows those that there are").into());
        }
        Err(_) => in_file(Path::new(&args.proposal), &args, context)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn in_file(path: &Path, args: &Args, context: &Context) -> Result<()> {
    let options = DeploymentOptions {
        deployment: args.governor.chain.deployment.clone(),
        flavour: args.governor.flavour,
    };
    let deployment = options.read()?;
    let proposal = Proposal::parse(&read(path, "proposal file")?, &deployment)
        .wrap_err_with(|| format!("cannot use the proposal file `{}`", path.display()))?;
    let governor = Governor::new(deployment.contracts.governor, deployment.flavour);
    let call = governor.propose(&proposal)?;
    context.say(&visible(&proposal.title()))?;
    show_actions(&proposal, &deployment, args.raw, context)?;
    if args.raw {
        context.say("\nCall that proposes it")?;
        context.say(&format!("    to     {}", call.to))?;
        context.say(&format!("    data   {}", call.data))?;
    }
    show_description(&proposal, context)?;
    let payload = proposal.payload(&deployment);
    context.say(&format!("\nPayload   {payload}"))?;
    let approval = checks::approval(&deployment, &proposal, None);
    show_approval(&proposal, &approval, context)?;
    context.document(&json!({
        "schema_version": 1,
        "payload": payload,
        "approval": approval,
        "file": path,
        "title": proposal.title(),
        "description": proposal.description,
        "actions": documents::actions(&proposal.actions, &deployment),
        "propose": { "to": call.to.to_string(), "data": call.data.to_string() },
    }))
}

async fn on_chain(id: u64, args: &Args, context: &Context) -> Result<()> {
    let governance = Governance::connect(&args.governor, context).await?;
    let (head, status, actions) = tokio::join!(
        governance.head(),
        governance.governor.status(governance.provider(), id),
        governance.governor.actions(governance.provider(), id),
    );
    let (head, status, actions) = (head?, status?, actions?);
    let token = governance.deployment.contracts.btrst;
    let cancelers =
        governance.governor.cancelers(governance.provider(), token, &status, head.timestamp).await?;
    let history = History::read(&governance, head, &status).await?;
    let timeline = history.timeline(&governance, head, &status).await?;

    let flavour = governance.governor.flavour;
    context.say(&format!("Proposal {id}: {}", words::title(history.created.as_ref())))?;
    context.say(&format!("\nstate     {}", status.state))?;
    context.say(&format!("proposer  {}", governance.name(status.proposer)))?;
    for line in words::tally(&status, flavour, stdout().is_terminal()) {
        context.say(&line)?;
    }
    context.say("\nTimeline")?;
    for (what, moment) in &timeline {
        context.say(&format!("  {}", words::line(what, moment, head.timestamp)))?;
    }
    if timeline.iter().any(|(_, moment)| moment.estimated) {
        context.say(&format!("  about: estimated at {SLOT} seconds a block"))?;
    }
    context.say(&format!("\nNext\n  {}", words::next(&status, flavour, head)))?;
    context.say("\nWho can cancel it")?;
    for line in words::cancelers(cancelers.as_ref(), &governance) {
        context.say(&format!("  {line}"))?;
    }
    let description = history.created.as_ref().map(|created| created.proposal.description.clone());
    let proposal = Proposal { description: description.clone().unwrap_or_default(), actions };
    show_actions(&proposal, &governance.deployment, args.raw, context)?;
    show_description(&proposal, context)?;
    let payload = proposal.payload(&governance.deployment);
    context.say(&format!("\nPayload   {payload}"))?;
    // Whether the description names a check is known only with the event that has it.
    let approval = match &description {
        Some(_) => {
            let known = args.approval.look(&governance, &proposal, Some(id), context).await;
            Some(checks::approval(&governance.deployment, &proposal, known.as_ref()))
        }
        None => None,
    };
    if let Some(approval) = &approval {
        show_approval(&proposal, approval, context)?;
    }

    let timeline: Vec<Value> =
        timeline.iter().map(|(what, moment)| json!({ "what": what, "moment": moment.document() })).collect();
    context.document(&json!({
        "schema_version": 1,
        "chain_id": governance.deployment.chain_id,
        "flavour": flavour.to_string(),
        "block": head.number,
        "title": history.created.as_ref().map(|created| created.proposal.title()),
        "description": description,
        "payload": payload,
        "approval": approval,
        "status": documents::status(&status),
        "actions": documents::actions(&proposal.actions, &governance.deployment),
        "timeline": timeline,
        "next": documents::next(&status, flavour, head.timestamp),
        "cancelers": documents::cancelers(cancelers.as_ref()),
    }))
}

fn show_actions(proposal: &Proposal, deployment: &Deployment, raw: bool, context: &Context) -> Result<()> {
    context.say("\nActions")?;
    for line in words::actions(&proposal.actions, deployment, raw) {
        context.say(&line)?;
    }
    let ether = proposal.value().unwrap_or_default();
    if !ether.is_zero() && deployment.flavour == Flavour::Alpha {
        let ether = btrst_gov::amount::Amount::new(ether, btrst_gov::amount::Unit::Ether);
        context.say(&format!("    whoever executes sends {ether} along"))?;
    }
    Ok(())
}

/// What came of the approval off-chain that the description claims; nothing where it claims none.
fn show_approval(proposal: &Proposal, finding: &Finding, context: &Context) -> Result<()> {
    if matches!(proposal.claim(), Ok(Claim::None)) {
        return Ok(());
    }
    context.say("\nApproval off-chain")?;
    for line in approval::lines(finding) {
        context.say(&format!("  {}", visible(&line)))?;
    }
    Ok(())
}

/// The text as voters read it, after its title.
fn show_description(proposal: &Proposal, context: &Context) -> Result<()> {
    let Some((_, text)) = proposal.description.split_once('\n') else { return Ok(()) };
    match text.trim() {
        "" => Ok(()),
        text => context.say(&format!("\nDescription\n\n{}", visible(text))),
    }
}

/// The last block in which an event of the proposal can be; no more are read than that.
async fn last_change(governance: &Governance, head: Head, status: &Status) -> Result<u64> {
    let blocks = match (status.execution, status.queue_until(governance.governor.flavour)) {
        // Whoever cancels it later makes it another state.
        _ if status.state == ProposalState::Defeated => status.end_block,
        (Some((_, until)), _) => {
            // Blocks are a slot apart at least, so that it is an upper bound.
            let end = governance.moment(head, status.end_block).await?;
            status.end_block.saturating_add(until.saturating_sub(end.time) / SLOT + 1)
        }
        (None, Some(queue_until)) => queue_until,
        (None, None) => head.number,
    };
    Ok(blocks.min(head.number))
}

/// What the logs tell about a proposal.
struct History {
    created: Option<ProposalCreated>,
    created_in: Option<u64>,
    extended_in: Option<u64>,
    queued_in: Option<u64>,
    ended_in: Option<(&'static str, u64)>,
}

impl History {
    async fn read(governance: &Governance, head: Head, status: &Status) -> Result<Self> {
        let mut history =
            Self { created: None, created_in: None, extended_in: None, queued_in: None, ended_in: None };
        let to = last_change(governance, head, status).await?;
        for (block, event) in governance.events(status.start_block, to).await? {
            match event {
                Event::ProposalCreated(created) if created.id == status.id => {
                    history.created = Some(created);
                    history.created_in = Some(block);
                }
                Event::ProposalExtended { id, .. } if id == status.id => history.extended_in = Some(block),
                Event::ProposalQueued { id, .. } if id == status.id => history.queued_in = Some(block),
                Event::ProposalExecuted { id } if id == status.id => {
                    history.ended_in = Some(("executed", block));
                }
                Event::ProposalCanceled { id } if id == status.id => {
                    history.ended_in = Some(("canceled", block));
                }
                _ => {}
            }
        }
        Ok(history)
    }

    /// What happened and will happen, in order.
    async fn timeline(
        &self,
        governance: &Governance,
        head: Head,
        status: &Status,
    ) -> Result<Vec<(&'static str, Moment)>> {
        let ended = self.ended_in.map(|(_, block)| block);
        let mut blocks = vec![
            ("proposed", self.created_in),
            ("vote opens", Some(status.start_block.saturating_add(1))),
            ("extended", self.extended_in),
            ("vote closes", Some(status.end_block)),
        ];
        if status.state == ProposalState::Succeeded {
            blocks.push(("queue until", status.queue_until(governance.governor.flavour)));
        }
        blocks.push(("queued", self.queued_in));
        let mut timeline = Vec::new();
        for (what, block) in blocks {
            // What was canceled before is no part of its time.
            if let Some(block) = block.filter(|block| ended.is_none_or(|ended| *block <= ended)) {
                timeline.push((what, governance.moment(head, block).await?));
            }
        }
        match (self.ended_in, status.execution) {
            (Some((what, block)), _) => timeline.push((what, governance.moment(head, block).await?)),
            (None, Some((eta, until))) => {
                timeline.extend([("executable", Moment::at(eta)), ("until", Moment::at(until))]);
            }
            (None, None) => {}
        }
        Ok(timeline)
    }
}
