//! D1 to D4 and D8: what the execution leaves behind.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};
use btrst_gov::{
    Action,
    amount::{Amount, Unit},
};

use super::{
    Input,
    bytecode::address_in,
    effects::{Asset, Effects, Transfer, Write},
    facts::{Executed, Facts, addresses_of, named_in},
    known::typed,
    look::{Look, PLAY_FIRST, not_run},
    slots::{packed_address, show_word},
    target::ASK_AGAIN,
};
use crate::{
    manifest::bound_to,
    report::{Finding, Movement, PowerChange},
};

/// `amount` of `asset` in its unit, where that is known, and the asset's name.
fn amount_of(input: &Input<'_>, asset: Asset, amount: U256) -> (String, String) {
    let contracts = &input.deployment.contracts;
    let unit = match asset {
        Asset::Ether => Some(Unit::Ether),
        Asset::Token(token) if token == contracts.btrst => Some(Unit::Btrst),
        Asset::Token(token) if Some(token) == contracts.usdc => Some(Unit::Usdc),
        _ => None,
    };
    match (unit, asset) {
        (Some(unit), _) => {
            let shown = Amount::new(amount, unit).to_string();
            let (number, name) = shown.split_once(' ').unwrap_or((&shown, ""));
            (number.to_owned(), name.to_owned())
        }
        (None, Asset::Token(token)) => {
            (Amount::new(amount, Unit::Plain(0)).to_string(), format!("{}, base units", input.name(token)))
        }
        (None, Asset::Item(token, item)) => {
            (amount.to_string(), format!("{} number {item}", input.name(token)))
        }
        (None, Asset::Ether) => (amount.to_string(), "wei".into()),
    }
}

fn movement(input: &Input<'_>, transfer: &Transfer) -> Movement {
    let (amount, asset) = amount_of(input, transfer.asset, transfer.amount);
    let name =
        |address: Address| if address.is_zero() { "nobody (zero)".to_owned() } else { input.name(address) };
    Movement { asset, amount, from: name(transfer.from), to: name(transfer.to) }
}

/// What moves, for the first page.
pub(super) fn movements(facts: &Facts<'_>) -> Option<Vec<Movement>> {
    let effects = &facts.executed()?.effects;
    // Ether that passes from the executor through governor and time lock is shown where it begins.
    let moved = effects.transfers.iter().filter(|transfer| {
        !transfer.amount.is_zero()
            && (transfer.action.is_some() || transfer.to == facts.input.deployment.contracts.governor)
    });
    Some(moved.take(256).map(|transfer| movement(facts.input, transfer)).collect())
}

/// D1: every slot that changes.
pub(super) fn storage(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("D1", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "D1");
    let name = |address: Address| facts.input.short_name(address);
    let mut writes: Vec<_> = executed.effects.writes.iter().collect();
    writes.sort_by_key(|write| !write.is_of_action());
    let of_actions = writes.iter().filter(|write| write.is_of_action()).count();
    for write in &writes {
        let (before, after) = (write.change.before, write.change.after);
        let around = if write.is_of_action() { "" } else { " (bookkeeping of the execution)" };
        let derived = write.place.keys.is_empty() && write.place.offset == 0;
        let raw = if derived { String::new() } else { format!(", raw slot {}", B256::from(write.slot)) };
        let variable = facts.variables.get(&write.contract).and_then(|known| known.get(&write.place.base));
        let variable = variable.map_or_else(String::new, |known| format!(" ({known})"));
        let line = format!(
            "{}: {}{variable}: {} -> {}{raw}{around}",
            facts.input.name(write.contract),
            write.place.show(name),
            show_word(before, name),
            show_word(after, name)
        );
        if write.is_of_action() && write.place.is_unknown() {
            look.warn(
                format!("{line}; it is the slot of no variable, mapping or standard"),
                "find out from the source what is kept there",
            );
        } else {
            look.note(line);
        }
    }
    look.finish(format!(
        "{of_actions} slots change by the actions, {} around them",
        writes.len() - of_actions
    ))
}

/// Whether a word of `token` that belongs to `holder` changes by as much as the events say: as a whole word, or in one
/// of the parts into which tokens pack balances.
fn confirmed_by_storage(
    effects: &Effects,
    token: Address,
    holder: Address,
    gained: U256,
    lost: U256,
) -> bool {
    let parts = [(0_usize, 256_usize), (0, 128), (0, 112), (0, 96), (128, 128), (160, 96)];
    effects.writes.iter().filter(|write| write.contract == token && write.place.has_key(holder)).any(
        |write| {
            parts.iter().any(|(shift, bits)| {
                let mask = if *bits == 256 { U256::MAX } else { (U256::from(1) << *bits) - U256::from(1) };
                let part = |word: U256| (word >> *shift) & mask;
                let after = part(write.change.before).wrapping_add(gained).wrapping_sub(lost) & mask;
                after == part(write.change.after)
            })
        },
    )
}

/// Whether an action asks by itself that `spender` may spend something of the treasury at `token`.
fn asks_for(input: &Input<'_>, token: Address, spender: Address) -> bool {
    let mut actions = input.proposal.actions.iter().map(typed);
    actions.any(|action| {
        let name = action.signature.split('(').next().unwrap_or_default().to_lowercase();
        let permits = ["approv", "allowance", "permit", "authorize"].iter().any(|stem| name.contains(stem));
        permits && action.target == token && named_in(&action).contains(&spender)
    })
}

/// D2: balances and allowances.
pub(super) fn balances(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("D2", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "D2");
    let input = facts.input;
    let treasury = input.deployment.contracts.timelock;
    let effects = &executed.effects;
    for ((asset, account), (gained, lost)) in effects.net() {
        let (token, ends) = match asset {
            Asset::Token(token) => (token, account),
            _ => continue,
        };
        if gained == lost || ends.is_zero() {
            continue;
        }
        let (sign, difference) = if gained > lost { ("+", gained - lost) } else { ("-", lost - gained) };
        let (amount, unit) = amount_of(input, asset, difference);
        let line = format!("{}: {sign}{amount} {unit}", input.name(ends));
        let answered = facts
            .balances
            .iter()
            .find(|known| known.token == token && known.holder == ends && known.spender.is_none());
        let answers = answered.and_then(|known| Some((known.before?, known.after?)));
        match answers {
            Some((before, after)) if before.wrapping_add(gained).wrapping_sub(lost) == after => {
                look.note(format!("{line}, as the token answers"));
            }
            Some((before, after)) => look.fail(
                format!("{line} by its events, but the token answers {before} before and {after} after"),
                "do not trust this token: it reports other transfers than it makes",
            ),
            None if confirmed_by_storage(effects, token, ends, gained, lost) => {
                look.note(format!("{line}, as its storage shows"))
            }
            None => look.warn(
                format!("{line} by its events alone; neither an answer nor the storage confirms it"),
                "find out whether the token really moved",
            ),
        }
    }
    // Balances that change without an event.
    for known in facts.balances.iter().filter(|known| known.spender.is_none()) {
        let (Some(before), Some(after)) = (known.before, known.after) else { continue };
        let (gained, lost) = items(effects, known.token, known.holder);
        let reported = effects.net().contains_key(&(Asset::Token(known.token), known.holder));
        let wrapped = ether(effects, known.token, known.holder) == before.max(after) - before.min(after);
        if before.wrapping_add(gained).wrapping_sub(lost) == after || reported {
            continue;
        } else if wrapped {
            look.note(format!(
                "{}: the balance of {} goes from {before} to {after}, for as much ether",
                input.name(known.token),
                input.name(known.holder)
            ));
        } else {
            look.fail(
                format!(
                    "{}: the balance of {} goes from {before} to {after} without an event",
                    input.name(known.token),
                    input.name(known.holder)
                ),
                "do not trust this token: it moves what it does not report",
            );
        }
    }
    let ether: BTreeMap<_, _> = executed.trace.balances.iter().collect();
    for (account, change) in ether {
        let (sign, difference) = if change.after > change.before {
            ("+", change.after - change.before)
        } else {
            ("-", change.before - change.after)
        };
        look.note(format!("{}: {sign}{}", input.name(*account), Amount::new(difference, Unit::Ether)));
    }
    for change in treasury_allowances(facts, executed) {
        let (token, spender) = (change.token, change.spender);
        let line = format!("{} afterwards", change.words(input));
        if change.after.is_zero() {
            look.note(format!(
                "{} may spend nothing of the treasury's {} any more",
                input.name(spender),
                input.name(token)
            ));
        } else if change.scope == Scope::Units && change.before.is_some_and(|before| change.after < before) {
            look.note(format!("{line}, which is less than before"));
        } else if !asks_for(input, token, spender) {
            look.fail(
                format!("hidden: {line}, and no action says so"),
                "do not vote for it: an allowance is money that can be taken without a vote",
            );
        } else if facts.code(spender).is_ok_and(|code| code.is_empty()) && !input.knows(spender) {
            look.fail(
                format!("{line}, and this spender is no contract"),
                "do not vote for it: whoever has this account's key can take the money at any time",
            );
        } else if change.scope == Scope::Units && change.after >= U256::MAX >> 1 {
            look.warn(format!("{line}, without a limit"), "allow what is needed, and not more");
        } else {
            look.warn(line, "make sure that the spender is a contract that takes it in the same proposal");
        }
    }
    for set in effects.final_allowances().into_values().filter(|set| set.owner != treasury) {
        let answered = facts.balances.iter().find(|known| {
            (known.token, known.holder, known.spender) == (set.token, set.owner, Some(set.spender))
        });
        let amount = answered.and_then(|known| known.after).unwrap_or(set.amount);
        if set.action.is_some() && !amount.is_zero() {
            look.warn(
                format!(
                    "{} may spend {} of the {} of {} afterwards",
                    input.name(set.spender),
                    if amount == U256::MAX { "all".to_owned() } else { amount.to_string() },
                    input.name(set.token),
                    input.name(set.owner)
                ),
                "find out whose money that is, and whether the treasury stands behind it",
            );
        }
    }
    outflows(facts, executed, &mut look);
    strangers(facts, executed, &mut look);
    look.finish("no allowance of the treasury stays; balances change as reported")
}

/// What leaves the treasury without an action that says so.
fn outflows(facts: &Facts<'_>, executed: &Executed, look: &mut Look) {
    let input = facts.input;
    let treasury = input.deployment.contracts.timelock;
    let transfers = &executed.effects.transfers;
    let leaves = |transfer: &&Transfer| {
        transfer.from == treasury && transfer.to != treasury && !transfer.amount.is_zero()
    };
    for transfer in transfers.iter().filter(leaves) {
        let Some(index) = transfer.action else { continue };
        let Some(action) = input.proposal.actions.get(index) else { continue };
        let Movement { asset, amount, to, .. } = movement(input, transfer);
        let line = format!("{amount} {asset} of the treasury go to {to} by action {}", index + 1);
        match said(action, transfer) {
            Some(true) => {
                look.note(line);
                continue;
            }
            Some(false) => {
                look.warn(
                    format!("{line}, and its call data says another amount"),
                    "find out whether this token takes a fee; the receiver gets what is shown here",
                );
                continue;
            }
            None => {}
        }
        let returns = |other: &Transfer| {
            other.action == Some(index)
                && other.to == treasury
                && other.from != treasury
                && other.asset != transfer.asset
                && !other.amount.is_zero()
        };
        let named = action.target == transfer.to || named_in(action).contains(&transfer.to);
        if named || transfers.iter().any(returns) {
            look.warn(
                format!("{line}, which its call data does not say"),
                "compare the amount with the allowance that it comes from, and with what comes back",
            );
        } else {
            look.fail(
                format!("hidden: {line}, and no action says so"),
                "do not vote for it: the receiver stands in no call data",
            );
        }
    }
}

/// Whether the call data of `action` says the amount or item of `transfer`; `None` where it says no such transfer.
fn said(action: &Action, transfer: &Transfer) -> Option<bool> {
    let action = typed(action);
    let arguments = action.arguments().unwrap_or_default();
    let to = arguments.iter().any(|argument| argument.as_address() == Some(transfer.to));
    let number = |wanted: U256| {
        arguments.iter().any(|argument| argument.as_uint().is_some_and(|(found, _)| found == wanted))
    };
    let moves = matches!(
        action.signature.as_str(),
        "transfer(address,uint256)"
            | "transferFrom(address,address,uint256)"
            | "safeTransferFrom(address,address,uint256)"
            | "safeTransferFrom(address,address,uint256,bytes)"
            | "safeTransferFrom(address,address,uint256,uint256,bytes)"
    );
    let (says, amount) = match transfer.asset {
        Asset::Ether => (action.target == transfer.to, action.value == transfer.amount),
        Asset::Token(token) => (moves && action.target == token && to, number(transfer.amount)),
        Asset::Item(token, item) => (moves && action.target == token && to, number(item)),
    };
    says.then_some(amount)
}

/// Items of `token` that `holder` gets and loses.
fn items(effects: &Effects, token: Address, holder: Address) -> (U256, U256) {
    let moved = effects.transfers.iter();
    let moved = moved.filter(|transfer| matches!(transfer.asset, Asset::Item(of, _) if of == token));
    moved.fold((U256::ZERO, U256::ZERO), |(gained, lost), transfer| {
        let amount = |moves: bool| if moves { transfer.amount } else { U256::ZERO };
        (
            gained.saturating_add(amount(transfer.to == holder)),
            lost.saturating_add(amount(transfer.from == holder)),
        )
    })
}

/// Wei that `one` and `other` send each other.
fn ether(effects: &Effects, one: Address, other: Address) -> U256 {
    let between = |transfer: &&Transfer| {
        transfer.asset == Asset::Ether && [(one, other), (other, one)].contains(&(transfer.from, transfer.to))
    };
    let sent = effects.transfers.iter().filter(between);
    sent.fold(U256::ZERO, |sum, transfer| sum.saturating_add(transfer.amount))
}

/// Accounts that gain by the actions and give nothing for it, and that nothing in the proposal names.
fn strangers(facts: &Facts<'_>, executed: &Executed, look: &mut Look) {
    let input = facts.input;
    let named = addresses_of(input);
    let net = executed.effects.net();
    let treasury = input.deployment.contracts.timelock;
    for ((asset, account), (gained, lost)) in &net {
        let gives = net.iter().any(|((_, other), (gained, lost))| other == account && lost > gained);
        let paid = |transfer: &Transfer| {
            transfer.action.is_some()
                && (transfer.asset, transfer.to) == (*asset, *account)
                && transfer.from != treasury
                && !transfer.from.is_zero()
        };
        // What the treasury itself pays is looked at for itself.
        if gained > lost
            && !gives
            && !account.is_zero()
            && !input.knows(*account)
            && !named.contains_key(account)
            && executed.effects.transfers.iter().any(paid)
        {
            let (amount, unit) = amount_of(input, *asset, gained - lost);
            look.warn(
                format!(
                    "{} gains {amount} {unit}, gives nothing, and is named nowhere",
                    input.name(*account)
                ),
                "find out whose money that is, and whether the treasury stands behind it",
            );
        }
    }
}

/// What an allowance is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// So many units of a token, or everything.
    Units,
    /// One item of a collection.
    Item(U256),
    /// What a word of the contract's storage means, which nothing says.
    Word,
}

/// An allowance of the treasury that is another one afterwards.
struct AllowanceChange {
    token: Address,
    spender: Address,
    scope: Scope,
    before: Option<U256>,
    after: U256,
}

impl AllowanceChange {
    /// What may be done by it.
    fn words(&self, input: &Input<'_>) -> String {
        let (spender, token) = (input.name(self.spender), input.name(self.token));
        match self.scope {
            Scope::Units if self.after == U256::MAX => {
                format!("{spender} may spend all of the treasury's {token}")
            }
            Scope::Units => {
                let (amount, unit) = amount_of(input, Asset::Token(self.token), self.after);
                format!("{spender} may spend {amount} {unit} of the treasury")
            }
            Scope::Item(item) => format!("{spender} may take number {item} of the treasury's {token}"),
            Scope::Word => {
                let shown = |word| show_word(word, |address| input.short_name(address));
                let before = shown(self.before.unwrap_or_default());
                format!(
                    "{spender} has a permission of the treasury at {token} (in its storage, from {before} to {})",
                    shown(self.after)
                )
            }
        }
    }
}

/// Allowances of the treasury that change, from events, from storage and from the token's own answers.
fn treasury_allowances(facts: &Facts<'_>, executed: &Executed) -> Vec<AllowanceChange> {
    let treasury = facts.input.deployment.contracts.timelock;
    let mut changes: BTreeMap<(Address, Address), (Scope, Option<U256>, U256)> = BTreeMap::new();
    for ((token, spender), change) in executed.effects.written_allowances(treasury) {
        changes.insert((token, spender), (Scope::Word, Some(change.before), change.after));
    }
    for set in executed.effects.final_allowances().values().filter(|set| set.owner == treasury) {
        let scope = set.item.map_or(Scope::Units, Scope::Item);
        changes.insert((set.token, set.spender), (scope, None, set.amount));
    }
    for known in facts.balances.iter().filter(|known| known.holder == treasury) {
        if let (Some(spender), Some(after)) = (known.spender, known.after) {
            let change = changes.entry((known.token, spender)).or_insert((Scope::Units, None, after));
            // What the token answers is what counts: an allowance that was used up is none. It does not answer for
            // single items.
            if !matches!(change.0, Scope::Item(_)) {
                *change = (Scope::Units, known.before, after);
            }
        }
    }
    changes
        .into_iter()
        .filter(|(_, (_, before, after))| *before != Some(*after))
        .map(|((token, spender), (scope, before, after))| AllowanceChange {
            token,
            spender,
            scope,
            before,
            after,
        })
        .collect()
}

/// Allowances for the first page.
pub(super) fn allowances(facts: &Facts<'_>) -> Option<Vec<PowerChange>> {
    let executed = facts.executed()?;
    let changes = treasury_allowances(facts, executed).into_iter().map(|change| {
        let shown = |amount: U256| match change.scope {
            Scope::Units if amount == U256::MAX => "all".to_owned(),
            Scope::Units if amount.is_zero() => "0".to_owned(),
            Scope::Units => {
                let (amount, unit) = amount_of(facts.input, Asset::Token(change.token), amount);
                format!("{amount} {unit}")
            }
            Scope::Item(_) => if amount.is_zero() { "no" } else { "yes" }.to_owned(),
            Scope::Word => show_word(amount, |address| facts.input.short_name(address)),
        };
        let spender = facts.input.name(change.spender);
        PowerChange {
            contract: facts.input.name(change.token),
            power: match change.scope {
                Scope::Units => format!("may be spent by {spender}"),
                Scope::Item(item) => format!("number {item} may be taken by {spender}"),
                Scope::Word => format!("permission of {spender}"),
            },
            before: change.before.map_or_else(|| "?".to_owned(), shown),
            after: shown(change.after),
        }
    });
    Some(changes.collect())
}

/// D3: the manifest.
pub(super) fn manifest(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "D3");
    let bound = match bound_to(&facts.input.proposal.description) {
        Ok(bound) => bound,
        Err(line) => {
            look.fail(
                format!("the description has no single line with the hash of its effects: {line:?}"),
                "have one line `effects: 0x…` with the hash that the manifest's first lines name",
            );
            None
        }
    };
    let Some(manifest) = facts.input.manifest else {
        let line = match bound {
            Some(hash) => {
                format!("the description is bound to the effects {hash}, and no manifest was given")
            }
            None => "no effects are declared".to_owned(),
        };
        look.missing(
            line,
            "ask the authors for their manifest, or write one with `--write-effects` and read it",
        );
        return look.finish("");
    };
    let hash = manifest.hash();
    match bound {
        Some(bound) if bound != hash => look.fail(
            format!("the description is bound to the effects {bound}, the manifest is {hash}"),
            "ask for the manifest that was voted on",
        ),
        Some(_) => look.note(format!("the description is bound to this manifest, {hash}")),
        None if facts.input.id.is_some() => look.warn(
            "the description is bound to no manifest, so this one is only somebody's claim",
            "have the line `effects: 0x…` in the description before the proposal is made",
        ),
        None => look.note(format!("line for the description: {}", manifest.line())),
    }
    let Some(executed) = facts.executed() else {
        look.missing(facts.not_executed(), PLAY_FIRST);
        return look.finish("");
    };
    let differences = manifest.compare(facts.input, executed, &facts.readings);
    for line in differences.unexplained {
        look.fail(
            format!("unexplained: {line}"),
            "declare it, if it is meant; do not vote for it, if it is not",
        );
    }
    for line in differences.missing {
        look.fail(
            format!("missing: {line}"),
            "find out why it does not happen, or take it out of the manifest",
        );
    }
    look.finish("every effect is declared, and every declared effect happens")
}

/// D4: addresses that are stored.
pub(super) fn stored(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("D4", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "D4");
    let named = addresses_of(facts.input);
    let token = facts.input.deployment.contracts.btrst;
    // Blocks and votes side by side look like an address.
    let is_checkpoint = |write: &&Write| {
        let delegates = executed.effects.votes.keys().filter(|(of, _)| *of == token);
        write.contract == token && delegates.into_iter().any(|(_, account)| write.place.has_key(*account))
    };
    let writes = executed.effects.writes.iter().filter(|write| write.is_of_action());
    for write in writes.filter(|write| !is_checkpoint(write)) {
        let stored = address_in(write.change.after).or_else(|| packed_address(write.change.after));
        let before = address_in(write.change.before).or_else(|| packed_address(write.change.before));
        let Some(address) = stored.filter(|address| before != Some(*address)) else { continue };
        let place = format!(
            "{} of {}",
            write.place.show(|address| facts.input.short_name(address)),
            facts.input.name(write.contract)
        );
        match facts.stored.get(&address) {
            Some(true) if !facts.input.knows(address) && !named.contains_key(&address) => look.warn(
                format!("{place}: {address}, a contract that neither the deployment nor the proposal names"),
                "find out whose contract that is",
            ),
            Some(true) => look.note(format!("{place}: {} has code", facts.input.name(address))),
            Some(false) if facts.input.knows(address) => {
                look.note(format!("{place}: {} is a known account without code", facts.input.name(address)));
            }
            Some(false) => look.warn(
                format!("{place}: {address} has no code, and nobody knows it"),
                "find out whether an account or a contract is meant there",
            ),
            None => look.missing(format!("{place}: the code of {address} is not known"), ASK_AGAIN),
        }
    }
    look.finish("every address that is stored has code, or is a known account")
}

/// D8: events.
pub(super) fn events(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("D8", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "D8");
    let transfers = executed.effects.transfers.iter().filter(|transfer| transfer.action.is_some());
    for transfer in transfers {
        let Movement { asset, amount, from, to } = movement(facts.input, transfer);
        look.note(format!("{amount} {asset}: {from} -> {to}"));
    }
    for transfer in &executed.effects.transfers {
        let (Asset::Token(contract) | Asset::Item(contract, _)) = transfer.asset else { continue };
        let wrote = executed.effects.writes.iter().any(|write| write.contract == contract);
        if transfer.action.is_some() && !wrote && !transfer.amount.is_zero() && transfer.from != transfer.to {
            look.warn(
                format!("{} reports a transfer, and none of its storage changes", facts.input.name(contract)),
                "do not believe the event; look at D1 and D2",
            );
        }
    }
    for (action, log) in &executed.effects.events {
        let topic = log.topics().first().map_or_else(|| "no topic".to_owned(), ToString::to_string);
        look.note(format!(
            "action {}: event {topic} of {}, {} indexed values, {} bytes",
            action + 1,
            facts.input.name(log.address),
            log.topics().len().saturating_sub(1),
            log.data.data.len()
        ));
    }
    look.finish(format!("{} events", executed.effects.events.len()))
}
