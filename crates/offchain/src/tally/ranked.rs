//! Instant runoff: the weakest first choice is eliminated, and its ballots go to their next one, until one has more than
//! half of the power or fewer than three are left.

use super::sums::{self, Merge};
use super::{Ballot, Choice, Count, Power, System, Total, ranking};

/// A round of ranked choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Power of each choice that is the first of any ballot; choices from 1, in the proposal's order.
    pub standing: Vec<(u32, Total)>,
    /// The choice that is eliminated after it; none after the last round. Of equally weak ones, the first of the proposal.
    pub eliminated: Option<u32>,
}

/// A ballot in the pile of its current first choice.
struct Paper<'a> {
    /// What is left of its order.
    order: &'a [u32],
    power: Power,
}

#[derive(Default)]
struct Pile<'a> {
    papers: Vec<Paper<'a>>,
    power: Total,
    eliminated: bool,
}

impl Merge for Vec<Pile<'_>> {
    fn merge(mut self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        for (pile, more) in self.iter_mut().zip(other) {
            pile.papers.extend(more.papers);
            pile.power = pile.power.plus(more.power);
        }
        self
    }
}

pub(super) fn count(choices: usize, ballots: &[Ballot]) -> Count {
    let sums = sums::of(System::RankedChoice, choices, ballots, |piles: &mut Vec<Pile<'_>>, ballot| {
        piles.resize_with(choices, Pile::default);
        if let Choice::Several(order) = &ballot.choice {
            put(piles, Paper { order, power: ballot.power });
        }
    });
    let (sums, mut piles) = sums.take();
    piles.resize_with(choices, Pile::default);
    let total = sums.valid();
    let mut rounds = Vec::new();
    loop {
        let standing: Vec<(u32, Total)> = (1_u32..)
            .zip(&piles)
            .filter(|(_, pile)| !pile.papers.is_empty())
            .map(|(choice, pile)| (choice, pile.power))
            .collect();
        let top = standing.iter().map(|(_, power)| *power).max().unwrap_or_default();
        let majority = top.plus(top) > total;
        // `min_by_key` gives the first of equal ones.
        let weakest = standing.iter().min_by_key(|(_, power)| *power).map(|(choice, _)| *choice);
        let eliminated = weakest.filter(|_| !majority && standing.len() >= 3);
        rounds.push(Round { standing, eliminated });
        let Some(pile) = eliminated.and_then(|choice| pile_of(&mut piles, choice)) else { break };
        pile.eliminated = true;
        pile.power = Total::ZERO;
        for paper in std::mem::take(&mut pile.papers) {
            put(&mut piles, paper);
        }
    }
    let scores: Vec<_> = piles.iter().map(|pile| pile.power).collect();
    // Of those that were eliminated, the later one was stronger.
    let left_in = |choice: u32| {
        rounds.iter().position(|round| round.eliminated == Some(choice)).unwrap_or(rounds.len())
    };
    let strengths: Vec<_> = (1_u32..).zip(&scores).map(|(choice, score)| (*score, left_in(choice))).collect();
    Count { sums, ranking: ranking(&strengths), scores, rounds }
}

fn pile_of<'a, 'b>(piles: &'a mut [Pile<'b>], choice: u32) -> Option<&'a mut Pile<'b>> {
    piles.get_mut(usize::try_from(choice).ok()?.checked_sub(1)?)
}

/// Puts a paper on the pile of its first choice that is not eliminated.
fn put<'a>(piles: &mut [Pile<'a>], mut paper: Paper<'a>) {
    while let Some((choice, rest)) = paper.order.split_first() {
        match pile_of(piles, *choice) {
            Some(pile) if !pile.eliminated => {
                pile.power.add(paper.power);
                pile.papers.push(paper);
                return;
            }
            _ => paper.order = rest,
        }
    }
}
