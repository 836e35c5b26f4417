//! The headers that a reorg may reach back to. The last one is the mirror's checkpoint.

use quittance_domain::{Block, Result};

use crate::{
    Tx,
    value::{Row, cells},
};

/// The last block taken in.
///
/// # Errors
/// When the database fails.
pub async fn tail(tx: &mut Tx) -> Result<Option<Block>> {
    Ok(newest(tx, 1).await?.pop())
}

/// The kept header of this number.
///
/// # Errors
/// When the database fails.
pub async fn at(tx: &mut Tx, number: u64) -> Result<Option<Block>> {
    let row = tx.row("SELECT * FROM blocks WHERE number = $1", cells![number]).await?;
    row.as_ref().map(Row::block).transpose()
}

/// The last kept headers, newest first: the candidates for a common ancestor.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx, limit: u64) -> Result<Vec<Block>> {
    let rows = tx.rows("SELECT * FROM blocks ORDER BY number DESC LIMIT $1", cells![limit]).await?;
    rows.iter().map(Row::block).collect()
}

/// Makes `block` the last one taken in.
///
/// # Errors
/// When there is one of its number already, or the database fails.
pub async fn append(tx: &mut Tx, block: &Block) -> Result<()> {
    let sql = "INSERT INTO blocks (number, hash, timestamp) VALUES ($1, $2, $3)";
    tx.run(sql, cells![block.number, block.hash, block.timestamp]).await?;
    Ok(())
}

/// Forgets every block above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM blocks WHERE number > $1", cells![ancestor]).await?;
    Ok(())
}

const PRUNE: &str = "DELETE FROM blocks WHERE number < $1 AND number < (SELECT MAX(number) FROM blocks)";

/// Forgets headers below `below`, to which no reorg reaches back any more. The last one is kept, however old.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, below: u64) -> Result<()> {
    tx.run(PRUNE, cells![below]).await?;
    Ok(())
}
