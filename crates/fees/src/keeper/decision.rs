//! Whether to convert now, and why not.

use std::fmt;

use alloy::primitives::{U256, U512};
use serde::{Serialize, Serializer};

use crate::convert::Terms;
use crate::quote::{GuardName, Quote};

/// 100% in basis points.
const BASIS_POINTS: u64 = 10_000;

/// When a keeper converts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Least USDC that is worth a transaction, in base units.
    pub min_lot: U256,
    /// Most that gas may cost, in basis points of the USDC that is converted; `None` for any.
    pub max_gas_share: Option<u16>,
    /// Most wei per gas to offer; `None` for any.
    pub max_fee_per_gas: Option<u128>,
    /// Basis points by which the output may be below the simulated one.
    pub slippage: u16,
    /// Seconds after the last block in which a conversion has to be mined.
    pub deadline: u64,
    /// Blocks that must confirm a transaction, its own among them, before the next one is thought of.
    pub confirmations: u64,
    /// Seconds after which a transaction that is not mined is signed again with a higher fee.
    pub patience: u64,
}

/// What a transaction would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gas {
    /// Wei that it is expected to cost.
    pub wei: U256,
    /// Base units of USDC for one ether; `None` when nobody said.
    pub ether_price: Option<U256>,
}

impl Gas {
    /// The cost in base units of USDC, rounded up.
    #[must_use]
    pub fn usdc(&self) -> Option<U256> {
        let cost = U512::from(self.wei) * U512::from(self.ether_price?);
        Some(cost.div_ceil(U512::from(10_u128.pow(18))).saturating_to())
    }
}

/// Amounts are decimal strings in every document, where serde would write the bytes.
pub(super) fn decimal<S: Serializer>(amount: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

/// Why nothing is converted now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Wait {
    /// A guard of the converter is closed.
    Guard {
        /// The first that is.
        guard: GuardName,
        /// What it looks at.
        value: String,
        /// What the value is compared with.
        limit: String,
        /// Unix time in seconds at which time opens all closed guards, if it does.
        opens_at: Option<u64>,
    },
    /// The guards are open, but a conversion fails.
    Refused {
        /// The converter's reason.
        error: String,
    },
    /// Too little USDC to be worth a transaction.
    LotTooSmall {
        /// USDC that would be converted, in base units.
        #[serde(serialize_with = "decimal")]
        usdc: U256,
        /// Least that is worth it.
        #[serde(serialize_with = "decimal")]
        min_lot: U256,
    },
    /// Gas costs too much for the USDC that would be converted.
    GasTooDear {
        /// Expected cost in base units of USDC.
        #[serde(serialize_with = "decimal")]
        cost: U256,
        /// USDC that would be converted, in base units.
        #[serde(serialize_with = "decimal")]
        usdc: U256,
        /// Most that gas may cost, in basis points of it.
        max_gas_share: u16,
    },
    /// A unit of gas costs too much.
    GasPriceTooHigh {
        /// Wei per gas to offer now.
        max_fee_per_gas: u128,
        /// Most to offer.
        limit: u128,
    },
    /// The account cannot pay the gas.
    TooLittleEther {
        /// Wei of the account.
        #[serde(serialize_with = "decimal")]
        has: U256,
        /// Wei that the transaction can cost.
        #[serde(serialize_with = "decimal")]
        needs: U256,
    },
    /// The account has transactions in the pool that are not the keeper's.
    AccountBusy {
        /// Their number.
        transactions: u64,
    },
}

impl Wait {
    /// A word for the reason, for metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Guard { guard, .. } => match guard {
                GuardName::Pause => "pause",
                GuardName::Cooldown => "cooldown",
                GuardName::History => "history",
                GuardName::SpotPrice => "spot_price",
                GuardName::ShortPrice => "short_price",
                GuardName::LastPrice => "last_price",
                GuardName::PriceRise => "price_rise",
                GuardName::Depth => "depth",
                GuardName::Custody => "custody",
            },
            Self::Refused { .. } => "refused",
            Self::LotTooSmall { .. } => "lot_too_small",
            Self::GasTooDear { .. } => "gas_too_dear",
            Self::GasPriceTooHigh { .. } => "gas_price_too_high",
            Self::TooLittleEther { .. } => "too_little_ether",
            Self::AccountBusy { .. } => "account_busy",
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guard { guard, value, limit, .. } => {
                write!(f, "the guard {guard} is closed: {value}, limit {limit}")
            }
            Self::Refused { error } => write!(f, "the converter refuses: {error}"),
            Self::LotTooSmall { usdc, min_lot } => {
                write!(f, "{usdc} base units of USDC are less than the {min_lot} that are worth it")
            }
            Self::GasTooDear { cost, usdc, max_gas_share } => {
                write!(
                    f,
                    "gas costs {cost} base units of USDC, more than {max_gas_share} basis points of {usdc}"
                )
            }
            Self::GasPriceTooHigh { max_fee_per_gas, limit } => {
                write!(f, "gas costs {max_fee_per_gas} wei a unit, the limit is {limit}")
            }
            Self::TooLittleEther { has, needs } => write!(f, "the account has {has} wei, {needs} are needed"),
            Self::AccountBusy { transactions } => {
                write!(
                    f,
                    "the account has {transactions} transactions in the pool that are not in the journal"
                )
            }
        }
    }
}

/// The terms to convert on, or why to wait; as far as `quote` knows, before gas is.
///
/// # Errors
/// The reason to wait.
pub fn terms(quote: &Quote, policy: &Policy) -> Result<Terms, Wait> {
    // A rise of the price within the last block is over in the one that the transaction is in.
    if let Some(guard) = quote.closed().find(|guard| guard.guard != GuardName::PriceRise) {
        return Err(Wait::Guard {
            guard: guard.guard,
            value: guard.value.clone(),
            limit: guard.limit.clone(),
            opens_at: quote.opens_at(),
        });
    }
    let Some(expected) = &quote.expected else {
        let error = quote.obstacle.clone().unwrap_or_else(|| "no reason given".into());
        return Err(Wait::Refused { error });
    };
    if expected.usdc_in < policy.min_lot {
        return Err(Wait::LotTooSmall { usdc: expected.usdc_in, min_lot: policy.min_lot });
    }
    Ok(Terms::of(expected, policy.slippage, quote.time.saturating_add(policy.deadline)))
}

/// Whether `gas` is worth converting `usdc` base units.
///
/// # Errors
/// The reason to wait.
pub fn worth(usdc: U256, gas: &Gas, policy: &Policy) -> Result<(), Wait> {
    let (Some(max_gas_share), Some(cost)) = (policy.max_gas_share, gas.usdc()) else { return Ok(()) };
    let dear = U512::from(cost) * U512::from(BASIS_POINTS) > U512::from(usdc) * U512::from(max_gas_share);
    if dear { Err(Wait::GasTooDear { cost, usdc, max_gas_share }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quote::{Expected, Guard};

    fn policy() -> Policy {
        Policy {
            min_lot: U256::from(100),
            max_gas_share: Some(100),
            max_fee_per_gas: None,
            slippage: 50,
            deadline: 300,
            confirmations: 1,
            patience: 60,
        }
    }

    fn quote(usdc: u64) -> Quote {
        let expected = Expected {
            usdc_in: U256::from(usdc),
            btrst_out: U256::from(2_000),
            bounded_by_price: false,
            at: 10,
        };
        Quote {
            block: 1,
            time: 10,
            guards: Vec::new(),
            lot: None,
            expected: Some(expected),
            obstacle: None,
            mean_tick: None,
            floor_tick: None,
        }
    }

    fn closed(guard: GuardName, opens_at: Option<u64>) -> Guard {
        Guard { guard, passes: false, value: "1".into(), limit: "2".into(), opens_at }
    }

    #[test]
    fn an_open_quote_gives_terms() {
        let terms = terms(&quote(100), &policy()).unwrap();
        assert_eq!(terms, Terms { max_in: U256::from(100), min_out: U256::from(1_990), deadline: 310 });
    }

    #[test]
    fn a_rise_within_the_last_block_is_no_reason_to_wait() {
        let mut risen = quote(100);
        risen.guards = vec![closed(GuardName::PriceRise, Some(11))];
        assert!(terms(&risen, &policy()).is_ok());
        risen.guards.push(closed(GuardName::Depth, None));
        let wait = terms(&risen, &policy()).unwrap_err();
        assert!(matches!(wait, Wait::Guard { guard: GuardName::Depth, .. }), "{wait}");
    }

    #[test]
    fn every_reason_to_wait_is_told() {
        let mut paused = quote(100);
        paused.guards = vec![closed(GuardName::Pause, Some(50)), closed(GuardName::Cooldown, Some(70))];
        let wait = terms(&paused, &policy()).unwrap_err();
        assert!(matches!(wait, Wait::Guard { guard: GuardName::Pause, opens_at: Some(70), .. }), "{wait}");
        paused.guards.push(closed(GuardName::Depth, None));
        assert!(matches!(terms(&paused, &policy()).unwrap_err(), Wait::Guard { opens_at: None, .. }));
        let refused = Quote { expected: None, obstacle: Some("NothingToConvert".into()), ..quote(100) };
        assert_eq!(terms(&refused, &policy()).unwrap_err().word(), "refused");
        assert_eq!(terms(&quote(99), &policy()).unwrap_err().word(), "lot_too_small");
    }

    #[test]
    fn gas_is_weighed_against_the_lot() {
        // 10^15 wei at 3,000 USDC are 3 USDC: 1% of 300 USDC.
        let ether_price = Some(U256::from(3_000_000_000_u64));
        let gas = Gas { wei: U256::from(10_u64.pow(15)), ether_price };
        assert_eq!(gas.usdc(), Some(U256::from(3_000_000)));
        assert!(worth(U256::from(300_000_000), &gas, &policy()).is_ok());
        assert!(matches!(worth(U256::from(299_999_999), &gas, &policy()), Err(Wait::GasTooDear { .. })));
        let unknown = Gas { ether_price: None, ..gas };
        assert!(worth(U256::from(1), &unknown, &policy()).is_ok());
    }
}
