//! Power split by weights; a choice has the square of the sum of the square roots of its parts. The squares are then
//! scaled to the power of the valid ballots.

use alloy::primitives::{U256, U512};

use super::sums::{self, Sums};
use super::{Ballot, Choice, Count, System, apportion, ranking};

/// Bits after the point of a root.
const FRACTION: u32 = 64;

/// For each choice the sum of the square roots of its parts, with [`FRACTION`] bits after the point.
pub(super) fn roots(choices: usize, ballots: &[Ballot]) -> (Sums<()>, Vec<U256>) {
    sums::of_places(System::Quadratic, choices, choices, ballots, |sums, ballot| {
        if let Choice::Weights(weights) = &ballot.choice {
            let whole = weights.iter().fold(0_u64, |whole, (_, weight)| whole.saturating_add(*weight));
            for &(choice, weight) in weights {
                sums::add_to(sums, choice, root(ballot.power.units(), weight, whole));
            }
        }
    })
}

pub(super) fn count(choices: usize, ballots: &[Ballot]) -> Count {
    let (sums, roots) = roots(choices, ballots);
    let ranking = ranking(&roots);
    let squares: Vec<_> =
        roots.into_iter().map(|root| U512::from(root).saturating_mul(U512::from(root))).collect();
    Count { scores: apportion::apportion(sums.valid(), &squares), sums, ranking, rounds: Vec::new() }
}

/// Square root of `power * weight / whole` with [`FRACTION`] bits after the point, the first 63 bits of it exact.
fn root(power: u128, weight: u64, whole: u64) -> U256 {
    if power == 0 || weight == 0 {
        return U256::ZERO;
    }
    // All bits of the number are used: shifted up by an even number of places, its root is shifted by half of them.
    let shift = power.leading_zeros() & !1;
    let part = apportion::whole_share(power << shift, weight, whole);
    let more = part.leading_zeros() & !1;
    // Only a weight that is nothing beside the others leaves no bit at all.
    let root = part.checked_shl(more).unwrap_or_default().isqrt();
    let places = (shift + more) / 2;
    let root = U256::from(root);
    if places <= FRACTION { root << (FRACTION - places) } else { root >> (places - FRACTION) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_have_sixty_three_bits() {
        assert_eq!(root(4, 1, 1), U256::from(2) << 64_usize);
        assert_eq!(root(1 << 126, 1, 1), U256::from(1_u64 << 63) << 64_usize);
        assert_eq!(root(100, 1, 4), U256::from(5) << 64_usize);
        assert_eq!(root(0, 1, 1), U256::ZERO);
        assert_eq!(root(9, 0, 1), U256::ZERO);
        for (power, weight, whole) in
            [(2, 1, 1), (u128::MAX, 1, 3), (1, 1, u64::MAX), (10_u128.pow(24), 7, 11)]
        {
            let exact = (power as f64 * weight as f64 / whole as f64).sqrt();
            let found = root(power, weight, whole);
            let number = found.to_string().parse::<f64>().unwrap() / 2_f64.powi(64);
            assert!((number / exact - 1.0).abs() < 1e-15, "{number} {exact}");
        }
    }
}
