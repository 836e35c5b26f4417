//! What became of what was asked for: a transaction, made by one operation of the same id.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use quittance_store::{outbox, transactions};

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
    let keys: Vec<&str> = rows.items.iter().map(|row| row.key.as_str()).collect();
    let mut sent = transactions::by_keys(&mut tx, &keys).await?;
    let mut all = vec![];
    for row in rows.items {
        let sent = sent.remove(&row.key);
        all.push(Submitted::new(dto::standing(&mut tx, row).await?, sent));
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
    let mut all = vec![];
    for row in rows.items {
        all.push(dto::standing(&mut tx, row).await?.into());
    }
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /transactions/{id}`.
pub(super) async fn one(State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<Submitted>> {
    Ok(Json(dto::submitted(&api, &id).await?))
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

/// `POST /operations/{id}/retry`: tries anew what has failed, once it cannot come back by itself.
pub(super) async fn retry(
    State(api): State<Api>,
    Path(id): Path<String>,
    Body(dto::Nothing {}): Body<dto::Nothing>,
) -> Answer<(StatusCode, Json<Operation>)> {
    api.app.retry(&id, api.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(dto::row(&api, &id).await?.into())))
}
