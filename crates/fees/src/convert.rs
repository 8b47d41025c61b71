//! One conversion: what to send for it, and what came of it.

use alloy::primitives::{Address, U256};
use alloy::rpc::types::TransactionReceipt;
use btrst_bindings::FeeConverter;
use btrst_chain::Draft;
use btrst_chain::transaction::GasTerms;
use btrst_gov::governor::Call;
use serde::Serialize;

use crate::Result;
use crate::chain::FeeChain;
use crate::quote::Expected;

/// 100% in basis points.
const BASIS_POINTS: u64 = 10_000;

/// What the caller of a conversion insists on, beside the guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Most USDC to spend, in base units.
    pub max_in: U256,
    /// Least BTRST to receive, in base units.
    pub min_out: U256,
    /// Unix time in seconds after which it fails.
    pub deadline: u64,
}

impl Terms {
    /// Terms for the outcome `expected`, less `slippage` basis points, rounded up.
    #[must_use]
    pub fn of(expected: &Expected, slippage: u16, deadline: u64) -> Self {
        let share = U256::from(BASIS_POINTS.saturating_sub(slippage.into()));
        let min_out = expected.btrst_out.saturating_mul(share).div_ceil(U256::from(BASIS_POINTS));
        Self { max_in: expected.usdc_in, min_out, deadline }
    }

    /// The conversion.
    #[must_use]
    pub fn call(&self, chain: &FeeChain) -> Call {
        let Self { max_in, min_out, deadline } = *self;
        chain.call(&FeeConverter::convertCall {
            maxIn: max_in,
            minOut: min_out,
            deadline: U256::from(deadline),
        })
    }

    /// Simulates the conversion by `from` and drafts its transaction. `time` is [`crate::quote::Quote::next_block`].
    ///
    /// # Errors
    /// [`btrst_chain::Error::Reverted`] when it would fail.
    pub async fn draft(&self, chain: &FeeChain, from: Address, time: Option<u64>) -> Result<Draft> {
        Ok(chain.draft(from, &self.call(chain), &GasTerms { time, ..GasTerms::default() }).await?)
    }
}

/// What a conversion did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Converted {
    /// USDC spent, in base units.
    pub usdc_in: U256,
    /// BTRST that the treasury received, in base units.
    pub btrst_out: U256,
    /// Least that the guards would have accepted.
    pub floor: U256,
    /// Tick of the floor: where BTRST was cheapest of the slow mean, the fast one and the last second before the block.
    pub mean_tick: i32,
}

impl Converted {
    /// What the transaction of `receipt` converted.
    ///
    /// # Errors
    /// [`Error::Endpoint`] when the receipt tells of no conversion.
    pub fn of(chain: &FeeChain, receipt: &TransactionReceipt) -> Result<Self> {
        let logs = receipt.inner.logs().iter().filter(|log| log.address() == chain.converter);
        let mut events = logs.filter_map(|log| log.log_decode::<FeeConverter::Converted>().ok());
        let missing =
            || btrst_chain::Error::endpoint("show the conversion", "the receipt has no `Converted` event");
        let event = events.next().ok_or_else(missing)?.inner.data;
        Ok(Self {
            usdc_in: event.usdcIn,
            btrst_out: event.btrstOut,
            floor: event.floor,
            mean_tick: event.meanTick.as_i32(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_least_output_is_within_the_slippage(out: u128, slippage in 0_u16..=10_000) {
            let expected = Expected { usdc_in: U256::from(1), btrst_out: U256::from(out), bounded_by_price: false, at: 0 };
            let terms = Terms::of(&expected, slippage, 7);
            let exact = U256::from(out) * U256::from(10_000 - slippage);
            prop_assert!(terms.min_out * U256::from(10_000) >= exact);
            prop_assert!(terms.min_out <= expected.btrst_out);
        }
    }
}
