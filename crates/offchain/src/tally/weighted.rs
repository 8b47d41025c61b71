//! Power split by weights.
//!
//! The reference divides the split power by its own sum again and multiplies it with that of the valid ballots, which
//! changes nothing but the rounding. Here each ballot's parts are integers in units of 2^-64 of those of power, and what
//! rounding leaves goes to the ballot's largest weight: the sum is the power of the ballot, to the last bit.

use alloy::primitives::{U256, U512};

use super::{Ballot, Choice, Count, System, apportion, ranking, sums};

pub(super) fn count(choices: usize, ballots: &[Ballot]) -> Count {
    let (sums, parts) = sums::of_places(System::Weighted, choices, choices, ballots, |sums, ballot| {
        if let Choice::Weights(weights) = &ballot.choice {
            split(weights, ballot.power.units(), sums);
        }
    });
    let ranking = ranking(&parts);
    let parts: Vec<_> = parts.into_iter().map(U512::from).collect();
    Count { scores: apportion::apportion(sums.valid(), &parts), sums, ranking, rounds: Vec::new() }
}

/// Adds the parts of a ballot.
fn split(weights: &[(u32, u64)], power: u128, sums: &mut [U256]) {
    let whole = weights.iter().fold(0_u64, |whole, (_, weight)| whole.saturating_add(*weight));
    let mut left: U256 = U256::from(power) << 64;
    let mut largest = (0, 0);
    for &(choice, weight) in weights {
        let part = apportion::share(power, weight, whole);
        left = left.saturating_sub(part);
        sums::add_to(sums, choice, part);
        if weight > largest.1 {
            largest = (choice, weight);
        }
    }
    sums::add_to(sums, largest.0, left);
}
