//! Prices of a Uniswap tick, exactly enough for a report: an error below a millionth of a millionth.

use alloy::primitives::{U256, U512};

/// Binary places of a ratio.
const PLACES: usize = 128;

/// Outermost tick of Uniswap V3.
const MOST_TICK: u32 = 887_272;

/// What `amount` of one token is worth in the other at `tick`; `is_token0` is the side of the token that is given.
#[must_use]
pub fn worth(amount: U256, tick: i32, is_token0: bool) -> U256 {
    let ratio = power(tick.unsigned_abs().min(MOST_TICK));
    let amount = U512::from(amount);
    // The price of token 0 in token 1 is 1.0001 to the power of the tick.
    let worth: U512 = if is_token0 == (tick >= 0) {
        (amount * ratio) >> PLACES
    } else {
        (amount << PLACES).checked_div(ratio).unwrap_or_default()
    };
    worth.saturating_to()
}

/// 1.0001 to the power of `exponent`, with 128 binary places. At the outermost tick it is below 2^128, so that a
/// product of two has 384 bits.
fn power(exponent: u32) -> U512 {
    let one = U512::from(1) << PLACES;
    let mut base: U512 = one / U512::from(10_000) * U512::from(10_001);
    let (mut result, mut left) = (one, exponent);
    while left > 0 {
        if left % 2 == 1 {
            result = (result * base) >> PLACES;
        }
        base = (base * base) >> PLACES;
        left /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Square roots of prices by Uniswap's TickMath, with 96 binary places: of the outermost ticks and of one between.
    #[test]
    fn prices_are_uniswaps() {
        let table = [
            (887_272, "1461446703485210103287273052203988822378723970342"),
            (-887_272, "4295128739"),
            (50_000, "965075977353221155028623082916"),
        ];
        for (tick, root) in table {
            let root = U512::from(root.parse::<U256>().unwrap());
            let amount = U256::from(10_u128.pow(36));
            let exact: U512 = (U512::from(amount) * root * root) >> 192_usize;
            let price = U512::from(worth(amount, tick, true));
            // The root of the lowest price has ten digits only.
            let error = exact.abs_diff(price);
            assert!(
                error * U512::from(1_000_000_000_u64) <= exact.max(U512::from(1_u64)),
                "{tick}: {price} {exact}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_other_way_is_the_inverse(tick in -400_000_i32..400_000, amount in 1_u64..) {
            let amount = U256::from(amount) << 64_usize;
            let there = worth(amount, tick, true);
            prop_assert_eq!(worth(amount, -tick, false), there);
            let one_more = worth(amount, tick + 1, true);
            prop_assert!(one_more >= there);
        }
    }
}
