//! Token amounts as people write them: `250000`, `1_000.5`, `0.5ether`, `100usdc`.

use std::fmt;

use alloy::primitives::U256;

use crate::{Error, Result};

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The chain's own coin, 18 decimals.
    Ether,
    /// The governance token, 18 decimals.
    Btrst,
    /// The fee currency, 6 decimals.
    Usdc,
    /// A number without name, with this many decimals; 0 for base units.
    Plain(u8),
}

impl Unit {
    const NAMED: [Self; 3] = [Self::Ether, Self::Btrst, Self::Usdc];

    /// Decimals between the unit and its base unit.
    pub const fn decimals(self) -> u8 {
        match self {
            Self::Ether | Self::Btrst => 18,
            Self::Usdc => 6,
            Self::Plain(decimals) => decimals,
        }
    }

    /// The suffix in files and on the command line; empty for a plain number.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Ether => "ether",
            Self::Btrst => "btrst",
            Self::Usdc => "usdc",
            Self::Plain(_) => "",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ether => "ether",
            Self::Btrst => "BTRST",
            Self::Usdc => "USDC",
            Self::Plain(_) => "a plain number",
        })
    }
}

/// An exact amount. Displayed for people as `25,000.5 BTRST`; [`Amount::to_plain`] is the form for files.
///
/// ```
/// use btrst_gov::amount::{Amount, Unit};
///
/// let amount = Amount::parse("25_000.5", Unit::Btrst)?;
/// assert_eq!(amount.to_string(), "25,000.5 BTRST");
/// assert_eq!(amount.to_plain(), "25000.5btrst");
/// # Ok::<(), btrst_gov::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    /// The amount in base units.
    pub base: U256,
    /// The unit it is written in.
    pub unit: Unit,
}

impl Amount {
    /// So many of something without a unit, displayed with its digits in groups.
    pub fn count(number: u64) -> Self {
        Self::new(U256::from(number), Unit::Plain(0))
    }

    /// An amount of `base` base units.
    pub const fn new(base: U256, unit: Unit) -> Self {
        Self { base, unit }
    }

    /// Parses an amount of `unit`, written with or without the unit's suffix.
    ///
    /// # Errors
    /// If the text is empty, negative, not a number, in another unit, finer than the unit's decimals, or beyond
    /// 256 bits.
    pub fn parse(text: &str, unit: Unit) -> Result<Self> {
        match split(text)? {
            (number, Some(given)) if given == unit => exact(text, number, unit),
            (_, Some(given)) => Err(Error::UnexpectedUnit {
                text: text.into(),
                given: given.to_string(),
                expected: unit.to_string(),
            }),
            (number, None) => exact(text, number, unit),
        }
    }

    /// Parses an amount in the unit of its suffix; without one it counts base units.
    ///
    /// # Errors
    /// As [`Amount::parse`], but for another unit.
    pub fn parse_any(text: &str) -> Result<Self> {
        let (number, unit) = split(text)?;
        exact(text, number, unit.unwrap_or(Unit::Plain(0)))
    }

    /// The amount without grouping and with the unit's suffix, which [`Amount::parse`] reads back.
    pub fn to_plain(self) -> String {
        let (whole, fraction) = self.digits();
        let dot = if fraction.is_empty() { "" } else { "." };
        format!("{whole}{dot}{fraction}{}", self.unit.suffix())
    }

    /// Digits before and after the point, the latter without trailing zeros.
    fn digits(self) -> (String, String) {
        let decimals = usize::from(self.unit.decimals());
        let padded = format!("{:0>width$}", self.base.to_string(), width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        (whole.into(), fraction.trim_end_matches('0').into())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = self.digits();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if !fraction.is_empty() {
            write!(f, ".{fraction}")?;
        }
        match self.unit {
            Unit::Plain(_) => Ok(()),
            unit => write!(f, " {unit}"),
        }
    }
}

/// Separates the number from its unit.
fn split(text: &str) -> Result<(&str, Option<Unit>)> {
    let trimmed = text.trim();
    if trimmed.starts_with('-') {
        return Err(Error::NegativeAmount(text.into()));
    }
    let start = trimmed.find(|c: char| c.is_alphabetic()).unwrap_or(trimmed.len());
    let (number, suffix) = trimmed.split_at(start);
    let number = number.trim_end();
    if number.is_empty() {
        return Err(if suffix.is_empty() { Error::EmptyAmount } else { Error::InvalidAmount(text.into()) });
    }
    if suffix.is_empty() {
        return Ok((number, None));
    }
    let unit = Unit::NAMED.into_iter().find(|unit| unit.suffix().eq_ignore_ascii_case(suffix));
    match unit {
        Some(unit) => Ok((number, Some(unit))),
        None => Err(Error::UnknownUnit { text: text.into(), unit: suffix.into() }),
    }
}

fn exact(text: &str, number: &str, unit: Unit) -> Result<Amount> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let (Some(whole), Some(fraction)) = (ungrouped(whole), ungrouped(fraction)) else {
        return Err(Error::InvalidAmount(text.into()));
    };
    let fraction = fraction.trim_end_matches('0');
    let decimals = unit.decimals();
    let width = usize::from(decimals);
    if fraction.len() > width {
        return Err(Error::TooManyDecimals { text: text.into(), unit: unit.to_string(), decimals });
    }
    U256::from_str_radix(&format!("{whole}{fraction:0<width$}"), 10)
        .map(|base| Amount { base, unit })
        .map_err(|_| Error::AmountTooLarge(text.into()))
}

/// The digits without their `_`, which may only stand between digits.
fn ungrouped(digits: &str) -> Option<String> {
    let groups: Vec<&str> = digits.split('_').collect();
    let valid = |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    groups.iter().all(valid).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parses_what_people_write() {
        let table = [
            ("250000", Unit::Plain(0), "250000"),
            ("1_000.5", Unit::Btrst, "1000500000000000000000"),
            ("25_000btrst", Unit::Btrst, "25000000000000000000000"),
            ("25000 BTRST", Unit::Btrst, "25000000000000000000000"),
            ("0.5ether", Unit::Ether, "500000000000000000"),
            ("100usdc", Unit::Usdc, "100000000"),
            ("0.000001", Unit::Usdc, "1"),
            ("1.500000000", Unit::Usdc, "1500000"),
            ("0", Unit::Ether, "0"),
            ("12.50", Unit::Plain(2), "1250"),
            (
                "115792089237316195423570985008687907853269984665640564039457584007913129639935",
                Unit::Plain(0),
                "115792089237316195423570985008687907853269984665640564039457584007913129639935",
            ),
        ];
        for (text, unit, base) in table {
            assert_eq!(Amount::parse(text, unit).unwrap().base.to_string(), base, "{text}");
        }
    }

    #[test]
    fn refuses_with_the_value_and_the_way_out() {
        let table = [
            ("", Unit::Btrst, "empty amount", "write digits"),
            ("  ", Unit::Btrst, "empty amount", "write digits"),
            ("btrst", Unit::Btrst, "invalid amount `btrst`", "write digits"),
            ("-5", Unit::Btrst, "negative amount `-5`", "zero or more"),
            ("+5", Unit::Btrst, "invalid amount `+5`", "write digits"),
            ("25,000", Unit::Btrst, "invalid amount `25,000`", "25_000.5btrst"),
            ("1__000", Unit::Btrst, "invalid amount `1__000`", "write digits"),
            ("_1", Unit::Btrst, "invalid amount `_1`", "write digits"),
            (".5", Unit::Btrst, "invalid amount `.5`", "write digits"),
            ("5.", Unit::Btrst, "invalid amount `5.`", "write digits"),
            ("1.2.3", Unit::Btrst, "invalid amount `1.2.3`", "write digits"),
            ("٣", Unit::Btrst, "invalid amount `٣`", "write digits"),
            (
                "0.1234567usdc",
                Unit::Usdc,
                "amount `0.1234567usdc` is finer than USDC with 6 decimals",
                "round it to 6 decimals",
            ),
            (
                "0.5",
                Unit::Plain(0),
                "amount `0.5` is finer than a plain number with 0 decimals",
                "add a unit",
            ),
            ("5doge", Unit::Btrst, "unknown unit `doge` in amount `5doge`", "`ether`, `btrst` and `usdc`"),
            ("1e18", Unit::Btrst, "unknown unit `e18` in amount `1e18`", "`ether`, `btrst` and `usdc`"),
            ("5usdc", Unit::Btrst, "amount `5usdc` is in USDC, expected BTRST", "write the amount as BTRST"),
        ];
        for (text, unit, message, hint) in table {
            let error = Amount::parse(text, unit).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.hint().unwrap().contains(hint), "{text}: {:?}", error.hint());
        }
        let huge = "9".repeat(60);
        let error = Amount::parse(&huge, Unit::Btrst).unwrap_err();
        assert_eq!(error.to_string(), format!("amount `{huge}` is too large"));
    }

    #[test]
    fn takes_the_unit_of_the_suffix() {
        assert_eq!(Amount::parse_any("10usdc").unwrap(), Amount::new(U256::from(10_000_000), Unit::Usdc));
        assert_eq!(Amount::parse_any("10").unwrap(), Amount::new(U256::from(10), Unit::Plain(0)));
    }

    #[test]
    fn displays_for_people_and_for_files() {
        let table = [
            ("25000.5", Unit::Btrst, "25,000.5 BTRST", "25000.5btrst"),
            ("0.000001", Unit::Usdc, "0.000001 USDC", "0.000001usdc"),
            ("250000000", Unit::Btrst, "250,000,000 BTRST", "250000000btrst"),
            ("999", Unit::Ether, "999 ether", "999ether"),
            ("1000", Unit::Plain(0), "1,000", "1000"),
            ("0", Unit::Ether, "0 ether", "0ether"),
        ];
        for (text, unit, people, file) in table {
            let amount = Amount::parse(text, unit).unwrap();
            assert_eq!((amount.to_string().as_str(), amount.to_plain().as_str()), (people, file));
        }
    }

    proptest! {
        #[test]
        fn plain_form_reads_back(limbs: [u64; 4], decimals in 0u8..40, index in 0usize..4) {
            let unit = [Unit::Ether, Unit::Btrst, Unit::Usdc, Unit::Plain(decimals)][index];
            let amount = Amount::new(U256::from_limbs(limbs), unit);
            prop_assert_eq!(Amount::parse(&amount.to_plain(), unit).unwrap(), amount);
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = Amount::parse_any(&text);
        }
    }
}
