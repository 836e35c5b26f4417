//! Money and deeds.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use quittance_app::{
    resolve,
    tokens::{Order, What},
};
use quittance_domain::{Address, Error};
use quittance_store::tokens;
use serde::Deserialize;

use super::{Answer, page};
use crate::{
    Api, dto,
    extract::{self, Body, Query},
};

/// The names under which this node knows its two tokens.
pub(crate) const CASH: &str = "cash";
pub(crate) const DEED: &str = "deed";

/// `GET /tokens/pools`: the tokens that this node works with.
pub(super) async fn pools(State(api): State<Api>) -> Json<[dto::Pool; 2]> {
    let of = &api.app.deployment.contracts;
    Json([dto::Pool::new(CASH, "fungible", of.cash), dto::Pool::new(DEED, "nonfungible", of.deed)])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderBody {
    pool: String,
    amount: Option<String>,
    token_index: Option<String>,
    to: Option<String>,
    idempotency_key: Option<String>,
}

impl OrderBody {
    fn order(self, dry_run: bool) -> Result<Order, Error> {
        let body = self;
        let needed = |field| Error::invalid("is needed for this pool").field(field);
        let barred = |field| Err(Error::invalid("is not for this pool").field(field));
        let what = match (body.pool.as_str(), &body.amount, &body.token_index) {
            (CASH, _, Some(_)) => return barred("tokenIndex"),
            (CASH, amount, None) => {
                let amount = amount.as_deref().ok_or_else(|| needed("amount"))?;
                What::Cash(extract::amount("amount", amount)?)
            }
            (DEED, Some(amount), _) if amount != "1" => return barred("amount"),
            (DEED, _, index) => {
                let index = index.as_deref().ok_or_else(|| needed("tokenIndex"))?;
                What::Deed(extract::token_id("tokenIndex", index)?)
            }
            _ => return Err(unknown_pool()),
        };
        Ok(Order { what, to: body.to, idempotency_key: body.idempotency_key, dry_run })
    }
}

/// `POST /tokens/mint?dryRun=`.
pub(super) async fn mint(
    State(api): State<Api>,
    Query(dto::Mode { dry_run }): Query<dto::Mode>,
    Body(body): Body<OrderBody>,
) -> Answer<Response> {
    let id = api.app.mint(body.order(dry_run)?, new_id(), api.now()).await?;
    accepted(&api, id, dry_run).await
}

/// `POST /tokens/transfers?dryRun=`.
pub(super) async fn transfer(
    State(api): State<Api>,
    Query(dto::Mode { dry_run }): Query<dto::Mode>,
    Body(body): Body<OrderBody>,
) -> Answer<Response> {
    let id = api.app.transfer(body.order(dry_run)?, new_id(), api.now()).await?;
    accepted(&api, id, dry_run).await
}

async fn accepted(api: &Api, id: String, dry_run: bool) -> Answer<Response> {
    if dry_run {
        return Ok(dto::dry());
    }
    Ok((StatusCode::ACCEPTED, Json(dto::submitted(api, id).await?)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    pool: Option<String>,
    key: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /tokens/balances?pool=&key=`: what an account has, by the mirrored chain; this party's own if no key
/// is given.
pub(super) async fn balances(
    State(api): State<Api>,
    Query(query): Query<Held>,
) -> Answer<(HeaderMap, Json<Vec<dto::Balance>>)> {
    let mut tx = api.app.store.read().await?;
    let limit = page(query.limit)?;
    let key = match &query.key {
        Some(key) => account(&mut tx, "key", key).await?,
        None => api.app.us,
    };
    let pool = query.pool.as_deref().map(known_pool).transpose()?;
    let (mut rows, mut next) = (vec![], None);
    // An account has one balance of money, on its first page, and any number of deeds.
    if pool.is_none_or(|pool| pool == CASH) && query.after.is_none() {
        let filter =
            tokens::BalanceFilter { token: Some(api.app.deployment.contracts.cash), holder: Some(key) };
        let held = tokens::balances(&mut tx, filter, None, limit).await?;
        rows.extend(held.items.iter().map(dto::Balance::cash));
    }
    if pool.is_none_or(|pool| pool == DEED) {
        let held = tokens::deeds(&mut tx, key, query.after.as_deref(), limit).await?;
        rows.extend(held.items.iter().map(dto::Balance::deed));
        next = held.next;
    }
    Ok((dto::next_page(next.as_deref()), Json(rows)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Moved {
    pool: Option<String>,
    from_or_to: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /tokens/transfers?pool=&fromOrTo=`: newest first.
pub(super) async fn transfers(
    State(api): State<Api>,
    Query(query): Query<Moved>,
) -> Answer<(HeaderMap, Json<Vec<dto::Transfer>>)> {
    let mut tx = api.app.store.read().await?;
    let of = &api.app.deployment.contracts;
    let token = query.pool.as_deref().map(known_pool).transpose()?;
    let token = token.map(|pool| if pool == CASH { of.cash } else { of.deed });
    let party = match &query.from_or_to {
        Some(who) => Some(account(&mut tx, "fromOrTo", who).await?),
        None => None,
    };
    let filter = tokens::TransferFilter { token, from_or_to: party };
    let rows = tokens::transfers(&mut tx, filter, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.iter().map(|row| dto::Transfer::new(row, of)).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

fn known_pool(name: &str) -> Result<&str, Error> {
    if [CASH, DEED].contains(&name) { Ok(name) } else { Err(unknown_pool()) }
}

fn unknown_pool() -> Error {
    Error::not_found("there is no such pool: this node has `cash` and `deed`").field("pool")
}

/// An account, which need not be a registered party when its address is given.
pub(super) async fn account(
    tx: &mut quittance_store::Tx,
    field: &'static str,
    who: &str,
) -> Result<Address, Error> {
    match who.parse() {
        Ok(address) => Ok(address),
        Err(_) => Ok(resolve(tx, field, who).await?.address),
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
