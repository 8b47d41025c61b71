//! The numbers of the DAO: supply, allocation, the governor's parameters and bounds, time lock, marketplace fee.
//!
//! Token amounts are in base units (1 BTRST = 10^18, 1 USDC = 10^6), delays and periods of votes in blocks, those
//! of the time lock in seconds.

use std::ops::RangeInclusive;

use alloy::primitives::U256;

use crate::{Error, Result};

/// All BTRST there will ever be: 250,000,000.
pub const SUPPLY: U256 = btrst(250_000_000);

/// Who got the supply at launch: party and whole BTRST, 54%, 22%, 19% and 5% of it.
pub const ALLOCATION: [(&str, u64); 4] = [
    ("community", 135_000_000),
    ("early investors", 55_000_000),
    ("nodes", 47_500_000),
    ("public sale", 12_500_000),
];

/// Blocks between a proposal and its vote that the governor allows: up to a week of 12-second blocks.
pub const VOTING_DELAY: RangeInclusive<u64> = 1..=50_400;
/// Blocks of a vote that the governor allows: a day to two weeks.
pub const VOTING_PERIOD: RangeInclusive<u64> = 7_200..=100_800;
/// Proposal thresholds that the governor allows: 500 BTRST to 1% of the supply.
pub const PROPOSAL_THRESHOLD: RangeInclusive<U256> = btrst(500)..=btrst(2_500_000);
/// Quorums that the governor allows: 100,000 BTRST to 10% of the supply.
pub const QUORUM_VOTES: RangeInclusive<U256> = btrst(100_000)..=btrst(25_000_000);

/// Seconds between queueing and execution that the time lock allows: 2 to 30 days.
pub const TIMELOCK_DELAY: RangeInclusive<u64> = 172_800..=2_592_000;
/// The time lock's delay in the live deployment and in both presets: 7 days.
pub const DEFAULT_TIMELOCK_DELAY: u64 = 604_800;
/// Seconds after its eta in which a queued proposal can be executed: 14 days.
pub const GRACE_PERIOD: u64 = 1_209_600;

/// Blocks after the end of a vote in which BraintrustGovernor lets a succeeded proposal be queued: 14 days.
pub const QUEUE_WINDOW: u64 = 100_800;
/// Blocks before the end of a vote in which BraintrustGovernor answers a swing by as many more blocks: a day.
pub const LATE_SWING_WINDOW: u64 = 7_200;

/// Longest name of a category or member that the register takes, in bytes.
pub const MAX_NAME_LENGTH: usize = 128;

/// Marketplace fee of a fresh registry, in whole percent of gross service value.
pub const DEFAULT_MARKETPLACE_FEE: u8 = 10;
/// Greatest marketplace fee that the registry takes, in whole percent.
pub const MAX_MARKETPLACE_FEE: u8 = 99;

/// The adjustable parameters of a governor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Blocks between a proposal and the start of its vote.
    pub voting_delay: u64,
    /// Blocks of a vote.
    pub voting_period: u64,
    /// Base units above which an account may propose.
    pub proposal_threshold: U256,
    /// Base units in favour that a proposal needs.
    pub quorum_votes: U256,
}

impl Parameters {
    /// What the live deployment of 2021 has.
    pub const LIVE: Self = Self {
        voting_delay: 1,
        voting_period: 17_280,
        proposal_threshold: btrst(500),
        quorum_votes: btrst(100_000),
    };

    /// A day to react before each vote, threshold 0.25% and quorum 4% of the supply.
    pub const HARDENED: Self = Self {
        voting_delay: 7_200,
        voting_period: 17_280,
        proposal_threshold: btrst(625_000),
        quorum_votes: btrst(10_000_000),
    };

    /// The preset called `live` or `hardened`.
    ///
    /// # Errors
    /// If the name is another.
    pub fn preset(name: &str) -> Result<Self> {
        match name {
            "live" => Ok(Self::LIVE),
            "hardened" => Ok(Self::HARDENED),
            _ => {
                Err(Error::UnknownWord { what: "preset", value: name.into(), allowed: &["live", "hardened"] })
            }
        }
    }

    /// Checks the bounds that BraintrustGovernor enforces.
    ///
    /// # Errors
    /// Names the first parameter that is out of bounds.
    pub fn check(&self) -> Result<()> {
        within("voting delay", U256::from(self.voting_delay), wide(VOTING_DELAY))?;
        within("voting period", U256::from(self.voting_period), wide(VOTING_PERIOD))?;
        within("proposal threshold", self.proposal_threshold, PROPOSAL_THRESHOLD)?;
        within("quorum", self.quorum_votes, QUORUM_VOTES)
    }
}

/// The fee that a client pays on an invoice of `gross` base units, at `percent` of it.
///
/// Rounded down to the base unit, so that nobody ever pays more than the percentage that was decided.
///
/// # Errors
/// If `percent` is 100 or more, which the registry does not take.
pub fn marketplace_fee(gross: U256, percent: u8) -> Result<U256> {
    let maximum = U256::from(MAX_MARKETPLACE_FEE);
    within("marketplace fee", U256::from(percent), U256::ZERO..=maximum)?;
    let (hundred, percent) = (U256::from(100), U256::from(percent));
    // Whole hundreds and the rest apart: the product of a large gross amount would not fit into 256 bits.
    Ok(gross / hundred * percent + gross % hundred * percent / hundred)
}

/// `whole` BTRST in base units.
pub const fn btrst(whole: u64) -> U256 {
    // 2^64 x 10^18 < 2^128.
    let base = whole as u128 * 10_u128.pow(18);
    U256::from_limbs([base as u64, (base >> 64) as u64, 0, 0])
}

/// `range` in 256 bits.
pub(crate) fn wide(range: RangeInclusive<u64>) -> RangeInclusive<U256> {
    U256::from(*range.start())..=U256::from(*range.end())
}

/// Checks that `value`, which is called `name` in the error, is in `range`.
///
/// # Errors
/// If it is not.
pub fn within(name: &'static str, value: U256, range: RangeInclusive<U256>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Error::OutOfBounds { name, value, minimum: *range.start(), maximum: *range.end() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::amount::{Amount, Unit};

    #[test]
    fn supply_is_250_million() {
        assert_eq!(Amount::new(SUPPLY, Unit::Btrst).to_string(), "250,000,000 BTRST");
        assert_eq!(btrst(u64::MAX), U256::from(u64::MAX) * U256::from(10_u128.pow(18)));
    }

    #[test]
    fn allocation_is_the_supply() {
        let sum: U256 = ALLOCATION.iter().map(|(_, whole)| btrst(*whole)).sum();
        assert_eq!(sum, SUPPLY);
        for ((party, whole), percent) in ALLOCATION.into_iter().zip([54_u64, 22, 19, 5]) {
            assert_eq!(btrst(whole) * U256::from(100), SUPPLY * U256::from(percent), "{party}");
        }
    }

    #[test]
    fn presets_are_within_bounds() {
        for name in ["live", "hardened"] {
            Parameters::preset(name).unwrap().check().unwrap();
        }
        let hardened = Parameters::HARDENED;
        assert_eq!(hardened.proposal_threshold * U256::from(400), SUPPLY);
        assert_eq!(hardened.quorum_votes * U256::from(25), SUPPLY);
        assert_eq!(Parameters::preset("soft").unwrap_err().to_string(), "unknown preset `soft`");
        assert!(TIMELOCK_DELAY.contains(&DEFAULT_TIMELOCK_DELAY));
        assert!(marketplace_fee(U256::from(100), DEFAULT_MARKETPLACE_FEE).is_ok());
    }

    #[test]
    fn each_parameter_has_bounds() {
        let one = U256::from(1);
        let live = Parameters::LIVE;
        let table = [
            (Parameters { voting_delay: 0, ..live }, "voting delay 0 is outside 1 to 50400"),
            (Parameters { voting_delay: 50_401, ..live }, "voting delay 50401 is outside 1 to 50400"),
            (Parameters { voting_period: 7_199, ..live }, "voting period 7199 is outside 7200 to 100800"),
            (Parameters { voting_period: 100_801, ..live }, "voting period 100801 is outside 7200 to 100800"),
            (
                Parameters { proposal_threshold: btrst(500) - one, ..live },
                "proposal threshold 499999999999999999999 is outside 500000000000000000000 to 2500000000000000000000000",
            ),
            (
                Parameters { quorum_votes: btrst(25_000_000) + one, ..live },
                "quorum 25000000000000000000000001 is outside 100000000000000000000000 to 25000000000000000000000000",
            ),
        ];
        for (parameters, message) in table {
            assert_eq!(parameters.check().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn fee_is_exact_and_rounds_down() {
        let table =
            [(1_000_000_000_u64, 10, 100_000_000_u64), (9, 10, 0), (19, 10, 1), (100, 99, 99), (101, 12, 12)];
        for (gross, percent, fee) in table {
            assert_eq!(marketplace_fee(U256::from(gross), percent).unwrap(), U256::from(fee));
        }
        assert!(marketplace_fee(U256::MAX, 99).unwrap() < U256::MAX);
        let error = marketplace_fee(U256::from(1), 100).unwrap_err();
        assert_eq!(error.to_string(), "marketplace fee 100 is outside 0 to 99");
    }

    proptest! {
        #[test]
        fn fee_is_the_floor(gross: u64, percent in 0u8..100) {
            let floor = u128::from(gross) * u128::from(percent) / 100;
            prop_assert_eq!(marketplace_fee(U256::from(gross), percent).unwrap(), U256::from(floor));
        }
    }
}
