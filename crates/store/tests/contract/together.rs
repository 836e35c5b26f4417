//! Small writes that share a transaction.

use std::time::Duration;

use quittance_domain::{B256, Error, Kind, Result};
use quittance_store::{
    Store, blocks,
    requests::{self, Claim},
};
use tokio::{
    task::{JoinHandle, yield_now},
    time::timeout,
};

use crate::{db::Db, make::block};

const MANY: u64 = 600;

/// Claims a key, and fails afterwards if told so.
fn claim(store: &Store, key: String, fails: bool) -> JoinHandle<Result<Claim>> {
    let store = store.clone();
    tokio::spawn(async move {
        let work = store.together(move |tx| {
            Box::pin(async move {
                let claim = requests::claim(tx, &key, B256::ZERO, "an answer", 1).await?;
                if fails { Err(Error::conflict("changed its mind")) } else { Ok(claim) }
            })
        });
        work.await
    })
}

async fn is_kept(db: &Db, key: &str) -> bool {
    let mut tx = db.begin().await;
    requests::claim(&mut tx, key, B256::ZERO, "an answer", 1).await.unwrap() != Claim::New
}

pub(crate) async fn a_failure_takes_back_only_its_own(db: Db) {
    let held = db.begin().await;
    let claims: Vec<_> = (0..MANY).map(|n| claim(&db.store, format!("key {n}"), n % 3 == 0)).collect();
    yield_now().await;
    drop(held);
    for (n, claim) in (0..MANY).zip(claims) {
        match claim.await.unwrap() {
            Ok(claim) => assert_eq!((claim, n % 3 == 0), (Claim::New, false)),
            Err(error) => assert_eq!((error.kind(), n % 3), (Kind::Conflict, 0)),
        }
    }
    for n in [0, 1, 2, 3, MANY - 2, MANY - 1] {
        assert_eq!(is_kept(&db, &format!("key {n}")).await, n % 3 != 0, "{n}");
    }
}

pub(crate) async fn a_statement_that_fails_harms_nobody_else(db: Db) {
    let held = db.begin().await;
    let before = claim(&db.store, "a".to_owned(), false);
    let store = db.store.clone();
    let bad = tokio::spawn(async move {
        let work = store.together(|tx| {
            Box::pin(async move {
                requests::claim(tx, "b", B256::ZERO, "an answer", 1).await?;
                blocks::append(tx, &block(1)).await?;
                blocks::append(tx, &block(1)).await
            })
        });
        work.await
    });
    let after = claim(&db.store, "c".to_owned(), false);
    yield_now().await;
    drop(held);
    assert!(bad.await.unwrap().is_err(), "a block is appended once");
    for claim in [before, after] {
        assert_eq!(claim.await.unwrap().unwrap(), Claim::New);
    }
    for (key, kept) in [("a", true), ("b", false), ("c", true)] {
        assert_eq!(is_kept(&db, key).await, kept, "{key}");
    }
    assert_eq!(blocks::tail(&mut db.read().await).await.unwrap(), None);
}

pub(crate) async fn what_is_begun_is_done_though_nobody_waits(db: Db) {
    let held = db.begin().await;
    let stays = claim(&db.store, "stays".to_owned(), false);
    for n in 0..30 {
        let key = format!("key {n}");
        let work = db.store.together(move |tx| {
            Box::pin(async move { requests::claim(tx, &key, B256::ZERO, "an answer", 1).await })
        });
        assert!(timeout(Duration::ZERO, work).await.is_err(), "the writer is taken");
    }
    drop(held);
    assert_eq!(stays.await.unwrap().unwrap(), Claim::New);
    // A later one comes after all of those before it.
    assert_eq!(claim(&db.store, "later".to_owned(), false).await.unwrap().unwrap(), Claim::New);
    for n in 0..30 {
        assert!(is_kept(&db, &format!("key {n}")).await, "{n}");
    }
}

pub(crate) async fn a_panic_is_told_and_the_next_goes_on(db: Db) {
    let store = db.store.clone();
    let panics = store.together::<()>(|_| Box::pin(async { panic!("on purpose") }));
    assert_eq!(panics.await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(claim(&db.store, "a".to_owned(), false).await.unwrap().unwrap(), Claim::New);
}
