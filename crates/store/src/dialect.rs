//! Opening a database and beginning a transaction. Beyond this, only how statements are run knows which database it
//! is: `tx`, with `sqlite` and `postgres` below it.

use std::{collections::BTreeMap, time::Duration};

use quittance_domain::{Bytes, Error, Result};
use sqlx::{Executor, PgPool, migrate::Migrator, postgres::PgPoolOptions};

use crate::{error, sqlite::Pool, together::Group, tx::Tx, value::cells};

/// How long a caller waits for a connection, or for another process's write, before it is told that the
/// database does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many transactions may read at a time, and how many besides may search.
const READERS: u32 = 8;
const SEARCHERS: u32 = 2;

/// The key of PostgreSQL's advisory lock that makes one writer out of many: "quittanc" in ASCII.
const BEGIN_WRITE_POSTGRES: &str = "BEGIN; SELECT pg_advisory_xact_lock(8175556647450668643)";
const BEGIN_READ_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// That something is there already is no news; a plan that was made while a table was small is not kept for when it is
/// large; and rows are found by the indexes that were made for it, in their order, whatever the planner knows of a table
/// so far: of one that it has not looked at yet, it would sort all of a party's history for a page.
const SETTINGS_POSTGRES: &str = "SET client_min_messages = warning; SET plan_cache_mode = force_custom_plan; \
                                 SET enable_seqscan = off; SET enable_bitmapscan = off";

/// What nobody waits for any more ends by itself. SQLite's statements are told to stop.
const READ_POSTGRES: &str = "SET statement_timeout = '30s'";

/// `synchronous = FULL`: with NORMAL a power cut would take back the last commits, and by then their writers
/// have been answered, peers acknowledged and nonces used. It costs one fsync per commit, which the callers
/// amortise by committing many writes at once.
const WRITE_SQLITE: &str = "
    PRAGMA busy_timeout = 10000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA wal_autocheckpoint = 16384;
    PRAGMA cache_size = -65536;
";
const READ_SQLITE: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON";

/// The schema, step by step.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A database, open.
#[derive(Clone, Debug)]
pub struct Store {
    dialect: Dialect,
    group: Group,
}

/// One connection writes: who waits for it waits in the order of coming, and no other connection is held or polled
/// meanwhile. The database's own lock keeps out writers in other processes.
#[derive(Clone, Debug)]
enum Dialect {
    Sqlite { writer: Pool, readers: Pool, searchers: Pool },
    Postgres { writer: PgPool, readers: PgPool, searchers: PgPool },
}

impl Store {
    /// Opens the database at `url`: `sqlite:PATH`, made if it is not there, or `postgres://…`.
    ///
    /// `sqlite::memory:` has one connection only, so there a reader waits for the writer.
    ///
    /// # Errors
    /// When the address is neither, or the database does not answer.
    pub async fn open(url: &str) -> Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", path)) => Self::sqlite(path.strip_prefix("//").unwrap_or(path)).await,
            Some(("postgres" | "postgresql", _)) => Self::postgres(url).await,
            _ => Err(Error::invalid("must begin with sqlite: or postgres:").field("database")),
        }
    }

    fn of(dialect: Dialect) -> Self {
        Self { dialect, group: Group::default() }
    }

    pub(crate) const fn group(&self) -> &Group {
        &self.group
    }

    async fn sqlite(path: &str) -> Result<Self> {
        if path.is_empty() || path.contains('?') {
            return Err(Error::invalid("must name a file: sqlite:PATH").field("database"));
        }
        let writer = Pool::new(path, WRITE_SQLITE, 1, PATIENCE);
        let pool = |size| match path {
            ":memory:" => writer.clone(),
            _ => Pool::new(path, READ_SQLITE, size, PATIENCE),
        };
        let (readers, searchers) = (pool(READERS), pool(SEARCHERS));
        drop(writer.lease().await?);
        Ok(Self::of(Dialect::Sqlite { writer, readers, searchers }))
    }

    async fn postgres(url: &str) -> Result<Self> {
        let options = url.parse().map_err(|error: sqlx::Error| {
            Error::invalid("is not a database's address").field("database").because(error)
        })?;
        let pool = |size, settings: &'static str| {
            let pool = PgPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
            pool.after_connect(move |connection, _| {
                Box::pin(async move {
                    connection.execute(SETTINGS_POSTGRES).await?;
                    connection.execute(settings).await.map(drop)
                })
            })
        };
        let readers = pool(READERS, READ_POSTGRES).connect_lazy_with(Clone::clone(&options));
        let searchers = pool(SEARCHERS, READ_POSTGRES).connect_lazy_with(Clone::clone(&options));
        let writer = pool(1, "").connect_with(options).await.map_err(error::of)?;
        Ok(Self::of(Dialect::Postgres { writer, readers, searchers }))
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a migration fails, or the database was made by another version.
    pub async fn migrate(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.batch(
            "CREATE TABLE IF NOT EXISTS migrations (version BIGINT NOT NULL PRIMARY KEY, checksum BYTEA NOT NULL)",
        )
        .await?;
        let mut done = BTreeMap::new();
        for row in tx.rows("SELECT version, checksum FROM migrations", []).await? {
            done.insert(row.get::<u64>("version")?, row.get::<Bytes>("checksum")?);
        }
        for step in MIGRATIONS.iter() {
            let version = u64::try_from(step.version).map_err(Error::internal)?;
            match done.remove(&version) {
                Some(checksum) if *checksum == *step.checksum => {}
                Some(_) => return Err(other_version(version)),
                None => {
                    tx.batch(step.sql.as_str()).await?;
                    let sql = "INSERT INTO migrations (version, checksum) VALUES ($1, $2)";
                    tx.run(sql, cells![version, step.checksum.to_vec()]).await?;
                }
            }
        }
        match done.first_key_value() {
            Some((version, _)) => Err(other_version(*version)),
            None => tx.commit().await,
        }
    }

    /// Begins *the* write transaction: there is no other until this one ends, in any process.
    ///
    /// The lock is taken first, not at the first write: two transactions that both read before they write
    /// would otherwise either fail (SQLite) or overwrite each other (PostgreSQL).
    ///
    /// # Errors
    /// When the database does not answer, or another writer holds on for too long.
    pub async fn begin(&self) -> Result<Tx> {
        match &self.dialect {
            Dialect::Sqlite { writer, .. } => sqlite(writer, "BEGIN IMMEDIATE").await,
            Dialect::Postgres { writer, .. } => postgres(writer, BEGIN_WRITE_POSTGRES).await,
        }
    }

    /// Begins a transaction that reads: all it sees is of one moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self) -> Result<Tx> {
        match &self.dialect {
            Dialect::Sqlite { readers, .. } => sqlite(readers, "BEGIN").await,
            Dialect::Postgres { readers, .. } => postgres(readers, BEGIN_READ_POSTGRES).await,
        }
    }

    /// Likewise, for what an application has put together itself and no index may be made for. Few of these go on at a
    /// time, so that they do not hold up what all others read.
    ///
    /// # Errors
    /// When the database does not answer, or others search for too long.
    pub async fn search(&self) -> Result<Tx> {
        match &self.dialect {
            Dialect::Sqlite { searchers, .. } => sqlite(searchers, "BEGIN").await,
            Dialect::Postgres { searchers, .. } => postgres(searchers, BEGIN_READ_POSTGRES).await,
        }
    }

    /// Closes every connection, once those in use have come back.
    pub async fn close(&self) {
        match &self.dialect {
            Dialect::Sqlite { writer, readers, searchers } => {
                searchers.close().await;
                readers.close().await;
                writer.close().await;
            }
            Dialect::Postgres { writer, readers, searchers } => {
                searchers.close().await;
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

async fn sqlite(pool: &Pool, begin: &'static str) -> Result<Tx> {
    let mut tx = Tx::sqlite(pool.lease().await?);
    tx.batch(begin).await?;
    Ok(tx)
}

async fn postgres(pool: &PgPool, begin: &'static str) -> Result<Tx> {
    pool.begin_with(begin).await.map(Tx::postgres).map_err(error::of)
}

fn other_version(step: u64) -> Error {
    Error::conflict(format!("was made by another version, whose step {step} is not this one's"))
        .field("database")
}
