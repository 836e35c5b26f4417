//! A proxy between a node and who follows it, that does what bad networks, balancers and providers do.
//!
//! What it does to which request is drawn by a seeded generator. The node behind it stays honest, so that what is
//! true can always be asked there.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy::primitives::B256;
use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use crate::{replay::Style, rpc::number};

/// The longest request that is passed on.
const REQUEST_BYTES: usize = 4 << 20;

/// How far behind a node behind a balancer may be.
const LAG: u64 = 6;

/// The longest silence before an answer.
const STALL: Duration = Duration::from_secs(4);

/// What is done to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// 502 and a page of HTML.
    BadGateway,
    /// 503 and nothing.
    Unavailable,
    /// An error of the node's own, under a good status.
    Internal,
    /// 429 in some provider's words.
    TooMany,
    /// The first part of the answer, as if it were all.
    Truncated,
    /// A long silence before the answer.
    Stall,
    /// A connection that is closed instead of an answer.
    Hangup,
    /// No logs where there may be some: what a node answers for blocks that it does not have yet.
    Empty,
    /// What a node says that is some blocks behind, also where several calls come at once.
    Lag,
    /// A log of the block that was asked about is missing.
    MissingLog,
    /// The logs of a sibling of the block that was asked about.
    Orphan,
    /// A transaction that is taken, as it seems, and lost.
    Swallowed,
    /// A connection that is closed after the request was passed on.
    HangupAfter,
    /// A range refused as too large, under the code that others use for asking too often.
    TooLarge,
    /// The last log of the block that was asked about is missing where the one before is like it, so that the
    /// block's bloom filter does not tell. Its receipts do, so it is not one of [`FAULTS`].
    MissingTwin,
}

/// Each with how often it is drawn: what a mirror and a sender stand without being told to.
pub const FAULTS: [(Fault, u32); 14] = [
    (Fault::BadGateway, 2),
    (Fault::Unavailable, 1),
    (Fault::Internal, 1),
    (Fault::TooMany, 2),
    (Fault::Truncated, 2),
    (Fault::Stall, 1),
    (Fault::Hangup, 2),
    (Fault::Empty, 4),
    (Fault::Lag, 4),
    (Fault::MissingLog, 2),
    (Fault::Orphan, 2),
    (Fault::TooLarge, 2),
    (Fault::Swallowed, 2),
    (Fault::HangupAfter, 2),
];

/// A running proxy, stopped when dropped.
#[derive(Debug)]
pub struct Faulty {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    node: String,
    http: reqwest::Client,
    faults: Vec<(Fault, u32)>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: StdRng,
    /// Of a thousand requests, so many meet a fault.
    per_mille: u32,
    requests: u64,
    counts: BTreeMap<Fault, u64>,
}

impl Faulty {
    /// Passes requests at this port on to `node`; of a thousand, `per_mille` meet a fault.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(node: &str, seed: u64, per_mille: u32, port: u16) -> Result<Self> {
        Self::with(node, seed, per_mille, port, &FAULTS).await
    }

    /// Passes requests on, and does nothing else to them than these faults, each as often as is said with it.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn with(
        node: &str,
        seed: u64,
        per_mille: u32,
        port: u16,
        faults: &[(Fault, u32)],
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let random = StdRng::seed_from_u64(seed);
        let state = Mutex::new(State { random, per_mille, requests: 0, counts: BTreeMap::new() });
        let (node, http) = (node.to_owned(), reqwest::Client::new());
        let shared = Arc::new(Shared { node, http, faults: faults.to_vec(), state });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { url, shared, task })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on every request is answered as the node answers it.
    pub fn calm(&self) {
        self.shared.state().per_mille = 0;
    }

    /// How many requests there were, and how often each fault was met.
    #[must_use]
    pub fn counts(&self) -> (u64, BTreeMap<Fault, u64>) {
        let state = self.shared.state();
        (state.requests, state.counts.clone())
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to happen to the next request, and a number for how.
    fn draw(&self) -> (Option<Fault>, u64) {
        let mut state = self.state();
        state.requests += 1;
        let how = state.random.random();
        if state.random.random_range(0..1000) >= state.per_mille {
            return (None, how);
        }
        let drawn = self.faults.choose_weighted(&mut state.random, |(_, weight)| *weight);
        (drawn.ok().map(|(fault, _)| *fault), how)
    }

    fn met(&self, fault: Fault) {
        *self.state().counts.entry(fault).or_default() += 1;
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
    // An error is a connection that ended, be it by our own doing.
    let service = service_fn(|request| respond(request, &shared));
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

/// A connection that is closed without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed")
    }
}

impl std::error::Error for Closed {}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>;

async fn respond(request: Request<Incoming>, shared: &Shared) -> Result<Response<Body>, Closed> {
    let body = Limited::new(request.into_body(), REQUEST_BYTES).collect().await.map_err(|_| Closed)?;
    let call: Value = serde_json::from_slice(&body.to_bytes()).map_err(|_| Closed)?;
    let (fault, how) = shared.draw();
    if let Some(fault) = fault.filter(|fault| applies(*fault, &call)) {
        shared.met(fault);
        return afflict(fault, how, call, shared).await;
    }
    let (status, answer) = pass_on(&call, shared).await?;
    Ok(answered(status, answer))
}

/// The calls of a request.
fn listed(request: &Value) -> &[Value] {
    request.as_array().map_or(std::slice::from_ref(request), Vec::as_slice)
}

/// The answer to a transaction that is taken, as it seems.
fn swallowed(call: &Value) -> Option<Value> {
    let raw = alloy::hex::decode(call["params"][0].as_str()?).ok()?;
    Some(json!({"jsonrpc": "2.0", "id": call["id"], "result": alloy::primitives::keccak256(raw)}))
}

/// Some faults only show in the answers to some methods.
fn applies(fault: Fault, call: &Value) -> bool {
    let logs = call["method"] == "eth_getLogs";
    let by_hash = call["params"][0].get("blockHash").is_some();
    match fault {
        Fault::Empty => logs,
        Fault::MissingLog | Fault::Orphan => logs && by_hash,
        Fault::MissingTwin => logs && by_hash || call["method"] == "eth_getBlockReceipts",
        Fault::TooLarge => logs && !by_hash,
        Fault::Swallowed => listed(call).iter().all(|call| call["method"] == "eth_sendRawTransaction"),
        _ => true,
    }
}

async fn afflict(fault: Fault, how: u64, call: Value, shared: &Shared) -> Result<Response<Body>, Closed> {
    let id = call["id"].clone();
    let answer = |result: Value| json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string().into();
    match fault {
        Fault::BadGateway => Ok(answered(502, Bytes::from_static(b"<html><h1>502 Bad Gateway</h1></html>"))),
        Fault::Unavailable => Ok(answered(503, Bytes::new())),
        Fault::Hangup => Err(Closed),
        Fault::HangupAfter => {
            pass_on(&call, shared).await?;
            Err(Closed)
        }
        Fault::Swallowed => {
            let answers = listed(&call).iter().map(swallowed).collect::<Option<Vec<_>>>().ok_or(Closed)?;
            let answer = if call.is_array() { json!(answers) } else { json!(answers.first()) };
            Ok(answered(200, answer.to_string().into()))
        }
        Fault::TooMany => {
            let styles = [Style::Infura, Style::Alchemy, Style::Quicknode, Style::Geth];
            let style = styles[usize::try_from(how % 4).unwrap_or(0)];
            let error = style.rate(50).error();
            Ok(answered(429, json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string().into()))
        }
        Fault::Truncated => {
            let (status, bytes) = pass_on(&call, shared).await?;
            let length = bytes.len().max(1) as u64;
            let cut = usize::try_from(how % length).unwrap_or(0);
            Ok(answered(status, bytes.slice(..cut)))
        }
        Fault::Stall => {
            sleep(STALL.mul_f64(f64::from(u32::try_from(how % 1000).unwrap_or(0)) / 1000.0)).await;
            let (status, bytes) = pass_on(&call, shared).await?;
            Ok(answered(status, bytes))
        }
        Fault::Empty => Ok(answered(200, answer(json!([])))),
        Fault::Lag => {
            let head = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
            let head = ask(&head, shared).await?;
            let head = head["result"].as_str().and_then(|head| number(head).ok()).ok_or(Closed)?;
            let answer = behind(&call, head.saturating_sub(1 + how % LAG), shared).await?;
            Ok(answered(200, answer.to_string().into()))
        }
        Fault::MissingLog | Fault::Orphan => {
            let mut answer = ask(&call, shared).await?;
            if let Some(logs) = answer["result"].as_array_mut() {
                if fault == Fault::MissingLog {
                    logs.pop();
                } else {
                    logs.iter_mut().for_each(|log| log["blockHash"] = json!(B256::ZERO));
                }
            }
            Ok(answered(200, answer.to_string().into()))
        }
        Fault::MissingTwin => {
            let mut answer = ask(&call, shared).await?;
            drop_twin(&mut answer["result"]);
            Ok(answered(200, answer.to_string().into()))
        }
        Fault::Internal => Ok(refused(&call, -32603, "internal error")),
        Fault::TooLarge => Ok(refused(&call, -32005, "query returned more than 10000 results")),
    }
}

/// Leaves out the last of a block's logs, be they in its receipts, if the one before has its address and topics.
fn drop_twin(result: &mut Value) {
    let Some(list) = result.as_array_mut() else { return };
    let logs = |item: &Value| item["logs"].as_array().cloned().unwrap_or_else(|| vec![item.clone()]);
    let all: Vec<Value> = list.iter().flat_map(logs).collect();
    let [.., one, other] = all.as_slice() else { return };
    if one["address"] != other["address"] || one["topics"] != other["topics"] {
        return;
    }
    let mut receipts = list.iter_mut().rev().filter_map(|item| item["logs"].as_array_mut());
    match receipts.find(|logs| !logs.is_empty()) {
        Some(logs) => drop(logs.pop()),
        None => drop(list.pop()),
    }
}

fn refused(call: &Value, code: i64, message: &str) -> Response<Body> {
    let error = json!({"code": code, "message": message});
    answered(200, json!({"jsonrpc": "2.0", "id": call["id"], "error": error}).to_string().into())
}

/// What a node says whose newest block is `newest`.
async fn behind(call: &Value, newest: u64, shared: &Shared) -> Result<Value, Closed> {
    if let Some(calls) = call.as_array() {
        let mut answers = vec![];
        for call in calls {
            answers.push(Box::pin(behind(call, newest, shared)).await?);
        }
        return Ok(answers.into());
    }
    let mut call = call.clone();
    if call["params"][0] == "latest" {
        call["params"][0] = json!(format!("{newest:#x}"));
    }
    let mut answer = ask(&call, shared).await?;
    let late = |of: &Value| of.as_str().and_then(|text| number(text).ok()).is_some_and(|n| n > newest);
    match call["method"].as_str() {
        Some("eth_blockNumber") => answer["result"] = json!(format!("{newest:#x}")),
        Some("eth_getBlockByNumber") if late(&call["params"][0]) => answer["result"] = Value::Null,
        Some("eth_getLogs") => {
            if let Some(logs) = answer["result"].as_array_mut() {
                logs.retain(|log| !late(&log["blockNumber"]));
            }
        }
        _ => {}
    }
    Ok(answer)
}

async fn ask(call: &Value, shared: &Shared) -> Result<Value, Closed> {
    let (_, bytes) = pass_on(call, shared).await?;
    serde_json::from_slice(&bytes).map_err(|_| Closed)
}

async fn pass_on(call: &Value, shared: &Shared) -> Result<(u16, Bytes), Closed> {
    let answer = shared.http.post(&shared.node).json(call).send().await.map_err(|_| Closed)?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await.map_err(|_| Closed)?))
}

fn answered(status: u16, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(body).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}
