//! Money, deeds and units: what moves, and who may move it.

use alloy::{primitives::B256, sol_types::SolEventInterface};
use quittance_bindings::{Cash, Deed, TokenFactory, Units};
use quittance_domain::{
    Amount, U256,
    fact::{Event, Grant},
};

pub(super) fn factory(topics: &[B256], data: &[u8]) -> Option<Event> {
    use TokenFactory::TokenFactoryEvents as Events;
    match TokenFactory::TokenFactoryEvents::decode_raw_log(topics, data).ok()? {
        Events::TokenPoolCreation(it) => Some(Event::TokenMade {
            token: it.contract_address,
            name: it.name,
            symbol: it.symbol,
            fungible: it.is_fungible,
        }),
        Events::IssuerSet(it) => Some(Event::IssuerSet { token: it.token, issuer: it.issuer }),
        Events::Attached(_) => None,
    }
}

pub(super) fn cash(topics: &[B256], data: &[u8]) -> Option<Event> {
    match Cash::CashEvents::decode_raw_log(topics, data).ok()? {
        Cash::CashEvents::Transfer(it) => {
            Some(Event::CashMoved { from: it.from, to: it.to, amount: Amount::new(it.value) })
        }
        Cash::CashEvents::Approval(it) => {
            let grant = Grant::Amount { token_id: U256::ZERO, amount: Amount::new(it.value) };
            Some(Event::Approved { owner: it.owner, spender: it.spender, grant })
        }
        _ => None,
    }
}

pub(super) fn deed(topics: &[B256], data: &[u8]) -> Option<Event> {
    match Deed::DeedEvents::decode_raw_log(topics, data).ok()? {
        Deed::DeedEvents::Transfer(it) => {
            Some(Event::DeedMoved { from: it.from, to: it.to, token_id: it.tokenId })
        }
        Deed::DeedEvents::Approval(it) => {
            let grant = Grant::Deed { token_id: it.tokenId };
            Some(Event::Approved { owner: it.owner, spender: it.approved, grant })
        }
        Deed::DeedEvents::ApprovalForAll(it) => {
            Some(Event::Approved { owner: it.owner, spender: it.operator, grant: Grant::All(it.approved) })
        }
        _ => None,
    }
}

pub(super) fn units(topics: &[B256], data: &[u8]) -> Option<Event> {
    match Units::UnitsEvents::decode_raw_log(topics, data).ok()? {
        Units::UnitsEvents::Transfer(it) => Some(Event::UnitsMoved {
            from: it.sender,
            to: it.receiver,
            token_id: it.id,
            amount: Amount::new(it.amount),
        }),
        Units::UnitsEvents::Approval(it) => {
            let grant = Grant::Amount { token_id: it.id, amount: Amount::new(it.amount) };
            Some(Event::Approved { owner: it.owner, spender: it.spender, grant })
        }
        Units::UnitsEvents::OperatorSet(it) => {
            Some(Event::Approved { owner: it.owner, spender: it.spender, grant: Grant::All(it.approved) })
        }
        _ => None,
    }
}
