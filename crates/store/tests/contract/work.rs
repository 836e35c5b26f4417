//! Transactions, and what this node does.

use quittance_domain::{Address, B256, Bytes, Kind, flows::dvp::Input};
use quittance_store::{
    Store, blocks, feed,
    files::{self, LocalFile},
    outbox::{self, Due, OutboxRow, State},
    requests::{self, Claim},
    tokens,
    trades::{self, Cause, NewEntry},
    transactions::{self, Signed},
};

use crate::{db::Db, make::*};

pub(crate) async fn a_dropped_transaction_leaves_no_trace(db: Db) {
    let mut tx = db.begin().await;
    blocks::append(&mut tx, &block(1)).await.unwrap();
    drop(tx);
    assert_eq!(blocks::tail(&mut db.begin().await).await.unwrap(), None);
}

pub(crate) async fn writers_take_turns(db: Db) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 25;
    // Half of them as another process would: with a store of their own.
    let other = Store::open(&db.url).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = if writer % 2 == 0 { db.store.clone() } else { other.clone() };
        writers.spawn(async move {
            for turn in 0..EACH {
                let mut tx = store.begin().await.unwrap();
                // Reads before it writes: what was read must still be so.
                let origin = at(writer + 1, turn);
                tokens::cash_moved(
                    &mut tx,
                    &origin,
                    who(9),
                    Address::ZERO,
                    who(writer.try_into().unwrap()),
                    amount(1),
                )
                .await
                .unwrap();
                let before = trades::load(&mut tx, settlement(1)).await.unwrap();
                let wake = before.map_or(0, |trade| trade.wake.unwrap());
                trades::create(&mut tx, &trade(1, 0)).await.unwrap();
                let wake = if wake == 0 { 1 } else { wake + 1 };
                trades::save(&mut tx, settlement(1), "proposed", Some(wake)).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    let row = trades::load(&mut db.read().await, settlement(1)).await.unwrap().unwrap();
    assert_eq!(row.wake, Some(WRITERS * EACH), "no update was lost");
}

pub(crate) async fn a_reader_sees_one_moment(db: Db) {
    let mut reader = db.read().await;
    assert_eq!(blocks::tail(&mut reader).await.unwrap(), None);
    let mut writer = db.begin().await;
    blocks::append(&mut writer, &block(1)).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(blocks::tail(&mut reader).await.unwrap(), None, "the reader's moment was before");
    drop(reader);
    assert_eq!(blocks::tail(&mut db.read().await).await.unwrap(), Some(block(1)));
}

pub(crate) async fn a_reader_cannot_write(db: Db) {
    assert!(blocks::append(&mut db.read().await, &block(1)).await.is_err());
}

pub(crate) async fn what_is_committed_is_there_after_reopening(db: Db) {
    let mut tx = db.begin().await;
    blocks::append(&mut tx, &block(1)).await.unwrap();
    tx.commit().await.unwrap();
    db.store.close().await;
    assert_eq!(db.store.begin().await.unwrap_err().kind(), Kind::Unavailable);
    let again = Store::open(&db.url).await.unwrap();
    again.migrate().await.unwrap();
    assert_eq!(blocks::tail(&mut again.read().await.unwrap()).await.unwrap(), Some(block(1)));
}

fn entry(input: Input, origin: Option<Cause>) -> NewEntry {
    NewEntry { input, now: 1_500, origin, as_of: 7, at: 99 }
}

pub(crate) async fn a_trade_is_its_journal(db: Db) {
    let mut tx = db.begin().await;
    let id = settlement(1);
    assert!(trades::create(&mut tx, &trade(1, 5)).await.unwrap());
    assert!(!trades::create(&mut tx, &trade(1, 6)).await.unwrap(), "a trade is made once");
    let row = trades::load(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.deal, row.file, row.created), (deal(1), trade(1, 5).file, 5));

    let entries = [
        entry(Input::Proposed { hold: true }, None),
        entry(Input::Settled, Some((&at(8, 2)).into())),
        entry(Input::Clock, Some((&block(9)).into())),
        entry(Input::Receipted { signature: Bytes::from(vec![1]) }, None),
    ];
    for entry in &entries {
        trades::append(&mut tx, id, entry).await.unwrap();
    }
    let journal = trades::journal(&mut tx, id).await.unwrap();
    assert_eq!(journal.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    for (kept, new) in journal.iter().zip(&entries) {
        assert_eq!(
            (&kept.input, kept.origin, kept.now, kept.as_of, kept.at),
            (&new.input, new.origin, 1_500, 7, 99)
        );
    }
    assert_eq!(trades::unwind(&mut tx, 9).await.unwrap(), []);
    assert_eq!(trades::unwind(&mut tx, 7).await.unwrap(), [id], "once, however many entries it loses");
    let journal = trades::journal(&mut tx, id).await.unwrap();
    assert_eq!(journal.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 4]);

    assert_eq!(trades::due(&mut tx, 1_999, 9).await.unwrap(), []);
    assert_eq!(trades::due(&mut tx, 2_000, 9).await.unwrap(), [id]);
    trades::save(&mut tx, id, "settled", None).await.unwrap();
    assert_eq!(trades::due(&mut tx, 9_000, 9).await.unwrap(), []);
    assert!(trades::save(&mut tx, settlement(2), "settled", None).await.is_err());
}

pub(crate) async fn trades_are_listed_newest_first(db: Db) {
    let mut tx = db.begin().await;
    for (n, created) in [(1, 10), (2, 20), (3, 20), (4, 5)] {
        trades::create(&mut tx, &trade(n, created)).await.unwrap();
    }
    trades::save(&mut tx, settlement(2), "open", None).await.unwrap();
    let first = trades::list(&mut tx, None, None, 3).await.unwrap();
    let ids: Vec<_> = first.items.iter().map(|trade| trade.id).collect();
    assert_eq!(ids, [settlement(3), settlement(2), settlement(1)]);
    let rest = trades::list(&mut tx, None, first.next.as_deref(), 3).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].id, rest.next), (1, settlement(4), None));
    let open = trades::list(&mut tx, Some("open"), None, 3).await.unwrap();
    assert_eq!((open.items.len(), open.items[0].id), (1, settlement(2)));
}

async fn due(db: &Db, head: u64, now_ms: u64) -> Vec<String> {
    let head = block(head);
    let due = Due { head: &head, confirmations: 2, now_ms, limit: 10 };
    let rows: Vec<OutboxRow> = outbox::due(&mut db.read().await, &due, "chain").await.unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

pub(crate) async fn an_intent_is_added_once(db: Db) {
    let mut tx = db.begin().await;
    assert!(outbox::add(&mut tx, &intent("a"), Some(settlement(1)), Some(3), 50).await.unwrap());
    assert!(!outbox::add(&mut tx, &intent("a"), None, None, 60).await.unwrap());
    let row = outbox::get(&mut tx, "a").await.unwrap().unwrap();
    assert_eq!((row.subject, row.cause_block, row.created_at), (Some(settlement(1)), Some(3), 50));
    assert_eq!((row.action, row.lane.as_str(), row.state), (intent("a").action, "chain", State::Queued));
    assert_eq!(outbox::of(&mut tx, settlement(1)).await.unwrap().len(), 1);
}

pub(crate) async fn an_intent_waits_for_what_it_follows_from(db: Db) {
    let mut tx = db.begin().await;
    outbox::add(&mut tx, &intent("free"), None, None, 50).await.unwrap();
    outbox::add(&mut tx, &intent("caused"), None, Some(5), 51).await.unwrap();
    outbox::add(&mut tx, &intent("second").after("free"), None, None, 52).await.unwrap();
    outbox::add(&mut tx, &intent("never").after("nothing"), None, None, 53).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(due(&db, 1, 49).await, [""; 0]);
    assert_eq!(due(&db, 1, 99).await, ["free"], "a young chain confirms nothing");
    assert_eq!(due(&db, 6, 99).await, ["free"]);
    assert_eq!(due(&db, 7, 99).await, ["free", "caused"]);
    let head = block(7);
    let all = Due { head: &head, confirmations: 2, now_ms: 99, limit: 10 };
    assert_eq!(outbox::lanes(&mut db.read().await, &all).await.unwrap(), ["chain"]);
    let mut tx = db.begin().await;
    outbox::done(&mut tx, "free").await.unwrap();
    outbox::retry(&mut tx, "caused", "no answer", 100).await.unwrap();
    assert_eq!(outbox::backlog(&mut tx).await.unwrap().count, 3);
    tx.commit().await.unwrap();
    assert_eq!(due(&db, 7, 99).await, ["second"]);
    assert_eq!(due(&db, 7, 100).await, ["second", "caused"]);
    let mut tx = db.begin().await;
    outbox::unwind(&mut tx, 4).await.unwrap();
    assert_eq!(outbox::get(&mut tx, "caused").await.unwrap(), None);
}

pub(crate) async fn only_open_intents_move(db: Db) {
    let mut tx = db.begin().await;
    for key in ["a", "b"] {
        outbox::add(&mut tx, &intent(key), None, None, 50).await.unwrap();
    }
    outbox::add(&mut tx, &intent("c").after("b"), None, None, 50).await.unwrap();
    outbox::sent(&mut tx, &["a"]).await.unwrap();
    outbox::done(&mut tx, "a").await.unwrap();
    outbox::fail(&mut tx, "b", "reverted").await.unwrap();
    assert!(outbox::sent(&mut tx, &["a", "b"]).await.unwrap().is_empty(), "neither is to be sent");
    for again in [
        outbox::done(&mut tx, "a").await,
        outbox::fail(&mut tx, "a", "x").await,
        outbox::retry(&mut tx, "b", "x", 1).await,
        outbox::done(&mut tx, "nothing").await,
    ] {
        assert_eq!(again.unwrap_err().kind(), Kind::Conflict);
    }
    let failed = outbox::get(&mut tx, "b").await.unwrap().unwrap();
    assert_eq!(
        (failed.state, failed.attempts, failed.last_error.as_deref()),
        (State::Failed, 1, Some("reverted"))
    );
    let backlog = outbox::backlog(&mut tx).await.unwrap();
    assert_eq!((backlog.count, backlog.oldest_ms), (0, None), "what waits for a failure is no backlog");
}

pub(crate) async fn late_intents_expire(db: Db) {
    let mut tx = db.begin().await;
    outbox::add(&mut tx, &intent("late").expires(2_000), None, None, 50).await.unwrap();
    outbox::add(&mut tx, &intent("ever"), None, None, 50).await.unwrap();
    assert!(outbox::expire(&mut tx, 1_999).await.unwrap().is_empty());
    assert_eq!(outbox::expire(&mut tx, 2_000).await.unwrap(), ["late"]);
    assert_eq!(outbox::get(&mut tx, "late").await.unwrap().unwrap().state, State::Expired);
    // Those that wait for it are told of, in their order, and none that has been sent.
    for (key, at) in [("b", 61), ("a", 61), ("c", 60), ("sent", 60)] {
        outbox::add(&mut tx, &intent(key).after("late"), None, None, at).await.unwrap();
    }
    outbox::sent(&mut tx, &["sent"]).await.unwrap();
    feed::tell_dependents(&mut tx, "late", 99).await.unwrap();
    let told = feed::after(&mut tx, 0, 9).await.unwrap().into_iter().map(|told| match told.what {
        feed::What::Failed(row) => (told.sequence, row.key, told.at),
        other => panic!("{other:?}"),
    });
    let expected = [(1, "c".into(), 99), (2, "a".into(), 99), (3, "b".into(), 99)];
    assert_eq!(told.collect::<Vec<(u64, String, u64)>>(), expected);
}

pub(crate) fn signed(key: &str, nonce: u64) -> Signed {
    Signed { key: key.into(), signer: who(1), nonce, raw: Bytes::from(vec![2, 3]), hash: hash(nonce) }
}

pub(crate) async fn a_nonce_is_used_once(db: Db) {
    let mut tx = db.begin().await;
    for key in ["a", "b"] {
        outbox::add(&mut tx, &intent(key), None, None, 50).await.unwrap();
    }
    assert_eq!(transactions::next_nonce(&mut tx, who(1)).await.unwrap(), None);
    transactions::signed(&mut tx, &[signed("a", 7)], 1).await.unwrap();
    assert_eq!(transactions::next_nonce(&mut tx, who(1)).await.unwrap(), Some(8));
    assert_eq!(transactions::next_nonce(&mut tx, who(2)).await.unwrap(), None);
    assert_eq!(transactions::unmined(&mut tx, 9).await.unwrap()[0].signed, signed("a", 7));
    tx.commit().await.unwrap();
    let twice = transactions::signed(&mut db.begin().await, &[signed("b", 7)], 1).await;
    assert_eq!(twice.unwrap_err().kind(), Kind::Internal);
    let unknown = transactions::signed(&mut db.begin().await, &[signed("nothing", 8)], 1).await;
    assert_eq!(unknown.unwrap_err().kind(), Kind::Internal, "a transaction is for an intent");
}

pub(crate) async fn a_request_is_claimed_once(db: Db) {
    let mut tx = db.begin().await;
    assert_eq!(requests::claim(&mut tx, "k", hash(1), "id-1", 50).await.unwrap(), Claim::New);
    assert_eq!(requests::claim(&mut tx, "k", hash(1), "id-2", 60).await.unwrap(), Claim::Same("id-1".into()));
    assert_eq!(requests::claim(&mut tx, "k", hash(2), "id-3", 60).await.unwrap(), Claim::Other);
    requests::prune(&mut tx, 51).await.unwrap();
    assert_eq!(requests::claim(&mut tx, "k", hash(2), "id-3", 60).await.unwrap(), Claim::New);
}

pub(crate) async fn a_file_is_added_once(db: Db) {
    let mut tx = db.begin().await;
    let file = |n: u8, at: u64| LocalFile {
        id: document(n),
        commitment: commitment(n),
        file: trade(n, 0).file.unwrap(),
        sha256: B256::ZERO,
        received_from: (n > 1).then(|| who(n)),
        at,
    };
    for n in 1..=3 {
        assert!(files::add_file(&mut tx, &file(n, 40)).await.unwrap());
        assert!(!files::add_file(&mut tx, &file(n, 41)).await.unwrap());
    }
    assert_eq!(files::file(&mut tx, document(2)).await.unwrap(), Some(file(2, 40)));
    let page = files::files(&mut tx, None, 2).await.unwrap();
    assert_eq!(page.items, [file(3, 40), file(2, 40)]);
    let page = files::files(&mut tx, page.next.as_deref(), 2).await.unwrap();
    assert_eq!((page.items, page.next), (vec![file(1, 40)], None));
}

pub(crate) async fn what_was_given_up_is_tried_anew_when_asked_for_again(db: Db) {
    let mut tx = db.begin().await;
    outbox::add(&mut tx, &intent("a").expires(7), None, None, 50).await.unwrap();
    outbox::fail(&mut tx, "a", "no gas money").await.unwrap();
    assert!(
        !outbox::add(&mut tx, &intent("a").expires(9), None, Some(3), 60).await.unwrap(),
        "it is not new"
    );
    let row = outbox::get(&mut tx, "a").await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.last_error), (State::Queued, 0, None));
    assert_eq!((row.cause_block, row.expires, row.next_at), (Some(3), Some(9), 60));
    outbox::done(&mut tx, "a").await.unwrap();
    assert!(!outbox::add(&mut tx, &intent("a"), None, None, 70).await.unwrap(), "what is done is done");
}

pub(crate) async fn what_was_sent_is_not_sent_twice(db: Db) {
    let mut tx = db.begin().await;
    outbox::add(&mut tx, &intent("a"), None, None, 50).await.unwrap();
    transactions::signed(&mut tx, &[signed("a", 7)], 1).await.unwrap();
    outbox::sent(&mut tx, &["a"]).await.unwrap();
    assert_eq!(outbox::retry(&mut tx, "a", "x", 60).await.unwrap_err().kind(), Kind::Conflict);
    transactions::lost(&mut tx, &signed("a", 7)).await.unwrap();
    outbox::again(&mut tx, "a", "another transaction had its nonce", 60).await.unwrap();
    let row = outbox::get(&mut tx, "a").await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.next_at), (State::Queued, 1, 60));
    assert_eq!(transactions::by_key(&mut tx, "a").await.unwrap(), None);
}

/// Keys of rows that are on their way as transactions of one signer, with nonces from 0 on.
async fn under_way(db: &Db, keys: &[&str]) -> Vec<Signed> {
    let mut tx = db.begin().await;
    let all: Vec<Signed> = keys.iter().zip(0..).map(|(key, nonce)| signed(key, nonce)).collect();
    for key in keys {
        outbox::add(&mut tx, &intent(key), None, None, 50).await.unwrap();
    }
    assert_eq!(outbox::sent(&mut tx, keys).await.unwrap().len(), keys.len());
    transactions::signed(&mut tx, &all, 1).await.unwrap();
    tx.commit().await.unwrap();
    all
}

pub(crate) async fn what_left_logs_was_mined(db: Db) {
    under_way(&db, &["a", "b", "c"]).await;
    let mut tx = db.begin().await;
    let seen: Vec<B256> = (0..300).chain([1, 900]).filter(|&n| n != 0).map(hash).collect();
    assert_eq!(transactions::included(&mut tx, block(4).at(), &seen).await.unwrap(), 2);
    assert_eq!(transactions::included(&mut tx, block(5).at(), &seen).await.unwrap(), 0, "mined once");
    assert_eq!(transactions::in_flight(&mut tx, who(1)).await.unwrap(), 1);
    assert_eq!(transactions::unmined(&mut tx, 9).await.unwrap()[0].signed.key, "a");
    for (key, state) in [("a", State::Sent), ("b", State::Done), ("c", State::Done)] {
        assert_eq!(outbox::get(&mut tx, key).await.unwrap().unwrap().state, state, "{key}");
    }
    let mined = transactions::by_key(&mut tx, "b").await.unwrap().unwrap().mined;
    assert_eq!(mined, Some((block(4).at(), true)));
    transactions::unwind(&mut tx, 3).await.unwrap();
    assert_eq!(transactions::in_flight(&mut tx, who(1)).await.unwrap(), 3);
}

pub(crate) async fn a_replacement_has_the_same_nonce_and_the_old_hash_is_known(db: Db) {
    let before = under_way(&db, &["a"]).await.remove(0);
    let now = Signed { raw: Bytes::from(vec![9]), hash: hash(77), ..before.clone() };
    let mut tx = db.begin().await;
    transactions::replaced(&mut tx, &before, &now, 8).await.unwrap();
    assert!(
        transactions::replaced(&mut tx, &before, &now, 9).await.is_err(),
        "it is signed otherwise by now"
    );
    let unmined = transactions::unmined(&mut tx, 9).await.unwrap();
    assert_eq!((unmined.len(), &unmined[0].signed, unmined[0].since), (1, &now, 8));
    assert_eq!(transactions::former_hashes(&mut tx, &now).await.unwrap(), [before.hash]);
    transactions::lost(&mut tx, &now).await.unwrap();
    assert!(transactions::former_hashes(&mut tx, &now).await.unwrap().is_empty());
}

pub(crate) async fn whichever_version_is_mined_is_the_transaction(db: Db) {
    let before = under_way(&db, &["a"]).await.remove(0);
    let now = Signed { raw: Bytes::from(vec![9]), hash: hash(77), ..before.clone() };
    let mut tx = db.begin().await;
    transactions::replaced(&mut tx, &before, &now, 8).await.unwrap();
    transactions::mined(&mut tx, &now, before.hash, block(9).at(), true).await.unwrap();
    let sent = transactions::by_keys(&mut tx, &["a", "nothing"]).await.unwrap();
    assert_eq!((sent.len(), &sent["a"].signed, sent["a"].mined), (1, &before, Some((block(9).at(), true))));
    let keys = transactions::keys(&mut tx, &[before.hash, now.hash]).await.unwrap();
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), [(before.hash, "a".to_owned())]);

    // What was mined is sent again after a reorg, and the other may be mined then.
    transactions::unwind(&mut tx, 8).await.unwrap();
    assert_eq!(transactions::unmined(&mut tx, 9).await.unwrap()[0].signed, before);
    assert_eq!(transactions::former_hashes(&mut tx, &before).await.unwrap(), [now.hash]);
    transactions::mined(&mut tx, &before, now.hash, block(9).at(), true).await.unwrap();
    assert_eq!(transactions::by_key(&mut tx, "a").await.unwrap().unwrap().signed, now);
    tx.commit().await.unwrap();
    // The logs of one that was replaced tell as well that it was mined.
    let mut tx = db.begin().await;
    transactions::unwind(&mut tx, 8).await.unwrap();
    let hashes = [hash(70), before.hash];
    assert_eq!(transactions::included(&mut tx, block(9).at(), &hashes).await.unwrap(), 1);
    assert_eq!(transactions::by_key(&mut tx, "a").await.unwrap().unwrap().signed, before);
    assert_eq!(outbox::get(&mut tx, "a").await.unwrap().unwrap().state, State::Done);
    assert_eq!(transactions::keys(&mut tx, &hashes).await.unwrap()[&before.hash], "a");
    drop(tx);
    let unknown = transactions::mined(&mut db.begin().await, &now, hash(78), block(9).at(), true).await;
    assert!(unknown.is_err(), "a hash that it never had");
}

pub(crate) async fn what_waits_for_a_failure_is_told(db: Db) {
    let mut tx = db.begin().await;
    outbox::add(&mut tx, &intent("first"), None, None, 50).await.unwrap();
    outbox::add(&mut tx, &intent("second").after("first"), None, None, 60).await.unwrap();
    let second = outbox::get(&mut tx, "second").await.unwrap().unwrap();
    assert_eq!(outbox::hindrance(&mut tx, &second).await.unwrap(), None);
    outbox::fail(&mut tx, "first", "no").await.unwrap();
    let first = outbox::hindrance(&mut tx, &second).await.unwrap().unwrap();
    assert_eq!((first.key.as_str(), first.last_error.as_deref()), ("first", Some("no")));
    assert_eq!(outbox::hindrance(&mut tx, &first).await.unwrap(), None);

    let page = outbox::transactions(&mut tx, None, 1).await.unwrap();
    assert_eq!(page.items[0].key, "second", "newest first");
    let page = outbox::transactions(&mut tx, page.next.as_deref(), 1).await.unwrap();
    assert_eq!((page.items[0].key.as_str(), page.next), ("first", None));
}
