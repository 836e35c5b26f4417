//! Nodes that talk to each other: real TLS on loopback, real files, and only the handler's answers made up.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod documents;
mod handshake;
mod harness;
mod hostile;
mod messages;
