//! Asks the contracts that were touched the same questions before and after the execution.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, Bytes, U256, b256},
    sol_types::{SolCall, SolValue},
};
use btrst_bindings::BTRST;

use super::{
    super::{
        bytecode::{ADMIN, BEACON, IMPLEMENTATIONS, address_in},
        effects::{Asset, Role},
        facts::{Answer, Balance, Facts, Holder, Reading, Upgrade},
        known::{selector, typed},
        slots::packed_address,
    },
    ask, ask_number,
};
use crate::{Error, Machine, Result, trace::Outcome};

/// Functions without arguments that say who has power over a contract, or how it is limited.
const POWERS: &[&str] = &[
    "owner()",
    "pendingOwner()",
    "getOwner()",
    "admin()",
    "pendingAdmin()",
    "defaultAdmin()",
    "pendingDefaultAdmin()",
    "governor()",
    "governance()",
    "authority()",
    "controller()",
    "manager()",
    "operator()",
    "guardian()",
    "proposalGuardian()",
    "whitelistGuardian()",
    "timelock()",
    "implementation()",
    "proxyAdmin()",
    "minter()",
    "masterMinter()",
    "pauser()",
    "blacklister()",
    "rescuer()",
    "paused()",
    "delay()",
    "votingDelay()",
    "votingPeriod()",
    "proposalThreshold()",
    "quorumVotes()",
    "feeRecipient()",
    "treasury()",
];

/// Most contracts that are asked about powers.
const MAX_CONTRACTS: usize = 64;

/// Most balances and allowances that are asked.
const MAX_BALANCES: usize = 256;

/// Where OpenZeppelin's initializer keeps its version (ERC-7201); before that it was in slot 0.
const INITIALIZED: U256 =
    U256::from_be_bytes(b256!("f0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00").0);

/// Asks `before` and, where the proposal was executed, `after`.
///
/// Both are asked in the block of the execution, so that what time alone changes is no difference.
pub(super) fn read(mut before: Machine, mut after: Option<Machine>, facts: &mut Facts<'_>) {
    if let Some(after) = &after {
        before.go_to(after.head());
    }
    facts.balances = balances(&mut before, after.as_mut(), facts);
    let Some(after) = &mut after else { return };
    facts.readings = powers(&mut before, after, facts);
    facts.roles = roles(&mut before, after, facts);
    facts.upgrades = upgrades(&mut before, after, facts);
    facts.stored = stored(after, facts);
    let invariants = facts.input.manifest.map(|manifest| manifest.invariants.as_slice()).unwrap_or_default();
    for invariant in invariants {
        // Whoever declares it knows what it takes.
        let answer = |machine: &mut Machine| {
            Ok::<_, Error>(match machine.call(Address::ZERO, invariant.contract, invariant.call.clone())? {
                Outcome::Success(answer) => Some(answer),
                Outcome::Revert(_) | Outcome::Halt(_) => None,
            })
        };
        let answers = answer(&mut before).and_then(|old| Ok(Answer { before: old, after: answer(after)? }));
        facts.invariants.push(answers.ok());
    }
}

/// The contracts that the actions wrote to, as many as are asked.
fn written(facts: &mut Facts<'_>) -> BTreeSet<Address> {
    let Some(executed) = facts.executed() else { return BTreeSet::new() };
    let writes = executed.effects.writes.iter().filter(|write| write.is_of_action());
    let mut contracts: BTreeSet<Address> = writes.map(|write| write.contract).collect();
    let all = contracts.len();
    while contracts.len() > MAX_CONTRACTS {
        contracts.pop_last();
    }
    if all > MAX_CONTRACTS {
        let line =
            format!("the actions write to {all} contracts, and only {MAX_CONTRACTS} of them were asked");
        for check in ["D2", "D5"] {
            facts.miss(check, line.clone());
        }
    }
    contracts
}

fn balances(before: &mut Machine, mut after: Option<&mut Machine>, facts: &mut Facts<'_>) -> Vec<Balance> {
    let contracts = &facts.input.deployment.contracts;
    let treasury = contracts.timelock;
    // Holder and, of an allowance, spender, by token.
    let mut wanted: BTreeSet<(Address, Address, Option<Address>)> = BTreeSet::new();
    for token in [Some(contracts.btrst), contracts.usdc, contracts.weth].into_iter().flatten() {
        wanted.insert((token, treasury, None));
    }
    for action in facts.input.proposal.actions.iter().map(typed) {
        if matches!(action.signature.as_str(), "transfer(address,uint256)" | "approve(address,uint256)") {
            wanted.insert((action.target, treasury, None));
        }
    }
    // Whatever was written may be a token that moves without a word.
    wanted.extend(written(facts).into_iter().map(|contract| (contract, treasury, None)));
    if let Some(executed) = facts.executed() {
        for (asset, holder) in executed.effects.net().into_keys() {
            if let Asset::Token(token) | Asset::Item(token, _) = asset
                && !holder.is_zero()
            {
                wanted.insert((token, holder, None));
            }
        }
        for set in executed.effects.final_allowances().values() {
            wanted.insert((set.token, set.owner, Some(set.spender)));
        }
        for (token, spender) in executed.effects.written_allowances(treasury).into_keys() {
            wanted.insert((token, treasury, Some(spender)));
        }
    }
    if wanted.len() > MAX_BALANCES {
        let line = format!(
            "{} balances and allowances may have changed, and only {MAX_BALANCES} were asked",
            wanted.len()
        );
        facts.miss("D2", line);
    }
    let mut balances = Vec::new();
    for (token, holder, spender) in wanted.into_iter().take(MAX_BALANCES) {
        let mut answer = || {
            let first = balance(before, token, holder, spender)?;
            let second = match after.as_deref_mut() {
                Some(after) => balance(after, token, holder, spender)?,
                None => None,
            };
            Ok::<_, Error>((first, second))
        };
        match answer() {
            Ok((before, after)) => balances.push(Balance { token, holder, spender, before, after }),
            Err(error) => {
                let (token, holder) = (facts.input.name(token), facts.input.name(holder));
                facts.miss("D2", format!("{token} could not be asked about {holder}: {error}"));
            }
        }
    }
    balances
}

/// What `token` answers about the balance of `holder`, or about what `spender` may spend of it: everything, where it is
/// a collection whose items this account may take.
fn balance(
    machine: &mut Machine,
    token: Address,
    holder: Address,
    spender: Option<Address>,
) -> Result<Option<U256>> {
    let Some(spender) = spender else {
        return ask_number(machine, token, &BTRST::balanceOfCall { account: holder }.abi_encode().into());
    };
    let question = BTRST::allowanceCall { owner: holder, spender }.abi_encode().into();
    if let Some(allowance) = ask_number(machine, token, &question)? {
        return Ok(Some(allowance));
    }
    let mut question = selector("isApprovedForAll(address,address)").to_vec();
    question.extend((holder, spender).abi_encode());
    let answer = ask_number(machine, token, &question.into())?;
    Ok(answer.map(|answer| if answer.is_zero() { U256::ZERO } else { U256::MAX }))
}

/// Asks for every role that was reported whether its account has it.
fn roles(
    before: &mut Machine,
    after: &mut Machine,
    facts: &mut Facts<'_>,
) -> BTreeMap<Holder, [Option<bool>; 2]> {
    let reported = facts.executed().map(|executed| executed.effects.roles.clone()).unwrap_or_default();
    let mut held = BTreeMap::new();
    for Role { contract, role, account, .. } in reported.into_iter().take(MAX_BALANCES) {
        let mut question = selector("hasRole(bytes32,address)").to_vec();
        question.extend((role, account).abi_encode());
        let question = question.into();
        let answer = |machine: &mut Machine| {
            Ok::<_, Error>(ask_number(machine, contract, &question)?.map(|answer| !answer.is_zero()))
        };
        match answer(before).and_then(|old| Ok([old, answer(after)?])) {
            Ok(answers) => {
                held.insert((contract, role, account), answers);
            }
            Err(error) => {
                let line =
                    format!("{} could not be asked about its roles: {error}", facts.input.name(contract));
                facts.miss("D5", line);
            }
        }
    }
    held
}

fn powers(before: &mut Machine, after: &mut Machine, facts: &mut Facts<'_>) -> Vec<Reading> {
    let mut readings = Vec::new();
    for contract in written(facts) {
        if let Err(error) = powers_of(contract, before, after, &mut readings) {
            let line = format!("{} could not be asked about its powers: {error}", facts.input.name(contract));
            facts.miss("D5", line);
        }
    }
    readings
}

fn powers_of(
    contract: Address,
    before: &mut Machine,
    after: &mut Machine,
    readings: &mut Vec<Reading>,
) -> Result<()> {
    for power in POWERS {
        let question = Bytes::copy_from_slice(selector(power).as_slice());
        let (before, after) = (ask(before, contract, &question)?, ask(after, contract, &question)?);
        // An empty answer is that of an account without code, or of a fallback.
        let (before, after) = (before.filter(|b| !b.is_empty()), after.filter(|a| !a.is_empty()));
        if before.is_some() || after.is_some() {
            readings.push(Reading { contract, power: (*power).into(), before, after });
        }
    }
    for (slot, power) in [(ADMIN, "proxy admin"), (BEACON, "proxy beacon")] {
        let (before, after) = (before.slot(contract, slot)?, after.slot(contract, slot)?);
        if before != after {
            let bytes = |word: U256| (!word.is_zero()).then(|| word.to_be_bytes::<32>().to_vec().into());
            readings.push(Reading {
                contract,
                power: power.into(),
                before: bytes(before),
                after: bytes(after),
            });
        }
    }
    Ok(())
}

fn upgrades(before: &mut Machine, after: &mut Machine, facts: &mut Facts<'_>) -> Vec<Upgrade> {
    let Some(executed) = facts.executed() else { return Vec::new() };
    let changed = executed.effects.writes.iter().filter(|write| IMPLEMENTATIONS.contains(&write.slot));
    let account = |word: U256| Address::from_word(word.into());
    let mut changed: Vec<(Address, Address, Address)> = changed
        .map(|write| (write.contract, account(write.change.before), account(write.change.after)))
        .collect();
    // A beacon, or a proxy that keeps it elsewhere, answers with what its proxies run.
    for reading in facts.readings.iter().filter(|reading| reading.power == "implementation()") {
        let word = |answer: &Option<Bytes>| U256::try_from_be_slice(answer.as_ref()?.get(..32)?).map(account);
        let (old, new) = (word(&reading.before), word(&reading.after));
        if let (Some(old), Some(new)) = (old, new)
            && old != new
            && changed.iter().all(|(proxy, ..)| *proxy != reading.contract)
        {
            changed.push((reading.contract, old, new));
        }
    }
    let mut upgrades = Vec::new();
    for (proxy, old, new) in changed {
        match upgrade(before, after, proxy, old, new) {
            Ok(upgrade) => upgrades.push(upgrade),
            Err(error) => {
                let line = format!("the upgrade of {} could not be read: {error}", facts.input.name(proxy));
                facts.miss("D6", line);
            }
        }
    }
    upgrades
}

fn upgrade(
    before: &mut Machine,
    after: &mut Machine,
    proxy: Address,
    old: Address,
    new: Address,
) -> Result<Upgrade> {
    let modern = after.slot(new, INITIALIZED)?;
    let initialized = if modern.is_zero() { after.slot(new, U256::ZERO)? } else { modern };
    Ok(Upgrade { proxy, before: old, after: new, old: before.code(old)?, new: after.code(new)?, initialized })
}

/// The addresses that the actions stored or stored something for, and whether each has code; those that could not be read are left out.
fn stored(after: &mut Machine, facts: &Facts<'_>) -> BTreeMap<Address, bool> {
    let Some(executed) = facts.executed() else { return BTreeMap::new() };
    let writes = executed.effects.writes.iter().filter(|write| write.is_of_action());
    let words = writes.flat_map(|write| {
        let keys = write.place.keys.iter().flatten().filter_map(|key| U256::try_from_be_slice(key));
        keys.chain([write.change.after]).collect::<Vec<_>>()
    });
    let addresses: BTreeSet<Address> =
        words.filter_map(|word| address_in(word).or_else(|| packed_address(word))).collect();
    let known = addresses.into_iter().take(MAX_BALANCES);
    known.filter_map(|address| Some((address, !after.code(address).ok()?.is_empty()))).collect()
}
