//! Which pages may ask. Browsers let every page open WebSockets to every host and send it forms, so what only a page's own
//! node should be told, or a write, is refused to the pages of other hosts, unless they are listed.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tower_http::cors::CorsLayer;

use crate::{Api, access::REQUEST_ID, dto, problem::Problem};

/// Refuses what a page of another host asks.
pub(crate) fn refuse_strangers(api: &Api, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let text = origin.to_str().unwrap_or_default();
    let host = text.split_once("://").map(|(_, host)| host);
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some() && host == own || api.origins.contains(origin) {
        return Ok(());
    }
    let text = "origin: pages of other hosts may not ask this; api.cors-origins may list more";
    Err(Problem::http(StatusCode::FORBIDDEN, "QT10403", text))
}

/// Tells browsers that the pages of these origins may ask.
pub(crate) fn layer(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static(REQUEST_ID)])
        .expose_headers([HeaderName::from_static(dto::NEXT), HeaderName::from_static(REQUEST_ID)])
}
