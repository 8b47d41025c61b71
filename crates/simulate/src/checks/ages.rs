//! E7: how long the called contracts and the proposer have been what they are.

use super::{
    facts::Facts,
    look::{Look, not_run},
};
use crate::{
    history::{Age, History},
    report::Finding,
};

/// E7.
pub(super) fn check(facts: &Facts<'_>) -> Finding {
    if facts.input.histories.is_empty() {
        return not_run(
            "E7",
            "nobody was asked since when the accounts are what they are",
            "look at the accounts in an explorer",
        );
    }
    let mut look = Look::of(facts, "E7");
    for history in facts.input.histories {
        one(facts, history, &mut look);
    }
    look.finish(format!("{} accounts have been what they are for long", facts.input.histories.len()))
}

fn one(facts: &Facts<'_>, history: &History, look: &mut Look) {
    let name = facts.input.name(history.account);
    match &history.age {
        Age::Older { block, changed: true } => look.fail(
            format!("{name} has other code than at block {block}"),
            "do not vote for code that was put in the place of other code",
        ),
        Age::Older { block, changed: false } => look.note(format!("{name} is older than block {block}")),
        Age::Since { block } if history.is_contract => {
            let made = facts.governance.as_ref().ok().and_then(|chain| {
                let start = chain.status.as_ref()?.start_block;
                Some(start.saturating_sub(chain.voting_delay))
            });
            match made.filter(|made| made < block) {
                Some(made) => look.fail(
                    format!(
                        "{name} has code since block {block}; the proposal was made before, in block {made}"
                    ),
                    "do not vote for a call of code that nobody could read when it was proposed",
                ),
                None => {
                    let blocks = facts.head.number.saturating_sub(*block);
                    look.warn(
                        format!("{name} has code only since block {block}, {blocks} blocks ago"),
                        "read its source with more care than that of code that others have used for long",
                    );
                }
            }
        }
        Age::Since { block } => look.warn(
            format!("{name} sent its first transaction in block {block}"),
            "find out who is behind an account without a past",
        ),
        Age::Never => look.warn(
            format!("{name} has never sent a transaction"),
            "find out who is behind an account without a past",
        ),
        Age::Unknown { reason } => look.missing(
            format!("since when {name} is what it is cannot be told: {reason}"),
            "name an endpoint with the state of old blocks, or look at the account in an explorer",
        ),
    }
}
