//! The tokens that a node works with besides those of its deployment, under the names that it gives them.
//!
//! ```text
//! ordered ─made─▶ made ─deep─▶ late ─reached─▶ active      bound by address: late at once
//!    ▲             │            ▲ │              │
//!    └───reorg─────┴────────────┼─┴──────────────┤
//!                               └──named again───┴─put away─▶ nameless
//! ```
//!
//! What a late pool's token said before is taken in by itself, as far as everything else has come; from then on the token
//! is one among all others.

use quittance_domain::{Address, AssetKind, Result};

use crate::{
    Tx,
    value::{Row, cells, name_of},
};

/// A token with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its id, and the key in the outbox of what makes its token, if this node has it made.
    pub id: String,
    /// Its name here; nothing once it was put away.
    pub name: Option<String>,
    /// Amounts or items.
    pub kind: AssetKind,
    /// The token's symbol.
    pub symbol: String,
    /// How many of an amount's digits are behind the point; items have none.
    pub decimals: Option<u64>,
    /// The token, once there is one.
    pub token: Option<Address>,
    /// Whether this node has it made.
    pub ordered: bool,
    /// The block in which it was made for this node.
    pub made_block: Option<u64>,
    /// The first block of which its logs are not taken in yet, while they are not taken in with all others.
    pub next_block: Option<u64>,
    /// Whether its logs are taken in with all others.
    pub active: bool,
    /// Whether its token's balances do not follow from its logs, as of one bound in the middle of its life.
    pub irregular: bool,
    /// When it was asked for, in milliseconds of wall time.
    pub created_at: u64,
}

/// Adds a pool. False if there is one of this name, or of this token, in which case nothing changes.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, pool: &Pool) -> Result<bool> {
    let sql = "INSERT INTO pools (id, name, kind, symbol, decimals, token, ordered, made_block, next_block, active, \
               irregular, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    let row = cells![
        pool.id.as_str(),
        pool.name.clone(),
        name_of(&pool.kind)?,
        pool.symbol.as_str(),
        pool.decimals,
        pool.token,
        pool.ordered,
        pool.made_block,
        pool.next_block,
        pool.active,
        pool.irregular,
        pool.created_at,
    ];
    Ok(tx.run(sql, row).await? == 1)
}

/// How many there are, with those that were put away.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    let row = tx.row("SELECT COUNT(*) AS pools FROM pools", []).await?;
    row.map_or(Ok(0), |row| row.get("pools"))
}

/// Those that have a name, in the order of coming.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx) -> Result<Vec<Pool>> {
    let sql = "SELECT * FROM pools WHERE name IS NOT NULL ORDER BY created_at, id";
    tx.rows(sql, []).await?.iter().map(pool).collect()
}

/// The pool with this id, named or not.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Pool>> {
    tx.row("SELECT * FROM pools WHERE id = $1", cells![id]).await?.as_ref().map(pool).transpose()
}

/// The pool with this name.
///
/// # Errors
/// When the database fails.
pub async fn named(tx: &mut Tx, name: &str) -> Result<Option<Pool>> {
    tx.row("SELECT * FROM pools WHERE name = $1", cells![name]).await?.as_ref().map(pool).transpose()
}

/// The pool of this token, named or not.
///
/// # Errors
/// When the database fails.
pub async fn of_token(tx: &mut Tx, token: Address) -> Result<Option<Pool>> {
    tx.row("SELECT * FROM pools WHERE token = $1", cells![token]).await?.as_ref().map(pool).transpose()
}

/// Those that have a token: whose logs are taken in with all others, or are to be.
///
/// # Errors
/// When the database fails.
pub async fn followed(tx: &mut Tx) -> Result<Vec<Pool>> {
    let sql = "SELECT * FROM pools WHERE token IS NOT NULL AND (active = 1 OR next_block IS NOT NULL) ORDER BY token";
    tx.rows(sql, []).await?.iter().map(pool).collect()
}

/// The factory made the token that was ordered under this id. Nothing changes if nothing was, or it has one.
///
/// # Errors
/// When the database fails.
pub async fn made(tx: &mut Tx, id: &str, token: Address, block: u64) -> Result<()> {
    let sql = "UPDATE pools SET token = $1, made_block = $2 WHERE id = $3 AND ordered = 1 AND token IS NULL \
               AND NOT EXISTS (SELECT 1 FROM pools other WHERE other.token = $1)";
    tx.run(sql, cells![token, block, id]).await?;
    Ok(())
}

/// What was made up to this block stays: it is to be taken in.
///
/// # Errors
/// When the database fails.
pub async fn deep(tx: &mut Tx, block: u64) -> Result<()> {
    let sql = "UPDATE pools SET next_block = made_block \
               WHERE made_block <= $1 AND next_block IS NULL AND active = 0 AND name IS NOT NULL";
    tx.run(sql, cells![block]).await?;
    Ok(())
}

/// A token's logs were taken in up to before this block.
///
/// # Errors
/// When the database fails.
pub async fn reached(tx: &mut Tx, token: Address, next_block: u64) -> Result<()> {
    tx.run("UPDATE pools SET next_block = $1 WHERE token = $2", cells![next_block, token]).await?;
    Ok(())
}

/// A token's logs are taken in with all others from here on.
///
/// # Errors
/// When the database fails.
pub async fn activate(tx: &mut Tx, token: Address) -> Result<()> {
    tx.run("UPDATE pools SET active = 1, next_block = NULL WHERE token = $1", cells![token]).await?;
    Ok(())
}

/// A token's logs are taken in no more from this block on.
///
/// # Errors
/// When the database fails.
pub async fn rest(tx: &mut Tx, token: Address, next_block: u64) -> Result<()> {
    tx.run("UPDATE pools SET active = 0, next_block = $1 WHERE token = $2", cells![next_block, token])
        .await?;
    Ok(())
}

/// Notes that a token's balances do not follow from its logs. False if it is of no pool.
///
/// # Errors
/// When the database fails.
pub async fn is_irregular(tx: &mut Tx, token: Address) -> Result<bool> {
    Ok(tx.run("UPDATE pools SET irregular = 1 WHERE token = $1", cells![token]).await? == 1)
}

/// Takes its name from a pool.
///
/// # Errors
/// When the database fails.
pub async fn put_away(tx: &mut Tx, id: &str) -> Result<()> {
    tx.run("UPDATE pools SET name = NULL WHERE id = $1", cells![id]).await?;
    Ok(())
}

/// Makes the pool of a token into this one.
///
/// # Errors
/// When the database fails.
pub async fn replace(tx: &mut Tx, pool: &Pool) -> Result<()> {
    tx.run("DELETE FROM pools WHERE token = $1", cells![pool.token]).await?;
    add(tx, pool).await?;
    Ok(())
}

/// Forgets a pool that has no token.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<()> {
    tx.run("DELETE FROM pools WHERE id = $1 AND token IS NULL", cells![id]).await?;
    Ok(())
}

/// Takes back the tokens that were made above `ancestor`, and what was taken in of others there.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    let sql = "UPDATE pools SET token = NULL, made_block = NULL, next_block = NULL, active = 0 WHERE made_block > $1";
    tx.run(sql, cells![ancestor]).await?;
    let sql = "UPDATE pools SET next_block = $1 WHERE active = 0 AND next_block > $1";
    tx.run(sql, cells![ancestor + 1]).await?;
    Ok(())
}

pub(crate) fn pool(row: &Row) -> Result<Pool> {
    Ok(Pool {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.named("kind")?,
        symbol: row.get("symbol")?,
        decimals: row.get("decimals")?,
        token: row.get("token")?,
        ordered: row.get("ordered")?,
        made_block: row.get("made_block")?,
        next_block: row.get("next_block")?,
        active: row.get("active")?,
        irregular: row.get("irregular")?,
        created_at: row.get("created_at")?,
    })
}
