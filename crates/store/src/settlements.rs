//! Settlements as the chain has them: each event with the state after it, so that the last row counts.

use quittance_domain::{
    Error, Result, SettlementId,
    fact::{Origin, SettlementEvent},
    settlement::{Status, Terms},
};

use crate::{
    Tx,
    value::{Cell, Row, cells, name_of},
};

/// A settlement as the chain has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementRow {
    /// Its id.
    pub id: SettlementId,
    /// What it is about.
    pub terms: Terms,
    /// Where it stands.
    pub status: Status,
    /// The legs that are locked, or were when it ended: one bit each.
    pub funded: u64,
    /// The conditions that were shown to hold, one bit each.
    pub satisfied: u64,
    /// What was the last to change it.
    pub origin: Origin,
}

/// One event of a settlement, with the state after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementEntry {
    /// Where it happened.
    pub origin: Origin,
    /// The event's name, as the contract has it.
    pub event: String,
    /// Where the settlement stood then.
    pub status: Status,
    /// How many legs it has.
    pub legs: u64,
    /// The legs locked then, one bit each.
    pub funded: u64,
    /// The conditions shown then.
    pub satisfied: u64,
}

/// Something happened to a settlement.
///
/// # Errors
/// When it happened to one that was never opened, which the contract rules out; or the database fails.
pub async fn append(tx: &mut Tx, origin: &Origin, id: SettlementId, event: &SettlementEvent) -> Result<()> {
    let terms = match event {
        SettlementEvent::Opened { terms, .. } => Some(terms),
        _ => None,
    };
    let (mut status, legs, mut funded, mut satisfied) = match (last(tx, id).await?, terms) {
        (Some(before), _) => (before.status, before.legs, before.funded, before.satisfied),
        (None, Some(terms)) => {
            (Status::None, u64::try_from(terms.legs.len()).map_err(Error::internal)?, 0, 0)
        }
        (None, None) => {
            let text = format!("settlement {id} was {} before it was opened", event.name());
            return Err(Error::internal(text));
        }
    };
    match event {
        SettlementEvent::Opened { leg, .. } | SettlementEvent::Funded { leg } => {
            funded |= bit(*leg)?;
            status = if funded == bit(legs)? - 1 { Status::Armed } else { Status::Open };
        }
        SettlementEvent::Satisfied { condition } => satisfied |= bit(*condition)?,
        SettlementEvent::Settled => status = Status::Settled,
        SettlementEvent::Aborted => status = Status::Aborted,
    }
    let sql = "INSERT INTO settlements (id, block_number, log_index, block_hash, timestamp, \
               transaction_hash, event, status, legs, funded, satisfied, terms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let row = cells![
        id,
        origin.block.number,
        origin.log_index,
        origin.block.hash,
        origin.timestamp,
        origin.transaction,
        event.name(),
        name_of(&status)?,
        legs,
        funded,
        satisfied,
        terms.map_or(Ok(Cell::Text(None)), Cell::json)?,
    ];
    tx.run(sql, row).await?;
    Ok(())
}

/// The bit of a leg or a condition, of which a contract allows few.
fn bit(place: u64) -> Result<u64> {
    let place = u32::try_from(place).ok().filter(|place| *place < 63);
    place.map(|place| 1 << place).ok_or_else(|| Error::internal("a settlement with more legs than bits"))
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM settlements WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// A settlement as the chain has it now.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: SettlementId) -> Result<Option<SettlementRow>> {
    let Some(SettlementEntry { origin, status, funded, satisfied, .. }) = last(tx, id).await? else {
        return Ok(None);
    };
    let sql = "SELECT terms FROM settlements WHERE id = $1 AND terms IS NOT NULL LIMIT 1";
    let opened = tx.row(sql, cells![id]).await?;
    let opened = opened.ok_or_else(|| Error::internal(format!("settlement {id} without terms")))?;
    Ok(Some(SettlementRow { id, terms: opened.json("terms")?, status, funded, satisfied, origin }))
}

/// All that happened to a settlement, in order.
///
/// # Errors
/// When the database fails.
pub async fn history(tx: &mut Tx, id: SettlementId) -> Result<Vec<SettlementEntry>> {
    let sql = "SELECT * FROM settlements WHERE id = $1 ORDER BY block_number, log_index";
    tx.rows(sql, cells![id]).await?.iter().map(entry).collect()
}

async fn last(tx: &mut Tx, id: SettlementId) -> Result<Option<SettlementEntry>> {
    let sql = "SELECT * FROM settlements WHERE id = $1 ORDER BY block_number DESC, log_index DESC LIMIT 1";
    tx.row(sql, cells![id]).await?.as_ref().map(entry).transpose()
}

fn entry(row: &Row) -> Result<SettlementEntry> {
    Ok(SettlementEntry {
        origin: row.origin()?,
        event: row.get("event")?,
        status: row.named("status")?,
        legs: row.get("legs")?,
        funded: row.get("funded")?,
        satisfied: row.get("satisfied")?,
    })
}
