//! The chain's JSON-RPC for a mirror: blocks' headers and logs from one endpoint or several, as fast as they
//! answer and no faster than they like.
//!
//! Answers are read where they lie, and only the fields that are needed; what an endpoint refuses is asked for
//! in other words, later, in parts, or elsewhere. What comes out of here fits together: a range is whole, in
//! order, and from a node that had all of it.

mod endpoint;
mod heads;
mod json;
mod pace;
mod range;
mod receipts;
mod refusal;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use alloy::{primitives::B256, transports::http::reqwest};
use quittance_domain::{Error, Result};
use serde::de::DeserializeOwned;

pub use heads::{Told, heads};
pub use json::{Header, Log, Topics};
pub use range::{Check, Filter, LogsOf};

use endpoint::Endpoint;
use json::{Answer, Number};
use pace::Pace;
use refusal::Refusal;

/// How endpoints are asked.
#[derive(Clone, Copy, Debug)]
pub struct WireConfig {
    /// How long one call may take.
    pub timeout: Duration,
    /// Blocks in a call.
    pub most_blocks: u64,
    /// Calls under way at once.
    pub most_at_once: u64,
    /// Bytes in an answer.
    pub most_bytes: usize,
}

impl Default for WireConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            most_blocks: 100_000,
            most_at_once: 32,
            most_bytes: 32 << 20,
        }
    }
}

/// Headers that are asked for in one request.
const HEADERS: usize = 100;

/// How often a call is made before it is given back as failed.
const TRIES: usize = 4;

/// One chain, behind one endpoint or several.
#[derive(Debug)]
pub struct Wire {
    http: reqwest::Client,
    endpoints: Vec<Endpoint>,
    next: AtomicUsize,
    pace: Pace,
    sparse: range::Sparse,
    config: WireConfig,
}

impl Wire {
    /// Endpoints of one chain, none of them asked yet.
    ///
    /// # Errors
    /// When there is none, or an address is none.
    pub fn new(urls: &[String], config: WireConfig) -> Result<Self> {
        if urls.is_empty() {
            return Err(Error::invalid("names no endpoint").field("rpc"));
        }
        let http = reqwest::Client::builder()
            .timeout(config.timeout)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Error::internal)?;
        let endpoints =
            urls.iter().map(|url| Endpoint::new(url, config.most_blocks)).collect::<Result<_>>()?;
        let pace = Pace::new(config.most_blocks, config.most_at_once);
        Ok(Self { http, endpoints, next: AtomicUsize::new(0), pace, sparse: Default::default(), config })
    }

    /// The chain's number, on which all endpoints that answer agree.
    ///
    /// # Errors
    /// When none answers, or two answer for different chains.
    pub async fn chain_id(&self) -> Result<u64> {
        let mut ids = vec![];
        let mut last = None;
        for endpoint in &self.endpoints {
            match self.ask::<Number>(endpoint, &call(0, "eth_chainId", "")).await {
                Ok(id) => ids.push(id.0),
                Err(refusal) => last = Some(self.note(endpoint, refusal)),
            }
        }
        match (ids.first(), last) {
            (Some(first), _) if ids.iter().all(|id| id == first) => Ok(*first),
            (Some(_), _) => Err(Error::invalid("the endpoints are of different chains").field("rpc")),
            (None, error) => Err(error.unwrap_or_else(|| Error::internal("no endpoint"))),
        }
    }

    /// The newest block. How long this takes says how far away the endpoints are.
    ///
    /// # Errors
    /// When no endpoint answers.
    pub async fn head(&self) -> Result<Header> {
        let start = Instant::now();
        let head = self.call("eth_getBlockByNumber", r#""latest",false"#).await?;
        self.pace.round_trip(start.elapsed());
        head.ok_or_else(|| lagging("there is no latest block"))
    }

    /// The block at this height.
    ///
    /// # Errors
    /// When no endpoint answers, or it is not there.
    pub async fn header(&self, number: u64) -> Result<Header> {
        let header: Option<Header> =
            self.call("eth_getBlockByNumber", &format!("\"{number:#x}\",false")).await?;
        let header = header.filter(|header| header.number == number);
        header.ok_or_else(|| lagging(&format!("block {number} is not there yet")))
    }

    /// The blocks at these heights, in few requests.
    ///
    /// # Errors
    /// When no endpoint answers, or one of them is not there.
    pub async fn headers(&self, numbers: &[u64]) -> Result<Vec<Header>> {
        let mut headers = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(HEADERS) {
            let calls = some
                .iter()
                .enumerate()
                .map(|(id, number)| call(id, "eth_getBlockByNumber", &format!("\"{number:#x}\",false")));
            let calls = format!("[{}]", calls.collect::<Vec<_>>().join(","));
            match self.batch::<Header>(&calls, some.len()).await {
                Ok(batch) => headers.extend(batch),
                // There are endpoints that take one call at a time.
                Err(_) => {
                    for &number in some {
                        headers.push(self.header(number).await?);
                    }
                }
            }
        }
        let fit = headers.iter().zip(numbers).all(|(header, &number)| header.number == number);
        if fit { Ok(headers) } else { Err(lagging("headers of other blocks than were asked for")) }
    }

    /// Several calls in one request, and the results of all.
    async fn batch<T: DeserializeOwned>(&self, calls: &str, count: usize) -> Result<Vec<T>> {
        let mut tries = 0;
        loop {
            let endpoint = self.rested().await;
            match self.batch_of(endpoint, calls, count).await {
                Ok(results) => return Ok(endpoint.answered_with(results)),
                Err(refusal) => self.again(endpoint, refusal, &mut tries)?,
            }
        }
    }

    async fn batch_of<T: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        calls: &str,
        count: usize,
    ) -> Result<Vec<T>, Refusal> {
        let body = endpoint.post(&self.http, calls.to_owned(), self.config.most_bytes).await?;
        let mut answers: Vec<Answer<'_, T>> =
            serde_json::from_slice(&body).map_err(|error| Refusal::No(error.to_string()))?;
        answers.sort_by_key(|answer| answer.id);
        let results: Vec<T> = answers.into_iter().filter_map(|answer| answer.result).collect();
        if results.len() == count { Ok(results) } else { Err(Refusal::No("a part is missing".into())) }
    }

    /// Calls a method on the endpoints in turn until one answers.
    async fn call<T: DeserializeOwned>(&self, method: &str, params: &str) -> Result<Option<T>> {
        let (body, mut tries) = (call(0, method, params), 0);
        loop {
            let endpoint = self.rested().await;
            match self.ask_maybe(endpoint, &body).await {
                Ok(result) => return Ok(endpoint.answered_with(result)),
                Err(refusal) => self.again(endpoint, refusal, &mut tries)?,
            }
        }
    }

    /// Notes a refusal; an error once there were too many.
    fn again(&self, endpoint: &Endpoint, refusal: Refusal, tries: &mut usize) -> Result<()> {
        *tries += 1;
        let error = self.note(endpoint, refusal);
        if *tries < TRIES.max(self.endpoints.len()) { Ok(()) } else { Err(error) }
    }

    async fn ask<T: DeserializeOwned>(&self, endpoint: &Endpoint, body: &str) -> Result<T, Refusal> {
        self.ask_maybe(endpoint, body).await?.ok_or_else(|| Refusal::Down("null".into()))
    }

    async fn ask_maybe<T: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        body: &str,
    ) -> Result<Option<T>, Refusal> {
        let bytes = endpoint.post(&self.http, body.to_owned(), self.config.most_bytes).await?;
        let answer: Answer<'_, T> =
            serde_json::from_slice(&bytes).map_err(|error| Refusal::Down(error.to_string()))?;
        match answer.error {
            Some(failure) => Err(Refusal::of_error(failure.code, &failure.message)),
            None => Ok(answer.result),
        }
    }

    /// The next endpoint that is not resting; if all are, the one that wakes first, when it does.
    async fn rested(&self) -> &Endpoint {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let turn = |n: usize| &self.endpoints[(start.wrapping_add(n)) % self.endpoints.len()];
        let mut first: Option<(tokio::time::Instant, &Endpoint)> = None;
        for endpoint in (0..self.endpoints.len()).map(turn) {
            match endpoint.rests_until() {
                None => return endpoint,
                Some(until) if first.is_none_or(|(sooner, _)| until < sooner) => {
                    first = Some((until, endpoint))
                }
                Some(_) => {}
            }
        }
        match first {
            Some((until, endpoint)) => {
                tokio::time::sleep_until(until).await;
                endpoint
            }
            None => &self.endpoints[0],
        }
    }

    /// Notes what a refusal says about an endpoint, and makes an error of it.
    fn note(&self, endpoint: &Endpoint, refusal: Refusal) -> Error {
        let inside = match refusal {
            Refusal::Busy(after) => {
                self.pace.busy();
                endpoint.failed(after);
                "too many calls".to_owned()
            }
            Refusal::TooMuch(_) => "too much was asked for".to_owned(),
            Refusal::Unclear => {
                endpoint.failed(None);
                "some limit was exceeded".to_owned()
            }
            Refusal::Down(why) => {
                endpoint.failed(None);
                why
            }
            Refusal::No(why) => why,
        };
        let name = endpoint.name();
        tracing::debug!(endpoint = name, inside, "an endpoint refused");
        Error::unavailable(
            "the chain's RPC endpoint does not answer as it should",
            format!("{name}: {inside}"),
        )
    }
}

/// A call's body.
fn call(id: usize, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":[{params}]}}"#)
}

/// One answer contradicts another: behind a balancer not all nodes are equally far. Asking again helps.
fn lagging(inside: &str) -> Error {
    Error::unavailable("the chain's RPC endpoint contradicts itself", inside)
}

/// A hash as a parameter.
fn quoted(hash: &B256) -> String {
    format!("\"{hash:#x}\"")
}
