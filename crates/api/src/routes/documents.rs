//! Documents that this node holds or knows of.

use axum::{
    Json,
    body::Body as RawBody,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use quittance_app::documents::check_file;
use quittance_domain::{Error, document::DocumentFile};
use quittance_store::{documents, files};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use super::{Answer, page};
use crate::{
    Api, dto,
    extract::{self, Query},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Named {
    name: String,
    #[serde(default = "octets")]
    media_type: String,
}

fn octets() -> String {
    "application/octet-stream".into()
}

/// `POST /documents?name=…&mediaType=…`: keeps the body as a document and registers its commitment.
pub(super) async fn add(
    State(api): State<Api>,
    Query(Named { name, media_type }): Query<Named>,
    body: RawBody,
) -> Answer<(StatusCode, Json<dto::AddedDocument>)> {
    let file = DocumentFile { name, media_type };
    check_file(&file)?;
    let bytes = Box::pin(body.into_data_stream().map_err(std::io::Error::other));
    let (commitment, sha256) = api.documents.keep(api.app.us, bytes).await?;
    let (id, key) = api.app.add_document(commitment, file.clone(), sha256, api.now()).await?;
    let transaction = dto::submitted(&api, &key).await?;
    let added = dto::AddedDocument::new(id, commitment, sha256, file, transaction);
    Ok((StatusCode::ACCEPTED, Json(added)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /documents`: those held by this node, newest first.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Listed>,
) -> Answer<(HeaderMap, Json<Vec<dto::Document>>)> {
    let mut tx = api.app.store.read().await?;
    let held = files::files(&mut tx, query.after.as_deref(), page(query.limit)?).await?;
    let mut all = vec![];
    for local in held.items {
        let known = documents::registered_as(&mut tx, local.id).await?;
        all.extend(dto::Document::new(local.id, known, Some(local)));
    }
    Ok((dto::next_page(held.next.as_deref()), Json(all)))
}

/// `GET /documents/{id}`: what the chain and this node know of a document.
pub(super) async fn one(State(api): State<Api>, Path(id): Path<String>) -> Answer<Json<dto::Document>> {
    let id = extract::document("id", &id)?;
    let mut tx = api.app.store.read().await?;
    let known = documents::registered_as(&mut tx, id).await?;
    let local = files::file(&mut tx, id).await?;
    Ok(Json(dto::Document::new(id, known, local).ok_or_else(unknown)?))
}

/// `GET /documents/{id}/content`: the document itself.
pub(super) async fn content(State(api): State<Api>, Path(id): Path<String>) -> Answer<Response> {
    let id = extract::document("id", &id)?;
    let mut tx = api.app.store.read().await?;
    let local = files::file(&mut tx, id).await?.ok_or_else(unknown)?;
    drop(tx);
    let reader = api.documents.open(local.commitment).await?;
    let kind = HeaderValue::from_str(&local.file.media_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_LENGTH, HeaderValue::from(local.commitment.size)),
        // What a counterparty calls a document must not make a browser run it.
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, RawBody::from_stream(ReaderStream::new(reader))).into_response())
}

fn unknown() -> Error {
    Error::not_found("no such document on this node").field("id")
}
