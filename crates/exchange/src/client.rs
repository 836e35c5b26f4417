//! Speaking to other nodes: telling them messages, fetching documents from them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::BytesMut;
use futures::{StreamExt as _, stream};
use quittance_domain::{
    B256, Error, Kind, SettlementId, document::Commitment, message::Message, party::Party,
};
use reqwest::{RequestBuilder, Response, StatusCode, Url, header, redirect};

use crate::{Frame, Identity, Limits, Vault, problem, tls, wire};

/// Why a peer did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    /// It refuses, and will refuse the same again: do not repeat.
    #[error("refused: {0}")]
    Refused(Error),
    /// It does not answer, or not sensibly: try again later.
    #[error("unreachable: {0}")]
    Unreachable(Error),
}

/// Why a document did not arrive. What has arrived of it is kept for the next try.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The peer sends something else than the committed document.
    #[error("frame {frame} is not the committed one: {error}")]
    Tampered {
        /// Which frame.
        frame: u32,
        /// What is wrong with it.
        error: Error,
    },
    /// The peer refuses, and will refuse the same again: do not repeat.
    #[error("refused: {0}")]
    Refused(Error),
    /// The peer does not answer, or not sensibly: try again later.
    #[error("unreachable: {0}")]
    Unreachable(Error),
    /// This node cannot keep it: too large, no room, or being received already.
    #[error("not kept: {0}")]
    Local(Error),
}

impl From<TellError> for FetchError {
    fn from(error: TellError) -> Self {
        match error {
            TellError::Refused(error) => Self::Refused(error),
            TellError::Unreachable(error) => Self::Unreachable(error),
        }
    }
}

/// This node towards its peers. Connections are kept and re-used. Clones share them.
#[derive(Clone, Debug)]
pub struct Client {
    identity: Identity,
    limits: Limits,
    /// By the peer's key: each accepts that key and no other.
    peers: Arc<Mutex<HashMap<B256, reqwest::Client>>>,
}

impl Client {
    /// A client that shows this identity.
    #[must_use]
    pub fn new(identity: Identity, limits: Limits) -> Self {
        Self { identity, limits, peers: Arc::default() }
    }

    /// Brings a message to a party's node.
    ///
    /// # Errors
    /// See [`TellError`].
    pub async fn tell(&self, party: &Party, message: &Message) -> Result<(), TellError> {
        let body = serde_json::to_vec(message).map_err(|e| TellError::Refused(Error::internal(e)))?;
        let most = self.limits.message_bytes;
        if body.len() > most {
            let text = format!("must be at most {most} bytes");
            return Err(TellError::Refused(Error::new(Kind::TooLarge, text).field("message")));
        }
        let request = self.peer(party)?.post(url(party, wire::MESSAGES)?).timeout(self.limits.request);
        self.ask(request.header(header::CONTENT_TYPE, "application/json").body(body)).await.map(drop)
    }

    /// Fetches a settlement's document into the vault, or what is still missing of it. `progress` hears
    /// how many of the document's bytes are here, and of how many.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch(
        &self,
        party: &Party,
        settlement: SettlementId,
        commitment: &Commitment,
        vault: &Vault,
        progress: impl Fn(u64, u64),
    ) -> Result<(), FetchError> {
        if vault.has(commitment).await {
            progress(commitment.size, commitment.size);
            return Ok(());
        }
        let mut incoming = vault.receive(commitment).await.map_err(FetchError::Local)?;
        progress(incoming.received(), commitment.size);
        let peer = self.peer(party)?;
        let commitment = *commitment;
        let ask = |index| {
            let request = url(party, &wire::frame_path(settlement, index)).map(|url| peer.get(url));
            let client = self.clone();
            async move { client.frame(request?, commitment, index).await }
        };
        let wanted = stream::iter((incoming.next()..incoming.frames()).map(ask));
        let mut frames = std::pin::pin!(wanted.buffered(self.limits.frames_in_flight.max(1)));
        while let Some(frame) = frames.next().await {
            let frame = frame?;
            let index = frame.index;
            incoming.append(frame).await.map_err(|error| match error.kind() {
                Kind::Invalid => FetchError::Tampered { frame: index, error },
                _ => FetchError::Local(error),
            })?;
            progress(incoming.received(), commitment.size);
        }
        incoming.finish().await.map_err(FetchError::Local)
    }

    /// Fetches one frame, which is not checked yet except for its length.
    async fn frame(
        &self,
        request: RequestBuilder,
        commitment: Commitment,
        index: u32,
    ) -> Result<Frame, FetchError> {
        let response = self.ask(request.timeout(self.limits.answer)).await?;
        let expected = wire::frame_len(&commitment, index);
        let body = read(response, expected).await?;
        body.and_then(|body| wire::frame(&commitment, index, body)).ok_or_else(|| FetchError::Tampered {
            frame: index,
            error: Error::invalid(format!("must be {expected} bytes with its path")).field("chunks"),
        })
    }

    /// Sends a request and sorts the answer.
    async fn ask(&self, request: RequestBuilder) -> Result<Response, TellError> {
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = read(response, self.limits.answer_bytes).await?.unwrap_or_default();
        let error = problem::read(status, &body);
        let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
        if status.is_client_error() && !passing {
            return Err(TellError::Refused(error));
        }
        Err(TellError::Unreachable(error))
    }

    /// The connections to this party's node.
    fn peer(&self, party: &Party) -> Result<reqwest::Client, TellError> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get(&party.tls_key) {
            return Ok(peer.clone());
        }
        if peers.len() >= self.limits.peers_remembered {
            peers.clear();
        }
        let peer = self.connect(party.tls_key).map_err(TellError::Unreachable)?;
        peers.insert(party.tls_key, peer.clone());
        Ok(peer)
    }

    fn connect(&self, tls_key: B256) -> Result<reqwest::Client, Error> {
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client(&self.identity, tls_key)?)
            .https_only(true)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .connect_timeout(self.limits.handshake)
            // Well before the other side would, so that no request is sent on a closing connection.
            .pool_idle_timeout(self.limits.idle / 2)
            .pool_max_idle_per_host(self.limits.frames_in_flight)
            .build()
            .map_err(Error::internal)
    }
}

/// The address of a path at a party's node.
fn url(party: &Party, path: &str) -> Result<Url, TellError> {
    let bad = || TellError::Refused(Error::invalid("must be https://host:port").field("endpoint"));
    let url = Url::parse(&party.endpoint).map_err(|_| bad())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    if url.scheme() != "https" || !url.has_host() || !bare || !nobody {
        return Err(bad());
    }
    url.join(path).map_err(|_| bad())
}

/// Reads an answer of at most so many bytes; nothing if it is longer.
async fn read(mut response: Response, most: usize) -> Result<Option<BytesMut>, TellError> {
    let mut body = BytesMut::with_capacity(most);
    while let Some(part) = response.chunk().await.map_err(unreachable)? {
        if body.len() + part.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&part);
    }
    Ok(Some(body))
}

/// A failed request; every cause that is given goes inside.
fn unreachable(error: reqwest::Error) -> TellError {
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
    let inside: Vec<_> = causes.map(ToString::to_string).collect();
    TellError::Unreachable(Error::unavailable("the peer does not answer", inside.join(": ")))
}
