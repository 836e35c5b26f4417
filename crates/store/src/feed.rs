//! What this node tells its applications, in one order that never changes: an event a row, numbered from one on.
//!
//! A row only names what it is about. What the chain says is told once its block is as deep as the node wants it, and
//! should a reorg reach deeper still, the row stays and says nothing: a number that somebody has seen never means
//! something else.

use std::collections::{HashMap, HashSet};

use quittance_domain::{Result, fact::Origin};

use crate::{
    Position, Tx,
    approvals::{self, Approval},
    outbox::{self, OutboxRow},
    pools::{self, Pool},
    tokens::{self, Transfer},
    value::{Row, cells},
};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub sequence: u64,
    /// When it was told, in milliseconds of wall time.
    pub at: u64,
    /// What it says.
    pub what: What,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Money or a deed moved.
    Moved(Transfer),
    /// An owner let somebody move something (true), or no longer.
    Approved(Origin, Approval, bool),
    /// This node was asked for a transaction.
    Submitted(OutboxRow),
    /// A transaction of this node has come to nothing.
    Failed(OutboxRow),
    /// A pool can be used.
    Pool(Pool),
    /// Nothing: a reorg took back what it said.
    Undone,
}

/// What this node itself has to tell of a transaction or a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// It was asked for.
    Submitted,
    /// It has come to nothing.
    Failed,
    /// It can be used.
    Pool,
}

impl Own {
    const fn name(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Failed => "failed",
            Self::Pool => "pool",
        }
    }
}

/// The last number given; zero if none was.
///
/// # Errors
/// When the database fails.
pub async fn last(tx: &mut Tx) -> Result<u64> {
    let row = tx.row("SELECT COALESCE(MAX(sequence), 0) AS last FROM feed", []).await?;
    row.map_or(Ok(0), |row| row.get("last"))
}

/// Tells something of the transaction with this key, or of the pool with this id.
///
/// # Errors
/// When the database fails.
pub async fn tell(tx: &mut Tx, own: Own, key: &str, at: u64) -> Result<()> {
    let sql = "INSERT INTO feed (sequence, kind, key, at) \
               SELECT COALESCE(MAX(sequence), 0) + 1, $1, $2, $3 FROM feed";
    tx.run(sql, cells![own.name(), key, at]).await?;
    Ok(())
}

/// Tells what the chain says up to the end of the block `deep`, as far as it was not told before.
///
/// # Errors
/// When the database fails.
pub async fn tell_chain(tx: &mut Tx, deep: u64, at: u64) -> Result<()> {
    let mark = tx.row("SELECT next_block FROM feed_mark", []).await?;
    let first: u64 = mark.map_or(Ok(0), |row| row.get("next_block"))?;
    if deep < first {
        return Ok(());
    }
    tx.run("UPDATE feed_mark SET next_block = $1", cells![deep + 1]).await?;
    let last = last(tx).await?;
    let sql = "INSERT INTO feed (sequence, kind, block_number, log_index, at) \
               SELECT $1 + ROW_NUMBER() OVER (ORDER BY block_number, log_index), name, block_number, log_index, $2 \
               FROM events WHERE block_number BETWEEN $3 AND $4 \
               AND name IN ('CashMoved', 'DeedMoved', 'Approved')";
    tx.run(sql, cells![last, at, first, deep]).await?;
    Ok(())
}

/// What was told of blocks above `ancestor` is told no more.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    let sql =
        "UPDATE feed SET kind = 'undone', block_number = NULL, log_index = NULL WHERE block_number > $1";
    tx.run(sql, cells![ancestor]).await?;
    tx.run("UPDATE feed_mark SET next_block = $1 WHERE next_block > $1", cells![ancestor + 1]).await?;
    Ok(())
}

/// Tells that what waits for the transaction with this key waits in vain, where that is transactions.
///
/// # Errors
/// When the database fails.
pub async fn tell_dependents(tx: &mut Tx, key: &str, at: u64) -> Result<()> {
    let last = last(tx).await?;
    let sql = "INSERT INTO feed (sequence, kind, key, at) \
               SELECT $1 + ROW_NUMBER() OVER (ORDER BY created_at, key), $2, key, $3 \
               FROM outbox WHERE state = 'queued' AND lane = $4 AND after_key = $5";
    tx.run(sql, cells![last, Own::Failed.name(), at, outbox::CHAIN, key]).await?;
    Ok(())
}

/// Which events of a part of the feed say nothing any more.
///
/// # Errors
/// When the database fails.
pub async fn undone(tx: &mut Tx, first: u64, last: u64) -> Result<HashSet<u64>> {
    let sql = "SELECT sequence FROM feed WHERE sequence BETWEEN $1 AND $2 AND kind = 'undone'";
    tx.rows(sql, cells![first, last]).await?.iter().map(|row| row.get("sequence")).collect()
}

/// What was told after the event with this number, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn after(tx: &mut Tx, sequence: u64, limit: u32) -> Result<Vec<Told>> {
    let sql = "SELECT * FROM feed WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    let rows = tx.rows(sql, cells![sequence, limit]).await?;
    read(tx, &rows).await
}

/// What was told before the event with this number, newest first.
///
/// # Errors
/// When the database fails.
pub async fn before(tx: &mut Tx, sequence: u64, limit: u32) -> Result<Vec<Told>> {
    let sql = "SELECT * FROM feed WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2";
    let rows = tx.rows(sql, cells![sequence, limit]).await?;
    read(tx, &rows).await
}

/// Rows with what they are about, which is looked up for all of them at once.
async fn read(tx: &mut Tx, rows: &[Row]) -> Result<Vec<Told>> {
    let mut numbers = vec![];
    for row in rows {
        numbers.push(row.get::<u64>("sequence")?);
    }
    let (Some(&first), Some(&last)) = (numbers.iter().min(), numbers.iter().max()) else { return Ok(vec![]) };
    let mut about = About::of(tx, first, last).await?;
    let told = |(row, sequence): (&Row, u64)| {
        let what = match row.get::<String>("kind")?.as_str() {
            "CashMoved" | "DeedMoved" => about.moves.remove(&place(row)?).map(What::Moved),
            "Approved" => about.approvals.remove(&place(row)?),
            "pool" => about.pools.get(&row.get::<String>("key")?).cloned().map(What::Pool),
            kind => {
                about.transactions.get(&row.get::<Option<String>>("key")?.unwrap_or_default()).map(|about| {
                    let about = about.clone();
                    if kind == Own::Failed.name() { What::Failed(about) } else { What::Submitted(about) }
                })
            }
        };
        Ok(Told { sequence, at: row.get("at")?, what: what.unwrap_or(What::Undone) })
    };
    rows.iter().zip(numbers).map(told).collect()
}

/// What the events of a range are about.
struct About {
    moves: HashMap<Position, Transfer>,
    approvals: HashMap<Position, What>,
    transactions: HashMap<String, OutboxRow>,
    pools: HashMap<String, Pool>,
}

impl About {
    async fn of(tx: &mut Tx, first: u64, last: u64) -> Result<Self> {
        let range = || cells![first, last];
        let sql = "SELECT t.* FROM feed f JOIN transfers t \
                   ON t.block_number = f.block_number AND t.log_index = f.log_index \
                   WHERE f.sequence BETWEEN $1 AND $2 AND f.kind IN ('CashMoved', 'DeedMoved')";
        let moves = tx.rows(sql, range()).await?;
        let moves = moves.iter().map(|row| Ok((place(row)?, tokens::transfer(row)?)));
        // One log ends a grant on a deed and makes another: of two rows in one place the second counts.
        let sql = "SELECT a.*, e.block_hash, e.timestamp, e.transaction_hash FROM feed f JOIN approvals a \
                   ON a.block_number = f.block_number AND a.log_index = f.log_index JOIN events e \
                   ON e.block_number = f.block_number AND e.log_index = f.log_index \
                   WHERE f.sequence BETWEEN $1 AND $2 AND f.kind = 'Approved' ORDER BY a.value";
        let approvals = tx.rows(sql, range()).await?;
        let approvals = approvals.iter().map(|row| {
            let (approval, yes) = approvals::said(row)?;
            Ok((place(row)?, What::Approved(row.origin()?, approval, yes)))
        });
        let sql = "SELECT o.* FROM feed f JOIN outbox o ON o.key = f.key WHERE f.sequence BETWEEN $1 AND $2";
        let transactions = tx.rows(sql, range()).await?;
        let transactions =
            transactions.iter().map(outbox::read).map(|row| row.map(|row| (row.key.clone(), row)));
        let sql = "SELECT p.* FROM feed f JOIN pools p ON p.id = f.key \
                   WHERE f.sequence BETWEEN $1 AND $2 AND f.kind = 'pool'";
        let pools = tx.rows(sql, range()).await?;
        let pools = pools.iter().map(pools::pool).map(|pool| pool.map(|pool| (pool.id.clone(), pool)));
        Ok(Self {
            moves: moves.collect::<Result<_>>()?,
            approvals: approvals.collect::<Result<_>>()?,
            transactions: transactions.collect::<Result<_>>()?,
            pools: pools.collect::<Result<_>>()?,
        })
    }
}

fn place(row: &Row) -> Result<Position> {
    Ok(Position { block_number: row.get("block_number")?, log_index: row.get("log_index")? })
}
