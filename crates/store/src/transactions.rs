//! Signed transactions: the ledger of nonces. A nonce is used once its transaction is in here, whatever
//! becomes of the sending, so that none is lost or used twice.

use std::collections::HashMap;

use quittance_domain::{Address, B256, BlockRef, Bytes, Error, Result};

use crate::{
    Tx,
    value::{Cell, Row, cells},
};

/// A transaction that was just signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The outbox row it is for.
    pub key: String,
    /// Who signed it.
    pub signer: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Its bytes, ready to be sent, again and again.
    pub raw: Bytes,
    /// Its hash.
    pub hash: B256,
}

/// A signed transaction, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What was signed.
    pub signed: Signed,
    /// The newest block when that was.
    pub since: u64,
    /// Where it was mined, and whether it did what it should.
    pub mined: Option<(BlockRef, bool)>,
}

/// The nonce after the last one in here; nothing if the signer has signed nothing.
///
/// # Errors
/// When the database fails.
pub async fn next_nonce(tx: &mut Tx, signer: Address) -> Result<Option<u64>> {
    let sql = "SELECT MAX(nonce) + 1 AS next FROM transactions WHERE signer = $1";
    tx.row(sql, cells![signer]).await?.map_or(Ok(None), |row| row.get("next"))
}

/// Writes down what was signed when `head` was the newest block. The outbox rows become sent in the same
/// transaction, by the caller.
///
/// # Errors
/// When a nonce is used already, or the database fails.
pub async fn signed(tx: &mut Tx, signed: &[Signed], head: u64) -> Result<()> {
    let row = |it: &Signed| cells![it.key.as_str(), it.signer, it.nonce, it.raw.clone(), it.hash, head];
    tx.insert("transactions (key, signer, nonce, raw, hash, since)", signed.iter().map(row)).await
}

/// Writes down that a transaction was signed again, with the same nonce and for the same end. Whichever of the
/// two is mined, the other never can be.
///
/// # Errors
/// When it is not waiting to be mined, or the database fails.
pub async fn replaced(tx: &mut Tx, before: &Signed, now: &Signed, head: u64) -> Result<()> {
    let sql = "UPDATE transactions SET raw = $4, hash = $5, since = $6 \
               WHERE signer = $1 AND nonce = $2 AND hash = $3 AND block_number IS NULL";
    let row = cells![before.signer, before.nonce, before.hash, now.raw.clone(), now.hash, head];
    tx.run_one(sql, row, || not_waiting(before)).await?;
    make_former(tx, before).await
}

/// Keeps a version that is not the one to be sent: it may be mined all the same.
async fn make_former(tx: &mut Tx, version: &Signed) -> Result<()> {
    let sql = "INSERT INTO replaced (hash, signer, nonce, raw) VALUES ($1, $2, $3, $4)";
    tx.run(sql, cells![version.hash, version.signer, version.nonce, version.raw.clone()]).await?;
    Ok(())
}

/// The former version with this hash was mined: it is the transaction, and what took its place is a former one.
async fn restored(tx: &mut Tx, signed: &Signed, hash: B256) -> Result<()> {
    let sql = "DELETE FROM replaced WHERE hash = $1 AND signer = $2 AND nonce = $3 RETURNING raw";
    let former = tx.row(sql, cells![hash, signed.signer, signed.nonce]).await?;
    let former =
        former.ok_or_else(|| Error::internal(format!("{hash} never was transaction {}", signed.key)))?;
    make_former(tx, signed).await?;
    let sql = "UPDATE transactions SET raw = $3, hash = $4 \
               WHERE signer = $1 AND nonce = $2 AND block_number IS NULL";
    let row = cells![signed.signer, signed.nonce, former.get::<Bytes>("raw")?, hash];
    tx.run_one(sql, row, || not_waiting(signed)).await
}

/// By what hashes a transaction was known before it was signed as it is now.
///
/// # Errors
/// When the database fails.
pub async fn former_hashes(tx: &mut Tx, signed: &Signed) -> Result<Vec<B256>> {
    let sql = "SELECT hash FROM replaced WHERE signer = $1 AND nonce = $2";
    tx.rows(sql, cells![signed.signer, signed.nonce]).await?.iter().map(|row| row.get("hash")).collect()
}

/// How many of a signer's transactions have not been mined.
///
/// # Errors
/// When the database fails.
pub async fn in_flight(tx: &mut Tx, signer: Address) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS waiting FROM transactions WHERE signer = $1 AND block_number IS NULL";
    tx.row(sql, cells![signer]).await?.map_or(Ok(0), |row| row.get("waiting"))
}

/// What has not been mined, in the order of nonces.
///
/// # Errors
/// When the database fails.
pub async fn unmined(tx: &mut Tx, limit: u32) -> Result<Vec<Sent>> {
    let sql = "SELECT * FROM transactions WHERE block_number IS NULL ORDER BY signer, nonce LIMIT $1";
    tx.rows(sql, cells![limit]).await?.iter().map(read).collect()
}

/// Transactions with these hashes left logs in a block, so they are in it and did what they should. Those among
/// them that are ours are mined and their outbox rows done; says how many.
///
/// # Errors
/// When the database fails.
pub async fn included(tx: &mut Tx, block: BlockRef, hashes: &[B256]) -> Result<u64> {
    if tx.row("SELECT nonce FROM transactions WHERE block_number IS NULL LIMIT 1", []).await?.is_none() {
        return Ok(0);
    }
    let list: Vec<Cell> = hashes.iter().map(|&hash| hash.into()).collect();
    restore(tx, list.clone()).await?;
    let sql = "UPDATE transactions SET block_number = $1, block_hash = $2, success = 1 \
               WHERE block_number IS NULL AND hash IN (#)";
    let ours = tx.run_in(sql, &cells![block.number, block.hash], list.clone()).await?;
    if ours > 0 {
        let sql = "UPDATE outbox SET state = 'done', last_error = NULL WHERE state IN ('queued', 'sent') \
                   AND key IN (SELECT key FROM transactions WHERE hash IN (#))";
        tx.run_in(sql, &[], list).await?;
    }
    Ok(ours)
}

/// Where a former version was mined it is the transaction, as which the chain's events name it.
async fn restore(tx: &mut Tx, hashes: Vec<Cell>) -> Result<()> {
    if tx.row("SELECT hash FROM replaced LIMIT 1", []).await?.is_none() {
        return Ok(());
    }
    let sql = "SELECT t.*, r.hash AS mined FROM replaced r JOIN transactions t \
               ON t.signer = r.signer AND t.nonce = r.nonce \
               WHERE t.block_number IS NULL AND r.hash IN (#)";
    for row in tx.rows_in(sql, &[], hashes).await? {
        restored(tx, &read(&row)?.signed, row.get("mined")?).await?;
    }
    Ok(())
}

/// A transaction was mined, by whichever of its hashes. The outbox row becomes done or failed in the same
/// transaction, by the caller.
///
/// # Errors
/// When it is not waiting to be mined or never had this hash, or the database fails.
pub async fn mined(tx: &mut Tx, signed: &Signed, hash: B256, block: BlockRef, success: bool) -> Result<()> {
    if hash != signed.hash {
        restored(tx, signed, hash).await?;
    }
    let sql = "UPDATE transactions SET block_number = $3, block_hash = $4, success = $5 \
               WHERE signer = $1 AND nonce = $2 AND block_number IS NULL";
    let row = cells![signed.signer, signed.nonce, block.number, block.hash, success];
    tx.run_one(sql, row, || not_waiting(signed)).await
}

/// Forgets a transaction that can never be mined, because another one has its nonce.
///
/// # Errors
/// When it is not waiting to be mined, or the database fails.
pub async fn lost(tx: &mut Tx, signed: &Signed) -> Result<()> {
    let sql = "DELETE FROM transactions WHERE signer = $1 AND nonce = $2 AND block_number IS NULL";
    tx.run_one(sql, cells![signed.signer, signed.nonce], || not_waiting(signed)).await?;
    let sql = "DELETE FROM replaced WHERE signer = $1 AND nonce = $2";
    tx.run(sql, cells![signed.signer, signed.nonce]).await?;
    Ok(())
}

fn not_waiting(signed: &Signed) -> Error {
    Error::internal(format!("transaction {} is not waiting to be mined", signed.key))
}

/// What was mined above `ancestor` has not been mined after all, and its outbox row is on its way again.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    let sql = "UPDATE outbox SET state = 'sent' WHERE state IN ('queued', 'done', 'failed') \
               AND key IN (SELECT key FROM transactions WHERE block_number > $1)";
    tx.run(sql, cells![ancestor]).await?;
    let sql = "UPDATE transactions SET block_number = NULL, block_hash = NULL, success = NULL \
               WHERE block_number > $1";
    tx.run(sql, cells![ancestor]).await?;
    Ok(())
}

/// The transaction of an outbox row: the last one, where earlier ones were reverted.
///
/// # Errors
/// When the database fails.
pub async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<Sent>> {
    tx.row("SELECT * FROM transactions WHERE key = $1 ORDER BY nonce DESC LIMIT 1", cells![key])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The transactions of outbox rows, by their keys: the last one of each, as for [`by_key`].
///
/// # Errors
/// When the database fails.
pub async fn by_keys(tx: &mut Tx, keys: &[&str]) -> Result<HashMap<String, Sent>> {
    let sql = "SELECT * FROM transactions WHERE key IN (#) ORDER BY nonce";
    let rows = tx.rows_in(sql, &[], keys.iter().map(|&key| key.into()).collect()).await?;
    let sent = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(sent.into_iter().map(|sent| (sent.signed.key.clone(), sent)).collect())
}

/// The outbox rows of those among these transactions that are ours and in the chain.
///
/// # Errors
/// When the database fails.
pub async fn keys(tx: &mut Tx, hashes: &[B256]) -> Result<HashMap<B256, String>> {
    let sql = "SELECT hash, key FROM transactions WHERE hash IN (#)";
    let rows = tx.rows_in(sql, &[], hashes.iter().map(|&hash| hash.into()).collect()).await?;
    rows.iter().map(|row| Ok((row.get("hash")?, row.get("key")?))).collect()
}

fn read(row: &Row) -> Result<Sent> {
    let signed = Signed {
        key: row.get("key")?,
        signer: row.get("signer")?,
        nonce: row.get("nonce")?,
        raw: row.get("raw")?,
        hash: row.get("hash")?,
    };
    let number: Option<u64> = row.get("block_number")?;
    let mined = number
        .map(|number| Result::Ok((BlockRef { number, hash: row.get("block_hash")? }, row.get("success")?)));
    Ok(Sent { signed, since: row.get("since")?, mined: mined.transpose()? })
}
