//! The JSON shapes. Each is made from a domain value in one place, here.

mod mirrored;

use axum::http::HeaderMap;
use quittance_app::trades as app_trades;
use quittance_domain::{
    Address, Amount, AssetKind, B256, Block, BlockRef, DocumentId, Error, SettlementId, Timestamp, U256,
    deal::{Deal, Side},
    document::{Commitment, DocumentFile, DocumentStatus},
    flows::dvp::Input,
    party,
    settlement::{Contracts, Status as ChainStatus},
};
use quittance_store::{
    Tx,
    documents::Registered,
    files::LocalFile,
    outbox, tokens,
    trades::{Entry, TradeRow},
    transactions,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::mirrored::{
    Approval, ChainDeal, Credit, DealStep, Pin, Proposal, ProposalStep, WithHistory,
};
use crate::{
    Api,
    routes::{CASH, DEED},
};

/// A body that must be an empty object.
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

/// The answer to a write that was only tried: it would have been accepted.
pub(crate) fn dry() -> axum::response::Response {
    let body = serde_json::json!({ "dryRun": true });
    axum::response::IntoResponse::into_response(axum::Json(body))
}

/// The header that says where the next page begins: `?after=` its value.
const NEXT: &str = "x-next-page";

/// The headers of a page.
pub(crate) fn next_page(next: Option<&str>) -> HeaderMap {
    let value = next.and_then(|cursor| cursor.parse().ok());
    value.map(|value| (axum::http::HeaderName::from_static(NEXT), value)).into_iter().collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    name: String,
    did: String,
    address: Address,
    chain_id: u64,
    version: &'static str,
    registered: bool,
    head: Option<Head>,
    contracts: Addresses,
}

#[derive(Serialize)]
struct Head {
    number: u64,
    hash: B256,
    timestamp: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Addresses {
    cash: Address,
    deed: Address,
    document_registry: Address,
    party_registry: Address,
    settlement: Address,
}

impl Status {
    pub(crate) fn new(api: &Api, head: Option<Block>, entry: Option<&party::Party>) -> Self {
        let of = &api.app.deployment.contracts;
        let me = &api.me;
        let current = |entry: &party::Party| {
            (&entry.name, &entry.endpoint, entry.tls_key) == (&me.name, &me.endpoint, me.tls_key)
        };
        Self {
            name: me.name.clone(),
            did: party::did(&me.name),
            address: api.app.us,
            chain_id: api.app.deployment.chain_id,
            version: env!("CARGO_PKG_VERSION"),
            registered: entry.is_some_and(current),
            head: head.map(|head| Head { number: head.number, hash: head.hash, timestamp: head.timestamp }),
            contracts: Addresses {
                cash: of.cash,
                deed: of.deed,
                document_registry: of.document_registry,
                party_registry: of.party_registry,
                settlement: of.settlement,
            },
        }
    }
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

/// What became of the intent with this id.
pub(crate) async fn submitted(api: &Api, id: String) -> Result<Submitted, Error> {
    let mut tx = api.app.store.read().await?;
    let row = outbox::get(&mut tx, &id).await?;
    let row = row.ok_or_else(|| Error::not_found("no such transaction").field("id"))?;
    let sent = transactions::by_key(&mut tx, &id).await?;
    Ok(Submitted {
        id,
        state: row.state,
        hash: sent.as_ref().map(|sent| sent.signed.hash),
        nonce: sent.as_ref().map(|sent| sent.signed.nonce),
        block: sent.and_then(|sent| sent.mined).map(|(block, _)| block),
        attempts: row.attempts,
        error: row.last_error,
    })
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

#[derive(Serialize)]
pub(crate) struct Pool {
    name: &'static str,
    r#type: &'static str,
    address: Address,
}

impl Pool {
    pub(crate) const fn new(name: &'static str, r#type: &'static str, address: Address) -> Self {
        Self { name, r#type, address }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Balance {
    pool: &'static str,
    key: Address,
    balance: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_index: Option<Amount>,
}

impl Balance {
    pub(crate) const fn cash(row: &tokens::Balance) -> Self {
        Self { pool: CASH, key: row.holder, balance: row.amount, token_index: None }
    }

    pub(crate) const fn deed(row: &tokens::OwnedDeed) -> Self {
        let one = Amount::new(U256::ONE);
        Self { pool: DEED, key: row.owner, balance: one, token_index: Some(Amount::new(row.token_id)) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transfer {
    pool: &'static str,
    r#type: &'static str,
    from: Address,
    to: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_index: Option<Amount>,
    block: BlockRef,
    timestamp: Timestamp,
    transaction: B256,
    log_index: u64,
}

impl Transfer {
    pub(crate) fn new(row: &tokens::Transfer, of: &Contracts) -> Self {
        let value = Some(Amount::new(row.value));
        let (amount, token_index) = match row.kind {
            AssetKind::Erc721 => (None, value),
            // Whatever else is mirrored comes in amounts.
            _ => (value, None),
        };
        let r#type = match (row.from, row.to) {
            (Address::ZERO, _) => "mint",
            (_, Address::ZERO) => "burn",
            _ => "transfer",
        };
        Self {
            pool: if row.token == of.cash { CASH } else { DEED },
            r#type,
            from: row.from,
            to: row.to,
            amount,
            token_index,
            block: row.origin.block,
            timestamp: row.origin.timestamp,
            transaction: row.origin.transaction,
            log_index: row.origin.log_index,
        }
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
