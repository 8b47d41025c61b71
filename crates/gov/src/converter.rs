//! The guards of the fee converter, and their bounds.

use std::ops::RangeInclusive;

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, U256},
    providers::Provider,
};
use btrst_bindings::FeeConverter;
use futures_util::future::try_join3;

use crate::{
    Result,
    governor::{number, read_optional},
    parameters::{wide, within},
};

/// Seconds of the time-weighted price that the converter allows.
pub const WINDOW: RangeInclusive<u64> = 600..=86_400;
/// Least seconds of the fast time-weighted price; at most half of the window.
pub const MIN_SHORT_WINDOW: u64 = 60;
/// Tolerances that the converter allows, in basis points.
pub const TOLERANCE: RangeInclusive<u64> = 0..=500;
/// Deviations that the converter allows, in ticks.
pub const MAX_DEVIATION: RangeInclusive<u64> = 10..=500;
/// Seconds between two full lots that the converter allows.
pub const HOP: RangeInclusive<u64> = 300..=604_800;
/// Lots that the converter allows, in base units of USDC: up to 250,000 USDC.
pub const LOT: RangeInclusive<u64> = 1..=250_000_000_000;

/// Signature of the converter's setter.
pub const SET_PARAMETERS: &str = "setParameters((uint32,uint32,uint16,uint24,uint32,uint64,uint128))";

/// What must hold for a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guards {
    /// Seconds of the time-weighted price.
    pub window: u64,
    /// Seconds of the second, faster one.
    pub short_window: u64,
    /// Basis points that a purchase may cost above the reference prices.
    pub tolerance: u64,
    /// Ticks by which the prices may differ.
    pub max_deviation: u64,
    /// Seconds to wait after a conversion of a full lot.
    pub hop: u64,
    /// Most that one conversion may spend, in base units of USDC.
    pub lot: u64,
    /// Least liquidity that the pool must show.
    pub min_liquidity: u128,
}

impl Guards {
    /// The guards in a decoded argument of [`SET_PARAMETERS`]; `None` if it is of another type.
    pub fn decode(argument: &DynSolValue) -> Option<Self> {
        let numbers: Vec<U256> = match argument {
            DynSolValue::Tuple(values) => {
                values.iter().map(|value| value.as_uint().map(|(number, _)| number)).collect::<Option<_>>()?
            }
            _ => return None,
        };
        let [window, short_window, tolerance, max_deviation, hop, lot, min_liquidity] = numbers.as_slice()
        else {
            return None;
        };
        let small = |number: &U256| u64::try_from(*number).ok();
        Some(Self {
            window: small(window)?,
            short_window: small(short_window)?,
            tolerance: small(tolerance)?,
            max_deviation: small(max_deviation)?,
            hop: small(hop)?,
            lot: small(lot)?,
            min_liquidity: u128::try_from(*min_liquidity).ok()?,
        })
    }

    /// Bounds of the fast window, beside a window as long as this one's.
    pub const fn short_window_bounds(&self) -> RangeInclusive<u64> {
        MIN_SHORT_WINDOW..=self.window / 2
    }

    /// Checks the bounds that the converter enforces.
    ///
    /// # Errors
    /// Names the first guard that is out of bounds.
    pub fn check(&self) -> Result<()> {
        let check = |name, value, range| within(name, U256::from(value), wide(range));
        check("window", self.window, WINDOW)?;
        check("short window", self.short_window, self.short_window_bounds())?;
        check("tolerance", self.tolerance, TOLERANCE)?;
        check("greatest deviation", self.max_deviation, MAX_DEVIATION)?;
        check("hop", self.hop, HOP)?;
        check("lot", self.lot, LOT)
    }
}

/// A fee converter at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converter {
    /// Its guards.
    pub guards: Guards,
    /// Who may pause conversions; `None` for nobody.
    pub guardian: Option<Address>,
    /// Unix time in seconds until which conversions are paused; in the past when they are not.
    pub paused_until: u64,
}

/// The converter at `address`; `None` for the live one of 2021, which has neither guards nor guardian.
///
/// # Errors
/// If the converter does not answer.
pub async fn converter<P: Provider>(provider: &P, address: Address) -> Result<Option<Converter>> {
    let contract = FeeConverter::new(address, provider);
    let (guards, guardian, paused) = try_join3(
        read_optional("parameters", contract.parameters()),
        read_optional("guardian", contract.guardian()),
        read_optional("pausedUntil", contract.pausedUntil()),
    )
    .await?;
    let Some(guards) = guards else { return Ok(None) };
    let (guardian, paused) = (guardian.unwrap_or_default(), paused.unwrap_or_default());
    Ok(Some(Converter {
        guards: Guards {
            window: guards.window.into(),
            short_window: guards.shortWindow.into(),
            tolerance: guards.tolerance.into(),
            max_deviation: guards.maxDeviation.to(),
            hop: guards.hop.into(),
            lot: guards.lot,
            min_liquidity: guards.minLiquidity,
        },
        guardian: (!guardian.is_zero()).then_some(guardian),
        paused_until: number("pause", paused)?,
    }))
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::Bytes,
        providers::{ProviderBuilder, mock::Asserter},
        sol_types::SolValue,
    };

    use super::*;

    const GUARDS: Guards = Guards {
        window: 1_800,
        short_window: 300,
        tolerance: 75,
        max_deviation: 200,
        hop: 3_600,
        lot: 25_000_000_000,
        min_liquidity: 1,
    };

    #[test]
    fn each_guard_has_bounds() {
        GUARDS.check().unwrap();
        let table = [
            (Guards { window: 599, ..GUARDS }, "window 599 is outside 600 to 86400"),
            (Guards { short_window: 901, ..GUARDS }, "short window 901 is outside 60 to 900"),
            (Guards { tolerance: 501, ..GUARDS }, "tolerance 501 is outside 0 to 500"),
            (Guards { max_deviation: 9, ..GUARDS }, "greatest deviation 9 is outside 10 to 500"),
            (Guards { hop: 299, ..GUARDS }, "hop 299 is outside 300 to 604800"),
            (Guards { lot: 0, ..GUARDS }, "lot 0 is outside 1 to 250000000000"),
        ];
        for (guards, message) in table {
            assert_eq!(guards.check().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn other_arguments_are_no_guards() {
        assert_eq!(Guards::decode(&DynSolValue::Bool(true)), None);
        assert_eq!(Guards::decode(&DynSolValue::Tuple(vec![DynSolValue::Bool(true); 7])), None);
        assert_eq!(Guards::decode(&DynSolValue::Tuple(vec![DynSolValue::Uint(U256::MAX, 256); 7])), None);
        assert_eq!(Guards::decode(&DynSolValue::Tuple(vec![])), None);
    }

    #[tokio::test]
    async fn the_converter_of_2021_has_no_guards() {
        let asserter = Asserter::new();
        for _ in 0..3 {
            asserter.push_failure_msg("execution reverted");
        }
        let provider = ProviderBuilder::default().connect_mocked_client(asserter);
        assert_eq!(converter(&provider, Address::ZERO).await.unwrap(), None);

        let asserter = Asserter::new();
        let guards = [1_800_u64, 300, 75, 200, 3_600, 25_000_000_000, 1].map(U256::from);
        let (guardian, paused) = (Address::repeat_byte(7), U256::from(99));
        for answer in [guards.abi_encode(), guardian.abi_encode(), paused.abi_encode()] {
            asserter.push_success(&Bytes::from(answer));
        }
        let provider = ProviderBuilder::default().connect_mocked_client(asserter);
        let found = converter(&provider, Address::ZERO).await.unwrap();
        assert_eq!(found, Some(Converter { guards: GUARDS, guardian: Some(guardian), paused_until: 99 }));
    }
}
