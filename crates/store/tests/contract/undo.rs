//! Reorgs: unwinding is the mirror image of applying.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use quittance_domain::{
    Address, U256,
    document::DocumentStatus,
    fact::{Origin, SettlementEvent},
    flows::dvp::Input,
};
use quittance_store::{
    Tx, blocks, documents, events, outbox, parties, settlements, tokens,
    trades::{self, NewEntry},
    transactions,
};

use crate::{db::Db, make::*, work::signed};

/// How many reorgs of random contents each database goes through.
const REORGS: u8 = 24;

/// Something that a block may do, to one of few so that they meet.
#[derive(Clone, Debug)]
enum Op {
    Register(u8, bool),
    Remove(u8),
    Document(u8),
    Supersede(u8, u8),
    Revoke(u8),
    Mint(u8, u64),
    Move(u8, u8, u64),
    Deed(u8, u8, u8),
    Settlement(u8, u8),
    Journal(u8, bool),
    Intent,
    Mine,
}

fn op() -> impl Strategy<Value = Op> {
    let few = 1_u8..4;
    prop_oneof![
        (few.clone(), any::<bool>()).prop_map(|(who, other)| Op::Register(who, other)),
        few.clone().prop_map(Op::Remove),
        (1_u8..8).prop_map(Op::Document),
        (1_u8..8, 1_u8..8).prop_map(|(old, new)| Op::Supersede(old, new)),
        (1_u8..8).prop_map(Op::Revoke),
        (few.clone(), 0_u64..100).prop_map(|(to, amount)| Op::Mint(to, amount)),
        (few.clone(), 0_u8..4, 0_u64..100).prop_map(|(from, to, amount)| Op::Move(from, to, amount)),
        (few.clone(), few.clone(), 0_u8..4).prop_map(|(id, from, to)| Op::Deed(id, from, to)),
        (1_u8..8, 0_u8..5).prop_map(|(id, event)| Op::Settlement(id, event)),
        (few, any::<bool>()).prop_map(|(trade, clock)| Op::Journal(trade, clock)),
        Just(Op::Intent),
        Just(Op::Mine),
    ]
}

/// What the contracts would refuse is left out.
async fn apply(tx: &mut Tx, number: u64, index: u64, op: &Op) {
    let at = at(number, index);
    events::append(tx, &[log(number, index, true)]).await.unwrap();
    match *op {
        Op::Register(n, other) => {
            let name = format!("{}{n}", if other { "other" } else { "name" });
            parties::registered(tx, &at, &party(n, &name)).await.unwrap();
        }
        Op::Remove(n) => {
            if parties::by_address(tx, who(n)).await.unwrap().is_some() {
                parties::removed(tx, &at, who(n)).await.unwrap();
            }
        }
        Op::Document(n) => {
            if documents::registered_as(tx, document(n)).await.unwrap().is_none() {
                documents::registered(tx, &at, document(n), &commitment(n)).await.unwrap();
            }
        }
        Op::Supersede(old, new) => {
            if is_live(tx, old).await {
                documents::superseded(tx, &at, document(old), document(new)).await.unwrap();
            }
        }
        Op::Revoke(n) => {
            if is_live(tx, n).await {
                documents::revoked(tx, &at, document(n)).await.unwrap();
            }
        }
        Op::Mint(to, units) => {
            tokens::cash_moved(tx, &at, who(8), Address::ZERO, who(to), amount(units)).await.unwrap();
        }
        Op::Move(from, to, units) => {
            let moved = tokens::balance(tx, who(8), who(from), None).await.unwrap().min(amount(units));
            tokens::cash_moved(tx, &at, who(8), who(from), who(to), moved).await.unwrap();
        }
        Op::Deed(id, from, to) => {
            tokens::deed_moved(tx, &at, who(9), who(from), who(to), U256::from(id)).await.unwrap();
        }
        Op::Settlement(..) | Op::Journal(..) | Op::Intent | Op::Mine => work(tx, at, op).await,
    }
}

async fn work(tx: &mut Tx, at: Origin, op: &Op) {
    let (number, index) = (at.block.number, at.log_index);
    match *op {
        Op::Settlement(n, event) => {
            let event = match event {
                0 => SettlementEvent::Funded { leg: 0 },
                1 => SettlementEvent::Funded { leg: 1 },
                2 => SettlementEvent::Satisfied { condition: 0 },
                3 => SettlementEvent::Settled,
                _ => SettlementEvent::Aborted,
            };
            let opened = settlements::get(tx, settlement(n)).await.unwrap().is_some();
            let event = if opened {
                event
            } else {
                SettlementEvent::Opened { leg: u64::from(n % 2), terms: deal(n).terms() }
            };
            settlements::append(tx, &at, settlement(n), &event).await.unwrap();
        }
        Op::Journal(n, clock) => {
            let origin = if clock { (&block(number)).into() } else { (&at).into() };
            let input = if clock { Input::Clock } else { Input::Settled };
            let entry = NewEntry { input, now: 1, origin: Some(origin), as_of: number, at: 1 };
            trades::append(tx, settlement(n), &entry).await.unwrap();
        }
        Op::Intent => {
            let key = format!("{number}-{index}");
            outbox::add(tx, &intent(&key), None, Some(number), 1).await.unwrap();
        }
        Op::Mine => {
            let next = transactions::unmined(tx, 1).await.unwrap().pop();
            if let Some(next) = next {
                let success = index % 2 == 0;
                transactions::mined(tx, &next.signed, at.block, success).await.unwrap();
                let key = &next.signed.key;
                outbox::done(tx, key).await.unwrap();
            }
        }
        _ => unreachable!("done by apply"),
    }
}

async fn is_live(tx: &mut Tx, n: u8) -> bool {
    let document = documents::registered_as(tx, document(n)).await.unwrap();
    document.is_some_and(|document| document.status == DocumentStatus::Live)
}

async fn unwind(tx: &mut Tx, ancestor: u64) {
    transactions::unwind(tx, ancestor).await.unwrap();
    outbox::unwind(tx, ancestor).await.unwrap();
    trades::unwind(tx, ancestor).await.unwrap();
    settlements::unwind(tx, ancestor).await.unwrap();
    tokens::unwind(tx, ancestor).await.unwrap();
    documents::unwind(tx, ancestor).await.unwrap();
    parties::unwind(tx, ancestor).await.unwrap();
    events::unwind(tx, ancestor).await.unwrap();
    blocks::unwind(tx, ancestor).await.unwrap();
}

async fn apply_block(tx: &mut Tx, number: u64, ops: &[Op]) {
    for (index, op) in (0..).zip(ops) {
        apply(tx, number, index, op).await;
    }
    blocks::append(tx, &block(number)).await.unwrap();
}

/// Before each reorg the chain grows by blocks that stay, so that the rows to be kept and those to be
/// forgotten lie among each other.
pub(crate) async fn unwinding_is_the_mirror_image_of_applying(db: Db) {
    let mut tx = db.begin().await;
    for n in 1..4 {
        trades::create(&mut tx, &trade(n, 1)).await.unwrap();
    }
    for nonce in 0..REORGS.into() {
        let key = format!("sent-{nonce}");
        outbox::add(&mut tx, &intent(&key), None, None, 1).await.unwrap();
        transactions::signed(&mut tx, &[signed(&key, nonce)], 1).await.unwrap();
        outbox::sent(&mut tx, &[&key]).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut random = TestRunner::deterministic();
    let contents = prop::collection::vec(prop::collection::vec(op(), 0..12), 1..4);
    let mut head = 0;
    for _ in 0..REORGS {
        let stays = contents.new_tree(&mut random).unwrap().current();
        let goes = contents.new_tree(&mut random).unwrap().current();
        let mut tx = db.begin().await;
        for ops in &stays {
            head += 1;
            apply_block(&mut tx, head, ops).await;
        }
        tx.commit().await.unwrap();
        let before = db.dump().await;

        let mut tx = db.begin().await;
        for (number, ops) in (head + 1..).zip(&goes) {
            apply_block(&mut tx, number, ops).await;
        }
        tx.commit().await.unwrap();
        assert_ne!(db.dump().await, before, "a block always leaves its header");

        let mut tx = db.begin().await;
        unwind(&mut tx, head).await;
        tx.commit().await.unwrap();
        assert_eq!(db.dump().await, before, "{goes:?}");
    }
}

pub(crate) async fn a_reorg_takes_back_what_was_mined(db: Db) {
    let mut tx = db.begin().await;
    for (key, nonce) in [("good", 0), ("bad", 1)] {
        outbox::add(&mut tx, &intent(key), None, None, 1).await.unwrap();
        transactions::signed(&mut tx, &[signed(key, nonce)], 1).await.unwrap();
        outbox::sent(&mut tx, &[key]).await.unwrap();
        transactions::mined(&mut tx, &signed(key, nonce), block(5).at(), key == "good").await.unwrap();
    }
    outbox::done(&mut tx, "good").await.unwrap();
    outbox::fail(&mut tx, "bad", "reverted").await.unwrap();
    let mined = transactions::by_key(&mut tx, "good").await.unwrap().unwrap().mined;
    assert_eq!(mined, Some((block(5).at(), true)));
    assert!(
        transactions::mined(&mut tx, &signed("good", 0), block(6).at(), true).await.is_err(),
        "mined once"
    );

    transactions::unwind(&mut tx, 5).await.unwrap();
    assert_eq!(transactions::unmined(&mut tx, 9).await.unwrap(), []);
    transactions::unwind(&mut tx, 4).await.unwrap();
    assert_eq!(transactions::unmined(&mut tx, 9).await.unwrap().len(), 2);
    for key in ["good", "bad"] {
        let state = outbox::get(&mut tx, key).await.unwrap().unwrap().state;
        assert_eq!(state, outbox::State::Sent, "{key}");
    }
}
