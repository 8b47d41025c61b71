//! A proposal for programs: amounts are base units as decimal strings, times Unix times in seconds.

use btrst_gov::governor::{Cancelers, Flavour, Next, Status};
use btrst_gov::{Action, Deployment};
use serde_json::{Map, Value, json};

/// The actions for programs.
pub fn actions(actions: &[Action], deployment: &Deployment) -> Value {
    let document = |action: &Action| {
        json!({
            "description": action.describe(deployment),
            "target": action.target.to_string(),
            "value": action.value.to_string(),
            "signature": action.signature,
            "calldata": action.calldata.to_string(),
            "input": action.input().to_string(),
        })
    };
    actions.iter().map(document).collect()
}

/// A status for programs, to be extended. Votes are base units as decimal strings.
pub fn status(status: &Status) -> Map<String, Value> {
    let tally = &status.tally;
    [
        ("id", status.id.into()),
        ("state", status.state.to_string().into()),
        ("proposer", status.proposer.to_string().into()),
        ("for_votes", tally.for_votes.to_string().into()),
        ("against_votes", tally.against_votes.to_string().into()),
        ("abstain_votes", tally.abstain_votes.to_string().into()),
        ("quorum_votes", status.quorum_votes.to_string().into()),
        ("start_block", status.start_block.into()),
        ("end_block", status.end_block.into()),
        ("eta", status.execution.map(|(eta, _)| eta).into()),
        ("executable_until", status.execution.map(|(_, until)| until).into()),
    ]
    .into_iter()
    .map(|(key, value): (&str, Value)| (key.to_owned(), value))
    .collect()
}

/// What comes next at the time `now`; null when nothing does.
pub fn next(status: &Status, flavour: Flavour, now: u64) -> Value {
    match status.next(flavour, now) {
        Next::VoteOpens { block } => json!({ "step": "vote_opens", "block": block }),
        Next::VoteCloses { block, missing } => {
            json!({ "step": "vote_closes", "block": block, "missing_votes": missing.to_string() })
        }
        Next::Queue { until_block } => json!({ "step": "queue", "until_block": until_block }),
        Next::Wait { eta } => json!({ "step": "wait", "eta": eta }),
        Next::Execute { until } => json!({ "step": "execute", "until": until }),
        Next::Nothing => Value::Null,
    }
}

/// Who can cancel; null when the proposal is final.
pub fn cancelers(cancelers: Option<&Cancelers>) -> Value {
    let Some(who) = cancelers else { return Value::Null };
    json!({
        "proposer": who.proposer.map(|account| account.to_string()),
        "guardian": who.guardian.map(|(account, _)| account.to_string()),
        "guardian_expiry": who.guardian.and_then(|(_, expiry)| expiry),
        "whitelist_guardian": who.whitelist_guardian.map(|account| account.to_string()),
        "proposer_whitelisted": who.whitelisted,
        "proposer_votes": who.proposer_votes.to_string(),
        "proposal_threshold": who.threshold.to_string(),
        "anyone": who.below_threshold() && !who.whitelisted,
    })
}
