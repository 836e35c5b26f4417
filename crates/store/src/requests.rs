//! What was answered under which idempotency key, so that a repeated request is answered alike.

use quittance_domain::{B256, Error, Result};

use crate::{Tx, value::cells};

/// Whose a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// This request's: nobody had it.
    New,
    /// An equal request's, which was answered with this id.
    Same(String),
    /// Another request's.
    Other,
}

/// Claims `key` for a request with this digest, which is answered with `answer_id`.
///
/// # Errors
/// When the database fails.
pub async fn claim(tx: &mut Tx, key: &str, digest: B256, answer_id: &str, at: u64) -> Result<Claim> {
    let sql = "INSERT INTO requests (key, digest, answer_id, at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (key) DO NOTHING";
    if tx.run(sql, cells![key, digest, answer_id, at]).await? == 1 {
        return Ok(Claim::New);
    }
    let row = tx.row("SELECT digest, answer_id FROM requests WHERE key = $1", cells![key]).await?;
    let row = row.ok_or_else(|| Error::internal("a request's key is neither free nor taken"))?;
    if row.get::<B256>("digest")? == digest {
        Ok(Claim::Same(row.get("answer_id")?))
    } else {
        Ok(Claim::Other)
    }
}

/// Forgets keys claimed before `before`.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, before: u64) -> Result<()> {
    tx.run("DELETE FROM requests WHERE at < $1", cells![before]).await?;
    Ok(())
}
