//! Asks the contracts that were touched the same questions before and after the execution.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, Bytes, U256, b256},
    sol_types::SolCall,
};
use btrst_bindings::BTRST;

use super::{
    super::{
        bytecode::{ADMIN, BEACON, IMPLEMENTATION, address_in},
        effects::Asset,
        facts::{Answer, Balance, Facts, Reading, Upgrade},
        known::{selector, typed},
        slots::packed_address,
    },
    ask, ask_number,
};
use crate::Machine;

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
pub(super) fn read(mut before: Machine, mut after: Option<Machine>, facts: &mut Facts<'_>) {
    facts.balances = balances(&mut before, after.as_mut(), facts);
    let Some(after) = &mut after else { return };
    facts.readings = powers(&mut before, after, facts);
    facts.upgrades = upgrades(&mut before, after, facts);
    facts.stored = stored(after, facts);
    let invariants = facts.input.manifest.map(|manifest| manifest.invariants.as_slice()).unwrap_or_default();
    facts.invariants = invariants
        .iter()
        .map(|invariant| Answer {
            before: ask(&mut before, invariant.contract, &invariant.call),
            after: ask(after, invariant.contract, &invariant.call),
        })
        .collect();
}

fn balances(before: &mut Machine, mut after: Option<&mut Machine>, facts: &Facts<'_>) -> Vec<Balance> {
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
    if let Some(executed) = facts.executed() {
        for (asset, holder) in executed.effects.net().into_keys() {
            if let Asset::Token(token) = asset
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
    let balances = wanted.into_iter().take(MAX_BALANCES).map(|(token, holder, spender)| {
        let question: Bytes = match spender {
            None => BTRST::balanceOfCall { account: holder }.abi_encode().into(),
            Some(spender) => BTRST::allowanceCall { owner: holder, spender }.abi_encode().into(),
        };
        Balance {
            token,
            holder,
            spender,
            before: ask_number(before, token, &question),
            after: after.as_deref_mut().and_then(|after| ask_number(after, token, &question)),
        }
    });
    balances.collect()
}

fn powers(before: &mut Machine, after: &mut Machine, facts: &Facts<'_>) -> Vec<Reading> {
    let Some(executed) = facts.executed() else { return Vec::new() };
    let writes = executed.effects.writes.iter().filter(|write| write.is_of_action());
    let contracts: BTreeSet<Address> = writes.map(|write| write.contract).collect();
    let mut readings = Vec::new();
    for contract in contracts.into_iter().take(MAX_CONTRACTS) {
        for power in POWERS {
            let question = Bytes::copy_from_slice(selector(power).as_slice());
            let (before, after) = (ask(before, contract, &question), ask(after, contract, &question));
            // An empty answer is that of an account without code, or of a fallback.
            let (before, after) = (before.filter(|b| !b.is_empty()), after.filter(|a| !a.is_empty()));
            if before.is_some() || after.is_some() {
                readings.push(Reading { contract, power: (*power).into(), before, after });
            }
        }
        for (slot, power) in [(ADMIN, "proxy admin"), (BEACON, "proxy beacon")] {
            let word =
                |machine: &mut Machine| machine.slot(contract, slot).ok().filter(|word| !word.is_zero());
            let (before, after) = (word(before), word(after));
            if before != after {
                let bytes = |word: Option<U256>| word.map(|word| word.to_be_bytes::<32>().to_vec().into());
                readings.push(Reading {
                    contract,
                    power: power.into(),
                    before: bytes(before),
                    after: bytes(after),
                });
            }
        }
    }
    readings
}

fn upgrades(before: &mut Machine, after: &mut Machine, facts: &Facts<'_>) -> Vec<Upgrade> {
    let Some(executed) = facts.executed() else { return Vec::new() };
    let changed = executed.effects.writes.iter().filter(|write| write.slot == IMPLEMENTATION);
    changed
        .map(|write| {
            let account = |word: U256| Address::from_word(word.into());
            let (old, new) = (account(write.change.before), account(write.change.after));
            let modern = after.slot(new, INITIALIZED).unwrap_or_default();
            let initialized =
                if modern.is_zero() { after.slot(new, U256::ZERO).unwrap_or_default() } else { modern };
            Upgrade {
                proxy: write.contract,
                before: old,
                after: new,
                old: before.code(old).unwrap_or_default(),
                new: after.code(new).unwrap_or_default(),
                initialized,
            }
        })
        .collect()
}

fn stored(after: &mut Machine, facts: &Facts<'_>) -> BTreeMap<Address, bool> {
    let Some(executed) = facts.executed() else { return BTreeMap::new() };
    let writes = executed.effects.writes.iter().filter(|write| write.is_of_action());
    let words = writes.map(|write| write.change.after);
    let addresses: BTreeSet<Address> =
        words.filter_map(|word| address_in(word).or_else(|| packed_address(word))).collect();
    let known = addresses.into_iter().take(MAX_BALANCES);
    known.filter_map(|address| Some((address, !after.code(address).ok()?.is_empty()))).collect()
}
