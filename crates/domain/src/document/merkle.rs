//! The Merkle tree over a document's chunks.
//!
//! Index-directed: which side a node is on follows from its position, and siblings are never sorted, so a
//! path proves *where* a chunk is as well as what it is. A tree over n leaves is exactly ⌈log2 n⌉ deep;
//! positions beyond the last leaf hold [`ABSENT`].
//!
//! A leaf's preimage is 64 bytes longer than its chunk and opens with a tag, an inner node's is 64 bytes:
//! neither can be passed off as the other.

use alloy_primitives::{B256, Keccak256, b256};

/// What a plain chunk's leaf opens with: keccak256("Quittance plain chunk").
pub const LEAF_PLAIN: B256 = b256!("0x3c5622077c6808b5f53aaea3d5cbd21808745eebea1ae0b946e777d87b2435fe");

/// What stands where there is no leaf: keccak256("Quittance absent chunk"). Its one known preimage is
/// shorter than any leaf's or inner node's.
pub const ABSENT: B256 = b256!("0x3a3bf315ca44a3f90508ff737ac56c8866b22e28668e4e45e50ee339ab9be54e");

/// The leaf of the chunk at `index`, its salt included.
#[must_use]
pub fn leaf(index: u32, chunk: &[u8]) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(LEAF_PLAIN);
    hasher.update([0; 28]);
    hasher.update(index.to_be_bytes());
    hasher.update(chunk);
    hasher.finalize()
}

/// The node above two others.
#[must_use]
pub fn node(left: B256, right: B256) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(left);
    hasher.update(right);
    hasher.finalize()
}

/// How many levels are above `leaves` leaves: ⌈log2⌉.
#[must_use]
pub const fn depth(leaves: u32) -> u32 {
    leaves.next_power_of_two().trailing_zeros()
}

/// The root of a subtree none of whose leaves exist.
#[must_use]
pub fn absent(height: u32) -> B256 {
    (0..height).fold(ABSENT, |below, _| node(below, below))
}

/// The root above `leaves`, `height` levels up.
#[must_use]
pub fn root(leaves: Vec<B256>, height: u32) -> B256 {
    let (top, missing) = (0..height)
        .fold((leaves, ABSENT), |(level, missing), _| (parents(&level, missing), node(missing, missing)));
    top.first().copied().unwrap_or(missing)
}

/// Follows a path from the node at `index` of its level to the top.
#[must_use]
pub fn climb(start: B256, index: u32, path: &[B256]) -> B256 {
    let step = |(below, index): (B256, u32), beside: &B256| {
        let above = if index & 1 == 0 { node(below, *beside) } else { node(*beside, below) };
        (above, index >> 1)
    };
    path.iter().fold((start, index), step).0
}

/// The level above `level`, beyond whose end stands `missing`.
fn parents(level: &[B256], missing: B256) -> Vec<B256> {
    let above = |pair: &[B256]| node(pair[0], pair.get(1).copied().unwrap_or(missing));
    level.chunks(2).map(above).collect()
}

/// The upper part of a document's tree, from its frames to the root: level by level from below, each
/// only as long as there is something under it. This is what is kept on disk beside the chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<B256>,
}

impl Tree {
    /// The tree above these nodes, which are `height` levels above the leaves.
    #[must_use]
    pub fn over(bottom: Vec<B256>, height: u32) -> Self {
        let mut missing = absent(height);
        let (mut level, mut nodes) = (bottom, Vec::new());
        while level.len() > 1 {
            let above = parents(&level, missing);
            missing = node(missing, missing);
            nodes.append(&mut level);
            level = above;
        }
        nodes.append(&mut level);
        Self { nodes }
    }

    /// All nodes, lowest level first, the root last.
    #[must_use]
    pub fn nodes(&self) -> &[B256] {
        &self.nodes
    }

    /// The root; zero where there is nothing at all.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.nodes.last().copied().unwrap_or_default()
    }
}

/// Where to find one step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sibling {
    /// At this place among [`Tree::nodes`].
    Stored(u32),
    /// Not stored, since nothing is under it: it is this.
    Absent(B256),
}

/// The siblings on the way up from node `index` of a bottom level `width` wide, lowest first.
/// The bottom level is `height` levels above the leaves.
#[must_use]
pub fn siblings(width: u32, index: u32, height: u32) -> Vec<Sibling> {
    let (mut width, mut index, mut start, mut missing) = (width, index, 0, absent(height));
    let mut path = Vec::new();
    while width > 1 {
        let beside = index ^ 1;
        path.push(if beside < width { Sibling::Stored(start + beside) } else { Sibling::Absent(missing) });
        start += width;
        (width, index, missing) = (width.div_ceil(2), index >> 1, node(missing, missing));
    }
    path
}
