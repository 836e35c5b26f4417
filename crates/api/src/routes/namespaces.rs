//! The longer form of every route: below its namespace, of which a node has one.

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;

use super::Answer;
use crate::{
    dto::{Namespace, Nothing},
    extract::Query,
    ids::NAMESPACE,
    problem::Problem,
};

/// `GET /namespaces`.
pub(super) async fn list(Query(Nothing {}): Query<Nothing>) -> Json<[Namespace; 1]> {
    Json([Namespace::ONLY])
}

/// `GET /namespaces/{namespace}`.
pub(super) async fn one(Path(name): Path<String>) -> Answer<Json<Namespace>> {
    if name == NAMESPACE { Ok(Json(Namespace::ONLY)) } else { Err(unknown()) }
}

/// `/api/v1/namespaces/{namespace}/…` is `/api/v1/…`.
pub(super) async fn within(State(routes): State<Router>, request: Request) -> Response {
    match without(request) {
        Ok(request) => routes.oneshot(request).await.into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn without(request: Request) -> Answer<Request> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix("/api/v1/namespaces/").unwrap_or_default();
    let (namespace, rest) = path.split_once('/').unwrap_or_default();
    if namespace != NAMESPACE {
        return Err(unknown());
    }
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri: Uri = format!("/api/v1/{rest}{query}").parse().map_err(|_| Problem::no_route())?;
    // Without the extensions, which hold what the longer form matched.
    let mut request = Request::new(Body::new(body));
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (parts.method, uri, parts.headers);
    Ok(request)
}

fn unknown() -> Problem {
    Problem::http(
        StatusCode::NOT_FOUND,
        "FF10187",
        format!("there is no such namespace: this node has `{NAMESPACE}`"),
    )
}
