//! Ballots, and the box that keeps one of each voter.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use alloy::primitives::{Address, B256};

use super::{Choice, Power};

/// A voter's ballot.
#[derive(Clone, Debug, PartialEq)]
pub struct Ballot {
    /// Whose.
    pub voter: Address,
    /// Id of the message.
    pub id: B256,
    /// Unix time in seconds that the message states.
    pub timestamp: u64,
    /// What it says.
    pub choice: Choice,
    /// The voter's power.
    pub power: Power,
}

impl Ballot {
    /// Whether it takes the place of `other`, of the same voter: it is later, or of the same second with a larger id.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        (self.timestamp, self.id) > (other.timestamp, other.id)
    }
}

/// The last ballot of each voter, in whatever order they come.
#[derive(Clone, Debug, Default)]
pub struct BallotBox {
    ballots: Vec<Ballot>,
    places: HashMap<Address, usize>,
}

impl BallotBox {
    /// A box with room for so many ballots.
    #[must_use]
    pub fn with_capacity(ballots: usize) -> Self {
        Self { ballots: Vec::with_capacity(ballots), places: HashMap::with_capacity(ballots) }
    }

    /// Puts a ballot in; `false` when the voter's ballot that is there is the later one.
    pub fn cast(&mut self, ballot: Ballot) -> bool {
        match self.places.entry(ballot.voter) {
            Entry::Vacant(entry) => {
                entry.insert(self.ballots.len());
                self.ballots.push(ballot);
                true
            }
            Entry::Occupied(entry) => match self.ballots.get_mut(*entry.get()) {
                Some(other) if ballot.replaces(other) => {
                    *other = ballot;
                    true
                }
                _ => false,
            },
        }
    }

    /// The ballot of `voter`, if there is one.
    #[must_use]
    pub fn of(&self, voter: Address) -> Option<&Ballot> {
        self.ballots.get(*self.places.get(&voter)?)
    }

    /// The ballots that count.
    #[must_use]
    pub fn ballots(&self) -> &[Ballot] {
        &self.ballots
    }
}

impl Extend<Ballot> for BallotBox {
    fn extend<I: IntoIterator<Item = Ballot>>(&mut self, ballots: I) {
        for ballot in ballots {
            self.cast(ballot);
        }
    }
}

impl FromIterator<Ballot> for BallotBox {
    fn from_iter<I: IntoIterator<Item = Ballot>>(ballots: I) -> Self {
        let mut ballot_box = Self::default();
        ballot_box.extend(ballots);
        ballot_box
    }
}
