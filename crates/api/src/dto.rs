//! The JSON shapes. Each is made from a domain value in one place, here.

mod events;
mod mirrored;
mod status;
mod subscriptions;
mod tokens;

use std::sync::Arc;

use axum::http::HeaderMap;
use quittance_app::trades as app_trades;
use quittance_domain::{
    Address, B256, BlockRef, DocumentId, Error, SettlementId, Timestamp,
    deal::{Deal, Side},
    document::{Commitment, DocumentFile, DocumentStatus},
    flows::dvp::Input,
    party,
    settlement::Status as ChainStatus,
};
use quittance_store::{
    Tx,
    documents::Registered,
    files::LocalFile,
    outbox,
    trades::{Entry, TradeRow},
    transactions,
};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;

pub(crate) use self::{
    events::{Event, events},
    mirrored::{ChainDeal, Credit, DealStep, Pin, Proposal, ProposalStep, WithHistory},
    status::{Namespace, Status},
    subscriptions::Subscription,
    tokens::{
        CONNECTOR, GRANTS, MOVES, Operation, POOLS, TokenAccount, TokenAccountPool, TokenApproval,
        TokenBalance, TokenPool, TokenTransfer, TransactionStatus, confirmed, find_transfer, row, standing,
        transfer, transfers, wait,
    },
};
use crate::{Api, ids::NAMESPACE};

/// A body that must be an empty object, or the query of a route that takes none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The query of a write that may be only tried.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Mode {
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// The query of a write that may be only tried, or waited for.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manner {
    #[serde(default)]
    pub(crate) dry_run: bool,
    /// Answer when it is in the chain.
    #[serde(default)]
    pub(crate) confirm: bool,
}

impl Manner {
    /// A place among the requests that wait for the chain, if this one is to; given back when it is answered.
    pub(crate) fn waits(self, api: &Api) -> Result<Option<OwnedSemaphorePermit>, Error> {
        if !self.confirm || self.dry_run {
            return Ok(None);
        }
        let full = |_| {
            let text = "as many requests as may wait for the chain; try again, or without `confirm`";
            Error::unavailable(text, "api.max-confirming")
        };
        Arc::clone(&api.confirming).try_acquire_owned().map(Some).map_err(full)
    }
}

/// The answer to a write that was only tried: it would have been accepted.
pub(crate) fn dry() -> axum::response::Response {
    let body = serde_json::json!({ "dryRun": true });
    axum::response::IntoResponse::into_response(axum::Json(body))
}

/// The header that says where the next page begins: `?after=` its value.
pub(crate) const NEXT: &str = "x-next-page";

/// The headers of a page.
pub(crate) fn next_page(next: Option<&str>) -> HeaderMap {
    let value = next.and_then(|cursor| cursor.parse().ok());
    value.map(|value| (axum::http::HeaderName::from_static(NEXT), value)).into_iter().collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Party {
    name: String,
    did: String,
    address: Address,
    endpoint: String,
    tls_key: B256,
}

impl From<&party::Party> for Party {
    fn from(party: &party::Party) -> Self {
        Self {
            name: party.name.clone(),
            did: party.did(),
            address: party.address,
            endpoint: party.endpoint.clone(),
            tls_key: party.tls_key,
        }
    }
}

/// Something that was asked for, and what became of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Submitted {
    id: String,
    namespace: &'static str,
    r#type: &'static str,
    created: String,
    blockchain_ids: Vec<B256>,
    state: outbox::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<BlockRef>,
    attempts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What became of the transaction with this id.
pub(crate) async fn submitted(api: &Api, id: &str) -> Result<Submitted, Error> {
    let row = row(api, id).await?;
    let sent = transactions::by_key(&mut api.app.store.read().await?, id).await?;
    Ok(Submitted::new(row, sent))
}

impl Submitted {
    /// A transaction as far as it has come.
    pub(crate) fn new(row: outbox::OutboxRow, sent: Option<transactions::Sent>) -> Self {
        Self {
            namespace: NAMESPACE,
            r#type: tokens::types(&row.action).0,
            created: tokens::time(row.created_at),
            blockchain_ids: sent.iter().map(|sent| sent.signed.hash).collect(),
            id: row.key,
            state: row.state,
            hash: sent.as_ref().map(|sent| sent.signed.hash),
            nonce: sent.as_ref().map(|sent| sent.signed.nonce),
            block: sent.and_then(|sent| sent.mined).map(|(block, _)| block),
            attempts: row.attempts,
            error: row.last_error,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    id: DocumentId,
    commitment: Commitment,
    status: Option<DocumentStatus>,
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_from: Option<Address>,
}

impl Document {
    /// What the chain and this node know of a document, if either knows anything.
    pub(crate) fn new(id: DocumentId, known: Option<Registered>, local: Option<LocalFile>) -> Option<Self> {
        let commitment = known.as_ref().map(|known| known.commitment);
        let commitment = commitment.or_else(|| local.as_ref().map(|local| local.commitment))?;
        Some(Self {
            id,
            commitment,
            status: known.map(|known| known.status),
            held: local.is_some(),
            name: local.as_ref().map(|local| local.file.name.clone()),
            media_type: local.as_ref().map(|local| local.file.media_type.clone()),
            sha256: local.as_ref().map(|local| local.sha256),
            received_from: local.and_then(|local| local.received_from),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddedDocument {
    id: DocumentId,
    commitment: Commitment,
    sha256: B256,
    name: String,
    media_type: String,
    transaction: Submitted,
}

impl AddedDocument {
    pub(crate) fn new(
        id: DocumentId,
        commitment: Commitment,
        sha256: B256,
        file: DocumentFile,
        transaction: Submitted,
    ) -> Self {
        let DocumentFile { name, media_type } = file;
        Self { id, commitment, sha256, name, media_type, transaction }
    }
}

/// A trade as this party sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trade {
    id: SettlementId,
    state: &'static str,
    status: ChainStatus,
    side: Side,
    proposer: Side,
    deal: Deal,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<DocumentFile>,
    created: u64,
    timeline: Vec<TimelineEntry>,
    pending: Vec<Pending>,
}

/// One thing that happened to a trade.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimelineEntry {
    step: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leg: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Wall time in milliseconds.
    at: u64,
    /// The chain's time in seconds.
    time: Timestamp,
    /// The newest block that this node had read by then.
    as_of: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<BlockRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<B256>,
}

/// Something that this party still has to do, or could not do.
#[derive(Serialize)]
struct Pending {
    id: String,
    state: outbox::State,
    attempts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A trade as it stands now.
pub(crate) async fn trade(tx: &mut Tx, row: TradeRow) -> Result<Trade, Error> {
    let id = row.id;
    let app_trades::View { row, trade, journal } = app_trades::view(tx, row).await?;
    // Once a trade is over, what was given up because of that is of no interest.
    let over = trade.state.is_final();
    let open = |row: &outbox::OutboxRow| match row.state {
        outbox::State::Queued | outbox::State::Sent => true,
        outbox::State::Failed | outbox::State::Expired => !over,
        outbox::State::Done => false,
    };
    let pending = outbox::of(tx, id).await?.into_iter().filter(open).map(|row| Pending {
        id: row.key,
        state: row.state,
        attempts: row.attempts,
        error: row.last_error,
    });
    Ok(Trade {
        id,
        state: trade.state.name(),
        status: trade.status(),
        side: trade.us,
        proposer: trade.proposer,
        timeline: journal.iter().map(|entry| timeline(entry, trade.proposer)).collect(),
        deal: trade.deal,
        file: row.file,
        created: row.created,
        pending: pending.collect(),
    })
}

fn timeline(entry: &Entry, proposer: Side) -> TimelineEntry {
    let (step, by, leg, reason) = match &entry.input {
        Input::Proposed { .. } => ("proposed", Some(proposer), None, None),
        Input::Accepted { by, .. } => ("accepted", Some(*by), None, None),
        Input::Declined { by, reason } => ("declined", Some(*by), None, Some(reason.clone())),
        Input::Released => ("released", None, None, None),
        Input::Locked { leg } => ("locked", None, Some(*leg), None),
        Input::Delivered => ("delivered", None, None, None),
        Input::Receipted { .. } => ("receipted", Some(Side::Buyer), None, None),
        Input::Satisfied => ("satisfied", None, None, None),
        Input::Settled => ("settled", None, None, None),
        Input::Aborted => ("aborted", None, None, None),
        Input::Clock => ("deadline", None, None, None),
    };
    TimelineEntry {
        step,
        by,
        leg,
        reason,
        at: entry.at,
        time: entry.now,
        as_of: entry.as_of,
        block: entry.origin.map(|cause| cause.block),
        transaction: entry.origin.and_then(|cause| cause.transaction),
    }
}
