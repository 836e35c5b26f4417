//! What became of what was asked for: a transaction, made by one operation of the same id.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use quittance_store::outbox;

use super::{Answer, Paged, page};
use crate::{
    Api,
    dto::{self, Operation, Submitted, TransactionStatus},
    extract::{Body, Query},
};

/// `GET /transactions`: newest first.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Paged>,
) -> Answer<(HeaderMap, Json<Vec<Submitted>>)> {
    let mut tx = api.app.store.read().await?;
    let rows = outbox::transactions(&mut tx, query.after.as_deref(), page(query.limit)?).await?;
    let mut all = vec![];
    for row in rows.items {
        all.push(Submitted::new(&mut tx, row).await?);
    }
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /operations`: newest first.
pub(super) async fn all_operations(
    State(api): State<Api>,
    Query(query): Query<Paged>,
) -> Answer<(HeaderMap, Json<Vec<Operation>>)> {
    let mut tx = api.app.store.read().await?;
    let rows = outbox::transactions(&mut tx, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.into_iter().map(Operation::from).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

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
