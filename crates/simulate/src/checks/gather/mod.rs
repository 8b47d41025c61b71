//! Gathers the facts: asks the state, plays the lifecycle, asks again.

mod aftermath;
mod governance;
mod plays;

use std::sync::Arc;

use alloy::primitives::{Address, Bytes, U256};

use super::{
    Agreement, Input,
    bytecode::{IMPLEMENTATION, address_in, minimal_proxy},
    examine,
    facts::{Facts, addresses_of},
};
use crate::{
    Machine, Manifest, Report, Result,
    engines::shortcut,
    lifecycle::play,
    rehearse,
    report::{Engine, Header},
    state::{Pinned, StateSource, Wanted},
};

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
/// `others` are the answers of engines that need more than the state, such as the node's own simulation. A `state` that
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
    let _ = prefetch(input, &state, |_| ());
    run_in(input, &pinned, Machine::new(state), others)
}

/// Reads ahead what a check of `input` on `state` reads, and what `also` does; see [`rehearse`]. An input that lacks what
/// only the chain knows, such as the actions of a proposal that is there already, will do.
///
/// # Errors
/// [`Error::State`](crate::Error::State).
pub fn prefetch(
    input: &Input<'_>,
    state: &Arc<dyn StateSource>,
    mut also: impl FnMut(Machine),
) -> Result<()> {
    // First the long way from one thing to the next, with as much as can be at once.
    rehearse(state, named(input, state.pinned()), |machine| {
        also(machine.clone());
        walk(input, &machine);
    })?;
    rehearse(state, Wanted::new(), |machine| drop(gather(input, machine, &[])))
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
    let mut header = header(input, pinned, &before);
    let facts = gather(input, before, others);
    let ran = facts.agreements.iter().filter(|agreement| agreement.missing.is_none());
    let version = || env!("CARGO_PKG_VERSION").to_owned();
    header.engines.extend(ran.map(|other| Engine { name: other.engine.clone(), version: version() }));
    Checked { report: examine(&facts, header), effects: Manifest::from_facts(&facts) }
}

/// Everything that the checks look at.
fn gather<'a>(input: &'a Input<'a>, mut before: Machine, others: &[Agreement]) -> Facts<'a> {
    let mut facts = Facts::bare(input, before.head());
    facts.agreements = others.to_vec();
    facts.governance = governance::read(&mut before, input).map_err(|error| error.to_string());
    codes(&mut before, &mut facts);
    facts.treasury_ether = before.balance(input.deployment.contracts.timelock).ok();
    let after = plays::play_all(&before, &mut facts);
    aftermath::read(before, after, &mut facts);
    facts
}

fn header(input: &Input<'_>, pinned: &Pinned, machine: &Machine) -> Header {
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
        input_digest: input.digest(pinned.hash).to_string(),
    }
}

/// Reads the code of everything that the proposal names, and of what stands behind proxies.
fn codes(machine: &mut Machine, facts: &mut Facts<'_>) {
    let mut open: Vec<Address> = facts.input.proposal.actions.iter().map(|action| action.target).collect();
    open.extend(addresses_of(facts.input).into_keys());
    while let Some(address) = open.pop() {
        if facts.codes.contains_key(&address) || facts.codes.len() >= MAX_CODES {
            continue;
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
    let stored = address_in(machine.slot(address, IMPLEMENTATION)?);
    Ok(stored.or_else(|| minimal_proxy(code)).or_else(|| super::bytecode::delegation(code)))
}

/// What `machine` answers to `data`; `None` where the contract refuses or the state is not there.
fn ask(machine: &mut Machine, to: Address, data: &Bytes) -> Option<Bytes> {
    match machine.call(Address::ZERO, to, data.clone()) {
        Ok(crate::trace::Outcome::Success(answer)) => Some(answer),
        _ => None,
    }
}

/// The number that `machine` answers to `data`.
fn ask_number(machine: &mut Machine, to: Address, data: &Bytes) -> Option<U256> {
    U256::try_from_be_slice(ask(machine, to, data)?.get(..32)?)
}
