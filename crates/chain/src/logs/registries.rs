//! Who is who, and which documents stand.

use alloy::{primitives::B256, sol_types::SolEventInterface};
use quittance_bindings::{DocumentRegistry, PartyRegistry};
use quittance_domain::{DocumentId, document::Commitment, fact::Event, party::Party};

pub(super) fn documents(topics: &[B256], data: &[u8]) -> Option<Event> {
    use DocumentRegistry::DocumentRegistryEvents as Events;
    match DocumentRegistry::DocumentRegistryEvents::decode_raw_log(topics, data).ok()? {
        Events::Registered(new) => {
            let document = new.document;
            let commitment = Commitment {
                issuer: document.issuer,
                root: document.root,
                chunks: document.chunks,
                chunk_size: document.chunkSize,
                size: document.size,
                schema: document.schema,
                previous: document.previous,
            };
            Some(Event::DocumentRegistered(DocumentId(new.id), commitment))
        }
        Events::Superseded(old) => Some(Event::DocumentSuperseded(DocumentId(old.id), DocumentId(old.next))),
        Events::Revoked(old) => Some(Event::DocumentRevoked(DocumentId(old.id))),
        _ => None,
    }
}

pub(super) fn parties(topics: &[B256], data: &[u8]) -> Option<Event> {
    use PartyRegistry::PartyRegistryEvents as Events;
    match PartyRegistry::PartyRegistryEvents::decode_raw_log(topics, data).ok()? {
        Events::Registered(new) => Some(Event::PartyRegistered(Party {
            address: new.party,
            name: new.name,
            endpoint: new.endpoint,
            tls_key: new.tlsKey,
        })),
        Events::Removed(old) => Some(Event::PartyRemoved(old.party)),
    }
}
