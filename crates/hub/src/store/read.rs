//! What was written.

use alloy::primitives::{Address, B256, Bytes};
use btrst_offchain::ProposalRecord;
use btrst_offchain::ingest::{MAX_AGE, Recent};
use btrst_offchain::tally::{Ballot, Power, Total};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Select, Store};
use crate::log::Entry;
use crate::{Error, Result};

/// A proposal with what the hub knows of it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The proposal, with what was frozen of its space.
    pub record: ProposalRecord,
    /// Address of the envelope in IPFS.
    pub ipfs: String,
    /// Unix time in seconds of the last update; zero without one.
    pub updated: u64,
    /// Whether it was withdrawn.
    pub canceled: bool,
    /// Whether it was marked as suspicious.
    pub flagged: bool,
    /// Grows with every change.
    pub revision: i64,
}

/// A vote that counts.
#[derive(Clone, Debug)]
pub struct VoteItem {
    /// Its id.
    pub id: B256,
    /// Address of the envelope in IPFS.
    pub ipfs: String,
    /// Id of the proposal.
    pub proposal: B256,
    /// Id of the space.
    pub space: String,
    /// Voter.
    pub voter: Address,
    /// Unix time in seconds of the message.
    pub created: u64,
    /// What it says.
    pub choice: Value,
    /// Whole votes.
    pub vp: f64,
    /// The same by strategy.
    pub vp_by_strategy: Vec<f64>,
    /// Why.
    pub reason: String,
    /// The program that it was cast with.
    pub app: String,
    /// Further data.
    pub metadata: Value,
}

/// A ballot with its power by each strategy, where there are several.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The ballot.
    pub ballot: Ballot,
    /// Power by each strategy; nothing where there is only one.
    pub powers: Vec<Power>,
}

/// An entry of the log, with its message.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// The entry.
    pub entry: Entry,
    /// Address of the envelope in IPFS.
    pub ipfs: String,
    /// The protocol's word for what the message does.
    pub kind: String,
    /// Id of the space, or nothing.
    pub space: String,
    /// Unix time in seconds that the message states.
    pub created: u64,
    /// The hub's signature of the signature.
    pub receipt: String,
    /// The envelope as it is published.
    pub envelope: Value,
}

const PROPOSALS: &str = "SELECT ipfs, updated, canceled, flagged, revision, record FROM proposals";

const VOTES: &str = "SELECT id, ipfs, proposal, space, voter, created, choice, vp, vp_by_strategy, reason, app, metadata \
                     FROM votes";

const LOG: &str =
    "SELECT position, id, previous, hash, signature, ipfs, kind, space, created, receipt, envelope FROM log";

/// Seconds of a day.
const DAY: u64 = 86_400;

impl Store {
    /// The proposals that `select` selects; a canceled one is none.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Row`].
    pub(crate) async fn proposals(&self, mut select: Select) -> Result<Vec<Proposal>> {
        select.integer("canceled", "=", 0);
        self.list(PROPOSALS, &select, proposal).await
    }

    /// The proposal `id`, canceled or not.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Row`].
    pub(crate) async fn proposal(&self, id: B256) -> Result<Option<Proposal>> {
        let mut select = Select::page(1, 0);
        select.text("id", "=", id.to_string());
        Ok(self.rows(PROPOSALS, &select, proposal).await?.pop())
    }

    /// The votes that `select` selects.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Row`].
    pub(crate) async fn votes(&self, select: &Select) -> Result<Vec<VoteItem>> {
        self.list(VOTES, select, vote).await
    }

    /// The entries of the log that `select` selects.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Row`].
    pub(crate) async fn log(&self, select: &Select) -> Result<Vec<LogRow>> {
        self.list(LOG, select, log_row).await
    }

    /// What is cast on the proposal `record`.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Row`], [`Error::Offchain`] for a voting system that is unknown.
    pub(crate) async fn cast(&self, record: &ProposalRecord) -> Result<Vec<Cast>> {
        let rows = sqlx::query(
            "SELECT voter, id, created, choice, power, vp_by_strategy FROM votes WHERE proposal = $1",
        )
        .bind(record.id.to_string())
        .fetch_all(self.readers())
        .await
        .map_err(Error::database(READING))?;
        let is_split = record.strategies.len() > 1;
        let cast = |row: &AnyRow| {
            let ballot = Ballot {
                voter: address(row, "voter")?,
                id: word(row, "id")?,
                timestamp: integer(row, "created")?,
                choice: record.choice(&json(row, "choice")?)?,
                power: Power::new(text(row, "power")?.parse().map_err(|_| Error::Row("power"))?),
            };
            let powers = if is_split { powers(row)? } else { Vec::new() };
            Ok(Cast { ballot, powers })
        };
        rows.iter().map(cast).collect()
    }

    /// When `account` last made `alias` its alias.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Row`].
    pub(crate) async fn alias_since(&self, account: Address, alias: Address) -> Result<Option<u64>> {
        let row = sqlx::query("SELECT created FROM aliases WHERE account = $1 AND alias = $2")
            .bind(format!("{account:#x}"))
            .bind(format!("{alias:#x}"))
            .fetch_optional(self.readers())
            .await
            .map_err(Error::database(READING))?;
        row.map(|row| integer(&row, "created")).transpose()
    }

    /// How many proposals there are in `space`, and of `author` in it, at the time `now`.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Row`].
    pub(crate) async fn recent(&self, space: &str, author: Address, now: u64) -> Result<Recent> {
        let mut connection = self.readers().acquire().await.map_err(Error::database(READING))?;
        recent(&mut connection, space, author, now).await
    }

    async fn list<T>(
        &self,
        statement: &str,
        select: &Select,
        read: fn(&AnyRow) -> Result<T>,
    ) -> Result<Vec<T>> {
        // It is never closed.
        let _turn = self.lists.acquire().await;
        self.rows(statement, select, read).await
    }

    async fn rows<T>(
        &self,
        statement: &str,
        select: &Select,
        read: fn(&AnyRow) -> Result<T>,
    ) -> Result<Vec<T>> {
        let sql = select.statement(statement);
        let rows = select.query(&sql).fetch_all(self.readers()).await.map_err(Error::database(READING))?;
        rows.iter().map(read).collect()
    }
}

/// How many proposals there are in `space`, and of `author` in it, at the time `now`. What counts is when they came: an
/// author states the time of a message, and could state that of another day.
pub(super) async fn recent(
    connection: &mut AnyConnection,
    space: &str,
    author: Address,
    now: u64,
) -> Result<Recent> {
    let since = |seconds| i64::try_from(now.saturating_sub(seconds)).unwrap_or_default();
    // Those without an entry have come in the transaction that asks: it writes the log at its end.
    let came = "SELECT COUNT(*) AS count FROM proposals LEFT JOIN log ON log.id = proposals.id \
                WHERE proposals.space = $1 AND proposals.created >= $2 \
                AND (log.received IS NULL OR log.received > $3)";
    let mut numbers = [0; 2];
    for (number, seconds) in numbers.iter_mut().zip([DAY, 30 * DAY]) {
        let query = sqlx::query(came).bind(space).bind(since(seconds + MAX_AGE)).bind(since(seconds));
        *number = counted(query.fetch_one(&mut *connection).await)?;
    }
    let open = "SELECT COUNT(*) AS count FROM proposals \
                WHERE space = $1 AND ends > $2 AND author = $3 AND canceled = 0";
    let query = sqlx::query(open).bind(space).bind(since(0)).bind(format!("{author:#x}"));
    let active_of_author = counted(query.fetch_one(connection).await)?;
    let [day, month] = numbers;
    Ok(Recent { day, month, active_of_author })
}

fn counted(row: sqlx::Result<AnyRow>) -> Result<u32> {
    let row = row.map_err(Error::database(READING))?;
    Ok(u32::try_from(integer(&row, "count")?).unwrap_or(u32::MAX))
}

/// What a failed query was for.
const READING: &str = "answer";

fn proposal(row: &AnyRow) -> Result<Proposal> {
    let record = serde_json::from_str(&text(row, "record")?).map_err(|_| Error::Row("record"))?;
    Ok(Proposal {
        record,
        ipfs: text(row, "ipfs")?,
        updated: integer(row, "updated")?,
        canceled: integer(row, "canceled")? != 0,
        flagged: integer(row, "flagged")? != 0,
        revision: signed(row, "revision")?,
    })
}

fn vote(row: &AnyRow) -> Result<VoteItem> {
    let by_strategy = json(row, "vp_by_strategy")?;
    let metadata = text(row, "metadata")?;
    Ok(VoteItem {
        id: word(row, "id")?,
        ipfs: text(row, "ipfs")?,
        proposal: word(row, "proposal")?,
        space: text(row, "space")?,
        voter: address(row, "voter")?,
        created: integer(row, "created")?,
        choice: json(row, "choice")?,
        vp: row.try_get("vp").map_err(|_| Error::Row("vp"))?,
        vp_by_strategy: by_strategy.as_array().into_iter().flatten().filter_map(Value::as_f64).collect(),
        reason: text(row, "reason")?,
        app: text(row, "app")?,
        metadata: serde_json::from_str(&metadata).unwrap_or_else(|_| Value::Object(serde_json::Map::new())),
    })
}

fn powers(row: &AnyRow) -> Result<Vec<Power>> {
    let wrong = || Error::Row("vp_by_strategy");
    let list = json(row, "vp_by_strategy")?;
    let power = |votes: &Value| {
        let units =
            u128::try_from(Total::of_votes(votes.as_f64().ok_or_else(wrong)?).0).map_err(|_| wrong())?;
        Ok(Power::new(units))
    };
    list.as_array().ok_or_else(wrong)?.iter().map(power).collect()
}

fn log_row(row: &AnyRow) -> Result<LogRow> {
    let signature: Bytes = text(row, "signature")?.parse().map_err(|_| Error::Row("signature"))?;
    Ok(LogRow {
        entry: Entry {
            position: integer(row, "position")?,
            id: word(row, "id")?,
            previous: word(row, "previous")?,
            hash: word(row, "hash")?,
            signature,
        },
        ipfs: text(row, "ipfs")?,
        kind: text(row, "kind")?,
        space: text(row, "space")?,
        created: integer(row, "created")?,
        receipt: text(row, "receipt")?,
        envelope: json(row, "envelope")?,
    })
}

fn text(row: &AnyRow, column: &'static str) -> Result<String> {
    row.try_get(column).map_err(|_| Error::Row(column))
}

fn json(row: &AnyRow, column: &'static str) -> Result<Value> {
    serde_json::from_str(&text(row, column)?).map_err(|_| Error::Row(column))
}

pub(super) fn signed(row: &AnyRow, column: &'static str) -> Result<i64> {
    row.try_get(column).map_err(|_| Error::Row(column))
}

pub(super) fn integer(row: &AnyRow, column: &'static str) -> Result<u64> {
    u64::try_from(signed(row, column)?).map_err(|_| Error::Row(column))
}

pub(super) fn word(row: &AnyRow, column: &'static str) -> Result<B256> {
    text(row, column)?.parse().map_err(|_| Error::Row(column))
}

fn address(row: &AnyRow, column: &'static str) -> Result<Address> {
    text(row, column)?.parse().map_err(|_| Error::Row(column))
}
