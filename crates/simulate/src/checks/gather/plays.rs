//! Plays the lifecycle at every moment and in every company, and one short way to the same effects.

use alloy::primitives::{Address, U256, address};
use btrst_gov::{Governor, governor::Flavour};

use super::super::{
    Agreement, Input,
    facts::{Executed, Facts, Played, STORAGE_OVERRIDE},
};
use crate::{
    Machine,
    engines::{Effects, compare, shortcut},
    lifecycle::{Act, Company, End, Moment, Play, Scenario, Subject, play},
};

/// Who executes when nobody was named: nobody has the key of this account, so it has no privileges.
pub(super) const NOBODY: Address = address!("00000000000000000000000000000000B7257B01");

/// Plays everything, the plain play at its eta first; the chain after that one, if the proposal was executed in it.
pub(super) fn play_all(before: &Machine, facts: &mut Facts<'_>) -> Option<Machine> {
    let input = facts.input;
    let Some(scenario) = scenario(before, input) else {
        facts.plays.push(Played {
            name: "at its eta".into(),
            steps: Vec::new(),
            failure: Some("nobody was named who makes the proposal".into()),
            execution: None,
        });
        return None;
    };
    let others: Vec<u64> =
        input.others.iter().map(|other| other.id).filter(|id| Some(*id) != input.id).collect();
    let mut variants = vec![
        ("at its eta".to_owned(), Moment::Eta, Company::Alone),
        ("in the middle of its window".to_owned(), Moment::Middle, Company::Alone),
        ("in the last second of its window".to_owned(), Moment::LastSecond, Company::Alone),
    ];
    if !others.is_empty() {
        let count = others.len();
        variants.push((
            format!("after {count} other proposals"),
            Moment::Eta,
            Company::After(others.clone()),
        ));
        variants.push((format!("before {count} other proposals"), Moment::Eta, Company::Before(others)));
    }
    let mut after = None;
    for (index, (name, moment, company)) in variants.into_iter().enumerate() {
        let scenario = Scenario { moment, company, ..scenario.clone() };
        let (played, machine) = match play(before.clone(), &scenario) {
            Ok(play) => {
                if index == 0 {
                    facts.agreements.insert(0, short_way(before, &scenario, &play));
                }
                played(name, input, play)
            }
            Err(error) => {
                let failure = Some(error.to_string());
                (Played { name, steps: Vec::new(), failure, execution: None }, None)
            }
        };
        if index == 0 {
            after = machine;
        }
        facts.plays.push(played);
    }
    after
}

/// The play of `input`, at its eta and alone; `None` when nobody was named who makes the proposal.
pub(super) fn scenario(before: &Machine, input: &Input<'_>) -> Option<Scenario> {
    let subject = match input.id {
        Some(id) => Subject::OnChain(id),
        None => Subject::Draft { proposal: input.proposal.clone(), proposer: input.proposer? },
    };
    let contracts = &input.deployment.contracts;
    let voters = input.delegates.iter().copied().chain(input.proposer).collect();
    Some(Scenario {
        governor: Governor::new(contracts.governor, input.deployment.flavour),
        token: contracts.btrst,
        subject,
        voters,
        executor: executor(before, input),
        moment: Moment::Eta,
        company: Company::Alone,
    })
}

/// Who executes: an account without privileges. GovernorAlpha wants the ether of the actions from it, so it is then the
/// first of the known accounts that has as much.
fn executor(before: &Machine, input: &Input<'_>) -> Address {
    let value = input.proposal.value().unwrap_or(U256::MAX);
    if input.deployment.flavour != Flavour::Alpha || value.is_zero() {
        return NOBODY;
    }
    let mut machine = before.clone();
    let accounts = input.deployment.accounts.iter().map(|account| account.address);
    let mut known = input.proposer.into_iter().chain(input.delegates.iter().copied()).chain(accounts);
    known.find(|account| machine.balance(*account).is_ok_and(|balance| balance >= value)).unwrap_or(NOBODY)
}

/// Lets the time lock make the calls at once, and compares.
fn short_way(before: &Machine, scenario: &Scenario, play: &Play) -> Agreement {
    let agreement = |differences: Vec<String>, missing: Option<String>| Agreement {
        engine: STORAGE_OVERRIDE.into(),
        differences,
        missing,
    };
    let governor = scenario.governor;
    let effects = play.execution().zip(Effects::of_play(play, governor.address));
    let Some((execution, effects)) = effects else {
        return agreement(Vec::new(), Some("there is no execution to compare with".into()));
    };
    let values = play.actions.iter().try_fold(U256::ZERO, |sum, action| sum.checked_add(action.value));
    let attached = if governor.flavour == Flavour::Alpha { values.unwrap_or_default() } else { U256::ZERO };
    match shortcut(before.clone(), play.timelock, &play.actions, attached, execution.head) {
        Ok(other) => agreement(compare(&effects, &other).iter().map(ToString::to_string).collect(), None),
        Err(error) => agreement(Vec::new(), Some(error.to_string())),
    }
}

fn played(name: String, input: &Input<'_>, play: Play) -> (Played, Option<Machine>) {
    let own = |act: Act| match act {
        Act::Propose => "propose",
        Act::Vote => "vote",
        Act::Queue => "queue",
        Act::Execute => "execute",
    };
    let steps = play.steps.iter().filter(|step| step.id == play.id && step.act != Act::Execute);
    let steps = steps
        .map(|step| (format!("{} by {}", own(step.act), input.name(step.from)), step.trace.gas_used))
        .collect();
    let failure = match &play.end {
        End::Executed => None,
        End::Stopped(act, obstacle) => Some(format!("it comes to {} and stops there: {obstacle}", own(*act))),
    };
    let governor = input.deployment.contracts.governor;
    let execution = play.execution().map(|step| Executed::read(step.trace.clone(), governor, play.timelock));
    let machine = play.is_executed().then_some(play.machine);
    (Played { name, steps, failure, execution }, machine)
}
