//! Delivery versus payment.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use quittance_app::dvp::Proposal;
use quittance_domain::{Error, SettlementId, Timestamp, deal::Side};
use quittance_store::trades;
use serde::Deserialize;

use super::{Answer, page};
use crate::{
    Api, dto,
    extract::{self, Body, Query},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProposalBody {
    counterparty: String,
    document: String,
    price: String,
    fund_by: Timestamp,
    settle_by: Timestamp,
    #[serde(default)]
    side: Option<Which>,
    #[serde(default)]
    hold: bool,
    idempotency_key: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Which {
    Sell,
    Buy,
}

impl ProposalBody {
    fn proposal(self, dry_run: bool) -> Result<Proposal, Error> {
        let body = self;
        Ok(Proposal {
            counterparty: body.counterparty,
            side: match body.side {
                None | Some(Which::Sell) => Side::Seller,
                Some(Which::Buy) => Side::Buyer,
            },
            document: extract::document("document", &body.document)?,
            price: extract::amount("price", &body.price)?,
            fund_by: body.fund_by,
            settle_by: body.settle_by,
            hold: body.hold,
            idempotency_key: body.idempotency_key,
            dry_run,
        })
    }
}

/// `POST /dvp?dryRun=`: offers a deal.
pub(super) async fn propose(
    State(api): State<Api>,
    Query(dto::Mode { dry_run }): Query<dto::Mode>,
    Body(body): Body<ProposalBody>,
) -> Answer<Response> {
    let nonce = uuid::Uuid::new_v4().as_u128();
    let id = api.app.propose(body.proposal(dry_run)?, nonce, api.now()).await?;
    if dry_run {
        return Ok(dto::dry());
    }
    Ok(accepted(&api, id).await?.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    state: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /dvp?state=`: this party's trades, newest first.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Listed>,
) -> Answer<(HeaderMap, Json<Vec<dto::Trade>>)> {
    let mut tx = api.app.store.read().await?;
    let (state, after) = (query.state.as_deref(), query.after.as_deref());
    let rows = trades::list(&mut tx, state, after, page(query.limit)?).await?;
    let mut all = vec![];
    for row in rows.items {
        all.push(dto::trade(&mut tx, row).await?);
    }
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /dvp/{id}`: one trade with its timeline.
pub(super) async fn one(State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<dto::Trade>> {
    Ok(Json(read(&api, settlement(&id)?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acceptance {
    #[serde(default)]
    hold: bool,
}

/// `POST /dvp/{id}/accept`.
pub(super) async fn accept(
    State(api): State<Api>,
    Path(id): Path<String>,
    Body(Acceptance { hold }): Body<Acceptance>,
) -> Answer<(StatusCode, Json<dto::Trade>)> {
    let id = settlement(&id)?;
    api.app.accept(id, hold, api.now()).await?;
    accepted(&api, id).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    #[serde(default)]
    reason: String,
}

/// `POST /dvp/{id}/decline`.
pub(super) async fn decline(
    State(api): State<Api>,
    Path(id): Path<String>,
    Body(Refusal { reason }): Body<Refusal>,
) -> Answer<(StatusCode, Json<dto::Trade>)> {
    let id = settlement(&id)?;
    api.app.decline(id, reason, api.now()).await?;
    accepted(&api, id).await
}

/// `POST /dvp/{id}/fund`: locks our own leg, which was on hold.
pub(super) async fn fund(
    State(api): State<Api>,
    Path(id): Path<String>,
    Body(dto::Nothing {}): Body<dto::Nothing>,
) -> Answer<(StatusCode, Json<dto::Trade>)> {
    let id = settlement(&id)?;
    api.app.release(id, api.now()).await?;
    accepted(&api, id).await
}

fn settlement(id: &str) -> Result<SettlementId, Error> {
    id.parse::<SettlementId>().map_err(|error| error.field("id"))
}

async fn accepted(api: &Api, id: SettlementId) -> Answer<(StatusCode, Json<dto::Trade>)> {
    Ok((StatusCode::ACCEPTED, Json(read(api, id).await?)))
}

async fn read(api: &Api, id: SettlementId) -> Result<dto::Trade, Error> {
    let mut tx = api.app.store.read().await?;
    let row = trades::load(&mut tx, id).await?;
    dto::trade(&mut tx, row.ok_or_else(|| Error::not_found("no such trade").field("id"))?).await
}
