//! Values to store.

use quittance_domain::{
    Address, Amount, B256, Block, BlockRef, DocumentId, SettlementId, U256,
    deal::{Deal, Side},
    document::{Commitment, DocumentFile},
    fact::{Event, Log, Origin, terms::DealTerms},
    intent::{Action, Call, Intent},
    party::Party,
};
use quittance_store::trades::TradeRow;

pub(crate) fn who(n: u8) -> Address {
    Address::with_last_byte(n)
}

pub(crate) fn hash(n: u64) -> B256 {
    B256::from(U256::from(n + 1))
}

pub(crate) fn block(number: u64) -> Block {
    Block { number, hash: hash(number), timestamp: 1_000 + number }
}

pub(crate) fn at(number: u64, log_index: u64) -> Origin {
    Origin {
        block: BlockRef { number, hash: hash(number) },
        timestamp: 1_000 + number,
        transaction: hash(number * 1_000 + log_index),
        log_index,
    }
}

pub(crate) fn amount(units: u64) -> Amount {
    Amount::new(U256::from(units))
}

pub(crate) fn log(number: u64, log_index: u64, known: bool) -> Log {
    Log {
        origin: at(number, log_index),
        address: who(9),
        topics: vec![hash(1), hash(2)],
        data: vec![1, 2, 3].into(),
        event: known.then(|| Event::PartyRemoved(who(1))),
    }
}

pub(crate) fn party(n: u8, name: &str) -> Party {
    Party {
        address: who(n),
        name: name.to_owned(),
        endpoint: format!("https://{name}:1"),
        tls_key: hash(n.into()),
    }
}

pub(crate) fn document(n: u8) -> DocumentId {
    DocumentId(hash(n.into()))
}

pub(crate) fn commitment(n: u8) -> Commitment {
    Commitment {
        issuer: who(n),
        root: hash(n.into()),
        chunks: 1,
        chunk_size: 1024,
        size: u64::MAX,
        schema: B256::ZERO,
        previous: B256::ZERO,
    }
}

pub(crate) fn deal(n: u8) -> Deal {
    Deal {
        seller: who(1),
        buyer: who(2),
        document: document(n),
        deed: who(3),
        cash: who(4),
        price: Amount::new(U256::MAX),
        fund_by: 2_000,
        settle_by: 3_000,
        nonce: U256::from(n),
    }
}

pub(crate) fn settlement_terms(n: u8) -> DealTerms {
    DealTerms::Settlement(deal(n).terms())
}

pub(crate) fn settlement(n: u8) -> SettlementId {
    SettlementId(hash(n.into()))
}

pub(crate) fn trade(n: u8, created: u64) -> TradeRow {
    TradeRow {
        id: settlement(n),
        deal: deal(n),
        us: Side::Buyer,
        proposer: Side::Seller,
        file: Some(DocumentFile { name: "a.pdf".into(), media_type: "application/pdf".into() }),
        state: "proposed".into(),
        wake: Some(2_000),
        created,
    }
}

pub(crate) fn intent(key: &str) -> Intent {
    Intent::new(key, Action::Transact(Call::ApproveCash))
}
