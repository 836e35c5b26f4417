//! Taking a document in: salted, hashed and written as it streams by, one frame in memory.

use std::io::Write as _;

use quittance_domain::{
    Address, B256, Error, Kind, Result,
    document::{self, Commitment, DEFAULT_CHUNK_SIZE, SALT_SIZE, frame},
};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Vault, blocking, disk};

/// What a commitment says of a document besides what its bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct New {
    /// Who will vouch for it.
    pub issuer: Address,
    /// Bytes in a chunk, its salt included.
    pub chunk_size: u32,
    /// What sort of document; zero if unsaid.
    pub schema: B256,
    /// The document it replaces; zero if none.
    pub previous: B256,
}

impl New {
    /// A first document of no named sort, in chunks of the usual size.
    #[must_use]
    pub const fn by(issuer: Address) -> Self {
        Self { issuer, chunk_size: DEFAULT_CHUNK_SIZE, schema: B256::ZERO, previous: B256::ZERO }
    }
}

/// A document taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// What to register.
    pub commitment: Commitment,
    /// SHA-256 of the document itself. Private: unlike the root it says what the document is.
    pub sha256: B256,
}

impl Vault {
    /// Keeps a document under fresh random salts.
    ///
    /// # Errors
    /// When it is empty or too large, cannot be read to its end, or the disk is full. An error that the
    /// reader carries inside its own as a [`quittance_domain::Error`] is passed on as it is.
    pub async fn add(&self, mut reader: impl AsyncRead + Unpin, new: New) -> Result<Added> {
        let payload = document::payload(new.chunk_size)?;
        let whole = u64::from(payload) * u64::from(frame::FRAME_CHUNKS);
        let vault = self.clone();
        let mut writer = blocking(move || Writer::new(vault, new.chunk_size)).await?;
        loop {
            let mut data = Vec::new();
            (&mut reader).take(whole).read_to_end(&mut data).await.map_err(unreadable)?;
            let got = u64::try_from(data.len()).unwrap_or(u64::MAX);
            self.check_size(writer.size + got)?;
            if got > 0 {
                writer = blocking(move || writer.write(&data)).await?;
            }
            if got < whole {
                return blocking(move || writer.finish(new)).await;
            }
        }
    }
}

struct Writer {
    vault: Vault,
    file: NamedTempFile,
    tree: frame::Builder,
    payload: usize,
    chunk_size: usize,
    sha256: Sha256,
    size: u64,
}

impl Writer {
    fn new(vault: Vault, chunk_size: u32) -> Result<Self> {
        let file = vault.inner.unfinished()?;
        let (payload, tree) = (document::payload(chunk_size)?, frame::Builder::new(chunk_size)?);
        let [payload, chunk_size] = [payload, chunk_size].map(bytes);
        Ok(Self { vault, file, tree, payload, chunk_size, sha256: Sha256::new(), size: 0 })
    }

    fn write(mut self, data: &[u8]) -> Result<Self> {
        let chunks = self.salted(data)?;
        self.tree.push(&chunks)?;
        self.file.write_all(&chunks).map_err(disk)?;
        self.sha256.update(data);
        self.size += u64::try_from(data.len()).unwrap_or(u64::MAX);
        Ok(self)
    }

    /// The data cut into chunks, each behind a salt of its own; the last is filled up with zeros.
    fn salted(&self, data: &[u8]) -> Result<Vec<u8>> {
        let parts = data.chunks(self.payload);
        let mut salts = vec![0; parts.len() * bytes(SALT_SIZE)];
        OsRng.try_fill_bytes(&mut salts).map_err(Error::internal)?;
        let mut chunks = Vec::with_capacity(parts.len() * self.chunk_size);
        for (at, (salt, part)) in salts.chunks(bytes(SALT_SIZE)).zip(parts).enumerate() {
            chunks.extend_from_slice(salt);
            chunks.extend_from_slice(part);
            chunks.resize((at + 1) * self.chunk_size, 0);
        }
        Ok(chunks)
    }

    fn finish(self, new: New) -> Result<Added> {
        let Self { vault, file, tree, sha256, size, .. } = self;
        let New { issuer, chunk_size, schema, previous } = new;
        let chunks = document::chunks_for(size, chunk_size)?;
        let tree = tree.finish();
        let root = tree.root();
        let commitment = Commitment { issuer, root, chunks, chunk_size, size, schema, previous };
        commitment.check()?;
        vault.inner.write_tree(&tree)?;
        vault.inner.publish(file, root, "chunks")?;
        vault.inner.sync()?;
        Ok(Added { commitment, sha256: B256::from_slice(&sha256.finalize()) })
    }
}

/// Sizes of chunks and frames fit any machine's memory.
pub(super) fn bytes(size: u32) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn unreadable(e: std::io::Error) -> Error {
    match e.get_ref().and_then(|inside| inside.downcast_ref::<Error>()) {
        Some(error) => error.clone(),
        None => Error::new(Kind::Invalid, "the document could not be read to its end").because(e),
    }
}
