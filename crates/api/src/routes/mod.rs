//! One route table.

mod credits;
mod deals;
mod documents;
mod dvp;
mod events;
mod namespaces;
mod parties;
mod pins;
mod pools;
mod proposals;
mod status;
mod tokens;
mod transactions;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde::Deserialize;
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer};
use tower_http::{
    ServiceBuilderExt, catch_panic::CatchPanicLayer, request_id::MakeRequestUuid,
    timeout::RequestBodyTimeoutLayer,
};

use crate::{Api, access, origins, problem::Problem, socket};

/// The result of a handler.
type Answer<T> = Result<T, Problem>;

/// Rows on a page when none are asked for, and the most there can be.
const PAGE: (u32, u32) = (25, 1_000);

pub(crate) fn router(api: Api) -> Router {
    let (limits, hosts, cors) = (api.limits, api.hosts.clone(), origins::layer(&api.origins));
    let quick = Router::new()
        .route("/status", get(status::status))
        .route("/parties", get(parties::list))
        .route("/parties/self", post(parties::register))
        .route("/parties/{*who}", get(parties::one))
        .route("/documents", get(documents::list))
        .route("/documents/{id}", get(documents::one))
        .route("/tokens/pools", post(pools::create).get(pools::list))
        .route("/tokens/pools/{name_or_id}", get(pools::one).delete(pools::remove))
        .route("/tokens/connectors", get(tokens::connectors))
        .route("/tokens/mint", post(tokens::mint))
        .route("/tokens/burn", post(tokens::burn))
        .route("/tokens/transfers", post(tokens::transfer).get(tokens::transfers))
        .route("/tokens/transfers/{id}", get(tokens::one_transfer))
        .route("/tokens/approvals", post(tokens::approve).get(tokens::approvals))
        .route("/tokens/accounts", get(tokens::accounts))
        .route("/tokens/accounts/{key}/pools", get(tokens::account_pools))
        .route("/tokens/balances", get(tokens::balances))
        .route("/dvp", post(dvp::propose).get(dvp::list))
        .route("/dvp/{id}", get(dvp::one))
        .route("/dvp/{id}/accept", post(dvp::accept))
        .route("/dvp/{id}/decline", post(dvp::decline))
        .route("/dvp/{id}/fund", post(dvp::fund))
        .route("/deals", get(deals::list))
        .route("/deals/{id}", get(deals::one))
        .route("/credits", get(credits::list))
        .route("/proposals", get(proposals::list))
        .route("/proposals/{id}", get(proposals::one))
        .route("/pins", get(pins::list))
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::one))
        .route("/subscriptions", post(events::subscribe).put(events::replace).get(events::all))
        .route("/subscriptions/{id}", get(events::subscription).delete(events::unsubscribe))
        .route("/subscriptions/{id}/events", get(events::wanted))
        .route("/websockets", get(events::sockets))
        .route("/transactions", get(transactions::list))
        .route("/transactions/{id}", get(transactions::one))
        .route("/transactions/{id}/status", get(transactions::status))
        .route("/transactions/{id}/operations", get(transactions::operations))
        .route("/operations", get(transactions::all_operations))
        .route("/operations/{id}", get(transactions::operation))
        .route("/operations/{id}/retry", post(transactions::retry))
        .layer(DefaultBodyLimit::max(limits.max_body))
        .layer(GlobalConcurrencyLimitLayer::new(limits.max_in_flight))
        // Waiting for its turn is part of a request's time.
        .layer(middleware::from_fn(move |request: Request, next: Next| async move {
            within(limits.request_timeout, request, next).await
        }));
    // Documents are streamed: the vault has its own limit, and a large one takes its time, as long as it moves.
    let streams = Router::new()
        .route("/documents", post(documents::add))
        .route("/documents/{id}/content", get(documents::content))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyTimeoutLayer::new(limits.request_timeout))
        .layer(GlobalConcurrencyLimitLayer::new(limits.max_in_flight));
    let routes = Router::new().nest("/api/v1", quick.merge(streams));
    let named = closed(routes.clone()).with_state(api.clone());
    let named = any(namespaces::within).with_state(named);
    let outside = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(status::ready))
        .route("/api/v1/namespaces", get(namespaces::list))
        .route("/api/v1/namespaces/{namespace}", get(namespaces::one))
        .route("/api/v1/namespaces/default/ws", get(socket::within))
        .route("/api/v1/namespaces/{namespace}/{*rest}", named)
        .route("/ws", get(socket::open));
    // What a request passes on its way in, in this order.
    let door = ServiceBuilder::new()
        .layer(middleware::from_fn(move |request: Request, next: Next| hosts.clone().check(request, next)))
        .set_x_request_id(MakeRequestUuid)
        .propagate_x_request_id()
        .layer(cors)
        .layer(middleware::from_fn_with_state(api.clone(), access::check));
    closed(routes.merge(outside)).layer(door).with_state(api)
}

/// Routes with an answer to whatever is not among them, or goes wrong.
fn closed(routes: Router<Api>) -> Router<Api> {
    routes
        .fallback(|| async { Problem::no_route() })
        .method_not_allowed_fallback(|| async { Problem::no_method() })
        .layer(CatchPanicLayer::custom(|_| {
            Problem::from(quittance_domain::Error::internal("a handler panicked")).into_response()
        }))
}

async fn within(limit: std::time::Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let text = "the node took longer than its limit for a request; what was asked may still happen";
            Problem::http(StatusCode::SERVICE_UNAVAILABLE, "QT10504", text).into_response()
        }
    }
}

/// The query of a list that has no filters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paged {
    limit: Option<u32>,
    after: Option<String>,
}

/// How many rows a page has.
fn page(limit: Option<u32>) -> Result<u32, quittance_domain::Error> {
    match limit.unwrap_or(PAGE.0) {
        0 => Err(quittance_domain::Error::invalid("must be at least 1").field("limit")),
        limit if limit > PAGE.1 => {
            Err(quittance_domain::Error::invalid(format!("must be at most {}", PAGE.1)).field("limit"))
        }
        limit => Ok(limit),
    }
}
