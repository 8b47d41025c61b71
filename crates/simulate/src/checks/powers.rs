//! D5 to D7: who has power afterwards, which code runs, and what was to stay.

use alloy::primitives::{Address, B256, Bytes, U256};

use super::{
    Input,
    bytecode::{address_in, layout},
    facts::Facts,
    look::{Look, PLAY_FIRST, not_run},
    slots::show_word,
    target::ASK_AGAIN,
};
use crate::report::{Finding, PowerChange};

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
    let mut look = Look::of(facts, "D5");
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
    for ruler in keys_that_rule(facts) {
        look.fail(
            format!("the treasury would belong to {ruler}, which is not known to be a contract"),
            "do not vote for it: whoever has this account's key would have everything",
        );
    }
    let silent = silent_roles(facts);
    for line in silent {
        look.fail(line, "do not trust this contract: it gives roles that it does not report");
    }
    look.finish("nobody gains or loses power")
}

/// New admins of the treasury, also pending ones, that are no contract as far as it is known.
fn keys_that_rule(facts: &Facts<'_>) -> Vec<String> {
    let timelock = facts.input.deployment.contracts.timelock;
    let changed = facts.readings.iter().filter(|reading| {
        reading.contract == timelock
            && reading.before != reading.after
            && matches!(reading.power.as_str(), "admin()" | "pendingAdmin()")
    });
    changed
        .filter_map(|reading| {
            Some(Address::from_word(B256::try_from(reading.after.as_ref()?.as_ref()).ok()?))
        })
        .filter(|ruler| !ruler.is_zero() && !facts.code(*ruler).is_ok_and(|code| !code.is_empty()))
        .map(|ruler| facts.input.name(ruler))
        .collect()
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
    let mut look = Look::of(facts, "D6");
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
    let mut look = Look::of(facts, "D7");
    for (index, invariant) in asked.iter().enumerate() {
        let what = format!("`{}` of {}", invariant.words, facts.input.name(invariant.contract));
        let Some(Some(found)) = facts.invariants.get(index) else {
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
