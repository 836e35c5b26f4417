//! From a log as the node gives it to a fact.

use alloy::{primitives::Address, rpc::types, sol_types::SolEventInterface};
use quittance_bindings::{Cash, Deed, DocumentRegistry, PartyRegistry, Settlement};
use quittance_domain::{
    Amount, BlockRef, DocumentId, Error, Result, SettlementId, Timestamp,
    document::Commitment,
    fact::{Event, Log, Origin, SettlementEvent},
    party::Party,
    settlement::{Condition, Contracts, Leg, Terms},
};

/// A mined log of a known contract. `timestamp` serves where the node does not put one on the log.
pub(crate) fn read(log: &types::Log, contracts: &Contracts, timestamp: Option<Timestamp>) -> Result<Log> {
    let missing = |what| Error::unavailable("the chain gave a log that is not mined", what);
    let block = BlockRef {
        number: log.block_number.ok_or_else(|| missing("no block number"))?,
        hash: log.block_hash.ok_or_else(|| missing("no block hash"))?,
    };
    let origin = Origin {
        block,
        timestamp: log.block_timestamp.or(timestamp).ok_or_else(|| missing("no timestamp"))?,
        transaction: log.transaction_hash.ok_or_else(|| missing("no transaction"))?,
        log_index: log.log_index.ok_or_else(|| missing("no index"))?,
    };
    Ok(Log {
        origin,
        address: log.address(),
        topics: log.topics().to_vec(),
        data: log.data().data.clone(),
        event: meaning(log, contracts),
    })
}

/// What a log means, or nothing: an unknown log is kept raw, never guessed at.
fn meaning(log: &types::Log, contracts: &Contracts) -> Option<Event> {
    let from = log.address();
    let is = |address: Address| from == address;
    if is(contracts.cash) {
        cash(log)
    } else if is(contracts.deed) {
        deed(log)
    } else if is(contracts.document_registry) {
        documents(log)
    } else if is(contracts.party_registry) {
        parties(log)
    } else if is(contracts.settlement) {
        settlement(log)
    } else {
        None
    }
}

fn cash(log: &types::Log) -> Option<Event> {
    match Cash::CashEvents::decode_log(&log.inner).ok()?.data {
        Cash::CashEvents::Transfer(moved) => {
            Some(Event::CashMoved { from: moved.from, to: moved.to, amount: Amount::new(moved.value) })
        }
        _ => None,
    }
}

fn deed(log: &types::Log) -> Option<Event> {
    match Deed::DeedEvents::decode_log(&log.inner).ok()?.data {
        Deed::DeedEvents::Transfer(moved) => {
            Some(Event::DeedMoved { from: moved.from, to: moved.to, token_id: moved.tokenId })
        }
        _ => None,
    }
}

fn documents(log: &types::Log) -> Option<Event> {
    use DocumentRegistry::DocumentRegistryEvents as Events;
    match DocumentRegistry::DocumentRegistryEvents::decode_log(&log.inner).ok()?.data {
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

fn parties(log: &types::Log) -> Option<Event> {
    use PartyRegistry::PartyRegistryEvents as Events;
    match PartyRegistry::PartyRegistryEvents::decode_log(&log.inner).ok()?.data {
        Events::Registered(new) => Some(Event::PartyRegistered(Party {
            address: new.party,
            name: new.name,
            endpoint: new.endpoint,
            tls_key: new.tlsKey,
        })),
        Events::Removed(old) => Some(Event::PartyRemoved(old.party)),
    }
}

fn settlement(log: &types::Log) -> Option<Event> {
    use Settlement::SettlementEvents as Events;
    let (id, event) = match Settlement::SettlementEvents::decode_log(&log.inner).ok()?.data {
        Events::Opened(it) => {
            let leg = it.leg.try_into().ok()?;
            (it.id, SettlementEvent::Opened { leg, terms: terms(&it.terms).ok()? })
        }
        Events::Funded(it) => (it.id, SettlementEvent::Funded { leg: it.leg.try_into().ok()? }),
        Events::Satisfied(it) => {
            (it.id, SettlementEvent::Satisfied { condition: it.condition.try_into().ok()? })
        }
        Events::Settled(it) => (it.id, SettlementEvent::Settled),
        Events::Aborted(it) => (it.id, SettlementEvent::Aborted),
        _ => return None,
    };
    Some(Event::Settlement(SettlementId(id), event))
}

/// The terms. The contract opens nothing whose kinds are not among ours.
fn terms(terms: &Settlement::Terms) -> Result<Terms> {
    let leg = |leg: &Settlement::Leg| {
        Ok(Leg {
            asset: leg.asset.try_into()?,
            from: leg.from,
            to: leg.to,
            token_id: leg.tokenId,
            amount: Amount::new(leg.amount),
        })
    };
    let condition = |condition: &Settlement::Condition| {
        let kind = condition.kind.try_into()?;
        Ok(Condition { kind, party: condition.party, subject: condition.subject })
    };
    Ok(Terms {
        legs: terms.legs.iter().map(leg).collect::<Result<_>>()?,
        conditions: terms.conditions.iter().map(condition).collect::<Result<_>>()?,
        fund_by: terms.fundBy.to(),
        settle_by: terms.settleBy.to(),
        nonce: terms.nonce,
    })
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{self, B256, U256},
        sol_types::SolEvent,
    };
    use quittance_domain::{Asset, AssetKind, settlement::ConditionKind};

    use super::*;
    use crate::calls::settlement_terms;

    fn log(event: &impl SolEvent) -> types::Log {
        let inner = primitives::Log { address: Address::ZERO, data: event.encode_log_data() };
        types::Log { inner, ..types::Log::default() }
    }

    /// Anybody may open a settlement of any kind, and what this node could not read would leave it with the
    /// settlement's later events and no beginning.
    #[test]
    fn whatever_can_be_opened_is_understood() {
        let (from, to) = (Address::with_last_byte(1), Address::with_last_byte(2));
        let leg = |kind| {
            let token = if kind == AssetKind::Native { Address::ZERO } else { Address::repeat_byte(9) };
            Leg {
                asset: Asset { kind, token },
                from,
                to,
                token_id: U256::MAX,
                amount: Amount::new(U256::MAX),
            }
        };
        let condition = |kind| Condition { kind, party: to, subject: B256::repeat_byte(7) };
        let terms = Terms {
            legs: AssetKind::ALL.map(leg).to_vec(),
            conditions: ConditionKind::ALL.map(condition).to_vec(),
            fund_by: (1 << 40) - 2,
            settle_by: (1 << 40) - 1,
            nonce: U256::MAX,
        };
        let id = B256::repeat_byte(5);
        let opened = Settlement::Opened { id, by: from, leg: U256::ONE, terms: settlement_terms(&terms) };
        let satisfied = Settlement::Satisfied { id, condition: U256::from(4), published: "key".into() };
        for (log, expected) in [
            (log(&opened), SettlementEvent::Opened { leg: 1, terms }),
            (log(&Settlement::Funded { id, by: to, leg: U256::from(2) }), SettlementEvent::Funded { leg: 2 }),
            (log(&satisfied), SettlementEvent::Satisfied { condition: 4 }),
            (log(&Settlement::Settled { id, by: to }), SettlementEvent::Settled),
            (log(&Settlement::Aborted { id, by: to, refunded: U256::MAX }), SettlementEvent::Aborted),
        ] {
            assert_eq!(settlement(&log), Some(Event::Settlement(SettlementId(id), expected)));
        }
    }
}
