//! What mirrors the chain.

use quittance_domain::{Address, Amount, AssetKind, Kind, U256, document::DocumentStatus};
use quittance_store::{
    Position, blocks, documents, events, parties,
    tokens::{self, BalanceFilter, CashMove, TransferFilter},
};

use crate::{db::Db, make::*};

pub(crate) async fn the_last_block_is_the_tail(db: Db) {
    let mut tx = db.begin().await;
    assert_eq!(blocks::tail(&mut tx).await.unwrap(), None);
    for number in [5, 8, 9] {
        blocks::append(&mut tx, &block(number)).await.unwrap();
    }
    assert_eq!(blocks::tail(&mut tx).await.unwrap(), Some(block(9)));
    assert_eq!(blocks::at(&mut tx, 8).await.unwrap(), Some(block(8)));
    assert_eq!(blocks::at(&mut tx, 7).await.unwrap(), None);
    assert_eq!(blocks::newest(&mut tx, 2).await.unwrap(), [block(9), block(8)]);
    blocks::unwind(&mut tx, 8).await.unwrap();
    blocks::prune(&mut tx, 9).await.unwrap();
    assert_eq!(blocks::newest(&mut tx, 9).await.unwrap(), [block(8)], "the last one is kept");
    assert!(blocks::append(&mut tx, &block(8)).await.is_err(), "a height has one block");
}

pub(crate) async fn logs_are_kept_understood_or_not(db: Db) {
    let mut tx = db.begin().await;
    // More than fit into one statement, so that they are spread over several.
    let logs: Vec<_> = (0..2_000).map(|index| log(7, index, index % 4 != 0)).collect();
    events::append(&mut tx, &logs).await.unwrap();
    events::append(&mut tx, &[]).await.unwrap();
    assert_eq!(events::count_unknown(&mut tx).await.unwrap(), 500);
    let after = Position { block_number: 7, log_index: 1_996 };
    let last = events::since(&mut tx, after, 10).await.unwrap();
    assert_eq!(last.len(), 3);
    assert_eq!((last[0].origin, last[0].topics.clone()), (logs[1_997].origin, logs[1_997].topics.clone()));
    assert_eq!((&last[0].data, last[0].name.as_deref()), (&logs[1_997].data, Some("PartyRemoved")));
    assert!(events::append(&mut tx, &logs[..1]).await.is_err(), "a log is kept once");
}

pub(crate) async fn a_name_follows_the_registry(db: Db) {
    let mut tx = db.begin().await;
    parties::registered(&mut tx, &at(1, 0), &party(1, "alice")).await.unwrap();
    parties::registered(&mut tx, &at(2, 0), &party(1, "alicia")).await.unwrap();
    parties::registered(&mut tx, &at(2, 1), &party(2, "alice")).await.unwrap();
    assert_eq!(parties::by_name(&mut tx, "alice").await.unwrap(), Some(party(2, "alice")));
    assert_eq!(parties::by_address(&mut tx, who(1)).await.unwrap(), Some(party(1, "alicia")));
    assert_eq!(parties::by_tls_key(&mut tx, hash(2)).await.unwrap(), Some(party(2, "alice")));
    parties::removed(&mut tx, &at(3, 0), who(2)).await.unwrap();
    assert_eq!(parties::by_name(&mut tx, "alice").await.unwrap(), None);
    assert_eq!(parties::by_tls_key(&mut tx, hash(2)).await.unwrap(), None);
    assert_eq!(parties::all(&mut tx, 10).await.unwrap(), [party(1, "alicia")]);
    let twice = parties::removed(&mut tx, &at(3, 1), who(2)).await.unwrap_err();
    assert_eq!(twice.kind(), Kind::Internal);
}

pub(crate) async fn text_that_a_database_cannot_hold_is_no_obstacle(db: Db) {
    let mut tx = db.begin().await;
    let mut odd = party(1, "odd");
    odd.endpoint = "https://a\0b'\"\\; DROP TABLE parties; -- ☃".into();
    parties::registered(&mut tx, &at(1, 0), &odd).await.unwrap();
    odd.endpoint = odd.endpoint.replace('\0', "\u{fffd}");
    assert_eq!(parties::by_name(&mut tx, "odd").await.unwrap(), Some(odd));
}

pub(crate) async fn a_document_ends_once(db: Db) {
    let mut tx = db.begin().await;
    for n in 1..=3 {
        documents::registered(&mut tx, &at(n.into(), 0), document(n), &commitment(n)).await.unwrap();
    }
    documents::superseded(&mut tx, &at(3, 1), document(1), document(3)).await.unwrap();
    documents::revoked(&mut tx, &at(4, 0), document(2)).await.unwrap();
    let first = documents::registered_as(&mut tx, document(1)).await.unwrap().unwrap();
    assert_eq!((first.status, first.next), (DocumentStatus::Superseded, Some(document(3))));
    assert_eq!((first.commitment, first.origin), (commitment(1), at(3, 1)));
    assert!(documents::revoked(&mut tx, &at(5, 0), document(9)).await.is_err());

    let page = documents::list(&mut tx, None, None, 2).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|document| document.id).collect();
    assert_eq!(ids, [document(2), document(1)], "those that changed last come first");
    let page = documents::list(&mut tx, None, page.next.as_deref(), 2).await.unwrap();
    assert_eq!((page.items[0].id, page.items.len(), page.next), (document(3), 1, None));
    let one = documents::list(&mut tx, Some(who(2)), None, 9).await.unwrap();
    assert_eq!(one.items.len(), 1);

    documents::unwind(&mut tx, 3).await.unwrap();
    let second = documents::registered_as(&mut tx, document(2)).await.unwrap().unwrap();
    assert_eq!((second.status, second.origin), (DocumentStatus::Live, at(2, 0)));
}

pub(crate) async fn balances_follow_every_move(db: Db) {
    let mut tx = db.begin().await;
    let (token, none) = (who(9), Address::ZERO);
    let all = Amount::new(U256::MAX);
    tokens::cash_moved(&mut tx, &at(1, 0), token, none, who(1), all).await.unwrap();
    tokens::cash_moved(&mut tx, &at(2, 0), token, who(1), who(2), amount(7)).await.unwrap();
    tokens::cash_moved(&mut tx, &at(2, 1), token, who(2), who(2), amount(7)).await.unwrap();
    tokens::cash_moved(&mut tx, &at(3, 0), token, who(2), none, amount(2)).await.unwrap();
    let rest = all.checked_sub(amount(7)).unwrap();
    for (holder, as_of, expected) in [
        (who(1), None, rest),
        (who(1), Some(1), all),
        (who(1), Some(0), Amount::ZERO),
        (who(2), Some(1), Amount::ZERO),
        (who(2), Some(2), amount(7)),
        (who(2), Some(u64::MAX), amount(5)),
        (none, None, Amount::ZERO),
        (who(3), None, Amount::ZERO),
    ] {
        let balance = tokens::balance(&mut tx, token, holder, as_of).await.unwrap();
        assert_eq!(balance, expected, "{holder} as of {as_of:?}");
    }
    tokens::unwind(&mut tx, 2).await.unwrap();
    assert_eq!(tokens::balance(&mut tx, token, who(2), None).await.unwrap(), amount(7));
}

pub(crate) async fn a_block_full_of_moves_is_as_good_as_one_by_one(db: Db) {
    let mut tx = db.begin().await;
    let (token, none) = (who(9), Address::ZERO);
    let step = |(index, from, to, units): (u64, u8, u8, u64)| CashMove {
        origin: at(1, index),
        token,
        from: if from == 0 { none } else { who(from) },
        to: who(to),
        amount: amount(units),
    };
    // 300 are no power of two, so that the rows go in pieces of many sizes; then money passes through hands.
    let mut moves: Vec<_> = (0..300).map(|index| step((index, 0, 1, 1))).collect();
    moves.extend([(300, 1, 2, 200), (301, 2, 3, 150), (302, 3, 1, 10), (303, 1, 1, 5)].map(step));
    tokens::cash_moves(&mut tx, &moves).await.unwrap();
    for (holder, units) in [(1, 110), (2, 50), (3, 140)] {
        assert_eq!(tokens::balance(&mut tx, token, who(holder), None).await.unwrap(), amount(units));
    }
    let all = tokens::transfers(&mut tx, TransferFilter::default(), None, 999).await.unwrap();
    assert_eq!((all.items.len(), all.items[0].origin, all.items[303].origin), (304, at(1, 303), at(1, 0)));
    let short = tokens::cash_moves(&mut tx, &[(304, 2, 3, 50), (305, 2, 3, 1)].map(step)).await;
    assert_eq!(short.unwrap_err().kind(), Kind::Internal);
}

pub(crate) async fn a_balance_never_wraps(db: Db) {
    let mut tx = db.begin().await;
    let none = Address::ZERO;
    let under = tokens::cash_moved(&mut tx, &at(1, 0), who(9), who(1), who(2), amount(1)).await;
    assert_eq!(under.unwrap_err().kind(), Kind::Internal);
    tokens::cash_moved(&mut tx, &at(2, 0), who(9), none, who(1), Amount::new(U256::MAX)).await.unwrap();
    let over = tokens::cash_moved(&mut tx, &at(3, 0), who(9), none, who(1), amount(1)).await;
    assert_eq!(over.unwrap_err().kind(), Kind::Internal);
}

pub(crate) async fn balances_are_listed_in_pages(db: Db) {
    let mut tx = db.begin().await;
    let mut index = 0;
    for token in [who(8), who(9)] {
        for holder in 1..=3 {
            for _ in 0..3 {
                let (none, one) = (Address::ZERO, amount(1));
                tokens::cash_moved(&mut tx, &at(1, index), token, none, who(holder), one).await.unwrap();
                index += 1;
            }
        }
    }
    let (mut seen, mut cursor) = (vec![], None::<String>);
    loop {
        let page = tokens::balances(&mut tx, BalanceFilter::default(), cursor.as_deref(), 2).await.unwrap();
        seen.extend(page.items.iter().map(|balance| (balance.token, balance.holder, balance.amount)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let expected = [(8, 1), (8, 2), (8, 3), (9, 1), (9, 2), (9, 3)];
    assert_eq!(seen, expected.map(|(token, holder)| (who(token), who(holder), amount(3))));
    for (token, holder, count) in [(Some(8), None, 3), (None, Some(2), 2), (Some(9), Some(3), 1)] {
        let filter = BalanceFilter { token: token.map(who), holder: holder.map(who) };
        assert_eq!(tokens::balances(&mut tx, filter, None, 9).await.unwrap().items.len(), count);
    }
    let bad = tokens::balances(&mut tx, BalanceFilter::default(), Some("x"), 2).await.unwrap_err();
    assert_eq!((bad.kind(), bad.field_name()), (Kind::Invalid, Some("cursor")));
}

pub(crate) async fn deeds_follow_their_owner(db: Db) {
    let mut tx = db.begin().await;
    let (token, none, id) = (who(9), Address::ZERO, U256::MAX);
    tokens::deed_moved(&mut tx, &at(1, 0), token, none, who(1), id).await.unwrap();
    tokens::deed_moved(&mut tx, &at(1, 1), token, none, who(1), U256::from(5)).await.unwrap();
    tokens::deed_moved(&mut tx, &at(2, 0), token, who(1), who(2), id).await.unwrap();
    assert_eq!(tokens::owner(&mut tx, token, id, None).await.unwrap(), Some(who(2)));
    assert_eq!(tokens::owner(&mut tx, token, id, Some(1)).await.unwrap(), Some(who(1)));
    assert_eq!(tokens::owner(&mut tx, token, id, Some(0)).await.unwrap(), None);
    let first = tokens::deeds(&mut tx, None, Some(who(1)), None, 9).await.unwrap();
    assert_eq!(first.items.iter().map(|deed| deed.token_id).collect::<Vec<_>>(), [U256::from(5)]);
    tokens::deed_moved(&mut tx, &at(3, 0), token, who(1), who(2), U256::from(5)).await.unwrap();
    let page = tokens::deeds(&mut tx, None, Some(who(2)), None, 1).await.unwrap();
    assert_eq!(page.items[0].token_id, U256::from(5));
    let page = tokens::deeds(&mut tx, None, Some(who(2)), page.next.as_deref(), 1).await.unwrap();
    assert_eq!((page.items[0].token_id, page.next), (id, None));
    tokens::deed_moved(&mut tx, &at(4, 0), token, who(2), none, id).await.unwrap();
    assert_eq!(tokens::owner(&mut tx, token, id, None).await.unwrap(), None);
    let all = tokens::deeds(&mut tx, None, None, None, 9).await.unwrap().items;
    let all: Vec<_> = all.iter().map(|deed| (deed.token_id, deed.owner)).collect();
    assert_eq!(all, [(U256::from(5), who(2)), (id, none)], "those that are burnt included");

    tokens::cash_moved(&mut tx, &at(5, 0), who(8), none, who(2), amount(1)).await.unwrap();
    tokens::cash_moved(&mut tx, &at(5, 1), who(8), none, who(3), amount(1)).await.unwrap();
    let page = tokens::holders(&mut tx, None, 2).await.unwrap();
    assert_eq!(page.items, [who(1), who(2)], "whoever had something, once each, and not nobody");
    let page = tokens::holders(&mut tx, page.next.as_deref(), 2).await.unwrap();
    assert_eq!((page.items, page.next), (vec![who(3)], None));
    assert_eq!(tokens::tokens_of(&mut tx, who(2)).await.unwrap(), [who(8), token]);
    assert_eq!(tokens::tokens_of(&mut tx, who(4)).await.unwrap(), [] as [Address; 0]);
}

pub(crate) async fn transfers_are_listed_newest_first(db: Db) {
    let mut tx = db.begin().await;
    let none = Address::ZERO;
    for number in 1..=3 {
        tokens::cash_moved(&mut tx, &at(number, 0), who(8), none, who(1), amount(number)).await.unwrap();
        tokens::deed_moved(&mut tx, &at(number, 1), who(9), none, who(2), U256::from(number)).await.unwrap();
    }
    tokens::cash_moved(&mut tx, &at(4, 0), who(8), who(1), who(1), amount(4)).await.unwrap();
    let all = tokens::transfers(&mut tx, TransferFilter::default(), None, 99).await.unwrap();
    let order: Vec<_> = all.items.iter().map(|t| (t.origin.block.number, t.origin.log_index)).collect();
    assert_eq!(order, [(4, 0), (3, 1), (3, 0), (2, 1), (2, 0), (1, 1), (1, 0)]);
    assert_eq!((all.items[1].kind, all.items[1].value), (AssetKind::Erc721, U256::from(3)));

    let of = |token: Option<u8>, party: Option<u8>| TransferFilter {
        token: token.map(who),
        from_or_to: party.map(who),
    };
    for (filter, count) in
        [(of(Some(9), None), 3), (of(None, Some(1)), 4), (of(Some(8), Some(1)), 4), (of(Some(9), Some(1)), 0)]
    {
        assert_eq!(tokens::transfers(&mut tx, filter, None, 99).await.unwrap().items.len(), count);
        let (mut paged, mut cursor) = (0, None::<String>);
        loop {
            let page = tokens::transfers(&mut tx, filter, cursor.as_deref(), 1).await.unwrap();
            paged += page.items.len();
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(paged, count, "a page at a time: {filter:?}");
    }
}
