//! Empty databases to fill, and how many rows are in them.

use std::path::Path;

use anyhow::{Context, Result};
use quittance_stories::{Database, postgres::Postgres};
use rusqlite::OpenFlags;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

/// A database that goes away when dropped.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) url: String,
    _folder: TempDir,
}

/// Both kinds.
pub(crate) const KINDS: [Database; 2] = [Database::Sqlite, Database::Postgres];

/// What a kind is called.
pub(crate) fn name(kind: Database) -> &'static str {
    match kind {
        Database::Sqlite => "sqlite",
        Database::Postgres => "postgres",
    }
}

/// A new, empty one. SQLite's is on the disk that the repository is on.
pub(crate) fn empty(kind: Database) -> Result<Filled> {
    let target = quittance_stories::tools::repository()?.join("target/bench");
    std::fs::create_dir_all(&target)?;
    let folder = tempfile::Builder::new().prefix("database-").tempdir_in(target)?;
    let url = match kind {
        Database::Sqlite => format!("sqlite://{}", folder.path().join("events.db").display()),
        Database::Postgres => Postgres::shared()?.database("bench")?,
    };
    Ok(Filled { url, _folder: folder })
}

/// A connection that looks at the `Transfer` events as a reader of them would.
pub(crate) enum Reader {
    Sqlite(rusqlite::Connection, String),
    Postgres(PgConnection, String),
}

impl Reader {
    /// Opens a database; nothing if there is no table of `Transfer` events yet.
    pub(crate) async fn open(url: &str) -> Result<Option<Self>> {
        // What a mirror calls its tables is its own affair: the event's name comes last.
        let tables = |catalog: &str| {
            format!(
                "SELECT {catalog} WHERE lower(name) LIKE '%transfer' AND name NOT LIKE '\\_%' ESCAPE '\\' \
                 ORDER BY name LIMIT 1"
            )
        };
        if let Some(path) = url.strip_prefix("sqlite://") {
            if !Path::new(path).exists() {
                return Ok(None);
            }
            let connection = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let query = tables("name FROM sqlite_schema");
            let table = connection.query_row(&query, [], |row| row.get(0));
            return match table {
                Ok(table) => Ok(Some(Self::Sqlite(connection, table))),
                Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
                Err(error) => Err(error.into()),
            };
        }
        let mut connection = PgConnection::connect(url).await?;
        let query = tables(
            "path FROM (SELECT format('%I.%I', schemaname, tablename) AS path, tablename AS name FROM pg_tables) t",
        );
        let table: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_optional(&mut connection).await?;
        Ok(table.map(|table| Self::Postgres(connection, table)))
    }

    /// How many events there are.
    pub(crate) async fn count(&mut self) -> Result<u64> {
        let count: i64 = match self {
            Self::Sqlite(connection, table) => {
                let query = format!("SELECT count(*) FROM \"{table}\"");
                connection.prepare_cached(&query)?.query_row([], |row| row.get(0))?
            }
            Self::Postgres(connection, table) => {
                let query = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
                sqlx::query_scalar(query).fetch_one(connection).await?
            }
        };
        Ok(u64::try_from(count)?)
    }
}

/// How many events there are.
pub(crate) async fn count(url: &str) -> Result<u64> {
    Reader::open(url).await?.context("there is no table of Transfer events")?.count().await
}
