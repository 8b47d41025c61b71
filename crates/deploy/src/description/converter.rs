//! The converter's table: currency, pool and guards.

use std::ops::RangeInclusive;

use alloy::primitives::aliases::U24;
use alloy::primitives::{Address, U256};
use btrst_bindings::IFeeConverter;
use btrst_gov::amount::Unit;
use btrst_gov::converter::{HOP, LOT, MAX_DEVIATION, MIN_SHORT_WINDOW, TOLERANCE, WINDOW};
use btrst_gov::parameters::within;
use serde::Deserialize;
use toml::Spanned;

use super::file::Reader;
use super::{Converter, Pool};
use crate::{Error, Result};

/// Uniswap V3's fees are below 100%, in hundredths of a basis point.
const MAX_FEE: u32 = 999_999;

/// Greatest price of one BTRST at first: a million USDC, in base units. Far from what the pool cannot express.
const MAX_PRICE: u64 = 1_000_000_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConverterTable {
    usdc: Spanned<String>,
    guardian: Option<Spanned<String>>,
    pool: Option<Spanned<String>>,
    new_pool: Option<Spanned<PoolTable>>,
    cardinality: Spanned<u16>,
    window: Spanned<u32>,
    short_window: Spanned<u32>,
    tolerance: Spanned<u16>,
    max_deviation: Spanned<u32>,
    hop: Spanned<u32>,
    lot: Spanned<String>,
    min_liquidity: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolTable {
    factory: Spanned<String>,
    fee: Spanned<u32>,
    price: Spanned<String>,
}

impl ConverterTable {
    pub(super) fn read(&self, reader: Reader<'_>, deployer: Address) -> Result<Converter> {
        let guardian = self.guardian.as_ref().map(|guardian| reader.guardian(guardian, deployer));
        let pool = match (&self.pool, &self.new_pool) {
            (Some(pool), None) => Pool::Existing(reader.account("pool", pool)?),
            (None, Some(table)) => table.get_ref().read(reader)?,
            (Some(pool), Some(_)) => {
                return Err(reader.at(pool, Error::Choice("either `pool` or `new_pool`")));
            }
            (None, None) => {
                return Err(reader.at(&self.usdc, Error::Choice("either `pool` or `new_pool`")));
            }
        };
        Ok(Converter {
            usdc: reader.account("usdc", &self.usdc)?,
            guardian: guardian.transpose()?.unwrap_or(Address::ZERO),
            pool,
            // A pool keeps one observation from the start.
            cardinality: bounded(reader, "cardinality", &self.cardinality, 1..=u16::MAX.into())?,
            guards: self.guards(reader)?,
        })
    }

    /// The guards within the bounds that the contract enforces.
    fn guards(&self, reader: Reader<'_>) -> Result<IFeeConverter::Parameters> {
        let window = bounded(reader, "window", &self.window, WINDOW)?;
        let max_deviation = bounded(reader, "max_deviation", &self.max_deviation, MAX_DEVIATION)?;
        let lot = reader.amount(&self.lot, Unit::Usdc)?;
        within("lot", lot, U256::from(*LOT.start())..=U256::from(*LOT.end()))
            .map_err(|problem| reader.at(&self.lot, problem.into()))?;
        let liquidity = reader.amount(&self.min_liquidity, Unit::Plain(0))?;
        within("min_liquidity", liquidity, U256::ZERO..=U256::from(u128::MAX))
            .map_err(|problem| reader.at(&self.min_liquidity, problem.into()))?;
        Ok(IFeeConverter::Parameters {
            window,
            shortWindow: bounded(
                reader,
                "short_window",
                &self.short_window,
                MIN_SHORT_WINDOW..=u64::from(window / 2),
            )?,
            tolerance: bounded(reader, "tolerance", &self.tolerance, TOLERANCE)?,
            maxDeviation: U24::from(max_deviation),
            hop: bounded(reader, "hop", &self.hop, HOP)?,
            lot: lot.saturating_to(),
            minLiquidity: liquidity.saturating_to(),
        })
    }
}

impl PoolTable {
    fn read(&self, reader: Reader<'_>) -> Result<Pool> {
        let price = reader.amount(&self.price, Unit::Usdc)?;
        if price.is_zero() || price > U256::from(MAX_PRICE) {
            return Err(reader.at(&self.price, Error::InvalidPrice(self.price.get_ref().clone())));
        }
        Ok(Pool::Fresh {
            factory: reader.account("factory", &self.factory)?,
            fee: bounded(reader, "fee", &self.fee, 1..=MAX_FEE.into())?,
            price,
        })
    }
}

/// The number at `value`, when it is within its bounds.
fn bounded<T>(
    reader: Reader<'_>,
    name: &'static str,
    value: &Spanned<T>,
    bounds: RangeInclusive<u64>,
) -> Result<T>
where
    T: Copy + Into<u64>,
{
    let number = U256::from((*value.get_ref()).into());
    let checked = within(name, number, U256::from(*bounds.start())..=U256::from(*bounds.end()));
    checked.map(|()| *value.get_ref()).map_err(|problem| reader.at(value, problem.into()))
}
