//! The tokens that a node works with besides those of its deployment.

use quittance_domain::{Address, AssetKind};
use quittance_store::{
    feed::{self, Own, What},
    pools::{self, Pool},
    tokens,
};

use crate::{db::Db, make::*};

fn ordered(id: &str, name: &str) -> Pool {
    Pool {
        id: id.into(),
        name: Some(name.into()),
        kind: AssetKind::Erc20,
        symbol: String::new(),
        decimals: Some(18),
        token: None,
        ordered: true,
        made_block: None,
        next_block: None,
        active: false,
        irregular: false,
        created_at: 1,
    }
}

fn bound(id: &str, name: &str, token: Address) -> Pool {
    Pool { token: Some(token), ordered: false, next_block: Some(0), ..ordered(id, name) }
}

pub(crate) async fn a_token_is_followed_once_it_is_deep(db: Db) {
    let mut tx = db.begin().await;
    assert!(pools::add(&mut tx, &ordered("a", "gold")).await.unwrap());
    assert!(!pools::add(&mut tx, &ordered("b", "gold")).await.unwrap(), "one name, one pool");
    pools::made(&mut tx, "a", who(7), 5).await.unwrap();
    pools::made(&mut tx, "a", who(8), 6).await.unwrap();
    pools::made(&mut tx, "none", who(9), 6).await.unwrap();
    assert!(!pools::add(&mut tx, &bound("b", "silver", who(7))).await.unwrap(), "one token, one pool");
    pools::deep(&mut tx, 4).await.unwrap();
    assert_eq!(pools::followed(&mut tx).await.unwrap(), []);
    pools::deep(&mut tx, 5).await.unwrap();
    let late = pools::followed(&mut tx).await.unwrap();
    assert_eq!(
        late.iter().map(|pool| (pool.token, pool.next_block)).collect::<Vec<_>>(),
        [(Some(who(7)), Some(5))]
    );
    pools::reached(&mut tx, who(7), 9).await.unwrap();
    assert_eq!(pools::get(&mut tx, "a").await.unwrap().unwrap().next_block, Some(9));
    pools::activate(&mut tx, who(7)).await.unwrap();
    pools::deep(&mut tx, 9).await.unwrap();
    let pool = pools::named(&mut tx, "gold").await.unwrap().unwrap();
    assert_eq!((pool.active, pool.next_block), (true, None), "what is followed is not late again");
    for _ in 0..2 {
        feed::tell(&mut tx, Own::Pool, "a", 1).await.unwrap();
    }
    feed::tell(&mut tx, Own::Pool, "none", 1).await.unwrap();
    let told = feed::after(&mut tx, 0, 9).await.unwrap();
    let told: Vec<_> = told.into_iter().map(|told| told.what).collect();
    assert_eq!(told, [What::Pool(pool.clone()), What::Pool(pool), What::Undone]);
}

pub(crate) async fn a_reorg_takes_back_a_token_that_was_made(db: Db) {
    let mut tx = db.begin().await;
    pools::add(&mut tx, &ordered("a", "gold")).await.unwrap();
    pools::add(&mut tx, &bound("b", "silver", who(8))).await.unwrap();
    pools::made(&mut tx, "a", who(7), 5).await.unwrap();
    pools::deep(&mut tx, 5).await.unwrap();
    pools::activate(&mut tx, who(7)).await.unwrap();
    pools::reached(&mut tx, who(8), 7).await.unwrap();
    pools::unwind(&mut tx, 5).await.unwrap();
    assert!(pools::get(&mut tx, "a").await.unwrap().unwrap().active);
    assert_eq!(pools::get(&mut tx, "b").await.unwrap().unwrap().next_block, Some(6));
    pools::unwind(&mut tx, 4).await.unwrap();
    assert_eq!(pools::get(&mut tx, "a").await.unwrap().unwrap(), ordered("a", "gold"));
    assert_eq!(pools::get(&mut tx, "b").await.unwrap().unwrap().next_block, Some(5));
    pools::made(&mut tx, "a", who(9), 6).await.unwrap();
    assert_eq!(pools::of_token(&mut tx, who(9)).await.unwrap().unwrap().id, "a", "elsewhere this time");
}

pub(crate) async fn a_token_that_was_put_away_can_be_named_again(db: Db) {
    let mut tx = db.begin().await;
    pools::add(&mut tx, &bound("a", "gold", who(7))).await.unwrap();
    pools::activate(&mut tx, who(7)).await.unwrap();
    pools::put_away(&mut tx, "a").await.unwrap();
    assert_eq!((pools::all(&mut tx).await.unwrap().len(), pools::count(&mut tx).await.unwrap()), (0, 1));
    pools::rest(&mut tx, who(7), 12).await.unwrap();
    let known = pools::of_token(&mut tx, who(7)).await.unwrap().unwrap();
    assert_eq!((known.name.clone(), known.active, known.next_block), (None, false, Some(12)));
    let again = Pool { id: "b".into(), name: Some("silver".into()), ..known };
    pools::replace(&mut tx, &again).await.unwrap();
    assert_eq!(pools::all(&mut tx).await.unwrap(), [again]);
    pools::add(&mut tx, &ordered("c", "gold")).await.unwrap();
    pools::remove(&mut tx, "b").await.unwrap();
    pools::remove(&mut tx, "c").await.unwrap();
    assert_eq!(pools::count(&mut tx).await.unwrap(), 1, "only what has no token is forgotten");
}

/// A token of others may move what it never said was there: that stops no mirror.
pub(crate) async fn an_irregular_token_harms_only_itself(db: Db) {
    let mut tx = db.begin().await;
    pools::add(&mut tx, &bound("a", "odd", who(7))).await.unwrap();
    tokens::cash_moved(&mut tx, &at(1, 0), who(7), who(1), who(2), amount(5)).await.unwrap();
    for (holder, has) in [(who(1), 0), (who(2), 5)] {
        assert_eq!(tokens::balance(&mut tx, who(7), holder, None).await.unwrap(), amount(has));
    }
    assert!(pools::get(&mut tx, "a").await.unwrap().unwrap().irregular);
    let of_none = tokens::cash_moved(&mut tx, &at(1, 1), who(8), who(1), who(2), amount(5)).await;
    assert!(of_none.is_err(), "a token of no pool is ours, and never does");
}
