//! A7: the text that voters read, and whether it is about the same as the actions.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, U256},
};
use btrst_gov::{
    Action, Deployment,
    amount::{Amount, Unit},
    proposal::{has_number, has_word},
};

use super::{
    Input,
    facts::named_in,
    known::typed,
    look::Look,
    shape::numbered,
    text::{addresses, amounts, tricks},
};
use crate::report::{Finding, shortened};

/// Words that must not be imitated, besides the deployment's names.
const WORDS: [&str; 8] =
    ["BTRST", "USDC", "WETH", "Braintrust", "timelock", "governor", "treasury", "guardian"];

/// Units whose amounts are compared with the actions.
const UNITS: [&str; 5] = ["BTRST", "USDC", "WETH", "ETH", "ether"];

/// Longest description that people read to its end, in bytes.
const READABLE: usize = 32_768;

/// A7.
pub(super) fn check(input: &Input<'_>) -> Finding {
    let mut look = Look::at("A7");
    let text = &input.proposal.description;
    let title = text.lines().next().unwrap_or_default();
    if text.trim().is_empty() {
        look.fail("there is no description", "say what the proposal does, and why");
    } else if title.strip_prefix("# ").is_none_or(|title| title.trim().is_empty()) {
        look.warn(
            format!("the first line is no title: {:?}", shortened(title, 80)),
            "begin with a line such as `# Lower the marketplace fee`",
        );
    }
    if text.len() > READABLE {
        look.warn(
            format!("{} bytes of text; few will read to the end", text.len()),
            "put the details elsewhere, with their hash",
        );
    }
    let accounts = input.deployment.accounts.iter().map(|account| account.name.as_str());
    let names: Vec<&str> = WORDS.into_iter().chain(accounts).collect();
    for trick in tricks(text, &names) {
        let line = trick.to_string();
        if trick.is_deceptive() {
            look.fail(line, "do not vote for a text that does not show what it says; ask for a clean one");
        } else {
            look.warn(line, "read the description as plain text");
        }
    }
    compare_addresses(input, &mut look);
    compare_amounts(input, &mut look);
    look.finish(format!("{} bytes, a title, no hidden characters; it names what the actions do", text.len()))
}

/// Addresses of the text that no action uses, and addresses of the actions that the text does not name.
fn compare_addresses(input: &Input<'_>, look: &mut Look) {
    let text = &input.proposal.description;
    let mut used: BTreeSet<Address> = BTreeSet::new();
    let mut unnamed: Vec<(usize, Address)> = Vec::new();
    for (number, action) in numbered(input) {
        let mut named = named_in(action);
        named.insert(action.target);
        for address in &named {
            let contract = input.deployment.contracts.iter().any(|(_, known)| known == *address);
            let by_name = input.deployment.name_of(*address).is_some_and(|name| has_word(text, name));
            if !contract && !by_name && !contains_address(text, *address) {
                unnamed.push((number, *address));
            }
        }
        used.extend(named);
    }
    let mut unused: Vec<Address> = Vec::new();
    for (address, written) in addresses(text) {
        let digits = written.get(2..).unwrap_or_default();
        let mixed = digits.contains(|c: char| c.is_ascii_lowercase())
            && digits.contains(|c: char| c.is_ascii_uppercase());
        if mixed && address.to_checksum(None) != written {
            look.warn(format!("`{written}` has a wrong checksum"), "ask which address is meant");
        }
        if !used.contains(&address) && !input.knows(address) && !unused.contains(&address) {
            unused.push(address);
        }
    }
    // One of each is what a text looks like that speaks of another receiver.
    if let (Some(told), [(number, address), ..]) = (unused.first(), unnamed.as_slice()) {
        look.fail(
            format!(
                "the description names {told}, and action {number} uses {} instead",
                input.name(*address)
            ),
            "do not vote for a text that is about another address than the action",
        );
    }
    for (number, address) in unnamed {
        look.warn(
            format!("action {number} uses {}, which the description does not name", input.name(address)),
            "ask whose address this is",
        );
    }
    for address in unused {
        look.warn(
            format!("the description names {address}, which no action uses"),
            "compare it with the addresses of the actions, digit by digit",
        );
    }
    let is_name = |word: &&str| word.len() > 4 && word.to_lowercase().ends_with(".eth");
    let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_')));
    if let Some(name) = words.map(|word| word.trim_end_matches('.')).find(is_name) {
        look.warn(
            format!(
                "`{}` is a name that its owner can point elsewhere; the action has an address",
                shortened(name, 80)
            ),
            "compare the address, not the name",
        );
    }
}

fn contains_address(text: &str, address: Address) -> bool {
    addresses(text).iter().any(|(found, _)| *found == address)
}

/// Amounts of the actions that the text does not name, and those of the text that no action has.
fn compare_amounts(input: &Input<'_>, look: &mut Look) {
    let text = &input.proposal.description;
    let mut moved: BTreeSet<String> = BTreeSet::new();
    let mut sums: BTreeMap<&str, Amount> = BTreeMap::new();
    let mut unsaid: Vec<(usize, Moved)> = Vec::new();
    let mut known = true;
    for (number, action) in numbered(input) {
        let found = amounts_of(input.deployment, action);
        known &= found.is_some();
        for amount in found.unwrap_or_default() {
            moved.insert(amount.digits.clone());
            let sum = sums.entry(amount.unit).or_insert(Amount::new(U256::ZERO, amount.amount.unit));
            sum.base = sum.base.saturating_add(amount.amount.base);
            if !has_number(text, &amount.digits) {
                unsaid.push((number, amount));
            }
        }
    }
    // Several payments of one kind may be told together.
    moved.extend(sums.into_values().map(digits_of));
    // What an unknown function moves cannot be told, so an amount of the text may belong to it.
    let mut told: Vec<_> =
        amounts(text, &UNITS).into_iter().filter(|(amount, _)| !moved.contains(amount)).collect();
    told.sort();
    told.dedup();
    for (number, amount) in &unsaid {
        let line = format!("action {number} is about {}", amount.amount);
        match told.iter().find(|(_, unit)| kind(unit) == amount.unit) {
            Some((digits, unit)) => {
                let scale = if significant(digits) == significant(&amount.digits) {
                    ": the digits are the same, and the decimals are not"
                } else {
                    ""
                };
                look.fail(
                    format!("{line}, and the description speaks of {digits} {unit}{scale}"),
                    "do not vote for a text that is about another amount than the action",
                );
            }
            None => look.warn(
                format!("{line}, which the description does not say"),
                "compare the amounts of the text with those of the actions",
            ),
        }
    }
    for (amount, unit) in told {
        if known {
            look.warn(
                format!("the description speaks of {amount} {unit}, and no action does"),
                "compare the amounts of the text with those of the actions",
            );
        } else {
            look.note(format!("the description speaks of {amount} {unit}"));
        }
    }
}

/// An amount that an action is about.
struct Moved {
    amount: Amount,
    digits: String,
    /// The unit as [`kind`] has it.
    unit: &'static str,
}

/// The unit of which `unit` is another name.
fn kind(unit: &str) -> &'static str {
    match unit {
        "BTRST" => "BTRST",
        "USDC" => "USDC",
        "ETH" | "WETH" | "ether" => "ether",
        _ => "",
    }
}

/// The digits of a number without its point and the zeros around it.
fn significant(digits: &str) -> String {
    let plain: String = digits.chars().filter(char::is_ascii_digit).collect();
    plain.trim_matches('0').to_owned()
}

/// `amount` as plain digits, without its unit.
fn digits_of(amount: Amount) -> String {
    amount.to_plain().trim_end_matches(|c: char| c.is_alphabetic()).to_owned()
}

/// Amounts that `action` is about; `None` for a function that is not known.
fn amounts_of(deployment: &Deployment, action: &Action) -> Option<Vec<Moved>> {
    let action = typed(action);
    let mut found = Vec::new();
    let mut add = |base: U256, of: Unit, unit: &'static str| {
        let amount = Amount::new(base, of);
        found.push(Moved { amount, digits: digits_of(amount), unit });
    };
    if !action.value.is_zero() {
        add(action.value, Unit::Ether, "ether");
    }
    if action.signature.is_empty() {
        return action.calldata.is_empty().then_some(found);
    }
    let contracts = &deployment.contracts;
    let units = [
        (Some(contracts.btrst), Unit::Btrst, "BTRST"),
        (contracts.usdc, Unit::Usdc, "USDC"),
        (contracts.weth, Unit::Ether, "ether"),
    ];
    let unit = units
        .into_iter()
        .find_map(|(token, unit, name)| (token == Some(action.target)).then_some((unit, name)));
    let numbers = action.arguments().ok()?;
    let last = numbers.last().and_then(|value| match value {
        DynSolValue::Uint(number, _) => Some(*number),
        _ => None,
    });
    match (unit, action.signature.as_str(), last) {
        (Some((unit, name)), "transfer(address,uint256)" | "approve(address,uint256)", Some(number))
        | (Some((unit, name)), "transferFrom(address,address,uint256)", Some(number)) => {
            add(number, unit, name);
        }
        (_, "setMarketplaceFee(uint8)", Some(number)) => add(number, Unit::Plain(0), "percent"),
        _ if action.is_known(deployment) => {}
        _ => return None,
    }
    Some(found)
}
