//! Counting ballots, in integers.
//!
//! Sums and comparisons are exact, so that the order of ballots does not matter and a tie is a tie. The reference counts
//! in floating point; [`Tally::scores_f64`] gives its numbers for display.

mod apportion;
mod ballot;
mod choice;
mod copeland;
mod outcome;
mod power;
mod quadratic;
mod ranked;
mod sums;
mod system;
mod weighted;

pub use ballot::{Ballot, BallotBox};
pub use choice::Choice;
pub use outcome::{Outcome, Quorum};
pub use power::{DECIMALS, Power, Total};
pub use ranked::Round;
pub use system::System;

/// Most choices of a vote. The matrix of pairs of so many has 32 MB.
pub const MAX_CHOICES: usize = 1_000;

/// Fewest ballots that are worth a thread's while.
const CHUNK: usize = 8_192;

/// The count of a vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The voting system.
    pub system: System,
    /// What each choice has, in the proposal's order. Their sum is [`Tally::valid`], but for approval, where a ballot can
    /// count for several, and for ranked choice, where the eliminated have nothing.
    pub scores: Vec<Total>,
    /// Power of all ballots, also the invalid ones; what a quorum is compared with. Copeland leaves out invalid ones.
    pub total: Total,
    /// Power of the valid ballots.
    pub valid: Total,
    /// Number of ballots.
    pub ballots: usize,
    /// Number of ballots that say nothing the system takes.
    pub invalid: usize,
    /// Choices from 1, the strongest first; those that are exactly equal are together.
    pub ranking: Vec<Vec<u32>>,
    /// Rounds of ranked choice; empty for other systems.
    pub rounds: Vec<Round>,
}

impl Tally {
    /// Counts `ballots`, one of each voter, of a vote on `choices` choices.
    #[must_use]
    pub fn of(system: System, choices: usize, ballots: &[Ballot]) -> Self {
        let choices = choices.min(MAX_CHOICES);
        let sums = sums::of(ballots, |sum: &mut Powers, ballot| sum.add(system, choices, ballot));
        let valid = Total(sums.all.0.saturating_sub(sums.invalid.0));
        let (scores, ranking, rounds) = match system {
            System::SingleChoice | System::Basic => ranked_by_score(sums::one(choices, ballots)),
            System::Approval => ranked_by_score(sums::several(choices, ballots)),
            System::RankedChoice => ranked::count(choices, ballots),
            System::Weighted => weighted::count(choices, ballots, valid),
            System::Quadratic => quadratic::count(choices, ballots, valid),
            System::Copeland => copeland::count(choices, ballots, valid),
        };
        let total = if system == System::Copeland { valid } else { sums.all };
        Self {
            system,
            scores,
            total,
            valid,
            ballots: ballots.len(),
            invalid: sums.invalid_ballots,
            ranking,
            rounds,
        }
    }

    /// The scores in whole votes, as the reference counts them up to its rounding.
    #[must_use]
    pub fn scores_f64(&self) -> Vec<f64> {
        self.scores.iter().map(|score| score.to_f64()).collect()
    }
}

/// Scores, ranking and rounds.
type Count = (Vec<Total>, Vec<Vec<u32>>, Vec<Round>);

fn ranked_by_score(scores: Vec<Total>) -> Count {
    let ranking = ranking(&scores);
    (scores, ranking, Vec::new())
}

/// Choices by their strength, the strongest first.
fn ranking<S: Ord>(strengths: &[S]) -> Vec<Vec<u32>> {
    let mut order: Vec<(u32, &S)> = (1_u32..).zip(strengths).collect();
    order.sort_by(|(a, left), (b, right)| right.cmp(left).then(a.cmp(b)));
    let groups = order.chunk_by(|(_, left), (_, right)| left == right);
    groups.map(|group| group.iter().map(|(choice, _)| *choice).collect()).collect()
}

/// Powers that do not depend on choices.
#[derive(Default)]
struct Powers {
    all: Total,
    invalid: Total,
    invalid_ballots: usize,
}

impl Powers {
    fn add(&mut self, system: System, choices: usize, ballot: &Ballot) {
        self.all.add(ballot.power);
        if !ballot.choice.is_valid(system, choices) {
            self.invalid.add(ballot.power);
            self.invalid_ballots += 1;
        }
    }
}

impl sums::Merge for Powers {
    fn merge(self, other: Self) -> Self {
        Self {
            all: self.all.plus(other.all),
            invalid: self.invalid.plus(other.invalid),
            invalid_ballots: self.invalid_ballots + other.invalid_ballots,
        }
    }
}
