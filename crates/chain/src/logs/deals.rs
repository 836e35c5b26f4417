//! Deals: the contracts that bring two sides or more together, in the vocabulary that they share.

mod terms;

use alloy::{primitives::B256, sol_types::SolEventInterface};
use quittance_bindings::{Dvp, Escrow, Exchange, FairExchange, HashLock, Settlement};
use quittance_domain::{
    Address, Amount, U256,
    fact::{
        Credit, Event, SpentNonces,
        deal::{Aborted, DealEvent, DealKind, Fill, Settled},
        terms::DealTerms,
    },
};

pub(super) fn settlement(topics: &[B256], data: &[u8]) -> Option<Event> {
    use Settlement::SettlementEvents as Events;
    let (id, event) = match Settlement::SettlementEvents::decode_raw_log(topics, data).ok()? {
        Events::Opened(it) => {
            let terms = DealTerms::Settlement(terms::settlement(&it.terms).ok()?);
            let leg = Some(it.leg.try_into().ok()?);
            (it.id, DealEvent::Opened { by: it.by, leg, terms: Box::new(terms) })
        }
        Events::Funded(it) => (it.id, DealEvent::Funded { by: it.by, leg: Some(it.leg.try_into().ok()?) }),
        Events::Satisfied(it) => {
            let condition = it.condition.try_into().ok()?;
            (it.id, DealEvent::Satisfied { condition, published: it.published })
        }
        Events::Settled(it) => (it.id, DealEvent::settled(it.by)),
        Events::Aborted(it) => (it.id, went_back(it.by, it.refunded)),
        Events::Credited(it) => return credited(it.id, it.payee, it.asset, it.tokenId, it.amount),
        Events::Withdrawn(it) => return withdrawn(it.payee, it.asset, it.tokenId, it.amount),
        _ => return None,
    };
    Some(Event::Deal(DealKind::Settlement, id, event))
}

pub(super) fn dvp(topics: &[B256], data: &[u8]) -> Option<Event> {
    use Dvp::DvpEvents as Events;
    let (id, event) = match Dvp::DvpEvents::decode_raw_log(topics, data).ok()? {
        Events::Opened(it) => (it.id, opened(it.by, DealTerms::Dvp(terms::dvp(&it.terms).ok()?))),
        Events::Funded(it) => (it.id, DealEvent::Funded { by: it.by, leg: None }),
        Events::Settled(it) => (it.id, DealEvent::settled(it.by)),
        Events::Aborted(it) => (it.id, went_back(it.by, it.refunded)),
        Events::Credited(it) => return credited(it.id, it.payee, it.asset, it.tokenId, it.amount),
        Events::Withdrawn(it) => return withdrawn(it.payee, it.asset, it.tokenId, it.amount),
        _ => return None,
    };
    Some(Event::Deal(DealKind::Dvp, id, event))
}

pub(super) fn escrow(topics: &[B256], data: &[u8]) -> Option<Event> {
    use Escrow::EscrowEvents as Events;
    let (id, event) = match Escrow::EscrowEvents::decode_raw_log(topics, data).ok()? {
        Events::Opened(it) => (it.id, opened(it.by, DealTerms::Escrow(terms::escrow(&it.terms).ok()?))),
        Events::Accepted(it) => (it.id, DealEvent::Accepted { by: it.by }),
        Events::Released(it) => {
            let (released_bps, amount) = (it.releasedBps.try_into().ok()?, Amount::new(it.amount));
            (it.id, DealEvent::Released { by: it.by, released_bps, amount })
        }
        Events::DisputeRaised(it) => {
            (it.id, DealEvent::DisputeRaised { by: it.by, rule_by: it.ruleBy.try_into().ok()? })
        }
        Events::Settled(it) => {
            let ended = Settled {
                by: it.by,
                to_payee: Some(Amount::new(it.toPayee)),
                to_payer: Some(Amount::new(it.toPayer)),
                bond_to: somebody(it.bondTo),
                ..Settled::default()
            };
            (it.id, DealEvent::Settled(ended))
        }
        Events::Aborted(it) => {
            let ended = Aborted {
                by: it.by,
                to_payer: Some(Amount::new(it.toPayer)),
                bond_to: somebody(it.bondTo),
                ..Aborted::default()
            };
            (it.id, DealEvent::Aborted(ended))
        }
        Events::Credited(it) => return credited(it.id, it.payee, it.asset, it.tokenId, it.amount),
        Events::Withdrawn(it) => return withdrawn(it.payee, it.asset, it.tokenId, it.amount),
        _ => return None,
    };
    Some(Event::Deal(DealKind::Escrow, id, event))
}

pub(super) fn hash_lock(topics: &[B256], data: &[u8]) -> Option<Event> {
    use HashLock::HashLockEvents as Events;
    let (id, event) = match HashLock::HashLockEvents::decode_raw_log(topics, data).ok()? {
        Events::Opened(it) => (it.id, opened(it.by, DealTerms::HashLock(terms::lock(&it.terms).ok()?))),
        Events::Settled(it) => {
            let ended = Settled { by: it.by, preimage: Some(it.preimage), ..Settled::default() };
            (it.id, DealEvent::Settled(ended))
        }
        Events::Aborted(it) => (it.id, DealEvent::aborted(it.by)),
        Events::Credited(it) => return credited(it.id, it.payee, it.asset, it.tokenId, it.amount),
        Events::Withdrawn(it) => return withdrawn(it.payee, it.asset, it.tokenId, it.amount),
        _ => return None,
    };
    Some(Event::Deal(DealKind::HashLock, id, event))
}

pub(super) fn fair_exchange(topics: &[B256], data: &[u8]) -> Option<Event> {
    use FairExchange::FairExchangeEvents as Events;
    let (id, event) = match FairExchange::FairExchangeEvents::decode_raw_log(topics, data).ok()? {
        Events::Opened(it) => (it.id, opened(it.by, DealTerms::FairExchange(terms::fair(&it.terms).ok()?))),
        Events::Revealed(it) => {
            let until = it.until.try_into().ok()?;
            (it.id, DealEvent::Revealed { by: it.by, key: it.key, until })
        }
        Events::Settled(it) => (it.id, DealEvent::settled(it.by)),
        Events::Aborted(it) => {
            let ended = Aborted { by: it.by, proven: Some(it.proven), ..Aborted::default() };
            (it.id, DealEvent::Aborted(ended))
        }
        Events::Credited(it) => return credited(it.id, it.payee, it.asset, it.tokenId, it.amount),
        Events::Withdrawn(it) => return withdrawn(it.payee, it.asset, it.tokenId, it.amount),
        _ => return None,
    };
    Some(Event::Deal(DealKind::FairExchange, id, event))
}

pub(super) fn exchange(topics: &[B256], data: &[u8]) -> Option<Event> {
    use Exchange::ExchangeEvents as Events;
    let (id, event) = match Exchange::ExchangeEvents::decode_raw_log(topics, data).ok()? {
        Events::Filled(it) => {
            let fill = Fill {
                maker: it.maker,
                taker: it.taker,
                nonce: it.nonce,
                give: it.give.try_into().ok()?,
                give_id: it.giveId,
                given: Amount::new(it.given),
                take: it.take.try_into().ok()?,
                take_id: it.takeId,
                paid: Amount::new(it.paid),
                left: Amount::new(it.left),
            };
            (it.id, DealEvent::Filled(Box::new(fill)))
        }
        Events::Aborted(it) => {
            let ended = Aborted {
                by: it.by,
                nonce: Some(it.nonce),
                filled: Some(Amount::new(it.filled)),
                ..Aborted::default()
            };
            (it.id, DealEvent::Aborted(ended))
        }
        Events::Invalidated(it) => {
            return Some(Event::NoncesSpent(SpentNonces { by: it.by, word: it.word, mask: it.mask }));
        }
        _ => return None,
    };
    Some(Event::Deal(DealKind::Order, id, event))
}

fn opened(by: Address, terms: DealTerms) -> DealEvent {
    DealEvent::Opened { by, leg: None, terms: Box::new(terms) }
}

fn went_back(by: Address, refunded: U256) -> DealEvent {
    DealEvent::Aborted(Aborted { by, refunded: Some(refunded), ..Aborted::default() })
}

/// The zero address where there was nothing to give to anybody.
fn somebody(address: Address) -> Option<Address> {
    (!address.is_zero()).then_some(address)
}

fn credited(deal: B256, payee: Address, asset: B256, token_id: U256, amount: U256) -> Option<Event> {
    let (asset, amount) = (asset.try_into().ok()?, Amount::new(amount));
    Some(Event::Credited(Credit { deal: Some(deal), payee, asset, token_id, amount }))
}

fn withdrawn(payee: Address, asset: B256, token_id: U256, amount: U256) -> Option<Event> {
    let (asset, amount) = (asset.try_into().ok()?, Amount::new(amount));
    Some(Event::Withdrawn(Credit { deal: None, payee, asset, token_id, amount }))
}

#[cfg(test)]
mod tests;
