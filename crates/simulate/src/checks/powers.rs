//! D5 to D7: who has power afterwards, which code runs, and what was to stay.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, U256};
use btrst_bindings::Contract;
use btrst_gov::amount::{Amount, Unit};

use super::{
    Input,
    bytecode::{ADMIN, BEACON, IMPLEMENTATIONS, address_in, delegates, layout},
    effects::{Asset, Delegated},
    facts::{Executed, Facts, Holder},
    look::{Look, PLAY_FIRST, not_run},
    slots::{packed_address, show_word},
    target::{ASK_AGAIN, suite},
    text::addresses,
};
use crate::{
    report::{Finding, PowerChange},
    trace::Change,
};

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

/// Powers that change, for the first page.
pub(super) fn powers(facts: &Facts<'_>) -> Option<Vec<PowerChange>> {
    let executed = facts.executed()?;
    let mut changes = held(facts, executed);
    let token = facts.input.deployment.contracts.btrst;
    changes.extend(treasury_votes(facts, executed).map(|change| PowerChange {
        contract: facts.input.name(token),
        power: "votes of the treasury".into(),
        before: delegate(facts.input, change.before),
        after: delegate(facts.input, change.after),
    }));
    for (account, votes) in gained_votes(facts, executed) {
        changes.push(PowerChange {
            contract: facts.input.name(token),
            power: format!("votes of {}", facts.input.name(account)),
            before: Amount::new(votes.before, Unit::Btrst).to_string(),
            after: Amount::new(votes.after, Unit::Btrst).to_string(),
        });
    }
    changes.extend(rights(facts, executed).into_iter().map(|(change, _)| change));
    Some(changes)
}

/// Who has the votes that were delegated to `account`, in words.
fn delegate(input: &Input<'_>, account: Address) -> String {
    if account.is_zero() { "nobody".into() } else { input.name(account) }
}

/// Powers over contracts that change hands or value: answers, roles and implementations.
fn held(facts: &Facts<'_>, executed: &Executed) -> Vec<PowerChange> {
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
    for held in roles(facts, executed) {
        let shown = |has: bool| if has { "yes" } else { "no" }.to_owned();
        let after = match held.before == held.after {
            true => format!("{}, after it was {} on the way", shown(held.after), shown(!held.after)),
            false => shown(held.after),
        };
        changes.push(PowerChange {
            contract: facts.input.name(held.contract),
            power: format!("{} for {}", held.words(), facts.input.name(held.account)),
            before: shown(held.before),
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
    changes
}

/// A role of an account that was reported to be given or taken.
struct Held {
    contract: Address,
    role: B256,
    account: Address,
    before: bool,
    after: bool,
    /// What the events say about `after`.
    reported: bool,
}

impl Held {
    fn words(&self) -> String {
        if self.role.is_zero() { "the admin role".to_owned() } else { format!("role {}", self.role) }
    }
}

/// What becomes of the roles that are given or taken: as the contract answers, else as its events have it.
fn roles(facts: &Facts<'_>, executed: &Executed) -> Vec<Held> {
    let mut held: BTreeMap<Holder, (bool, bool)> = BTreeMap::new();
    for role in &executed.effects.roles {
        let seen = held.entry((role.contract, role.role, role.account));
        seen.or_insert((!role.granted, role.granted)).1 = role.granted;
    }
    let held = held.into_iter().map(|((contract, role, account), (before, reported))| {
        let answers = facts.roles.get(&(contract, role, account)).copied().unwrap_or_default();
        let [first, last] = answers;
        let (before, after) = (first.unwrap_or(before), last.unwrap_or(reported));
        Held { contract, role, account, before, after, reported }
    });
    held.collect()
}

/// D5: the power graph.
pub(super) fn power(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("D5", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "D5");
    let treasury = facts.input.name(facts.input.deployment.contracts.timelock);
    for change in held(facts, executed) {
        let line = format!("{}: {}: {} -> {}", change.contract, change.power, change.before, change.after);
        // What the treasury holds and gives away, and what becomes admin of anything, decides about everything later.
        let leaves = change.before.contains(&treasury) && !change.after.contains(&treasury);
        let renounced = change.power.ends_with(&treasury) && change.before == "yes" && change.after == "no";
        if change.power.starts_with("pending") && change.after != "0" {
            look.warn(
                format!("{line}; it takes over as soon as it accepts, at any time and without a vote"),
                "make sure that the new holder is the one that is meant, and that it can accept",
            );
        } else if leaves || renounced {
            look.warn(
                format!("the treasury gives up: {line}"),
                "make sure that the new holder is the one that is meant",
            );
        } else {
            look.warn(line, "compare it with what the description says");
        }
    }
    for (ruler, why) in rulers(facts) {
        look.fail(
            format!("the treasury would belong to {ruler}, {why}"),
            "do not vote for it: whoever is admin of the time lock has everything",
        );
    }
    let (gained, votes) =
        (strangers(facts).into_iter().chain(given(facts, executed)), votes(facts, executed));
    for (line, advice) in gained.chain(votes).chain(stuck(facts)) {
        match advice {
            Graver::Fail(advice) => look.fail(line, advice),
            Graver::Warn(advice) => look.warn(line, advice),
        }
    }
    for line in silent_roles(facts).into_iter().chain(denied_roles(facts)) {
        look.fail(line, "do not trust this contract: it reports other roles than it gives");
    }
    look.finish("nobody gains or loses power")
}

/// How grave a line is, with the advice.
enum Graver {
    Fail(&'static str),
    Warn(&'static str),
}

/// New admins of the treasury, also pending ones, that are no governor of it as far as it is known, and why.
fn rulers(facts: &Facts<'_>) -> Vec<(String, &'static str)> {
    let timelock = facts.input.deployment.contracts.timelock;
    let changed = facts.readings.iter().filter(|reading| {
        reading.contract == timelock
            && reading.before != reading.after
            && matches!(reading.power.as_str(), "admin()" | "pendingAdmin()")
    });
    let rulers = changed.filter_map(|reading| account_in(reading.after.as_ref()?));
    rulers
        .filter(|ruler| !ruler.is_zero() && *ruler != facts.input.deployment.contracts.governor)
        .filter_map(|ruler| {
            let why = match facts.code(ruler) {
                // A governor has its time lock as an immutable in its code.
                Ok(code) if suite(code) == Some(Contract::BraintrustGovernor) => {
                    let own = code.windows(20).any(|part| part == timelock.as_slice());
                    return (!own)
                        .then(|| (facts.input.name(ruler), "which is the governor of another treasury"));
                }
                Ok(code) if !code.is_empty() => "which is no governor that this repository compiles",
                _ => "which is not known to be a contract",
            };
            Some((facts.input.name(ruler), why))
        })
        .collect()
}

/// The account that an answer of one word is.
fn account_in(answer: &Bytes) -> Option<Address> {
    Some(Address::from_word(B256::try_from(answer.as_ref()).ok()?))
}

/// Whether `account` has no code, and neither the deployment nor the description names it.
fn is_stranger(facts: &Facts<'_>, account: Address) -> bool {
    let empty = match facts.code(account) {
        Ok(code) => code.is_empty(),
        Err(_) => facts.stored.get(&account) == Some(&false),
    };
    let special = account.iter().take(16).all(|byte| *byte == 0);
    let told = addresses(&facts.input.proposal.description);
    empty && !special && !facts.input.knows(account) && told.iter().all(|(known, _)| *known != account)
}

/// Powers and roles that go to accounts without code whom neither the deployment nor the description names.
fn strangers(facts: &Facts<'_>) -> Vec<(String, Graver)> {
    let Some(executed) = facts.executed() else { return Vec::new() };
    let holders =
        facts.readings.iter().filter(|reading| reading.before != reading.after).filter_map(|reading| {
            let word = U256::try_from_be_slice(reading.after.as_ref()?.as_ref())?;
            Some((address_in(word)?, reading.contract, reading.power.clone()))
        });
    let granted = roles(facts, executed).into_iter().filter(|held| held.after && !held.before);
    let granted = granted.map(|held| (held.account, held.contract, held.words()));
    let gained = holders.chain(granted).filter(|(account, ..)| is_stranger(facts, *account));
    gained
        .map(|(account, contract, power)| {
            let contract = facts.input.name(contract);
            let line = format!(
                "{contract}: {power} goes to {account}, no contract, and named neither in the deployment nor in the \
                 description"
            );
            (line, Graver::Fail("do not give power to a key that nobody answers for"))
        })
        .collect()
}

/// The treasury's votes that go to another delegate.
fn treasury_votes<'a>(facts: &'a Facts<'_>, executed: &'a Executed) -> impl Iterator<Item = &'a Delegated> {
    let contracts = &facts.input.deployment.contracts;
    let delegated = executed.effects.delegated.iter();
    delegated.filter(|change| {
        (change.token, change.holder) == (contracts.btrst, contracts.timelock)
            && change.before != change.after
    })
}

/// Accounts that have more votes than before, where that matters to governance: the proposer, whoever gets those of the
/// treasury, and whoever alone has a quorum then.
fn gained_votes<'a>(
    facts: &'a Facts<'_>,
    executed: &'a Executed,
) -> impl Iterator<Item = (Address, Change<U256>)> {
    let token = facts.input.deployment.contracts.btrst;
    let gained = executed
        .effects
        .votes
        .iter()
        .filter(move |((of, _), votes)| *of == token && votes.after > votes.before);
    gained.map(|((_, account), votes)| (*account, *votes)).filter(|(account, votes)| {
        Some(*account) == facts.input.proposer
            || treasury_votes(facts, executed).any(|change| change.after == *account)
            || rules_alone(facts, votes.after)
    })
}

/// Whether so many votes are a quorum.
fn rules_alone(facts: &Facts<'_>, votes: U256) -> bool {
    facts.governance.as_ref().is_ok_and(|chain| votes >= chain.quorum)
}

/// What D5 says of votes that go where they were not.
fn votes(facts: &Facts<'_>, executed: &Executed) -> Vec<(String, Graver)> {
    let who = |account: Address| {
        let own = if Some(account) == facts.input.proposer { ", who makes this proposal," } else { "" };
        format!("{}{own}", delegate(facts.input, account))
    };
    let advice = "decide whether this account may have more votes by this proposal";
    let mut lines = Vec::new();
    for change in treasury_votes(facts, executed) {
        let line = format!("the votes of the treasury go to {}", who(change.after));
        lines.push((line.trim_end_matches(',').to_owned(), Graver::Warn(advice)));
    }
    for (account, votes) in gained_votes(facts, executed) {
        let gained = Amount::new(votes.after - votes.before, Unit::Btrst);
        let mut line = format!("{} gains {gained} of votes", who(account));
        if !rules_alone(facts, votes.after) {
            lines.push((line, Graver::Warn(advice)));
            continue;
        }
        line.push_str(", and alone has a quorum then");
        let by_treasury = treasury_votes(facts, executed).any(|change| change.after == account);
        lines.push((line, if is_stranger(facts, account) {
            Graver::Fail("do not give so many votes to a key that nobody answers for")
        } else if by_treasury {
            Graver::Fail("do not vote for it: this account could pass whatever it likes, with the treasury's own votes")
        } else {
            Graver::Warn(advice)
        }));
    }
    lines
}

/// Parameters after which nobody could propose, or no proposal could pass.
fn stuck(facts: &Facts<'_>) -> Vec<(String, Graver)> {
    let Ok(chain) = &facts.governance else { return Vec::new() };
    let all = chain.delegates.iter().fold(U256::ZERO, |sum, (_, votes)| sum.saturating_add(*votes));
    let most = chain.delegates.iter().map(|(_, votes)| *votes).max().unwrap_or_default();
    let changed = facts.readings.iter().filter(|reading| {
        reading.contract == facts.input.deployment.contracts.governor && reading.before != reading.after
    });
    changed
        .filter_map(|reading| {
            let number = U256::try_from_be_slice(reading.after.as_ref()?.as_ref())?;
            let shown = Amount::new(number, Unit::Btrst);
            let line = match reading.power.as_str() {
                "quorumVotes()" if number > all => {
                    format!("a quorum of {shown}: all known delegates together could not reach it")
                }
                "proposalThreshold()" if number >= most => {
                    format!("a threshold of {shown}: no known delegate could make a proposal")
                }
                _ => return None,
            };
            Some((line, Graver::Fail("do not vote for what ends all voting")))
        })
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
            // Kinds of a collection (ERC-1155) are kept in the same way.
            let moved = effects.transfers.iter().any(|transfer| {
                transfer.to == account && transfer.asset == Asset::Item(write.contract, role.into())
            });
            (is_role && given && !reported && !moved).then(|| {
                format!(
                    "{} gives {} the role {role}, and reports nothing",
                    facts.input.name(write.contract),
                    facts.input.name(account)
                )
            })
        })
        .collect()
}

/// Roles of which a contract answers something else than its events say.
fn denied_roles(facts: &Facts<'_>) -> Vec<String> {
    let Some(executed) = facts.executed() else { return Vec::new() };
    let denied = roles(facts, executed).into_iter().filter(|held| held.after != held.reported);
    let lines = denied.map(|held| {
        format!(
            "{} reports that {} {} {}, and answers the opposite",
            facts.input.name(held.contract),
            facts.input.name(held.account),
            if held.reported { "gets" } else { "loses" },
            held.words()
        )
    });
    lines.collect()
}

/// Words that a contract keeps by account and that are set for one, as rights of wards, modules, minters and whitelists
/// are, and accounts that it keeps for the treasury, such as hooks and operators, unless a known event explains them.
fn rights(facts: &Facts<'_>, executed: &Executed) -> Vec<(PowerChange, Address)> {
    let contracts = &facts.input.deployment.contracts;
    let effects = &executed.effects;
    let writes = effects.writes.iter().filter(|write| write.is_of_action() && write.place.offset == 0);
    writes
        .filter_map(|write| {
            let (first, rest) = write.place.keys.split_first()?;
            let key = address_in(U256::try_from_be_slice(first.as_ref()?)?)?;
            let (before, after) = (write.change.before, write.change.after);
            let treasurys = key == contracts.timelock;
            let account = if treasurys { address_in(after)? } else { key };
            // Flags, and lists in which each account leads to the next; whatever the governor keeps.
            let governs = [contracts.governor, contracts.timelock].contains(&write.contract);
            let is_flag = after == U256::from(1) || address_in(after).is_some() || governs;
            let paid = effects.transfers.iter().any(|transfer| {
                transfer.to == account
                    && matches!(transfer.asset, Asset::Token(of) | Asset::Item(of, _) if of == write.contract)
            });
            let delegated = effects.delegated.iter().any(|change| change.token == write.contract);
            let given = treasurys || (rest.is_empty() && before.is_zero() && is_flag);
            if !given || paid || delegated {
                return None;
            }
            let name = |address| facts.input.name(address);
            let change = PowerChange {
                contract: name(write.contract),
                power: format!(
                    "kept for {}, as rights are, in {}",
                    name(key),
                    write.place.show(|address| facts.input.short_name(address))
                ),
                before: show_word(before, name),
                after: show_word(after, name),
            };
            Some((change, account))
        })
        .collect()
}

/// What D5 says of rights.
fn given(facts: &Facts<'_>, executed: &Executed) -> Vec<(String, Graver)> {
    let lines = rights(facts, executed).into_iter().map(|(change, account)| {
        let line = format!("{}: {}: {} -> {}", change.contract, change.power, change.before, change.after);
        let graver = if is_stranger(facts, account) {
            Graver::Fail("do not give power to a key that nobody answers for")
        } else {
            Graver::Warn("find out what this account may do by it")
        };
        (line, graver)
    });
    lines.collect()
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
    for line in other_code(facts) {
        look.warn(line, "find out whether it runs that code, and read it as if it were a new contract");
    }
    look.finish("nothing is upgraded")
}

/// Contracts that contracts which run code from elsewhere put into their storage: wallets and proxies of other makes keep
/// theirs in a plain variable, and diamonds by selector.
fn other_code(facts: &Facts<'_>) -> Vec<String> {
    let Some(executed) = facts.executed() else { return Vec::new() };
    let account = |word| address_in(word).or_else(|| packed_address(word));
    let standard = |slot| [ADMIN, BEACON].contains(&slot) || IMPLEMENTATIONS.contains(&slot);
    let writes = executed.effects.writes.iter().filter(|write| write.is_of_action() && !standard(write.slot));
    writes
        .filter_map(|write| {
            let stored = account(write.change.after)?;
            let is_new =
                account(write.change.before) != Some(stored) && facts.stored.get(&stored) == Some(&true);
            let name = |address| facts.input.name(address);
            (is_new && delegates(facts.code(write.contract).ok()?)).then(|| {
                format!(
                    "{} runs code from elsewhere, and keeps the contract {} in {} afterwards",
                    name(write.contract),
                    name(stored),
                    write.place.show(name)
                )
            })
        })
        .collect()
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
