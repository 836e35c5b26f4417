//! What mirrors the contracts that settle and decide.

use quittance_domain::{
    Address, Amount, Asset, B256, Bytes, U256,
    fact::{
        Credit, Grant, Pin, SpentNonces,
        council::{Member, Proposal, ProposalEvent, ProposalStatus},
        deal::{Aborted, DealEvent, DealKind, Fill},
        terms::{DealTerms, EscrowTerms},
    },
    settlement::Status,
};
use quittance_store::{
    approvals::{self, Approval},
    councils::{self, Electorate},
    credits,
    deals::{self, DealFilter},
    pins,
    units::{self, UnitsMove},
};

use crate::{db::Db, make::*};

pub(crate) async fn a_deal_keeps_its_history(db: Db) {
    let mut tx = db.begin().await;
    let (kind, id, terms) = (DealKind::Settlement, hash(1), settlement_terms(1));
    deals::append(&mut tx, &at(1, 0), kind, id, &DealEvent::settled(who(1))).await.unwrap();
    assert_eq!(deals::get(&mut tx, id).await.unwrap(), None, "of a deal that began before the mirror");
    let events = [
        DealEvent::Opened { by: who(1), leg: Some(1), terms: Box::new(terms.clone()) },
        DealEvent::Funded { by: who(2), leg: Some(0) },
        DealEvent::Satisfied { condition: 0, published: Bytes::from_static(b"key") },
        DealEvent::settled(who(2)),
    ];
    let statuses = [Status::Open, Status::Armed, Status::Armed, Status::Settled];
    for (number, event) in (1..).zip(&events) {
        deals::append(&mut tx, &at(number, 1), kind, id, event).await.unwrap();
    }
    let row = deals::get(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.kind, row.status, row.terms), (kind, Status::Settled, Some(terms)));
    assert_eq!((row.opened, row.changed), (at(1, 1), at(4, 1)));
    let history = deals::history(&mut tx, id).await.unwrap();
    assert_eq!(history.iter().map(|entry| entry.event.clone()).collect::<Vec<_>>(), events);
    assert_eq!(history.iter().map(|entry| entry.status).collect::<Vec<_>>(), statuses);

    deals::unwind(&mut tx, 1).await.unwrap();
    assert_eq!(deals::get(&mut tx, id).await.unwrap().unwrap().status, Status::Open);
    deals::append(&mut tx, &at(2, 7), kind, id, &events[1]).await.unwrap();
    let status = deals::get(&mut tx, id).await.unwrap().unwrap().status;
    assert_eq!(status, Status::Armed, "counted from where it stood");
}

pub(crate) async fn the_last_leg_arms(db: Db) {
    let mut tx = db.begin().await;
    for count in [1, 3, 8] {
        let (kind, id, mut terms) = (DealKind::Settlement, hash(count), deal(1).terms());
        terms.legs = (0..count).map(|_| terms.legs[0].clone()).collect();
        for done in 1..=count {
            let (by, leg) = (who(1), Some(count - done));
            let terms = Box::new(DealTerms::Settlement(terms.clone()));
            let opened = DealEvent::Opened { by, leg, terms };
            let event = if done == 1 { opened } else { DealEvent::Funded { by, leg } };
            deals::append(&mut tx, &at(done, count), kind, id, &event).await.unwrap();
            let status = deals::get(&mut tx, id).await.unwrap().unwrap().status;
            assert_eq!(status, if done == count { Status::Armed } else { Status::Open }, "{done} of {count}");
        }
    }
}

pub(crate) fn filled(n: u64, nonce: u64, left: u64) -> (B256, DealEvent) {
    let asset = Asset::erc20(who(8));
    let fill = Fill {
        maker: who(1),
        taker: who(2),
        nonce: U256::from(nonce),
        give: asset,
        give_id: U256::ZERO,
        given: amount(1),
        take: asset,
        take_id: U256::ZERO,
        paid: amount(1),
        left: amount(left),
    };
    (hash(n), DealEvent::Filled(Box::new(fill)))
}

/// Orders under one nonce are alternatives: what spends it ends all that are open.
pub(crate) async fn an_order_ends_with_its_nonce(db: Db) {
    let mut tx = db.begin().await;
    let orders = [(1, 7, 5), (2, 7, 5), (3, 8, 5), (4, 300, 5), (5, 9, 5), (6, 9, 0)];
    for (n, nonce, left) in orders {
        let (id, event) = filled(n, nonce, left);
        deals::append(&mut tx, &at(1, n), DealKind::Order, id, &event).await.unwrap();
    }
    let all = async |tx: &mut _| {
        let mut statuses = vec![];
        for (n, ..) in orders {
            statuses.push(deals::get(tx, hash(n)).await.unwrap().unwrap().status);
        }
        statuses
    };
    use Status::{Aborted as Ended, Open, Settled};
    assert_eq!(all(&mut tx).await, [Open, Open, Open, Open, Ended, Settled], "an alternative was filled up");

    let (nonce, filled) = (Some(U256::from(7)), Some(amount(1)));
    let cancelled = DealEvent::Aborted(Aborted { by: who(1), nonce, filled, ..Aborted::default() });
    deals::append(&mut tx, &at(2, 0), DealKind::Order, hash(1), &cancelled).await.unwrap();
    assert_eq!(
        all(&mut tx).await,
        [Ended, Ended, Open, Open, Ended, Settled],
        "an alternative was cancelled"
    );
    let others = SpentNonces { by: who(2), word: U256::ZERO, mask: U256::MAX };
    deals::nonces_spent(&mut tx, &at(2, 1), &others).await.unwrap();
    let spent = SpentNonces { by: who(1), word: U256::ZERO, mask: U256::MAX };
    deals::nonces_spent(&mut tx, &at(2, 2), &spent).await.unwrap();
    assert_eq!(all(&mut tx).await, [Ended, Ended, Ended, Open, Ended, Settled], "a word of 256");
    let told = deals::history(&mut tx, hash(2)).await.unwrap();
    assert_eq!(told.last().unwrap().event, DealEvent::Invalidated { by: who(1) });

    deals::unwind(&mut tx, 1).await.unwrap();
    assert_eq!(all(&mut tx).await, [Open, Open, Open, Open, Ended, Settled]);
    let never = DealEvent::Aborted(Aborted { by: who(3), nonce, filled, ..Aborted::default() });
    deals::append(&mut tx, &at(3, 0), DealKind::Order, hash(9), &never).await.unwrap();
    let row = deals::get(&mut tx, hash(9)).await.unwrap().unwrap();
    assert_eq!((row.status, row.terms), (Ended, None), "cancelled before it was ever filled");
}

pub(crate) async fn deals_are_listed_by_what_they_are(db: Db) {
    let mut tx = db.begin().await;
    for n in 1..=6 {
        let escrow = n % 2 == 0;
        let (kind, terms) = if escrow {
            (DealKind::Escrow, escrow_terms(who(3)))
        } else {
            (DealKind::Settlement, settlement_terms(1))
        };
        let opened = DealEvent::Opened { by: who(1), leg: None, terms: Box::new(terms) };
        deals::append(&mut tx, &at(n, 0), kind, hash(n), &opened).await.unwrap();
        if n > 4 {
            deals::append(&mut tx, &at(n, 1), kind, hash(n), &DealEvent::aborted(who(1))).await.unwrap();
        }
    }
    let (id, order) = filled(7, 1, 3);
    deals::append(&mut tx, &at(7, 0), DealKind::Order, id, &order).await.unwrap();
    let any = DealFilter::default();
    let (escrow, open) = (Some(DealKind::Escrow), Some(Status::Open));
    for (filter, expected) in [
        (any, vec![7, 6, 5, 4, 3, 2, 1]),
        (DealFilter { kind: escrow, ..any }, vec![6, 4, 2]),
        (DealFilter { status: open, ..any }, vec![7, 4, 3, 2, 1]),
        (DealFilter { kind: escrow, status: open, ..any }, vec![4, 2]),
        (DealFilter { party: Some(who(2)), ..any }, vec![7, 5, 3, 1]),
        (DealFilter { party: Some(who(3)), ..any }, vec![6, 4, 2]),
        (DealFilter { party: Some(who(3)), status: open, ..any }, vec![4, 2]),
        (DealFilter { party: Some(who(1)), kind: Some(DealKind::Order), ..any }, vec![7]),
        (DealFilter { party: Some(who(9)), ..any }, vec![]),
    ] {
        for limit in [1, 2, 100] {
            let (mut ids, mut cursor) = (vec![], None);
            loop {
                let page = deals::list(&mut tx, filter, cursor.as_deref(), limit).await.unwrap();
                assert!(page.items.len() <= limit as usize);
                ids.extend(page.items.into_iter().map(|deal| deal.id));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(ids, expected.iter().map(|n| hash(*n)).collect::<Vec<_>>(), "{filter:?} by {limit}");
        }
    }
}

fn escrow_terms(payee: Address) -> DealTerms {
    DealTerms::Escrow(EscrowTerms {
        payer: who(1),
        payee,
        asset: Asset::erc20(who(8)),
        token_id: U256::ZERO,
        amount: Amount::new(U256::MAX),
        subject: hash(9),
        arbiter: Address::ZERO,
        bond: Amount::ZERO,
        default_bps: 10_000,
        accept_by: 1,
        dispute_by: 2,
        rule_window: 3,
        nonce: U256::MAX,
    })
}

pub(crate) async fn units_follow_every_move(db: Db) {
    let mut tx = db.begin().await;
    let (token, class, zero) = (who(9), U256::MAX, Address::ZERO);
    let moved = |index, token_id, from, to, units| UnitsMove {
        origin: at(1, index),
        token,
        token_id,
        from,
        to,
        amount: amount(units),
    };
    let moves = [
        moved(0, class, zero, who(1), 10),
        moved(1, class, who(1), who(2), 4),
        moved(2, U256::ONE, zero, who(1), 7),
        moved(3, class, who(2), who(2), 3),
        moved(4, class, who(1), zero, 6),
    ];
    units::moved(&mut tx, &moves).await.unwrap();
    let mut held = async |n| {
        let held = units::held(&mut tx, who(n), 9).await.unwrap();
        held.iter().map(|it| (it.token_id, it.amount)).collect::<Vec<_>>()
    };
    assert_eq!(held(1).await, [(U256::ONE, amount(7))]);
    assert_eq!(held(2).await, [(class, amount(4))]);
    let beyond = [moved(5, class, who(2), who(1), 5)];
    assert!(units::moved(&mut tx, &beyond).await.is_err(), "more than there is");
}

pub(crate) async fn a_grant_replaces_the_one_before(db: Db) {
    let mut tx = db.begin().await;
    let (token, owner) = (who(8), who(1));
    let approval = |spender, grant| Approval { token, owner, spender, grant };
    let up_to = |units| Grant::Amount { token_id: U256::ZERO, amount: amount(units) };
    let grants = [
        (at(1, 0), approval(who(2), up_to(5))),
        (at(1, 1), approval(who(3), Grant::All(true))),
        (at(1, 2), approval(who(2), up_to(9))),
        (at(2, 0), approval(who(2), up_to(0))),
        (at(2, 1), approval(who(2), Grant::All(true))),
        (at(2, 2), approval(who(3), Grant::All(false))),
    ];
    approvals::granted(&mut tx, &grants[..3]).await.unwrap();
    let first = [approval(who(2), up_to(9)), approval(who(3), Grant::All(true))];
    assert_eq!(approvals::of(&mut tx, owner, None, 9).await.unwrap().items, first);
    let page = approvals::of(&mut tx, owner, None, 1).await.unwrap();
    assert_eq!(page.items, first[..1]);
    let page = approvals::of(&mut tx, owner, page.next.as_deref(), 1).await.unwrap();
    assert_eq!((&page.items[..], page.next), (&first[1..], None));
    approvals::granted(&mut tx, &grants[3..]).await.unwrap();
    let last = [approval(who(2), Grant::All(true))];
    assert_eq!(approvals::of(&mut tx, owner, None, 9).await.unwrap().items, last);
    approvals::unwind(&mut tx, 1).await.unwrap();
    assert_eq!(approvals::of(&mut tx, owner, None, 9).await.unwrap().items, first);
}

pub(crate) async fn a_deed_that_moves_is_granted_to_nobody(db: Db) {
    let mut tx = db.begin().await;
    let (token, token_id, grant) = (who(9), U256::MAX, Grant::Deed { token_id: U256::MAX });
    let approval = |owner, spender| Some(Approval { token, owner, spender, grant });
    let mut granted = async |number, pair| {
        approvals::deed_granted(&mut tx, &at(number, 0), token, token_id, pair).await.unwrap();
        approvals::on_deed(&mut tx, token, token_id).await.unwrap()
    };
    assert_eq!(granted(1, (who(1), Address::ZERO)).await, None, "it was never granted");
    assert_eq!(granted(2, (who(1), who(2))).await, approval(who(1), who(2)));
    assert_eq!(granted(3, (who(1), who(3))).await, approval(who(1), who(3)), "one at a time");
    assert_eq!(granted(4, (who(4), Address::ZERO)).await, None, "it moved");
    assert_eq!(granted(5, (who(4), who(3))).await, approval(who(4), who(3)));
    for (owner, count) in [(1, 0), (4, 1)] {
        let standing = approvals::of(&mut tx, who(owner), None, 9).await.unwrap().items;
        assert_eq!(standing.len(), count, "of {owner}");
    }
    approvals::unwind(&mut tx, 3).await.unwrap();
    let on = approvals::on_deed(&mut tx, token, token_id).await.unwrap();
    assert_eq!(on, approval(who(1), who(3)));
}

pub(crate) async fn credits_add_up_until_they_are_taken(db: Db) {
    let mut tx = db.begin().await;
    let credit = |units| Credit {
        deal: Some(hash(1)),
        payee: who(1),
        asset: Asset::erc20(who(8)),
        token_id: U256::ZERO,
        amount: Amount::new(units),
    };
    let (one, most) = (credit(U256::ONE), credit(U256::MAX));
    credits::credited(&mut tx, &at(1, 0), who(5), &one).await.unwrap();
    credits::credited(&mut tx, &at(1, 1), who(6), &one).await.unwrap();
    credits::credited(&mut tx, &at(1, 2), who(5), &one).await.unwrap();
    let owed = async |tx: &mut _| {
        let owed = credits::of(tx, who(1), 9).await.unwrap();
        owed.iter().map(|it| (it.contract, it.amount.units())).collect::<Vec<_>>()
    };
    let (two, all) = (U256::from(2), U256::MAX);
    assert_eq!(owed(&mut tx).await, [(who(5), two), (who(6), U256::ONE)]);
    credits::credited(&mut tx, &at(2, 0), who(6), &most).await.unwrap();
    assert_eq!(owed(&mut tx).await, [(who(5), two), (who(6), all)], "as the contract counts it");
    credits::withdrawn(&mut tx, &at(3, 0), who(5), &Credit { deal: None, ..one }).await.unwrap();
    assert_eq!(owed(&mut tx).await, [(who(6), all)]);
    credits::unwind(&mut tx, 1).await.unwrap();
    assert_eq!(owed(&mut tx).await, [(who(5), two), (who(6), U256::ONE)]);
}

pub(crate) fn proposal(n: u8) -> Proposal {
    Proposal {
        calls: vec![],
        subject: hash(n.into()),
        vote_by: 1,
        execute_from: 2,
        execute_by: 3,
        nonce: U256::MAX,
    }
}

pub(crate) async fn a_proposal_keeps_its_votes(db: Db) {
    let mut tx = db.begin().await;
    let (council, by, id) = (who(7), who(1), hash(1));
    let members = vec![Member { signer: vec![1; 20].into(), weight: 3 }];
    for epoch in 1..3 {
        let electorate = Electorate { epoch, threshold: epoch, members: members.clone() };
        councils::reformed(&mut tx, &at(epoch, 0), council, &electorate).await.unwrap();
    }
    assert_eq!(councils::electorate(&mut tx, council).await.unwrap().unwrap().threshold, 2);
    let vote = |seats: u64, status| {
        let (seats, weight) = (U256::from(seats), seats);
        ProposalEvent::Voted { by, seats, weight, status }
    };
    let events = [
        ProposalEvent::Opened { by, epoch: 2, terms: proposal(1) },
        vote(1, ProposalStatus::Open),
        vote(2, ProposalStatus::Passed),
        ProposalEvent::Executed { by },
    ];
    for (index, event) in (1..).zip(&events) {
        councils::append(&mut tx, &at(2, index), council, id, event).await.unwrap();
    }
    let history = councils::history(&mut tx, id).await.unwrap();
    assert_eq!(history.iter().map(|entry| entry.event.clone()).collect::<Vec<_>>(), events);
    let row = councils::get(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.status, row.council, &row.proposal), (ProposalStatus::Executed, council, &proposal(1)));
    let other = ProposalEvent::Opened { by, epoch: 2, terms: proposal(2) };
    councils::append(&mut tx, &at(3, 0), council, hash(2), &other).await.unwrap();
    let page = councils::list(&mut tx, None, 1).await.unwrap();
    assert_eq!((page.items[0].id, page.items[0].status), (hash(2), ProposalStatus::Open));
    let page = councils::list(&mut tx, page.next.as_deref(), 1).await.unwrap();
    assert_eq!((&page.items[..], page.next), (&[row][..], None));
    councils::unwind(&mut tx, 1).await.unwrap();
    assert_eq!(councils::get(&mut tx, id).await.unwrap(), None);
    assert_eq!(councils::electorate(&mut tx, council).await.unwrap().unwrap().threshold, 1);
}

pub(crate) fn pin(n: u8) -> Pin {
    Pin {
        author: who(n),
        action: "firefly:batch_pin".into(),
        uuids: hash(1),
        batch_hash: hash(2),
        payload_ref: "nothing\0".into(),
        contexts: vec![hash(3), hash(4)],
    }
}

pub(crate) async fn pins_come_in_their_order(db: Db) {
    let mut tx = db.begin().await;
    for (index, author) in [1, 2, 1].into_iter().enumerate() {
        pins::append(&mut tx, &at(7, index as u64), &pin(author)).await.unwrap();
    }
    let page = pins::list(&mut tx, None, None, 2).await.unwrap();
    let read = &page.items[0].pin;
    assert_eq!((&read.contexts, read.payload_ref.as_str()), (&pin(1).contexts, "nothing\u{fffd}"));
    let rest = pins::list(&mut tx, None, page.next.as_deref(), 2).await.unwrap();
    assert_eq!((rest.items[0].origin, rest.items.len(), rest.next), (at(7, 2), 1, None));
    let ones = pins::list(&mut tx, Some(who(1)), None, 9).await.unwrap();
    assert_eq!(ones.items.iter().map(|it| it.origin.log_index).collect::<Vec<_>>(), [0, 2]);
}
