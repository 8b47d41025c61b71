//! `btrst proposal watch`.

use std::process::ExitCode;
use std::time::Duration;

use btrst_gov::Error;
use btrst_gov::governor::{Flavour, Head, ProposalState, Status};
use eyre::{Report, Result};
use serde_json::Value;

use super::super::stop_requested;
use super::{documents, words};
use crate::context::{Context, print};
use crate::failure::{Hinted, in_one_line};
use crate::governance::Governance;
use crate::moment::local;
use crate::opts::GovernorOptions;

/// Exit code when the proposal ended otherwise.
const OTHERWISE: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst proposal watch 12
  btrst proposal watch 12 --until queued && echo queued
  btrst proposal watch 12 --poll-interval 60 --json | jq -r .state

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it was executed, or reached the state of --until; 1 when it ended otherwise: defeated, canceled or
expired; 2 on an error, or when it was stopped before.";

/// Follows a proposal to its end, one line for each change of state, votes or times.
///
/// With --json, each line is a document. Requests that fail are tried again at the next look, for as long as it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal
    id: u64,

    /// Stop when the proposal reaches this state, or has passed it
    #[arg(long, value_name = "STATE", value_parser = words::state)]
    until: Option<ProposalState>,

    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", env = "ETH_POLL_INTERVAL", default_value = "12", value_parser = interval)]
    poll_interval: Duration,

    #[command(flatten)]
    governor: GovernorOptions,
}

fn interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let bounded = seconds.filter(|interval| *interval >= Duration::from_millis(100));
    bounded.ok_or_else(|| "write seconds, 0.1 or more".into())
}

/// Follows it.
///
/// # Errors
/// When there is no such proposal, the chain is another, or whoever watches stops it before the end.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let mut last = None;
    tokio::select! {
        ended = follow(&args, &mut last, context) => ended,
        stopped = stop_requested() => {
            stopped?;
            let state = last.map_or_else(String::new, |status: Status| format!(" while it was {}", status.state));
            let message = format!("stopped watching proposal {}{state}", args.id);
            Err(Hinted::new(message, "watch it again at any time; nothing was changed").into())
        }
    }
}

async fn follow(args: &Args, last: &mut Option<Status>, context: &Context) -> Result<ExitCode> {
    let governance = Governance::connect(&args.governor, context).await?;
    let mut failing = false;
    loop {
        match look(&governance, args.id).await {
            Ok((head, status)) => {
                if failing {
                    context.note("the endpoint answers again");
                }
                failing = false;
                if last.as_ref() != Some(&status) {
                    tell(&status, head, governance.governor.flavour, context)?;
                }
                let ended = outcome(status.state, args.until);
                *last = Some(status);
                if let Some(code) = ended {
                    return Ok(code);
                }
            }
            Err(error) if is_answer(&error) => return Err(error),
            Err(error) => {
                if !failing {
                    context.note(&format!(
                        "{}; trying again every {:?}",
                        in_one_line(&error),
                        args.poll_interval
                    ));
                }
                failing = true;
            }
        }
        tokio::time::sleep(args.poll_interval).await;
    }
}

async fn look(governance: &Governance, id: u64) -> Result<(Head, Status)> {
    let head = governance.head().await?;
    Ok((head, governance.governor.status(governance.provider(), id).await?))
}

/// Whether `error` is what the chain says, which asking again would not change.
fn is_answer(error: &Report) -> bool {
    matches!(error.downcast_ref(), Some(Error::UnknownProposal { .. }))
}

/// How the program ends in `state`; `None` to go on.
fn outcome(state: ProposalState, until: Option<ProposalState>) -> Option<ExitCode> {
    let goal = until.unwrap_or(ProposalState::Executed);
    if state.implies(goal) {
        Some(ExitCode::SUCCESS)
    } else {
        state.is_final().then(|| ExitCode::from(OTHERWISE))
    }
}

fn tell(status: &Status, head: Head, flavour: Flavour, context: &Context) -> Result<()> {
    if context.json {
        let mut document = documents::status(status);
        let more = [("schema_version", 1), ("block", head.number), ("time", head.timestamp)];
        document.extend(more.map(|(key, value)| (key.to_owned(), value.into())));
        return Ok(print(&Value::from(document).to_string())?);
    }
    let next = words::next(status, flavour, head);
    context.say(&format!(
        "block {}  {}  {:<9}  {}; {next}",
        head.number,
        local(head.timestamp),
        status.state.to_string(),
        words::votes(status, flavour),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_the_outcome() {
        use ProposalState::*;
        let code = |state, until| outcome(state, until).map(|code| code == ExitCode::SUCCESS);
        for (state, expected) in [
            (Pending, None),
            (Active, None),
            (Queued, None),
            (Executed, Some(true)),
            (Defeated, Some(false)),
            (Canceled, Some(false)),
            (Expired, Some(false)),
        ] {
            assert_eq!(code(state, None), expected, "{state}");
        }
        assert_eq!(code(Queued, Some(Succeeded)), Some(true));
        assert_eq!(code(Defeated, Some(Defeated)), Some(true));
        assert_eq!(code(Defeated, Some(Queued)), Some(false));
        assert_eq!(code(Executed, Some(Canceled)), Some(false));
    }

    #[test]
    fn intervals_are_seconds() {
        assert_eq!(interval("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "NaN", "soon", "inf"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
