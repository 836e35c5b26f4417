//! Who this node is, and whether it keeps up.

use std::sync::atomic::Ordering;

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

/// `GET /readyz`: 200 when the mirror is within the allowed lag of the chain.
pub(super) async fn ready(State(api): State<Api>) -> Answer<(StatusCode, &'static str)> {
    let mut tx = api.app.store.read().await?;
    let tail = blocks::tail(&mut tx).await?;
    match (tail, api.app.chain_head.load(Ordering::Acquire)) {
        (Some(tail), head) if head > 0 && head.saturating_sub(tail.number) <= api.limits.max_lag => {
            Ok((StatusCode::OK, "ready"))
        }
        (Some(tail), head) if head > 0 => {
            Err(behind(format!("the mirror is {} blocks behind the chain", head - tail.number)))
        }
        _ => Err(behind("the mirror has not heard from the chain yet".into())),
    }
}

fn behind(text: String) -> Problem {
    Problem::http(StatusCode::SERVICE_UNAVAILABLE, "QT10503", text)
}
