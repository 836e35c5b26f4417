//! Money and deeds, in FireFly's words.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use quittance_app::{
    resolve,
    tokens::{Allowance, Grant, Order, Verb, What},
};
use quittance_domain::{Address, Amount, AssetKind, Error, U256};
use quittance_store::{Tx, approvals, tokens};
use serde::Deserialize;

use super::{Answer, Paged, page};
use crate::{
    Api,
    dto::{self, CONNECTOR, Manner},
    extract::{self, Body, Query},
    ids,
    pools::Pools,
    problem::Problem,
};

/// `GET /tokens/connectors`: what moves tokens here.
pub(super) async fn connectors(Query(dto::Nothing {}): Query<dto::Nothing>) -> Json<serde_json::Value> {
    Json(serde_json::json!([{ "name": CONNECTOR }]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: Option<String>,
}

/// `GET /tokens/pools?name=`: the tokens that this node works with.
pub(super) async fn pools(State(api): State<Api>, Query(query): Query<Named>) -> Json<Vec<dto::TokenPool>> {
    let pools = Pools::of(&api);
    let wanted =
        pools.all().into_iter().filter(|pool| query.name.as_deref().is_none_or(|name| name == pool.name));
    Json(wanted.map(dto::TokenPool::from).collect())
}

/// `GET /tokens/pools/{nameOrId}`.
pub(super) async fn pool(
    State(api): State<Api>,
    Path(name_or_id): Path<String>,
) -> Answer<Json<dto::TokenPool>> {
    Ok(Json(Pools::of(&api).get(&name_or_id)?.into()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderBody {
    pool: String,
    amount: Option<Number>,
    token_index: Option<String>,
    from: Option<String>,
    to: Option<String>,
    key: Option<String>,
    idempotency_key: Option<String>,
}

/// A number as FireFly's applications write it: a string, or a JSON number small enough to have lost no digits.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a decimal string of digits, in the token's smallest units")]
enum Number {
    Text(String),
    Small(u64),
}

impl Number {
    /// The largest number that every JSON reader keeps exactly.
    const MOST: u64 = (1 << 53) - 1;

    fn amount(&self, field: &'static str) -> Result<Amount, Error> {
        match self {
            Self::Text(text) => extract::amount(field, text),
            Self::Small(number) if *number <= Self::MOST => Ok(Amount::new(U256::from(*number))),
            Self::Small(_) => {
                let text = format!("must be a decimal string where it is above {}", Self::MOST);
                Err(Error::invalid(text).field(field))
            }
        }
    }
}

impl OrderBody {
    /// What is ordered. Names of others stay as they came: a repeated request is known by its own words.
    async fn order(self, api: &Api, verb: Verb, dry_run: bool) -> Result<Order, Error> {
        let body = self;
        let mut tx = api.app.store.read().await?;
        own(api, &mut tx, "key", body.key.as_deref()).await?;
        own(api, &mut tx, "from", body.from.as_deref()).await?;
        let needed = |field| Error::invalid("is needed for this pool").field(field);
        let barred = |field| Err(Error::invalid("is not for this pool").field(field));
        let pool = Pools::of(api).get(&body.pool)?.kind;
        let amount = body.amount.map(|amount| amount.amount("amount")).transpose()?;
        let what = match (pool, amount, &body.token_index) {
            (AssetKind::Erc721, Some(amount), _) if amount.units() != U256::ONE => return barred("amount"),
            (AssetKind::Erc721, _, index) => {
                let index = index.as_deref().ok_or_else(|| needed("tokenIndex"))?;
                What::Deed(extract::token_id("tokenIndex", index)?)
            }
            (_, _, Some(_)) => return barred("tokenIndex"),
            (_, amount, None) => What::Cash(amount.ok_or_else(|| needed("amount"))?),
        };
        Ok(Order { verb, what, to: body.to, idempotency_key: body.idempotency_key, dry_run })
    }
}

/// Refuses to act for anybody but this party.
async fn own(api: &Api, tx: &mut Tx, field: &'static str, who: Option<&str>) -> Result<(), Error> {
    match who {
        Some(who) if account(tx, field, who).await? != api.app.us => {
            Err(Error::forbidden("is not this node's own party").field(field))
        }
        _ => Ok(()),
    }
}

/// `POST /tokens/mint?dryRun=&confirm=`.
pub(super) async fn mint(api: State<Api>, manner: Query<Manner>, body: Body<OrderBody>) -> Answer<Response> {
    ordered(api, manner, body, Verb::Mint).await
}

/// `POST /tokens/transfers?dryRun=&confirm=`.
pub(super) async fn transfer(
    api: State<Api>,
    manner: Query<Manner>,
    body: Body<OrderBody>,
) -> Answer<Response> {
    ordered(api, manner, body, Verb::Transfer).await
}

/// `POST /tokens/burn?dryRun=&confirm=`.
pub(super) async fn burn(api: State<Api>, manner: Query<Manner>, body: Body<OrderBody>) -> Answer<Response> {
    ordered(api, manner, body, Verb::Burn).await
}

/// Answers an order: at once with what was asked for, or once it is confirmed with what became of it.
async fn ordered(
    State(api): State<Api>,
    Query(manner): Query<Manner>,
    Body(body): Body<OrderBody>,
    verb: Verb,
) -> Answer<Response> {
    let waiting = manner.waits(&api)?;
    let (order, id) = (body.order(&api, verb, manner.dry_run).await?, ids::new());
    let to = api.app.order(&order, &id, api.now()).await?;
    if manner.dry_run {
        return Ok(dto::dry());
    }
    let Some(_waiting) = waiting else {
        let asked = dto::TokenTransfer::asked(&api, &order, to, id);
        return Ok((StatusCode::ACCEPTED, Json(asked)).into_response());
    };
    dto::confirmed(&api, &id).await?;
    let mut tx = api.app.store.read().await?;
    Ok(Json(dto::transfer(&api, &mut tx, &id).await?).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GrantBody {
    pool: String,
    operator: String,
    #[serde(default = "yes")]
    approved: bool,
    key: Option<String>,
    #[serde(default)]
    config: GrantConfig,
    idempotency_key: Option<String>,
}

const fn yes() -> bool {
    true
}

/// What FireFly leaves to the connector.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GrantConfig {
    allowance: Option<Number>,
    token_index: Option<String>,
}

/// `POST /tokens/approvals?dryRun=&confirm=`: lets an operator move up to `config.allowance` of money, all of it if
/// none is named; the deed `config.tokenIndex`, or all deeds.
pub(super) async fn approve(
    State(api): State<Api>,
    Query(manner): Query<Manner>,
    Body(body): Body<GrantBody>,
) -> Answer<Response> {
    let waiting = manner.waits(&api)?;
    own(&api, &mut api.app.store.read().await?, "key", body.key.as_deref()).await?;
    let barred = |field| Problem::from(Error::invalid("is not for this pool").field(field));
    let allowance = body.config.allowance.map(|amount| amount.amount("config.allowance")).transpose()?;
    let what = match (Pools::of(&api).get(&body.pool)?.kind, allowance, body.config.token_index) {
        (AssetKind::Erc721, Some(_), _) => return Err(barred("config.allowance")),
        (AssetKind::Erc721, None, Some(index)) => {
            Allowance::Deed(extract::token_id("config.tokenIndex", &index)?, body.approved)
        }
        (AssetKind::Erc721, None, None) => Allowance::Deeds(body.approved),
        (_, _, Some(_)) => return Err(barred("config.tokenIndex")),
        (_, allowance, None) if body.approved => Allowance::Cash(allowance.unwrap_or(Amount::new(U256::MAX))),
        _ => Allowance::Cash(Amount::ZERO),
    };
    let Manner { dry_run, .. } = manner;
    let grant = Grant { what, operator: body.operator, idempotency_key: body.idempotency_key, dry_run };
    let id = ids::new();
    let operator = api.app.approve(&grant, &id, api.now()).await?;
    if dry_run {
        return Ok(dto::dry());
    }
    let asked = Json(dto::TokenApproval::asked(&api, &grant, operator, id.clone()));
    let Some(_waiting) = waiting else {
        return Ok((StatusCode::ACCEPTED, asked).into_response());
    };
    dto::confirmed(&api, &id).await?;
    Ok(asked.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Granted {
    key: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /tokens/approvals?key=`: what an owner lets others move, this party if none is named. An amount is what was
/// approved last: what of it was used since, the tokens do not say.
pub(super) async fn approvals(
    State(api): State<Api>,
    Query(query): Query<Granted>,
) -> Answer<(HeaderMap, Json<Vec<dto::TokenApproval>>)> {
    let mut tx = api.app.store.read().await?;
    let owner = match &query.key {
        Some(who) => account(&mut tx, "key", who).await?,
        None => api.app.us,
    };
    let rows = approvals::of(&mut tx, owner, query.after.as_deref(), page(query.limit)?).await?;
    let pools = Pools::of(&api);
    let all = rows.items.iter().map(|row| dto::TokenApproval::mirrored(&pools, row)).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /tokens/accounts`: who has ever had something.
pub(super) async fn accounts(
    State(api): State<Api>,
    Query(query): Query<Paged>,
) -> Answer<(HeaderMap, Json<Vec<dto::TokenAccount>>)> {
    let mut tx = api.app.store.read().await?;
    let rows = tokens::holders(&mut tx, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.into_iter().map(|key| dto::TokenAccount { key }).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /tokens/accounts/{key}/pools`: of which pools somebody has ever had something.
pub(super) async fn account_pools(
    State(api): State<Api>,
    Path(key): Path<String>,
    Query(dto::Nothing {}): Query<dto::Nothing>,
) -> Answer<Json<Vec<dto::TokenAccountPool>>> {
    let mut tx = api.app.store.read().await?;
    let holder = account(&mut tx, "key", &key).await?;
    let (pools, held) = (Pools::of(&api), tokens::tokens_of(&mut tx, holder).await?);
    let pools = held.into_iter().filter_map(|token| pools.by_token(token));
    Ok(Json(pools.map(|pool| dto::TokenAccountPool { pool: pool.id }).collect()))
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
) -> Answer<(HeaderMap, Json<Vec<dto::TokenBalance>>)> {
    let mut tx = api.app.store.read().await?;
    let limit = page(query.limit)?;
    let key = match &query.key {
        Some(key) => account(&mut tx, "key", key).await?,
        None => api.app.us,
    };
    let pools = Pools::of(&api);
    let pool = query.pool.as_deref().map(|pool| pools.get(pool)).transpose()?.map(|pool| pool.kind);
    let (mut rows, mut next) = (vec![], None);
    // An account has one balance of money, on its first page, and any number of deeds.
    if pool.is_none_or(|pool| pool == AssetKind::Erc20) && query.after.is_none() {
        let filter = tokens::BalanceFilter { token: Some(pools.cash.token), holder: Some(key) };
        let held = tokens::balances(&mut tx, filter, None, limit).await?;
        let told =
            |row: &tokens::Balance| dto::TokenBalance::new(&pools.cash, row.holder, row.amount.units());
        rows.extend(held.items.iter().map(told));
    }
    if pool.is_none_or(|pool| pool == AssetKind::Erc721) {
        let held = tokens::deeds(&mut tx, Some(key), query.after.as_deref(), limit).await?;
        let told = |row: &tokens::OwnedDeed| dto::TokenBalance::new(&pools.deed, row.owner, row.token_id);
        rows.extend(held.items.iter().map(told));
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
) -> Answer<(HeaderMap, Json<Vec<dto::TokenTransfer>>)> {
    let mut tx = api.app.store.read().await?;
    let pools = Pools::of(&api);
    let token = query.pool.as_deref().map(|pool| pools.get(pool)).transpose()?.map(|pool| pool.token);
    let party = match &query.from_or_to {
        Some(who) => Some(account(&mut tx, "fromOrTo", who).await?),
        None => None,
    };
    let filter = tokens::TransferFilter { token, from_or_to: party };
    let rows = tokens::transfers(&mut tx, filter, query.after.as_deref(), page(query.limit)?).await?;
    let all = dto::transfers(&api, &mut tx, &rows.items).await?;
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /tokens/transfers/{id}`: once it is in the chain.
pub(super) async fn one_transfer(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Answer<Json<dto::TokenTransfer>> {
    let mut tx = api.app.store.read().await?;
    Ok(Json(dto::transfer(&api, &mut tx, &id).await?))
}

/// An account, which need not be a registered party when its address is given.
pub(super) async fn account(tx: &mut Tx, field: &'static str, who: &str) -> Result<Address, Error> {
    match who.parse() {
        Ok(address) => Ok(address),
        Err(_) => Ok(resolve(tx, field, who).await?.address),
    }
}
