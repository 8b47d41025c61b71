//! `btrst snapshot results`.

use std::process::ExitCode;

use btrst_offchain::ProposalRecord;
use btrst_offchain::ingest::FINAL_AFTER;
use btrst_offchain::phase::Phase;
use eyre::Result;
use serde_json::json;

use super::client::{HubOptions, hash};
use super::clock::ClockOptions;
use crate::context::Context;
use crate::moment::local;
use crate::opts::EndpointOptions;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot results 0x5f3a…
  btrst snapshot results 0x5f3a… --json | jq .proposal.scores

The hub is named by --hub or BTRST_HUB. What it says is believed here; `btrst snapshot audit` checks it.

Exit codes: 0 when they were shown, 2 on an error.";

/// Shows what an off-chain vote has come to, as the hub counts.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal
    id: String,

    #[command(flatten)]
    hub: HubOptions,

    #[command(flatten)]
    clock: ClockOptions,

    #[command(flatten)]
    endpoint: EndpointOptions,
}

/// Where a vote stands at the time `now`.
pub fn state(record: &ProposalRecord, now: u64) -> &'static str {
    match now {
        now if now < record.start => "pending",
        now if now <= record.end => "active",
        now if now <= record.end.saturating_add(FINAL_AFTER) => "counting",
        _ => "closed",
    }
}

/// What the scores do not say of a vote whose votes are encrypted.
fn sealed(record: &ProposalRecord) -> Option<&'static str> {
    match (record.is_encrypted(), record.scores_state.as_str()) {
        (false, _) => None,
        (true, "final") => {
            Some("the votes are, and count for what the hub says that they say: nobody else can check it")
        }
        (true, _) => {
            Some("what the votes say is not known, and no choice has them before the hub decrypts them")
        }
    }
}

/// What the vote of `record` is in the network's way of a proposal, one line each; nothing where it is in no phase.
pub fn phase(record: &ProposalRecord) -> Vec<String> {
    match Phase::of_settings(&record.plugins) {
        Ok(None) => Vec::new(),
        Ok(Some(Phase::TemperatureCheck {})) => {
            vec!["phase     temperature check: approves nothing".to_owned()]
        }
        Ok(Some(Phase::ConsensusCheck { temperature_check, payload })) => {
            let payload = payload.map_or_else(
                || "none: needs no code, and nothing of it goes on chain".to_owned(),
                |payload| payload.to_string(),
            );
            vec![
                format!("phase     consensus check after {temperature_check}"),
                format!("payload   {payload}"),
            ]
        }
        Err(error) => vec![format!("phase     none that is known: {error}")],
    }
}

/// Shows them.
///
/// # Errors
/// When there is no such proposal, or the hub does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let record = args.hub.open()?.proposal(hash(&args.id)?).await?;
    let state = state(&record, args.clock.now(&args.endpoint).await?);
    context.say(&format!("title     {}", record.title))?;
    context.say(&format!("space     {}", record.space.id))?;
    context.say(&format!("author    {}", record.author))?;
    context.say(&format!("vote      {}, {} to {}", record.system, local(record.start), local(record.end)))?;
    context.say(&format!("snapshot  block {} of chain {}", record.snapshot, record.network))?;
    context.say(&format!("state     {state}, {} votes", record.votes))?;
    if record.quorum > 0.0 {
        context.say(&format!("quorum    {} of {}", record.scores_total, record.quorum))?;
    }
    if let Some(line) = sealed(&record) {
        context.say(&format!("encrypted {line}"))?;
    }
    for line in phase(&record) {
        context.say(&line)?;
    }
    context.say("")?;
    let width = record.choices.iter().map(|choice| choice.chars().count()).max().unwrap_or_default();
    for (place, choice) in record.choices.iter().enumerate() {
        let score = record.scores.get(place).copied().unwrap_or_default();
        let share = if record.scores_total > 0.0 { 100.0 * score / record.scores_total } else { 0.0 };
        context.say(&format!("{choice:width$}  {score:>20}  {share:>6.2}%"))?;
    }
    context.document(&json!({
        "schema_version": 1,
        "state": state,
        "encrypted": sealed(&record).is_some(),
        "phase": Phase::of_settings(&record.plugins).ok().flatten(),
        "proposal": record,
    }))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn encrypted_votes_are_never_shown_as_a_result() {
        let record = |privacy: &str, state: &str| -> ProposalRecord {
            serde_json::from_value(json!({
                "id": "0x".to_owned() + &"11".repeat(32),
                "author": "0x".to_owned() + &"22".repeat(20),
                "created": 1, "space": {"id": "a.eth"}, "network": "1", "type": "basic", "title": "T",
                "choices": ["For", "Against"], "start": 1, "end": 2, "snapshot": "3", "strategies": [],
                "privacy": privacy, "scores_state": state,
            }))
            .unwrap()
        };
        assert_eq!(sealed(&record("", "final")), None);
        assert!(sealed(&record("shutter", "pending")).unwrap().contains("no choice has them"));
        assert!(sealed(&record("shutter", "final")).unwrap().contains("nobody else can check it"));
    }
}
