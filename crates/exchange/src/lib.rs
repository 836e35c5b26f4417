//! The only traffic between peers: private messages and private documents.
//!
//! Peers meet over TLS 1.3 and know each other by their keys alone, which the on-chain registry pins: no
//! certificate authority is asked. Documents are kept in a [`Vault`] of salted chunks and travel as frames
//! that prove themselves against the commitment on the chain.

pub mod client;
pub mod identity;
pub mod limits;
pub mod server;
pub mod vault;

mod problem;
mod tls;
mod wire;

pub use client::{Client, FetchError, TellError};
pub use identity::{Identity, Pem};
pub use limits::Limits;
pub use server::{Directory, Handler, serve};
pub use vault::{Added, Frame, Incoming, New, Vault};
