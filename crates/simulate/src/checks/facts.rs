//! Everything that the checks look at, gathered before the first of them looks.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, B256, Bytes, U256},
};
use btrst_gov::governor::{Head, Status};
use serde::{Deserialize, Serialize};

use super::{
    Input,
    bytecode::{address_in, constants},
    effects::Effects,
    frames::Frames,
    known::typed,
    slots::packed_address,
    text,
};
use crate::trace::Trace;

/// Most addresses that are compared; a report on more helps nobody.
const MAX_ADDRESSES: usize = 4_096;

/// What the chain says about the governor and the proposal.
#[derive(Clone, Debug)]
pub(crate) struct Governance {
    /// Votes in favour that the proposal needs, in base units.
    pub quorum: U256,
    /// Votes of which a proposer needs more, in base units.
    pub threshold: U256,
    /// Blocks before the vote.
    pub voting_delay: u64,
    /// Blocks of the vote.
    pub voting_period: u64,
    /// The proposer's votes at the block before the pinned one, and now.
    pub proposer_votes: Option<(U256, U256)>,
    /// The proposer's latest proposal and whether its vote has not ended.
    pub latest: Option<(u64, bool)>,
    /// Whether the proposer may fall below the threshold.
    pub whitelisted: bool,
    /// Who may cancel, and until which Unix time where there is an end.
    pub guardian: Option<(Address, Option<u64>)>,
    /// Who may cancel proposals of whitelisted accounts.
    pub whitelist_guardian: Option<Address>,
    /// The governor's time lock.
    pub timelock: Address,
    /// The time lock's admin.
    pub admin: Address,
    /// Who may become its admin.
    pub pending_admin: Address,
    /// Seconds between queueing and execution.
    pub delay: u64,
    /// Seconds in which it can be executed.
    pub grace: u64,
    /// Where the proposal stands; `None` before submission.
    pub status: Option<Status>,
    /// Delegates with the votes that they have on this proposal, most votes first.
    pub delegates: Vec<(Address, U256)>,
    /// Delegates that got at least a quarter of the quorum in the last day, and how much, in base units.
    pub fresh_votes: Vec<(Address, U256)>,
}

/// One play of the lifecycle.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// When it was executed and after what, such as `at eta`.
    pub name: String,
    /// Steps that were taken before the execution, with the gas that each used.
    pub steps: Vec<(String, u64)>,
    /// Why it did not reach its end.
    pub failure: Option<String>,
    /// The execution, also one that failed; `None` when it was not reached.
    pub execution: Option<Executed>,
}

/// An execution.
#[derive(Clone, Debug)]
pub(crate) struct Executed {
    /// What it did.
    pub trace: Trace,
    /// Its calls by action.
    pub frames: Frames,
    /// What it left behind.
    pub effects: Effects,
}

impl Executed {
    pub fn read(trace: Trace, governor: Address, timelock: Address) -> Self {
        let frames = Frames::read(&trace, governor, timelock);
        let effects = Effects::read(&trace, &frames);
        Self { trace, frames, effects }
    }
}

/// A power as a contract answers for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reading {
    pub contract: Address,
    pub power: String,
    pub before: Option<Bytes>,
    pub after: Option<Bytes>,
}

/// A contract, a role of it, and an account.
pub(crate) type Holder = (Address, B256, Address);

/// A token balance or allowance as the token answers for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Balance {
    pub token: Address,
    pub holder: Address,
    /// The spender of an allowance; `None` for a balance.
    pub spender: Option<Address>,
    pub before: Option<U256>,
    pub after: Option<U256>,
}

/// An implementation that an upgrade puts in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub proxy: Address,
    pub before: Address,
    pub after: Address,
    /// Code before.
    pub old: Bytes,
    /// Code after.
    pub new: Bytes,
    /// The word of the new implementation's own initializer; all ones when it is locked.
    pub initialized: U256,
}

/// What an invariant answers before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub before: Option<Bytes>,
    pub after: Option<Bytes>,
}

/// The engine that lets the time lock make the calls without a lifecycle before them.
pub(crate) const STORAGE_OVERRIDE: &str = "storage override";

/// The answer of another engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Name of the engine.
    pub engine: String,
    /// Where its effects differ from those of the lifecycle; empty when they agree.
    pub differences: Vec<String>,
    /// Why it did not run.
    pub missing: Option<String>,
}

/// What comes of the actions when somebody moves a pool before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exposure {
    pub pool: Address,
    /// The actions that trade there, from 0.
    pub actions: BTreeSet<usize>,
    pub moves: Vec<Moved>,
}

/// A pool moved once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// By how many percent of its price.
    pub percent: u64,
    pub up: bool,
    /// The greatest loss in ten-thousandths, and of which token; `None` where the actions stop instead.
    pub loss: Option<Option<(u64, Address)>>,
}

/// Everything that the checks look at.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub input: &'a Input<'a>,
    /// The pinned block.
    pub head: Head,
    /// What the chain says; or why it could not be asked.
    pub governance: Result<Governance, String>,
    /// Code before the proposal, of all that it names; or why it could not be read.
    pub codes: BTreeMap<Address, Result<Bytes, String>>,
    /// Implementations of the proxies among them.
    pub implementations: BTreeMap<Address, Address>,
    /// Balance of the time lock in wei.
    pub treasury_ether: Option<U256>,
    /// Plays of the lifecycle, the plain one at its eta first.
    pub plays: Vec<Played>,
    /// Powers before and after the first play.
    pub readings: Vec<Reading>,
    /// Whether an account has a role before and after the first play, for the roles that were reported.
    pub roles: BTreeMap<Holder, [Option<bool>; 2]>,
    /// Balances and allowances before and after the first play.
    pub balances: Vec<Balance>,
    /// Upgrades of the first play.
    pub upgrades: Vec<Upgrade>,
    /// Whether there is code after the first play at the addresses that it stored, or stored something for.
    pub stored: BTreeMap<Address, bool>,
    /// Answers to the manifest's invariants, in their order; `None` where the state could not be had.
    pub invariants: Vec<Option<Answer>>,
    /// Answers of the other engines.
    pub agreements: Vec<Agreement>,
    /// Block and time of the first play's execution, if it succeeded.
    pub execution_head: Option<Head>,
    /// The actions, from 0, that fail once somebody else has made the same call.
    pub spoiled: Vec<usize>,
    /// Variables of the contracts that the actions write to, by slot, as far as their code tells.
    pub variables: BTreeMap<Address, BTreeMap<U256, String>>,
    /// What tokens call themselves.
    pub symbols: BTreeMap<Address, BTreeSet<String>>,
    /// Pools that were moved before the actions.
    pub exposures: Vec<Exposure>,
    /// What could not be looked at, by the check that would have.
    pub unread: Vec<(&'static str, String)>,
    /// What is wrong with the block that everything was read at.
    pub doubts: Vec<String>,
}

impl<'a> Facts<'a> {
    /// Facts with nothing but the proposal and its block; whatever needs more did not run.
    pub fn bare(input: &'a Input<'a>, head: Head) -> Self {
        Self {
            input,
            head,
            governance: Err("the chain was not asked".into()),
            codes: BTreeMap::new(),
            implementations: BTreeMap::new(),
            treasury_ether: None,
            plays: Vec::new(),
            readings: Vec::new(),
            roles: BTreeMap::new(),
            balances: Vec::new(),
            upgrades: Vec::new(),
            stored: BTreeMap::new(),
            invariants: Vec::new(),
            agreements: Vec::new(),
            execution_head: None,
            spoiled: Vec::new(),
            variables: BTreeMap::new(),
            symbols: BTreeMap::new(),
            exposures: Vec::new(),
            unread: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// Notes that `check` could not look at something.
    pub fn miss(&mut self, check: &'static str, line: String) {
        let missed = (check, line);
        if !self.unread.contains(&missed) {
            self.unread.push(missed);
        }
    }

    /// The execution of the first play, if it succeeded.
    pub fn executed(&self) -> Option<&Executed> {
        self.plays.first()?.execution.as_ref().filter(|executed| executed.trace.succeeded())
    }

    /// Why there is no execution to look at.
    pub fn not_executed(&self) -> String {
        match self.plays.first().and_then(|play| play.failure.as_deref()) {
            Some(reason) => format!("the proposal was not executed: {reason}"),
            None => "the proposal was not played".into(),
        }
    }

    /// The code at `address` before the proposal.
    pub fn code(&self, address: Address) -> Result<&Bytes, String> {
        match self.codes.get(&address) {
            Some(Ok(code)) => Ok(code),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("its code was not read".into()),
        }
    }

    /// The contracts that the actions call, and those that stand behind proxies among them.
    pub fn called(&self) -> BTreeSet<Address> {
        let mut open: Vec<Address> = self.input.proposal.actions.iter().map(|action| action.target).collect();
        let mut found = BTreeSet::new();
        while let Some(address) = open.pop() {
            if self.code(address).is_ok_and(|code| code.is_empty()) || !found.insert(address) {
                continue;
            }
            open.extend(self.implementations.get(&address));
        }
        found
    }

    /// Every address of the proposal, its text, its effects and the constants of the code that it calls, with the
    /// places where it was found.
    pub fn addresses(&self) -> BTreeMap<Address, BTreeSet<String>> {
        let mut found = addresses_of(self.input);
        let mut add = |address: Address, place: String| {
            if found.len() < MAX_ADDRESSES || found.contains_key(&address) {
                found.entry(address).or_default().insert(place);
            }
        };
        for (contract, code) in &self.codes {
            for address in code.as_ref().map(|code| constants(code)).unwrap_or_default() {
                add(address, format!("the code of {contract}"));
            }
        }
        if let Some(executed) = self.executed() {
            for transfer in &executed.effects.transfers {
                add(transfer.from, "a transfer".into());
                add(transfer.to, "a transfer".into());
            }
            for allowance in &executed.effects.allowances {
                add(allowance.spender, "an allowance".into());
            }
            for write in executed.effects.writes.iter().filter(|write| write.is_of_action()) {
                let stored = address_in(write.change.after).or_else(|| packed_address(write.change.after));
                if let Some(address) = stored {
                    add(address, format!("storage of {}", write.contract));
                }
            }
        }
        found
    }
}

/// Every address of the proposal's actions and its text, with the places where it stands.
pub(crate) fn addresses_of(input: &Input<'_>) -> BTreeMap<Address, BTreeSet<String>> {
    let mut found: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
    let mut add = |address: Address, place: String| {
        if found.len() < MAX_ADDRESSES || found.contains_key(&address) {
            found.entry(address).or_default().insert(place);
        }
    };
    for (number, action) in (1..).zip(&input.proposal.actions) {
        add(action.target, format!("action {number}, target"));
        for address in named_in(action) {
            add(address, format!("action {number}, call data"));
        }
    }
    for (address, _) in text::addresses(&input.proposal.description) {
        add(address, "the description".into());
    }
    found
}

/// Addresses in the call data of `action`: its arguments where they can be read, and every word that looks like one,
/// also inside of nested calls.
pub(crate) fn named_in(action: &btrst_gov::Action) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    for value in typed(action).arguments().unwrap_or_default() {
        collect(&value, &mut found);
    }
    // Nested call data begins four bytes into a word.
    for shift in [0, 4] {
        let words = action.calldata.get(shift..).unwrap_or_default().chunks_exact(32).take(MAX_ADDRESSES);
        found.extend(words.filter_map(|word| address_in(B256::from_slice(word).into())));
    }
    found
}

fn collect(value: &DynSolValue, found: &mut BTreeSet<Address>) {
    match value {
        DynSolValue::Address(address) => {
            found.insert(*address);
        }
        DynSolValue::Bytes(bytes) => {
            for shift in [0, 4] {
                let words = bytes.get(shift..).unwrap_or_default().chunks_exact(32);
                found.extend(words.filter_map(|word| address_in(B256::from_slice(word).into())));
            }
        }
        other => {
            for inner in other.as_fixed_seq().or_else(|| other.as_array()).unwrap_or_default() {
                collect(inner, found);
            }
        }
    }
}
