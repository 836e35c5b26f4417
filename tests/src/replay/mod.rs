//! A chain's past served from memory, with the manners of a provider: latency, limits and refusals.
//!
//! It answers what a mirror asks for: blocks without their transactions, logs and receipts, as the node said them
//! that they were recorded from, and fast enough that who asks is what is measured.

mod answer;
mod recording;
mod refusal;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    header::{CONTENT_LENGTH, CONTENT_TYPE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep},
};

use answer::Reply;
pub use recording::Recording;
pub use refusal::{Refusal, Style};

/// The longest request that is read.
const REQUEST_BYTES: usize = 4 << 20;

/// What kind of a provider it is. Without any of these it is as fast and patient as it can be.
#[derive(Args, Clone, Debug, Default)]
pub struct Manners {
    /// Milliseconds before each answer.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// The most blocks that eth_getLogs is answered for.
    #[arg(long, value_name = "N")]
    pub max_range: Option<u64>,
    /// The most logs in an answer.
    #[arg(long, value_name = "N")]
    pub max_logs: Option<u64>,
    /// Calls that are answered within a second.
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    /// Whose words it refuses a call with.
    #[arg(long, value_name = "NAME", default_value = "plain")]
    pub error_style: Style,
}

/// A running server, stopped when dropped.
#[derive(Debug)]
pub struct Replay {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    recording: Arc<Recording>,
    manners: Manners,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// How often each method was called; a refused call counts too.
    calls: BTreeMap<String, u64>,
    /// Calls that are free right now, and since when.
    left: f64,
    since: Instant,
}

impl Replay {
    /// Serves a recording on this port.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(recording: Arc<Recording>, manners: Manners, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let left = f64::from(manners.rate.unwrap_or(0));
        let state = State { calls: BTreeMap::new(), left, since: Instant::now() };
        let shared = Arc::new(Shared { recording, manners, state: Mutex::new(state) });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { url, shared, task })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often each method was called since the last time this was asked.
    #[must_use]
    pub fn take_calls(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.shared.state().calls)
    }

    /// Waits for as long as it serves, which is until it is dropped.
    pub async fn wait(&mut self) {
        // The task ends only by being aborted.
        drop((&mut self.task).await);
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts these calls, and says whether there were too many within a second.
    fn admit<'a>(&self, methods: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
        let mut state = self.state();
        let mut count = 0.0;
        for method in methods {
            *state.calls.entry(method.to_owned()).or_default() += 1;
            count += 1.0;
        }
        let Some(rate) = self.manners.rate else { return Ok(()) };
        let now = Instant::now();
        let earned = now.duration_since(state.since).as_secs_f64() * f64::from(rate);
        state.left = (state.left + earned).min(f64::from(rate));
        state.since = now;
        if state.left < count {
            return Err(self.manners.error_style.rate(rate));
        }
        state.left -= count;
        Ok(())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // One that could not be accepted is the client's to try again.
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(serve(stream, shared.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Neither failing is ours to handle: the client is gone.
    drop(stream.set_nodelay(true));
    let service = service_fn(|request| respond(request, &shared));
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn respond(request: Request<Incoming>, shared: &Shared) -> Result<Response<Body>, hyper::http::Error> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/calls") => {
            let calls = serde_json::json!(shared.state().calls).to_string();
            send(Reply { status: 200, parts: vec![calls.into()] })
        }
        (&Method::DELETE, "/calls") => {
            shared.state().calls.clear();
            send(Reply { status: 204, parts: Vec::new() })
        }
        (&Method::POST, _) => {
            let body = Limited::new(request.into_body(), REQUEST_BYTES).collect().await;
            let (body, ()) =
                tokio::join!(async { body.map(|body| body.to_bytes()) }, sleep(latency(&shared.manners)));
            match body {
                Ok(body) => send(answer::reply(&body, shared)),
                Err(_) => send(Reply { status: 413, parts: Vec::new() }),
            }
        }
        _ => send(Reply { status: 404, parts: Vec::new() }),
    }
}

fn latency(manners: &Manners) -> Duration {
    Duration::from_millis(manners.latency)
}

fn send(reply: Reply) -> Result<Response<Body>, hyper::http::Error> {
    let length: usize = reply.parts.iter().map(Bytes::len).sum();
    let frames = reply.parts.into_iter().map(|part| Ok(Frame::data(part)));
    let body = StreamBody::new(futures::stream::iter(frames));
    Response::builder()
        .status(StatusCode::from_u16(reply.status)?)
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, length)
        .body(body.boxed_unsync())
}
