//! E6: addresses that people would take for another one.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::Address;

use super::{Input, facts::Facts, look::Look, shape::numbered, text::folded};
use crate::report::{Finding, LookAlike, shortened};

/// Digits in common, at the start or the end, from which two addresses are taken for each other.
const ALIKE: usize = 4;

/// Most look-alikes that are listed of those that call data hides.
const MAX_BURIED: usize = 16;

/// Digits that two addresses have in common at the start and at the end.
fn common(one: Address, other: Address) -> (usize, usize) {
    let digits =
        |address: Address| -> Vec<u8> { address.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect() };
    let (one, other) = (digits(one), digits(other));
    let head = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let tail = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    (head, tail)
}

/// Whether an address is one of those that everybody has: zero, precompiles and the like.
fn is_special(address: Address) -> bool {
    address.iter().take(16).all(|byte| *byte == 0)
}

/// `address`, found at `place`, which agrees with the known one in so many digits at head and tail.
fn look_alike(
    address: Address,
    (known, name): (Address, &str),
    (head, tail): (usize, usize),
    place: String,
) -> LookAlike {
    LookAlike {
        address: address.to_string(),
        known: known.to_string(),
        name: name.to_owned(),
        head,
        tail,
        place,
    }
}

/// The look-alikes among `found` (address and place) of the addresses in `known`.
pub(super) fn look_alikes(
    found: &BTreeMap<Address, BTreeSet<String>>,
    known: &BTreeMap<Address, String>,
) -> Vec<LookAlike> {
    let mut alikes = Vec::new();
    for (address, places) in
        found.iter().filter(|(address, _)| !known.contains_key(*address) && !is_special(**address))
    {
        for (other, name) in known.iter().filter(|(other, _)| !is_special(**other)) {
            let (head, tail) = common(*address, *other);
            if head >= ALIKE || tail >= ALIKE {
                let place = places.iter().cloned().collect::<Vec<_>>().join(", ");
                alikes.push(look_alike(*address, (*other, name), (head, tail), place));
            }
        }
    }
    alikes
}

/// All addresses of the proposal and its effects against those that are known, and against each other.
pub(super) fn all(facts: &Facts<'_>) -> Vec<LookAlike> {
    let mut known: BTreeMap<Address, String> = BTreeMap::new();
    let Input { deployment, .. } = facts.input;
    for (name, address) in deployment.contracts.iter() {
        known.entry(address).or_insert_with(|| name.to_owned());
    }
    for account in &deployment.accounts {
        known.entry(account.address).or_insert_with(|| account.name.clone());
    }
    for delegate in facts.input.delegates.iter().chain(&facts.input.proposer) {
        known.entry(*delegate).or_insert_with(|| "a delegate".into());
    }
    let found = facts.addresses();
    let mut alikes = look_alikes(&found, &known);
    // Two strangers that look alike: one of them may be the description's, the other the call's.
    let strangers: Vec<_> =
        found.iter().filter(|(address, _)| !known.contains_key(*address)).take(500).collect();
    for (index, (address, places)) in strangers.iter().enumerate() {
        let later: BTreeMap<_, _> =
            strangers.iter().skip(index + 1).map(|(other, places)| (**other, (*places).clone())).collect();
        let place = places.first().cloned().unwrap_or_default();
        let here = BTreeMap::from([(**address, format!("the address in {place}"))]);
        alikes.extend(look_alikes(&later, &here));
    }
    alikes.extend(buried(facts, &known, &found));
    alikes
}

/// Look-alikes of `known` addresses at any byte of the call data, as wallets pack the calls that they make; without
/// those that are in `found` already.
fn buried(
    facts: &Facts<'_>,
    known: &BTreeMap<Address, String>,
    found: &BTreeMap<Address, BTreeSet<String>>,
) -> Vec<LookAlike> {
    let mut alikes = Vec::new();
    for (number, action) in numbered(facts.input) {
        for (at, window) in action.calldata.windows(20).enumerate() {
            let address = Address::from_slice(window);
            let plausible = window.iter().filter(|byte| **byte != 0).count() >= 10;
            if !plausible || known.contains_key(&address) || found.contains_key(&address) {
                continue;
            }
            let names = known.iter().filter(|(other, _)| !is_special(**other));
            for (other, name) in names {
                // Bytes that are in the middle of something else rarely agree at both ends.
                let ends = window.first() == other.first() && window.last() == other.last();
                let (head, tail) = if ends { common(address, *other) } else { (0, 0) };
                if head >= 3 && tail >= 3 && alikes.len() < MAX_BURIED {
                    let place = format!("action {number}, byte {at} of the call data");
                    alikes.push(look_alike(address, (*other, name), (head, tail), place));
                }
            }
        }
    }
    alikes
}

/// Tokens that call themselves as one of the deployment's tokens does, and are another.
fn impostors(facts: &Facts<'_>, look: &mut Look) {
    let contracts = &facts.input.deployment.contracts;
    let tokens = [("BTRST", Some(contracts.btrst)), ("USDC", contracts.usdc), ("WETH", contracts.weth)];
    for (symbol, token) in tokens {
        let Some(token) = token else { continue };
        let mut names: BTreeSet<String> = [folded(symbol)].into();
        names.extend(facts.symbols.get(&token).into_iter().flatten().map(|name| folded(name)));
        for (other, called) in facts.symbols.iter().filter(|(other, _)| **other != token) {
            if let Some(name) = called.iter().find(|name| names.contains(&folded(name))) {
                look.fail(
                    format!(
                        "{} calls itself {:?}, and is not {}",
                        facts.input.name(*other),
                        shortened(name, 80),
                        facts.input.name(token)
                    ),
                    "do not take it for the token that it imitates",
                );
            }
        }
    }
}

/// E6.
pub(super) fn check(facts: &Facts<'_>, alikes: &[LookAlike]) -> Finding {
    let mut look = Look::of(facts, "E6");
    impostors(facts, &mut look);
    for alike in alikes {
        let line = format!(
            "{} in {} looks like {} ({}): {} digits at the start and {} at the end are the same",
            alike.address, alike.place, alike.name, alike.known, alike.head, alike.tail
        );
        let advice = "compare every digit; ask the authors which address is meant";
        // Four digits at one end alone happen by chance, once in thousands of pairs.
        if alike.head + alike.tail >= 6 || (alike.head >= 3 && alike.tail >= 3) {
            look.fail(line, advice);
        } else {
            look.warn(line, advice);
        }
    }
    look.finish(format!("{} addresses compared; none looks like another", facts.addresses().len()))
}

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    #[test]
    fn ends_in_common_are_counted() {
        let known = address!("1a0D3d5a43e53510f80F16905Bc96e907A47dD01");
        let table = [
            (address!("1a0D3d5a43e5351fffffffffffffffffffffffff"), Some((15, 0))),
            (address!("1a0Dffffffffffffffffffffffffffffffffdd01"), Some((4, 4))),
            (address!("ffffffffffffffffffffffffffffffffffffdD01"), Some((0, 4))),
            (address!("1a0ffffffffffffffffffffffffffffffffffd01"), None),
            (known, None),
            (Address::ZERO, None),
        ];
        let names =
            BTreeMap::from([(known, "governor".to_owned()), (Address::with_last_byte(1), "one".into())]);
        for (address, expected) in table {
            let found = BTreeMap::from([(address, BTreeSet::from(["action 1".to_owned()]))]);
            let alikes = look_alikes(&found, &names);
            assert_eq!(alikes.first().map(|alike| (alike.head, alike.tail)), expected, "{address}");
        }
    }
}
