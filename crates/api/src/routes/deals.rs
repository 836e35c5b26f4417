//! Deals of every kind, as the chain has them.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use quittance_domain::{Error, fact::deal::DealKind, settlement::Status};
use quittance_store::deals;
use serde::Deserialize;

use super::{Answer, page, tokens::account};
use crate::{
    Api, dto,
    extract::{self, Query},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    kind: Option<DealKind>,
    status: Option<Status>,
    party: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /deals?kind=&status=&party=`: those that came last first.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Wanted>,
) -> Answer<(HeaderMap, Json<Vec<dto::ChainDeal>>)> {
    let mut tx = api.app.store.read().await?;
    let party = match &query.party {
        Some(who) => Some(account(&mut tx, "party", who).await?),
        None => None,
    };
    let filter = deals::DealFilter { kind: query.kind, status: query.status, party };
    let rows = deals::list(&mut tx, filter, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.into_iter().map(dto::ChainDeal::from).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /deals/{id}`: a deal, and all that happened to it.
pub(super) async fn one(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Answer<Json<dto::WithHistory<dto::ChainDeal, dto::DealStep>>> {
    let id = extract::hash("id", &id)?;
    let mut tx = api.app.store.read().await?;
    let unknown = || Error::not_found("no such deal on this chain").field("id");
    let of = deals::get(&mut tx, id).await?.ok_or_else(unknown)?.into();
    let history = deals::history(&mut tx, id).await?;
    Ok(Json(dto::WithHistory { of, history: history.into_iter().map(dto::DealStep::from).collect() }))
}
