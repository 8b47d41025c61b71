//! What a ballot says, and whether a voting system takes it.

use serde_json::Value;

use super::{MAX_CHOICES, System};
use crate::message::SignedChoice;

/// What a ballot says.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// One choice, from 1.
    One(u32),
    /// Several choices, from 1; for some systems in their order.
    Several(Vec<u32>),
    /// Choices, from 1, with their weights.
    Weights(Vec<(u32, u64)>),
    /// A ciphertext. What it says is not known here.
    Encrypted,
    /// Nothing that any system takes.
    Invalid,
}

impl Choice {
    /// What the vote of a message says in the voting system `system`.
    #[must_use]
    pub fn of_vote(system: System, choice: &SignedChoice) -> Self {
        match (system, choice) {
            (System::Weighted | System::Quadratic, SignedChoice::Text(text)) => {
                crate::json::parse(text.as_bytes()).map_or(Self::Invalid, |json| Self::of_json(system, &json))
            }
            (System::SingleChoice | System::Basic, SignedChoice::One(choice)) => Self::One(*choice),
            (System::Approval | System::RankedChoice | System::Copeland, SignedChoice::Several(choices)) => {
                Self::Several(choices.clone())
            }
            _ => Self::Invalid,
        }
    }

    /// What the JSON of a hub says in the voting system `system`.
    #[must_use]
    pub fn of_json(system: System, json: &Value) -> Self {
        let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
        let choice = match (system, json) {
            (System::SingleChoice | System::Basic, value) => number(value).map(Self::One),
            (System::Approval | System::RankedChoice | System::Copeland, Value::Array(values)) => {
                values.iter().map(number).collect::<Option<_>>().map(Self::Several)
            }
            (System::Weighted | System::Quadratic, Value::Object(weights)) => {
                let weight = |(choice, weight): (&String, &Value)| Some((key(choice)?, weight.as_f64()?));
                weights.iter().map(weight).collect::<Option<Vec<_>>>().and_then(|weights| integers(&weights))
            }
            _ => None,
        };
        choice.unwrap_or(Self::Invalid)
    }

    /// Whether a ballot for it counts in a vote on `choices` choices with the voting system `system`.
    #[must_use]
    pub fn is_valid(&self, system: System, choices: usize) -> bool {
        let exists =
            |choice: u32| choice >= 1 && usize::try_from(choice).is_ok_and(|choice| choice <= choices);
        match (system, self) {
            (System::SingleChoice | System::Basic, Self::One(choice)) => exists(*choice),
            (System::Approval, Self::Several(list)) => {
                list.iter().all(|choice| exists(*choice)) && distinct(list, choices)
            }
            (System::RankedChoice | System::Copeland, Self::Several(list)) => {
                list.len() == choices
                    && !list.is_empty()
                    && list.iter().all(|choice| exists(*choice))
                    && distinct(list, choices)
            }
            (System::Weighted | System::Quadratic, Self::Weights(weights)) => {
                weights.iter().all(|(choice, _)| exists(*choice))
                    && weights.iter().any(|(_, weight)| *weight > 0)
            }
            _ => false,
        }
    }
}

/// Whether no choice is there twice. All of them are between 1 and `choices`.
fn distinct(list: &[u32], choices: usize) -> bool {
    if choices > 64 {
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        return sorted.windows(2).all(|pair| pair.first() != pair.last());
    }
    let mut seen = 0_u64;
    list.iter().all(|choice| {
        let bit = 1_u64.wrapping_shl(choice.wrapping_sub(1));
        let fresh = seen & bit == 0;
        seen |= bit;
        fresh
    })
}

/// A choice as the key of an object. The reference also takes others, such as ` 1`, and loses their weight.
fn key(text: &str) -> Option<u32> {
    let choice: u32 = text.parse().ok()?;
    (choice.to_string() == text).then_some(choice)
}

/// Weights in integers of the same proportions, by choice. Whole numbers stay as they are; others are exact up to the
/// 53rd bit of the largest.
fn integers(weights: &[(u32, f64)]) -> Option<Choice> {
    let valid = |weight: f64| weight.is_finite() && weight >= 0.0;
    if weights.is_empty() || weights.len() > MAX_CHOICES || !weights.iter().all(|(_, weight)| valid(*weight))
    {
        return None;
    }
    let exact = 2_f64.powi(53);
    let largest = weights.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    let whole = largest <= exact && weights.iter().all(|(_, weight)| weight.fract() == 0.0);
    let integer = |weight: f64| if whole { weight as u64 } else { scaled(weight, largest) };
    let mut list: Vec<_> = weights.iter().map(|(choice, weight)| (*choice, integer(*weight))).collect();
    list.sort_unstable();
    Some(Choice::Weights(list))
}

/// `weight` times the power of two that brings `largest` to 53 bits, rounded down.
fn scaled(weight: f64, largest: f64) -> u64 {
    let (mantissa, exponent) = parts(weight);
    let (top, most) = parts(largest);
    let bits = i64::from(u64::BITS - top.leading_zeros());
    let shift = exponent - most + 53 - bits;
    match u32::try_from(shift) {
        Ok(left) => mantissa.checked_shl(left).unwrap_or(0),
        Err(_) => u32::try_from(-shift).ok().and_then(|right| mantissa.checked_shr(right)).unwrap_or(0),
    }
}

/// Mantissa and exponent of a finite number that is not negative.
fn parts(number: f64) -> (u64, i64) {
    let bits = number.to_bits();
    let (mantissa, exponent) = (bits & ((1 << 52) - 1), i64::try_from(bits >> 52).unwrap_or_default());
    if exponent == 0 { (mantissa, -1_074) } else { (mantissa | (1 << 52), exponent - 1_075) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn weights_keep_their_proportions() {
        let weights = |json: Value| Choice::of_json(System::Weighted, &json);
        assert_eq!(weights(json!({"2": 3, "1": 1})), Choice::Weights(vec![(1, 1), (2, 3)]));
        assert_eq!(weights(json!({"1": 0.5, "2": 1.5})), Choice::Weights(vec![(1, 1 << 51), (2, 3 << 51)]));
        assert_eq!(weights(json!({"1": 5e-324})), Choice::Weights(vec![(1, 1 << 52)]));
        let Choice::Weights(apart) = weights(json!({"1": 1e300, "2": 5e-324})) else { panic!("it is valid") };
        assert_eq!(apart[1], (2, 0));
        assert_eq!(apart[0].1.leading_zeros(), 11);
        for invalid in [
            json!({}),
            json!({"1": -1}),
            json!({"01": 1}),
            json!({"1.0": 1}),
            json!({"+1": 1}),
            json!([1]),
            json!({"1": "1"}),
        ] {
            assert_eq!(weights(invalid), Choice::Invalid);
        }
    }

    #[test]
    fn systems_take_what_they_can_count() {
        let table = [
            (System::Basic, json!(1), true),
            (System::Basic, json!(3), true),
            (System::Basic, json!(4), false),
            (System::Basic, json!(0), false),
            (System::SingleChoice, json!([1]), false),
            (System::SingleChoice, json!(1.5), false),
            (System::Approval, json!([]), true),
            (System::Approval, json!([3, 1]), true),
            (System::Approval, json!([1, 1]), false),
            (System::Approval, json!([4]), false),
            (System::RankedChoice, json!([3, 1, 2]), true),
            (System::RankedChoice, json!([3, 1]), false),
            (System::Copeland, json!([3, 1, 1]), false),
            (System::Copeland, json!([]), false),
            (System::Weighted, json!({"1": 0, "3": 2}), true),
            (System::Weighted, json!({"1": 0}), false),
            (System::Quadratic, json!({"4": 1}), false),
            (System::Quadratic, json!("{}"), false),
        ];
        for (system, json, valid) in table {
            assert_eq!(Choice::of_json(system, &json).is_valid(system, 3), valid, "{system} {json}");
        }
        let many: Vec<u32> = (1..=100).collect();
        assert!(Choice::Several(many.clone()).is_valid(System::RankedChoice, 100));
        let twice = [&many[..99], &[1]].concat();
        assert!(!Choice::Several(twice).is_valid(System::RankedChoice, 100));
    }
}
