//! What applications are told: one order, whatever the chain does to what was told.

use quittance_domain::{
    Amount, U256,
    fact::{Event, Grant, Log, Origin},
};
use quittance_store::{
    Tx,
    approvals::{self, Approval},
    events,
    feed::{self, Own, Told, What},
    outbox,
    subscriptions::{self, Subscription},
    tokens,
};
use serde_json::json;

use crate::{db::Db, make::*};

/// Money that somebody got, as the mirror takes it in.
async fn minted(tx: &mut Tx, at: Origin, units: u64) {
    let (zero, amount) = (who(0), amount(units));
    let event = Event::CashMoved { from: zero, to: who(1), amount };
    events::append(tx, &[Log { event: Some(event), ..raw(at) }]).await.unwrap();
    tokens::cash_moved(tx, &at, who(8), zero, who(1), amount).await.unwrap();
}

async fn approved(tx: &mut Tx, at: Origin, units: u64) {
    let grant = Grant::Amount { token_id: U256::ZERO, amount: amount(units) };
    let (token, owner, spender) = (who(8), who(1), who(2));
    let event = Event::Approved { owner, spender, grant };
    events::append(tx, &[Log { event: Some(event), ..raw(at) }]).await.unwrap();
    approvals::granted(tx, &[(at, Approval { token, owner, spender, grant })]).await.unwrap();
}

fn raw(at: Origin) -> Log {
    Log { origin: at, ..log(0, 0, false) }
}

/// Numbers with what they say, in short.
fn said(told: &[Told]) -> Vec<(u64, String)> {
    let short = |what: &What| match what {
        What::Moved(row) => format!("moved {}", Amount::new(row.value)),
        What::Approved(_, row, yes) => format!("{:?} {yes}", row.grant).replace(' ', ""),
        What::Submitted(row) => format!("submitted {}", row.key),
        What::Failed(row) => format!("failed {}", row.key),
        What::Pool(row) => format!("pool {}", row.id),
        What::Undone => "undone".into(),
    };
    told.iter().map(|told| (told.sequence, short(&told.what))).collect()
}

fn lines(all: &[(u64, &str)]) -> Vec<(u64, String)> {
    all.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
}

pub(crate) async fn what_is_deep_is_told_once_in_order(db: Db) {
    let mut tx = db.begin().await;
    minted(&mut tx, at(2, 5), 25).await;
    minted(&mut tx, at(2, 1), 21).await;
    // What nobody is told of.
    events::append(&mut tx, &[log(2, 3, true)]).await.unwrap();
    approved(&mut tx, at(3, 0), 0).await;
    minted(&mut tx, at(4, 0), 40).await;
    for deep in [1, 2, 2, 1, 3] {
        feed::tell_chain(&mut tx, deep, 7).await.unwrap();
    }
    let told = feed::after(&mut tx, 0, 9).await.unwrap();
    assert!(told.iter().all(|told| told.at == 7));
    let approval = "Amount{token_id:0,amount:Amount(0)}false";
    let all = lines(&[(1, "moved 21"), (2, "moved 25"), (3, approval)]);
    assert_eq!(said(&told), all);
    assert_eq!(feed::last(&mut tx).await.unwrap(), 3);
    assert_eq!(said(&feed::after(&mut tx, 1, 1).await.unwrap()), all[1..2]);
    let newest = feed::before(&mut tx, 4, 2).await.unwrap();
    assert_eq!(said(&newest), [all[2].clone(), all[1].clone()]);
    assert!(feed::after(&mut tx, 3, 9).await.unwrap().is_empty());
}

pub(crate) async fn a_number_never_means_something_else(db: Db) {
    let mut tx = db.begin().await;
    minted(&mut tx, at(1, 0), 10).await;
    minted(&mut tx, at(2, 0), 20).await;
    feed::tell_chain(&mut tx, 2, 0).await.unwrap();
    outbox::add(&mut tx, &intent("a"), None, None, 0).await.unwrap();
    feed::tell(&mut tx, Own::Submitted, "a", 0).await.unwrap();
    // A reorg.
    events::unwind(&mut tx, 1).await.unwrap();
    tokens::unwind(&mut tx, 1).await.unwrap();
    feed::unwind(&mut tx, 1).await.unwrap();
    let now = [(1, "moved 10"), (2, "undone"), (3, "submitted a")];
    assert_eq!(said(&feed::after(&mut tx, 0, 9).await.unwrap()), lines(&now));
    assert_eq!(feed::undone(&mut tx, 1, 3).await.unwrap().into_iter().collect::<Vec<_>>(), [2]);
    assert!(feed::undone(&mut tx, 3, 9).await.unwrap().is_empty());
    minted(&mut tx, at(2, 0), 22).await;
    feed::tell_chain(&mut tx, 2, 0).await.unwrap();
    feed::tell(&mut tx, Own::Failed, "a", 0).await.unwrap();
    let then = [(4, "moved 22"), (5, "failed a")];
    assert_eq!(said(&feed::after(&mut tx, 0, 9).await.unwrap()), lines(&[&now[..], &then].concat()));
    // Of the same block a second time nothing is told.
    feed::tell_chain(&mut tx, 2, 0).await.unwrap();
    assert_eq!(feed::last(&mut tx).await.unwrap(), 5);
}

pub(crate) async fn a_subscription_moves_on_and_never_back(db: Db) {
    let mut tx = db.begin().await;
    let row = |id: &str, name: &str, created_at| Subscription {
        id: id.into(),
        name: name.into(),
        filter: json!({ "events": "token_.*" }),
        options: json!({}),
        position: 3,
        created_at,
        updated_at: created_at,
    };
    let (first, second) = (row("1", "a", 5), row("2", "b", 6));
    assert!(subscriptions::add(&mut tx, &first).await.unwrap());
    assert!(!subscriptions::add(&mut tx, &row("3", "a", 7)).await.unwrap(), "the name is taken");
    assert!(subscriptions::add(&mut tx, &second).await.unwrap());
    assert_eq!(subscriptions::named(&mut tx, "a").await.unwrap(), Some(first.clone()));
    for (to, then) in [(5, 5), (4, 5), (9, 9)] {
        subscriptions::advance(&mut tx, &[("1".to_owned(), to)]).await.unwrap();
        assert_eq!(subscriptions::get(&mut tx, "1").await.unwrap().unwrap().position, then);
    }
    let (filter, options) = (json!({}), json!({ "readAhead": 2 }));
    subscriptions::change(&mut tx, "1", &filter, &options, 8).await.unwrap();
    let changed = Subscription { filter, options, position: 9, updated_at: 8, ..first };
    let page = subscriptions::all(&mut tx, None, None, 1).await.unwrap();
    assert_eq!(page.items, [second]);
    let page = subscriptions::all(&mut tx, None, page.next.as_deref(), 1).await.unwrap();
    assert_eq!((page.items, page.next), (vec![changed], None));
    assert_eq!(subscriptions::all(&mut tx, Some("b"), None, 9).await.unwrap().items.len(), 1);
    assert_eq!(subscriptions::count(&mut tx).await.unwrap(), 2);
    let made = subscriptions::made(&mut tx, &["1", "2", "3"]).await.unwrap();
    assert_eq!((made.len(), made["1"], made["2"]), (2, 8, 6));
    assert!(subscriptions::remove(&mut tx, "1").await.unwrap());
    assert!(!subscriptions::remove(&mut tx, "1").await.unwrap());
}
