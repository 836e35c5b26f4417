//! One endpoint: its address, which may hold a key and is never told, and how it is at the moment.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use alloy::transports::http::reqwest;
use quittance_domain::{Error, Result};
use tokio::time::Instant;

use super::refusal::{Hint, Refusal};

/// The longest rest of an endpoint that failed.
const LONGEST: Duration = Duration::from_secs(10);
const SHORTEST: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Endpoint {
    url: reqwest::Url,
    /// Blocks in a call, as far as is known.
    most_blocks: AtomicU64,
    /// The limit it named last.
    named: AtomicU64,
    failures: AtomicU32,
    takes_batches: AtomicBool,
    rests_until: Mutex<Option<Instant>>,
}

impl Endpoint {
    pub(super) fn new(url: &str, most_blocks: u64) -> Result<Self> {
        let wrong = || Error::invalid("is not an http:// or https:// address").field("rpc");
        let url: reqwest::Url = url.parse().map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong());
        }
        Ok(Self {
            url,
            most_blocks: most_blocks.max(1).into(),
            named: 0.into(),
            failures: 0.into(),
            takes_batches: true.into(),
            rests_until: Mutex::default(),
        })
    }

    /// Its host, which may be told.
    pub(super) fn name(&self) -> &str {
        self.url.host_str().unwrap_or("?")
    }

    /// Posts a body and returns the answer's.
    pub(super) async fn post(
        &self,
        http: &reqwest::Client,
        body: String,
        most: usize,
    ) -> Result<Vec<u8>, Refusal> {
        let request = http.post(self.url.clone()).header("content-type", "application/json").body(body);
        let mut response = request.send().await.map_err(down)?;
        let status = response.status().as_u16();
        let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok());
        let after = after.and_then(|after| after.parse().ok()).map(Duration::from_secs);
        let size = response.content_length().and_then(|size| usize::try_from(size).ok());
        let mut answer = Vec::with_capacity(size.unwrap_or_default().min(most));
        while let Some(chunk) = response.chunk().await.map_err(down)? {
            if answer.len() + chunk.len() > most {
                return Err(Refusal::TooMuch(None));
            }
            answer.extend_from_slice(&chunk);
        }
        // Some put a JSON-RPC error under a status of its own: the words tell more than the status.
        if status != 200 && !answer.starts_with(b"{") {
            return Err(Refusal::of_status(status, after, &String::from_utf8_lossy(&answer)));
        }
        if matches!(status, 429 | 503) {
            return Err(Refusal::Busy(after));
        }
        Ok(answer)
    }

    /// Whether it takes several calls in one request, as far as is known.
    pub(super) fn takes_batches(&self) -> bool {
        self.takes_batches.load(Ordering::Relaxed)
    }

    pub(super) fn no_batches(&self) {
        self.takes_batches.store(false, Ordering::Relaxed);
    }

    pub(super) fn most_blocks(&self) -> u64 {
        self.most_blocks.load(Ordering::Relaxed)
    }

    /// Notes that so many blocks were too many. A suggestion counts blocks, both ends included; who names the
    /// same limit again although it was kept counts otherwise, and gets one less.
    pub(super) fn too_much(&self, from: u64, asked: u64, hint: Option<Hint>) {
        let suggested = match hint {
            Some(Hint::Blocks(blocks)) => blocks,
            Some(Hint::Until(last)) => last.saturating_add(1).saturating_sub(from),
            None => 0,
        };
        let before = self.named.swap(suggested, Ordering::Relaxed);
        let fewer = match suggested {
            0 => asked / 2,
            blocks if blocks < asked => blocks,
            blocks if blocks == asked && before == blocks => blocks - 1,
            _ => asked / 2,
        };
        // What is asked for in the meantime may have set it lower.
        self.most_blocks.fetch_min(fewer.max(1), Ordering::Relaxed);
    }

    /// Lets it be asked for more again, after what it refused was answered in parts: what was too much there
    /// need not be elsewhere.
    pub(super) fn ease(&self, limit: u64) {
        if self.named.load(Ordering::Relaxed) == 0 {
            let more = self.most_blocks().saturating_add(self.most_blocks() / 4 + 1).min(limit);
            self.most_blocks.fetch_max(more, Ordering::Relaxed);
        }
    }

    /// Notes that it failed, and how long it is left alone: ever longer, and never as long as another one.
    pub(super) fn failed(&self, after: Option<Duration>) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        let wait = after.unwrap_or_else(|| SHORTEST.saturating_mul(1 << failures.min(8)));
        let jitter = rand::random_range(0.8..1.2);
        let until = Instant::now() + wait.clamp(SHORTEST, LONGEST).mul_f64(jitter);
        let mut rests = self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        *rests = Some(rests.map_or(until, |before| before.max(until)));
    }

    /// Notes that it answered.
    pub(super) fn answered_with<T>(&self, answer: T) -> T {
        self.failures.store(0, Ordering::Relaxed);
        answer
    }

    /// When it may be asked again; `None` is now.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        let rests = self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        rests.filter(|&until| until > Instant::now())
    }
}

/// What went wrong on the way, without the address.
fn down(error: reqwest::Error) -> Refusal {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Refusal::Down(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_found() -> Result<()> {
        let endpoint = Endpoint::new("http://127.0.0.1:1/secret", 1_000)?;
        endpoint.too_much(0, 1_000, None);
        assert_eq!(endpoint.most_blocks(), 500);
        endpoint.too_much(0, 500, Some(Hint::Blocks(100)));
        assert_eq!(endpoint.most_blocks(), 100);
        // It counts the steps between the blocks, so that 100 blocks are one too many.
        endpoint.too_much(0, 100, Some(Hint::Blocks(100)));
        assert_eq!(endpoint.most_blocks(), 99);
        endpoint.too_much(10, 99, Some(Hint::Until(19)));
        assert_eq!(endpoint.most_blocks(), 10);
        assert_eq!(endpoint.name(), "127.0.0.1");
        Ok(())
    }
}
