//! The one who writes: many messages in one transaction, answered when it is on disk.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use btrst_offchain::ingest;
use serde_json::Value;
use sqlx::{Any, AnyConnection, Connection};
use tokio::sync::{mpsc, oneshot};

use super::batch::{Change, NewProposal, Outcome, Pending, VoteRow};
use super::{Cast, Store, read};
use crate::log::Entry;
use crate::metrics::{Metrics, count};
use crate::{Error, Refusal, Relayer, Result};

/// Most messages of one transaction.
const MOST: usize = 256;

/// Rows of one statement, the largest number first: statements of few sizes are prepared once and kept. SQLite looks for a
/// statement's parameters one by one, so that the time for many grows with the square of their number.
const SQLITE_ROWS: &[usize] = &[32, 8, 1];

/// The same for a server, which each statement has to travel to.
const SERVER_ROWS: &[usize] = &[256, 64, 16, 4, 1];

/// Most messages that wait.
const QUEUE: usize = 4_096;

/// Somebody who waits for a message to be written.
struct Job {
    pending: Pending,
    answer: oneshot::Sender<Result<Outcome, Refusal>>,
}

/// Takes messages to be written.
#[derive(Clone, Debug)]
pub struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the one who writes to `store`, and signs the log with the key of `relayer`. It ends, after what was handed
    /// in, when the last copy of the result is gone.
    pub fn start(
        store: &Store,
        relayer: Relayer,
        metrics: Arc<Metrics>,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (sender, jobs) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(store.clone(), relayer, metrics, jobs));
        (Self(sender), task)
    }

    /// Writes `pending`, and answers when it is on disk.
    ///
    /// # Errors
    /// [`Refusal::Busy`], [`Refusal::Failed`].
    pub async fn write(&self, pending: Pending) -> Result<Outcome, Refusal> {
        let (answer, outcome) = oneshot::channel();
        self.0.try_send(Job { pending, answer }).map_err(|_| Refusal::Busy)?;
        outcome.await.map_err(|_| Refusal::Busy)?
    }
}

impl Store {
    /// Gives ballots on `proposal` the powers of `cast`, as far as their voters have cast no others meanwhile.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn weigh(&self, proposal: B256, cast: &[Cast]) -> Result<()> {
        if cast.is_empty() {
            return Ok(());
        }
        let work = async {
            let mut transaction = self.writer.begin().await?;
            // As every writer does, so that nobody waits for the other.
            sqlx::query(LOCK).fetch_one(&mut *transaction).await?;
            for Cast { ballot, powers } in cast {
                let by_strategy: Value = powers.iter().map(|power| power.to_f64()).collect();
                sqlx::query(
                    "UPDATE votes SET power = $1, vp = $2, vp_by_strategy = $3 \
                     WHERE proposal = $4 AND voter = $5 AND id = $6",
                )
                .bind(ballot.power.units().to_string())
                .bind(ballot.power.to_f64())
                .bind(by_strategy.to_string())
                .bind(proposal.to_string())
                .bind(text(ballot.voter))
                .bind(ballot.id.to_string())
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await
        };
        work.await.map_err(Error::database("keep the powers"))
    }
}

async fn run(store: Store, relayer: Relayer, metrics: Arc<Metrics>, mut jobs: mpsc::Receiver<Job>) {
    let mut waiting = VecDeque::new();
    let mut arrived = Vec::with_capacity(MOST);
    loop {
        if waiting.is_empty() && jobs.recv_many(&mut arrived, MOST).await == 0 {
            return;
        }
        waiting.extend(arrived.drain(..));
        while waiting.len() < MOST
            && let Ok(job) = jobs.try_recv()
        {
            waiting.push_back(job);
        }
        let batch = next_batch(&mut waiting);
        let messages: Vec<&Pending> = batch.iter().map(|job| &job.pending).collect();
        let mut results = match write(&store, &relayer, &messages).await {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            // One message that the database does not take must not take the others with it.
            Err(_) if messages.len() > 1 => each(&store, &relayer, &messages).await,
            Err(error) => vec![Err(error)],
        };
        count(&metrics.batches);
        for (job, result) in batch.into_iter().zip(results.drain(..)) {
            // Who does not wait any more misses nothing: the message is in the log.
            let _ = job.answer.send(result.map_err(Refusal::Failed));
        }
    }
}

async fn each(store: &Store, relayer: &Relayer, messages: &[&Pending]) -> Vec<Result<Outcome>> {
    let mut results = Vec::with_capacity(messages.len());
    for message in messages {
        let outcomes = write(store, relayer, &[message]).await;
        results.push(outcomes.and_then(|mut outcomes| outcomes.pop().ok_or(Error::Row("answer"))));
    }
    results
}

/// What can be written in one transaction: no message twice, and one vote of each voter. The rest waits.
fn next_batch(waiting: &mut VecDeque<Job>) -> Vec<Job> {
    let (mut ids, mut voters) = (HashSet::new(), HashSet::new());
    let (mut batch, mut rest) = (Vec::new(), VecDeque::new());
    for job in waiting.drain(..) {
        let voter = match &job.pending.change {
            Change::Vote(vote) => Some((vote.proposal, vote.voter)),
            _ => None,
        };
        let first = voter.is_none_or(|voter| !voters.contains(&voter)) && !ids.contains(&job.pending.id);
        if first && batch.len() < MOST {
            voters.extend(voter);
            ids.insert(job.pending.id);
            batch.push(job);
        } else {
            rest.push_back(job);
        }
    }
    *waiting = rest;
    batch
}

async fn write(store: &Store, relayer: &Relayer, messages: &[&Pending]) -> Result<Vec<Outcome>> {
    let failed = |error| Error::database("take the messages")(error);
    let mut connection = store.writer.acquire().await.map_err(failed)?;
    let mut transaction = connection.begin().await.map_err(failed)?;
    let rows = if store.is_server { SERVER_ROWS } else { SQLITE_ROWS };
    let outcomes = Transaction { connection: &mut transaction, relayer, rows }.write(messages).await?;
    transaction.commit().await.map_err(failed)?;
    Ok(outcomes)
}

struct Transaction<'a> {
    connection: &'a mut AnyConnection,
    relayer: &'a Relayer,
    /// Sizes of statements.
    rows: &'static [usize],
}

/// Takes the turn of this hub until the transaction ends, and reads where the log goes on.
const LOCK: &str = "UPDATE head SET next = next WHERE one = 1 RETURNING next, hash";

/// What a failed statement was for.
const DOING: &str = "take the messages";

impl Transaction<'_> {
    async fn write(mut self, messages: &[&Pending]) -> Result<Vec<Outcome>> {
        let (mut next, mut previous) = self.lock().await?;
        let known = self.known(messages).await?;
        let revisions = self.revisions(messages).await?;
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(messages.len());
        let mut votes = Vec::new();
        for message in messages {
            let outcome = if known.contains(&message.id) {
                Some(Outcome::Duplicate)
            } else {
                match &message.change {
                    Change::Vote(vote) if revisions.get(&vote.proposal) != Some(&vote.revision) => {
                        Some(Outcome::Stale)
                    }
                    Change::Vote(vote) => {
                        votes.push((*message, vote.as_ref()));
                        None
                    }
                    change => self.change(message, change).await?,
                }
            };
            outcomes.push(outcome);
        }
        let cast = self.cast(&votes).await?;
        let mut entries = Vec::new();
        let mut results = Vec::with_capacity(messages.len());
        for (message, outcome) in messages.iter().zip(outcomes) {
            let outcome = match (outcome, &message.change) {
                (Some(outcome), _) => outcome,
                (None, Change::Vote(vote)) if !cast.contains(&message.id) => self.outvoted(vote).await?,
                (None, _) => {
                    let entry = Entry::sign(next, previous, message.id, self.relayer)?;
                    (next, previous) = (next + 1, entry.hash);
                    entries.push((*message, entry.clone()));
                    Outcome::Written(entry)
                }
            };
            results.push(outcome);
        }
        if !entries.is_empty() {
            self.log(&entries).await?;
            self.unlock(next, previous).await?;
        }
        Ok(results)
    }

    /// Waits for the turn of this hub, and gives where the log goes on.
    async fn lock(&mut self) -> Result<(u64, B256)> {
        let row = sqlx::query(LOCK).fetch_one(&mut *self.connection).await.map_err(Error::database(DOING))?;
        let next = read::integer(&row, "next")?;
        Ok((next, read::word(&row, "hash")?))
    }

    async fn unlock(&mut self, next: u64, hash: B256) -> Result<()> {
        let query = sqlx::query("UPDATE head SET next = $1, hash = $2 WHERE one = 1");
        let query = query.bind(signed(next)).bind(hash.to_string());
        query.execute(&mut *self.connection).await.map(drop).map_err(Error::database(DOING))
    }

    /// Which messages are there already.
    async fn known(&mut self, messages: &[&Pending]) -> Result<HashSet<B256>> {
        let mut known = HashSet::new();
        for messages in pieces(self.rows, messages) {
            let sql = format!("SELECT id FROM log WHERE id IN {}", row_of(0, messages.len()));
            let mut query = sqlx::query(&sql);
            for message in messages {
                query = query.bind(message.id.to_string());
            }
            let rows = query.fetch_all(&mut *self.connection).await.map_err(Error::database(DOING))?;
            for row in &rows {
                known.insert(read::word(row, "id")?);
            }
        }
        Ok(known)
    }

    /// Revisions of the proposals that are voted on and not canceled.
    async fn revisions(&mut self, messages: &[&Pending]) -> Result<HashMap<B256, i64>> {
        let proposal = |message: &&Pending| match &message.change {
            Change::Vote(vote) => Some(vote.proposal),
            _ => None,
        };
        let proposals: HashSet<B256> = messages.iter().filter_map(proposal).collect();
        let mut revisions = HashMap::with_capacity(proposals.len());
        for proposals in pieces(self.rows, &Vec::from_iter(proposals)) {
            let list = row_of(0, proposals.len());
            let sql = format!("SELECT id, revision FROM proposals WHERE canceled = 0 AND id IN {list}");
            let mut query = sqlx::query(&sql);
            for proposal in proposals {
                query = query.bind(proposal.to_string());
            }
            let rows = query.fetch_all(&mut *self.connection).await.map_err(Error::database(DOING))?;
            for row in &rows {
                revisions.insert(read::word(row, "id")?, read::signed(row, "revision")?);
            }
        }
        Ok(revisions)
    }

    /// Carries out what is no vote; gives why not, when what the hub knew of the proposal or the space is no longer so.
    async fn change(&mut self, message: &Pending, change: &Change) -> Result<Option<Outcome>> {
        let query = match change {
            Change::Propose(proposal) => {
                // All hubs wait for the lock of the log's head: nobody proposes between the question and the answer.
                let Pending { space, received, .. } = message;
                let recent = read::recent(self.connection, space, proposal.author, *received).await?;
                if let Err(rejection) = ingest::limits(recent, proposal.is_member) {
                    return Ok(Some(Outcome::Refused(rejection)));
                }
                insert_proposal(message, proposal)
            }
            Change::Update { proposal, revision, system, title, record } => sqlx::query(
                "UPDATE proposals SET system = $1, title = $2, record = $3, updated = $4, revision = revision + 1 \
                 WHERE id = $5 AND revision = $6 AND canceled = 0",
            )
            .bind(system)
            .bind(title)
            .bind(record)
            .bind(signed(message.created))
            .bind(proposal.to_string())
            .bind(revision),
            Change::Cancel { proposal, revision } => sqlx::query(
                "UPDATE proposals SET canceled = 1, revision = revision + 1 \
                 WHERE id = $1 AND revision = $2 AND canceled = 0",
            )
            .bind(proposal.to_string())
            .bind(revision),
            Change::Alias { account, alias } => sqlx::query(
                "INSERT INTO aliases (account, alias, created) VALUES ($1, $2, $3) ON CONFLICT (account, alias) \
                 DO UPDATE SET created = excluded.created WHERE aliases.created < excluded.created",
            )
            .bind(text(*account))
            .bind(text(*alias))
            .bind(signed(message.created)),
            Change::Vote(_) => return Ok(None),
        };
        let done = query.execute(&mut *self.connection).await.map_err(Error::database(DOING))?;
        Ok((done.rows_affected() != 1).then_some(Outcome::Stale))
    }

    /// Puts in votes, as far as the voter has none that counts before. Gives the ids of those that are in.
    async fn cast(&mut self, votes: &[(&Pending, &VoteRow)]) -> Result<HashSet<B256>> {
        let mut cast = HashSet::with_capacity(votes.len());
        for votes in pieces(self.rows, votes) {
            let sql = format!(
                "INSERT INTO votes (proposal, voter, id, ipfs, space, created, choice, power, vp, vp_by_strategy, \
                 reason, app, metadata) VALUES {} ON CONFLICT (proposal, voter) DO UPDATE SET id = excluded.id, \
                 ipfs = excluded.ipfs, space = excluded.space, created = excluded.created, \
                 choice = excluded.choice, power = excluded.power, vp = excluded.vp, \
                 vp_by_strategy = excluded.vp_by_strategy, reason = excluded.reason, app = excluded.app, \
                 metadata = excluded.metadata WHERE votes.created < excluded.created \
                 OR (votes.created = excluded.created AND votes.id < excluded.id) RETURNING id",
                rows_of(votes.len(), 13)
            );
            let mut query = sqlx::query(&sql);
            for (message, vote) in votes {
                query = query
                    .bind(vote.proposal.to_string())
                    .bind(text(vote.voter))
                    .bind(message.id.to_string())
                    .bind(&message.ipfs)
                    .bind(&message.space)
                    .bind(signed(message.created))
                    .bind(&vote.choice)
                    .bind(vote.power.to_string())
                    .bind(vote.vp)
                    .bind(&vote.vp_by_strategy)
                    .bind(&vote.reason)
                    .bind(&vote.app)
                    .bind(&vote.metadata);
            }
            let rows = query.fetch_all(&mut *self.connection).await.map_err(Error::database(DOING))?;
            for row in &rows {
                cast.insert(read::word(row, "id")?);
            }
        }
        Ok(cast)
    }

    /// The vote that counts before `vote`.
    async fn outvoted(&mut self, vote: &VoteRow) -> Result<Outcome> {
        let row = sqlx::query("SELECT created, id FROM votes WHERE proposal = $1 AND voter = $2")
            .bind(vote.proposal.to_string())
            .bind(text(vote.voter))
            .fetch_one(&mut *self.connection)
            .await
            .map_err(Error::database(DOING))?;
        Ok(Outcome::Outvoted { created: read::integer(&row, "created")?, id: read::word(&row, "id")? })
    }

    async fn log(&mut self, entries: &[(&Pending, Entry)]) -> Result<()> {
        for entries in pieces(self.rows, entries) {
            let sql = format!(
                "INSERT INTO log (position, id, previous, hash, signature, received, ipfs, kind, space, created, \
                 receipt, envelope) VALUES {}",
                rows_of(entries.len(), 12)
            );
            let mut query = sqlx::query(&sql);
            for (message, entry) in entries {
                query = query
                    .bind(signed(entry.position))
                    .bind(entry.id.to_string())
                    .bind(entry.previous.to_string())
                    .bind(entry.hash.to_string())
                    .bind(entry.signature.to_string())
                    .bind(signed(message.received))
                    .bind(&message.ipfs)
                    .bind(message.kind)
                    .bind(&message.space)
                    .bind(signed(message.created))
                    .bind(&message.receipt)
                    .bind(&message.envelope);
            }
            query.execute(&mut *self.connection).await.map_err(Error::database(DOING))?;
        }
        Ok(())
    }
}

type Query<'q> = sqlx::query::Query<'q, Any, sqlx::any::AnyArguments<'q>>;

fn insert_proposal<'q>(message: &'q Pending, proposal: &'q NewProposal) -> Query<'q> {
    sqlx::query(
        "INSERT INTO proposals (id, ipfs, space, author, system, title, created, begins, ends, updated, canceled, \
         flagged, revision, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, $10)",
    )
    .bind(message.id.to_string())
    .bind(&message.ipfs)
    .bind(&message.space)
    .bind(text(proposal.author))
    .bind(&proposal.system)
    .bind(&proposal.title)
    .bind(signed(message.created))
    .bind(signed(proposal.begins))
    .bind(signed(proposal.ends))
    .bind(&proposal.record)
}

/// `list` in pieces of the sizes that statements have.
fn pieces<'a, T>(sizes: &'static [usize], mut list: &'a [T]) -> impl Iterator<Item = &'a [T]> {
    std::iter::from_fn(move || {
        let size = *sizes.iter().find(|size| **size <= list.len())?;
        let (piece, rest) = list.split_at_checked(size)?;
        list = rest;
        Some(piece)
    })
}

/// So many rows of `length` places.
fn rows_of(rows: usize, length: usize) -> String {
    let rows: Vec<String> = (0..rows).map(|row| row_of(row * length, length)).collect();
    rows.join(", ")
}

/// `($8, $9, …)` with `length` places after `before` others.
fn row_of(before: usize, length: usize) -> String {
    let places: Vec<String> = (1..=length).map(|place| format!("${}", before + place)).collect();
    format!("({})", places.join(", "))
}

/// An account as the tables have it.
fn text(account: Address) -> String {
    format!("{account:#x}")
}

/// A time or a number as the tables have it. Rules keep all of them far below the limit.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
