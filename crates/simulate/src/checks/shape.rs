//! A1 to A4, A6 and A8: what the governor and the target see of the proposal before any code runs.

use std::collections::HashMap;

use alloy::primitives::{Address, U256, hex};
use btrst_gov::{
    Action, Error, Governor,
    amount::Amount,
    governor::{Flavour, ProposalState},
    proposal::MAX_ACTIONS,
};

use super::{
    Input,
    known::{called, signature_of, typed},
    look::Look,
};
use crate::report::{Finding, shortened};

/// Most gas of a transaction (EIP-7825).
pub(super) const TRANSACTION_GAS: u64 = 16_777_216;

/// Most bytes of a transaction that nodes relay.
const RELAYED_BYTES: usize = 131_072;

/// Most bytes of the record in which BraintrustGovernor keeps the actions: those of a contract's code (EIP-170),
/// without the stop byte.
const RECORD_BYTES: usize = 24_575;

/// A1: lengths of the arrays and number of actions.
pub(super) fn lengths(input: &Input<'_>) -> Finding {
    let mut look = Look::at("A1");
    if let Some(lengths) = input.lengths.filter(|all| all.iter().any(|length| *length != all[0])) {
        look.fail(
            format!("the arrays of targets, values, signatures and call data have lengths {lengths:?}"),
            "make the proposal again with one entry of each for every action",
        );
    }
    let count = input.proposal.actions.len();
    if !(1..=MAX_ACTIONS).contains(&count) {
        look.fail(
            format!("{count} actions, expected 1 to {MAX_ACTIONS}"),
            "split the proposal, or give it an action",
        );
    }
    look.finish(format!("{count} of at most {MAX_ACTIONS} actions, all of them whole"))
}

/// A2: signatures hash to the selector that their author meant.
pub(super) fn signatures(input: &Input<'_>) -> Finding {
    let mut look = Look::at("A2");
    let mut signed = 0;
    for (number, action) in numbered(input) {
        if action.signature.is_empty() {
            continue;
        }
        signed += 1;
        let selector = called(action).map(hex::encode).unwrap_or_default();
        match action.arguments() {
            Err(Error::NotCanonical { given, canonical }) => look.fail(
                format!("action {number}: `{given}` calls 0x{selector}; the function that it means is `{canonical}`"),
                "write types in full (`uint256`), without spaces and names",
            ),
            Err(Error::InvalidSignature(given)) => look.fail(
                format!("action {number}: `{}` is no function signature; it calls 0x{selector}", shortened(&given, 120)),
                "write the name and the types of the function, such as `transfer(address,uint256)`",
            ),
            _ => match signature_of(called(action).unwrap_or_default().as_slice()) {
                Some(known) if known != action.signature => look.fail(
                    format!("action {number}: `{}` calls 0x{selector}, which is `{known}`", action.signature),
                    "do not vote for a name that was searched for to hide what is called",
                ),
                _ => look.note(format!("action {number}: `{}` calls 0x{selector}", action.signature)),
            },
        }
    }
    look.finish(match signed {
        0 => "no action has a signature; their call data starts with the selector".to_owned(),
        _ => format!("{signed} canonical signatures"),
    })
}

/// A3: a selector that is there twice, or that only a part is there of.
pub(super) fn selectors(input: &Input<'_>) -> Finding {
    let mut look = Look::at("A3");
    for (number, action) in numbered(input) {
        let data = &action.calldata;
        let Some(selector) = called(action) else {
            if !data.is_empty() {
                look.fail(
                    format!(
                        "action {number}: {} bytes of call data are too short for a selector",
                        data.len()
                    ),
                    "remove the call data, or give the action its function",
                );
            }
            continue;
        };
        let arguments = if action.signature.is_empty() { data.get(4..).unwrap_or_default() } else { data };
        if arguments.starts_with(selector.as_slice()) {
            look.fail(
                format!("action {number}: selector 0x{} stands twice", hex::encode(selector)),
                "leave the selector out of the call data where there is a signature",
            );
        } else if !arguments.len().is_multiple_of(32) {
            look.fail(
                format!("action {number}: {} bytes of arguments are no whole words of 32", arguments.len()),
                "encode the arguments by the ABI, without the selector",
            );
        }
    }
    look.finish("every selector stands once, followed by whole words")
}

/// A4: call data that says one thing only.
pub(super) fn arguments(input: &Input<'_>) -> Finding {
    let mut look = Look::at("A4");
    for (number, action) in numbered(input) {
        let action = typed(action);
        match action.arguments() {
            Err(problem) => look.fail(
                format!("action {number}: {}", shortened(&problem.to_string(), 200)),
                "encode the arguments again from their values",
            ),
            Ok(_) if action.signature.is_empty() && !action.calldata.is_empty() => look.warn(
                format!("action {number}: the call data has no signature that it could be read by"),
                "ask the authors which function this is, and propose it with its signature",
            ),
            Ok(values) => look.note(format!(
                "action {number}: {} arguments: {}",
                values.len(),
                action.describe(input.deployment)
            )),
        }
    }
    look.finish("all call data is exactly the encoding of its arguments")
}

/// A6: actions that the time lock cannot tell apart.
pub(super) fn duplicates(input: &Input<'_>) -> Finding {
    let mut look = Look::at("A6");
    let mut seen: HashMap<&Action, usize> = HashMap::new();
    for (number, action) in numbered(input) {
        match seen.get(action) {
            Some(first) => look.fail(
                format!("action {number} is the same as action {first}; the proposal could pass, but never be queued"),
                "make one action of both, or split the proposal",
            ),
            None => {
                seen.insert(action, number);
            }
        }
    }
    // Two raw forms of one call differ in their hash, so they can be queued, but do the same twice.
    let forms: Vec<Action> = input.proposal.actions.iter().map(typed).collect();
    for (later, form) in forms.iter().enumerate() {
        let earlier = forms.iter().take(later).position(|other| other == form);
        if let Some(earlier) =
            earlier.filter(|at| input.proposal.actions.get(*at) != input.proposal.actions.get(later))
        {
            look.warn(
                format!("action {} does the same as action {}, in another form", later + 1, earlier + 1),
                "make sure that it is meant to happen twice",
            );
        }
    }
    if input.deployment.flavour == Flavour::Alpha {
        let queueable = |state| {
            matches!(state, ProposalState::Active | ProposalState::Pending | ProposalState::Succeeded)
        };
        for other in input.others.iter().filter(|other| queueable(other.state) && Some(other.id) != input.id)
        {
            let shared = input.proposal.actions.iter().position(|action| other.actions.contains(action));
            if let Some(at) = shared {
                look.warn(
                    format!(
                        "action {} is also in proposal {}: queued in the same block, the second one reverts",
                        at + 1,
                        other.id
                    ),
                    "queue the two proposals in different blocks",
                );
            }
        }
    }
    look.finish("every action is another one")
}

/// A8: the transaction that makes the proposal.
pub(super) fn size(input: &Input<'_>) -> Finding {
    let mut look = Look::at("A8");
    let governor = Governor::new(input.deployment.contracts.governor, input.deployment.flavour);
    let Ok(call) = governor.propose(input.proposal) else {
        look.missing(
            "the form of the proposal is one that cannot be encoded, see A1 and A6",
            "repair that first",
        );
        return look.finish("");
    };
    let bytes = call.data.len();
    let zeros = call.data.iter().filter(|byte| **byte == 0).count();
    // The floor price of call data (EIP-7623): 10 gas a zero byte and 40 any other one.
    let floor = 21_000 + (zeros as u64).saturating_mul(10) + ((bytes - zeros) as u64).saturating_mul(40);
    look.note(format!(
        "call of `propose`: {} bytes, at least {} gas",
        Amount::count(bytes as u64),
        Amount::count(floor)
    ));
    if floor > TRANSACTION_GAS {
        look.fail(
            format!(
                "the transaction needs {} gas for its bytes alone, more than {}",
                Amount::count(floor),
                Amount::count(TRANSACTION_GAS)
            ),
            "put the text elsewhere and its hash into the description",
        );
    }
    if bytes > RELAYED_BYTES {
        look.fail(
            format!(
                "the transaction has {} bytes, more than the {} that nodes relay",
                Amount::count(bytes as u64),
                Amount::count(RELAYED_BYTES as u64)
            ),
            "put the text elsewhere and its hash into the description",
        );
    }
    let record = record_bytes(&input.proposal.actions);
    if input.deployment.flavour == Flavour::Braintrust && record > RECORD_BYTES {
        look.fail(
            format!(
                "the governor's record takes {} bytes, more than the {} of a contract's code",
                Amount::count(record as u64),
                Amount::count(RECORD_BYTES as u64)
            ),
            "split the proposal",
        );
    }
    // GovernorAlpha writes every action to storage, 22,100 gas a word.
    let words =
        |action: &Action| 4 + action.signature.len().div_ceil(32) + action.calldata.len().div_ceil(32);
    let stored = input.proposal.actions.iter().map(words).sum::<usize>() as u64 * 22_100;
    if input.deployment.flavour == Flavour::Alpha && stored.saturating_add(floor) > TRANSACTION_GAS {
        look.fail(
            format!(
                "storing the actions takes about {} gas; a transaction may use {}",
                Amount::count(stored),
                Amount::count(TRANSACTION_GAS)
            ),
            "split the proposal",
        );
    }
    look.finish(format!(
        "{} bytes and at least {} gas to propose, within the limits",
        Amount::count(bytes as u64),
        Amount::count(floor)
    ))
}

/// Bytes of the record in which BraintrustGovernor keeps `actions` and their terms: what an action shares with the one
/// before it is left out.
fn record_bytes(actions: &[Action]) -> usize {
    let first = Action::payment(Address::ZERO, U256::ZERO);
    let before = std::iter::once(&first).chain(actions);
    let sizes = before.zip(actions).map(|(before, action)| {
        let target = if action.target == before.target { 0 } else { 20 };
        let value = if action.value.is_zero() { 0 } else { 32 };
        let signature = if action.signature == before.signature { 0 } else { 2 + action.signature.len() };
        1 + target + value + signature + 2 + action.calldata.len()
    });
    43 + sizes.sum::<usize>()
}

/// Actions with their numbers, from 1.
pub(super) fn numbered<'a>(input: &Input<'a>) -> impl Iterator<Item = (usize, &'a Action)> + use<'a> {
    (1..).zip(&input.proposal.actions)
}
