//! `btrst handover`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_deploy::handover::check;
use btrst_deploy::verification::{Report, Target};
use btrst_gov::governor::{Flavour, Status};
use btrst_gov::proposal::Template;
use btrst_gov::timelock::{Settings, settings};
use eyre::{Result, WrapErr};
use serde_json::json;

use super::deploy::plan_of;
use super::verify::{document as report_document, show as show_report};
use crate::context::Context;
use crate::failure::Hinted;
use crate::governance::{Governance, Waiting};
use crate::moment::{blocks, local, span};
use crate::opts::{GovernorOptions, read_deployment};
use crate::sending::create;

/// Exit code when one of the two sides is not ready.
const NOT_READY: u8 = 1;

/// Latest proposals that are looked at. Older ones have been final for months.
const RECENT: u64 = 100;

const EXAMPLES: &str = "\
Examples:
  btrst handover --deployment deployments/mainnet.toml --plan deploy.toml --output proposals/handover.toml
  btrst handover --deployment deployments/mainnet.toml --to deployments/mainnet-adoption.toml

--deployment or BTRST_DEPLOYMENT names the DAO as it is now.

Exit codes: 0 when both sides are ready, 1 when something differs, 2 on an error.";

/// Prepares the handover of a live time lock to a deployed governor: checks both sides and writes the proposal.
///
/// Compares the new governor with its plan, and with the live time lock, token and old governor. Says who can do what
/// at each moment of the change, what is queued in the old governor and would be lost, and until when the change can be
/// stopped. Sends nothing: the proposal is made like any other.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Description that the new governor was deployed from
    #[arg(long, value_name = "FILE", required_unless_present = "to", conflicts_with = "to")]
    plan: Option<PathBuf>,

    /// Deployment file of the new governor, where there is no description
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// Proposal file to write; it is printed by default
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    governor: GovernorOptions,
}

/// Checks both sides, and writes the proposal when they are ready.
///
/// # Errors
/// When a file makes no sense or the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let old = Governance::connect(&args.governor, context).await?;
    let deployment = &old.deployment;
    let (report, new) = match (&args.plan, &args.to) {
        (Some(path), _) => {
            let plan = plan_of(path)?;
            (check(&old.chain, deployment, &Target::Plan(&plan)).await, plan.deployment())
        }
        (None, Some(path)) => {
            let new = read_deployment(path)?;
            (check(&old.chain, deployment, &Target::Deployment(&new)).await, new)
        }
        (None, None) => {
            let hint = "name its description with --plan, or its deployment file with --to";
            return Err(Hinted::new("there is no new governor", hint).into());
        }
    };
    let report = report.wrap_err("cannot check the handover")?;
    show_report(&report, context)?;
    let ready = report.differences().next().is_none();
    let stranded = stranded(&old, context).await?;
    let under_way = under_way(&old, context).await?;
    let timeline = timeline(&old, context).await?;
    let mut document = json!({
        "schema_version": 1,
        "ready": ready,
        "old_governor": deployment.contracts.governor,
        "new_governor": new.contracts.governor,
        "timelock": deployment.contracts.timelock,
        "verification": report_document(&report),
        "stranded": stranded,
        "under_way": under_way,
        "timeline": timeline,
        "proposal": null,
    });
    if !ready {
        context.say("\nNo proposal was written: the two sides are not ready.")?;
        context.document(&document)?;
        return Ok(ExitCode::from(NOT_READY));
    }
    let text = proposal(&old, &new.contracts.governor.to_checksum(None), &report)?;
    match &args.output {
        Some(path) => write(path, &text, context)?,
        None => context.say(&format!("\n{text}"))?,
    }
    if let Some(fields) = document.as_object_mut() {
        fields.insert("proposal".into(), json!(text));
    }
    context.document(&document)?;
    Ok(ExitCode::SUCCESS)
}

/// The text of the proposal file. Why the DAO should do this is left for its author to write.
fn proposal(old: &Governance, governor: &str, report: &Report) -> Result<String> {
    let checked = format!(
        "`btrst handover` compared code, roles and parameters of the new governor with what was published: {} checks, \
         none differs. Whoever votes can repeat it.",
        report.checks.len()
    );
    let template = Template::Adoption { governor: Some(governor.into()), checked: Some(checked) };
    Ok(template.draft(None, &old.deployment)?.render())
}

fn write(path: &Path, text: &str, context: &Context) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).wrap_err_with(|| format!("cannot create `{}`", folder.display()))?;
    }
    create(path, text.trim_end())?;
    context.say(&format!(
        "\nWrote {}; fill in why, and check it with `btrst proposal lint` before it is made.",
        path.display()
    ))
}

/// Shows what waits in the time lock by the old governor, which nobody can execute after the handover.
async fn stranded(old: &Governance, context: &Context) -> Result<Vec<serde_json::Value>> {
    let queue = old.queue(old.head().await?, None).await?;
    context.say("\nQueued by the old governor, and lost if it is not executed before the handover")?;
    if queue.is_empty() {
        context.say("  nothing")?;
    }
    let mut documents = Vec::with_capacity(queue.len());
    for Waiting { entry, calls, .. } in &queue {
        let calls: Vec<String> = calls.iter().flatten().map(|call| call.describe(&old.deployment)).collect();
        context.say(&format!("  {}, executable from {} on", calls.join("; "), local(entry.eta)))?;
        documents.push(json!({"hash": entry.hash, "eta": entry.eta, "calls": calls}));
    }
    Ok(documents)
}

/// Shows the old governor's latest proposals that are not final: what of them is not executed before is lost, too.
async fn under_way(old: &Governance, context: &Context) -> Result<Vec<serde_json::Value>> {
    let latest = old.governor.latest(old.provider()).await?;
    let statuses = old.statuses(latest.saturating_sub(RECENT).saturating_add(1)..=latest).await?;
    let open: Vec<_> = statuses.iter().filter(|status| !status.state.is_final()).collect();
    context.say("\nProposals of the old governor that are under way")?;
    if open.is_empty() {
        context.say("  none")?;
    }
    for status in &open {
        context.say(&format!("  proposal {} is {}", status.id, status.state))?;
    }
    let document = |status: &&Status| json!({"id": status.id, "state": status.state.to_string()});
    Ok(open.iter().map(document).collect())
}

/// Shows who can do what at each moment, and how to stop.
async fn timeline(old: &Governance, context: &Context) -> Result<Vec<serde_json::Value>> {
    let parameters = old.governor.parameters(old.provider()).await?;
    let Settings { delay, grace_period, .. } =
        settings(old.provider(), old.deployment.contracts.timelock).await?;
    let guardian = old.governor.guardians(old.provider()).await?.guardian;
    let cancel = [
        (old.governor.flavour == Flavour::Braintrust).then_some("the proposer"),
        guardian.map(|_| "the guardian"),
        Some("anyone once the proposer has fewer votes than the threshold"),
    ];
    let cancel = cancel.into_iter().flatten().collect::<Vec<_>>().join(", or ");
    let moments = [
        (
            format!("proposed, {} until the vote", blocks(parameters.voting_delay)),
            "the old governor does everything; the new one takes no proposals and has no power".to_owned(),
            format!("cancel: {cancel}"),
        ),
        (
            format!("vote, {}", blocks(parameters.voting_period)),
            "as before".into(),
            format!("vote against; cancel: {cancel}"),
        ),
        (
            format!("queued, {} until it can be executed", span(delay)),
            "as before; holders who disagree can leave".into(),
            format!("cancel: {cancel}"),
        ),
        (
            format!("executable, {}", span(grace_period)),
            "anyone executes it: the time lock names the new governor, which takes over in the same transaction; \
             nobody can come between"
                .into(),
            format!("cancel: {cancel}; not executed in time, it expires and nothing changes"),
        ),
        (
            "executed".into(),
            "the new governor does everything; the old one can neither queue, execute nor cancel in the time lock"
                .into(),
            "no way back but a proposal of the new governor that names another admin".into(),
        ),
    ];
    context.say("\nWho can do what, and how to stop it")?;
    let mut documents = Vec::with_capacity(moments.len());
    for (moment, powers, stop) in &moments {
        context.say(&format!("  {moment}\n    {powers}\n    {stop}"))?;
        documents.push(json!({"moment": moment, "powers": powers, "stop": stop}));
    }
    Ok(documents)
}
