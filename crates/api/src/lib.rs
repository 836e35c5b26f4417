//! The only HTTP and JSON that applications meet.
//!
//! A route is extract → domain command → one call in `app` (or one read in `store`) → DTO. What it needs from
//! the rest of the node comes in through [`Api`]; nothing here knows the chain or the peers.

mod access;
mod board;
mod dto;
mod extract;
mod filter;
mod hosts;
mod ids;
mod origins;
mod pools;
mod problem;
mod routes;
mod socket;
mod subscription;

use std::{fmt, future::Future, io, pin::Pin, sync::Arc, time::Duration};

use axum::{Router, http::HeaderValue};
use bytes::Bytes;
use futures::stream::BoxStream;
use quittance_app::App;
use quittance_domain::{Address, AssetKind, B256, Block, Result, document::Commitment};
use tokio::{
    io::AsyncRead,
    sync::{Semaphore, watch},
};

pub use access::{Access, Key, Scope};
pub use board::Board;
pub use hosts::Hosts;

/// What an application can reach, and how much of it at a time.
#[derive(Clone)]
pub struct Api {
    /// The operations, and the store they share.
    pub app: App,
    /// This party's entry in the registry, as its configuration has it.
    pub me: Me,
    /// The documents on this node's disk.
    pub documents: Arc<dyn Documents>,
    /// What the chain says of tokens that are not mirrored yet.
    pub tokens: Arc<dyn Tokens>,
    /// Wall time in milliseconds.
    pub clock: fn() -> u64,
    /// The last block that the mirror has taken in.
    pub head: watch::Receiver<Option<Block>>,
    /// Places for requests that wait until the chain has what they asked for.
    pub confirming: Arc<Semaphore>,
    /// Who listens, and to what.
    pub board: Arc<Board>,
    /// Places for those who do.
    pub listening: Arc<Semaphore>,
    /// The names that requests may be for.
    pub hosts: Hosts,
    /// The origins whose pages may ask, besides this node's own.
    pub origins: Arc<[HeaderValue]>,
    /// Who may come in, now.
    pub access: watch::Receiver<Access>,
    /// Limits.
    pub limits: Limits,
}

/// How this party presents itself to others.
#[derive(Clone, Debug)]
pub struct Me {
    /// The registered name.
    pub name: String,
    /// Where the private exchange listens.
    pub endpoint: String,
    /// SHA-256 of the TLS public key.
    pub tls_key: B256,
}

/// How much one request may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes in a JSON body.
    pub max_body: usize,
    /// The time to answer anything but an upload or a download.
    pub request_timeout: Duration,
    /// More blocks than this behind the chain, the node is not ready.
    pub max_lag: u64,
    /// Requests served at once, and as many uploads and downloads besides; more wait.
    pub max_in_flight: usize,
    /// Subscriptions that are kept.
    pub max_subscriptions: u64,
    /// Pools, besides those of the deployment.
    pub max_pools: u64,
    /// What one connection may listen to.
    pub max_starts: usize,
}

/// A stream of bytes that may fail.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// A future that owns what it needs.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where documents are kept: wired to the exchange's vault by the node.
pub trait Documents: Send + Sync + fmt::Debug {
    /// Keeps a document and says what commits to it, with the SHA-256 of its bytes.
    fn keep(&self, issuer: Address, bytes: ByteStream) -> BoxFuture<'_, Result<(Commitment, B256)>>;

    /// The bytes of a document.
    fn open(&self, commitment: Commitment) -> BoxFuture<'_, Result<Box<dyn AsyncRead + Send + Unpin>>>;
}

/// What a contract says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Amounts or items.
    pub kind: AssetKind,
    /// Its symbol, if it has one.
    pub symbol: Option<String>,
    /// How many of an amount's digits are behind the point, if it says so.
    pub decimals: Option<u64>,
}

/// Tokens on the chain: wired to it by the node.
pub trait Tokens: Send + Sync + fmt::Debug {
    /// What the contract at this address says that it is. Refused, as of the field `config.address`, if it is no token.
    fn inspect(&self, token: Address) -> BoxFuture<'_, Result<TokenInfo>>;
}

impl Api {
    /// All routes.
    pub fn router(self) -> Router {
        routes::router(self)
    }

    fn now(&self) -> u64 {
        (self.clock)()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("me", &self.me).finish_non_exhaustive()
    }
}
