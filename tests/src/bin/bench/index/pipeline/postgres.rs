//! Rows into PostgreSQL: binary COPY, and few, large transactions.

use anyhow::Result;
use futures::{TryStreamExt, stream::BoxStream};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::Row;

/// Rows in a transaction.
const COMMIT: usize = 50_000;

/// What begins and ends a binary COPY.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TAIL: &[u8] = &[0xff, 0xff];

const OPEN: &str = "
    CREATE TABLE checkpoint (block BIGINT NOT NULL);
    INSERT INTO checkpoint VALUES (0);
    CREATE TABLE transfer (
        id BIGINT NOT NULL,
        block_hash BYTEA NOT NULL,
        transaction_hash BYTEA NOT NULL,
        time BIGINT NOT NULL,
        from_address BYTEA NOT NULL,
        to_address BYTEA NOT NULL,
        value BYTEA NOT NULL
    );";

const INDEXES: [&str; 3] = [
    "ALTER TABLE transfer ADD PRIMARY KEY (id)",
    "CREATE INDEX transfer_from ON transfer (from_address)",
    "CREATE INDEX transfer_to ON transfer (to_address)",
];

pub(super) async fn insert(url: &str, mut ranges: BoxStream<'static, Result<(u64, Vec<Row>)>>) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute(OPEN).await?;
    let mut more = true;
    while more {
        let mut transaction = connection.begin().await?;
        let mut copy = transaction.copy_in_raw("COPY transfer FROM STDIN (FORMAT BINARY)").await?;
        copy.send(HEAD).await?;
        let (mut checkpoint, mut count) = (None, 0);
        while count < COMMIT {
            let Some((last, rows)) = ranges.try_next().await? else {
                more = false;
                break;
            };
            checkpoint = Some(last);
            count += rows.len();
            copy.send(encode(&rows)?).await?;
        }
        copy.send(TAIL).await?;
        copy.finish().await?;
        if let Some(block) = checkpoint {
            let update = sqlx::query("UPDATE checkpoint SET block = $1").bind(i64::try_from(block)?);
            update.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    for index in INDEXES {
        connection.execute(AssertSqlSafe(index)).await?;
    }
    connection.close().await?;
    Ok(())
}

fn encode(rows: &[Row]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(rows.len() * 192);
    for row in rows {
        out.extend_from_slice(&7_i16.to_be_bytes());
        field(&mut out, &row.id()?.to_be_bytes());
        field(&mut out, &row.block_hash);
        field(&mut out, &row.transaction);
        field(&mut out, &i64::try_from(row.time)?.to_be_bytes());
        field(&mut out, &row.from);
        field(&mut out, &row.to);
        field(&mut out, &row.value);
    }
    Ok(out)
}

fn field<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N]) {
    // The longest field has 32 bytes.
    out.extend_from_slice(&u32::try_from(N).unwrap_or(0).to_be_bytes());
    out.extend_from_slice(bytes);
}
