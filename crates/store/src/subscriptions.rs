//! Who wants to be told what of the feed, and up to where they were told.

use std::collections::HashMap;

use quittance_domain::Result;
use serde_json::Value;

use crate::{
    Page, Tx, page,
    value::{Cell, Row, cells},
};

/// A subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What of the feed is wanted.
    pub filter: Value,
    /// How it is told.
    pub options: Value,
    /// Everything up to this number of the feed was told and acknowledged, or is not wanted.
    pub position: u64,
    /// When it was made, in milliseconds of wall time.
    pub created_at: u64,
    /// When it was made what it is now, likewise.
    pub updated_at: u64,
}

/// Makes a subscription. False if there is one of its name, which then stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, it: &Subscription) -> Result<bool> {
    let sql = "INSERT INTO subscriptions (id, name, filter, options, position, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO NOTHING";
    let (filter, options) = (Cell::json(&it.filter)?, Cell::json(&it.options)?);
    let row =
        cells![it.id.as_str(), it.name.as_str(), filter, options, it.position, it.created_at, it.updated_at];
    Ok(tx.run(sql, row).await? == 1)
}

/// Gives a subscription another filter and other options. What was told stays told.
///
/// # Errors
/// When the database fails.
pub async fn change(tx: &mut Tx, id: &str, filter: &Value, options: &Value, at: u64) -> Result<()> {
    let sql = "UPDATE subscriptions SET filter = $2, options = $3, updated_at = $4 WHERE id = $1";
    tx.run(sql, cells![id, Cell::json(filter)?, Cell::json(options)?, at]).await?;
    Ok(())
}

/// Everything up to these numbers was told, each of the subscription with this id. None ever moves back.
///
/// # Errors
/// When the database fails.
pub async fn advance(tx: &mut Tx, positions: &[(String, u64)]) -> Result<()> {
    let sql = "UPDATE subscriptions SET position = $2 WHERE id = $1 AND position < $2";
    for (id, position) in positions {
        tx.run(sql, cells![id.as_str(), *position]).await?;
    }
    Ok(())
}

/// When those of these subscriptions that are there were made what they are, by their ids.
///
/// # Errors
/// When the database fails.
pub async fn made(tx: &mut Tx, ids: &[&str]) -> Result<HashMap<String, u64>> {
    let sql = "SELECT id, updated_at FROM subscriptions WHERE id IN (#)";
    let rows = tx.rows_in(sql, &[], ids.iter().map(|&id| id.into()).collect()).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("updated_at")?))).collect()
}

/// Ends a subscription, and says whether it was there.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(tx.run("DELETE FROM subscriptions WHERE id = $1", cells![id]).await? == 1)
}

/// The subscription with this id.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Subscription>> {
    tx.row("SELECT * FROM subscriptions WHERE id = $1", cells![id]).await?.as_ref().map(read).transpose()
}

/// The subscription with this name.
///
/// # Errors
/// When the database fails.
pub async fn named(tx: &mut Tx, name: &str) -> Result<Option<Subscription>> {
    tx.row("SELECT * FROM subscriptions WHERE name = $1", cells![name]).await?.as_ref().map(read).transpose()
}

/// All of them, newest first; those of one name, if one is given.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn all(
    tx: &mut Tx,
    name: Option<&str>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Subscription>> {
    let (at, id) = page::number_and_text(cursor)?;
    let sql = "SELECT * FROM subscriptions WHERE (created_at, id) < ($1, $2) AND ($3 = '' OR name = $3) \
               ORDER BY created_at DESC, id DESC LIMIT $4";
    let rows = tx.rows(sql, cells![at, id, name.unwrap_or_default(), u64::from(limit) + 1]).await?;
    let items = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, |last: &Subscription| format!("{}-{}", last.created_at, last.id)))
}

/// How many there are.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    let row = tx.row("SELECT COUNT(*) AS many FROM subscriptions", []).await?;
    row.map_or(Ok(0), |row| row.get("many"))
}

fn read(row: &Row) -> Result<Subscription> {
    Ok(Subscription {
        id: row.get("id")?,
        name: row.get("name")?,
        filter: row.json("filter")?,
        options: row.json("options")?,
        position: row.get("position")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
