//! Counts of votes, kept as long as they are right.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, B256};
use btrst_offchain::ProposalRecord;
use btrst_offchain::strategy::depend_on_others;
use btrst_offchain::tally::{Ballot, Power, Tally};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::powers::{Powers, sum_of};
use crate::store::Cast;
use crate::{Result, Store};

/// How long a count may be behind votes that other hubs took.
const LIFE: Duration = Duration::from_secs(5);

/// A count is not repeated before so many times the time that it took: counting takes at most this part of the hub.
const SHARE: u32 = 20;

/// Most counts that are kept.
const MOST: usize = 10_000;

/// Most electorates that are kept.
const MOST_ELECTORATES: usize = 16;

/// A count.
#[derive(Debug)]
pub struct Count {
    /// Its result.
    pub tally: Tally,
    /// What each strategy adds to the score of each choice, by choice.
    pub by_strategy: Vec<Vec<f64>>,
}

/// Counts by proposal.
pub struct Counts {
    powers: Arc<Powers>,
    state: Mutex<State>,
    /// One count at a time; whose turn it is knows the electorates.
    turn: Mutex<HashMap<B256, Electorate>>,
}

/// All who vote on a proposal, and the power that each has because the others vote too.
struct Electorate {
    voters: Vec<Address>,
    powers: Vec<Vec<Power>>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<B256, Known>,
    /// Proposals with votes that their count has not.
    behind: HashSet<B256>,
}

impl State {
    fn right(&self, id: B256) -> Option<Arc<Count>> {
        let known = self.known.get(&id)?;
        let rest = known.took.saturating_mul(SHARE);
        let life = if self.behind.contains(&id) { rest } else { LIFE.max(rest) };
        (known.at.elapsed() < life).then(|| Arc::clone(&known.count))
    }
}

#[derive(Debug)]
struct Known {
    count: Arc<Count>,
    at: Instant,
    took: Duration,
}

impl Counts {
    /// Counts with `powers`.
    pub fn new(powers: Arc<Powers>) -> Self {
        Self { powers, state: Mutex::default(), turn: Mutex::default() }
    }

    /// Notes that there are new votes on the proposal `id`.
    pub async fn outdate(&self, id: B256) {
        self.state.lock().await.behind.insert(id);
    }

    /// The count of the votes on `record`.
    ///
    /// # Errors
    /// [`Error::Offchain`](crate::Error::Offchain) for a voting system that is unknown, and whatever the store says; where
    /// powers depend on who else votes, what the chain says too.
    pub async fn of(&self, store: &Store, record: &ProposalRecord) -> Result<Arc<Count>> {
        if let Some(count) = self.state.lock().await.right(record.id) {
            return Ok(count);
        }
        let mut turn = self.turn.lock().await;
        // Somebody may have counted while this one waited.
        if let Some(count) = self.state.lock().await.right(record.id) {
            return Ok(count);
        }
        let at = Instant::now();
        // Votes from here on may be missing in what is read now.
        self.state.lock().await.behind.remove(&record.id);
        let system = record.system()?;
        let mut cast = store.cast(record).await?;
        if depend_on_others(&record.strategies) {
            self.weigh_again(store, record, &mut cast, &mut turn).await?;
        }
        let (ballots, powers): (Vec<Ballot>, Vec<Vec<Power>>) =
            cast.into_iter().map(|cast| (cast.ballot, cast.powers)).unzip();
        let tally = Tally::of(system, record.choices.len(), &ballots);
        let by_strategy = tally.scores_by_strategy(ballots, &powers, record.strategies.len());
        let count = Arc::new(Count { tally, by_strategy });
        let known = &mut self.state.lock().await.known;
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(record.id, Known { count: Arc::clone(&count), at, took: at.elapsed() });
        drop(turn);
        Ok(count)
    }

    /// Gives each ballot the power that its voter has beside all the others, and keeps it.
    async fn weigh_again(
        &self,
        store: &Store,
        record: &ProposalRecord,
        cast: &mut [Cast],
        electorates: &mut HashMap<B256, Electorate>,
    ) -> Result<()> {
        cast.sort_unstable_by_key(|cast| cast.ballot.voter);
        let voters: Vec<Address> = cast.iter().map(|cast| cast.ballot.voter).collect();
        if electorates.get(&record.id).is_none_or(|known| known.voters != voters) {
            let powers = self.powers.of_all(record, &voters).await?;
            if electorates.len() >= MOST_ELECTORATES {
                electorates.clear();
            }
            electorates.insert(record.id, Electorate { voters, powers });
        }
        let powers = electorates.get(&record.id).map(|known| known.powers.as_slice()).unwrap_or_default();
        let mut changed = Vec::new();
        for (cast, powers) in cast.iter_mut().zip(powers) {
            let power = sum_of(powers)?;
            cast.powers.clone_from(powers);
            if cast.ballot.power != power {
                cast.ballot.power = power;
                changed.push(cast.clone());
            }
        }
        store.weigh(record.id, &changed).await
    }
}
