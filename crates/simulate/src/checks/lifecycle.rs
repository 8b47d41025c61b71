//! B1 to B9: whether the proposal can be made, can pass and can be stopped; and the first page's answer to that.

use alloy::primitives::{Address, U256};
use btrst_gov::{
    amount::{Amount, Unit},
    governor::{Flavour, ProposalState},
    parameters::{DEFAULT_TIMELOCK_DELAY, TIMELOCK_DELAY},
};

use super::{
    facts::{Facts, Governance},
    look::{Look, not_run},
    target::ASK_AGAIN,
};
use crate::report::{Canceler, Finding, Passage, Supporter, Verdict};

/// Seconds before the end of its window from which a proposal has to be executed now: a day.
const HURRY: u64 = 86_400;

/// Delegates that the first page lists.
const LISTED: usize = 8;

fn btrst(base: U256) -> String {
    Amount::new(base, Unit::Btrst).to_string()
}

/// The finding of `id` when the chain could not be asked.
fn unasked(id: &str, reason: &str) -> Finding {
    not_run(id, format!("the governor was not asked: {reason}"), ASK_AGAIN)
}

/// B1: the proposer has more votes than the threshold, at the block before.
pub(super) fn proposer_votes(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B1");
    if facts.input.id.is_some() {
        return look.finish("the proposal is made; the governor has checked the votes");
    }
    let Some((before, _)) = chain.proposer_votes else {
        look.missing("no proposer was named", "name the account that will make the proposal");
        return look.finish("");
    };
    let (has, needs) = (btrst(before), btrst(chain.threshold));
    if before <= chain.threshold && !chain.whitelisted {
        let line = if before == chain.threshold {
            format!("the proposer has exactly the threshold of {needs}; it must have more")
        } else {
            format!("the proposer has {has}, and needs more than {needs}")
        };
        look.fail(line, "have votes delegated to the proposer, and wait one block");
    }
    look.finish(format!("the proposer has {has}, more than the threshold of {needs}, or is whitelisted"))
}

/// B2: the proposer has no other proposal whose vote has not ended.
pub(super) fn live_proposal(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B2");
    match chain.latest {
        Some((id, true)) if facts.input.id.is_none() => look.fail(
            format!("the proposer's proposal {id} is not decided yet; a second one is refused"),
            "wait for the end of its vote, or let another account propose",
        ),
        None if facts.input.proposer.is_none() && facts.input.id.is_none() => {
            look.missing("no proposer was named", "name the account that will make the proposal");
        }
        _ => {}
    }
    look.finish("the proposer has no other proposal whose vote has not ended")
}

/// B3: the proposer stays above the threshold.
pub(super) fn cancelability(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B3");
    let Some((_, now)) = chain.proposer_votes else {
        return unasked("B3", "no proposer is known");
    };
    let (has, needs) = (btrst(now), btrst(chain.threshold));
    // GovernorAlpha cancels below the threshold, and takes it as it is at that moment.
    if now < chain.threshold && !chain.whitelisted {
        look.fail(
            format!(
                "the proposer has {has}, below the threshold of {needs}: anyone can cancel the proposal now"
            ),
            "have votes delegated to the proposer until the proposal is executed",
        );
    } else if now < chain.threshold.saturating_add(chain.threshold / U256::from(10)) && !chain.whitelisted {
        look.warn(
            format!("the proposer has {has}, little more than the threshold of {needs}: one holder who withdraws votes can make it cancelable"),
            "have more votes delegated to the proposer until the proposal is executed",
        );
    }
    if chain.whitelisted {
        look.note("the proposer is whitelisted: below the threshold only the whitelist guardian can cancel");
    }
    if facts.input.deployment.flavour == Flavour::Alpha {
        look.note("GovernorAlpha lets a proposal be canceled in any state but executed");
    }
    look.finish(format!("the proposer has {has}; below {needs} anyone could cancel"))
}

/// B4: the quorum can be reached with votes that exist.
pub(super) fn quorum(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B4");
    let needs = needed(chain);
    let reach = chain.delegates.iter().fold(U256::ZERO, |sum, (_, votes)| sum.saturating_add(*votes));
    for (account, votes) in chain.delegates.iter().take(LISTED) {
        look.note(format!("{} has {}", facts.input.name(*account), btrst(*votes)));
    }
    for (account, votes) in &chain.fresh_votes {
        look.warn(
            format!(
                "{} got {} within a day: borrowed votes look like this",
                facts.input.name(*account),
                btrst(*votes)
            ),
            "find out where these votes came from; they count if they are still there when the vote starts",
        );
    }
    let decided = facts.input.state.is_some_and(|state| {
        matches!(state, ProposalState::Succeeded | ProposalState::Queued | ProposalState::Executed)
    });
    if let Some(state @ (ProposalState::Defeated | ProposalState::Canceled | ProposalState::Expired)) =
        facts.input.state
    {
        look.fail(format!("the proposal is {state}, which is final"), "make it again");
    } else if decided {
        look.note("the vote is over and was won");
    } else if chain.delegates.is_empty() {
        look.missing("no delegates are known", "name delegates, or let them be found in the token's events");
    } else if reach < needs {
        look.fail(
            format!(
                "it needs {} in favour; all known delegates together have {}",
                btrst(needs),
                btrst(reach)
            ),
            "have more votes delegated before the vote starts",
        );
    } else if reach < needs.saturating_mul(U256::from(2)) {
        look.warn(
            format!("it needs {} in favour of the {} that are delegated", btrst(needs), btrst(reach)),
            "speak to the delegates before the vote",
        );
    }
    look.finish(format!("it needs {} in favour; known delegates have {}", btrst(needs), btrst(reach)))
}

/// Votes in favour that are needed: the quorum, or more than against.
fn needed(chain: &Governance) -> U256 {
    let against = chain.status.as_ref().map(|status| status.tally.against_votes).unwrap_or_default();
    let quorum = chain.status.as_ref().map_or(chain.quorum, |status| status.quorum_votes);
    quorum.max(against.saturating_add(U256::from(1)))
}

/// B5: who could cancel by office.
pub(super) fn guardian(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B5");
    match chain.guardian {
        Some((account, _)) if facts.input.deployment.flavour == Flavour::Alpha => look.warn(
            format!(
                "the guardian {} can cancel any proposal that is not executed, without end, and can make itself the \
                 time lock's admin",
                facts.input.name(account)
            ),
            "know who holds this key; a proposal cannot take it away, only the guardian itself",
        ),
        Some((account, until)) => {
            let until = until.map_or_else(String::new, |until| format!(" until Unix time {until}"));
            if until_now(facts, chain) {
                look.warn(
                    format!("the guardian {} can cancel it{until}", facts.input.name(account)),
                    "know who holds this key, and whether it speaks for the voters",
                );
            } else {
                look.note(format!("the appointment of {} ended{until}", facts.input.name(account)));
            }
        }
        None => {}
    }
    if chain.whitelisted
        && let Some(account) = chain.whitelist_guardian
    {
        look.note(format!(
            "{} can cancel if the proposer falls below the threshold",
            facts.input.name(account)
        ));
    }
    look.finish("no guardian can cancel it")
}

fn until_now(facts: &Facts<'_>, chain: &Governance) -> bool {
    chain.guardian.is_some_and(|(_, until)| until.is_none_or(|until| until > facts.head.timestamp))
}

/// When the steps of the proposal come, in blocks and estimated Unix times.
struct Calendar {
    first: u64,
    last: u64,
    eta: u64,
    until: u64,
}

impl Calendar {
    fn of(facts: &Facts<'_>, chain: &Governance) -> Self {
        let (first, last, known) = match &chain.status {
            Some(status) => (status.start_block.saturating_add(1), status.end_block, status.execution),
            None => {
                let start = facts.head.number.saturating_add(1).saturating_add(chain.voting_delay);
                (start.saturating_add(1), start.saturating_add(chain.voting_period), None)
            }
        };
        let queued = time_of(facts, last.saturating_add(1)).max(facts.head.timestamp);
        let eta = known.map_or_else(|| queued.saturating_add(chain.delay), |(eta, _)| eta);
        let until = known.map_or_else(|| eta.saturating_add(chain.grace), |(_, until)| until);
        Self { first, last, eta, until }
    }

    fn lines(&self, facts: &Facts<'_>, chain: &Governance) -> Vec<String> {
        let estimate = if chain.status.as_ref().is_some_and(|status| status.execution.is_some()) {
            ""
        } else {
            "about "
        };
        vec![
            format!("votes are cast from block {}, about {}", self.first, date(time_of(facts, self.first))),
            format!("the vote ends with block {}, about {}", self.last, date(time_of(facts, self.last))),
            format!("it can be executed from {estimate}{}, if it is queued at once", date(self.eta)),
            format!("and until {estimate}{}, for {} days", date(self.until), chain.grace / 86_400),
        ]
    }
}

/// Estimated Unix time of `block`, by the measured time between blocks.
fn time_of(facts: &Facts<'_>, block: u64) -> u64 {
    let seconds = block.abs_diff(facts.head.number).saturating_mul(facts.input.block_millis()) / 1_000;
    if block < facts.head.number {
        facts.head.timestamp.saturating_sub(seconds)
    } else {
        facts.head.timestamp.saturating_add(seconds)
    }
}

/// A Unix time as a date in UTC; as it is where no calendar has it.
fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(
        || format!("Unix time {seconds}"),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// B6: the timeline.
pub(super) fn timeline(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B6");
    let calendar = Calendar::of(facts, chain);
    for line in calendar.lines(facts, chain) {
        look.note(line);
    }
    let (first, last) = (calendar.first, calendar.last);
    let hours =
        last.saturating_add(1).saturating_sub(first).saturating_mul(facts.input.block_millis()) / 3_600_000;
    let millis = facts.input.block_millis();
    look.note(format!("measured by {}.{:03} seconds a block", millis / 1_000, millis % 1_000));
    if hours < 24 {
        look.warn(format!("the vote lasts {hours} hours only"), "tell the delegates before it starts");
    }
    look.finish(format!(
        "the vote lasts {} blocks, about {hours} hours",
        last.saturating_add(1).saturating_sub(first)
    ))
}

/// B7: the window of the execution.
pub(super) fn window(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B7");
    let calendar = Calendar::of(facts, chain);
    // The time lock still takes it in the second of its end, which GovernorAlpha calls expired.
    let alpha = facts.input.deployment.flavour == Flavour::Alpha;
    let last = if alpha { calendar.until.saturating_sub(1) } else { calendar.until };
    match facts.input.state {
        Some(ProposalState::Expired) => {
            look.fail(format!("its time to be executed ended {}", date(last)), "make it again")
        }
        // The next block is at least a second later.
        Some(ProposalState::Queued) if facts.head.timestamp >= last => look.fail(
            format!("its time to be executed is over: its last second was {}", date(last)),
            "make it again",
        ),
        Some(ProposalState::Queued) if last - facts.head.timestamp < HURRY => look.warn(
            format!("it can only be executed until {}, less than a day from now", date(last)),
            "execute it now, or it has to be made again",
        ),
        _ => {}
    }
    if facts.input.deployment.flavour == Flavour::Alpha {
        look.note(
            "in the very second of its end GovernorAlpha calls it expired while the time lock would still execute it",
        );
    }
    look.finish(format!("it can be executed from {} until {}", date(calendar.eta), date(calendar.until)))
}

/// B8: proposals that passed and wait for somebody to queue them.
pub(super) fn zombies(facts: &Facts<'_>) -> Finding {
    let mut look = Look::at("B8");
    for other in facts.input.others.iter().filter(|other| other.state == ProposalState::Succeeded) {
        let age = facts.head.number.saturating_sub(other.end_block);
        let line = format!(
            "proposal {} passed {age} blocks ago and was never queued; anyone can queue it at any time ({} actions)",
            other.id,
            other.actions.len()
        );
        if facts.input.deployment.flavour == Flavour::Alpha {
            look.warn(line, "read its actions as if they were proposed today; cancel it if nobody wants it");
        } else {
            look.note(line);
        }
    }
    look.finish("no forgotten proposal can come back")
}

/// B9: who rules the time lock.
pub(super) fn timelock(facts: &Facts<'_>, chain: &Governance) -> Finding {
    let mut look = Look::at("B9");
    let contracts = &facts.input.deployment.contracts;
    let name = |address: Address| facts.input.name(address);
    if chain.timelock != contracts.timelock {
        look.fail(
            format!(
                "the governor acts through {}, not through the treasury {}",
                name(chain.timelock),
                contracts.timelock
            ),
            "correct the deployment file",
        );
    }
    if chain.admin != contracts.governor {
        look.fail(
            format!("the time lock's admin is {}, not this governor", name(chain.admin)),
            "nothing that this governor decides will be executed; find out who rules the treasury",
        );
    }
    if !chain.pending_admin.is_zero() {
        look.fail(
            format!("{} can make itself the time lock's admin at any time", name(chain.pending_admin)),
            "find out why; who is admin has the treasury",
        );
    }
    if !TIMELOCK_DELAY.contains(&chain.delay) {
        look.fail(
            format!("the delay of {} seconds is out of its bounds", chain.delay),
            "find out how it became that",
        );
    } else if chain.delay != DEFAULT_TIMELOCK_DELAY {
        look.warn(
            format!(
                "the delay is {} seconds, not the {DEFAULT_TIMELOCK_DELAY} that were deployed",
                chain.delay
            ),
            "plan with the delay as it is",
        );
    }
    look.finish(format!("only this governor is admin; the delay is {} seconds", chain.delay))
}

/// All of B.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    match &facts.governance {
        Ok(chain) => vec![
            proposer_votes(facts, chain),
            live_proposal(facts, chain),
            cancelability(facts, chain),
            quorum(facts, chain),
            guardian(facts, chain),
            timeline(facts, chain),
            window(facts, chain),
            zombies(facts),
            timelock(facts, chain),
        ],
        Err(reason) => {
            ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9"].map(|id| unasked(id, reason)).into()
        }
    }
}

/// The first page's answer to whether it can pass.
pub(super) fn passage(facts: &Facts<'_>, findings: &[Finding]) -> Option<Passage> {
    let chain = facts.governance.as_ref().ok()?;
    let tally = chain.status.as_ref().map(|status| status.tally);
    let votes_for = tally.map(|tally| tally.for_votes).unwrap_or_default();
    let needs = needed(chain);
    let deciding = findings
        .iter()
        .filter(|found| ["B1", "B2", "B3", "B4", "B7", "B9", "C1"].contains(&found.check.as_str()));
    let worst = deciding.max_by_key(|found| found.verdict)?;
    let mut cancelers = Vec::new();
    if let Some((account, until)) = chain.guardian.filter(|_| until_now(facts, chain)) {
        let until =
            until.map_or_else(|| ", without end".to_owned(), |until| format!(" until {}", date(until)));
        cancelers
            .push(Canceler { account: facts.input.name(account), right: format!("is the guardian{until}") });
    }
    if let Some(account) = chain.whitelist_guardian.filter(|_| chain.whitelisted) {
        let right = "while the proposer has fewer votes than the threshold".into();
        cancelers.push(Canceler { account: facts.input.name(account), right });
    } else {
        let right = format!("while the proposer has less than {}", btrst(chain.threshold));
        cancelers.push(Canceler { account: "anyone".into(), right });
    }
    if let Some(account) =
        facts.input.proposer.filter(|_| facts.input.deployment.flavour == Flavour::Braintrust)
    {
        cancelers.push(Canceler { account: facts.input.name(account), right: "made it".into() });
    }
    let missing = needs.saturating_sub(votes_for);
    let summary = match worst.verdict {
        Verdict::Pass if missing.is_zero() => "it has the votes that it needs".into(),
        Verdict::Pass => format!("it needs {} more in favour, and the votes exist", btrst(missing)),
        _ => format!("{}: {}", worst.check, worst.summary),
    };
    let supporters = chain.delegates.iter().take(LISTED);
    Some(Passage {
        verdict: worst.verdict,
        summary,
        needed: btrst(needs),
        votes_for: btrst(votes_for),
        votes_against: btrst(tally.map(|tally| tally.against_votes).unwrap_or_default()),
        supporters: supporters
            .map(|(account, votes)| Supporter { account: facts.input.name(*account), votes: btrst(*votes) })
            .collect(),
        timeline: Calendar::of(facts, chain).lines(facts, chain),
        cancelers,
    })
}
