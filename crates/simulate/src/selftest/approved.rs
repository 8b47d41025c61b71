//! Claims of an approval off-chain.

use alloy::primitives::B256;
use btrst_gov::proposal::ConsensusCheck;
use btrst_gov::{Deployment, Proposal};

use super::Case;
use super::fixtures::{Fixture, fixture};
use crate::Verdict::{Fail, NotRun, Warn};
use crate::checks::Approval;

/// A check that approves the payload of `proposal`, under its text.
fn genuine(deployment: &Deployment, proposal: &Proposal) -> Approval {
    let ConsensusCheck { space, id } = check();
    Approval {
        space,
        id,
        payload: Some(proposal.payload(deployment)),
        text: Some(proposal.description.clone()),
        faults: Vec::new(),
        notes: Vec::new(),
        missing: None,
    }
}

/// The same under a text that ends with the line of the check.
fn shorter(deployment: &Deployment, proposal: &Proposal) -> Approval {
    let line = check().to_string();
    let text = proposal.description.split(&line).next().map(|text| format!("{text}{line}"));
    Approval { text, ..genuine(deployment, proposal) }
}

/// A grant of which more is said than was approved.
fn saying_more(text: &str) -> Case {
    let case = claiming(shorter);
    Case { description: format!("{}\n{text}\n", case.description), ..case }
}

fn check() -> ConsensusCheck {
    ConsensusCheck { space: "usebraintrust.eth".into(), id: B256::repeat_byte(0xc5) }
}

/// A grant that names the check, of which `known` is known.
fn claiming(known: fn(&Deployment, &Proposal) -> Approval) -> Case {
    let mut case = Case::grant();
    case.description = format!("{}\n\n{}\n", case.description, check());
    Case { approval: Some(known), ..case }
}

pub(super) fn fixtures() -> Vec<Fixture> {
    let twin = || claiming(genuine);
    let two = Case { description: format!("{}{}\n", twin().description, check()), ..twin() };
    vec![
        fixture(
            "A9",
            "the id of an approval of another payload",
            Fail,
            claiming(|deployment, proposal| {
                let mut other = proposal.clone();
                other.actions.pop();
                Approval { payload: Some(other.payload(deployment)), ..genuine(deployment, proposal) }
            }),
            twin(),
        ),
        fixture(
            "A9",
            "an approval of the same actions by another governor",
            Fail,
            claiming(|deployment, proposal| {
                let mut other = deployment.clone();
                other.contracts.governor = super::world::GRANTEE;
                Approval { payload: Some(proposal.payload(&other)), ..genuine(deployment, proposal) }
            }),
            twin(),
        ),
        fixture(
            "A9",
            "a consensus check that failed",
            Fail,
            claiming(|deployment, proposal| Approval {
                faults: vec!["the consensus check failed its quorum: 1 of 100000 votes".into()],
                ..genuine(deployment, proposal)
            }),
            twin(),
        ),
        fixture("A9", "two consensus checks", Fail, two, twin()),
        fixture(
            "A9",
            "a text of which more is said than was approved",
            Warn,
            saying_more("It was agreed that this is the first of ten payments."),
            saying_more("effects: 0x0101010101010101010101010101010101010101010101010101010101010101"),
        ),
        fixture(
            "A9",
            "an approval that nobody has verified",
            NotRun,
            Case { approval: None, ..twin() },
            twin(),
        ),
    ]
}
