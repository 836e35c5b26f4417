//! The chain's JSON-RPC, spoken directly: what a test does to a chain no node would ever do.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};

/// A chain's JSON-RPC endpoint.
#[derive(Clone, Debug)]
pub struct Rpc {
    url: String,
    http: reqwest::Client,
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Box<RawValue>>,
    error: Option<Value>,
}

impl Rpc {
    /// The endpoint at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), http: reqwest::Client::new() }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls `method` and reads its result.
    ///
    /// # Errors
    /// When the chain does not answer, or answers with an error.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.http.post(&self.url).json(&body).send().await?.json::<Answer>().await?;
        if let Some(error) = answer.error {
            bail!("{method}: {error}");
        }
        let result = answer.result.as_deref().map_or("null", RawValue::get);
        serde_json::from_str(result).with_context(|| format!("{method} answered something else"))
    }

    /// Calls all these methods in one request, in no order.
    ///
    /// # Errors
    /// When the chain does not answer, or answers one of them with an error.
    pub async fn batch(&self, calls: &[(&str, Value)]) -> Result<Vec<Value>> {
        let call = |(id, (method, params)): (usize, &(&str, Value))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let body: Vec<Value> = calls.iter().enumerate().map(call).collect();
        let answers = self.http.post(&self.url).json(&body).send().await?.json::<Vec<Answer>>().await?;
        let result = |answer: Answer| match answer.error {
            Some(error) => bail!("a call of a batch: {error}"),
            None => Ok(serde_json::from_str(answer.result.as_deref().map_or("null", RawValue::get))?),
        };
        answers.into_iter().map(result).collect()
    }

    /// The number of the newest block.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn head(&self) -> Result<u64> {
        let head: String = self.call("eth_blockNumber", json!([])).await?;
        number(&head)
    }

    /// The time of the newest block, in seconds.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn time(&self) -> Result<u64> {
        let block: Value = self.call("eth_getBlockByNumber", json!(["latest", false])).await?;
        number(block["timestamp"].as_str().context("a block without a time")?)
    }

    /// Makes one block now.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn mine(&self) -> Result<()> {
        self.call("evm_mine", json!([])).await.map(|_: Value| ())
    }

    /// Moves the chain's clock forward and makes a block at that time.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn skip(&self, seconds: u64) -> Result<()> {
        self.call("evm_increaseTime", json!([seconds])).await.map(|_: Value| ())?;
        self.mine().await
    }

    /// Moves the chain's clock to `time`, or leaves it where it is later.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn skip_to(&self, time: u64) -> Result<()> {
        match time.saturating_sub(self.time().await?) {
            0 => Ok(()),
            seconds => self.skip(seconds).await,
        }
    }

    /// Makes a block every so many seconds; none by itself if 0.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn every(&self, seconds: u64) -> Result<()> {
        self.call("anvil_setIntervalMining", json!([seconds])).await.map(|_: Value| ())
    }

    /// Replaces the newest `depth` blocks by empty ones.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn reorg(&self, depth: u64) -> Result<()> {
        self.call("anvil_reorg", json!([depth, []])).await.map(|_: Value| ())
    }

    /// Gives `address` this much gas money, in wei.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn set_balance(&self, address: impl ToString, wei: u128) -> Result<()> {
        let params = json!([address.to_string(), format!("{wei:#x}")]);
        self.call("anvil_setBalance", params).await.map(|_: Value| ())
    }
}

/// Reads a number as JSON-RPC writes it.
///
/// # Errors
/// When it is none.
pub fn number(text: &str) -> Result<u64> {
    let digits = text.trim_start_matches("0x");
    u64::from_str_radix(digits, 16).with_context(|| format!("{text} is not a number"))
}
