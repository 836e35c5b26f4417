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
    before(tx, i64::MAX.unsigned_abs()).await
}

/// The kept header of this number.
///
/// # Errors
/// When the database fails.
pub async fn at(tx: &mut Tx, number: u64) -> Result<Option<Block>> {
    let row = tx.row("SELECT * FROM blocks WHERE number = $1", cells![number]).await?;
    row.as_ref().map(Row::block).transpose()
}

/// The last kept header below this number: the next candidate for a common ancestor.
///
/// # Errors
/// When the database fails.
pub async fn before(tx: &mut Tx, number: u64) -> Result<Option<Block>> {
    let sql = "SELECT * FROM blocks WHERE number < $1 ORDER BY number DESC LIMIT 1";
    tx.row(sql, cells![number]).await?.as_ref().map(Row::block).transpose()
}

/// Makes `block` the last one taken in.
///
/// # Errors
/// When there is one of its number already, or the database fails.
pub async fn append(tx: &mut Tx, block: &Block) -> Result<()> {
    let sql = "INSERT INTO blocks (number, hash, parent, timestamp) VALUES ($1, $2, $3, $4)";
    tx.run(sql, cells![block.number, block.hash, block.parent, block.timestamp]).await?;
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

/// Forgets headers below `below`, to which no reorg reaches back any more.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, below: u64) -> Result<()> {
    tx.run("DELETE FROM blocks WHERE number < $1", cells![below]).await?;
    Ok(())
}
