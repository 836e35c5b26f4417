//! What became of what was asked for: a transaction, made by one operation of the same id.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use quittance_domain::Error;
use quittance_store::{
    Tx,
    filter::{Condition, Is, Order, Value},
    outbox::{self, OutboxRow},
    transactions,
};

use super::Answer;
use crate::{
    Api,
    dto::{self, GRANTS, MOVES, Operation, POOLS, Submitted, TransactionStatus},
    extract::{self, Body, Query},
    filter::{self, Filter, Kind, Known, Test},
};

/// What a list of transactions can be asked for.
const SUBMITTED: [Known; 4] = [
    Known("id", Kind::Text, &["key"]),
    Known("created", Kind::Ordered, &["created_at"]),
    Known("type", Kind::Exact, &[]),
    Known("blockchainIds", Kind::Exact, &[]),
];

/// What a list of operations can be asked for.
const DONE: [Known; 5] = [
    Known("id", Kind::Text, &["key"]),
    Known("tx", Kind::Text, &["key"]),
    Known("created", Kind::Ordered, &["created_at"]),
    Known("type", Kind::Exact, &[]),
    Known("status", Kind::Exact, &[]),
];

/// `GET /transactions`: newest first, unless another order is asked for.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Vec<(String, String)>>,
) -> Answer<Response> {
    let filter = Filter::read(&query, &SUBMITTED)?;
    let mut tx = filter.begin(&api, []).await?;
    let (rows, total, next) = rows(&mut tx, &filter).await?;
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let mut sent = transactions::by_keys(&mut tx, &keys).await?;
    let mut all = vec![];
    for row in rows {
        let sent = sent.remove(&row.key);
        all.push(Submitted::new(dto::standing(&mut tx, row).await?, sent));
    }
    Ok(filter::answer(all, total, next.as_deref()))
}

/// `GET /operations`: newest first, unless another order is asked for.
pub(super) async fn all_operations(
    State(api): State<Api>,
    Query(query): Query<Vec<(String, String)>>,
) -> Answer<Response> {
    let filter = Filter::read(&query, &DONE)?;
    let mut tx = filter.begin(&api, []).await?;
    let (rows, total, next) = rows(&mut tx, &filter).await?;
    let mut all: Vec<Operation> = vec![];
    for row in rows {
        all.push(dto::standing(&mut tx, row).await?.into());
    }
    Ok(filter::answer(all, total, next.as_deref()))
}

type Rows = (Vec<OutboxRow>, Option<u64>, Option<String>);

/// What was asked for, how many there are in all if that was asked, and where the next page begins.
async fn rows(tx: &mut Tx, filter: &Filter) -> Answer<Rows> {
    if filter.plain::<0>([]).is_some() {
        let page = outbox::transactions(tx, filter.after.as_deref(), filter.limit).await?;
        return Ok((page.items, None, page.next));
    }
    let mut meant = vec![];
    for test in filter.tests() {
        meant.push(meaning(tx, test).await?);
    }
    let selection = filter.selection(&["created_at", "key"], Order::Descending, meant)?;
    let found = outbox::select(tx, &selection).await?;
    Ok((found.items, found.total, None))
}

/// What is asked of a transaction or an operation, as its columns have it.
async fn meaning(tx: &mut Tx, test: &Test) -> Result<Condition, Error> {
    Ok(match (test.field, test.needed()?) {
        ("created", _) => test.time("created_at", 1_000_000)?,
        ("blockchainIds", hash) => {
            let hash = extract::hash("blockchainIds", hash)?;
            let mut keys = transactions::keys(tx, &[hash]).await?;
            keys.remove(&hash).map_or(Condition::constant(false), |key| Condition::equal("key", key.as_str()))
        }
        ("status", status) => {
            let states: &[&str] = match status {
                "Initialized" => &["queued"],
                "Pending" => &["sent"],
                "Succeeded" => &["done"],
                "Failed" => &["failed", "expired"],
                _ => return Err(test.refused("must be Initialized, Pending, Succeeded or Failed")),
            };
            Condition::Any(states.iter().map(|&state| Condition::equal("standing", state)).collect())
        }
        ("type", "token_transfer") => any_call(&MOVES),
        ("type", "token_approval") => any_call(&GRANTS),
        ("type", "token_pool" | "token_create_pool") => any_call(&POOLS),
        ("type", "contract_invoke" | "blockchain_invoke") => {
            let tokens = vec![any_call(&MOVES), any_call(&GRANTS), any_call(&POOLS)];
            Condition::Not(Box::new(Condition::Any(tokens)))
        }
        ("type", _) => {
            return Err(test.refused(
                "must be token_transfer, token_approval, token_pool, contract_invoke or, of an operation, token_create_pool or blockchain_invoke",
            ));
        }
        (_, id) => test.column("key", id),
    })
}

fn any_call(calls: &[&str]) -> Condition {
    let begins = |call: &&str| {
        let text = format!(r#"{{"intent":"transact","call":"{call}""#);
        Condition::Column("action", Is::Starting, Value::Text(text))
    };
    Condition::Any(calls.iter().map(begins).collect())
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
