//! The chain's facts make the same trade, whether its proposal came before them or after.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by stopping there")]

use std::sync::{Arc, atomic::AtomicU64};

use quittance_app::App;
use quittance_domain::{
    Address, Amount, B256, Block, DocumentId, SettlementId, U256,
    deal::Deal,
    fact::{
        Event, Log, Origin,
        deal::{DealEvent, DealKind},
        terms::DealTerms,
    },
    flows::dvp::Input,
    message::Message,
    settlement::{Contracts, Deployment},
};
use quittance_store::{Store, blocks, deals, trades};

const FIRST: u64 = 7;

fn who(n: u8) -> Address {
    Address::with_last_byte(n)
}

/// Offered to this node, which buys.
fn deal() -> Deal {
    Deal {
        seller: who(8),
        buyer: who(9),
        document: DocumentId(B256::with_last_byte(3)),
        deed: who(2),
        cash: who(1),
        price: Amount::new(U256::from(100)),
        fund_by: 1_000,
        settle_by: 2_000,
        nonce: U256::ZERO,
    }
}

fn block(number: u64) -> Block {
    let hash = |number| B256::from(U256::from(number));
    Block { number, hash: hash(number), timestamp: 100 + number }
}

async fn app() -> App {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let contracts = Contracts {
        cash: who(1),
        deed: who(2),
        document_registry: who(3),
        party_registry: who(4),
        settlement: who(5),
        ..Contracts::default()
    };
    let mut tx = store.begin().await.unwrap();
    blocks::append(&mut tx, &block(FIRST)).await.unwrap();
    tx.commit().await.unwrap();
    App {
        store,
        deployment: Deployment { chain_id: 31_337, start_block: 0, contracts },
        us: who(9),
        confirmations: 0,
        chain_head: Arc::new(AtomicU64::new(0)),
        outbox: Arc::default(),
    }
}

async fn offered(app: &App) {
    app.receive(who(8), Message::Proposal { deal: deal(), file: None }, 1).await.unwrap();
}

/// Each fact in a block of its own, first to the projection and then to the trades, as the mirror does it.
async fn mined(app: &App, id: SettlementId, facts: &[DealEvent]) {
    for (number, fact) in (FIRST + 1..).zip(facts) {
        let block = block(number);
        let transaction = B256::repeat_byte(1);
        let origin = Origin { block: block.at(), timestamp: block.timestamp, transaction, log_index: 0 };
        let event = Some(Event::Deal(DealKind::Settlement, id.0, fact.clone()));
        let log = Log { origin, address: who(5), topics: vec![], data: vec![].into(), event };
        let mut tx = app.store.begin().await.unwrap();
        deals::append(&mut tx, &origin, DealKind::Settlement, id.0, fact).await.unwrap();
        app.block(&mut tx, &block, &[log], 1).await.unwrap();
        blocks::append(&mut tx, &block).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The state's name, and what led to it; what the clock asks for then comes with the next block.
async fn told(app: &App, id: SettlementId) -> (String, Vec<Input>) {
    let mut tx = app.store.read().await.unwrap();
    let state = trades::load(&mut tx, id).await.unwrap().unwrap().state;
    let journal = trades::journal(&mut tx, id).await.unwrap();
    let inputs = journal.into_iter().map(|entry| entry.input);
    (state, inputs.filter(|input| *input != Input::Clock).collect())
}

#[tokio::test]
async fn a_proposal_may_come_after_what_the_chain_says() {
    let terms = deal().terms();
    let by = who(8);
    let opened =
        |leg| DealEvent::Opened { by, leg: Some(leg), terms: Box::new(DealTerms::Settlement(terms.clone())) };
    let funded = |leg| DealEvent::Funded { by, leg: Some(leg) };
    let satisfied = DealEvent::Satisfied { condition: 0, published: vec![].into() };
    let (settled, aborted) = (DealEvent::settled(by), DealEvent::aborted(by));
    for (facts, state) in [
        (vec![], "proposed"),
        (vec![opened(0)], "proposed"),
        (vec![opened(1)], "open"),
        (vec![opened(0), aborted], "aborted"),
        (vec![opened(0), funded(1)], "armed"),
        (vec![opened(1), funded(0)], "armed"),
        (vec![opened(1), funded(0), satisfied.clone()], "armed"),
        (vec![opened(1), funded(0), satisfied, settled], "settled"),
    ] {
        let (before, after) = (app().await, app().await);
        let id = before.deployment.settlement_id(&terms);
        offered(&before).await;
        mined(&before, id, &facts).await;
        mined(&after, id, &facts).await;
        offered(&after).await;
        let expected = told(&before, id).await;
        assert_eq!((expected.0.as_str(), expected.1.len()), (state, 1 + facts.len()), "{facts:?}");
        assert_eq!(told(&after, id).await, expected, "{facts:?}");
    }
}
