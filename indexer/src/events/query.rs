//! The tables over HTTP, read-only: `GET /events/CONTRACT/EVENT?ARGUMENT=VALUE&fromBlock=&toBlock=&limit=&cursor=&count=true`.
//!
//! Pages go by key, so that the last one costs what the first one does. Every answer says as of which block it is.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query as Params, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use quittance_domain::{Error, Kind, Result};
use quittance_store::tables::{Query, Reader, Rows, Value, key};
use serde_json::{Map, json};
use tokio::sync::{Mutex, Semaphore};

use super::{Plan, plan::snake};

/// Rows in an answer, if nothing is said; and at the most.
const USUAL: i64 = 100;
const MOST: i64 = 1_000;

/// Queries at once; more wait.
const AT_ONCE: usize = 4;

struct Shared {
    db: String,
    plan: Plan,
    /// Connections that nobody uses at the moment.
    idle: Mutex<Vec<Reader>>,
    seats: Semaphore,
}

/// What answers queries about a plan's tables.
pub fn router(db: &str, plan: Plan) -> Router {
    let shared = Shared { db: db.to_owned(), plan, idle: Mutex::default(), seats: Semaphore::new(AT_ONCE) };
    Router::new()
        .route("/events/{contract}/{event}", get(events))
        .route("/tables", get(tables))
        .with_state(Arc::new(shared))
}

struct Problem(Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match self.0.kind() {
            Kind::Invalid => StatusCode::BAD_REQUEST,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::warn!(error = %self.0, inside = self.0.inside(), "a query failed");
        }
        (status, Json(json!({"error": self.0.to_string()}))).into_response()
    }
}

/// The tables and their columns.
async fn tables(State(shared): State<Arc<Shared>>) -> Json<serde_json::Value> {
    let tables = shared.plan.tables().iter().map(|table| {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        (table.name.clone(), json!(columns))
    });
    Json(serde_json::Value::Object(tables.collect()))
}

async fn events(
    State(shared): State<Arc<Shared>>,
    Path((contract, event)): Path<(String, String)>,
    Params(params): Params<HashMap<String, String>>,
) -> Result<Json<serde_json::Value>, Problem> {
    let query = asked(&shared.plan, &contract, &event, params)?;
    let _seat = shared.seats.acquire().await.map_err(Error::internal)?;
    let idle = shared.idle.lock().await.pop();
    let mut reader = match idle {
        Some(reader) => reader,
        None => Reader::open(&shared.db, shared.plan.tables().to_vec()).await?,
    };
    let (table, limit) = (query.table, query.limit);
    // One more than is answered tells whether there is a next page.
    let page = reader.page(Query { limit: limit + 1, ..query }).await?;
    shared.idle.lock().await.push(reader);
    let rows = page.rows.rows();
    let has_more = i64::try_from(rows.len()).is_ok_and(|count| count > limit);
    let shown: Vec<_> = rows.iter().take(usize::try_from(limit).unwrap_or(0)).collect();
    let next = if has_more { shown.last().and_then(|row| row.first()) } else { None };
    let next = next.and_then(|id| if let Value::Int(id) = id { Some(id.to_string()) } else { None });
    let items: Vec<_> = shown.into_iter().map(|row| object(&shared.plan, table, row)).collect();
    let as_of = page.as_of.map(|block| json!({"number": block.number, "hash": block.hash}));
    let mut answer = json!({"asOf": as_of, "items": items, "next": next});
    if let Some(count) = page.count {
        answer["count"] = json!(count);
    }
    Ok(Json(answer))
}

fn object(plan: &Plan, table: usize, row: &[Value<'_>]) -> Map<String, serde_json::Value> {
    let columns = plan.tables()[table].columns.iter().zip(plan.forms(table)).zip(row);
    // The key is for cursors.
    columns.skip(1).map(|((column, form), value)| (column.name.clone(), form.show(*value))).collect()
}

/// The query that a request means. An argument that there is not, or a value that it cannot have, is refused.
fn asked(plan: &Plan, contract: &str, event: &str, params: HashMap<String, String>) -> Result<Query> {
    let name = format!("{contract}_{}", snake(event));
    let table = plan.tables().iter().position(|table| table.name == name);
    let table =
        table.ok_or_else(|| Error::not_found(format!("there is no table {name}; GET /tables lists them")))?;
    let (mut from, mut to, mut cursor) = (0, None, None);
    let mut query = Query { table, limit: USUAL, values: Rows::new(1), ..Query::default() };
    let number = |name: &str, text: &str| {
        text.parse::<u64>().map_err(|_| Error::invalid(format!("{text:?} is no number")).field(name))
    };
    for (name, text) in params {
        match name.as_str() {
            "fromBlock" => from = number(&name, &text)?,
            "toBlock" => to = Some(number(&name, &text)?),
            "cursor" => {
                let key: Option<i64> = text.parse().ok().filter(|key| *key >= 0);
                cursor = Some(key.ok_or_else(|| Error::invalid("is not one of ours").field(&name))?);
            }
            "limit" => {
                let limit = i64::try_from(number(&name, &text)?).unwrap_or(i64::MAX);
                let within = (1..=MOST).contains(&limit);
                let wrong = || Error::invalid(format!("must be from 1 to {MOST}")).field(&name);
                query.limit = within.then_some(limit).ok_or_else(wrong)?;
            }
            "count" => {
                let flag = text.parse().map_err(|_| Error::invalid("must be true or false").field(&name));
                query.count = flag?;
            }
            _ => {
                let column =
                    plan.tables()[table].columns.iter().skip(1).position(|column| column.name == name);
                let unknown = || Error::invalid("is neither a column nor a parameter").field(&name);
                let column = column.ok_or_else(unknown)? + 1;
                let value = plan.forms(table)[column].read(&text);
                let wrong = || Error::invalid(format!("{text:?} is no value of this column")).field(&name);
                query.values.append(value.ok_or_else(wrong)?);
                query.equal.push(column);
            }
        }
    }
    let bound = |block: u64| key(block, 0).unwrap_or(i64::MAX);
    query.from = cursor.map_or(0, |cursor| cursor + 1).max(bound(from));
    query.until = to.map_or(i64::MAX, |to| bound(to.saturating_add(1)));
    Ok(query)
}
