//! How the two ends name things: paths, and a frame as bytes.
//!
//! A frame is its chunks followed by its path's hashes. Both lengths follow from the commitment, which
//! both ends have, so nothing needs to be said about them.

use bytes::{Bytes, BytesMut};
use quittance_domain::{
    B256, SettlementId,
    document::{Commitment, frame},
};

use crate::Frame;

/// Where messages are posted.
pub(crate) const MESSAGES: &str = "/peer/v1/messages";

/// Where a settlement's document is had, frame by frame.
pub(crate) const FRAMES: &str = "/peer/v1/settlements/{settlement}/frames/{index}";

/// The path of one frame.
pub(crate) fn frame_path(settlement: SettlementId, index: u32) -> String {
    format!("/peer/v1/settlements/{settlement}/frames/{index}")
}

/// How long this frame's bytes are.
pub(crate) fn frame_len(commitment: &Commitment, index: u32) -> usize {
    let chunks = u64::from(frame::len(commitment, index));
    usize::try_from(chunks + u64::from(frame::path_len(commitment)) * 32).unwrap_or(usize::MAX)
}

/// The path's hashes as bytes, to follow the chunks.
pub(crate) fn path_bytes(frame: &Frame) -> Bytes {
    frame.path.iter().flatten().copied().collect()
}

/// Takes a frame's bytes apart; nothing if their length is not the frame's.
pub(crate) fn frame(commitment: &Commitment, index: u32, body: BytesMut) -> Option<Frame> {
    if body.len() != frame_len(commitment, index) {
        return None;
    }
    let mut chunks = body.freeze();
    let path = chunks.split_off(usize::try_from(frame::len(commitment, index)).ok()?);
    Some(Frame { index, chunks, path: path.chunks_exact(32).map(B256::from_slice).collect() })
}
