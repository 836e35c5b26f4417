//! A private document and its public commitment.
//!
//! The chain knows a document only as a [`Commitment`]; the bytes travel between parties, frame by frame,
//! and each frame is checked against the commitment's Merkle root before it is kept.
//!
//! A document is cut into chunks of equal size. Each chunk starts with 32 random bytes, its salt, so that
//! its hash says nothing about the data; the last is filled up with zeros. The tree over the chunks is in
//! [`merkle`], the runs of chunks that travel together are in [`frame`].

pub mod cipher;
pub mod frame;
pub mod merkle;

#[cfg(test)]
mod tests;

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Bytes of salt at the start of every chunk.
pub const SALT_SIZE: u32 = 32;

/// The chunk sizes that the registry accepts, in bytes.
pub const CHUNK_SIZES: [u32; 3] = [256, 1024, 4096];

/// The chunk size where nobody asks for another.
pub const DEFAULT_CHUNK_SIZE: u32 = 1024;

/// No document has more chunks than this.
pub const MAX_CHUNKS: u32 = 1 << 24;

/// What the registry records of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commitment {
    /// Who vouches for it.
    pub issuer: Address,
    /// Merkle root over the salted chunks.
    pub root: B256,
    /// How many chunks.
    pub chunks: u32,
    /// Bytes in a chunk, its 32-byte salt included.
    pub chunk_size: u32,
    /// Bytes in the document itself.
    pub size: u64,
    /// What sort of document, as the issuer defines it; zero if unsaid.
    pub schema: B256,
    /// The document it replaces; zero if none.
    pub previous: B256,
}

impl Commitment {
    /// Checks that its parts agree with each other, as the registry does.
    ///
    /// # Errors
    /// Naming the field that is wrong.
    pub fn check(&self) -> Result<()> {
        if self.root.is_zero() {
            return Err(Error::invalid("must not be zero").field("root"));
        }
        let needed = chunks_for(self.size, self.chunk_size)?;
        if self.chunks != needed {
            let text = format!("must be {needed} for this size and chunk size");
            return Err(Error::invalid(text).field("chunks"));
        }
        Ok(())
    }

    /// Bytes that all the chunks take together.
    #[must_use]
    pub const fn chunk_bytes(&self) -> u64 {
        self.chunks as u64 * self.chunk_size as u64
    }
}

/// Bytes of data in a chunk of this size.
///
/// # Errors
/// When the registry accepts no such chunks.
pub fn payload(chunk_size: u32) -> Result<u32> {
    if CHUNK_SIZES.contains(&chunk_size) {
        return Ok(chunk_size - SALT_SIZE);
    }
    Err(Error::invalid("must be 256, 1024 or 4096").field("chunkSize"))
}

/// How many chunks a document of `size` bytes takes.
///
/// # Errors
/// When it is empty, or larger than [`MAX_CHUNKS`] hold, or there are no chunks of that size.
pub fn chunks_for(size: u64, chunk_size: u32) -> Result<u32> {
    let payload = payload(chunk_size)?;
    if size == 0 {
        return Err(Error::invalid("must not be empty").field("size"));
    }
    u32::try_from(size.div_ceil(u64::from(payload))).ok().filter(|chunks| *chunks <= MAX_CHUNKS).ok_or_else(
        || {
            let most = u64::from(MAX_CHUNKS) * u64::from(payload);
            Error::invalid(format!("must be at most {most} bytes with this chunk size")).field("size")
        },
    )
}

/// What the registry says of a document now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentStatus {
    /// In force.
    Live,
    /// Replaced by a later one.
    Superseded,
    /// Withdrawn by its issuer.
    Revoked,
}

/// What a file is called. Private: it travels with a proposal and never reaches the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentFile {
    /// The file's name, without any folder.
    pub name: String,
    /// Its media type.
    pub media_type: String,
}
