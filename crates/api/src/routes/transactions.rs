//! What became of what was asked for: a transaction, made by one operation of the same id.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};

use super::Answer;
use crate::{
    Api,
    dto::{self, Operation, Submitted, TransactionStatus},
    extract::Body,
};

/// `GET /transactions/{id}`.
pub(super) async fn one(State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<Submitted>> {
    Ok(Json(dto::submitted(&api, id).await?))
}

/// `GET /transactions/{id}/status`.
pub(super) async fn status(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Answer<Json<TransactionStatus>> {
    Ok(Json(dto::row(&api, &id).await?.into()))
}

/// `GET /transactions/{id}/operations`.
pub(super) async fn operations(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Answer<Json<[Operation; 1]>> {
    Ok(Json([dto::row(&api, &id).await?.into()]))
}

/// `GET /operations/{id}`.
pub(super) async fn operation(State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<Operation>> {
    Ok(Json(dto::row(&api, &id).await?.into()))
}

/// `POST /operations/{id}/retry`: tries anew what has failed. It is the same operation, so it cannot be done twice.
pub(super) async fn retry(
    State(api): State<Api>,
    Path(id): Path<String>,
    Body(dto::Nothing {}): Body<dto::Nothing>,
) -> Answer<(StatusCode, Json<Operation>)> {
    api.app.retry(&id, api.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(dto::row(&api, &id).await?.into())))
}
