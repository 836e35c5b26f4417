//! What the mirror tells of the contracts that this node itself does not trade by.

use quittance_domain::{
    Address, Amount, Asset, B256, BlockRef, Timestamp, U256,
    fact::{
        Origin,
        council::{self, ProposalEvent, ProposalStatus},
        deal::{DealEvent, DealKind},
        terms::DealTerms,
    },
    settlement::Status,
};
use quittance_store::{councils, credits, deals, pins};
use serde::Serialize;

/// Where on the chain something happened.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    block: BlockRef,
    timestamp: Timestamp,
    transaction: B256,
    log_index: u64,
}

impl From<Origin> for Place {
    fn from(origin: Origin) -> Self {
        let Origin { block, timestamp, transaction, log_index } = origin;
        Self { block, timestamp, transaction, log_index }
    }
}

/// Something, and all that happened to it.
#[derive(Serialize)]
pub(crate) struct WithHistory<T, E> {
    #[serde(flatten)]
    pub(crate) of: T,
    pub(crate) history: Vec<E>,
}

#[derive(Serialize)]
pub(crate) struct ChainDeal {
    id: B256,
    kind: DealKind,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<DealTerms>,
    opened: Place,
    changed: Place,
}

impl From<deals::DealRow> for ChainDeal {
    fn from(row: deals::DealRow) -> Self {
        let deals::DealRow { id, kind, terms, status, opened, changed } = row;
        Self { id, kind, status, terms, opened: opened.into(), changed: changed.into() }
    }
}

#[derive(Serialize)]
pub(crate) struct DealStep {
    said: DealEvent,
    status: Status,
    at: Place,
}

impl From<deals::DealEntry> for DealStep {
    fn from(entry: deals::DealEntry) -> Self {
        Self { said: entry.event, status: entry.status, at: entry.origin.into() }
    }
}

#[derive(Serialize)]
pub(crate) struct Proposal {
    id: B256,
    council: Address,
    status: ProposalStatus,
    terms: council::Proposal,
    opened: Place,
}

impl From<councils::ProposalRow> for Proposal {
    fn from(row: councils::ProposalRow) -> Self {
        let councils::ProposalRow { id, council, proposal, status, opened } = row;
        Self { id, council, status, terms: proposal, opened: opened.into() }
    }
}

#[derive(Serialize)]
pub(crate) struct ProposalStep {
    said: ProposalEvent,
    status: ProposalStatus,
    at: Place,
}

impl From<councils::ProposalEntry> for ProposalStep {
    fn from(entry: councils::ProposalEntry) -> Self {
        Self { said: entry.event, status: entry.status, at: entry.origin.into() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pin {
    author: Address,
    action: String,
    uuids: B256,
    batch_hash: B256,
    payload_ref: String,
    contexts: Vec<B256>,
    #[serde(flatten)]
    at: Place,
}

impl From<pins::Pinned> for Pin {
    fn from(row: pins::Pinned) -> Self {
        let pin = row.pin;
        Self {
            author: pin.author,
            action: pin.action,
            uuids: pin.uuids,
            batch_hash: pin.batch_hash,
            payload_ref: pin.payload_ref,
            contexts: pin.contexts,
            at: row.origin.into(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credit {
    contract: Address,
    asset: Asset,
    token_id: U256,
    amount: Amount,
}

impl From<credits::Owed> for Credit {
    fn from(owed: credits::Owed) -> Self {
        let credits::Owed { contract, asset, token_id, amount } = owed;
        Self { contract, asset, token_id, amount }
    }
}
