//! Lists as an application asks for them.

use quittance_domain::{Address, U256};
use quittance_store::{
    filter::{Condition, Is, Order, Selection, Value},
    outbox, tokens,
};

use crate::{
    db::Db,
    make::{amount, at, intent, who},
};

fn all(condition: Condition, order: &[&'static str]) -> Selection {
    let order = order.iter().map(|&column| (column, Order::Ascending)).collect();
    Selection { condition, order, skip: 0, limit: 99, count: true }
}

fn no(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

pub(crate) async fn conditions_choose_rows(db: Db) {
    let mut tx = db.begin().await;
    for key in ["a'b", "Abc", "bcd", "abcabc", "a%c", "ünder"] {
        outbox::add(&mut tx, &intent(key), None, None, 50).await.unwrap();
    }
    let text = |is, text: &str| Condition::Column("key", is, text.into());
    let folded = |is, text: &str| Condition::Folded("key", is, text.into());
    let cases = [
        (Condition::constant(true), 6),
        (Condition::constant(false), 0),
        (text(Is::Equal, "a'b"), 1),
        (text(Is::Equal, "' OR 1=1 --"), 0),
        (no(text(Is::Equal, "bcd")), 5),
        (text(Is::Containing, "bc"), 3),
        (text(Is::Containing, "%"), 1),
        (text(Is::Containing, ""), 6),
        (text(Is::Starting, "a"), 3),
        (text(Is::Starting, "ü"), 1),
        (text(Is::Starting, "a_"), 0),
        (folded(Is::Starting, "AB"), 2),
        (folded(Is::Equal, "aBC"), 1),
        (text(Is::Ending, "bc"), 2),
        (text(Is::Ending, "xxxxxxxxxbcd"), 0),
        (no(text(Is::Ending, "bc")), 4),
        (Condition::Null("last_error"), 6),
        (no(Condition::Null("last_error")), 0),
        (Condition::All(vec![text(Is::Starting, "a"), text(Is::Ending, "c")]), 2),
        (Condition::Any(vec![text(Is::Equal, "Abc"), text(Is::Equal, "bcd")]), 2),
        (Condition::Column("created_at", Is::AtLeast, Value::Int(50)), 6),
        (Condition::Column("created_at", Is::Above, Value::Int(u64::MAX)), 0),
    ];
    for (condition, count) in cases {
        let found = outbox::select(&mut tx, &all(condition.clone(), &["key"])).await.unwrap();
        assert_eq!((found.items.len(), found.total), (count, Some(count as u64)), "{condition:?}");
    }
    let order = vec![("created_at", Order::Ascending), ("key", Order::Descending)];
    let part = Selection { condition: text(Is::Containing, "bc"), order, skip: 1, limit: 1, count: true };
    let found = outbox::select(&mut tx, &part).await.unwrap();
    assert_eq!((found.items[0].key.as_str(), found.items.len(), found.total), ("abcabc", 1, Some(3)));
}

pub(crate) async fn what_waits_in_vain_is_chosen_as_failed(db: Db) {
    let mut tx = db.begin().await;
    outbox::add(&mut tx, &intent("first"), None, None, 50).await.unwrap();
    outbox::add(&mut tx, &intent("second").after("first"), None, None, 60).await.unwrap();
    outbox::add(&mut tx, &intent("third"), None, None, 70).await.unwrap();
    outbox::fail(&mut tx, "first", "no").await.unwrap();
    for (state, keys) in [("failed", &["first", "second"][..]), ("queued", &["third"])] {
        let found = all(Condition::equal("standing", state), &["created_at"]);
        let found = outbox::select(&mut tx, &found).await.unwrap().items;
        assert_eq!(found.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), keys);
    }
}

pub(crate) async fn transfers_and_holdings_are_chosen(db: Db) {
    let mut tx = db.begin().await;
    let none = Address::ZERO;
    assert_eq!(tokens::first_block_since(&mut tx, 5).await.unwrap(), 0);
    for number in [2, 3, 5, 9] {
        tokens::cash_moved(&mut tx, &at(number, 0), who(8), none, who(1), amount(number)).await.unwrap();
        tokens::deed_moved(&mut tx, &at(number, 1), who(9), none, who(2), U256::from(number)).await.unwrap();
    }
    tokens::deed_moved(&mut tx, &at(10, 0), who(9), who(2), none, U256::from(9)).await.unwrap();
    for (time, block) in [(0, 0), (1_002, 2), (1_003, 3), (1_004, 4), (1_006, 6), (1_010, 10), (1_011, 11)] {
        let found = tokens::first_block_since(&mut tx, time).await.unwrap();
        let rows = |block| Condition::Column("block_number", Is::AtLeast, Value::Int(block));
        let order = ["block_number", "log_index"];
        let found = tokens::select_transfers(&mut tx, &all(rows(found), &order)).await.unwrap();
        let right = tokens::select_transfers(&mut tx, &all(rows(block), &order)).await.unwrap();
        assert_eq!(found, right, "since {time}");
    }
    let large = Condition::Column("value", Is::AtLeast, U256::from(5).into());
    let found = tokens::select_transfers(&mut tx, &all(large, &["block_number"])).await.unwrap();
    assert_eq!(found.total, Some(5));

    let held = async |tx: &mut _, condition| {
        let found = tokens::select_holdings(tx, &all(condition, &["token", "token_id"])).await.unwrap();
        assert_eq!(found.total, Some(found.items.len() as u64));
        found.items.iter().map(|held| (held.token_id, held.amount)).collect::<Vec<_>>()
    };
    let deed = |n: u64| (Some(U256::from(n)), amount(1));
    let everything = held(&mut tx, Condition::constant(true)).await;
    assert_eq!(everything, [(None, amount(19)), deed(2), deed(3), deed(5)], "without what is burnt");
    assert_eq!(held(&mut tx, Condition::equal("holder", who(1))).await, [(None, amount(19))]);
    let more = Condition::Column("balance", Is::Above, U256::ONE.into());
    assert_eq!(held(&mut tx, more).await, [(None, amount(19))]);
    assert_eq!(held(&mut tx, Condition::equal("token_id", U256::from(3))).await, [deed(3)]);
}
