//! PostgreSQL through sqlx, and rows in bulk by binary COPY.

use std::sync::Arc;

use quittance_domain::{Error, Result};
use sqlx::{
    Arguments, AssertSqlSafe, Column, Executor, PgConnection, Row as _, SqlSafeStr, TypeInfo,
    postgres::{PgArguments, PgRow},
};

use crate::{
    error,
    tables::{Rows, Value},
    value::{Cell, Row},
};

/// What begins and ends a binary COPY.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TAIL: &[u8] = &[0xff, 0xff];

/// Bytes that are sent at once.
const CHUNK: usize = 1 << 20;

/// Runs a statement and says how many rows it touched.
pub(crate) async fn run(
    connection: &mut PgConnection,
    sql: impl SqlSafeStr,
    cells: Vec<Cell>,
) -> Result<u64> {
    let query = sqlx::query_with(sql, arguments(cells)?);
    query.execute(connection).await.map(|done| done.rows_affected()).map_err(error::of)
}

/// Runs a query.
pub(crate) async fn rows(
    connection: &mut PgConnection,
    sql: impl SqlSafeStr,
    cells: Vec<Cell>,
) -> Result<Vec<Row>> {
    let rows = sqlx::query_with(sql, arguments(cells)?).fetch_all(connection).await.map_err(error::of)?;
    let Some(first) = rows.first() else { return Ok(vec![]) };
    let names: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter().map(|row| Ok(Row { names: names.clone(), cells: cells_of(row)? })).collect()
}

/// Runs statements that take and give nothing.
pub(crate) async fn batch(connection: &mut PgConnection, sql: &str) -> Result<()> {
    connection.execute(AssertSqlSafe(sql)).await.map(drop).map_err(error::of)
}

fn arguments(cells: Vec<Cell>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for cell in cells {
        let added = match cell {
            Cell::Int(value) => arguments.add(value),
            Cell::Bytes(value) => arguments.add(value),
            Cell::Text(value) => arguments.add(value),
            Cell::TooLarge(_) => return cell.value().map(drop).and(Err(Error::internal("no number"))),
        };
        added.map_err(Error::internal)?;
    }
    Ok(arguments)
}

fn cells_of(row: &PgRow) -> Result<Vec<Cell>> {
    let cell = |column: &sqlx::postgres::PgColumn| {
        let n = column.ordinal();
        let read = match column.type_info().name() {
            "INT8" => row.try_get(n).map(Cell::Int),
            "BYTEA" => row.try_get(n).map(Cell::Bytes),
            "TEXT" => row.try_get(n).map(Cell::Text),
            other => return Err(Error::internal(format!("a column of type {other}"))),
        };
        read.map_err(error::of)
    };
    row.columns().iter().map(cell).collect()
}

/// Adds rows to a table, whose columns are named behind it.
pub(crate) async fn insert(connection: &mut PgConnection, into: &str, rows: &Rows) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let copy = format!("COPY {into} FROM STDIN (FORMAT BINARY)");
    let mut copy = connection.copy_in_raw(&copy).await.map_err(error::of)?;
    let mut out = Vec::with_capacity(CHUNK.min(2 * rows.size()) + (CHUNK >> 2));
    out.extend_from_slice(HEAD);
    let width = i16::try_from(rows.width()).map_err(Error::internal)?;
    for (n, value) in rows.values().enumerate() {
        if n % rows.width() == 0 {
            if out.len() >= CHUNK {
                copy.send(&out[..]).await.map_err(error::of)?;
                out.clear();
            }
            out.extend_from_slice(&width.to_be_bytes());
        }
        encode(&mut out, value)?;
    }
    out.extend_from_slice(TAIL);
    copy.send(&out[..]).await.map_err(error::of)?;
    copy.finish().await.map(drop).map_err(error::of)
}

fn encode(out: &mut Vec<u8>, value: Value<'_>) -> Result<()> {
    let mut field = |bytes: &[u8]| {
        let len = i32::try_from(bytes.len()).map_err(Error::internal)?;
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(bytes);
        Ok(())
    };
    match value {
        Value::Null => {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            Ok(())
        }
        Value::Int(number) => field(&number.to_be_bytes()),
        Value::Flag(flag) => field(&[u8::from(flag)]),
        Value::Bytes(bytes) => field(bytes),
        Value::Text(text) => field(text.as_bytes()),
    }
}
