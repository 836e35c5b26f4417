//! Documents on this node's disk.
//!
//! ```text
//! <root>.chunks   all chunks, salts included          <root>.part    the chunks received so far
//! <root>.tree     the tree above the frames           <root>.roots   one hash per frame received
//! .new-*          being written; swept at the next start
//! ```
//!
//! A document is there when its `.chunks` is, which is renamed into place last, after everything is on
//! the disk. Entries go by Merkle root: fresh salts make each root unique.

mod add;
mod incoming;
mod read;

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use quittance_domain::{
    B256, Error, Kind, Result,
    document::{Commitment, merkle::Tree},
};
use tempfile::NamedTempFile;

pub use self::{
    add::{Added, New},
    incoming::Incoming,
    read::{Frame, Plain},
};
use crate::Limits;

/// What a file is called while it is being written.
const UNFINISHED: &str = ".new-";

/// A folder of documents. Cheap to clone; one process owns the folder.
#[derive(Clone, Debug)]
pub struct Vault {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    document_bytes: u64,
    /// Roots that somebody is receiving now: two writers would tear each other's files.
    receiving: Mutex<HashSet<B256>>,
}

impl Vault {
    /// Opens the vault in this folder, which is made if need be, and sweeps what a crash left unfinished.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(dir: impl Into<PathBuf>, limits: &Limits) -> Result<Self> {
        let dir = dir.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(disk)?;
        for entry in fs::read_dir(&dir).map_err(disk)? {
            let entry = entry.map_err(disk)?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path()).map_err(disk)?;
            }
        }
        let (document_bytes, receiving) = (limits.document_bytes, Mutex::default());
        Ok(Self { inner: Arc::new(Inner { dir, document_bytes, receiving }) })
    }

    /// Whether the whole document is here.
    pub async fn has(&self, commitment: &Commitment) -> bool {
        let (vault, commitment) = (self.clone(), *commitment);
        let whole = move || {
            let file = fs::metadata(vault.inner.path(commitment.root, "chunks"));
            Ok(file.is_ok_and(|file| file.len() == commitment.chunk_bytes()))
        };
        blocking(whole).await.unwrap_or(false)
    }

    /// Forgets a document, whole or partly received; nothing happens if it is not here.
    ///
    /// # Errors
    /// When it is being received now, or the disk refuses.
    pub async fn remove(&self, commitment: &Commitment) -> Result<()> {
        let (vault, root) = (self.clone(), commitment.root);
        blocking(move || {
            let _claim = Claim::new(&vault.inner, root)?;
            for ending in ["chunks", "tree", "part", "roots"] {
                match fs::remove_file(vault.inner.path(root, ending)) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(disk(e)),
                    _ => {}
                }
            }
            vault.inner.sync()
        })
        .await
    }

    /// Refuses a document that is larger than this vault takes.
    fn check_size(&self, size: u64) -> Result<()> {
        let most = self.inner.document_bytes;
        if size <= most {
            return Ok(());
        }
        Err(Error::new(Kind::TooLarge, format!("must be at most {most} bytes")).field("size"))
    }
}

impl Inner {
    fn path(&self, root: B256, ending: &str) -> PathBuf {
        self.dir.join(format!("{}.{ending}", hex::encode(root)))
    }

    /// A file that nobody sees before it is persisted, and that is gone if it never is.
    fn unfinished(&self) -> Result<NamedTempFile> {
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.dir).map_err(disk)
    }

    /// Writes a document's tree beside where its chunks will be.
    fn write_tree(&self, tree: &Tree) -> Result<()> {
        let mut file = self.unfinished()?;
        let bytes: Vec<u8> = tree.nodes().iter().flatten().copied().collect();
        file.write_all(&bytes).map_err(disk)?;
        self.publish(file, tree.root(), "tree")
    }

    /// Brings a written file to the disk and then to its name.
    fn publish(&self, file: NamedTempFile, root: B256, ending: &str) -> Result<()> {
        file.as_file().sync_all().map_err(disk)?;
        file.persist(self.path(root, ending)).map_err(|e| disk(e.error))?;
        Ok(())
    }

    /// Makes renames last.
    fn sync(&self) -> Result<()> {
        sync_dir(&self.dir).map_err(disk)
    }
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The right to receive one document, given back when dropped.
#[derive(Debug)]
struct Claim {
    inner: Arc<Inner>,
    root: B256,
}

impl Claim {
    fn new(inner: &Arc<Inner>, root: B256) -> Result<Self> {
        if inner.receiving.lock().unwrap_or_else(PoisonError::into_inner).insert(root) {
            return Ok(Self { inner: Arc::clone(inner), root });
        }
        Err(Error::conflict("this document is being received already"))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.inner.receiving.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.root);
    }
}

/// Runs file work where it holds up no other task.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// What the disk's refusal means to a caller.
fn disk(e: io::Error) -> Error {
    match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::new(Kind::Full, "there is no room left for documents").because(e)
        }
        _ => Error::internal(e).because("vault"),
    }
}
