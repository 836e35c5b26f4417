//! Every limit of the exchange, by name and with its unit.

use std::time::Duration;

/// What one peer, or all together, may ask of this node; and how long this node waits for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in a document, kept or received.
    pub document_bytes: u64,
    /// Bytes in a message, sent or received.
    pub message_bytes: usize,
    /// Bytes read of a peer's answer where it is not a frame.
    pub answer_bytes: usize,
    /// Connections of known peers, all together.
    pub connections: usize,
    /// Connections of one peer.
    pub connections_per_peer: usize,
    /// Strangers whose handshake is under way; beyond it the longest waiting is dropped.
    pub handshakes: usize,
    /// Frames served to one peer at once.
    pub frames_per_peer: usize,
    /// Frames fetched at once.
    pub frames_in_flight: usize,
    /// Peers whose connections are kept for re-use.
    pub peers_remembered: usize,
    /// For a handshake, in either direction, connecting included.
    pub handshake: Duration,
    /// For one request, from its head to its answer's start.
    pub request: Duration,
    /// For a fetched frame's or an answer's last byte, from the asking.
    pub answer: Duration,
    /// For a connection on which nothing moves.
    pub idle: Duration,
    /// For what is under way when the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 1 << 30,
            message_bytes: 64 << 10,
            answer_bytes: 64 << 10,
            connections: 1024,
            connections_per_peer: 16,
            handshakes: 256,
            frames_per_peer: 8,
            frames_in_flight: 4,
            peers_remembered: 256,
            handshake: Duration::from_secs(10),
            request: Duration::from_secs(30),
            answer: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            drain: Duration::from_secs(5),
        }
    }
}
