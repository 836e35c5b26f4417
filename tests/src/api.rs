//! A node's HTTP API, as a client sees it.

use std::time::Duration;

use alloy::primitives::{Address, B256};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub use crate::trade::{Deal, Offer, Place, Step, Trade};

/// The limit for one request; a document of many megabytes is one request too.
const REQUEST: Duration = Duration::from_secs(60);

/// A node's HTTP API.
#[derive(Clone, Debug)]
pub struct Api {
    root: String,
    http: reqwest::Client,
}

/// An answer as it came, for those who look at refusals.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The media type.
    pub media_type: String,
    /// The body, as JSON where it is that.
    pub body: Value,
}

/// A refusal by the node.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What was asked.
    pub request: String,
    /// The answer.
    pub answer: Answer,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Answer { status, body, .. } = &self.answer;
        let detail = ["detail", "error", "title"].iter().find_map(|name| body[*name].as_str());
        write!(f, "{} answered {status}: {}", self.request, detail.unwrap_or_default())
    }
}

impl std::error::Error for Refused {}

/// What a node says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// Its party's name.
    pub name: String,
    /// Its party's DID.
    pub did: String,
    /// Its party's address.
    pub address: Address,
    /// Whether the chain knows its party.
    pub registered: bool,
    /// The newest block that it has taken in.
    pub head: Option<Head>,
}

/// A block as a node names it.
#[derive(Clone, Debug, Deserialize)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, in seconds.
    pub timestamp: u64,
}

/// A party as the registry has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Address,
}

/// Something a node was asked to do.
#[derive(Clone, Debug, Deserialize)]
pub struct Accepted {
    /// What to ask for later.
    #[serde(alias = "localId")]
    pub id: String,
}

/// A document that a node added.
#[derive(Clone, Debug, Deserialize)]
pub struct Document {
    /// Its id, which is the deed's token id too.
    pub id: B256,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// The transaction that registers it.
    pub transaction: Accepted,
}

/// What one party has in one pool, or one deed of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// The pool's name.
    pub pool_name: String,
    /// Whose.
    pub key: Address,
    /// How much.
    pub balance: String,
    /// Which deed.
    pub token_index: Option<String>,
}

impl Api {
    /// The API at this address, `http://127.0.0.1:5000` for example.
    #[must_use]
    pub fn new(root: impl Into<String>) -> Self {
        // A connection for each request: nodes are killed and started again under our hands.
        let http = reqwest::Client::builder().timeout(REQUEST).pool_max_idle_per_host(0);
        let http = http.build().unwrap_or_default();
        Self { root: root.into(), http }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Asks, and takes any answer.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ask(&self, method: Method, path: &str, media_type: &str, body: Vec<u8>) -> Result<Answer> {
        let url = format!("{}{path}", self.root);
        let mut request = self.http.request(method, url);
        if !media_type.is_empty() {
            request = request.header(CONTENT_TYPE, media_type);
        }
        let response = request.body(body).send().await?;
        let status = response.status();
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default().to_owned();
        let bytes = response.bytes().await?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        Ok(Answer { status, media_type, body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()) })
    }

    /// Asks, and reads the answer if it is not a refusal.
    async fn read<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> Result<T> {
        let request = format!("{method} {path}");
        let (media_type, body) = match body {
            Some(body) => ("application/json", serde_json::to_vec(&body)?),
            None => ("", Vec::new()),
        };
        let answer = self.ask(method, path, media_type, body).await.with_context(|| request.clone())?;
        if !answer.status.is_success() {
            return Err(Refused { request, answer }.into());
        }
        serde_json::from_value(answer.body.clone())
            .with_context(|| format!("{request} answered something else: {}", answer.body))
    }

    /// Reads what is at `path`.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read(Method::GET, path, None).await
    }

    /// Asks for something to be done.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> Result<T> {
        self.read(Method::POST, path, Some(body)).await
    }

    /// Whether the node has caught up with the chain.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn is_ready(&self) -> Result<bool> {
        Ok(self.ask(Method::GET, "/readyz", "", Vec::new()).await?.status.is_success())
    }

    /// What the node says of itself.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn status(&self) -> Result<NodeStatus> {
        self.get("/api/v1/status").await
    }

    /// Who is in the registry.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn parties(&self) -> Result<Vec<Party>> {
        self.get("/api/v1/parties").await
    }

    /// Puts the node's own party into the registry.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn register(&self) -> Result<Accepted> {
        self.post("/api/v1/parties/self", json!({})).await
    }

    /// Adds a document and registers its commitment.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn add_document(&self, name: &str, media_type: &str, bytes: Vec<u8>) -> Result<Document> {
        let url = format!("{}/api/v1/documents", self.root);
        let query = [("name", name), ("mediaType", media_type)];
        let request = self.http.post(url).query(&query).header(CONTENT_TYPE, "application/octet-stream");
        let response = request.body(bytes).send().await?;
        let (status, body) = (response.status(), response.json::<Value>().await?);
        if !status.is_success() {
            let answer = Answer { status, media_type: String::new(), body };
            return Err(Refused { request: "POST /api/v1/documents".into(), answer }.into());
        }
        Ok(serde_json::from_value(body)?)
    }

    /// What the node says of a document.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn document(&self, id: B256) -> Result<Value> {
        self.get(&format!("/api/v1/documents/{id}")).await
    }

    /// A document's bytes.
    ///
    /// # Errors
    /// When the node does not hold it or does not answer.
    pub async fn content(&self, id: B256) -> Result<Vec<u8>> {
        let url = format!("{}/api/v1/documents/{id}/content", self.root);
        Ok(self.http.get(url).send().await?.error_for_status()?.bytes().await?.to_vec())
    }

    /// Makes money for `to`.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn mint_cash(&self, to: Address, amount: u64) -> Result<Accepted> {
        let body = json!({"pool": "cash", "amount": amount.to_string(), "to": to});
        self.post("/api/v1/tokens/mint", body).await
    }

    /// Makes the deed of a document for the node's own party.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn mint_deed(&self, document: B256) -> Result<Accepted> {
        self.post("/api/v1/tokens/mint", json!({"pool": "deed", "tokenIndex": document})).await
    }

    /// What the node did about something it was asked to do.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn transaction(&self, id: &str) -> Result<Value> {
        self.get(&format!("/api/v1/transactions/{id}")).await
    }

    /// What somebody has, by the node's own database.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn balances(&self, of: Address) -> Result<Vec<Balance>> {
        self.get(&format!("/api/v1/tokens/balances?limit=1000&key={of}")).await
    }

    /// Offers a deal.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn propose(&self, offer: &Offer) -> Result<Trade> {
        self.post("/api/v1/dvp", serde_json::to_value(offer)?).await
    }

    /// Accepts a deal; with `hold`, its leg waits to be asked for.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn accept(&self, id: B256, hold: bool) -> Result<Trade> {
        self.post(&format!("/api/v1/dvp/{id}/accept"), json!({"hold": hold})).await
    }

    /// Locks the leg that was on hold.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn fund(&self, id: B256) -> Result<Trade> {
        self.post(&format!("/api/v1/dvp/{id}/fund"), json!({})).await
    }

    /// How a trade stands.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn trade(&self, id: B256) -> Result<Trade> {
        self.get(&format!("/api/v1/dvp/{id}")).await
    }
}
