//! The order of private messages that all see.

use quittance_domain::{
    Address, B256, Bytes, Result,
    fact::{Origin, Pin},
};

use crate::{
    Page, Position, Tx,
    value::{Row, cells},
};

/// A pin, and its place in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Where it happened.
    pub origin: Origin,
    /// The pin.
    pub pin: Pin,
}

/// A batch got its place.
///
/// # Errors
/// When the database fails.
pub async fn append(tx: &mut Tx, origin: &Origin, pin: &Pin) -> Result<()> {
    let sql = "INSERT INTO pins (block_number, log_index, block_hash, timestamp, transaction_hash, author, \
               action, uuids, batch_hash, payload_ref, contexts) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let contexts: Vec<u8> = pin.contexts.iter().flatten().copied().collect();
    let row = cells![
        origin.block.number,
        origin.log_index,
        origin.block.hash,
        origin.timestamp,
        origin.transaction,
        pin.author,
        pin.action.as_str(),
        pin.uuids,
        pin.batch_hash,
        pin.payload_ref.as_str(),
        contexts,
    ];
    tx.run(sql, row).await?;
    Ok(())
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM pins WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// Pins, or one author's, oldest first: in the order that they make.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn list(
    tx: &mut Tx,
    author: Option<Address>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Pinned>> {
    let after = cursor.map_or(Ok(Position { block_number: 0, log_index: 0 }), str::parse)?;
    let (at, index, more) = (after.block_number, after.log_index, u64::from(limit) + 1);
    let rows = match author {
        None => {
            let sql = "SELECT * FROM pins WHERE (block_number, log_index) > ($1, $2) \
                       ORDER BY block_number, log_index LIMIT $3";
            tx.rows(sql, cells![at, index, more]).await?
        }
        Some(author) => {
            let sql = "SELECT * FROM pins WHERE author = $4 AND (block_number, log_index) > ($1, $2) \
                       ORDER BY block_number, log_index LIMIT $3";
            tx.rows(sql, cells![at, index, more, author]).await?
        }
    };
    let pins = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page::cut(pins, limit, |last: &Pinned| Position::from(&last.origin).to_string()))
}

fn read(row: &Row) -> Result<Pinned> {
    let contexts: Bytes = row.get("contexts")?;
    let pin = Pin {
        author: row.get("author")?,
        action: row.get("action")?,
        uuids: row.get("uuids")?,
        batch_hash: row.get("batch_hash")?,
        payload_ref: row.get("payload_ref")?,
        contexts: contexts.chunks_exact(32).map(B256::from_slice).collect(),
    };
    Ok(Pinned { origin: row.origin()?, pin })
}
