//! How much of each score comes from each strategy.

use alloy::primitives::{U256, U512};

use super::{Ballot, Choice, Power, System, Tally, Total, apportion, quadratic, sums};

impl Tally {
    /// The part of each strategy in each choice's score, in whole votes: a row for each choice, in it a number for each
    /// strategy. `powers` are those of each of `ballots`, which this is the count of, by each of so many `strategies`.
    ///
    /// It is what the reference gives: with copeland, each strategy is counted as if it were alone, so that the numbers of
    /// a row do not always add up to the score.
    #[must_use]
    pub fn scores_by_strategy(
        &self,
        mut ballots: Vec<Ballot>,
        powers: &[Vec<Power>],
        strategies: usize,
    ) -> Vec<Vec<f64>> {
        if strategies == 1 {
            return self.scores.iter().map(|score| vec![score.to_f64()]).collect();
        }
        let mut columns = Vec::with_capacity(strategies);
        for strategy in 0..strategies {
            for (ballot, powers) in ballots.iter_mut().zip(powers) {
                ballot.power = powers.get(strategy).copied().unwrap_or_default();
            }
            columns.push(self.column(&ballots));
        }
        if self.system == System::Quadratic {
            let squares: Vec<U512> = columns
                .iter()
                .flatten()
                .map(|root| U512::from(root.0).saturating_mul(U512::from(root.0)))
                .collect();
            let shares = apportion::apportion(self.valid, &squares);
            columns = shares.chunks(self.scores.len().max(1)).map(<[Total]>::to_vec).collect();
        }
        let part = |column: &Vec<Total>, choice: usize| column.get(choice).map_or(0.0, |part| part.to_f64());
        (0..self.scores.len())
            .map(|choice| columns.iter().map(|column| part(column, choice)).collect())
            .collect()
    }

    /// What ballots with the powers of one strategy give each choice; with the quadratic system, sums of roots.
    fn column(&self, ballots: &[Ballot]) -> Vec<Total> {
        let choices = self.scores.len();
        let eliminated: Vec<u32> = self.rounds.iter().filter_map(|round| round.eliminated).collect();
        let sums = match self.system {
            System::Quadratic => quadratic::roots(choices, ballots).1,
            System::RankedChoice => {
                let first = |order: &[u32]| order.iter().find(|choice| !eliminated.contains(choice)).copied();
                let add = |list: &mut [U256], ballot: &Ballot| {
                    if let Choice::Several(order) = &ballot.choice
                        && let Some(choice) = first(order)
                    {
                        sums::add_to(list, choice, U256::from(ballot.power.units()));
                    }
                };
                sums::of_places(self.system, choices, choices, ballots, add).1
            }
            system => return Self::of(system, choices, ballots).scores,
        };
        sums.into_iter().map(Total).collect()
    }
}
