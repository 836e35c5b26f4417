//! Signed transactions: the ledger of nonces. A nonce is used once its transaction is in here, whatever
//! becomes of the sending, so that none is lost or used twice.

use quittance_domain::{Address, B256, BlockRef, Bytes, Error, Result};

use crate::{
    Tx,
    value::{Row, cells},
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

/// Writes down what was signed. The outbox row becomes sent in the same transaction, by the caller.
///
/// # Errors
/// When the key or the nonce is used already, or the database fails.
pub async fn signed(tx: &mut Tx, signed: &Signed) -> Result<()> {
    let sql = "INSERT INTO transactions (key, signer, nonce, raw, hash) VALUES ($1, $2, $3, $4, $5)";
    let row = cells![signed.key.as_str(), signed.signer, signed.nonce, signed.raw.clone(), signed.hash];
    tx.run(sql, row).await?;
    Ok(())
}

/// What has not been mined, in the order of nonces.
///
/// # Errors
/// When the database fails.
pub async fn unmined(tx: &mut Tx, limit: u32) -> Result<Vec<Sent>> {
    let sql = "SELECT * FROM transactions WHERE block_number IS NULL ORDER BY signer, nonce LIMIT $1";
    tx.rows(sql, cells![limit]).await?.iter().map(read).collect()
}

/// A transaction was mined. The outbox row becomes done or failed in the same transaction, by the caller.
///
/// # Errors
/// When it is not waiting to be mined, or the database fails.
pub async fn mined(tx: &mut Tx, signed: &Signed, block: BlockRef, success: bool) -> Result<()> {
    let sql = "UPDATE transactions SET block_number = $3, block_hash = $4, success = $5 \
               WHERE signer = $1 AND nonce = $2 AND block_number IS NULL";
    tx.run_one(sql, cells![signed.signer, signed.nonce, block.number, block.hash, success], || {
        Error::internal(format!("transaction {} is not waiting to be mined", signed.key))
    })
    .await
}

/// Forgets a transaction that can never be mined, because another one has its nonce.
///
/// # Errors
/// When it is not waiting to be mined, or the database fails.
pub async fn lost(tx: &mut Tx, signed: &Signed) -> Result<()> {
    let sql = "DELETE FROM transactions WHERE signer = $1 AND nonce = $2 AND block_number IS NULL";
    tx.run_one(sql, cells![signed.signer, signed.nonce], || {
        Error::internal(format!("transaction {} is not waiting to be mined", signed.key))
    })
    .await
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
    Ok(Sent { signed, mined: mined.transpose()? })
}
