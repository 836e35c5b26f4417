//! Who is in the registry.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use quittance_app::resolve;
use quittance_store::parties;

use super::{Answer, PAGE};
use crate::{Api, dto, extract::Body};

/// `GET /parties`: all registered parties.
pub(super) async fn list(State(api): State<Api>) -> Answer<Json<Vec<dto::Party>>> {
    let mut tx = api.app.store.read().await?;
    let all = parties::all(&mut tx, PAGE.1).await?;
    Ok(Json(all.iter().map(dto::Party::from).collect()))
}

/// `GET /parties/{name, did or address}`.
pub(super) async fn one(State(api): State<Api>, Path(who): Path<String>) -> Answer<Json<dto::Party>> {
    let mut tx = api.app.store.read().await?;
    Ok(Json(dto::Party::from(&resolve(&mut tx, "party", &who).await?)))
}

/// `POST /parties/self`: registers this party as its configuration has it.
pub(super) async fn register(
    State(api): State<Api>,
    Body(dto::Nothing {}): Body<dto::Nothing>,
) -> Answer<(StatusCode, Json<dto::Submitted>)> {
    let me = &api.me;
    let id = api.app.register_self(&me.name, &me.endpoint, me.tls_key, api.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(dto::submitted(&api, &id).await?)))
}
