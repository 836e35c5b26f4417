//! What is whose without being moved yet: what owners let others move, and what contracts keep for payees.

use axum::{Json, extract::State, http::HeaderMap};
use quittance_store::{approvals, credits};
use serde::Deserialize;

use super::{Answer, page, tokens::account};
use crate::{Api, dto, extract::Query};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Granted {
    owner: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /approvals?owner=`: what an owner lets others move, this party if none is named. An amount is what was approved
/// last: what of it was used since, the tokens do not say.
pub(super) async fn approvals(
    State(api): State<Api>,
    Query(query): Query<Granted>,
) -> Answer<(HeaderMap, Json<Vec<dto::Approval>>)> {
    let mut tx = api.app.store.read().await?;
    let owner = match &query.owner {
        Some(who) => account(&mut tx, "owner", who).await?,
        None => api.app.us,
    };
    let rows = approvals::of(&mut tx, owner, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.into_iter().map(dto::Approval::from).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owed {
    payee: Option<String>,
    limit: Option<u32>,
}

/// `GET /credits?payee=`: what contracts could not pay out and keep for a payee, this party if none is named.
pub(super) async fn credits(
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
