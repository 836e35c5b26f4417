//! Reorgs: unwinding is the mirror image of applying.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use quittance_domain::{
    Address, Asset, U256,
    document::DocumentStatus,
    fact::{
        Credit, Grant, Origin, SpentNonces,
        council::{ProposalEvent, ProposalStatus},
        deal::{Aborted, DealEvent, DealKind},
    },
    flows::dvp::Input,
};
use quittance_store::{
    Tx,
    approvals::{self, Approval},
    blocks,
    councils::{self, Electorate},
    credits, deals, documents, events, outbox, parties, pins, tokens,
    trades::{self, NewEntry},
    transactions,
    units::{self, UnitsMove},
};

use crate::{
    db::Db,
    make::*,
    suite::{filled, pin, proposal},
    work::signed,
};

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
    Deal(u8, u8),
    Order(u8, u8),
    Nonces(u8),
    Units(u8, u8, u64),
    Grant(u8, u8, u8),
    DeedGrant(u8, u8),
    Credit(u8, bool),
    Reform(u8),
    Vote(u8, u8),
    Pin(u8),
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
        (1_u8..8, 0_u8..9).prop_map(|(id, event)| Op::Deal(id, event)),
        (1_u8..8, 0_u8..4).prop_map(|(id, left)| Op::Order(id, left)),
        any::<u8>().prop_map(Op::Nonces),
        (few.clone(), 0_u8..4, 0_u64..100).prop_map(|(from, to, amount)| Op::Units(from, to, amount)),
        (few.clone(), few.clone(), 0_u8..4).prop_map(|(from, to, grant)| Op::Grant(from, to, grant)),
        (few.clone(), 0_u8..4).prop_map(|(id, to)| Op::DeedGrant(id, to)),
        (few.clone(), any::<bool>()).prop_map(|(to, taken)| Op::Credit(to, taken)),
        few.clone().prop_map(Op::Reform),
        (1_u8..8, 0_u8..5).prop_map(|(id, event)| Op::Vote(id, event)),
        few.clone().prop_map(Op::Pin),
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
        Op::Units(..) | Op::Grant(..) | Op::DeedGrant(..) | Op::Credit(..) => holdings(tx, at, op).await,
        Op::Deal(..) | Op::Order(..) | Op::Nonces(_) => deal_with(tx, at, op).await,
        Op::Reform(_) | Op::Vote(..) | Op::Pin(_) => words(tx, at, op).await,
        Op::Journal(..) | Op::Intent | Op::Mine => work(tx, at, op).await,
    }
}

async fn holdings(tx: &mut Tx, at: Origin, op: &Op) {
    match *op {
        Op::Units(from, to, units) => {
            let (token, token_id) = (who(9), U256::MAX);
            let there = units::balance(tx, token, token_id, who(from), None).await.unwrap();
            let (from, amount) = if there.is_zero() {
                (Address::ZERO, amount(units))
            } else {
                (who(from), there.min(amount(units)))
            };
            let moved = UnitsMove { origin: at, token, token_id, from, to: who(to), amount };
            units::moved(tx, &[moved]).await.unwrap();
        }
        Op::Grant(from, to, grant) => {
            let amount = amount(grant.into());
            let grant = match grant {
                0 | 1 => Grant::All(grant == 0),
                _ => Grant::Amount { token_id: U256::ZERO, amount },
            };
            let approval = Approval { token: who(8), owner: who(from), spender: who(to), grant };
            approvals::granted(tx, &[(at, approval)]).await.unwrap();
        }
        Op::DeedGrant(id, to) => {
            let pair = (who(1), if to == 0 { Address::ZERO } else { who(to) });
            approvals::deed_granted(tx, &at, who(9), U256::from(id), pair).await.unwrap();
        }
        Op::Credit(to, taken) => {
            let asset = Asset::erc20(who(8));
            let (deal, payee, token_id) = ((!taken).then(|| hash(1)), who(to), U256::ZERO);
            let credit = Credit { deal, payee, asset, token_id, amount: amount(7) };
            if taken {
                credits::withdrawn(tx, &at, who(5), &credit).await.unwrap();
            } else {
                credits::credited(tx, &at, who(5), &credit).await.unwrap();
            }
        }
        _ => unreachable!("done by apply"),
    }
}

async fn deal_with(tx: &mut Tx, at: Origin, op: &Op) {
    let by = who(1);
    match *op {
        Op::Deal(n, event) => {
            let terms = Box::new(settlement_terms(n));
            let event = match event {
                0 | 1 => DealEvent::Funded { by, leg: Some(event.into()) },
                2 => DealEvent::Satisfied { condition: 0, published: vec![].into() },
                3 => DealEvent::settled(by),
                4 => DealEvent::aborted(by),
                5 => DealEvent::Accepted { by },
                _ => DealEvent::Opened { by, leg: Some(u64::from(n % 2)), terms },
            };
            deals::append(tx, &at, DealKind::Settlement, settlement(n).0, &event).await.unwrap();
        }
        Op::Order(n, left) => {
            let (id, nonce) = (100 + u64::from(n), u64::from(n / 2));
            let (id, event) = filled(id, nonce, left.into());
            let filled = Some(amount(1));
            let nonce = Some(U256::from(nonce));
            let ended = DealEvent::Aborted(Aborted { by, nonce, filled, ..Aborted::default() });
            let event = if left == 3 { ended } else { event };
            deals::append(tx, &at, DealKind::Order, id, &event).await.unwrap();
        }
        Op::Nonces(mask) => {
            let spent = SpentNonces { by, word: U256::ZERO, mask: U256::from(mask) };
            deals::nonces_spent(tx, &at, &spent).await.unwrap();
        }
        _ => unreachable!("done by apply"),
    }
}

async fn words(tx: &mut Tx, at: Origin, op: &Op) {
    let by = who(1);
    match *op {
        Op::Reform(n) => {
            let electorate = Electorate { epoch: n.into(), threshold: 1, members: vec![] };
            councils::reformed(tx, &at, who(7), &electorate).await.unwrap();
        }
        Op::Vote(n, event) => {
            let (seats, weight, status) = (U256::from(n), 1, ProposalStatus::Passed);
            let event = match event {
                0 => ProposalEvent::Opened { by, epoch: 1, terms: proposal(n) },
                1 | 2 => ProposalEvent::Voted { by, seats, weight, status },
                3 => ProposalEvent::Executed { by },
                _ => ProposalEvent::WentStale { by },
            };
            councils::append(tx, &at, who(7), hash(n.into()), &event).await.unwrap();
        }
        Op::Pin(n) => pins::append(tx, &at, &pin(n)).await.unwrap(),
        _ => unreachable!("done by apply"),
    }
}

async fn work(tx: &mut Tx, at: Origin, op: &Op) {
    let (number, index) = (at.block.number, at.log_index);
    match *op {
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
                transactions::mined(tx, &next.signed, next.signed.hash, at.block, success).await.unwrap();
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
    pins::unwind(tx, ancestor).await.unwrap();
    councils::unwind(tx, ancestor).await.unwrap();
    credits::unwind(tx, ancestor).await.unwrap();
    deals::unwind(tx, ancestor).await.unwrap();
    approvals::unwind(tx, ancestor).await.unwrap();
    units::unwind(tx, ancestor).await.unwrap();
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
        let after = db.dump().await;
        assert_ne!(after, before, "a block always leaves its header");

        let kept = (0..=goes.len()).new_tree(&mut random).unwrap().current();
        let mut tx = db.begin().await;
        unwind(&mut tx, head + kept as u64).await;
        for (number, ops) in (head + 1..).zip(&goes).skip(kept) {
            apply_block(&mut tx, number, ops).await;
        }
        tx.commit().await.unwrap();
        assert_eq!(db.dump().await, after, "from block {kept} on the same again: {goes:?}");

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
        transactions::mined(
            &mut tx,
            &signed(key, nonce),
            signed(key, nonce).hash,
            block(5).at(),
            key == "good",
        )
        .await
        .unwrap();
    }
    outbox::done(&mut tx, "good").await.unwrap();
    outbox::fail(&mut tx, "bad", "reverted").await.unwrap();
    let mined = transactions::by_key(&mut tx, "good").await.unwrap().unwrap().mined;
    assert_eq!(mined, Some((block(5).at(), true)));
    assert!(
        transactions::mined(&mut tx, &signed("good", 0), signed("good", 0).hash, block(6).at(), true)
            .await
            .is_err(),
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
