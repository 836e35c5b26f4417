//! Blocks and the time they carry: the only clock that deadlines follow.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

/// Seconds since the Unix epoch, as blocks carry them.
pub type Timestamp = u64;

/// Which block, exactly: a number alone does not survive a reorg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlockRef {
    /// The block's height.
    pub number: u64,
    /// The block's hash.
    pub hash: B256,
}

/// What the mirror keeps of a block's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The block's height.
    pub number: u64,
    /// The block's hash.
    pub hash: B256,
    /// When it was made.
    pub timestamp: Timestamp,
}

impl Block {
    /// The pair that names this block.
    #[must_use]
    pub const fn at(&self) -> BlockRef {
        BlockRef { number: self.number, hash: self.hash }
    }
}
