//! A5 and E1 to E5: the code that the actions call, and what can become of it.

use std::collections::BTreeSet;

use alloy::primitives::{Address, Bytes, hex, keccak256};
use btrst_bindings::Contract;

use super::{
    bytecode::{Danger, dangers, delegation, functions, minimal_proxy},
    facts::Facts,
    known::called,
    look::{Look, not_run},
    shape::numbered,
};
use crate::{
    report::{Finding, shortened},
    sources::Answer,
};

/// Advice where the state could not be had.
pub(super) const ASK_AGAIN: &str = "check again with an endpoint that has the state";

/// A5: the selector is one that the target, or what stands behind it, knows.
pub(super) fn functions_exist(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "A5");
    for (number, action) in numbered(facts.input) {
        let Some(selector) = called(action) else { continue };
        let shown = format!("0x{}", hex::encode(selector));
        let name = facts.input.name(action.target);
        let code = match facts.code(action.target) {
            Err(reason) => {
                look.missing(
                    format!("action {number}: the code of {name} is not known: {reason}"),
                    ASK_AGAIN,
                );
                continue;
            }
            Ok(code) if code.is_empty() => {
                look.fail(
                    format!("action {number}: {name} has no code, so it has no function {shown}"),
                    "do not vote for a call that does nothing",
                );
                continue;
            }
            Ok(code) => code,
        };
        let behind = facts.implementations.get(&action.target).copied();
        let codes = [Some(code), behind.and_then(|behind| facts.code(behind).ok())];
        let known: Vec<_> = codes.into_iter().flatten().map(|code| functions(code)).collect();
        if known.iter().flatten().any(|functions| functions.contains(&selector)) {
            look.note(format!("action {number}: {name} has a function {shown}"));
        } else if known.iter().any(Option::is_none) || known.iter().flatten().all(BTreeSet::is_empty) {
            look.warn(
                format!("action {number}: the functions of {name} cannot be told from its code"),
                "ask for the verified source of the target",
            );
        } else if dangers(code).iter().any(|(danger, _)| *danger == Danger::DelegateCall) && behind.is_none()
        {
            look.warn(
                format!("action {number}: {name} has no function {shown}, but runs code from elsewhere"),
                "find out which code that is, and whether it can change",
            );
        } else {
            look.fail(
                format!("action {number}: {name} has no function {shown}, as `{}`", action.signature),
                "correct the signature or the target; the call would revert or end in a fallback",
            );
        }
    }
    look.finish("every target has the function that is called")
}

/// The accounts whose code matters: targets, what stands behind them, and the contracts among the addresses that the
/// call data names.
fn examined(facts: &Facts<'_>) -> BTreeSet<Address> {
    facts.codes.keys().copied().collect()
}

/// E1: whether somebody can read what the code was compiled of.
pub(super) fn sources(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "E1");
    let mut known = 0;
    let called = facts.called();
    for contract in &called {
        let name = facts.input.name(*contract);
        match facts.code(*contract) {
            Err(reason) => look.missing(format!("the code of {name} is not known: {reason}"), ASK_AGAIN),
            Ok(code) => known += usize::from(source_of(facts, *contract, code, &name, &mut look)),
        }
    }
    look.finish(format!("the sources of {known} of {} contracts are known", called.len()))
}

/// Says what is known about the source of the code `code` of `contract`; whether there is one.
fn source_of(facts: &Facts<'_>, contract: Address, code: &Bytes, name: &str, look: &mut Look) -> bool {
    if let Some(same) = suite(code) {
        look.note(format!("{name} is {same}, byte for byte what this repository compiles"));
        return true;
    }
    let hash = keccak256(code);
    let claims = facts.input.sources.iter().filter(|claim| claim.contract == contract && claim.code == hash);
    let claims: Vec<_> = claims.collect();
    let mut known = false;
    for claim in &claims {
        let by = shortened(&claim.by, 160);
        match &claim.answer {
            Answer::Compiled { name: source, metadata, open } => {
                known = true;
                let exactly = if *metadata { "with its metadata" } else { "but for its metadata" };
                let open = match open.len() {
                    0 => String::new(),
                    count => format!("; deployment filled in {count} words: {}", open.join(", ")),
                };
                look.note(format!("{name} is {source}, compiled by {by}, the same {exactly}{open}"));
            }
            Answer::Said { name: source } => {
                known = true;
                look.note(format!("{name} is {source}, as {by} says; its bytes were not compared"));
            }
            Answer::Contradicted { reason } => look.fail(
                format!("{by} is wrong about {name}: {reason}"),
                "do not believe the sources that are shown for this contract",
            ),
            Answer::None | Answer::Failed { .. } => {}
        }
    }
    let silent = !known && !claims.iter().any(|claim| matches!(claim.answer, Answer::Contradicted { .. }));
    for claim in claims {
        let by = shortened(&claim.by, 160);
        match &claim.answer {
            Answer::None if silent => look.warn(
                format!("{by} has no sources of {name}"),
                "ask the authors to publish the sources; nobody can judge bytes",
            ),
            Answer::Failed { reason } if silent => look.missing(
                format!("{by} was asked for the sources of {name}: {reason}"),
                "ask again later, or another service",
            ),
            Answer::Failed { reason } => look.note(format!("{by} was asked too: {reason}")),
            _ => {}
        }
    }
    if silent && !facts.input.sources.iter().any(|claim| claim.contract == contract && claim.code == hash) {
        look.missing(
            format!("{name} is no code of this repository, and nobody was asked for its source"),
            "name its artifacts with --artifacts, or a service with --sourcify-url or --etherscan-api-key",
        );
    }
    known
}

/// The contract of the suite that `code` is, whatever its immutables.
pub(super) fn suite(code: &[u8]) -> Option<Contract> {
    Contract::ALL.into_iter().find(|contract| {
        let artifact = contract.artifact();
        artifact.without_immutables(code).is_some_and(|code| code == artifact.runtime_code)
    })
}

/// E2: EIP-7702 delegations.
pub(super) fn delegations(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "E2");
    for address in examined(facts) {
        let name = facts.input.name(address);
        match facts.code(address) {
            Err(reason) => look.missing(format!("the code of {name} is not known: {reason}"), ASK_AGAIN),
            Ok(code) => {
                let Some(delegate) = delegation(code) else { continue };
                let is_target =
                    facts.input.proposal.actions.iter().any(|a| a.target == address && called(a).is_some());
                let line = format!(
                    "{name} is an account whose calls run the code of {delegate}, until its owner changes that"
                );
                if is_target {
                    look.fail(line, "do not call a delegated account; call a contract");
                } else {
                    look.warn(
                        line,
                        "ask the recipient; a plain account or a contract cannot be changed by one signature",
                    );
                }
            }
        }
    }
    look.finish(format!("none of {} accounts has a delegation", facts.codes.len()))
}

/// E3: code that can become other code.
pub(super) fn dangers_of(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "E3");
    for address in examined(facts) {
        let name = facts.input.name(address);
        let code = match facts.code(address) {
            Ok(code) => code,
            Err(reason) => {
                look.missing(format!("the code of {name} is not known: {reason}"), ASK_AGAIN);
                continue;
            }
        };
        let behind = facts.implementations.get(&address).copied().or_else(|| minimal_proxy(code));
        for (danger, reached) in dangers(code) {
            let sure = if reached { "" } else { ", perhaps never reached" };
            match danger {
                Danger::SelfDestruct => look.warn(
                    format!("{name} can destroy itself{sure}; its code goes only if it was created in the same transaction"),
                    "check that nobody can put other code at the same address; pin its code hash in the effects",
                ),
                Danger::DelegateCall if minimal_proxy(code).is_some() => {
                    look.note(format!("{name} is a minimal proxy; its code cannot be replaced"));
                }
                Danger::DelegateCall => match behind {
                    Some(behind) => look.warn(
                        format!("{name} is a proxy for {}, which its admin can replace", facts.input.name(behind)),
                        "find out who the admin is; pin the code hashes in the effects",
                    ),
                    None => look.warn(
                        format!("{name} runs code from elsewhere (`DELEGATECALL`){sure}"),
                        "find out which code that is, and who can change it",
                    ),
                },
                Danger::Create2 | Danger::Create => look.note(format!("{name} creates contracts{sure}")),
            }
        }
    }
    look.finish("no code destroys itself or runs code from elsewhere")
}

/// E4: targets without code, to which somebody may deploy later.
pub(super) fn exist(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "E4");
    for (number, action) in numbered(facts.input) {
        let name = facts.input.name(action.target);
        match facts.code(action.target) {
            Err(reason) => look.missing(format!("action {number}: the code of {name} is not known: {reason}"), ASK_AGAIN),
            Ok(code) if code.is_empty() && called(action).is_some() => look.fail(
                format!("action {number} calls {name}, which has no code: whoever deploys there decides what it does"),
                "deploy and verify the contract before the proposal is made",
            ),
            Ok(_) => {}
        }
    }
    look.finish("every contract that is called exists")
}

/// E5: code that is not the one that the manifest pins.
pub(super) fn pinned(facts: &Facts<'_>) -> Finding {
    let pins = facts.input.manifest.map(|manifest| manifest.code.as_slice()).unwrap_or_default();
    if pins.is_empty() {
        return not_run("E5", "no code hashes are declared", "declare `[[code]]` in the effects manifest");
    }
    let mut look = Look::of(facts, "E5");
    for pin in pins {
        let name = facts.input.name(pin.contract);
        match facts.code(pin.contract) {
            Err(reason) => look.missing(format!("the code of {name} is not known: {reason}"), ASK_AGAIN),
            Ok(code) => {
                let hash = keccak256(code);
                if hash == pin.hash {
                    look.note(format!("{name} has the code {hash}"));
                } else {
                    look.fail(
                        format!("{name} has the code {hash}, but {} was declared", pin.hash),
                        "do not vote for code that changed since the proposal was written",
                    );
                }
            }
        }
    }
    look.finish(format!("{} contracts have the code that was declared", pins.len()))
}
