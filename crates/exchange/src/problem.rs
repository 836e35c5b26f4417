//! Refusals on the wire: `application/problem+json` (RFC 9457), written by servers and read by clients.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use quittance_domain::{Error, Kind};
use serde::{Deserialize, Serialize};

/// The most of a peer's own words that is passed on, in characters.
const WORDS: usize = 500;

#[derive(Serialize, Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    sort: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// An error that leaves as a problem. Its inside context goes to the log and stays there.
pub(crate) struct Refusal(pub(crate) Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        log(&self.0);
        with_status(status(self.0.kind()), self.0.outside(), self.0.field_name())
    }
}

/// A problem that no [`Kind`] stands for.
pub(crate) fn with_status(status: StatusCode, detail: &str, field: Option<&str>) -> Response {
    let problem = Problem {
        sort: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        detail: detail.to_owned(),
        field: field.map(str::to_owned),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let media = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, media)], body).into_response()
}

/// What a peer's refusal says, as far as it says anything.
pub(crate) fn read(status: StatusCode, body: &[u8]) -> Error {
    let problem: Option<Problem> = serde_json::from_slice(body).ok();
    let (detail, field) = problem.map(|p| (p.detail, p.field)).unwrap_or_default();
    let words: String = detail.chars().filter(|c| !c.is_control()).take(WORDS).collect();
    let said = if words.is_empty() { status.to_string() } else { words };
    let error = Error::new(kind(status), format!("the peer says: {said}"));
    match field {
        Some(field) => error.field(field.chars().filter(|c| !c.is_control()).take(WORDS).collect::<String>()),
        None => error,
    }
}

const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict | Kind::Duplicate => StatusCode::CONFLICT,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Full => StatusCode::INSUFFICIENT_STORAGE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

const fn kind(status: StatusCode) -> Kind {
    match status {
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::CONFLICT => Kind::Conflict,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        other if other.as_u16() >= 500 => Kind::Unavailable,
        _ => Kind::Invalid,
    }
}

fn log(error: &Error) {
    let inside = error.inside().unwrap_or_default();
    match error.kind() {
        Kind::Internal | Kind::Full => tracing::error!(inside, "a peer's request failed: {error}"),
        Kind::Unavailable => tracing::warn!(inside, "a peer's request failed: {error}"),
        _ => tracing::debug!(inside, "a peer's request was refused: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_inside_stays_inside() {
        let error = Error::internal("secret path").field("file");
        let response = Refusal(error).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.contains("secret"), "{text}");
        assert!(text.contains("\"field\":\"file\""), "{text}");
    }

    #[test]
    fn a_peers_words_are_bounded_and_without_control_characters() {
        let long = format!("{{\"detail\":\"a\\u001b{}\"}}", "b".repeat(5000));
        let error = read(StatusCode::CONFLICT, long.as_bytes());
        assert_eq!(error.kind(), Kind::Conflict);
        assert!(error.outside().len() < 600 && !error.outside().contains('\u{1b}'));
        assert_eq!(read(StatusCode::IM_A_TEAPOT, b"<html>").kind(), Kind::Invalid);
    }
}
