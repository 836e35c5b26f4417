//! The order of private messages.

use alloy::{primitives::B256, sol_types::SolEventInterface};
use quittance_bindings::Pinboard;
use quittance_domain::fact::{Event, Pin};

pub(super) fn pinboard(topics: &[B256], data: &[u8]) -> Option<Event> {
    match Pinboard::PinboardEvents::decode_raw_log(topics, data).ok()? {
        Pinboard::PinboardEvents::BatchPin(it) => Some(Event::Pinned(Pin {
            author: it.author,
            action: it.action,
            uuids: it.uuids,
            batch_hash: it.batchHash,
            payload_ref: it.payloadRef,
            contexts: it.contexts,
        })),
        _ => None,
    }
}
