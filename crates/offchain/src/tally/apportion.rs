//! Parts of a whole in integers.

use std::cmp::Reverse;

use alloy::primitives::{U256, U512};

use super::Total;

/// `whole` split in proportion to `parts`, so that the sum is `whole` again: what is left after rounding down goes, unit
/// by unit, to those that lost most. All zero when all parts are.
pub(super) fn apportion(whole: Total, parts: &[U512]) -> Vec<Total> {
    let sum = parts.iter().fold(U512::ZERO, |sum, part| sum.saturating_add(*part));
    if sum.is_zero() {
        return vec![Total::ZERO; parts.len()];
    }
    let wide = U512::from(whole.0);
    let mut lost = Vec::with_capacity(parts.len());
    let mut shares = Vec::with_capacity(parts.len());
    let mut left = whole.0;
    for (place, part) in parts.iter().enumerate() {
        let (share, rest) = wide.saturating_mul(*part).div_rem(sum);
        let share = U256::saturating_from(share);
        left = left.saturating_sub(share);
        shares.push(Total(share));
        lost.push((Reverse(rest), place));
    }
    lost.sort_unstable();
    for (_, place) in lost {
        if left.is_zero() {
            break;
        }
        if let Some(share) = shares.get_mut(place) {
            share.0 = share.0.saturating_add(U256::ONE);
            left = left.saturating_sub(U256::ONE);
        }
    }
    shares
}

/// `number * part / whole * 2^64`, rounded down. `part` is at most `whole`, which is not zero.
pub(super) fn share(number: u128, part: u64, whole: u64) -> U256 {
    let [high, middle, low] = product(number, part);
    let (third, rest) = divided(0, high, whole);
    let (second, rest) = divided(rest, middle, whole);
    let (first, rest) = divided(rest, low, whole);
    let (fraction, _) = divided(rest, 0, whole);
    U256::from_limbs([fraction, first, second, third])
}

/// `number * part / whole`, rounded down. `part` is at most `whole`, which is not zero.
pub(super) fn whole_share(number: u128, part: u64, whole: u64) -> u128 {
    let [high, middle, low] = product(number, part);
    let (_, rest) = divided(0, high, whole);
    let (second, rest) = divided(rest, middle, whole);
    let (first, _) = divided(rest, low, whole);
    u128::from(second) << 64 | u128::from(first)
}

/// The words of a product, the highest first.
fn product(number: u128, part: u64) -> [u64; 3] {
    let low = u128::from(low(number)) * u128::from(part);
    let high = (number >> 64) * u128::from(part) + (low >> 64);
    [self::low(high >> 64), self::low(high), self::low(low)]
}

const fn low(number: u128) -> u64 {
    (number & u64::MAX as u128) as u64
}

/// Quotient and rest of two words by one. `rest` is below `by`, so that the quotient is one word.
fn divided(rest: u64, word: u64, by: u64) -> (u64, u64) {
    let number = u128::from(rest) << 64 | u128::from(word);
    let by = u128::from(by);
    (low(number.checked_div(by).unwrap_or_default()), low(number.checked_rem(by).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_are_exact(number: u128, part: u64, more: u64) {
            let whole = part.saturating_add(more).max(1);
            let part = part.min(whole);
            let product = U512::from(number) * U512::from(part);
            let exact = (product << 64_usize) / U512::from(whole);
            prop_assert_eq!(U512::from(share(number, part, whole)), exact);
            prop_assert_eq!(U512::from(whole_share(number, part, whole)), product / U512::from(whole));
        }

        #[test]
        fn nothing_is_lost(whole: u128, parts in prop::collection::vec(any::<u64>(), 1..20)) {
            let parts: Vec<_> = parts.into_iter().map(U512::from).collect();
            let whole = Total(U256::from(whole));
            let sum = apportion(whole, &parts).into_iter().fold(Total::ZERO, Total::plus);
            let nothing = parts.iter().all(U512::is_zero);
            prop_assert_eq!(sum, if nothing { Total::ZERO } else { whole });
        }
    }
}
