//! What peers may ask: that a message be taken, and for a frame of a document.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use quittance_domain::{Address, B256, Error, Kind, SettlementId, message::Message};
use tokio::sync::OwnedSemaphorePermit;

use super::{Directory, Handler, seats::Peer};
use crate::{
    Frame, Limits, Vault,
    problem::{self, Refusal},
    wire,
};

/// Bytes of a frame that are handed to a connection at a time.
const SLICE: usize = 64 << 10;

/// Characters of a parser's complaint that are told.
const WORDS: usize = 200;

/// What all requests share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) directory: Directory,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) vault: Vault,
    pub(super) limits: Limits,
}

/// What all requests of one connection share.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) tls_key: B256,
    pub(super) peer: Arc<Peer>,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug)]
struct Sender(Address);

pub(super) fn router(context: Context) -> Router {
    Router::new()
        .route(wire::MESSAGES, post(message))
        .route(wire::FRAMES, get(frame))
        .fallback(async || Refusal(Error::not_found("there is nothing here")))
        .method_not_allowed_fallback(async || {
            problem::with_status(StatusCode::METHOD_NOT_ALLOWED, "not with this method", None)
        })
        .layer(middleware::from_fn_with_state(context.clone(), admit))
        .with_state(context)
}

/// Finds out who is asking, again for each request since the registry changes, and limits its time.
async fn admit(
    State(context): State<Context>,
    Extension(link): Extension<Link>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(party) = context.directory.party(link.tls_key) else {
        return last(Refusal(Error::forbidden("this key is no longer registered")).into_response());
    };
    request.extensions_mut().insert(Sender(party));
    match tokio::time::timeout(context.limits.request, next.run(request)).await {
        Ok(response) => response,
        Err(_) => last(problem::with_status(StatusCode::REQUEST_TIMEOUT, "this took too long", None)),
    }
}

/// Makes this the connection's last answer.
fn last(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// `POST /peer/v1/messages`: 202 once the message is the node's own concern.
async fn message(
    State(context): State<Context>,
    Extension(Sender(from)): Extension<Sender>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let most = context.limits.message_bytes;
    let body = Limited::new(request.into_body(), most).collect().await.map_err(|e| {
        if e.is::<LengthLimitError>() {
            return Error::new(Kind::TooLarge, format!("must be at most {most} bytes")).field("message");
        }
        Error::invalid("could not be read to its end").field("message").because(e)
    })?;
    let message: Message = serde_json::from_slice(&body.to_bytes()).map_err(|e| {
        let words: String = e.to_string().chars().take(WORDS).collect();
        Error::invalid(format!("is not a message: {words}")).field("message")
    })?;
    context.handler.message(from, message).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /peer/v1/settlements/{settlement}/frames/{index}`: the frame's chunks, then its path.
async fn frame(
    State(context): State<Context>,
    Extension(Sender(from)): Extension<Sender>,
    Extension(link): Extension<Link>,
    Path((settlement, index)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let settlement: SettlementId = settlement.parse().map_err(|e: Error| e.field("settlement"))?;
    let index: u32 = index.parse().map_err(|_| Error::invalid("must be a frame's number").field("index"))?;
    let commitment = context.handler.entitled(from, settlement).await?;
    let turn = Arc::clone(&link.peer.frames).acquire_owned().await.map_err(Error::internal)?;
    let frame = context.vault.frame(&commitment, index).await?;
    let length = wire::frame_len(&commitment, index);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    Ok((headers, slices(&frame, turn)).into_response())
}

/// The frame's bytes bit by bit, so that its turn lasts until the connection has taken nearly all.
fn slices(frame: &Frame, turn: OwnedSemaphorePermit) -> Body {
    let mut chunks = frame.chunks.clone();
    let path = wire::path_bytes(frame);
    let mut parts = Vec::new();
    while !chunks.is_empty() {
        parts.push(chunks.split_to(chunks.len().min(SLICE)));
    }
    parts.push(path);
    let parts = parts.into_iter().map(move |part| {
        let _ = &turn;
        Ok::<Bytes, std::convert::Infallible>(part)
    });
    Body::from_stream(stream::iter(parts))
}
