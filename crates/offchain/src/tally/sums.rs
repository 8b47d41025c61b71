//! Sums over all ballots, on all processors. Integers give the same in whatever order they are added.

use alloy::primitives::U256;
use rayon::prelude::*;

use super::{Ballot, CHUNK, Choice, System, Total};

/// What is added up piece by piece.
pub(super) trait Merge: Default + Send {
    /// The sum of both.
    fn merge(self, other: Self) -> Self;
}

impl Merge for Vec<U256> {
    fn merge(mut self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        for (sum, more) in self.iter_mut().zip(other) {
            *sum = sum.saturating_add(more);
        }
        self
    }
}

/// The sum of what `add` adds for each ballot.
pub(super) fn of<M: Merge>(ballots: &[Ballot], add: impl Fn(&mut M, &Ballot) + Sync) -> M {
    let piece = ballots.len().div_ceil(4 * rayon::current_num_threads()).max(CHUNK);
    let sum = |ballots: &[Ballot]| {
        let mut sum = M::default();
        ballots.iter().for_each(|ballot| add(&mut sum, ballot));
        sum
    };
    ballots.par_chunks(piece).map(sum).reduce(M::default, M::merge)
}

/// The same for a sum of each choice. `add` gets `choices` sums.
pub(super) fn of_choices(
    sums: usize,
    ballots: &[Ballot],
    add: impl Fn(&mut [U256], &Ballot) + Sync,
) -> Vec<U256> {
    let mut all = of(ballots, |list: &mut Vec<U256>, ballot| {
        list.resize(sums, U256::ZERO);
        add(list, ballot);
    });
    all.resize(sums, U256::ZERO);
    all
}

/// Adds `power` to the sum of `choice`, from 1.
pub(super) fn add_to(sums: &mut [U256], choice: u32, power: U256) {
    let place = usize::try_from(choice).ok().and_then(|choice| choice.checked_sub(1));
    if let Some(sum) = place.and_then(|place| sums.get_mut(place)) {
        *sum = sum.saturating_add(power);
    }
}

/// The power of the ballots for each choice.
pub(super) fn one(choices: usize, ballots: &[Ballot]) -> Vec<Total> {
    let sums = of_choices(choices, ballots, |sums, ballot| {
        if let Choice::One(choice) = ballot.choice {
            add_to(sums, choice, U256::from(ballot.power.units()));
        }
    });
    sums.into_iter().map(Total).collect()
}

/// The power of the ballots that list each choice.
pub(super) fn several(choices: usize, ballots: &[Ballot]) -> Vec<Total> {
    let sums = of_choices(choices, ballots, |sums, ballot| {
        if let Choice::Several(list) = &ballot.choice
            && ballot.choice.is_valid(System::Approval, choices)
        {
            list.iter().for_each(|choice| add_to(sums, *choice, U256::from(ballot.power.units())));
        }
    });
    sums.into_iter().map(Total).collect()
}
