//! The documents that this node holds the bytes of: its own, and those it was sent.

use quittance_domain::{
    Address, B256, DocumentId, Result,
    document::{Commitment, DocumentFile},
};

use crate::{
    Page, Tx, page,
    value::{Cell, Row, cells},
};

/// A document that this node holds the bytes of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// The document's id.
    pub id: DocumentId,
    /// What it was checked against.
    pub commitment: Commitment,
    /// What it is called.
    pub file: DocumentFile,
    /// The hash of its bytes.
    pub sha256: B256,
    /// Who sent it; nothing for one of our own.
    pub received_from: Option<Address>,
    /// When it was complete, in milliseconds of wall time.
    pub at: u64,
}

/// Adds a file. False if it was there already, in which case nothing changes.
///
/// # Errors
/// When the database fails.
pub async fn add_file(tx: &mut Tx, file: &LocalFile) -> Result<bool> {
    let sql = "INSERT INTO files (id, commitment, name, media_type, sha256, received_from, at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    let row = cells![
        file.id,
        Cell::json(&file.commitment)?,
        file.file.name.as_str(),
        file.file.media_type.as_str(),
        file.sha256,
        file.received_from,
        file.at,
    ];
    Ok(tx.run(sql, row).await? == 1)
}

/// The file of a document.
///
/// # Errors
/// When the database fails.
pub async fn file(tx: &mut Tx, id: DocumentId) -> Result<Option<LocalFile>> {
    tx.row("SELECT * FROM files WHERE id = $1", cells![id]).await?.as_ref().map(read).transpose()
}

/// The files, newest first.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn files(tx: &mut Tx, cursor: Option<&str>, limit: u32) -> Result<Page<LocalFile>> {
    let (at, id) = page::number_and_hash(cursor)?;
    let sql = "SELECT * FROM files WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3";
    let rows = tx.rows(sql, cells![at, id, u64::from(limit) + 1]).await?;
    let files = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page::cut(files, limit, |last: &LocalFile| format!("{}-{}", last.at, last.id)))
}

fn read(row: &Row) -> Result<LocalFile> {
    Ok(LocalFile {
        id: row.get("id")?,
        commitment: row.json("commitment")?,
        file: DocumentFile { name: row.get("name")?, media_type: row.get("media_type")? },
        sha256: row.get("sha256")?,
        received_from: row.get("received_from")?,
        at: row.get("at")?,
    })
}
