//! Rows into SQLite: one prepared statement for many rows, and few, large transactions.

use std::{path::Path, sync::mpsc::Receiver};

use anyhow::Result;
use rusqlite::{CachedStatement, Connection, params, types::ToSqlOutput};

use super::Row;

/// Rows in a statement.
const ROWS: usize = 32;

/// Columns in a row.
const COLUMNS: usize = 7;

/// Rows in a transaction: more is not faster.
const COMMIT: usize = 50_000;

const OPEN: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 16384;
    CREATE TABLE checkpoint (block BIGINT NOT NULL);
    INSERT INTO checkpoint VALUES (0);
    CREATE TABLE transfer (
        id INTEGER PRIMARY KEY,
        block_hash BLOB NOT NULL,
        transaction_hash BLOB NOT NULL,
        time BIGINT NOT NULL,
        from_address BLOB NOT NULL,
        to_address BLOB NOT NULL,
        value BLOB NOT NULL
    );";

const INDEXES: &str = "
    CREATE INDEX transfer_from ON transfer (from_address);
    CREATE INDEX transfer_to ON transfer (to_address);";

pub(super) fn insert(path: &Path, ranges: &Receiver<(u64, Vec<Row>)>) -> Result<()> {
    let connection = Connection::open(path)?;
    connection.execute_batch(OPEN)?;
    let place = format!("({})", ["?"; COLUMNS].join(","));
    let statement = |rows| format!("INSERT INTO transfer VALUES {}", vec![place.as_str(); rows].join(","));
    let (many, one) = (statement(ROWS), statement(1));
    let mut uncommitted = 0;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    while let Ok((last, rows)) = ranges.recv() {
        let mut chunks = rows.chunks_exact(ROWS);
        let mut statement = connection.prepare_cached(&many)?;
        for chunk in &mut chunks {
            bind(&mut statement, chunk)?;
            statement.raw_execute()?;
        }
        let mut statement = connection.prepare_cached(&one)?;
        for row in chunks.remainder() {
            bind(&mut statement, std::slice::from_ref(row))?;
            statement.raw_execute()?;
        }
        connection
            .prepare_cached("UPDATE checkpoint SET block = ?")?
            .execute(params![i64::try_from(last)?])?;
        uncommitted += rows.len();
        if uncommitted >= COMMIT {
            connection.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
            uncommitted = 0;
        }
    }
    connection.execute_batch(INDEXES)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

fn bind(statement: &mut CachedStatement<'_>, rows: &[Row]) -> Result<()> {
    let mut at = 0;
    for row in rows {
        let blob = |bytes| ToSqlOutput::Borrowed(rusqlite::types::ValueRef::Blob(bytes));
        let number = |number: i64| ToSqlOutput::Owned(number.into());
        let values: [ToSqlOutput<'_>; COLUMNS] = [
            number(row.id()?),
            blob(&row.block_hash),
            blob(&row.transaction),
            number(i64::try_from(row.time)?),
            blob(&row.from),
            blob(&row.to),
            blob(&row.value),
        ];
        for value in values {
            at += 1;
            statement.raw_bind_parameter(at, value)?;
        }
    }
    Ok(())
}
