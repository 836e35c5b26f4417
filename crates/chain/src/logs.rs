//! From a log as the node gives it to a fact.

use alloy::{
    primitives::{self, Address, LogData, hex},
    sol_types::SolEventInterface,
};
use quittance_bindings::{Cash, Deed, DocumentRegistry, PartyRegistry, Settlement};
use quittance_domain::{
    Amount, BlockRef, DocumentId, Error, Result, SettlementId,
    document::Commitment,
    fact::{Event, Log, Origin, SettlementEvent},
    party::Party,
    settlement::{Condition, Contracts, Leg, Terms},
};

use crate::wire;

/// What a log of a deployment's contracts says.
///
/// # Errors
/// When the endpoint did not say when its block was made.
pub fn fact(log: &wire::Log<'_>, contracts: &Contracts) -> Result<Log> {
    let mut data = vec![0; log.data.len() / 2];
    hex::decode_to_slice(log.data, &mut data).map_err(Error::internal)?;
    let untimed =
        || Error::unavailable("the chain's RPC endpoint does not answer as it should", "no timestamp");
    let origin = Origin {
        block: BlockRef { number: log.block_number, hash: log.block_hash },
        timestamp: log.block_timestamp.ok_or_else(untimed)?,
        transaction: log.transaction_hash,
        log_index: log.log_index,
    };
    let data = LogData::new_unchecked(log.topics.get().to_vec(), data.into());
    let raw = primitives::Log { address: log.address, data };
    let event = meaning(&raw, contracts);
    let (topics, data) = raw.data.split();
    Ok(Log { origin, address: log.address, topics, data, event })
}

/// What a log means, or nothing: an unknown log is kept raw, never guessed at.
fn meaning(log: &primitives::Log, contracts: &Contracts) -> Option<Event> {
    let from = log.address;
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

fn cash(log: &primitives::Log) -> Option<Event> {
    match Cash::CashEvents::decode_log(log).ok()?.data {
        Cash::CashEvents::Transfer(moved) => {
            Some(Event::CashMoved { from: moved.from, to: moved.to, amount: Amount::new(moved.value) })
        }
        _ => None,
    }
}

fn deed(log: &primitives::Log) -> Option<Event> {
    match Deed::DeedEvents::decode_log(log).ok()?.data {
        Deed::DeedEvents::Transfer(moved) => {
            Some(Event::DeedMoved { from: moved.from, to: moved.to, token_id: moved.tokenId })
        }
        _ => None,
    }
}

fn documents(log: &primitives::Log) -> Option<Event> {
    use DocumentRegistry::DocumentRegistryEvents as Events;
    match DocumentRegistry::DocumentRegistryEvents::decode_log(log).ok()?.data {
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

fn parties(log: &primitives::Log) -> Option<Event> {
    use PartyRegistry::PartyRegistryEvents as Events;
    match PartyRegistry::PartyRegistryEvents::decode_log(log).ok()?.data {
        Events::Registered(new) => Some(Event::PartyRegistered(Party {
            address: new.party,
            name: new.name,
            endpoint: new.endpoint,
            tls_key: new.tlsKey,
        })),
        Events::Removed(old) => Some(Event::PartyRemoved(old.party)),
    }
}

fn settlement(log: &primitives::Log) -> Option<Event> {
    use Settlement::SettlementEvents as Events;
    let (id, event) = match Settlement::SettlementEvents::decode_log(log).ok()?.data {
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
        primitives::{B256, U256},
        sol_types::SolEvent,
    };
    use quittance_domain::{Asset, AssetKind, settlement::ConditionKind};

    use super::*;
    use crate::calls::settlement_terms;

    fn log(event: &impl SolEvent) -> primitives::Log {
        primitives::Log { address: Address::ZERO, data: event.encode_log_data() }
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
