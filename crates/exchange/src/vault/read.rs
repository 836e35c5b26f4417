//! Giving documents out: frame by frame to a peer, or as the original bytes to their owner.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use bytes::Bytes;
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use quittance_domain::{
    B256, Error, Result,
    document::{Commitment, SALT_SIZE, frame, merkle::Sibling},
};
use tokio_util::io::StreamReader;

use super::{Inner, Vault, add::bytes, blocking, disk};

/// Some of a document's chunks and the hashes that tie them to its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Which frame.
    pub index: u32,
    /// Its chunks, salts included.
    pub chunks: Bytes,
    /// From the frame to the root.
    pub path: Vec<B256>,
}

/// A document's original bytes. [`StreamReader::into_inner`] gives them as a stream.
pub type Plain = StreamReader<BoxStream<'static, io::Result<Bytes>>, Bytes>;

impl Vault {
    /// Reads a frame to be sent. It is not checked here: the receiver does, and trusts nobody's disk.
    ///
    /// # Errors
    /// When the document is not here or has no such frame.
    pub async fn frame(&self, commitment: &Commitment, index: u32) -> Result<Frame> {
        let (vault, commitment) = (self.clone(), *commitment);
        blocking(move || vault.inner.frame(&commitment, index)).await
    }

    /// Opens a document to be read as it was before it was cut and salted. Each frame is checked against
    /// the root on the way, so that a disk's fault ends the reading instead of changing the document.
    ///
    /// # Errors
    /// When the document is not here.
    pub async fn open_plain(&self, commitment: &Commitment) -> Result<Plain> {
        let (vault, commitment) = (self.clone(), *commitment);
        if !self.has(&commitment).await {
            return Err(missing());
        }
        let parts = stream::iter(0..frame::count(&commitment)).then(move |index| {
            let vault = vault.clone();
            let part = move || vault.inner.plain(&commitment, index);
            async move { blocking(part).await.map_err(io::Error::other) }
        });
        Ok(StreamReader::new(parts.boxed()))
    }
}

impl Inner {
    fn frame(&self, commitment: &Commitment, index: u32) -> Result<Frame> {
        commitment.check()?;
        if index >= frame::count(commitment) {
            return Err(Error::not_found("the document has no such frame").field("index"));
        }
        let mut chunks = vec![0; bytes(frame::len(commitment, index))];
        let file = self.open(commitment, "chunks")?;
        file.read_exact_at(&mut chunks, frame::offset(commitment, index)).map_err(disk)?;
        let path = self.path_of(commitment, index)?;
        Ok(Frame { index, chunks: chunks.into(), path })
    }

    fn path_of(&self, commitment: &Commitment, index: u32) -> Result<Vec<B256>> {
        let tree = self.open(commitment, "tree")?;
        let hash = |step| match step {
            Sibling::Absent(hash) => Ok(hash),
            Sibling::Stored(at) => {
                let mut hash = B256::ZERO;
                tree.read_exact_at(&mut hash[..], u64::from(at) * 32).map_err(disk)?;
                Ok(hash)
            }
        };
        frame::path(commitment, index).into_iter().map(hash).collect()
    }

    /// A frame's share of the document itself.
    fn plain(&self, commitment: &Commitment, index: u32) -> Result<Bytes> {
        let Frame { chunks, path, .. } = self.frame(commitment, index)?;
        frame::verify(commitment, index, &chunks, &path)
            .map_err(|e| Error::internal(e).because("a document on this node's disk has changed"))?;
        let mut data = Vec::with_capacity(chunks.len());
        for chunk in chunks.chunks(bytes(commitment.chunk_size)) {
            data.extend_from_slice(&chunk[bytes(SALT_SIZE)..]);
        }
        let rest = commitment.size - frame::data_before(commitment, index);
        data.truncate(usize::try_from(rest).unwrap_or(usize::MAX));
        Ok(data.into())
    }

    fn open(&self, commitment: &Commitment, ending: &str) -> Result<File> {
        File::open(self.path(commitment.root, ending)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => missing(),
            _ => disk(e),
        })
    }
}

fn missing() -> Error {
    Error::not_found("the document is not on this node")
}
