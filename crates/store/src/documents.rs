//! Documents as the registry has them: history, of which the last row of a document counts. The files
//! themselves are in [`files`](crate::files).

use quittance_domain::{
    Address, DocumentId, Error, Result,
    document::{Commitment, DocumentStatus},
    fact::Origin,
};

use crate::{
    Page, Position, Tx,
    value::{Row, cells, name_of},
};

/// A document as the registry has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub id: DocumentId,
    /// What was committed to.
    pub commitment: Commitment,
    /// Whether it stands.
    pub status: DocumentStatus,
    /// What replaced it, if anything did.
    pub next: Option<DocumentId>,
    /// What was the last to change it.
    pub origin: Origin,
}

/// A commitment entered the registry.
///
/// # Errors
/// When the database fails.
pub async fn registered(tx: &mut Tx, origin: &Origin, id: DocumentId, commitment: &Commitment) -> Result<()> {
    let (status, commitment) = (DocumentStatus::Live, *commitment);
    append(tx, &Registered { id, commitment, status, next: None, origin: *origin }).await
}

/// A document gave way to another.
///
/// # Errors
/// When it was never registered, which the registry rules out, or the database fails.
pub async fn superseded(tx: &mut Tx, origin: &Origin, id: DocumentId, next: DocumentId) -> Result<()> {
    end(tx, origin, id, DocumentStatus::Superseded, Some(next)).await
}

/// A document was withdrawn.
///
/// # Errors
/// When it was never registered, which the registry rules out, or the database fails.
pub async fn revoked(tx: &mut Tx, origin: &Origin, id: DocumentId) -> Result<()> {
    end(tx, origin, id, DocumentStatus::Revoked, None).await
}

async fn end(
    tx: &mut Tx,
    origin: &Origin,
    id: DocumentId,
    status: DocumentStatus,
    next: Option<DocumentId>,
) -> Result<()> {
    let before = registered_as(tx, id)
        .await?
        .ok_or_else(|| Error::internal(format!("document {id} ended without being registered")))?;
    append(tx, &Registered { status, next, origin: *origin, ..before }).await
}

async fn append(tx: &mut Tx, document: &Registered) -> Result<()> {
    let sql = "INSERT INTO documents (id, block_number, log_index, block_hash, timestamp, transaction_hash, \
               issuer, status, commitment, next) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let Registered { id, commitment, status, next, origin } = document;
    let row = cells![
        *id,
        origin.block.number,
        origin.log_index,
        origin.block.hash,
        origin.timestamp,
        origin.transaction,
        commitment.issuer,
        name_of(status)?,
        crate::value::Cell::json(commitment)?,
        *next,
    ];
    tx.run(sql, row).await?;
    Ok(())
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM documents WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// A document as the registry has it now.
///
/// # Errors
/// When the database fails.
pub async fn registered_as(tx: &mut Tx, id: DocumentId) -> Result<Option<Registered>> {
    let sql = "SELECT * FROM documents WHERE id = $1 ORDER BY block_number DESC, log_index DESC LIMIT 1";
    tx.row(sql, cells![id]).await?.as_ref().map(read).transpose()
}

/// Documents, those that changed last first.
macro_rules! newest {
    ($condition:literal) => {
        concat!(
            "SELECT * FROM documents d WHERE (block_number, log_index) < ($1, $2) ",
            $condition,
            " AND NOT EXISTS (SELECT 1 FROM documents later WHERE later.id = d.id \
             AND (later.block_number, later.log_index) > (d.block_number, d.log_index)) \
             ORDER BY block_number DESC, log_index DESC LIMIT $3"
        )
    };
}

/// The registry's documents, or one issuer's, those that changed last first.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn list(
    tx: &mut Tx,
    issuer: Option<Address>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Registered>> {
    let before = Position::before(cursor)?;
    let (at, index, more) = (before.block_number, before.log_index, u64::from(limit) + 1);
    let rows = match issuer {
        None => tx.rows(newest!(""), cells![at, index, more]).await?,
        Some(issuer) => tx.rows(newest!("AND issuer = $4"), cells![at, index, more, issuer]).await?,
    };
    let documents = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page::cut(documents, limit, |last: &Registered| Position::from(&last.origin).to_string()))
}

fn read(row: &Row) -> Result<Registered> {
    Ok(Registered {
        id: row.get("id")?,
        commitment: row.json("commitment")?,
        status: row.named("status")?,
        next: row.get("next")?,
        origin: row.origin()?,
    })
}
