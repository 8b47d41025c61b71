//! Each pair of choices is compared: the one that more power prefers wins it. Equal numbers of won pairs are decided by
//! the power that preferred a choice in all its pairs. The scores share the power of the valid ballots in proportion.

use std::cmp::Ordering;

use alloy::primitives::{U256, U512};

use super::{Ballot, Choice, Count, System, apportion, ranking, sums};

pub(super) fn count(choices: usize, ballots: &[Ballot]) -> Count {
    // Power that prefers a choice to another, for each ordered pair.
    let places = choices * choices;
    let (sums, pairs) = sums::of_places(System::Copeland, choices, places, ballots, |sums, ballot| {
        if let Choice::Several(order) = &ballot.choice {
            prefer(choices, order, U256::from(ballot.power.units()), sums);
        }
    });
    let valid = sums.valid();
    let cell = |winner: usize, loser: usize| pairs.get(winner * choices + loser).copied().unwrap_or_default();
    let strength = |choice: usize| {
        let (mut points, mut support) = (0_u64, U256::ZERO);
        for other in (0..choices).filter(|other| *other != choice) {
            let preferred = cell(choice, other);
            support = support.saturating_add(preferred);
            points += match preferred.cmp(&cell(other, choice)) {
                Ordering::Greater => 2,
                Ordering::Equal => 1,
                Ordering::Less => 0,
            };
        }
        // The reference's score, `points + support / (pairs * power) / 2`, times its denominators.
        let whole = U512::from(valid.0) * U512::from(choices.saturating_sub(1)) * U512::from(2);
        U512::from(points) * whole + U512::from(support)
    };
    let strengths: Vec<_> = (0..choices).map(strength).collect();
    let scores = match strengths.as_slice() {
        // One choice has no pair to win.
        [_] => vec![valid],
        strengths => apportion::apportion(valid, strengths),
    };
    Count { sums, scores, ranking: ranking(&strengths), rounds: Vec::new() }
}

fn prefer(choices: usize, order: &[u32], power: U256, sums: &mut [U256]) {
    let place = |choice: u32| usize::try_from(choice).unwrap_or_default().saturating_sub(1);
    for (rank, winner) in order.iter().enumerate() {
        for loser in order.iter().skip(rank + 1) {
            if let Some(sum) = sums.get_mut(place(*winner) * choices + place(*loser)) {
                *sum = sum.saturating_add(power);
            }
        }
    }
}
