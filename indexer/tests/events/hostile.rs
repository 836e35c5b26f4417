//! An endpoint that misbehaves in every way that was ever seen, and a program that is killed at any moment.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use axum::{Router, body::Bytes, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use quittance_stories::rpc::number;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::world::World;

/// The seed of all faults.
const SEED: u64 = 20_261_123;

/// Longer than the mirror waits for an answer in these tests.
const STALL: Duration = Duration::from_secs(3);

struct Proxy {
    node: String,
    http: reqwest::Client,
    faulty: AtomicBool,
    dice: Mutex<StdRng>,
}

impl Proxy {
    /// Between a mirror and a node; four in ten answers are wrong.
    async fn start(node: &str) -> Result<(Arc<Self>, String)> {
        let dice = Mutex::new(StdRng::seed_from_u64(SEED));
        let http = reqwest::Client::new();
        let proxy = Arc::new(Self { node: node.to_owned(), http, faulty: AtomicBool::new(true), dice });
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&proxy));
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((proxy, url))
    }

    fn roll(&self, sides: u32) -> u32 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..sides)
    }

    async fn pass(&self, body: Bytes) -> Result<Bytes> {
        let request = self.http.post(&self.node).header("content-type", "application/json").body(body);
        Ok(request.send().await?.bytes().await?)
    }

    /// What a node says that is some blocks behind.
    async fn behind(&self, request: &Value, blocks: u64) -> Result<Value> {
        if let Some(calls) = request.as_array() {
            let mut answers = vec![];
            for call in calls {
                answers.push(Box::pin(self.behind(call, blocks)).await?);
            }
            return Ok(answers.into());
        }
        let newest = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
        let newest: Value = serde_json::from_slice(&self.pass(newest.to_string().into()).await?)?;
        let newest = number(newest["result"].as_str().context("no number")?)?.saturating_sub(blocks);
        let mut call = request.clone();
        if call["params"][0] == "latest" {
            call["params"][0] = format!("{newest:#x}").into();
        }
        let mut answer: Value = serde_json::from_slice(&self.pass(call.to_string().into()).await?)?;
        let late = |of: &Value| of.as_str().and_then(|text| number(text).ok()).is_some_and(|n| n > newest);
        match call["method"].as_str() {
            Some("eth_getLogs") => {
                if let Some(logs) = answer["result"].as_array_mut() {
                    logs.retain(|log| !late(&log["blockNumber"]));
                }
            }
            Some("eth_getBlockByNumber") if late(&call["params"][0]) => answer["result"] = Value::Null,
            _ => {}
        }
        Ok(answer)
    }
}

async fn answer(State(proxy): State<Arc<Proxy>>, body: Bytes) -> axum::response::Response {
    match faulty(&proxy, body).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn faulty(proxy: &Proxy, body: Bytes) -> Result<axum::response::Response> {
    let fault = if proxy.faulty.load(Ordering::Relaxed) { proxy.roll(20) } else { u32::MAX };
    let request: Value = serde_json::from_slice(&body)?;
    let by_hash = request["params"][0].get("blockHash").is_some();
    let error = |code: i64, message: &str| {
        json!({"jsonrpc": "2.0", "id": 0, "error": {"code": code, "message": message}}).to_string()
    };
    let response = match fault {
        0 => (StatusCode::TOO_MANY_REQUESTS, "slow down").into_response(),
        1 => (StatusCode::INTERNAL_SERVER_ERROR, "oh no").into_response(),
        2 => error(-32005, "daily request count exceeded, request rate limited").into_response(),
        3 => error(-32603, "internal error").into_response(),
        4 => {
            let whole = proxy.pass(body).await?;
            whole.slice(..whole.len() * 2 / 3).into_response()
        }
        5 if proxy.roll(4) == 0 => {
            sleep(STALL).await;
            proxy.pass(body).await?.into_response()
        }
        6 | 7 => proxy.behind(&request, u64::from(proxy.roll(6))).await?.to_string().into_response(),
        8 if by_hash => r#"{"jsonrpc":"2.0","id":0,"result":[]}"#.into_response(),
        // A log is missing, or the block became another between two calls.
        9 | 10 if by_hash => {
            let mut answer: Value = serde_json::from_slice(&proxy.pass(body).await?)?;
            if let Some(logs) = answer["result"].as_array_mut() {
                if fault == 9 {
                    logs.pop();
                } else {
                    logs.iter_mut().for_each(|log| log["blockHash"] = json!(alloy::primitives::B256::ZERO));
                }
            }
            answer.to_string().into_response()
        }
        11 if request["method"] == "eth_getLogs" && !by_hash => {
            error(-32005, "query returned more than 10000 results").into_response()
        }
        _ => proxy.pass(body).await?.into_response(),
    };
    Ok(response)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_and_nothing_doubled_behind_a_hostile_endpoint() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..80).await?;
    let (proxy, url) = Proxy::start(world.rpc().url()).await?;
    for db in world.databases()? {
        proxy.faulty.store(true, Ordering::Relaxed);
        let mut mirror = world.follow(&url, &db, &["--window", "40", "--rpc-timeout", "1s"])?;
        for round in 0..8 {
            world.blocks(round..round + 5).await?;
            world.rpc().reorg(1 + round % 4).await?;
            world.blocks(3..5).await?;
        }
        world.caught_up(&db, &mut mirror).await?;
        drop(mirror);
        assert_eq!(world.differences(&db).await?, 0, "{db}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_and_doubles_nothing() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..120).await?;
    let mut dice = StdRng::seed_from_u64(SEED);
    let url = world.rpc().url().to_owned();
    for db in world.databases()? {
        for n in 0..12 {
            let mut mirror = world.follow(&url, &db, &["--max-range", "4"])?;
            sleep(Duration::from_millis(dice.random_range(0..250))).await;
            mirror.kill();
            world.blocks(n % 4..n % 4 + 1).await?;
            if n % 3 == 0 {
                world.rpc().reorg(2).await?;
            }
        }
        world.once(&db).await?;
        assert_eq!(world.differences(&db).await?, 0, "{db}");
        let status = world.status(&db).await?;
        ensure!(status["block"]["number"].as_u64() == Some(world.rpc().head().await?), "{status}");
    }
    Ok(())
}
