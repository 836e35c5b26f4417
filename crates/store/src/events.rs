//! Every log of the deployment's contracts, as it came. One that is not understood is kept and counted.

use quittance_domain::{
    Address, B256, Bytes, Result,
    fact::{Log, Origin},
};

use crate::{
    Position, Tx,
    tables::{Rows, Value},
    value::{Row, cells, push_origin},
};

/// A log as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Where it happened.
    pub origin: Origin,
    /// Which contract said so.
    pub address: Address,
    /// Its topics.
    pub topics: Vec<B256>,
    /// Its data.
    pub data: Bytes,
    /// What it means; nothing if that was not known.
    pub name: Option<String>,
}

/// Keeps logs.
///
/// # Errors
/// When one of them is there already, or the database fails.
pub async fn append(tx: &mut Tx, logs: &[Log]) -> Result<()> {
    let mut rows = Rows::new(10);
    let mut topics = vec![];
    for log in logs {
        push_origin(&mut rows, &log.origin)?;
        rows.push(Value::Bytes(log.address.as_slice()));
        topics.clear();
        topics.extend(log.topics.iter().flatten());
        rows.push(Value::Bytes(&topics));
        rows.push(Value::Bytes(&log.data));
        rows.push(Value::Int(log.event.is_some().into()));
        rows.push(log.event.as_ref().map_or(Value::Null, |event| Value::Text(event.name())));
    }
    let into = "events (block_number, log_index, block_hash, timestamp, transaction_hash, address, topics, \
                data, known, name)";
    tx.fill(into, rows).await
}

/// What came after `after`, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn since(tx: &mut Tx, after: Position, limit: u32) -> Result<Vec<StoredEvent>> {
    let sql = "SELECT * FROM events WHERE (block_number, log_index) > ($1, $2) \
               ORDER BY block_number, log_index LIMIT $3";
    let rows = tx.rows(sql, cells![after.block_number, after.log_index, limit]).await?;
    rows.iter().map(stored).collect()
}

fn stored(row: &Row) -> Result<StoredEvent> {
    let topics: Bytes = row.get("topics")?;
    Ok(StoredEvent {
        origin: row.origin()?,
        address: row.get("address")?,
        topics: topics.chunks_exact(32).map(B256::from_slice).collect(),
        data: row.get("data")?,
        name: row.get("name")?,
    })
}

/// How many logs were not understood.
///
/// # Errors
/// When the database fails.
pub async fn count_unknown(tx: &mut Tx) -> Result<u64> {
    let row = tx.row("SELECT COUNT(*) AS unknown FROM events WHERE known = 0", []).await?;
    row.map_or(Ok(0), |row| row.get("unknown"))
}

/// Forgets every log above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM events WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}
