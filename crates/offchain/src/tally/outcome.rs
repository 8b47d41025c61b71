//! What a count decides.

use super::{System, Tally, Total};

/// What must be reached for a vote to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quorum {
    /// Nothing.
    #[default]
    None,
    /// So much power of all ballots together.
    Turnout(Total),
    /// A vote is for the proposal unless so much power is for its second choice.
    Rejection(Total),
}

/// What a count decides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// A choice has won, from 1.
    Won(u32),
    /// Several are exactly equal, from 1.
    Tied(Vec<u32>),
    /// Nobody has voted for any choice.
    Empty,
    /// Too few have voted.
    BelowQuorum {
        /// Power of all ballots.
        reached: Total,
        /// Power that was needed.
        required: Total,
    },
    /// Enough have voted against it, whoever is for it.
    Rejected,
    /// Nobody here knows: so many ballots are encrypted.
    Encrypted(usize),
}

impl Tally {
    /// What the count decides under `quorum`. Abstentions, the third choice of a basic vote, count for the quorum alone.
    #[must_use]
    pub fn outcome(&self, quorum: Quorum) -> Outcome {
        if self.encrypted > 0 {
            return Outcome::Encrypted(self.encrypted);
        }
        match quorum {
            Quorum::Turnout(required) if self.total < required => {
                return Outcome::BelowQuorum { reached: self.total, required };
            }
            Quorum::Rejection(required)
                if required > Total::ZERO
                    && self.scores.get(1).is_some_and(|against| *against >= required) =>
            {
                return Outcome::Rejected;
            }
            _ => {}
        }
        let takes_part = |choice: &&u32| self.system != System::Basic || **choice <= 2;
        let groups =
            self.ranking.iter().map(|group| group.iter().filter(takes_part).copied().collect::<Vec<_>>());
        let leaders = groups.into_iter().find(|group| !group.is_empty()).unwrap_or_default();
        let score = |choice: &u32| self.scores.get(usize::try_from(*choice).ok()?.checked_sub(1)?);
        match leaders.as_slice() {
            leaders if leaders.iter().filter_map(score).all(|score| *score == Total::ZERO) => Outcome::Empty,
            [winner] => Outcome::Won(*winner),
            _ => Outcome::Tied(leaders),
        }
    }
}
