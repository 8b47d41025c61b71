//! Gathers the facts: asks the state, plays the lifecycle, asks again.

mod aftermath;
mod governance;
mod markets;
mod plays;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolValue,
};

use btrst_gov::amount::Amount;

use super::{
    Agreement, Input,
    bytecode::{BEACON, IMPLEMENTATIONS, address_in, delegates, delegation, minimal_proxy},
    effects::Asset,
    examine,
    facts::{Facts, addresses_of},
    known::selector,
};
use crate::{
    Error, Machine, Manifest, Report, Result,
    engines::shortcut,
    lifecycle::play,
    rehearse,
    report::{Engine, Header},
    state::{Pinned, StateSource, Wanted},
    trace::Outcome,
};

/// Gas for a question that any contract is asked: many times what an honest answer takes. A contract that burns all that
/// it gets cannot hold up the check, which asks it hundreds of them.
const QUESTION_GAS: u64 = 1_000_000;

/// Most accounts whose code is read before the plays.
const MAX_CODES: usize = 256;

/// What a check gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The report.
    pub report: Report,
    /// The manifest of what the proposal did in the play, for its author to read and publish; `None` when it was not
    /// executed.
    pub effects: Option<Manifest>,
}

/// Checks `input` on `state`, and says in the report what could not be looked at.
///
/// What it reads of an endpoint is read ahead, in batches; [`prefetch`] before makes them fewer. `others` are the answers
/// of engines that need more than the state, such as the node's own simulation. A `state` that
/// fails in the middle never makes this fail: whatever needs what is missing is [`NotRun`](crate::Verdict::NotRun).
///
/// ```no_run
/// # fn state() -> std::sync::Arc<dyn btrst_simulate::StateSource> { unimplemented!() }
/// # fn check(deployment: &btrst_gov::Deployment, proposal: &btrst_gov::Proposal) {
/// use btrst_simulate::{Input, checks};
///
/// let mut input = Input::new(deployment, proposal);
/// input.proposer = deployment.resolve("amara").ok();
/// let checked = checks::run(&input, state(), &[]);
/// assert!(checked.report.is_acceptable(false));
/// # }
/// ```
#[must_use]
pub fn run(input: &Input<'_>, state: Arc<dyn StateSource>, others: &[Agreement]) -> Checked {
    let pinned = state.pinned().clone();
    // Only makes what follows faster; what cannot be read shows where it is needed.
    let _ = rehearse(&state, Wanted::new(), |machine| drop(gather(input, &pinned, machine, &[])));
    run_in(input, &pinned, Machine::new(state), others)
}

/// The contracts that the actions of `input` call, and what stands behind those that are proxies, with their code: what
/// sources should be known of.
///
/// Those that cannot be read are left out, and the check says so.
#[must_use]
pub fn contracts(input: &Input<'_>, state: Arc<dyn StateSource>) -> Vec<(Address, Bytes)> {
    let codes = |mut machine: Machine| {
        let mut facts = Facts::bare(input, machine.head());
        codes(&mut machine, &mut facts);
        facts
    };
    // Only makes what follows faster.
    let _ = rehearse(&state, Wanted::new(), |machine| drop(codes(machine)));
    let facts = codes(Machine::new(state));
    let called = facts.called();
    called.into_iter().filter_map(|address| Some((address, facts.code(address).ok()?.clone()))).collect()
}

/// Reads ahead what a check of `input` on `state` begins with, and what `also` does; see [`rehearse`]. That is the long way
/// from one thing to the next, with as much as can be at once; the rest [`run`] reads ahead itself. An input that lacks
/// what only the chain knows, such as the actions of a proposal that is there already, will do.
///
/// # Errors
/// [`Error::State`](crate::Error::State).
pub fn prefetch(
    input: &Input<'_>,
    state: &Arc<dyn StateSource>,
    mut also: impl FnMut(Machine),
) -> Result<()> {
    rehearse(state, named(input, state.pinned()), |machine| {
        also(machine.clone());
        walk(input, &machine);
    })
}

/// Accounts that are read in any case.
fn named(input: &Input<'_>, pinned: &Pinned) -> Wanted {
    let contracts = &input.deployment.contracts;
    let tokens = [contracts.usdc, contracts.weth].into_iter().flatten();
    let accounts = [contracts.governor, contracts.timelock, contracts.btrst].into_iter().chain(tokens);
    let accounts = accounts.chain(addresses_of(input).into_keys().take(MAX_CODES));
    let accounts = accounts.chain(input.delegates.iter().copied()).chain(input.proposer);
    // Views are asked by nobody, and blocks are somebody's.
    let accounts = accounts.chain([Address::ZERO, plays::NOBODY, pinned.header.beneficiary]);
    accounts.map(|account| (account, Default::default())).collect()
}

/// Goes once through what a check reads, every part by itself: none waits until another's state is known.
fn walk(input: &Input<'_>, machine: &Machine) {
    let mut facts = Facts::bare(input, machine.head());
    let _ = governance::read(&mut machine.clone(), input);
    codes(&mut machine.clone(), &mut facts);
    let Some(scenario) = plays::scenario(machine, input) else { return };
    let played = play(machine.clone(), &scenario);
    let actions = played.as_ref().map_or(&input.proposal.actions, |play| &play.actions);
    let timelock = input.deployment.contracts.timelock;
    let _ = shortcut(machine.clone(), timelock, actions, U256::ZERO, machine.head());
}

/// The same from a machine that may already be somewhere behind its pinned block.
pub(crate) fn run_in(input: &Input<'_>, pinned: &Pinned, before: Machine, others: &[Agreement]) -> Checked {
    let mut header = header(input, pinned, &before, others);
    let facts = gather(input, pinned, before, others);
    let ran = facts.agreements.iter().filter(|agreement| agreement.missing.is_none());
    let version = || env!("CARGO_PKG_VERSION").to_owned();
    header.engines.extend(ran.map(|other| Engine { name: other.engine.clone(), version: version() }));
    Checked { report: examine(&facts, header), effects: Manifest::from_facts(&facts) }
}

/// Everything that the checks look at.
fn gather<'a>(input: &'a Input<'a>, pinned: &Pinned, mut before: Machine, others: &[Agreement]) -> Facts<'a> {
    let mut facts = Facts::bare(input, before.head());
    facts.agreements = others.to_vec();
    facts.governance = governance::read(&mut before, input).map_err(|error| error.to_string());
    codes(&mut before, &mut facts);
    if let Err(error) = pinned.verify() {
        facts.doubts.push(error.to_string());
    }
    if pinned.chain_id != input.deployment.chain_id {
        let (read, named) = (pinned.chain_id, input.deployment.chain_id);
        facts.doubts.push(format!("the state is of chain {read}, and the deployment file of chain {named}"));
    }
    facts.treasury_ether = before.balance(input.deployment.contracts.timelock).ok();
    let after = plays::play_all(&before, &mut facts);
    facts.execution_head = after.as_ref().map(Machine::head);
    incomplete(&mut facts);
    markets::read(&before, &mut facts);
    if let Err(error) = markets::rivals(&before, &mut facts) {
        facts.miss("C4", format!("whether somebody can make a call before was not found out: {error}"));
    }
    reached(&mut before, &mut facts);
    symbols(&mut before, &mut facts);
    facts.variables = variables(&facts);
    aftermath::read(before, after, &mut facts);
    facts
}

/// Notes what cannot be told of an execution whose trace is too long to be kept whole.
fn incomplete(facts: &mut Facts<'_>) {
    let Some(trace) = facts.executed().map(|executed| &executed.trace) else { return };
    let (frames, preimages) = (trace.omitted_frames, trace.omitted_preimages);
    if frames > 0 {
        for check in ["C7", "C8", "C9", "C11", "C12", "D2", "D3", "D5", "D8"] {
            facts.miss(check, format!("the execution makes {frames} calls more than are kept"));
        }
    }
    if preimages > 0 {
        for check in ["D1", "D2", "D5"] {
            facts.miss(check, format!("the execution computes {preimages} hashes more than are kept"));
        }
    }
}

fn header(input: &Input<'_>, pinned: &Pinned, machine: &Machine, others: &[Agreement]) -> Header {
    let version = format!("{}, rules {}", env!("CARGO_PKG_VERSION"), machine.rules());
    Header {
        deployment: input.deployment.name.clone(),
        flavour: input.deployment.flavour.to_string(),
        chain_id: pinned.chain_id,
        block: pinned.header.number,
        block_hash: pinned.hash.to_string(),
        timestamp: pinned.header.timestamp,
        source: input.source.clone(),
        trips: None,
        engines: vec![Engine { name: "btrst-simulate, in process (revm)".into(), version }],
        overrides: Vec::new(),
        input_digest: input.digest(pinned.hash, others).to_string(),
    }
}

/// Reads the code of everything that the proposal names, and of what stands behind proxies.
fn codes(machine: &mut Machine, facts: &mut Facts<'_>) {
    let mut open: Vec<Address> = facts.input.proposal.actions.iter().map(|action| action.target).collect();
    open.extend(addresses_of(facts.input).into_keys());
    codes_of(machine, facts, open);
}

/// Reads the code of everything that the actions reached in the first play, and of those whom they paid.
fn reached(machine: &mut Machine, facts: &mut Facts<'_>) {
    let Some(executed) = facts.executed() else { return };
    let frames = executed.trace.frames.iter().enumerate();
    let called = frames.filter(|(index, frame)| executed.frames.action(*index).is_some() && frame.has_code);
    let mut open: BTreeSet<Address> = called.map(|(_, frame)| frame.to).collect();
    open.extend(executed.effects.transfers.iter().filter(|t| t.action.is_some()).map(|transfer| transfer.to));
    codes_of(machine, facts, open.into_iter().collect());
}

/// Reads what the tokens that move, and those that are called, call themselves.
fn symbols(machine: &mut Machine, facts: &mut Facts<'_>) {
    let contracts = &facts.input.deployment.contracts;
    let mut tokens: BTreeSet<Address> =
        facts.input.proposal.actions.iter().map(|action| action.target).collect();
    let moved = facts.executed().map(|executed| executed.effects.transfers.as_slice()).unwrap_or_default();
    tokens.extend(moved.iter().filter_map(|transfer| match transfer.asset {
        Asset::Token(token) => Some(token),
        _ => None,
    }));
    tokens.extend([Some(contracts.btrst), contracts.usdc, contracts.weth].into_iter().flatten());
    for token in tokens.into_iter().take(MAX_CODES) {
        for question in ["symbol()", "name()"] {
            match ask(machine, token, &selector(question).to_vec().into()) {
                Ok(answer) => {
                    let text = answer.and_then(|answer| text_of(&answer));
                    facts.symbols.entry(token).or_default().extend(text);
                }
                Err(error) => {
                    facts.miss(
                        "E6",
                        format!("{} could not be asked for its name: {error}", facts.input.name(token)),
                    );
                }
            }
        }
    }
}

/// Most contracts whose variables are recovered from their code.
const MAX_RECOVERED: usize = 16;

/// Recovers the variables of the contracts that the actions write to; those of a proxy from the code that it runs.
fn variables(facts: &Facts<'_>) -> BTreeMap<Address, BTreeMap<U256, String>> {
    let Some(executed) = facts.executed() else { return BTreeMap::new() };
    let writes = executed.effects.writes.iter().filter(|write| write.is_of_action());
    let contracts: BTreeSet<Address> = writes.map(|write| write.contract).collect();
    let known = contracts.into_iter().take(MAX_RECOVERED).filter_map(|contract| {
        let behind = facts.implementations.get(&contract).copied().unwrap_or(contract);
        Some((contract, super::bytecode::variables(facts.code(behind).ok()?)))
    });
    known.collect()
}

/// A text as the ABI has it, or as old tokens have it in one word.
fn text_of(answer: &[u8]) -> Option<String> {
    if answer.len() == 32 {
        let text = std::str::from_utf8(answer).ok()?.trim_end_matches('\0');
        return (!text.is_empty()).then(|| text.to_owned());
    }
    String::abi_decode(answer).ok().filter(|text| !text.is_empty() && text.len() <= 256)
}

/// Reads the code of `open`, and of what stands behind proxies among them.
fn codes_of(machine: &mut Machine, facts: &mut Facts<'_>, mut open: Vec<Address>) {
    while let Some(address) = open.pop() {
        if facts.codes.contains_key(&address) {
            continue;
        }
        if facts.codes.len() >= MAX_CODES {
            for check in ["E2", "E3"] {
                facts.miss(check, format!("only the first {MAX_CODES} accounts were looked at"));
            }
            return;
        }
        let read =
            machine.code(address).and_then(|code| Ok((implementation(machine, address, &code)?, code)));
        if let Ok((Some(behind), _)) = &read {
            facts.implementations.insert(address, *behind);
            open.push(*behind);
        }
        // What stands behind a proxy that cannot be read is not known, and so neither is what its code does.
        facts.codes.insert(address, read.map(|(_, code)| code).map_err(|error| error.to_string()));
    }
}

/// The account whose code a proxy runs.
fn implementation(machine: &mut Machine, address: Address, code: &Bytes) -> Result<Option<Address>> {
    if code.is_empty() {
        return Ok(None);
    }
    if let Some(fixed) = minimal_proxy(code).or_else(|| delegation(code)) {
        return Ok(Some(fixed));
    }
    if !delegates(code) {
        return Ok(None);
    }
    for slot in IMPLEMENTATIONS {
        if let Some(stored) = address_in(machine.slot(address, slot)?) {
            return Ok(Some(stored));
        }
    }
    let Some(beacon) = address_in(machine.slot(address, BEACON)?) else { return Ok(None) };
    let answer = ask_number(machine, beacon, &selector("implementation()").to_vec().into())?;
    Ok(answer.and_then(address_in))
}

/// What `machine` answers to `data`; `None` where the contract refuses.
///
/// # Errors
/// When the state could not be had, or the gas did not do for an answer: what it would say is not known then.
fn ask(machine: &mut Machine, to: Address, data: &Bytes) -> Result<Option<Bytes>> {
    match machine.call_within(QUESTION_GAS, Address::ZERO, to, data.clone())? {
        Outcome::Success(answer) => Ok(Some(answer)),
        Outcome::Halt(reason) if reason.to_lowercase().contains("gas") => {
            let needs = format!("it takes more than {} gas", Amount::count(QUESTION_GAS));
            Err(Error::state(format!("an answer of `{to}`"), needs))
        }
        Outcome::Revert(_) | Outcome::Halt(_) => Ok(None),
    }
}

/// The number that `machine` answers to `data`; `None` where the contract refuses or answers something else.
///
/// # Errors
/// Those of [`ask`].
fn ask_number(machine: &mut Machine, to: Address, data: &Bytes) -> Result<Option<U256>> {
    let answer = ask(machine, to, data)?;
    Ok(answer.as_deref().and_then(|answer| answer.get(..32)).and_then(U256::try_from_be_slice))
}
