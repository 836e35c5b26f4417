//! Whatever is wrong is refused with the field's name, and changes nothing anywhere.

use alloy::primitives::B256;
use anyhow::{Context, Result, ensure};
use quittance_stories::{
    World,
    api::Api,
    tools,
    trade::{done, owned_by, reaches},
    wait::SOON,
    wait_for,
};
use reqwest::Method;
use serde_json::{Value, json};

crate::stories!(bad_input_changes_nothing);

/// One thing that must be refused.
struct Bad {
    why: &'static str,
    method: Method,
    path: String,
    media_type: &'static str,
    body: Vec<u8>,
    status: u16,
    field: Option<&'static str>,
}

const JSON: &str = "application/json";

fn post(why: &'static str, path: &str, body: &Value, status: u16, field: &'static str) -> Bad {
    raw(why, Method::POST, path, JSON, body.to_string().into_bytes(), status, Some(field))
}

fn raw(
    why: &'static str,
    method: Method,
    path: &str,
    media_type: &'static str,
    body: Vec<u8>,
    status: u16,
    field: Option<&'static str>,
) -> Bad {
    Bad { why, method, path: format!("/api/v1{path}"), media_type, body, status, field }
}

async fn bad_input_changes_nothing(world: &mut World) -> Result<()> {
    let ours = world.deed("house", 5_000).await?.id;
    let sold = world.deed("garden", 5_000).await?.id;
    let transfer = json!({"pool": "deed", "tokenIndex": sold, "to": "bob", "idempotencyKey": "once"});
    let moved: Value = world.alice.api.post("/api/v1/tokens/transfers", transfer.clone()).await?;
    done(&world.alice.api, moved["localId"].as_str().context("no id")?).await?;
    owned_by(&world.bob.api, sold, world.bob.address).await?;
    let offer = world.offer(ours).await?;
    let proposed = world.alice.api.propose(&offer).await?.id;
    reaches(&world.bob.api, proposed, &["proposed"]).await?;
    quiet(world).await?;

    let before = everything(world).await?;
    let good = serde_json::to_value(&offer)?;
    let mut rows = offers(&good, sold);
    rows.extend(trades(proposed));
    rows.extend(tokens(world, ours, &transfer));
    rows.extend(shapes(&good));
    ensure!(rows.len() >= 25, "only {} rows", rows.len());
    for row in &rows {
        refuses(&world.alice.api, row).await.with_context(|| row.why)?;
    }
    for (verb, field) in command_lines(ours, sold, proposed) {
        command_refuses(&world.alice.api, &verb, field).await.with_context(|| verb.join(" "))?;
    }
    let after = everything(world).await?;
    ensure!(before == after, "something changed:\n{before:#}\n{after:#}");
    Ok(())
}

/// Deals that could never settle.
fn offers(good: &Value, sold: B256) -> Vec<Bad> {
    let two_to_256 = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    let with = |why, name: &'static str, value: Value, status| {
        let mut body = good.clone();
        body[name] = value;
        post(why, "/dvp", &body, status, name)
    };
    let fund_by = good["fundBy"].clone();
    let mut long = with("a window of two years", "settleBy", json!(0), 400);
    let mut body = good.clone();
    body["settleBy"] = json!(fund_by.as_u64().unwrap_or_default() + 2 * 366 * 86_400);
    long.body = body.to_string().into_bytes();
    vec![
        with("an unknown party", "counterparty", json!("carol"), 404),
        with("no party at all", "counterparty", json!(""), 404),
        with("oneself", "counterparty", json!("alice"), 400),
        with("an unknown document", "document", json!(B256::repeat_byte(7)), 400),
        with("somebody else's deed", "document", json!(sold), 400),
        with("half an id", "document", json!("0x1234"), 400),
        with("no price", "price", json!("0"), 400),
        with("a negative price", "price", json!("-5"), 400),
        with("a fraction", "price", json!("1.5"), 400),
        with("a price in hexadecimal", "price", json!("0x10"), 400),
        with("2^256", "price", json!(two_to_256), 400),
        with("a price as a number", "price", json!(250), 400),
        with("terms that have expired", "fundBy", json!(1), 400),
        with("settled before it is funded", "settleBy", fund_by, 400),
        with("a negative time", "settleBy", json!(-1), 400),
        with("neither side", "side", json!("both"), 400),
        with("an unknown field", "colour", json!("red"), 400),
        long,
    ]
}

/// What cannot be done to a trade, or to none.
fn trades(proposed: B256) -> Vec<Bad> {
    let unknown = B256::repeat_byte(9);
    let nothing = json!({});
    vec![
        post("accepting one's own offer", &format!("/dvp/{proposed}/accept"), &nothing, 403, "by"),
        post("funding what is not accepted", &format!("/dvp/{proposed}/fund"), &nothing, 409, "state"),
        post("a trade that is none", "/dvp/first/accept", &nothing, 400, "id"),
        post(
            "a reason without end",
            &format!("/dvp/{proposed}/decline"),
            &json!({"reason": "no".repeat(5_000)}),
            400,
            "reason",
        ),
        post(
            "an unknown field in an acceptance",
            &format!("/dvp/{proposed}/accept"),
            &json!({"hurry": true}),
            400,
            "hurry",
        ),
        raw(
            "an unknown trade",
            Method::POST,
            &format!("/dvp/{unknown}/accept"),
            JSON,
            b"{}".into(),
            404,
            None,
        ),
        raw("reading an unknown trade", Method::GET, &format!("/dvp/{unknown}"), "", vec![], 404, Some("id")),
        raw("a page without rows", Method::GET, "/dvp?limit=0", "", vec![], 400, Some("limit")),
    ]
}

fn tokens(world: &World, ours: B256, transfer: &Value) -> Vec<Bad> {
    let cash = |amount: &str| json!({"pool": "cash", "amount": amount, "to": "bob"});
    let deed = |document: B256| json!({"pool": "deed", "tokenIndex": document, "to": world.bob.address});
    let mut again = transfer.clone();
    again["tokenIndex"] = json!(ours);
    vec![
        post("more than there is", "/tokens/transfers", &cash("1000001"), 409, "amount"),
        post("nothing", "/tokens/transfers", &cash("0"), 400, "amount"),
        post("less than nothing", "/tokens/mint", &cash("-1"), 400, "amount"),
        post("an unknown pool", "/tokens/mint", &json!({"pool": "gold", "amount": "1"}), 404, "pool"),
        post("money without an amount", "/tokens/mint", &json!({"pool": "cash"}), 400, "amount"),
        post("a second deed", "/tokens/mint", &deed(ours), 409, "tokenIndex"),
        post("a deed of nothing", "/tokens/mint", &deed(B256::repeat_byte(3)), 404, "tokenIndex"),
        post("somebody else's deed", "/tokens/transfers", &deed(B256::repeat_byte(3)), 409, "tokenIndex"),
        post(
            "to nobody",
            "/tokens/mint",
            &json!({"pool": "cash", "amount": "1", "to": format!("0x{:040}", 0)}),
            400,
            "to",
        ),
        post(
            "to somebody unknown",
            "/tokens/mint",
            &json!({"pool": "cash", "amount": "1", "to": "carol"}),
            404,
            "to",
        ),
        raw(
            "another order under a used key",
            Method::POST,
            "/tokens/transfers",
            JSON,
            again.to_string().into_bytes(),
            409,
            None,
        ),
        raw(
            "the same order again",
            Method::POST,
            "/tokens/transfers",
            JSON,
            transfer.to_string().into_bytes(),
            409,
            None,
        ),
    ]
}

/// Requests that are wrong whatever they mean.
fn shapes(good: &Value) -> Vec<Bad> {
    let text = good.to_string().into_bytes();
    let half = text.split_at(text.len() / 2).0.to_vec();
    let mut huge = good.clone();
    huge["counterparty"] = json!("x".repeat(2 << 20));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes();
    let dvp = |why, media_type, body, status, field| {
        raw(why, Method::POST, "/dvp", media_type, body, status, field)
    };
    vec![
        dvp("malformed JSON", JSON, half, 400, None),
        dvp("no body", JSON, vec![], 400, None),
        dvp("not even text", JSON, vec![0xff, 0xfe, 0], 400, None),
        dvp("a list", JSON, b"[]".into(), 400, None),
        dvp("JSON without end", JSON, deep, 400, None),
        dvp("2 MB of JSON", JSON, huge.to_string().into_bytes(), 413, None),
        dvp("a form", "application/x-www-form-urlencoded", text.clone(), 415, None),
        dvp("no media type", "", text, 415, None),
        dvp("nothing that is needed", JSON, b"{}".into(), 400, Some("counterparty")),
        raw("a document without a name", Method::POST, "/documents", "", vec![1], 400, Some("name")),
        raw("a name with a folder", Method::POST, "/documents?name=..%2Fx", "", vec![1], 400, Some("name")),
        raw("an empty document", Method::POST, "/documents?name=x", "", vec![], 400, None),
        raw("an unknown document", Method::GET, "/documents/7", "", vec![], 400, Some("id")),
        raw("a route that is none", Method::GET, "/dvps", "", vec![], 404, None),
        raw("another method", Method::DELETE, "/dvp", "", vec![], 405, None),
    ]
}

async fn refuses(api: &Api, bad: &Bad) -> Result<()> {
    let answer = api.ask(bad.method.clone(), &bad.path, bad.media_type, bad.body.clone()).await?;
    let (status, body) = (answer.status.as_u16(), &answer.body);
    ensure!(status == bad.status, "{status}, not {}: {body}", bad.status);
    ensure!(answer.media_type == "application/problem+json", "as {}: {body}", answer.media_type);
    ensure!(body["status"] == status && body["title"].is_string() && body["detail"].is_string(), "{body}");
    let code = body["error"].as_str().and_then(|text| text.split_once(": "));
    ensure!(code.is_some_and(|(code, _)| code.len() == 7), "no code: {body}");
    if let Some(field) = bad.field {
        ensure!(body["field"] == field, "it does not name {field}: {body}");
    }
    Ok(())
}

/// The same by command line; each must end with another code than 0 and say which field is wrong.
fn command_lines(ours: B256, sold: B256, proposed: B256) -> Vec<(Vec<String>, &'static str)> {
    let words = |text: String| text.split(' ').map(str::to_owned).collect();
    let propose = |document: B256, rest: &str| words(format!("dvp propose --document {document} {rest}"));
    vec![
        (propose(ours, "--with carol --price 1"), "counterparty"),
        (propose(ours, "--with alice --price 1"), "counterparty"),
        (propose(sold, "--with bob --price 1"), "document"),
        (propose(ours, "--with bob --price 1.5"), "price"),
        (propose(ours, "--with bob --price 0"), "price"),
        (propose(ours, "--with bob --price 1 --fund-within 0s"), "fundBy"),
        (propose(ours, "--with bob --price 1 --fund-within 2h --settle-within 1h"), "settleBy"),
        (propose(ours, "--with bob --price 1 --fund-within soon"), "fund-within"),
        (words(format!("dvp accept {proposed}")), "by"),
        (words("dvp status 0x12".into()), "id"),
        (words("token mint --amount -1".into()), "amount"),
        (words("token mint --amount 1 --to carol".into()), "to"),
        (words("token transfer --amount 5000000 --to bob".into()), "amount"),
        (words(format!("token transfer --deed {sold} --to bob")), "tokenIndex"),
        (words("document get 0x12 --out /dev/null/x".into()), "id"),
    ]
}

async fn command_refuses(api: &Api, verb: &[String], field: &str) -> Result<()> {
    let output = tokio::process::Command::new(tools::quittance()?)
        .args(verb)
        .args(["--api", api.root()])
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "it was done");
    ensure!(told.contains(field), "it does not name {field}: {told}");
    ensure!(!told.contains("panicked"), "{told}");
    Ok(())
}

/// Waits until neither node has anything left to do.
async fn quiet(world: &World) -> Result<()> {
    for node in world.nodes() {
        wait_for(format!("{} to be quiet", node.name), SOON, async || {
            let trades: Vec<Value> = node.api.get("/api/v1/dvp").await?;
            let busy = trades.iter().any(|trade| trade["pending"] != json!([]));
            Ok((!busy).then_some(()))
        })
        .await?;
    }
    Ok(())
}

/// All that both nodes show, and how many transactions each party has made.
async fn everything(world: &World) -> Result<Value> {
    let mut all = Vec::new();
    for node in world.nodes() {
        for path in ["parties", "documents", "tokens/pools", "tokens/transfers?limit=1000", "dvp"] {
            all.push(node.api.get::<Value>(&format!("/api/v1/{path}")).await?);
        }
        for party in world.nodes() {
            all.push(node.api.get(&format!("/api/v1/tokens/balances?key={}", party.address)).await?);
        }
        let params = json!([node.address, "pending"]);
        all.push(world.anvil.rpc.call("eth_getTransactionCount", params).await?);
    }
    Ok(Value::Array(all))
}
