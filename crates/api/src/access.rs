//! Who may ask for what. A node asks everybody for a key once it has a list of keys, of which it knows the hashes only;
//! one without a list asks nobody, and belongs where only friends reach it.

use std::{collections::HashMap, fmt, num::NonZeroU32, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock};
use headers::{
    Authorization, HeaderMapExt,
    authorization::{Basic, Bearer},
};
use quittance_domain::B256;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Api, origins, problem::Problem};

/// What a key may be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Lists, one by one, and events; no document's content.
    Read,
    /// Whatever changes something, or makes a transaction.
    Write,
    /// The content of documents: to add it, and to get it out.
    Documents,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Documents => "documents",
        })
    }
}

impl Scope {
    /// What a request needs; nothing where it only asks whether the node is well.
    fn of(method: &Method, path: &str) -> Option<Self> {
        let Some(path) = path.strip_prefix("/api/v1/") else {
            return (path != "/healthz" && path != "/readyz").then_some(Self::Read);
        };
        let within = path.strip_prefix("namespaces/").and_then(|path| path.split_once('/'));
        let path = within.map_or(path, |(_, path)| path);
        let parts: Vec<&str> = path.split('/').collect();
        Some(match parts[..] {
            ["documents"] if method == Method::POST => Self::Documents,
            ["documents", _, "content"] => Self::Documents,
            _ if is_reading(method) => Self::Read,
            _ => Self::Write,
        })
    }
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// A key that a node knows.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whose it is, as the log tells it.
    pub name: String,
    /// The SHA-256 of the key's text. A key is 256 random bits, so that this says nothing about it.
    pub sha256: B256,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// Requests in a second, and at once; no limit if unsaid.
    pub per_second: Option<NonZeroU32>,
    /// The wall time from which on it is good for nothing, in milliseconds.
    pub expires: Option<u64>,
}

/// A key, and what is left of its rate.
#[derive(Debug)]
struct Known {
    key: Key,
    rate: Option<DefaultDirectRateLimiter>,
}

/// Who may come in.
#[derive(Clone, Debug)]
pub struct Access(Option<Arc<HashMap<B256, Known>>>);

impl Access {
    /// Nobody is asked who they are.
    #[must_use]
    pub const fn open() -> Self {
        Self(None)
    }

    /// Who has one of these keys.
    #[must_use]
    pub fn keys(keys: Vec<Key>) -> Self {
        let known = |key: Key| {
            let rate = key.per_second.map(|rate| RateLimiter::direct(Quota::per_second(rate)));
            (key.sha256, Known { key, rate })
        };
        Self(Some(Arc::new(keys.into_iter().map(known).collect())))
    }

    /// Lets a request in, or says why not.
    fn admit(&self, need: Scope, headers: &HeaderMap, now: u64) -> Result<Pass, Problem> {
        let Some(known) = &self.0 else { return Ok(Pass(None)) };
        let (name, text) = presented(headers).ok_or_else(|| unauthorized("a key is needed"))?;
        let sha256 = Key::hash(&text);
        let found = known.get(&sha256).filter(|known| name.is_none_or(|name| name == known.key.name));
        let Known { key, rate } = found.ok_or_else(|| unauthorized("this is no key of this node's"))?;
        if key.has_expired(now) {
            return Err(unauthorized("this key has expired"));
        }
        if let Some(Err(until)) = rate.as_ref().map(RateLimiter::check) {
            return Err(Problem::too_many(
                until.wait_time_from(governor::clock::DefaultClock::default().now()),
            ));
        }
        if !key.scopes.contains(&need) {
            let text = format!("the key `{}` is not for this: it has not the scope `{need}`", key.name);
            return Err(Problem::http(StatusCode::FORBIDDEN, "FF00170", text));
        }
        Ok(Pass(Some(Bearing { name: key.name.as_str().into(), sha256 })))
    }

    /// Whether what was let in would be let in still.
    pub(crate) fn holds(&self, pass: &Pass, now: u64) -> bool {
        match (&self.0, &pass.0) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(known), Some(bearing)) => {
                known.get(&bearing.sha256).is_some_and(|known| !known.key.has_expired(now))
            }
        }
    }
}

impl Key {
    /// What is known of the key with this text.
    #[must_use]
    pub fn hash(text: &str) -> B256 {
        B256::from_slice(&Sha256::digest(text))
    }

    fn has_expired(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }
}

/// The key that a request shows, and the name that it gives with it.
fn presented(headers: &HeaderMap) -> Option<(Option<String>, String)> {
    if let Some(Authorization(bearer)) = headers.typed_get::<Authorization<Bearer>>() {
        return Some((None, bearer.token().to_owned()));
    }
    let Authorization(basic) = headers.typed_get::<Authorization<Basic>>()?;
    Some((Some(basic.username().to_owned()), basic.password().to_owned()))
}

fn unauthorized(text: &str) -> Problem {
    let text = format!("{text}: `Authorization: Bearer KEY`, or Basic with the key's name and the key");
    Problem::http(StatusCode::UNAUTHORIZED, "FF00169", text)
}

/// How a request was let in.
#[derive(Clone, Debug)]
pub(crate) struct Pass(Option<Bearing>);

#[derive(Clone, Debug)]
struct Bearing {
    name: Arc<str>,
    sha256: B256,
}

impl Pass {
    fn name(&self) -> &str {
        self.0.as_ref().map_or("anybody", |bearing| &bearing.name)
    }
}

/// The header by which a request is found again in the log.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Lets in who may come in, and notes what they changed.
pub(crate) async fn check(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let Some(need) = Scope::of(request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let admitted =
        if is_reading(&method) { Ok(()) } else { origins::refuse_strangers(&api, request.headers()) };
    let admitted = admitted.and_then(|()| api.access.borrow().admit(need, request.headers(), api.now()));
    let (by, response) = match admitted {
        Ok(pass) => {
            let by = pass.name().to_owned();
            request.extensions_mut().insert(pass);
            (by, next.run(request).await)
        }
        Err(problem) => ("nobody".to_owned(), problem.into_response()),
    };
    if !is_reading(&method) {
        let status = response.status().as_u16();
        tracing::info!(target: "quittance::audit", by, %method, path, status, request = id, "asked");
    }
    response
}

/// What a refusal for want of a key must say.
pub(crate) const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer, Basic realm=\"quittance\"");
