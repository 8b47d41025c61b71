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
mod strategies;
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
    /// Power of all ballots, also of those that count for no choice; what a quorum is compared with. Copeland leaves
    /// those out.
    pub total: Total,
    /// Power of the valid ballots.
    pub valid: Total,
    /// Number of ballots.
    pub ballots: usize,
    /// Number of ballots that say nothing the system takes.
    pub invalid: usize,
    /// Number of ballots that are encrypted: they say something, no choice has their power, and nothing is decided.
    pub encrypted: usize,
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
        let Count { sums, scores, ranking, rounds } = match system {
            System::SingleChoice | System::Basic | System::Approval => {
                let (sums, scores) = sums::named(system, choices, ballots);
                Count { sums, ranking: ranking(&scores), scores, rounds: Vec::new() }
            }
            System::RankedChoice => ranked::count(choices, ballots),
            System::Weighted => weighted::count(choices, ballots),
            System::Quadratic => quadratic::count(choices, ballots),
            System::Copeland => copeland::count(choices, ballots),
        };
        let valid = sums.valid();
        let total = if system == System::Copeland { valid } else { sums.all };
        let sums::Sums { invalid, encrypted, .. } = sums;
        Self { system, scores, total, valid, ballots: ballots.len(), invalid, encrypted, ranking, rounds }
    }

    /// The scores in whole votes, as the reference counts them up to its rounding.
    #[must_use]
    pub fn scores_f64(&self) -> Vec<f64> {
        self.scores.iter().map(|score| score.to_f64()).collect()
    }
}

/// What a voting system makes of the ballots.
struct Count {
    sums: sums::Sums<()>,
    scores: Vec<Total>,
    ranking: Vec<Vec<u32>>,
    rounds: Vec<Round>,
}

/// Choices by their strength, the strongest first.
fn ranking<S: Ord>(strengths: &[S]) -> Vec<Vec<u32>> {
    let mut order: Vec<(u32, &S)> = (1_u32..).zip(strengths).collect();
    order.sort_by(|(a, left), (b, right)| right.cmp(left).then(a.cmp(b)));
    let groups = order.chunk_by(|(_, left), (_, right)| left == right);
    groups.map(|group| group.iter().map(|(choice, _)| *choice).collect()).collect()
}
