//! D1 to D8: what the execution leaves behind.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, U256};
use btrst_gov::amount::{Amount, Unit};

use super::{
    Input,
    bytecode::{address_in, layout},
    effects::{Asset, Effects, Transfer},
    facts::{Executed, Facts},
    known::typed,
    look::{Look, not_run},
    slots::{packed_address, show_word},
    target::ASK_AGAIN,
};
use crate::{
    manifest::bound_to,
    report::{Finding, Movement, PowerChange},
};

/// Advice where there was no execution to look at.
const PLAY_FIRST: &str = "repair what C1 shows, and check again";

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
    let mut look = Look::at("D1");
    let name = |address: Address| facts.input.short_name(address);
    let mut writes: Vec<_> = executed.effects.writes.iter().collect();
    writes.sort_by_key(|write| !write.is_of_action());
    let of_actions = writes.iter().filter(|write| write.is_of_action()).count();
    for write in &writes {
        let (before, after) = (write.change.before, write.change.after);
        let around = if write.is_of_action() { "" } else { " (bookkeeping of the execution)" };
        let unnamed = write.place.keys.is_empty() && write.place.base.bit_len() > 128;
        let raw = if unnamed { format!(", raw slot {}", B256::from(write.slot)) } else { String::new() };
        look.note(format!(
            "{}: {}: {} -> {}{raw}{around}",
            facts.input.name(write.contract),
            write.place.show(name),
            show_word(before, name),
            show_word(after, name)
        ));
    }
    if !executed.trace.is_whole() && executed.trace.omitted_preimages > 0 {
        look.warn("too many hashes were computed to name every slot", "read the raw slots");
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

/// Allowances of the treasury that an action asks for itself: token and spender.
fn asked_for(input: &Input<'_>) -> Vec<(Address, Address)> {
    let approvals = input.proposal.actions.iter().map(typed).filter(|action| {
        matches!(
            action.signature.as_str(),
            "approve(address,uint256)"
                | "increaseAllowance(address,uint256)"
                | "setApprovalForAll(address,bool)"
        )
    });
    approvals
        .filter_map(|action| Some((action.target, action.arguments().ok()?.first()?.as_address()?)))
        .collect()
}

/// D2: balances and allowances.
pub(super) fn balances(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("D2", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::at("D2");
    let input = facts.input;
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
        let silent = !effects.net().contains_key(&(Asset::Token(known.token), known.holder));
        if let (Some(before), Some(after)) = (known.before, known.after)
            && before != after
            && silent
        {
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
    let asked = asked_for(input);
    for change in treasury_allowances(facts, executed) {
        let (token, spender) = (change.token, change.spender);
        let line = format!(
            "{} may spend {} of the treasury's {} afterwards",
            input.name(spender),
            if change.after == U256::MAX { "all".to_owned() } else { change.after.to_string() },
            input.name(token)
        );
        if change.after.is_zero() {
            look.note(format!(
                "{} may spend nothing of the treasury's {} any more",
                input.name(spender),
                input.name(token)
            ));
        } else if !asked.contains(&(token, spender)) {
            look.fail(
                format!("hidden: {line}, and no action says so"),
                "do not vote for it: an allowance is money that can be taken without a vote",
            );
        } else if change.after >= U256::MAX >> 1 {
            look.warn(format!("{line}, without a limit"), "allow what is needed, and not more");
        } else {
            look.warn(line, "make sure that the spender is a contract that takes it in the same proposal");
        }
    }
    look.finish("no allowance of the treasury stays; balances change as reported")
}

/// An allowance of the treasury that is another one afterwards.
struct AllowanceChange {
    token: Address,
    spender: Address,
    before: Option<U256>,
    after: U256,
}

/// Allowances of the treasury that change, from events, from storage and from the token's own answers.
fn treasury_allowances(facts: &Facts<'_>, executed: &Executed) -> Vec<AllowanceChange> {
    let treasury = facts.input.deployment.contracts.timelock;
    let mut changes: BTreeMap<(Address, Address), (Option<U256>, U256)> = BTreeMap::new();
    for set in executed.effects.final_allowances().values().filter(|set| set.owner == treasury) {
        changes.insert((set.token, set.spender), (None, set.amount));
    }
    for ((token, spender), change) in executed.effects.written_allowances(treasury) {
        changes.insert((token, spender), (Some(change.before), change.after));
    }
    for known in facts.balances.iter().filter(|known| known.holder == treasury) {
        if let (Some(spender), Some(after)) = (known.spender, known.after) {
            // What the token answers is what counts: an allowance that was used up is none.
            changes.insert((known.token, spender), (known.before, after));
        }
    }
    changes
        .into_iter()
        .filter(|(_, (before, after))| *before != Some(*after))
        .map(|((token, spender), (before, after))| AllowanceChange { token, spender, before, after })
        .collect()
}

/// Allowances for the first page.
pub(super) fn allowances(facts: &Facts<'_>) -> Option<Vec<PowerChange>> {
    let executed = facts.executed()?;
    let shown = |amount: U256| if amount == U256::MAX { "all".to_owned() } else { amount.to_string() };
    let changes = treasury_allowances(facts, executed).into_iter().map(|change| PowerChange {
        contract: facts.input.name(change.token),
        power: format!("may be spent by {}", facts.input.name(change.spender)),
        before: change.before.map_or_else(|| "?".to_owned(), shown),
        after: shown(change.after),
    });
    Some(changes.collect())
}

/// D3: the manifest.
pub(super) fn manifest(facts: &Facts<'_>) -> Finding {
    let mut look = Look::at("D3");
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
    let mut look = Look::at("D4");
    for write in executed.effects.writes.iter().filter(|write| write.is_of_action()) {
        let stored = address_in(write.change.after).or_else(|| packed_address(write.change.after));
        let before = address_in(write.change.before).or_else(|| packed_address(write.change.before));
        let Some(address) = stored.filter(|address| before != Some(*address)) else { continue };
        let place = format!(
            "{} of {}",
            write.place.show(|address| facts.input.short_name(address)),
            facts.input.name(write.contract)
        );
        match facts.stored.get(&address) {
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

/// The answer of a power in words.
fn answer(input: &Input<'_>, answer: Option<&Bytes>) -> String {
    let Some(answer) = answer else { return "no answer".into() };
    if answer.is_empty() || !answer.len().is_multiple_of(32) {
        return answer.to_string();
    }
    let words = answer.chunks_exact(32).take(4).map(|word| {
        let word = U256::from_be_bytes(B256::from_slice(word).0);
        if word.is_zero() { "0".to_owned() } else { show_word(word, |address| input.name(address)) }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Powers that change, for the first page and D5.
pub(super) fn powers(facts: &Facts<'_>) -> Option<Vec<PowerChange>> {
    let executed = facts.executed()?;
    let mut changes: Vec<PowerChange> = facts
        .readings
        .iter()
        .filter(|reading| reading.before != reading.after)
        .map(|reading| PowerChange {
            contract: facts.input.name(reading.contract),
            power: reading.power.clone(),
            before: answer(facts.input, reading.before.as_ref()),
            after: answer(facts.input, reading.after.as_ref()),
        })
        .collect();
    for role in &executed.effects.roles {
        let name =
            if role.role.is_zero() { "the admin role".to_owned() } else { format!("role {}", role.role) };
        let (no, yes) = ("no".to_owned(), "yes".to_owned());
        let (before, after) = if role.granted { (no, yes) } else { (yes, no) };
        changes.push(PowerChange {
            contract: facts.input.name(role.contract),
            power: format!("{name} for {}", facts.input.name(role.account)),
            before,
            after,
        });
    }
    for upgrade in &facts.upgrades {
        changes.push(PowerChange {
            contract: facts.input.name(upgrade.proxy),
            power: "implementation".into(),
            before: facts.input.name(upgrade.before),
            after: facts.input.name(upgrade.after),
        });
    }
    changes.sort();
    changes.dedup();
    Some(changes)
}

/// D5: the power graph.
pub(super) fn power(facts: &Facts<'_>) -> Finding {
    let Some(changes) = powers(facts) else { return not_run("D5", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::at("D5");
    let treasury = facts.input.name(facts.input.deployment.contracts.timelock);
    for change in changes {
        let line = format!("{}: {}: {} -> {}", change.contract, change.power, change.before, change.after);
        // What the treasury holds and gives away, and what becomes admin of anything, decides about everything later.
        let leaves = change.before.contains(&treasury) && !change.after.contains(&treasury);
        if leaves && !change.power.starts_with("may be spent") {
            look.warn(
                format!("the treasury gives up: {line}"),
                "make sure that the new holder is the one that is meant",
            );
        } else {
            look.warn(line, "compare it with what the description says");
        }
    }
    let silent = silent_roles(facts);
    for line in silent {
        look.fail(line, "do not trust this contract: it gives roles that it does not report");
    }
    look.finish("nobody gains or loses power")
}

/// Writes that look like roles given without an event: a mapping by a word and then by an account whose lowest byte
/// becomes one, at a contract that reports no such role.
fn silent_roles(facts: &Facts<'_>) -> Vec<String> {
    let Some(executed) = facts.executed() else { return Vec::new() };
    let effects = &executed.effects;
    let writes = effects.writes.iter().filter(|write| write.is_of_action());
    writes
        .filter_map(|write| {
            let [Some(role), Some(account)] = write.place.keys.as_slice() else { return None };
            let role = B256::from(<[u8; 32]>::try_from(&role[..]).ok()?);
            let account = address_in(U256::from_be_bytes(<[u8; 32]>::try_from(&account[..]).ok()?))?;
            let is_role =
                (role.is_zero() || U256::from_be_bytes(role.0).bit_len() > 200) && write.place.offset == 0;
            let given = write.change.before.is_zero() && write.change.after == U256::from(1);
            let reported = effects
                .roles
                .iter()
                .any(|known| (known.contract, known.role, known.account) == (write.contract, role, account));
            (is_role && given && !reported).then(|| {
                format!(
                    "{} gives {} the role {role}, and reports nothing",
                    facts.input.name(write.contract),
                    facts.input.name(account)
                )
            })
        })
        .collect()
}

/// D6: upgrades.
pub(super) fn upgrades(facts: &Facts<'_>) -> Finding {
    if facts.executed().is_none() {
        return not_run("D6", facts.not_executed(), PLAY_FIRST);
    }
    let mut look = Look::at("D6");
    for upgrade in &facts.upgrades {
        let proxy = facts.input.name(upgrade.proxy);
        let (before, after) = (facts.input.name(upgrade.before), facts.input.name(upgrade.after));
        look.warn(
            format!("{proxy} runs {after} instead of {before}"),
            "read the new code as if it were a new contract",
        );
        if upgrade.new.is_empty() {
            look.fail(
                format!("{proxy} gets {after}, which has no code: it stops working"),
                "deploy the implementation first",
            );
            continue;
        }
        match (layout(&upgrade.old), layout(&upgrade.new)) {
            (Some(old), Some(new)) => {
                for (slot, offset, ty) in &old {
                    let there =
                        new.iter().filter(|(s, o, _)| s == slot && o == offset).map(|(_, _, t)| t.as_str());
                    let there: Vec<_> = there.collect();
                    let cut = new.iter().any(|(s, o, t)| {
                        let end = o.saturating_add(width(t));
                        s == slot && o < offset && end > *offset
                    });
                    if cut || (!there.is_empty() && !there.contains(&ty.as_str())) {
                        look.fail(
                            format!(
                                "{proxy}: slot {slot:#x}, byte {offset} was `{ty}` and is read as `{}`",
                                there.join("` or `")
                            ),
                            "keep the order and types of the variables; add new ones at the end",
                        );
                    } else if there.is_empty() {
                        look.note(format!(
                            "{proxy}: `{ty}` in slot {slot:#x}, byte {offset} is no longer used"
                        ));
                    }
                }
            }
            _ => look.missing(
                format!("the storage layouts of {before} and {after} cannot be told from their code"),
                "compare the layouts of the verified sources",
            ),
        }
        if upgrade.initialized.is_zero() {
            look.warn(
                format!("the initializer of {after} itself may be open"),
                "lock it in its constructor; whoever initializes it may be able to act with it",
            );
        }
    }
    look.finish("nothing is upgraded")
}

/// Bytes that a value of the type `ty` takes in its slot.
fn width(ty: &str) -> u8 {
    let bits = |digits: &str| digits.parse::<u16>().ok().and_then(|bits| u8::try_from(bits / 8).ok());
    match ty {
        "bool" => 1,
        "address" => 20,
        _ => ty
            .strip_prefix("uint")
            .or_else(|| ty.strip_prefix("int"))
            .and_then(bits)
            .or_else(|| ty.strip_prefix("bytes").and_then(|digits| digits.parse().ok()))
            .unwrap_or(32),
    }
}

/// D7: the manifest's invariants.
pub(super) fn invariants(facts: &Facts<'_>) -> Finding {
    let asked = facts.input.manifest.map(|manifest| manifest.invariants.as_slice()).unwrap_or_default();
    if asked.is_empty() {
        return not_run(
            "D7",
            "no invariants are declared",
            "declare `[[invariants]]` in the effects manifest",
        );
    }
    if facts.executed().is_none() {
        return not_run("D7", facts.not_executed(), PLAY_FIRST);
    }
    let mut look = Look::at("D7");
    for (index, invariant) in asked.iter().enumerate() {
        let what = format!("`{}` of {}", invariant.words, facts.input.name(invariant.contract));
        let Some(found) = facts.invariants.get(index) else {
            look.missing(format!("{what} was not asked"), ASK_AGAIN);
            continue;
        };
        let (before, after) =
            (answer(facts.input, found.before.as_ref()), answer(facts.input, found.after.as_ref()));
        let wanted = invariant.after.as_ref().or(found.before.as_ref());
        match (&found.after, wanted) {
            (Some(after_bytes), Some(wanted)) if after_bytes == wanted => {
                look.note(format!("{what}: {before} -> {after}"))
            }
            (None, _) => look.fail(
                format!("{what} has no answer afterwards"),
                "correct the question, or do not vote for it",
            ),
            (_, wanted) => look.fail(
                format!("{what}: {before} -> {after}, expected {}", answer(facts.input, wanted)),
                "do not vote for what breaks what its authors promise",
            ),
        }
    }
    look.finish(format!("{} answers are as declared", asked.len()))
}

/// D8: events.
pub(super) fn events(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("D8", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::at("D8");
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
