//! What the authors of a proposal intend, written down before the vote: the effects manifest.
//!
//! A TOML file lists the transfers, allowances, calls, writes, powers and roles that the execution is meant to have.
//! Its hash goes into the description, as a line `effects: 0x…`, so that what voters approve includes it. A check plays
//! the proposal and compares: an effect that is not in the file is unexplained, a line of the file without its effect
//! is missing, and either fails.
//!
//! The hash is of the meaning and not of the text: names are resolved, and order, comments and spaces do not count.

mod compare;
mod file;
#[cfg(test)]
#[path = "tests.rs"]
mod file_tests;
mod intended;
mod write;

use alloy::primitives::{Address, B256, Bytes, Keccak256, Selector, U256};

/// Start of the description's line with the manifest's hash.
const LINE: &str = "effects:";

/// What moves in a [`Transfer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// The chain's own coin.
    Ether,
    /// A token whose units are all the same.
    Token(Address),
    /// One item of a collection (ERC-721), or one kind of it (ERC-1155).
    Item(Address, U256),
}

/// Something that is meant to move.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transfer {
    /// What.
    pub asset: Asset,
    /// Who pays.
    pub from: Address,
    /// Who gets.
    pub to: Address,
    /// How much, in base units; `None` for whatever it is then, as in a trade.
    pub amount: Option<U256>,
}

/// An allowance that is meant to stand afterwards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowance {
    /// The token.
    pub token: Address,
    /// Whose tokens.
    pub owner: Address,
    /// Who may spend them.
    pub spender: Address,
    /// How much, in base units.
    pub amount: U256,
}

/// A function that is meant to be called, by an action or on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The contract.
    pub contract: Address,
    /// The function.
    pub selector: Selector,
}

/// Storage that is meant to change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Write {
    /// The contract.
    pub contract: Address,
    /// The slot; `None` for all slots of the contract, as for the bookkeeping of a token.
    pub slot: Option<U256>,
    /// The word that it has afterwards; `None` for any.
    pub after: Option<U256>,
}

/// A power that is meant to change, such as an owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PowerChange {
    /// The contract.
    pub contract: Address,
    /// The function that says who has the power, such as `owner()`.
    pub power: String,
    /// Its answer afterwards.
    pub after: Bytes,
}

/// A role of AccessControl that is meant to be given or taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Role {
    /// The contract.
    pub contract: Address,
    /// The role.
    pub role: B256,
    /// The account.
    pub account: Address,
    /// Whether it is given.
    pub granted: bool,
}

/// Code that a contract had when the manifest was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// The contract.
    pub contract: Address,
    /// Keccak-256 of its code.
    pub hash: B256,
}

/// An answer that must stay, or must become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Invariant {
    /// The contract that is asked.
    pub contract: Address,
    /// Call data of the question.
    pub call: Bytes,
    /// The question in words, as the file has it.
    pub words: String,
    /// The answer afterwards; `None` for the same as before.
    pub after: Option<Bytes>,
}

/// The effects that the authors intend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Chain that they are meant for.
    pub chain_id: u64,
    /// What moves.
    pub transfers: Vec<Transfer>,
    /// Allowances that are set.
    pub allowances: Vec<Allowance>,
    /// Functions that are called.
    pub calls: Vec<Call>,
    /// Storage that changes.
    pub writes: Vec<Write>,
    /// Powers that change.
    pub powers: Vec<PowerChange>,
    /// Roles that are given or taken.
    pub roles: Vec<Role>,
    /// Code that is pinned.
    pub code: Vec<Code>,
    /// What must stay, or must become.
    pub invariants: Vec<Invariant>,
}

impl Manifest {
    /// Keccak-256 of what the manifest means, whatever its text looks like.
    #[must_use]
    pub fn hash(&self) -> B256 {
        let mut lines = Vec::new();
        let word =
            |word: &Option<U256>| word.map_or_else(|| "any".to_owned(), |word| B256::from(word).to_string());
        for Transfer { asset, from, to, amount } in &self.transfers {
            let asset = match asset {
                Asset::Ether => "ether".to_owned(),
                Asset::Token(token) => format!("{token:?}"),
                Asset::Item(token, item) => format!("{token:?}/{}", B256::from(*item)),
            };
            lines.push(format!("transfer {asset} {from:?} {to:?} {}", word(amount)));
        }
        for Allowance { token, owner, spender, amount } in &self.allowances {
            lines.push(format!("allowance {token:?} {owner:?} {spender:?} {}", word(&Some(*amount))));
        }
        for Call { contract, selector } in &self.calls {
            lines.push(format!("call {contract:?} {selector}"));
        }
        for Write { contract, slot, after } in &self.writes {
            lines.push(format!("write {contract:?} {} {}", word(slot), word(after)));
        }
        for PowerChange { contract, power, after } in &self.powers {
            lines.push(format!("power {contract:?} {power:?} {after}"));
        }
        for Role { contract, role, account, granted } in &self.roles {
            lines.push(format!("role {contract:?} {role} {account:?} {granted}"));
        }
        for Code { contract, hash } in &self.code {
            lines.push(format!("code {contract:?} {hash}"));
        }
        for Invariant { contract, call, after, .. } in &self.invariants {
            let after = after.as_ref().map_or_else(|| "unchanged".to_owned(), ToString::to_string);
            lines.push(format!("invariant {contract:?} {call} {after}"));
        }
        lines.sort();
        let mut hasher = Keccak256::new();
        hasher.update(format!("btrst effects 1 {}\n", self.chain_id));
        for line in lines {
            hasher.update(line);
            hasher.update("\n");
        }
        hasher.finalize()
    }

    /// The line for the description that binds it to this manifest.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{LINE} {}", self.hash())
    }
}

/// The hash of the manifest that `description` is bound to: that of its only line `effects: 0x…`.
///
/// # Errors
/// If there are two such lines, or what follows is no hash of 32 bytes; then the line, for the message.
pub fn bound_to(description: &str) -> Result<Option<B256>, String> {
    let mut found = None;
    for line in description.lines() {
        let line = line.trim().trim_matches('`');
        let Some(rest) = line
            .get(..LINE.len())
            .filter(|start| start.eq_ignore_ascii_case(LINE))
            .and(line.get(LINE.len()..))
        else {
            continue;
        };
        let hash: Option<B256> = rest.trim().trim_matches('`').parse().ok();
        match (hash, found) {
            (Some(hash), None) => found = Some(hash),
            _ => return Err(crate::report::shortened(line, 120).into_owned()),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_bound_by_one_line() {
        let manifest = Manifest { chain_id: 1, ..Manifest::default() };
        let hash = manifest.hash();
        for text in [format!("# T\n\n{}\nmore", manifest.line()), format!("# T\n`Effects:  {hash}`")] {
            assert_eq!(bound_to(&text), Ok(Some(hash)), "{text}");
        }
        assert_eq!(bound_to("# T\nside effects: none"), Ok(None));
        assert_eq!(bound_to("effects: 0x12"), Err("effects: 0x12".into()));
        assert!(bound_to(&format!("{0}\n{0}", manifest.line())).is_err());
    }

    #[test]
    fn hash_is_of_the_meaning() {
        let write = |slot: u64| Write { contract: Address::ZERO, slot: Some(U256::from(slot)), after: None };
        let of = |writes: Vec<Write>| Manifest { chain_id: 1, writes, ..Manifest::default() }.hash();
        assert_eq!(of(vec![write(1), write(2)]), of(vec![write(2), write(1)]));
        assert_ne!(of(vec![write(1)]), of(vec![write(2)]));
        assert_ne!(of(vec![]), Manifest { chain_id: 2, ..Manifest::default() }.hash());
    }
}
