//! Documents: a file that this node holds, and its commitment on the chain.

use alloy_primitives::B256;
use quittance_domain::{
    DocumentId, Error, Result,
    document::{Commitment, DocumentFile},
    intent::{Action, Call, Intent},
};
use quittance_store::files::{self, LocalFile};

use crate::{App, feed};

/// The longest file name or media type, in bytes.
const MAX_NAME: usize = 255;

impl App {
    /// Registers the commitment of a document that the vault already holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_document(
        &self,
        commitment: Commitment,
        file: DocumentFile,
        sha256: B256,
        wall: u64,
    ) -> Result<(DocumentId, String)> {
        let id = self.deployment.document_id(&commitment);
        let mut tx = self.store.begin().await?;
        let local = LocalFile { id, commitment, file, sha256, received_from: None, at: wall };
        files::add_file(&mut tx, &local).await?;
        let intent = registration(id, commitment);
        feed::ask(&mut tx, &intent, None, None, wall).await?;
        self.commit(tx).await?;
        Ok((id, intent.key))
    }
}

/// The intent that registers a document.
pub(crate) fn registration(id: DocumentId, commitment: Commitment) -> Intent {
    Intent::new(format!("document:{id}"), Action::Transact(Call::RegisterDocument { commitment }))
}

/// A file of which nobody said what it is called.
pub(crate) fn unnamed() -> DocumentFile {
    DocumentFile { name: "document".into(), media_type: "application/octet-stream".into() }
}

/// Refuses names that could mean a path, or could not be shown.
///
/// # Errors
/// Names the field.
pub fn check_file(file: &DocumentFile) -> Result<()> {
    let long = |text: &str| text.is_empty() || text.len() > MAX_NAME;
    if long(&file.name) || file.name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
        let text = format!("must have between 1 and {MAX_NAME} bytes, without slashes or control characters");
        return Err(Error::invalid(text).field("name"));
    }
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    if long(&file.media_type) || !file.media_type.contains('/') || !file.media_type.chars().all(plain) {
        return Err(Error::invalid("must be a media type such as application/pdf").field("mediaType"));
    }
    Ok(())
}
