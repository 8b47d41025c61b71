//! Voting power.

use std::fmt;
use std::iter::Sum;

use alloy::primitives::U256;
use alloy::primitives::utils::{format_ether, parse_ether};

/// Decimals of [`Power`].
pub const DECIMALS: u8 = 18;

/// Voting power in units of 10^-18, whatever it is counted from: BTRST has 18 decimals, so that it is in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Power(u128);

impl Power {
    /// None.
    pub const ZERO: Self = Self(0);

    /// So many units of 10^-18.
    #[must_use]
    pub const fn new(units: u128) -> Self {
        Self(units)
    }

    /// `amount` of something with `decimals`; `None` when it is too large or finer than a unit.
    #[must_use]
    pub fn scaled(amount: U256, decimals: u8) -> Option<Self> {
        let zeros = DECIMALS.checked_sub(decimals)?;
        let units = amount.checked_mul(U256::from(10_u64).pow(U256::from(zeros)))?;
        u128::try_from(units).ok().map(Self)
    }

    /// The units of 10^-18.
    #[must_use]
    pub const fn units(self) -> u128 {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; `None` when it is too large.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The nearest number of whole votes, as the reference counts.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        Total::from(self).to_f64()
    }
}

/// A sum of voting powers in units of 10^-18. So many ballots that it could overflow do not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Total(pub U256);

impl Total {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);

    /// The nearest number of whole votes, as the reference counts.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // The decimal text has all digits, and its parser rounds once.
        self.to_string().parse().unwrap_or(f64::INFINITY)
    }

    /// So many whole votes, rounded down to a unit. What is no number of votes is none, and what is too large is the most
    /// that there is, so that no quorum is met by accident.
    #[must_use]
    pub fn of_votes(votes: f64) -> Self {
        if votes.is_nan() || votes <= 0.0 {
            return Self::ZERO;
        }
        // The text has every digit of the number, and no exponent.
        Self(parse_ether(&format!("{votes:.18}")).unwrap_or(U256::MAX))
    }

    /// Adds `power`.
    pub fn add(&mut self, power: Power) {
        self.0 = self.0.saturating_add(U256::from(power.0));
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl From<Power> for Total {
    fn from(power: Power) -> Self {
        Self(U256::from(power.0))
    }
}

impl Sum<Power> for Total {
    fn sum<I: Iterator<Item = Power>>(powers: I) -> Self {
        let mut total = Self::ZERO;
        powers.for_each(|power| total.add(power));
        total
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_ether(self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Total::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOTE: u128 = 1_000_000_000_000_000_000;

    #[test]
    fn powers_of_all_decimals_are_in_one_unit() {
        assert_eq!(Power::scaled(U256::from(25), 6), Some(Power::new(25_000_000_000_000)));
        assert_eq!(Power::scaled(U256::from(3), 0).map(|power| power.to_string()).as_deref(), Some("3"));
        assert_eq!(Power::scaled(U256::from(3), 18), Some(Power::new(3)));
        assert_eq!(Power::scaled(U256::from(1), 19), None);
        assert_eq!(Power::scaled(U256::MAX, 18), None);
        assert_eq!(Power::scaled(U256::MAX, 0), None);
    }

    #[test]
    fn numbers_are_the_nearest_ones() {
        assert_eq!(Power::new(1_500_000_000_000_000_000).to_f64(), 1.5);
        assert_eq!(Power::new(100_000_000_000_000_000).to_f64(), 0.1);
        assert_eq!(Power::new(1).to_f64(), 1e-18);
        assert_eq!(Power::ZERO.to_f64(), 0.0);
        assert_eq!(
            Power::new(123_456_789_012_345_678_901_234_567).to_string(),
            "123456789.012345678901234567"
        );
        assert_eq!(Total::of_votes(0.5), Power::new(VOTE / 2).into());
        assert_eq!(Total::of_votes(100_000.0), Power::new(100_000 * VOTE).into());
        assert_eq!(Total::of_votes(1e21).to_f64(), 1e21);
        assert_eq!([-1.0, f64::NAN, 0.0].map(Total::of_votes), [Total::ZERO; 3]);
        assert_eq!([f64::INFINITY, 1e300].map(Total::of_votes), [Total(U256::MAX); 2]);
        assert_eq!(Power::new(10_000_000_000_000_000_000).to_string(), "10");
    }
}
