//! The door for peers: mutual TLS, two routes, and limits that make a bad peer its own problem.

mod directory;
mod routes;
mod seats;
mod watched;

use std::{sync::Arc, time::Duration};

use axum::Router;
use futures::future::BoxFuture;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use quittance_domain::{Address, B256, Error, Result, SettlementId, document::Commitment, message::Message};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub use self::directory::Directory;
use self::{
    routes::{Context, Link},
    seats::{Lobby, Seats},
    watched::{Moves, Watched},
};
use crate::{Identity, Limits, Vault, tls};

/// How long the server waits when the system gives it no more connections.
const PAUSE: Duration = Duration::from_millis(50);

/// Bytes that are read ahead of, or held back behind, one connection.
const BUFFER: usize = 64 << 10;

/// What the node does with what peers ask. `from` is always the sender, as the handshake proved it.
pub trait Handler: Send + Sync {
    /// Takes a message to heart; once this has succeeded the sender does not repeat it.
    fn message<'a>(&'a self, from: Address, message: Message) -> BoxFuture<'a, Result<()>>;

    /// The document that `from` may have under this settlement.
    fn entitled<'a>(&'a self, from: Address, settlement: SettlementId) -> BoxFuture<'a, Result<Commitment>>;
}

/// Serves peers until cancelled, then lets what is under way finish within the limit for it.
///
/// # Errors
/// When the identity cannot be used.
pub async fn serve(
    listener: TcpListener,
    identity: &Identity,
    directory: Directory,
    handler: Arc<dyn Handler>,
    vault: Vault,
    limits: Limits,
    cancel: CancellationToken,
) -> Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(tls::server(identity, directory.clone())?));
    let mut lobby = Lobby::new(limits.handshakes);
    let seats = Arc::new(Seats::new(&limits));
    let drain = limits.drain;
    let router = routes::router(Context { directory, handler, vault, limits: limits.clone() });
    let door = Door { acceptor, seats, router, limits, cancel: cancel.clone() };
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            Some(_) = tasks.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(tasks.spawn(door.clone().answer(stream, lobby.enter()))),
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted now");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    // What has not ended by then is cut off when the set of tasks is dropped.
    let _ = tokio::time::timeout(drain, async { while tasks.join_next().await.is_some() {} }).await;
    Ok(())
}

/// All that a connection needs.
#[derive(Clone)]
struct Door {
    acceptor: TlsAcceptor,
    seats: Arc<Seats>,
    router: Router,
    limits: Limits,
    cancel: CancellationToken,
}

impl Door {
    /// One connection, from knocking to leaving. Whatever goes wrong on it concerns nobody else.
    async fn answer(self, stream: TcpStream, place: Arc<Notify>) {
        let stream = tokio::select! {
            done = self.handshake(stream) => done,
            () = place.notified() => Err(Error::conflict("another stranger needed the place")),
            () = self.cancel.cancelled() => return,
        };
        drop(place);
        let left = match stream {
            Ok((stream, tls_key)) => self.converse(stream, tls_key).await,
            Err(error) => Err(error),
        };
        if let Err(error) = left {
            tracing::debug!(
                inside = error.inside().unwrap_or_default(),
                "a peer's connection ended: {error}"
            );
        }
    }

    async fn handshake(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, B256)> {
        let refused = |e| Error::forbidden("the handshake failed").because(e);
        stream.set_nodelay(true).map_err(refused)?;
        let stream = tokio::time::timeout(self.limits.handshake, self.acceptor.accept(stream))
            .await
            .map_err(|_| Error::forbidden("the handshake took too long"))?
            .map_err(refused)?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let shown = shown.ok_or_else(|| Error::forbidden("no certificate was shown"))?;
        let tls_key = tls::tls_key(shown).map_err(|e| Error::forbidden("the handshake failed").because(e))?;
        Ok((stream, tls_key))
    }

    /// Serves requests until either side has had enough.
    async fn converse(self, stream: TlsStream<TcpStream>, tls_key: B256) -> Result<()> {
        let Some(seat) = self.seats.take(tls_key) else {
            return Err(Error::conflict("too many connections"));
        };
        let link = Link { tls_key, peer: Arc::clone(&seat.peer) };
        let router = self.router;
        let service = hyper::service::service_fn(move |mut request: hyper::Request<_>| {
            request.extensions_mut().insert(link.clone());
            router.clone().oneshot(request.map(axum::body::Body::new))
        });
        let moves = Moves::default();
        let stream = TokioIo::new(Watched::new(stream, moves.clone()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle)
            .max_buf_size(BUFFER)
            .serve_connection(stream, service);
        let mut connection = std::pin::pin!(connection);
        let left = tokio::select! {
            left = connection.as_mut() => left,
            () = moves.cease(self.limits.idle) => return Err(Error::conflict("nothing moved for too long")),
            () = self.cancel.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        left.map_err(|e| Error::conflict("the connection broke").because(e))
    }
}
