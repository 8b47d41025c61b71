//! Sums over all ballots, in one pass on all processors. Integers give the same in whatever order they are added.

use alloy::primitives::U256;
use rayon::prelude::*;

use super::{Ballot, CHUNK, Choice, System, Total};

/// What is gathered piece by piece.
pub(super) trait Merge: Default + Send {
    /// Both together.
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

/// What one pass over the ballots gives.
#[derive(Debug, Default)]
pub(super) struct Sums<G> {
    /// Power of all ballots.
    pub all: Total,
    /// Power of those that count for no choice.
    pub uncounted: Total,
    /// Number of those that say nothing the system takes.
    pub invalid: usize,
    /// Number of those that are encrypted.
    pub encrypted: usize,
    /// What the voting system gathers of the others.
    pub gathered: G,
}

impl<G> Sums<G> {
    /// Power of the valid ballots.
    pub(super) const fn valid(&self) -> Total {
        Total(self.all.0.saturating_sub(self.uncounted.0))
    }

    /// The same, with what was gathered handed out.
    pub(super) fn take(self) -> (Sums<()>, G) {
        let Self { all, uncounted, invalid, encrypted, gathered } = self;
        (Sums { all, uncounted, invalid, encrypted, gathered: () }, gathered)
    }
}

impl<G: Merge> Merge for Sums<G> {
    fn merge(self, other: Self) -> Self {
        Self {
            all: self.all.plus(other.all),
            uncounted: self.uncounted.plus(other.uncounted),
            invalid: self.invalid + other.invalid,
            encrypted: self.encrypted + other.encrypted,
            gathered: self.gathered.merge(other.gathered),
        }
    }
}

/// Goes over `ballots` once, and has `add` gather the valid ones.
pub(super) fn of<'a, G: Merge>(
    system: System,
    choices: usize,
    ballots: &'a [Ballot],
    add: impl Fn(&mut G, &'a Ballot) + Sync,
) -> Sums<G> {
    let piece = ballots.len().div_ceil(4 * rayon::current_num_threads()).max(CHUNK);
    let sum = |ballots: &'a [Ballot]| {
        let mut sums = Sums::default();
        for ballot in ballots {
            sums.all.add(ballot.power);
            if ballot.choice.is_valid(system, choices) {
                add(&mut sums.gathered, ballot);
                continue;
            }
            sums.uncounted.add(ballot.power);
            match ballot.choice {
                Choice::Encrypted => sums.encrypted += 1,
                _ => sums.invalid += 1,
            }
        }
        sums
    };
    ballots.par_chunks(piece).map(sum).reduce(Sums::default, Merge::merge)
}

/// The same with `places` sums, to which `add` adds.
pub(super) fn of_places(
    system: System,
    choices: usize,
    places: usize,
    ballots: &[Ballot],
    add: impl Fn(&mut [U256], &Ballot) + Sync,
) -> (Sums<()>, Vec<U256>) {
    let sums = of(system, choices, ballots, |list: &mut Vec<U256>, ballot| {
        list.resize(places, U256::ZERO);
        add(list, ballot);
    });
    let (sums, mut list) = sums.take();
    list.resize(places, U256::ZERO);
    (sums, list)
}

/// Adds `power` to the sum of `choice`, from 1.
pub(super) fn add_to(sums: &mut [U256], choice: u32, power: U256) {
    let place = usize::try_from(choice).ok().and_then(|choice| choice.checked_sub(1));
    if let Some(sum) = place.and_then(|place| sums.get_mut(place)) {
        *sum = sum.saturating_add(power);
    }
}

/// The power of the ballots for each choice, in a system whose ballots count in full for what they name.
pub(super) fn named(system: System, choices: usize, ballots: &[Ballot]) -> (Sums<()>, Vec<Total>) {
    let (sums, list) = of_places(system, choices, choices, ballots, |list, ballot| {
        let power = U256::from(ballot.power.units());
        match &ballot.choice {
            Choice::One(choice) => add_to(list, *choice, power),
            Choice::Several(choices) => choices.iter().for_each(|choice| add_to(list, *choice, power)),
            Choice::Weights(_) | Choice::Encrypted | Choice::Invalid => {}
        }
    });
    (sums, list.into_iter().map(Total).collect())
}
