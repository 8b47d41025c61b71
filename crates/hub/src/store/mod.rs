//! The messages, in SQLite or PostgreSQL, with one set of statements for both.

mod batch;
mod read;
mod select;
mod writer;

use std::borrow::Cow;
use std::sync::{Arc, Once};

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, Executor, Pool, Row};
use tokio::sync::Semaphore;

pub(crate) use batch::{Change, NewProposal, Outcome, Pending, VoteRow};
pub(crate) use read::{Cast, LogRow, Proposal, VoteItem};
pub(crate) use select::Select;
pub(crate) use writer::Writer;

use crate::{Error, Relayer, Result};

/// Connections that read.
const READERS: u32 = 8;

/// Lists that are read at once. Some go through a whole table, and what strangers ask for leaves the other connections to
/// those who vote.
const LISTS: usize = 4;

/// What a connection to SQLite is told: readers do not wait for the writer, and a transaction is on disk when it ends.
const SQLITE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;";

/// What the connection that writes is told beside: the ids of votes are spread over whole indexes, whose pages it keeps (64
/// MB) and copies from the log of writes into the database after 8192 of them, so that a page that changed often is copied
/// once.
const SQLITE_WRITER: &str = "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192;";

/// Steps from an empty database to the tables of today.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "begin", include_str!("../../migrations/1_begin.sql"))];

/// A database.
#[derive(Clone, Debug)]
pub struct Store {
    readers: Pool<Any>,
    /// One connection, so that readers cannot keep the writer waiting.
    writer: Pool<Any>,
    lists: Arc<Semaphore>,
    is_server: bool,
}

impl Store {
    /// Opens the database at `address`, a file or the URL of a PostgreSQL server, and sets up its tables.
    ///
    /// # Errors
    /// [`Error::DatabaseAddress`], [`Error::Database`], [`Error::Migration`].
    pub async fn open(address: &str) -> Result<Self> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(install_default_drivers);
        let is_server = ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme));
        let url = match address.split_once("://") {
            None if !address.is_empty() => format!("sqlite://{}?mode=rwc", percent_encoded(address)),
            Some(_) if is_server => address.to_owned(),
            // What is before the colon is shown: behind it can be a password.
            scheme => return Err(Error::DatabaseAddress(scheme.map_or("", |(scheme, _)| scheme).to_owned())),
        };
        let pool = |connections| {
            AnyPoolOptions::new().max_connections(connections).after_connect(move |connection, _| {
                Box::pin(async move {
                    if !is_server {
                        connection.execute(SQLITE).await?;
                        if connections == 1 {
                            connection.execute(SQLITE_WRITER).await?;
                        }
                    }
                    Ok(())
                })
            })
        };
        let connect = "answer";
        let writer = pool(1).connect(&url).await.map_err(Error::database(connect))?;
        migrator().run(&writer).await.map_err(Error::Migration)?;
        let readers = pool(READERS).connect(&url).await.map_err(Error::database(connect))?;
        Ok(Self { readers, writer, lists: Arc::new(Semaphore::new(LISTS)), is_server })
    }

    /// Makes `relayer` the one who signs the log, and gives the number of its entries.
    ///
    /// # Errors
    /// [`Error::OtherKey`], [`Error::Database`].
    pub async fn claim(&self, relayer: &Relayer) -> Result<u64> {
        let key = relayer.address();
        let text = format!("{key:#x}");
        let zero = format!("0x{}", "0".repeat(64));
        let insert =
            "INSERT INTO head (one, hub, next, hash) VALUES (1, $1, 0, $2) ON CONFLICT (one) DO NOTHING";
        let work = async {
            sqlx::query(insert).bind(text).bind(zero).execute(&self.writer).await?;
            let row = sqlx::query("SELECT hub, next FROM head").fetch_one(&self.writer).await?;
            Ok((row.try_get::<String, _>("hub")?, row.try_get::<i64, _>("next")?))
        };
        let (log, next) = work.await.map_err(Error::database("keep the name of the hub"))?;
        let log = log.parse().map_err(|_| Error::Row("name of the hub"))?;
        if log != key {
            return Err(Error::OtherKey { log, key });
        }
        u64::try_from(next).map_err(|_| Error::Row("number of entries"))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn check(&self) -> Result<()> {
        sqlx::query("SELECT next FROM head")
            .fetch_one(&self.readers)
            .await
            .map(drop)
            .map_err(Error::database("answer"))
    }

    /// Closes all connections, after what they do.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    fn readers(&self) -> &AnyPool {
        &self.readers
    }
}

fn migrator() -> Migrator {
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into(), false)
    };
    Migrator { migrations: Cow::Owned(MIGRATIONS.map(migration).to_vec()), ..Migrator::DEFAULT }
}

/// A path in a URL.
fn percent_encoded(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}
