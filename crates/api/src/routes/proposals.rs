//! What councils decide, as the chain has it.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use quittance_domain::Error;
use quittance_store::councils;
use serde::Deserialize;

use super::{Answer, page};
use crate::{
    Api, dto,
    extract::{self, Query},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /proposals`: those that were opened last first.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Listed>,
) -> Answer<(HeaderMap, Json<Vec<dto::Proposal>>)> {
    let mut tx = api.app.store.read().await?;
    let rows = councils::list(&mut tx, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.into_iter().map(dto::Proposal::from).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /proposals/{id}`: a proposal, and its votes.
pub(super) async fn one(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Answer<Json<dto::WithHistory<dto::Proposal, dto::ProposalStep>>> {
    let id = extract::hash("id", &id)?;
    let mut tx = api.app.store.read().await?;
    let unknown = || Error::not_found("no such proposal on this chain").field("id");
    let of = councils::get(&mut tx, id).await?.ok_or_else(unknown)?.into();
    let history = councils::history(&mut tx, id).await?;
    Ok(Json(dto::WithHistory { of, history: history.into_iter().map(dto::ProposalStep::from).collect() }))
}
