//! Who this node is, and whether it keeps up.

use axum::{Json, extract::State, http::StatusCode};
use quittance_store::{blocks, parties};

use super::Answer;
use crate::{Api, dto, problem::Problem};

/// `GET /status`: the party, the chain, and how far the mirror has read.
pub(super) async fn status(State(api): State<Api>) -> Answer<Json<dto::Status>> {
    let mut tx = api.app.store.read().await?;
    let head = blocks::tail(&mut tx).await?;
    let entry = parties::by_address(&mut tx, api.app.us).await?;
    Ok(Json(dto::Status::new(&api, head, entry.as_ref())))
}

/// `GET /readyz`: 200 when the mirror is within the allowed lag of the chain's clock.
pub(super) async fn ready(State(api): State<Api>) -> Answer<(StatusCode, &'static str)> {
    let mut tx = api.app.store.read().await?;
    let head = blocks::tail(&mut tx).await?;
    let lag = head.map(|block| (api.now() / 1_000).saturating_sub(block.timestamp));
    match lag {
        Some(lag) if lag <= api.limits.max_lag.as_secs() => Ok((StatusCode::OK, "ready")),
        Some(lag) => Err(behind(format!("the mirror is {lag} s behind the clock"))),
        None => Err(behind("the mirror has not read a block yet".into())),
    }
}

fn behind(text: String) -> Problem {
    Problem::http(StatusCode::SERVICE_UNAVAILABLE, "QT10503", text)
}
