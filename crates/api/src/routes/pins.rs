//! The order of private messages that all see.

use axum::{Json, extract::State, http::HeaderMap};
use quittance_store::pins;
use serde::Deserialize;

use super::{Answer, page, tokens::account};
use crate::{Api, dto, extract::Query};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    author: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /pins?author=`: oldest first.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Wanted>,
) -> Answer<(HeaderMap, Json<Vec<dto::Pin>>)> {
    let mut tx = api.app.store.read().await?;
    let author = match &query.author {
        Some(who) => Some(account(&mut tx, "author", who).await?),
        None => None,
    };
    let rows = pins::list(&mut tx, author, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.into_iter().map(dto::Pin::from).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}
