//! A9: the approval off-chain that the description claims.

use alloy::primitives::B256;
use btrst_gov::proposal::{Claim, ConsensusCheck};
use btrst_gov::{Deployment, Proposal};
use serde::{Deserialize, Serialize};

use super::look::Look;
use crate::manifest::bound_to;
use crate::report::Finding;

/// What somebody who could ask has found out about a consensus check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Its space.
    pub space: String,
    /// Its id.
    pub id: B256,
    /// Hash of what it approves; none where it names none, which is among `faults` then.
    pub payload: Option<B256>,
    /// Its text, as a description would have it; none where it was not found.
    pub text: Option<String>,
    /// Why it approves nothing, each in one line; empty when it approves the payload.
    pub faults: Vec<String>,
    /// What a voter may want to know about it, each in one line.
    pub notes: Vec<String>,
    /// Why it could not be looked at.
    pub missing: Option<String>,
}

/// Whether the consensus check that the description of `proposal` names has approved exactly what `proposal` executes in
/// `deployment`, by what is known of it. A proposal that names none, or whose check nobody looked at, is
/// [`NotRun`](crate::Verdict::NotRun).
#[must_use]
pub fn approval(deployment: &Deployment, proposal: &Proposal, known: Option<&Approval>) -> Finding {
    let mut look = Look::at("A9");
    match proposal.claim() {
        Err(problem) => look.fail(
            problem.to_string(),
            "do not believe that it was approved; ask the authors for the line that names the check",
        ),
        Ok(Claim::None) => look.missing(
            "the description names no consensus check",
            "ask whether the network has voted on it off-chain",
        ),
        Ok(Claim::Link(id)) => look.warn(
            format!("the description links the vote {id}, and no line binds what is executed to it"),
            "do not believe that it was approved; ask the authors for the line that names the check",
        ),
        Ok(Claim::Approved(check)) => {
            let payload = proposal.payload(deployment);
            look.note(format!("payload {payload}"));
            claimed(&mut look, &check, payload, &proposal.description, known);
        }
    }
    look.finish("the consensus check has approved exactly this payload")
}

fn claimed(
    look: &mut Look,
    check: &ConsensusCheck,
    payload: B256,
    description: &str,
    known: Option<&Approval>,
) {
    let known = known.filter(|known| known.id == check.id && known.space == check.space);
    let Some(known) = known else {
        return look.missing(
            format!("nobody has verified the consensus check {} of {}", check.id, check.space),
            "name the hub with --hub and the settings of the space with --space",
        );
    };
    if let Some(reason) = &known.missing {
        return look.missing(
            format!("the consensus check {} could not be verified: {reason}", check.id),
            "name another hub or endpoint, or the files of an export with --export",
        );
    }
    for fault in &known.faults {
        look.fail(fault.clone(), "vote against it: it was not approved as it says");
    }
    match known.payload {
        Some(approved) if approved != payload => look.fail(
            format!("the consensus check approves the payload {approved}, and this one is {payload}"),
            "vote against it: what it executes is not what was approved",
        ),
        None if known.faults.is_empty() => {
            look.fail("the consensus check names no payload", "vote against it: nothing was approved");
        }
        _ => {}
    }
    // The hash of the declared effects is added after the approval, and D3 looks at it.
    let is_text = |line: &&str| !matches!(bound_to(line), Ok(Some(_)));
    let words = |text: &str| -> Vec<String> {
        text.lines().filter(is_text).flat_map(str::split_whitespace).map(str::to_owned).collect()
    };
    if known.text.as_ref().is_some_and(|text| words(text) != words(description)) {
        look.warn(
            "the description is not the text of the consensus check",
            "read both: voters agreed to the other one",
        );
    }
    for note in &known.notes {
        look.note(note.clone());
    }
}
