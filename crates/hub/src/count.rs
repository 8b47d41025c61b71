//! Counts of votes, kept as long as they are right.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::B256;
use btrst_offchain::ProposalRecord;
use btrst_offchain::tally::Tally;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::{Result, Store};

/// How long a count may be behind votes that other hubs took.
const LIFE: Duration = Duration::from_secs(5);

/// A count is not repeated before so many times the time that it took: counting takes at most this part of the hub.
const SHARE: u32 = 20;

/// Most counts that are kept.
const MOST: usize = 10_000;

/// Counts by proposal.
#[derive(Debug, Default)]
pub struct Counts {
    state: Mutex<State>,
    /// One count at a time.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<B256, Known>,
    /// Proposals with votes that their count has not.
    behind: HashSet<B256>,
}

impl State {
    fn right(&self, id: B256) -> Option<Arc<Tally>> {
        let known = self.known.get(&id)?;
        let rest = known.took.saturating_mul(SHARE);
        let life = if self.behind.contains(&id) { rest } else { LIFE.max(rest) };
        (known.at.elapsed() < life).then(|| Arc::clone(&known.tally))
    }
}

#[derive(Debug)]
struct Known {
    tally: Arc<Tally>,
    at: Instant,
    took: Duration,
}

impl Counts {
    /// Notes that there are new votes on the proposal `id`.
    pub async fn outdate(&self, id: B256) {
        self.state.lock().await.behind.insert(id);
    }

    /// The count of the votes on `record`.
    ///
    /// # Errors
    /// [`Error::Offchain`](crate::Error::Offchain) for a voting system that is unknown, and whatever the store says.
    pub async fn of(&self, store: &Store, record: &ProposalRecord) -> Result<Arc<Tally>> {
        if let Some(tally) = self.state.lock().await.right(record.id) {
            return Ok(tally);
        }
        let turn = self.turn.lock().await;
        // Somebody may have counted while this one waited.
        if let Some(tally) = self.state.lock().await.right(record.id) {
            return Ok(tally);
        }
        let at = Instant::now();
        // Votes from here on may be missing in what is read now.
        self.state.lock().await.behind.remove(&record.id);
        let system = record.system()?;
        let ballots = store.ballots(record.id, system).await?;
        let tally = Arc::new(Tally::of(system, record.choices.len(), &ballots));
        let known = &mut self.state.lock().await.known;
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(record.id, Known { tally: Arc::clone(&tally), at, took: at.elapsed() });
        drop(turn);
        Ok(tally)
    }
}
