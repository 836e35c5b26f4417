//! What is whose without having been moved yet: what contracts keep for payees.

use axum::{Json, extract::State};
use quittance_store::credits;
use serde::Deserialize;

use super::{Answer, page, tokens::account};
use crate::{Api, dto, extract::Query};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owed {
    payee: Option<String>,
    limit: Option<u32>,
}

/// `GET /credits?payee=`: what contracts could not pay out and keep for a payee, this party if none is named.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Owed>,
) -> Answer<Json<Vec<dto::Credit>>> {
    let mut tx = api.app.store.read().await?;
    let payee = match &query.payee {
        Some(who) => account(&mut tx, "payee", who).await?,
        None => api.app.us,
    };
    let owed = credits::of(&mut tx, payee, page(query.limit)?).await?;
    Ok(Json(owed.into_iter().map(dto::Credit::from).collect()))
}
