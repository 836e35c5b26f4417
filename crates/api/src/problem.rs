//! Errors on the wire: RFC 9457 problem details, with the `error` member that FireFly clients read. The only
//! place that knows which kind of refusal is which status.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use quittance_domain::{Error, Kind};
use serde::Serialize;

use crate::access::CHALLENGE;

/// A refusal on its way out.
#[derive(Debug)]
pub(crate) struct Problem {
    error: Error,
    status: StatusCode,
    code: &'static str,
    /// How many seconds to wait before it makes sense to ask again.
    retry_after: Option<u64>,
}

/// Seconds after which it makes sense to try an unavailable node again.
const RETRY_AFTER: u64 = 1;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code) = match error.kind() {
            Kind::Invalid => (StatusCode::BAD_REQUEST, "QT10400"),
            Kind::NotFound => (StatusCode::NOT_FOUND, "FF10109"),
            Kind::Conflict => (StatusCode::CONFLICT, "QT10409"),
            Kind::Duplicate => (StatusCode::CONFLICT, "FF10431"),
            Kind::Forbidden => (StatusCode::FORBIDDEN, "QT10403"),
            Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "QT10413"),
            Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "QT10503"),
            Kind::Full => (StatusCode::INSUFFICIENT_STORAGE, "QT10507"),
            Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "QT10500"),
        };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER);
        Self { error, status, code, retry_after }
    }
}

impl Problem {
    /// A refusal by HTTP itself, before any operation.
    pub(crate) fn http(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER);
        Self { error: Error::invalid(text), status, code, retry_after }
    }

    /// More than may be asked in this time.
    pub(crate) fn too_many(wait: Duration) -> Self {
        let text = "more requests than this key may make in this time; see the header `retry-after`";
        let problem = Self::http(StatusCode::TOO_MANY_REQUESTS, "QT10429", text);
        Self { retry_after: Some(wait.as_secs() + 1), ..problem }
    }

    /// The same under a code of FireFly's.
    pub(crate) const fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// A refusal under a code of FireFly's.
    pub(crate) const fn coded(code: &'static str, error: Error) -> Self {
        Self { error, status: StatusCode::BAD_REQUEST, code, retry_after: None }
    }

    /// There is no such route.
    pub(crate) fn no_route() -> Self {
        Self::http(StatusCode::NOT_FOUND, "FF10109", "there is no such route")
    }

    /// The route exists, for another method.
    pub(crate) fn no_method() -> Self {
        Self::http(StatusCode::METHOD_NOT_ALLOWED, "QT10405", "the route does not have this method")
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    code: &'static str,
    error: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { error, status, code, retry_after } = self;
        if let Some(inside) = error.inside() {
            tracing::warn!(%status, code, field = error.field_name(), inside, "refused: {}", error.outside());
        }
        let body = Body {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: error.outside(),
            field: error.field_name(),
            code,
            error: format!("{code}: {error}"),
        };
        let mut response = (status, Json(body)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        response
    }
}
