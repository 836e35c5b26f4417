//! What became of what was asked for.

use axum::{
    Json,
    extract::{Path, State},
};

use super::Answer;
use crate::{Api, dto};

/// `GET /transactions/{id}`.
pub(super) async fn one(State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<dto::Submitted>> {
    Ok(Json(dto::submitted(&api, id).await?))
}
