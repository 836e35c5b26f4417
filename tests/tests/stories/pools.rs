//! Tokens besides those of the deployment: one party has them made, the other works with them by their address.

use anyhow::{Context, Result, ensure};
use quittance_stories::{Node, World, api::Balance, trade::done, wait::SOON, wait_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

crate::stories!(
    a_token_is_made_and_bound,
    items_have_a_pool_of_their_own,
    a_reorg_takes_a_token_back,
    what_is_no_pool,
);

async fn post(node: &Node, path: &str, body: &Value) -> Result<Value> {
    node.api.post(&format!("/api/v1/tokens/{path}"), body.clone()).await
}

async fn refused(node: &Node, method: Method, path: &str, body: &Value) -> Result<(StatusCode, Value)> {
    let path = format!("/api/v1/tokens/{path}");
    let answer = node.api.ask(method, &path, "application/json", body.to_string().into_bytes()).await?;
    Ok((answer.status, answer.body))
}

/// A pool, once it can be used.
async fn active(node: &Node, name: &str) -> Result<Value> {
    wait_for(format!("{name} at {}", node.name), SOON, async || {
        let pool: Value = node.api.get(&format!("/api/v1/tokens/pools/{name}")).await?;
        Ok((pool["active"] == true).then_some(pool))
    })
    .await
}

/// What somebody has in a pool: its amount, or its items.
async fn has(node: &Node, pool: &str, whose: &Node) -> Result<Vec<(String, Option<String>)>> {
    let all = node.api.balances(whose.address).await?;
    let ours = all.into_iter().filter(|row| row.pool_name == pool);
    Ok(ours.map(|Balance { balance, token_index, .. }| (balance, token_index)).collect())
}

async fn comes_to_have(node: &Node, pool: &str, whose: &Node, what: &[(&str, Option<&str>)]) -> Result<()> {
    let what: Vec<_> = what.iter().map(|(n, id)| ((*n).to_owned(), id.map(ToOwned::to_owned))).collect();
    wait_for(format!("{pool} of {} at {}: {what:?}", whose.name, node.name), SOON, async || {
        Ok((has(node, pool, whose).await? == what).then_some(()))
    })
    .await
}

/// Asks, and waits until it is so.
async fn make(node: &Node, path: &str, body: &Value) -> Result<Value> {
    let asked = post(node, path, body).await?;
    done(&node.api, asked["localId"].as_str().context("no id")?).await?;
    Ok(asked)
}

/// Events of this type that a node has told, or would tell.
async fn told(node: &Node, r#type: &str) -> Result<Vec<Value>> {
    let all: Vec<Value> = node.api.get("/api/v1/events?limit=1000&fetchreferences=true").await?;
    Ok(all.into_iter().filter(|event| event["type"] == r#type).collect())
}

async fn both_are_sound(world: &World) -> Result<()> {
    for node in world.nodes() {
        let (sound, report) = node.audit(&[]).await?;
        ensure!(sound, "{}: {report}", node.name);
    }
    Ok(())
}

/// Money of another kind: made by Bob, and in Alice's books from its first mint on, and again after she forgot it.
async fn a_token_is_made_and_bound(world: &mut World) -> Result<()> {
    let (alice, bob) = (&world.alice, &world.bob);
    let order = json!({ "name": "gold", "symbol": "GLD", "type": "fungible", "idempotencyKey": "gold" });
    let made = post(bob, "pools?confirm=true", &order).await?;
    ensure!(made["active"] == true && made["symbol"] == "GLD" && made["decimals"] == 18, "{made}");
    let again = refused(bob, Method::POST, "pools", &order).await?;
    ensure!(again.0 == StatusCode::CONFLICT && again.1["code"] == "FF10431", "{again:?}");
    let events = told(bob, "token_pool_confirmed").await?;
    ensure!(events.len() == 1 && events[0]["tokenPool"]["id"] == made["id"], "{events:?}");

    make(bob, "mint", &json!({ "pool": "gold", "amount": "1000" })).await?;
    make(bob, "transfers", &json!({ "pool": "gold", "amount": "300", "to": "alice" })).await?;
    let address = made["address"].as_str().context("no address")?;
    let binding = json!({ "name": "their-gold", "type": "fungible", "config": { "address": address } });
    let bound = post(alice, "pools?confirm=true", &binding).await?;
    ensure!(bound["active"] == true && bound["symbol"] == "GLD" && bound["id"] != made["id"], "{bound}");
    comes_to_have(alice, "their-gold", alice, &[("300", None)]).await?;
    comes_to_have(alice, "their-gold", bob, &[("700", None)]).await?;
    let moves: Vec<Value> = alice.api.get("/api/v1/tokens/transfers?pool=their-gold").await?;
    ensure!(moves.len() == 2 && moves[1]["type"] == "mint" && moves[1]["amount"] == "1000", "{moves:?}");
    for twice in [json!({ "name": "gold-2", "type": "fungible", "config": { "address": address } }), binding]
    {
        let taken = refused(alice, Method::POST, "pools", &twice).await?;
        ensure!(taken.0 == StatusCode::CONFLICT && taken.1["code"] == "FF10275", "{taken:?}");
    }

    make(alice, "burn", &json!({ "pool": "their-gold", "amount": "50" })).await?;
    comes_to_have(bob, "gold", alice, &[("250", None)]).await?;
    let forgotten = refused(alice, Method::DELETE, "pools/their-gold", &Value::Null).await?;
    ensure!(forgotten.0 == StatusCode::NO_CONTENT, "{forgotten:?}");
    ensure!(has(alice, "their-gold", alice).await?.is_empty(), "a forgotten pool has balances");
    make(bob, "transfers", &json!({ "pool": "gold", "amount": "7", "to": "alice" })).await?;
    let named = json!({ "name": "gold", "type": "fungible", "config": { "address": address } });
    post(alice, "pools?confirm=true", &named).await?;
    comes_to_have(alice, "gold", alice, &[("257", None)]).await?;
    make(alice, "transfers", &json!({ "pool": "gold", "amount": "57", "to": "bob" })).await?;
    comes_to_have(bob, "gold", bob, &[("750", None)]).await?;
    both_are_sound(world).await
}

/// Items that number themselves, with URIs of their own; by the command line where a person would.
async fn items_have_a_pool_of_their_own(world: &mut World) -> Result<()> {
    let (alice, bob) = (&world.alice, &world.bob);
    bob.command(&["pool", "create", "art", "--type", "nonfungible", "--symbol", "ART"]).await?;
    let listed = bob.command(&["pool", "list"]).await?;
    ensure!(listed.contains("art"), "{listed}");
    let made = active(bob, "art").await?;
    make(bob, "mint", &json!({ "pool": "art", "amount": "1", "uri": "ipfs://one" })).await?;
    make(bob, "mint", &json!({ "pool": "art", "amount": "1", "to": "alice" })).await?;
    comes_to_have(bob, "art", bob, &[("1", Some("1"))]).await?;
    let address = made["address"].as_str().context("no address")?;
    alice.command(&["pool", "bind", "art", "--type", "nonfungible", "--address", address]).await?;
    active(alice, "art").await?;
    comes_to_have(alice, "art", alice, &[("1", Some("2"))]).await?;
    let grant = json!({ "pool": "art", "operator": "bob", "config": { "tokenIndex": "2" } });
    make(alice, "approvals", &grant).await?;
    make(alice, "transfers", &json!({ "pool": "art", "tokenIndex": "2", "amount": "1", "to": "bob" }))
        .await?;
    comes_to_have(bob, "art", bob, &[("1", Some("1")), ("1", Some("2"))]).await?;
    make(bob, "burn", &json!({ "pool": "art", "tokenIndex": "1", "amount": "1" })).await?;
    comes_to_have(alice, "art", bob, &[("1", Some("2"))]).await?;
    // She is not its issuer.
    let mint = post(alice, "mint", &json!({ "pool": "art", "amount": "1" })).await?;
    let id = mint["localId"].as_str().context("no id")?;
    ensure!(done(&alice.api, id).await.is_err(), "somebody else made an item");
    both_are_sound(world).await
}

/// The block in which a token was made is taken back, and its mint with it: both are made again, at the same pool.
async fn a_reorg_takes_a_token_back(world: &mut World) -> Result<()> {
    let (bob, before) = (&world.bob, world.anvil.rpc.head().await?);
    let made = post(bob, "pools?confirm=true", &json!({ "name": "gold", "type": "fungible" })).await?;
    make(bob, "mint", &json!({ "pool": "gold", "amount": "5" })).await?;
    let id = made["id"].as_str().context("no id")?;
    world.reorg(world.anvil.rpc.head().await? - before).await?;
    let again = wait_for("the token to be made again", SOON, async || {
        let pool: Value = bob.api.get(&format!("/api/v1/tokens/pools/{id}")).await?;
        let code = world.anvil.rpc.call::<String>("eth_getCode", json!([pool["address"], "latest"])).await;
        Ok((pool["active"] == true && code.is_ok_and(|code| code.len() > 2)).then_some(pool))
    })
    .await?;
    ensure!(again["name"] == "gold", "{again}");
    comes_to_have(bob, "gold", bob, &[("5", None)]).await?;
    both_are_sound(world).await
}

/// What cannot be a pool is refused, and says why.
async fn what_is_no_pool(world: &mut World) -> Result<()> {
    let bob = &world.bob;
    let deployment =
        |name: &str| format!("{:#x}", if name == "cash" { world.chain.cash } else { world.chain.deed });
    let cases = [
        (json!({ "address": format!("{:#x}", bob.address) }), "fungible", "config.address", 400),
        (json!({ "address": format!("{:#x}", world.chain.settlement) }), "fungible", "config.address", 400),
        (json!({ "address": deployment("deed") }), "fungible", "config.address", 400),
        (json!({ "address": deployment("cash") }), "nonfungible", "config.address", 400),
        (json!({ "address": deployment("cash") }), "fungible", "config.address", 409),
        (json!({ "address": deployment("deed") }), "nonfungible", "config.address", 409),
    ];
    for (config, r#type, field, status) in cases {
        let body = json!({ "name": "gold", "type": r#type, "config": config });
        let answer = refused(bob, Method::POST, "pools", &body).await?;
        ensure!(answer.0.as_u16() == status && answer.1["field"] == field, "{body}: {answer:?}");
    }
    let pools: Vec<Value> = bob.api.get("/api/v1/tokens/pools").await?;
    ensure!(pools.len() == 2, "{pools:?}");
    Ok(())
}
