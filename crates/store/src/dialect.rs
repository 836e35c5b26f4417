//! Opening a database and beginning a transaction: the only code that knows which database it is.

use std::{str::FromStr, time::Duration};

use quittance_domain::{Error, Result};
use sqlx::{
    AnyConnection, AnyPool,
    any::{AnyConnectOptions, AnyPoolOptions},
};

use crate::{error, tx::Tx};

/// How long a caller waits for a connection, or for another process's write, before it is told that the
/// database does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many transactions may read at a time.
const READERS: u32 = 8;

/// The key of PostgreSQL's advisory lock that makes one writer out of many: "quittanc" in ASCII.
const BEGIN_WRITE_POSTGRES: &str = "BEGIN; SELECT pg_advisory_xact_lock(8175556647450668643)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// A database, open.
#[derive(Clone, Debug)]
pub struct Store {
    dialect: Dialect,
    /// One connection: who waits for it waits in the order of coming, and no other connection is held or
    /// polled meanwhile. The database's own lock keeps out writers in other processes.
    writer: AnyPool,
    readers: AnyPool,
}

impl Store {
    /// Opens the database at `url`: `sqlite:PATH`, made if it is not there, or `postgres://…`.
    ///
    /// `sqlite::memory:` has one connection only, so there a reader waits for the writer.
    ///
    /// # Errors
    /// When the address is neither, or the database does not answer.
    pub async fn open(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let dialect = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Dialect::Sqlite,
            Some("postgres" | "postgresql") => Dialect::Postgres,
            _ => return Err(Error::invalid("must begin with sqlite: or postgres:").field("database")),
        };
        let in_memory = url.contains(":memory:");
        let options = options(dialect, url)?;
        let writer =
            pool(dialect, 1, Access::Write).connect_with(options.clone()).await.map_err(error::of)?;
        let readers = if in_memory {
            writer.clone()
        } else {
            pool(dialect, READERS, Access::Read).connect_lazy_with(options)
        };
        Ok(Self { dialect, writer, readers })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a migration fails, or the database was made by a later version.
    pub async fn migrate(&self) -> Result<()> {
        sqlx::migrate!("./migrations").run(&self.writer).await.map_err(Error::internal)
    }

    /// Begins *the* write transaction: there is no other until this one ends, in any process.
    ///
    /// The lock is taken first, not at the first write: two transactions that both read before they write
    /// would otherwise either fail (SQLite) or overwrite each other (PostgreSQL).
    ///
    /// # Errors
    /// When the database does not answer, or another writer holds on for too long.
    pub async fn begin(&self) -> Result<Tx> {
        let statement = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => BEGIN_WRITE_POSTGRES,
        };
        self.writer.begin_with(statement).await.map(Tx::new).map_err(error::of)
    }

    /// Begins a transaction that reads: all it sees is of one moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self) -> Result<Tx> {
        let statement = match self.dialect {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.readers.begin_with(statement).await.map(Tx::new).map_err(error::of)
    }

    /// Closes every connection, once those in use have come back.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

fn options(dialect: Dialect, url: &str) -> Result<AnyConnectOptions> {
    let create = match dialect {
        Dialect::Sqlite if !url.contains(":memory:") && !url.contains("mode=") => {
            if url.contains('?') {
                "&mode=rwc"
            } else {
                "?mode=rwc"
            }
        }
        Dialect::Sqlite | Dialect::Postgres => "",
    };
    AnyConnectOptions::from_str(&format!("{url}{create}"))
        .map_err(|error| Error::invalid("is not a database's address").field("database").because(error))
}

fn pool(dialect: Dialect, size: u32, access: Access) -> AnyPoolOptions {
    let pool = AnyPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
    match dialect {
        // A connection to a file has nothing to tire of, and one to memory takes the database with it.
        Dialect::Sqlite => pool
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_connect(move |connection, _| Box::pin(prepare_sqlite(connection, access))),
        Dialect::Postgres => pool,
    }
}

/// `synchronous = FULL`: with NORMAL a power cut would take back the last commits, and by then their writers
/// have been answered, peers acknowledged and nonces used. It costs one fsync per commit, which the callers
/// amortise by committing many writes at once.
async fn prepare_sqlite(connection: &mut AnyConnection, access: Access) -> sqlx::Result<()> {
    let pragmas: &[&'static str] = match access {
        Access::Write => &[
            "PRAGMA busy_timeout = 10000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA wal_autocheckpoint = 16384",
            "PRAGMA cache_size = -65536",
        ],
        Access::Read => &["PRAGMA busy_timeout = 10000", "PRAGMA query_only = ON"],
    };
    for pragma in pragmas {
        sqlx::query(*pragma).execute(&mut *connection).await?;
    }
    Ok(())
}
