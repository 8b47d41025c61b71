//! `btrst proposal list`.

use std::collections::HashMap;
use std::process::ExitCode;

use btrst_gov::governor::{ProposalCreated, ProposalState, Status};
use eyre::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{documents, words};
use crate::context::Context;
use crate::governance::{Governance, PARALLEL};
use crate::opts::GovernorOptions;

const EXAMPLES: &str = "\
Examples:
  btrst proposal list
  btrst proposal list --state active --state queued
  btrst proposal list --limit 100 --json | jq -r '.proposals[].title'

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when they were listed, also when there are none, 2 on an error.";

/// Lists proposals, the newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// List those in this state only; may be given several times
    #[arg(long, value_parser = words::state)]
    state: Vec<ProposalState>,

    /// Most proposals to list
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,

    #[command(flatten)]
    governor: GovernorOptions,
}

/// Lists them.
///
/// # Errors
/// When the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let governance = Governance::connect(&args.governor, context).await?;
    let (head, range) = tokio::join!(governance.head(), governance.governor.ids(governance.provider()));
    let (head, range) = (head?, range?);
    let total = range.clone().count();
    let limit = usize::from(args.limit);
    let ids = if args.state.is_empty() {
        range.rev().take(limit).collect()
    } else {
        in_states(&governance, range.rev(), &args.state, limit).await?
    };
    let statuses = governance.statuses(ids).await?;
    let titles = governance.made(&statuses).await?;
    show(&governance, &statuses, &titles, total, context)?;
    let proposals: Vec<Value> = statuses
        .iter()
        .map(|status| {
            let mut document = documents::status(status);
            let title = titles.get(&status.id).map(|created| created.proposal.title());
            document.insert("title".into(), title.into());
            document.into()
        })
        .collect();
    context.document(&json!({
        "schema_version": 1,
        "chain_id": governance.deployment.chain_id,
        "flavour": governance.governor.flavour.to_string(),
        "block": head.number,
        "total": total,
        "proposals": proposals,
    }))?;
    Ok(ExitCode::SUCCESS)
}

/// The first `limit` of `ids` that are in one of `states`; no more are asked for than that takes.
async fn in_states(
    governance: &Governance,
    ids: impl Iterator<Item = u64>,
    states: &[ProposalState],
    limit: usize,
) -> Result<Vec<u64>> {
    let reads = stream::iter(ids).map(|id| async move {
        let state = governance.governor.state(governance.provider(), id).await?;
        Ok::<_, eyre::Report>((id, state))
    });
    let fitting = reads
        .buffered(PARALLEL)
        .try_filter_map(|(id, state)| async move { Ok(states.contains(&state).then_some(id)) });
    fitting.take(limit).try_collect().await
}

fn show(
    governance: &Governance,
    statuses: &[Status],
    titles: &HashMap<u64, ProposalCreated>,
    total: usize,
    context: &Context,
) -> Result<()> {
    if !statuses.is_empty() {
        context.say(&format!("{:>5}  {:<9}  title", "id", "state"))?;
    }
    for status in statuses {
        let title = words::title(titles.get(&status.id));
        context.say(&format!("{:>5}  {:<9}  {title}", status.id, status.state.to_string()))?;
        context.say(&format!("{:18}{}", "", words::votes(status, governance.governor.flavour)))?;
    }
    context.say(&format!("{} of {}", statuses.len(), words::count(total, "proposal")))
}
