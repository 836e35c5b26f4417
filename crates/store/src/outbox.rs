//! What is to be done in the world. A row is written in the transaction that decided on it, and acted on
//! afterwards, at least once; its key makes twice the same as once.
//!
//! ```text
//! queued ─sent─▶ sent ─done─▶ done        sent: a transaction is signed, and has not been mined yet
//!    │  └────────────┬─fail─▶ failed
//!    └─expire─▶ expired
//! ```
//!
//! A row whose predecessor failed or expired stays queued and is never due: a reorg may still turn the
//! predecessor's failure around.

use std::collections::HashSet;

use quittance_domain::{
    Block, Error, Result, SettlementId, Timestamp,
    intent::{Action, Intent},
};
use serde::{Deserialize, Serialize};

use crate::{
    Page, Tx,
    filter::{self, Selected, Selection},
    page,
    value::{Cell, Row, cells},
};

/// How far a row has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not done yet.
    Queued,
    /// On its way: a transaction is signed.
    Sent,
    /// It was done.
    Done,
    /// It cannot be done.
    Failed,
    /// It was not done in time.
    Expired,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its idempotency key.
    pub key: String,
    /// What is to be done.
    pub action: Action,
    /// Who does it: `chain`, `peer:` and an address, or `local`.
    pub lane: String,
    /// The settlement it is for.
    pub subject: Option<SettlementId>,
    /// The block that it follows from, and waits for.
    pub cause_block: Option<u64>,
    /// What must be done before.
    pub after: Option<String>,
    /// The chain's time from which on it is of no use.
    pub expires: Option<Timestamp>,
    /// How far it has come.
    pub state: State,
    /// How often it was tried in vain.
    pub attempts: u64,
    /// When it is to be tried next, in milliseconds of wall time.
    pub next_at: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was decided on, in milliseconds of wall time.
    pub created_at: u64,
}

/// What decides whether a row is due.
#[derive(Clone, Copy, Debug)]
pub struct Due<'a> {
    /// The last block taken in.
    pub head: &'a Block,
    /// How many blocks must stand on the one that a row follows from.
    pub confirmations: u64,
    /// The wall time, in milliseconds.
    pub now_ms: u64,
    /// How many rows at most.
    pub limit: u32,
}

impl Due<'_> {
    /// The newest block whose consequences are deep enough. Below zero where the chain is shorter than the
    /// confirmations: then no block is.
    fn deep(&self) -> Cell {
        let head = i64::try_from(self.head.number).ok();
        let deep = head.and_then(|head| head.checked_sub(i64::try_from(self.confirmations).ok()?));
        Cell::Int(Some(deep.unwrap_or(-1)))
    }
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many rows.
    pub count: u64,
    /// Since when the first of them has waited, in milliseconds of wall time.
    pub oldest_ms: Option<u64>,
}

/// The lane of our own transactions.
pub const CHAIN: &str = "chain";

/// Who does an action.
#[must_use]
pub fn lane(action: &Action) -> String {
    match action {
        Action::Transact(_) => CHAIN.to_owned(),
        Action::Tell { to, .. } => format!("peer:{to:#x}"),
        // Documents have a lane of their own, so that a large one does not hold up messages.
        Action::Fetch { from, .. } => format!("documents:{from:#x}"),
        Action::Sign { .. } => "local".to_owned(),
    }
}

/// Adds an intent, and says whether it is new. If its key was there already nothing changes; unless it had been given
/// up, in which case it is tried anew.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    intent: &Intent,
    subject: Option<SettlementId>,
    cause: Option<u64>,
    at: u64,
) -> Result<bool> {
    let sql = "INSERT INTO outbox (key, action, lane, subject, cause_block, after_key, expires_at, state, \
               attempts, next_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', 0, $8, $8) \
               ON CONFLICT (key) DO UPDATE SET state = 'queued', attempts = 0, next_at = excluded.next_at, \
               cause_block = excluded.cause_block, expires_at = excluded.expires_at, last_error = NULL \
               WHERE outbox.state IN ('failed', 'expired') RETURNING created_at";
    let row = cells![
        intent.key.as_str(),
        Cell::json(&intent.action)?,
        lane(&intent.action),
        subject,
        cause,
        intent.after.as_deref(),
        intent.expires,
        at,
    ];
    // What is tried anew was made before.
    tx.row(sql, row).await?.map_or(Ok(false), |made| Ok(made.get::<u64>("created_at")? == at))
}

/// A statement over what is to be done now: queued, its time come, its cause deep enough, its predecessor
/// done.
macro_rules! over_due {
    ($what:literal, $rest:literal) => {
        concat!(
            $what,
            " FROM outbox o WHERE state = 'queued' AND next_at <= $1 \
             AND (cause_block IS NULL OR cause_block <= $2) AND (after_key IS NULL OR EXISTS \
             (SELECT 1 FROM outbox first WHERE first.key = o.after_key AND first.state = 'done')) ",
            $rest
        )
    };
}

/// The lanes in which something is to be done now.
///
/// # Errors
/// When the database fails.
pub async fn lanes(tx: &mut Tx, due: &Due<'_>) -> Result<Vec<String>> {
    let cells = [due.now_ms.into(), due.deep()];
    tx.rows(over_due!("SELECT DISTINCT lane", ""), cells).await?.iter().map(|row| row.get("lane")).collect()
}

/// What is to be done now in one lane, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub async fn due(tx: &mut Tx, due: &Due<'_>, lane: &str) -> Result<Vec<OutboxRow>> {
    let sql = over_due!("SELECT *", "AND lane = $3 ORDER BY next_at, created_at, key LIMIT $4");
    let cells = [due.now_ms.into(), due.deep(), lane.into(), due.limit.into()];
    tx.rows(sql, cells).await?.iter().map(read).collect()
}

/// It was done.
///
/// # Errors
/// When it was not to be done (a reorg may have taken it back), or the database fails.
pub async fn done(tx: &mut Tx, key: &str) -> Result<()> {
    let sql = "UPDATE outbox SET state = 'done' WHERE key = $1 AND state IN ('queued', 'sent')";
    tx.run_one(sql, cells![key], || not_open(key)).await
}

/// They are on their way. Returns the keys of those that were to be: a reorg may have taken others back.
///
/// # Errors
/// When the database fails.
pub async fn sent(tx: &mut Tx, keys: &[&str]) -> Result<HashSet<String>> {
    let sql = "UPDATE outbox SET state = 'sent' WHERE state = 'queued' AND key IN (#) RETURNING key";
    let list = keys.iter().map(|&key| key.into()).collect();
    tx.rows_in(sql, &[], list).await?.iter().map(|row| row.get("key")).collect()
}

/// It did not work, and is to be tried again. What is on its way stays there: its transaction may yet be mined,
/// and a second one would do it twice.
///
/// # Errors
/// When it was not queued (it may have been sent after all), or the database fails.
pub async fn retry(tx: &mut Tx, key: &str, error: &str, next_at: u64) -> Result<()> {
    let sql = "UPDATE outbox SET attempts = attempts + 1, last_error = $2, next_at = $3 \
               WHERE key = $1 AND state = 'queued'";
    tx.run_one(sql, cells![key, error, next_at], || not_open(key)).await
}

/// What was sent came to nothing, for certain: its nonce is used up. It is to be tried again.
///
/// # Errors
/// When it was not on its way, or the database fails.
pub async fn again(tx: &mut Tx, key: &str, error: &str, next_at: u64) -> Result<()> {
    let sql = "UPDATE outbox SET state = 'queued', attempts = attempts + 1, last_error = $2, next_at = $3 \
               WHERE key = $1 AND state = 'sent'";
    tx.run_one(sql, cells![key, error, next_at], || not_open(key)).await
}

/// Notes what is in the way of something that is on its way.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, key: &str, error: Option<&str>) -> Result<()> {
    tx.run("UPDATE outbox SET last_error = $2 WHERE key = $1", cells![key, error]).await?;
    Ok(())
}

/// It did not work, and never will.
///
/// # Errors
/// When it was not to be done (a reorg may have taken it back), or the database fails.
pub async fn fail(tx: &mut Tx, key: &str, error: &str) -> Result<()> {
    let sql = "UPDATE outbox SET state = 'failed', attempts = attempts + 1, last_error = $2 \
               WHERE key = $1 AND state IN ('queued', 'sent')";
    tx.run_one(sql, cells![key, error], || not_open(key)).await
}

fn not_open(key: &str) -> Error {
    Error::conflict("is no longer to be done").field("key").because(key)
}

/// Gives up what is of no use at this time of the chain, and returns the keys of those among it that were to be
/// transactions.
///
/// # Errors
/// When the database fails.
pub async fn expire(tx: &mut Tx, chain_now: Timestamp) -> Result<Vec<String>> {
    let sql = "UPDATE outbox SET state = 'expired' WHERE state = 'queued' AND expires_at <= $1 \
               RETURNING key, lane, created_at";
    let mut late = vec![];
    for row in tx.rows(sql, cells![chain_now]).await? {
        if row.get::<String>("lane")? == CHAIN {
            late.push((row.get::<u64>("created_at")?, row.get("key")?));
        }
    }
    late.sort_unstable();
    Ok(late.into_iter().map(|(_, key)| key).collect())
}

/// Forgets what follows from blocks above `ancestor` and was not begun. What was begun cannot be taken back.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    let sql = "DELETE FROM outbox WHERE state = 'queued' AND cause_block > $1 \
               AND NOT EXISTS (SELECT 1 FROM transactions begun WHERE begun.key = outbox.key)";
    tx.run(sql, cells![ancestor]).await?;
    Ok(())
}

/// All that was to be done for a settlement, in order.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, subject: SettlementId) -> Result<Vec<OutboxRow>> {
    let sql = "SELECT * FROM outbox WHERE subject = $1 ORDER BY created_at, key";
    tx.rows(sql, cells![subject]).await?.iter().map(read).collect()
}

/// One row.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, key: &str) -> Result<Option<OutboxRow>> {
    tx.row("SELECT * FROM outbox WHERE key = $1", cells![key]).await?.as_ref().map(read).transpose()
}

/// What was to be made a transaction, whatever became of it, newest first.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn transactions(tx: &mut Tx, cursor: Option<&str>, limit: u32) -> Result<Page<OutboxRow>> {
    let (at, key) = page::number_and_text(cursor)?;
    let sql = "SELECT * FROM outbox WHERE lane = 'chain' AND (created_at, key) < ($1, $2) \
               ORDER BY created_at DESC, key DESC LIMIT $3";
    let rows = tx.rows(sql, cells![at, key, u64::from(limit) + 1]).await?;
    let rows = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page::cut(rows, limit, |last: &OutboxRow| format!("{}-{}", last.created_at, last.key)))
}

/// What was to be made a transaction, as an application asks for it. The column `standing` is the state, or that of
/// what the row waits for in vain, as [`hindrance`] finds it.
///
/// # Errors
/// When the database fails.
pub async fn select(tx: &mut Tx, selection: &Selection) -> Result<Selected<OutboxRow>> {
    let source = "(SELECT o.*, CASE WHEN state = 'queued' THEN COALESCE((SELECT first.state FROM outbox first \
                  WHERE first.key = o.after_key AND first.state IN ('failed', 'expired')), state) \
                  ELSE state END AS standing FROM outbox o WHERE lane = 'chain')";
    filter::select(tx, source, &[], selection, read).await
}

/// What a row waits for in vain: its predecessor, where that failed or expired and is not tried anew.
///
/// # Errors
/// When the database fails.
pub async fn hindrance(tx: &mut Tx, row: &OutboxRow) -> Result<Option<OutboxRow>> {
    let (State::Queued, Some(first)) = (row.state, &row.after) else { return Ok(None) };
    let first = get(tx, first).await?;
    Ok(first.filter(|first| matches!(first.state, State::Failed | State::Expired)))
}

/// How much waits, and since when; without what waits for something that failed.
///
/// # Errors
/// When the database fails.
pub async fn backlog(tx: &mut Tx) -> Result<Backlog> {
    let sql = "SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest FROM outbox o WHERE state = 'queued' \
               AND NOT EXISTS (SELECT 1 FROM outbox first WHERE first.key = o.after_key \
               AND first.state IN ('failed', 'expired'))";
    let Some(row) = tx.row(sql, []).await? else { return Ok(Backlog::default()) };
    Ok(Backlog { count: row.get("waiting")?, oldest_ms: row.get("oldest")? })
}

pub(crate) fn read(row: &Row) -> Result<OutboxRow> {
    Ok(OutboxRow {
        key: row.get("key")?,
        action: row.json("action")?,
        lane: row.get("lane")?,
        subject: row.get("subject")?,
        cause_block: row.get("cause_block")?,
        after: row.get("after_key")?,
        expires: row.get("expires_at")?,
        state: row.named("state")?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        last_error: row.get("last_error")?,
        created_at: row.get("created_at")?,
    })
}
