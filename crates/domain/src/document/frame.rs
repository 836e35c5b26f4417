//! Frames: the runs of chunks that travel together.
//!
//! A frame is an aligned subtree of the document's tree, with the path from it to the root. It proves
//! itself against the commitment in one step and one frame's memory, so a receiver needs no list of
//! hashes beforehand, keeps nothing unproven, and resumes at the next frame.

use alloy_primitives::B256;

use super::{Commitment, MAX_CHUNKS, SALT_SIZE, merkle, payload};
use crate::{Error, Result};

/// How many levels of the tree a frame spans.
pub const FRAME_HEIGHT: u32 = 8;

/// Chunks in a frame; the last may have fewer.
pub const FRAME_CHUNKS: u32 = 1 << FRAME_HEIGHT;

/// How many frames a document has.
#[must_use]
pub const fn count(commitment: &Commitment) -> u32 {
    commitment.chunks.div_ceil(FRAME_CHUNKS)
}

/// Bytes in this frame's chunks; nothing if there is no such frame.
#[must_use]
pub const fn len(commitment: &Commitment, index: u32) -> u32 {
    let chunks = commitment.chunks.saturating_sub(index.saturating_mul(FRAME_CHUNKS));
    let chunks = if chunks > FRAME_CHUNKS { FRAME_CHUNKS } else { chunks };
    chunks * commitment.chunk_size
}

/// Where this frame's chunks start among all the chunks.
#[must_use]
pub const fn offset(commitment: &Commitment, index: u32) -> u64 {
    index as u64 * FRAME_CHUNKS as u64 * commitment.chunk_size as u64
}

/// Bytes of the document itself that are in the frames before this one.
#[must_use]
pub const fn data_before(commitment: &Commitment, index: u32) -> u64 {
    let payload = commitment.chunk_size.saturating_sub(SALT_SIZE);
    let before = index as u64 * FRAME_CHUNKS as u64 * payload as u64;
    if before < commitment.size { before } else { commitment.size }
}

/// How many hashes lead from any frame of this document to its root.
#[must_use]
pub const fn path_len(commitment: &Commitment) -> u32 {
    merkle::depth(commitment.chunks).saturating_sub(FRAME_HEIGHT)
}

/// Where the path of this frame lies in the document's tree.
#[must_use]
pub fn path(commitment: &Commitment, index: u32) -> Vec<merkle::Sibling> {
    merkle::siblings(count(commitment), index, FRAME_HEIGHT)
}

/// Checks that these are the frame's chunks under the commitment's root, and tells the frame's own node.
///
/// # Errors
/// Naming what is wrong: the frame's `index`, its `chunks` or its `path`.
pub fn verify(commitment: &Commitment, index: u32, chunks: &[u8], path: &[B256]) -> Result<B256> {
    commitment.check()?;
    if index >= count(commitment) {
        return Err(Error::invalid(format!("the document has {} frames", count(commitment))).field("index"));
    }
    let long = len(commitment, index);
    if u32::try_from(chunks.len()) != Ok(long) {
        return Err(Error::invalid(format!("frame {index} must be {long} bytes long")).field("chunks"));
    }
    let steps = path_len(commitment);
    if u32::try_from(path.len()) != Ok(steps) {
        return Err(Error::invalid(format!("must be {steps} hashes long")).field("path"));
    }
    let own = root(index, chunks, commitment.chunk_size);
    if merkle::climb(own, index, path) != commitment.root {
        let text = format!("frame {index} is not part of the committed document");
        return Err(Error::invalid(text).field("chunks"));
    }
    Ok(own)
}

/// The node above a frame's chunks. A first frame that is short is the only one, and its node the root.
#[must_use]
pub fn root(index: u32, chunks: &[u8], chunk_size: u32) -> B256 {
    let first = index.saturating_mul(FRAME_CHUNKS);
    let Ok(size) = usize::try_from(chunk_size) else { return B256::ZERO };
    let leaves: Vec<_> =
        (first..).zip(chunks.chunks_exact(size)).map(|(at, chunk)| merkle::leaf(at, chunk)).collect();
    let only = u32::try_from(leaves.len()).ok().filter(|_| index == 0);
    let height = only.map_or(FRAME_HEIGHT, |leaves| merkle::depth(leaves).min(FRAME_HEIGHT));
    merkle::root(leaves, height)
}

/// Makes a document's tree from its frames as they come, remembering one hash of each.
#[derive(Clone, Debug)]
pub struct Builder {
    chunk_size: u32,
    chunks: u32,
    roots: Vec<B256>,
}

impl Builder {
    /// Starts a tree over chunks of this size.
    ///
    /// # Errors
    /// When the registry accepts no such chunks.
    pub fn new(chunk_size: u32) -> Result<Self> {
        payload(chunk_size)?;
        Ok(Self { chunk_size, chunks: 0, roots: Vec::new() })
    }

    /// Takes the next frame, which only the last may be short.
    ///
    /// # Errors
    /// When it is not some whole chunks, comes after a short one, or is one too many.
    pub fn push(&mut self, chunks: &[u8]) -> Result<()> {
        let more = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        let whole =
            more.is_multiple_of(self.chunk_size) && (1..=FRAME_CHUNKS).contains(&(more / self.chunk_size));
        if !whole || !self.chunks.is_multiple_of(FRAME_CHUNKS) {
            return Err(Error::invalid("must be whole chunks, and only the last frame short").field("chunks"));
        }
        if self.chunks == MAX_CHUNKS {
            return Err(Error::invalid(format!("must be at most {MAX_CHUNKS}")).field("chunks"));
        }
        let index = self.chunks / FRAME_CHUNKS;
        self.roots.push(root(index, chunks, self.chunk_size));
        self.chunks += more / self.chunk_size;
        Ok(())
    }

    /// How many chunks came so far.
    #[must_use]
    pub const fn chunks(&self) -> u32 {
        self.chunks
    }

    /// The tree over all of them.
    #[must_use]
    pub fn finish(self) -> merkle::Tree {
        merkle::Tree::over(self.roots, FRAME_HEIGHT)
    }
}
