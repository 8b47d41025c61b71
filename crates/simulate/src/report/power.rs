//! The report's first page: who has power before and after, what leaves the treasury, whether the proposal can pass.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Verdict;

/// Who has power, before and after. A list that is `null` was not looked at, which is not the same as an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Owners, roles, admins, guardians, delays, proxies and their code that change, and votes that decide.
    pub changes: Option<Vec<PowerChange>>,
    /// Allowances of the treasury that change.
    pub allowances: Option<Vec<PowerChange>>,
    /// Ether and tokens that move.
    pub movements: Option<Vec<Movement>>,
    /// Addresses that look like a known one.
    pub look_alikes: Vec<LookAlike>,
    /// Whether it can pass.
    pub passage: Option<Passage>,
}

/// A power that changes hands, or a setting of power that changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerChange {
    /// Contract that the power is over.
    pub contract: String,
    /// The power, such as `owner` or `allowance of the treasury for 0x…`.
    pub power: String,
    /// Who had it, or its value before.
    pub before: String,
    /// Who has it, or its value after.
    pub after: String,
}

/// Ether or tokens that move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Name or address of the token, or `ether`.
    pub asset: String,
    /// Who pays.
    pub from: String,
    /// Who gets.
    pub to: String,
    /// How much, in the asset's unit where that is known, else in base units.
    pub amount: String,
}

/// An address that can be mistaken for a known one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlike {
    /// The address.
    pub address: String,
    /// The known one.
    pub known: String,
    /// Name of the known one.
    pub name: String,
    /// Hexadecimal digits that both have at the start.
    pub head: usize,
    /// Hexadecimal digits that both have at the end.
    pub tail: usize,
    /// Where the address was found.
    pub place: String,
}

/// Whether, by whom and by when the proposal can pass, and who could stop it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// Whether it can pass.
    pub verdict: Verdict,
    /// The answer in one sentence.
    pub summary: String,
    /// Votes in favour that it needs in all.
    pub needed: String,
    /// Votes in favour that it has.
    pub votes_for: String,
    /// Votes against.
    pub votes_against: String,
    /// The delegates with most votes, from whom they can come.
    pub supporters: Vec<Supporter>,
    /// When what happens, in the order of time.
    pub timeline: Vec<String>,
    /// Who could cancel it.
    pub cancelers: Vec<Canceler>,
}

/// A delegate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Supporter {
    /// The delegate.
    pub account: String,
    /// Its votes.
    pub votes: String,
}

/// Someone who could cancel the proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Canceler {
    /// Who.
    pub account: String,
    /// By which right, and until when.
    pub right: String,
}
