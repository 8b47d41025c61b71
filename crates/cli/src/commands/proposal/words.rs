//! A proposal in words, the same in every command.

use alloy::primitives::U256;
use btrst_gov::governor::{Cancelers, Flavour, Head, Next, ProposalCreated, ProposalState, Status};
use btrst_gov::proposal::visible;
use btrst_gov::{Action, Deployment};

use crate::demo::{btrst, grouped};
use crate::governance::Governance;
use crate::moment::{Moment, distance, local};

/// Characters of a bar.
const BAR: usize = 24;

/// One line for each choice; with `bar`, the way to the quorum is drawn.
pub fn tally(status: &Status, flavour: Flavour, bar: bool) -> Vec<String> {
    let tally = &status.tally;
    let percent = percent(tally.for_votes, status.quorum_votes);
    let drawn = if bar { format!("{} ", draw(percent)) } else { String::new() };
    let mut lines = vec![
        format!(
            "for       {drawn}{}, {percent}% of the quorum of {}",
            btrst(tally.for_votes),
            btrst(status.quorum_votes)
        ),
        format!("against   {}", btrst(tally.against_votes)),
    ];
    if flavour == Flavour::Braintrust {
        lines.push(format!("abstain   {}", btrst(tally.abstain_votes)));
    }
    lines
}

/// Whole percent of `whole`, rounded down, so that 100 says that it is reached.
fn percent(part: U256, whole: U256) -> U256 {
    part.saturating_mul(U256::from(100)).checked_div(whole).unwrap_or(U256::from(100))
}

fn draw(percent: U256) -> String {
    let percent = usize::try_from(percent).unwrap_or(usize::MAX).min(100);
    let full = percent * BAR / 100;
    format!("[{}{}]", "#".repeat(full), "-".repeat(BAR - full))
}

/// What comes next, in one line.
pub fn next(status: &Status, flavour: Flavour, head: Head) -> String {
    let about = |block: u64| {
        let time = head.estimate(block);
        format!("block {block}, about {} ({})", local(time), distance(time, head.timestamp))
    };
    match status.next(flavour, head.timestamp) {
        Next::VoteOpens { block } => format!("the vote opens in {}", about(block)),
        Next::VoteCloses { block, missing } => {
            let needs = if missing.is_zero() {
                "as it stands, it passes".to_owned()
            } else {
                format!("it needs {} more in favour", btrst(missing))
            };
            format!("the vote closes after {}; {needs}", about(block))
        }
        Next::Queue { until_block: Some(block) } => format!("anyone can queue it up to {}", about(block)),
        Next::Queue { until_block: None } => "anyone can queue it, at any time".into(),
        Next::Wait { eta } => {
            format!("anyone can execute it from {} on ({})", local(eta), distance(eta, head.timestamp))
        }
        Next::Execute { until } => {
            format!("anyone can execute it until {} ({})", local(until), distance(until, head.timestamp))
        }
        Next::Nothing => "nothing; this is final".into(),
    }
}

/// Who can cancel, one line each; `None` when the proposal is final.
pub fn cancelers(cancelers: Option<&Cancelers>, governance: &Governance) -> Vec<String> {
    let Some(who) = cancelers else { return vec!["nobody; this is final".into()] };
    let mut lines = Vec::new();
    if let Some(proposer) = who.proposer {
        lines.push(format!("{}, who proposed it", governance.name(proposer)));
    }
    if let Some((guardian, expiry)) = who.guardian {
        let until = expiry.map_or_else(String::new, |expiry| format!(" until {}", local(expiry)));
        lines.push(format!("{}, the guardian{until}", governance.name(guardian)));
    }
    let (votes, threshold) = (btrst(who.proposer_votes), btrst(who.threshold));
    let whoever = match (who.whitelisted, who.whitelist_guardian) {
        (false, _) => Some("anyone".to_owned()),
        (true, Some(guardian)) => Some(format!("{}, the whitelist guardian,", governance.name(guardian))),
        (true, None) => None,
    };
    match whoever {
        Some(whoever) if who.below_threshold() => lines.push(format!(
            "{whoever} now, because the proposer has {votes} of votes, below the threshold of {threshold}"
        )),
        Some(whoever) => lines.push(format!(
            "{whoever} when the proposer falls below the threshold of {threshold}; now {votes} of votes"
        )),
        None => lines.push("nobody else, because the proposer is whitelisted".into()),
    }
    lines
}

/// The actions, one line each, and what they call in hexadecimal digits when `raw` says so.
pub fn actions(actions: &[Action], deployment: &Deployment, raw: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (action, number) in actions.iter().zip(1_u64..) {
        lines.push(format!("{number:>2}  {}", action.describe(deployment)));
        if raw {
            lines.push(format!("    to     {}", action.target));
            lines.push(format!("    value  {} wei", action.value));
            lines.push(format!("    data   {}", action.input()));
        }
    }
    lines
}

/// The title for a terminal.
pub fn title(created: Option<&ProposalCreated>) -> String {
    match created.map(|created| created.proposal.title()) {
        Some(title) if !title.is_empty() => visible(&title),
        Some(_) => "(no title)".into(),
        None => "(the endpoint has no log of its making)".into(),
    }
}

/// What a vote decided until now, in one short phrase.
pub fn votes(status: &Status, flavour: Flavour) -> String {
    let tally = &status.tally;
    let abstain = match flavour {
        Flavour::Braintrust => format!(", abstain {}", btrst(tally.abstain_votes)),
        Flavour::Alpha => String::new(),
    };
    format!("for {}, against {}{abstain}", btrst(tally.for_votes), btrst(tally.against_votes))
}

/// A line of a timeline.
pub fn line(what: &str, moment: &Moment, now: u64) -> String {
    format!("{what:<12} {} ({})", moment.words(), distance(moment.time, now))
}

/// The state called `word`.
pub fn state(word: &str) -> Result<ProposalState, String> {
    let mut states = (0..8).filter_map(|number| ProposalState::try_from(number).ok());
    let known = states.find(|state| state.to_string() == word);
    known.ok_or_else(|| {
        "the states are pending, active, canceled, defeated, succeeded, queued, expired and executed".into()
    })
}

/// How many, with the noun that goes with it.
pub fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(u64::try_from(number).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_full_at_the_quorum_and_never_longer() {
        let drawn = |percent: u64| draw(U256::from(percent));
        assert_eq!(drawn(0), format!("[{}]", "-".repeat(24)));
        assert_eq!(drawn(50), format!("[{}{}]", "#".repeat(12), "-".repeat(12)));
        assert_eq!(drawn(99), format!("[{}-]", "#".repeat(23)));
        assert_eq!((drawn(100), drawn(100)), (drawn(250), draw(U256::MAX)));
        assert_eq!(percent(U256::from(999), U256::from(1_000)), U256::from(99));
        assert_eq!(percent(U256::ZERO, U256::ZERO), U256::from(100));
    }

    #[test]
    fn states_are_read_by_their_names() {
        assert_eq!(state("queued").unwrap(), ProposalState::Queued);
        assert!(state("open").is_err());
    }
}
