//! What the API refuses, and how: the real router over a real database in memory.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by stopping there")]

mod access;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderValue, Request, StatusCode, header},
};
use quittance_api::{Access, Api, BoxFuture, ByteStream, Documents, Hosts, Limits, Me, TokenInfo, Tokens};
use quittance_app::App;
use quittance_domain::{
    Address, Amount, Asset, AssetKind, B256, Block, Bytes, Error, Result, U256,
    document::Commitment,
    fact::{
        Credit, Grant, Origin,
        deal::{DealEvent, DealKind},
        terms::{DealTerms, HashKind, LockTerms},
    },
    intent::{Action, Call, Intent},
    settlement::{Contracts, Deployment},
};
use quittance_store::{
    Store,
    approvals::{self, Approval},
    blocks, credits, deals, outbox, tokens,
    transactions::{self, Signed},
};
use serde_json::{Value, json};
use tokio::{
    io::AsyncRead,
    sync::{Semaphore, watch},
};
use tower::ServiceExt;

/// A node without documents: none of these tests gets as far as one.
#[derive(Debug)]
struct Empty;

impl Documents for Empty {
    fn keep(&self, _: Address, _: ByteStream) -> BoxFuture<'_, Result<(Commitment, B256)>> {
        Box::pin(async { Err(Error::internal("no documents here")) })
    }

    fn open(&self, _: Commitment) -> BoxFuture<'_, Result<Box<dyn AsyncRead + Send + Unpin>>> {
        Box::pin(async { Err(Error::internal("no documents here")) })
    }
}

/// A chain with two tokens that this node has no pool of; one says of itself what cannot be shown.
#[derive(Debug)]
struct TwoTokens;

impl TwoTokens {
    const AT: Address = Address::with_last_byte(0x70);
    const ODD: Address = Address::with_last_byte(0x71);
}

impl Tokens for TwoTokens {
    fn inspect(&self, token: Address) -> BoxFuture<'_, Result<TokenInfo>> {
        Box::pin(async move {
            let symbol = match token {
                Self::AT => "ONE",
                Self::ODD => "O\0E",
                _ => return Err(Error::invalid("is no contract on this chain").field("config.address")),
            };
            Ok(TokenInfo { kind: AssetKind::Erc721, symbol: Some(symbol.into()), decimals: None })
        })
    }
}

const MAX_BODY: usize = 4_096;

/// Requests that may wait for the chain.
const CONFIRMING: usize = 1;

async fn api(head: Option<Block>) -> Router {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    if let Some(block) = head {
        let mut tx = store.begin().await.unwrap();
        blocks::append(&mut tx, &block).await.unwrap();
        tx.commit().await.unwrap();
    }
    over(store, head)
}

fn over(store: Store, head: Option<Block>) -> Router {
    guarded(store, head, Access::open())
}

fn guarded(store: Store, head: Option<Block>, access: Access) -> Router {
    let at = Address::with_last_byte;
    let contracts = Contracts {
        cash: at(1),
        deed: at(2),
        document_registry: at(3),
        party_registry: at(4),
        settlement: at(5),
        token_factory: Some(at(6)),
        ..Contracts::default()
    };
    Api {
        app: App {
            store,
            deployment: Deployment { chain_id: 31_337, start_block: 0, contracts },
            us: at(9),
            confirmations: 0,
            chain_head: Arc::new(AtomicU64::new(head.map_or(0, |block| block.number))),
            outbox: Arc::default(),
        },
        me: Me { name: "us".into(), endpoint: "https://127.0.0.1:1".into(), tls_key: B256::ZERO },
        documents: Arc::new(Empty),
        tokens: Arc::new(TwoTokens),
        clock: || 0,
        head: watch::channel(head).1,
        confirming: Arc::new(Semaphore::new(CONFIRMING)),
        board: Arc::default(),
        listening: Arc::new(Semaphore::new(8)),
        hosts: Hosts::only(&[]),
        origins: Arc::new([HeaderValue::from_static("https://app.example")]),
        access: watch::channel(access).1,
        limits: Limits {
            max_body: MAX_BODY,
            request_timeout: Duration::from_secs(5),
            max_lag: 5,
            max_in_flight: 8,
            max_subscriptions: 4,
            max_pools: 2,
            max_starts: 4,
        },
    }
    .router()
}

fn block() -> Block {
    Block { number: 7, hash: B256::with_last_byte(7), timestamp: 1_000 }
}

async fn ask(router: &Router, method: &str, path: &str, kind: &str, body: &str) -> (StatusCode, Value, bool) {
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, kind);
    let response = router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status();
    let problem =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default(), problem)
}

#[tokio::test]
async fn what_is_refused_names_its_field() {
    let router = api(Some(block())).await;
    let (json, id) = ("application/json", format!("0x{}", "ab".repeat(32)));
    let offer = |field: &str, value: &str| {
        let mut body = serde_json::json!({
            "counterparty": "bob", "document": id, "price": "1", "fundBy": 2_000, "settleBy": 3_000
        });
        body[field] = serde_json::from_str(value).unwrap();
        body.to_string()
    };
    let allow =
        |config: &str| format!(r#"{{"pool":"cash","operator":"0x{}","config":{config}}}"#, "11".repeat(20));
    let settlement =
        format!(r#"{{"pool":"cash","operator":"{:#x}","approved":false}}"#, Address::with_last_byte(5));
    let large = format!("{{\"pool\":\"{}\"}}", "x".repeat(MAX_BODY));
    let post = |path: &str, body: &str| ("POST", format!("/api/v1/{path}"), json, body.to_owned());
    let get = |path: &str| ("GET", format!("/api/v1/{path}"), json, String::new());
    let pool = |field: &str, value: &str| {
        let mut body = serde_json::json!({ "name": "gold", "type": "fungible" });
        match field.strip_prefix("config.") {
            Some(field) => body["config"][field] = serde_json::from_str(value).unwrap(),
            None => body[field] = serde_json::from_str(value).unwrap(),
        }
        body.to_string()
    };
    let bound = |r#type: &str, block: &str| {
        let config = json!({ "address": TwoTokens::AT, "blockNumber": block });
        json!({ "name": "gold", "type": r#type, "config": config }).to_string()
    };
    let cases = [
        (get("nothing"), 404, None),
        (post("tokens/pools", "{}"), 400, Some("name")),
        (post("tokens/pools", r#"{"name":"gold"}"#), 400, Some("type")),
        (post("tokens/pools", &pool("type", "\"gold\"")), 400, Some("type")),
        (post("tokens/pools", &pool("name", "\"a b\"")), 400, Some("name")),
        (post("tokens/pools", &pool("name", "\"cash\"")), 409, Some("name")),
        (post("tokens/pools", &pool("name", &format!("{:?}", "x".repeat(32)))), 400, Some("name")),
        (post("tokens/pools", &pool("colour", "1")), 400, Some("colour")),
        (post("tokens/pools", &pool("connector", "\"other\"")), 400, Some("connector")),
        (post("tokens/pools", &pool("key", "\"carol\"")), 404, Some("key")),
        (post("tokens/pools", &pool("symbol", &format!("{:?}", "x".repeat(33)))), 400, Some("symbol")),
        (post("tokens/pools", &pool("config.uri", "\"x\"")), 400, Some("config.uri")),
        (post("tokens/pools", &pool("config.blockNumber", "\"1\"")), 400, Some("config.blockNumber")),
        (
            post("tokens/pools", &pool("config.address", &format!("{:?}", at_text(0x71)))),
            400,
            Some("config.address"),
        ),
        (
            post("tokens/pools", &pool("config.address", &format!("{:?}", at_text(1)))),
            400,
            Some("config.address"),
        ),
        (
            post("tokens/pools", &pool("config.factoryAddress", &format!("{:?}", at_text(1)))),
            400,
            Some("config.factoryAddress"),
        ),
        (post("tokens/pools", &bound("fungible", "0")), 400, Some("config.address")),
        (post("tokens/pools", &bound("nonfungible", "soon")), 400, Some("config.blockNumber")),
        (post("tokens/pools", &bound("nonfungible", "9")), 400, Some("config.blockNumber")),
        (("DELETE", "/api/v1/tokens/pools/cash".into(), json, String::new()), 403, Some("pool")),
        (("DELETE", "/api/v1/tokens/pools/gold".into(), json, String::new()), 404, Some("pool")),
        (post("tokens/mint", r#"{"pool":"cash","amount":"1","uri":"x"}"#), 400, Some("uri")),
        (post("tokens/mint", r#"{"pool":"deed"}"#), 400, Some("tokenIndex")),
        (post("tokens/burn", r#"{"pool":"deed"}"#), 400, Some("tokenIndex")),
        (("DELETE", "/api/v1/dvp".into(), json, String::new()), 405, None),
        (("POST", "/api/v1/dvp".into(), "text/plain", offer("price", "\"1\"")), 415, None),
        (post("dvp", "{"), 400, Some("body")),
        (post("dvp", "{}"), 400, Some("counterparty")),
        (post("dvp", &offer("colour", "1")), 400, Some("colour")),
        (post("dvp", &offer("price", "1")), 400, Some("price")),
        (post("dvp", &offer("price", "\"-1\"")), 400, Some("price")),
        (post("dvp", &offer("document", "\"0x12\"")), 400, Some("document")),
        (post("dvp", &offer("counterparty", "\"carol\"")), 404, Some("counterparty")),
        (post(&format!("dvp/{id}/accept"), "{}"), 404, None),
        (post("dvp/0x12/accept", "{}"), 400, Some("id")),
        (get(&format!("dvp/{id}")), 404, Some("id")),
        (get("dvp?limit=0"), 400, Some("limit")),
        (get("dvp?limit=1001"), 400, Some("limit")),
        (get("dvp?after=x"), 400, Some("cursor")),
        (get("dvp?colour=red"), 400, Some("colour")),
        (post("tokens/mint", r#"{"pool":"gold","amount":"1"}"#), 404, Some("pool")),
        (post("tokens/mint", r#"{"pool":"cash"}"#), 400, Some("amount")),
        (post("tokens/mint", r#"{"pool":"cash","amount":"0"}"#), 400, Some("amount")),
        (post("tokens/mint", r#"{"pool":"cash","amount":"1e3"}"#), 400, Some("amount")),
        (post("tokens/mint", r#"{"pool":"cash","amount":"1","to":"carol"}"#), 404, Some("to")),
        (post("tokens/mint", r#"{"pool":"deed","tokenIndex":"5"}"#), 404, Some("tokenIndex")),
        (post("tokens/mint", r#"{"pool":"cash","amount":1.5}"#), 400, Some("amount")),
        (post("tokens/mint", r#"{"pool":"cash","amount":-1}"#), 400, Some("amount")),
        (post("tokens/mint", r#"{"pool":"cash","amount":9007199254740992}"#), 400, Some("amount")),
        (post("tokens/mint", r#"{"pool":"deed","tokenIndex":"5","amount":"2"}"#), 400, Some("amount")),
        (post("tokens/mint", r#"{"pool":"cash","amount":"1","key":"0x12"}"#), 404, Some("key")),
        (post("tokens/mint?confirm=maybe", r#"{"pool":"cash","amount":"1"}"#), 400, Some("confirm")),
        (post("tokens/burn", r#"{"pool":"cash","amount":"1"}"#), 409, Some("amount")),
        (post("tokens/burn", r#"{"pool":"deed","tokenIndex":"5"}"#), 409, Some("tokenIndex")),
        (post("tokens/burn", r#"{"pool":"cash","amount":"1","to":"carol"}"#), 400, Some("to")),
        (post("tokens/approvals", r#"{"pool":"cash","operator":"carol"}"#), 404, Some("operator")),
        (post("tokens/approvals", &allow(r#"{"tokenIndex":"5"}"#)), 400, Some("config.tokenIndex")),
        (post("tokens/approvals", &allow(r#"{"allowance":"x"}"#)), 400, Some("config.allowance")),
        (post("tokens/approvals", &settlement), 403, Some("operator")),
        (get("tokens/pools?type=fungible"), 400, Some("type")),
        (get("tokens/connectors?limit=1"), 400, Some("limit")),
        (get(&format!("tokens/accounts/0x{}/pools?limit=1", "11".repeat(20))), 400, Some("limit")),
        (get("namespaces?limit=1"), 400, Some("limit")),
        (get("tokens/pools/gold"), 404, Some("pool")),
        (get("tokens/transfers/00000000-0001-8000-8000-000000000000"), 404, Some("id")),
        (get("tokens/accounts?after=x"), 400, Some("cursor")),
        (get("transactions?after=x"), 400, Some("cursor")),
        (get("operations?limit=0"), 400, Some("limit")),
        (get("operations?status=Done"), 400, Some("status")),
        (get("operations?colour=red"), 400, Some("colour")),
        (get("operations?skip=1001"), 400, Some("skip")),
        (get("operations?created=%3Esoon"), 400, Some("created")),
        (get("transactions?limit=1001"), 400, Some("limit")),
        (get("transactions?type=gold"), 400, Some("type")),
        (get("transactions?id=a&after=1-it"), 400, Some("after")),
        (get("transactions?blockchainIds=0x12"), 400, Some("blockchainIds")),
        (get("tokens/transfers?colour=red"), 400, Some("colour")),
        (get("tokens/transfers?localId=%5E1"), 400, Some("localId")),
        (get("tokens/transfers?created=!%3E1"), 400, Some("created")),
        (get("tokens/transfers?type=gift"), 400, Some("type")),
        (get("tokens/transfers?pool=gold"), 404, Some("pool")),
        (get("tokens/transfers?from=carol"), 404, Some("from")),
        (get("tokens/transfers?amount=1.5"), 400, Some("amount")),
        (get("tokens/transfers?sort=amount"), 400, Some("sort")),
        (get("tokens/transfers?protocolId=1"), 400, Some("protocolId")),
        (get("tokens/balances?after=x"), 400, Some("cursor")),
        (get("tokens/balances?count=maybe"), 400, Some("count")),
        (get("tokens/balances?balance=@1"), 400, Some("balance")),
        (get("operations/none"), 404, Some("id")),
        (post("operations/none/retry", "{}"), 404, Some("id")),
        (get("namespaces/elsewhere/status"), 404, None),
        (get("namespaces/default/nothing"), 404, None),
        (get("namespaces/default/tokens/pools/gold"), 404, Some("pool")),
        (post("tokens/transfers", r#"{"pool":"cash","amount":"1"}"#), 400, Some("to")),
        (post("tokens/mint", &large), 413, None),
        (get(&format!("documents/{id}/content")), 404, Some("id")),
        (post("documents?name=a/b", "x"), 400, Some("name")),
        (post("documents?name=a&mediaType=x", "x"), 400, Some("mediaType")),
        (get("parties/carol"), 404, Some("party")),
        (get("transactions/none"), 404, Some("id")),
        (get("deals?kind=gold"), 400, Some("kind")),
        (get("deals?status=done"), 400, Some("status")),
        (get("deals?party=carol"), 404, Some("party")),
        (get("deals?after=x"), 400, Some("cursor")),
        (get("deals/0x12"), 400, Some("id")),
        (get(&format!("deals/{id}")), 404, Some("id")),
        (get(&format!("proposals/{id}")), 404, Some("id")),
        (get("proposals?after=x"), 400, Some("cursor")),
        (get("tokens/approvals?key=carol"), 404, Some("key")),
        (get("tokens/approvals?after=x"), 400, Some("cursor")),
        (get("credits?payee=carol"), 404, Some("payee")),
        (get("pins?author=carol"), 404, Some("author")),
        (get("pins?after=x"), 400, Some("cursor")),
    ];
    for ((method, path, kind, body), status, field) in cases {
        let (got, problem, is_problem) = ask(&router, method, &path, kind, &body).await;
        assert_eq!(got.as_u16(), status, "{method} {path} {body}: {problem}");
        assert!(is_problem && problem["status"] == status, "{method} {path}: {problem}");
        assert_eq!(problem["field"].as_str(), field, "{method} {path} {body}: {problem}");
    }
}

#[tokio::test]
async fn before_the_first_block_the_node_is_not_ready() {
    let router = api(None).await;
    let (status, problem, _) = ask(&router, "GET", "/readyz", "text/plain", "").await;
    assert_eq!((status, problem["status"].as_u64()), (StatusCode::SERVICE_UNAVAILABLE, Some(503)));
    let ready = api(Some(block())).await;
    assert_eq!(ask(&ready, "GET", "/readyz", "text/plain", "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_dry_run_is_checked_and_changes_nothing() {
    let router = api(Some(block())).await;
    let (path, json) = ("/api/v1/tokens/mint?dryRun=true", "application/json");
    let order = r#"{"pool":"cash","amount":"5","idempotencyKey":"k"}"#;
    for _ in 0..2 {
        let (status, answer, _) = ask(&router, "POST", path, json, order).await;
        assert_eq!((status, &answer["dryRun"]), (StatusCode::OK, &Value::Bool(true)), "{answer}");
    }
    let (status, _, _) = ask(&router, "POST", "/api/v1/tokens/mint", json, order).await;
    assert_eq!(status, StatusCode::ACCEPTED, "the key is still free");
    let (status, problem, _) = ask(&router, "POST", "/api/v1/tokens/mint", json, order).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(problem["error"].as_str().unwrap().starts_with("FF10431"), "{problem}");
}

fn at(log_index: u64) -> Origin {
    Origin { block: block().at(), timestamp: 1_000, transaction: B256::repeat_byte(2), log_index }
}

#[tokio::test]
async fn what_is_mirrored_is_told() {
    let (who, id) = (Address::with_last_byte(9), B256::repeat_byte(0xab));
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let (asset, token_id, amount) = (Asset::erc20(who), U256::ZERO, Amount::new(U256::from(5)));
    let terms = DealTerms::HashLock(LockTerms {
        sender: who,
        receiver: Address::with_last_byte(8),
        asset,
        token_id,
        amount,
        hashlock: id,
        hash_kind: HashKind::Sha256,
        deadline: 2_000,
        nonce: U256::ZERO,
    });
    let opened = DealEvent::Opened { by: who, leg: None, terms: Box::new(terms) };
    for (log, event) in [(0, opened), (1, DealEvent::aborted(who))] {
        deals::append(&mut tx, &at(log), DealKind::HashLock, id, &event).await.unwrap();
    }
    let grant = Grant::Amount { token_id, amount };
    let approval = Approval { token: who, owner: who, spender: Address::with_last_byte(7), grant };
    approvals::granted(&mut tx, &[(at(2), approval)]).await.unwrap();
    let credit = Credit { deal: Some(id), payee: who, asset, token_id, amount };
    credits::credited(&mut tx, &at(3), who, &credit).await.unwrap();
    tx.commit().await.unwrap();

    let router = over(store, Some(block()));
    let told = async |path: &str| {
        let (status, body, _) = ask(&router, "GET", &format!("/api/v1/{path}"), "application/json", "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    };
    for path in ["deals", "deals?kind=hash-lock", "deals?status=aborted", &format!("deals?party={who}")] {
        let deal = &told(path).await[0];
        assert_eq!((&deal["id"], &deal["status"]), (&json!(id), &json!("aborted")), "{path}");
        assert_eq!((&deal["terms"]["amount"], &deal["opened"]["logIndex"]), (&json!("5"), &json!(0)));
    }
    for path in
        ["deals?kind=escrow", "deals?status=open", "deals?party=0x0000000000000000000000000000000000000001"]
    {
        assert_eq!(told(path).await, json!([]), "{path}");
    }
    let history = told(&format!("deals/{id}")).await["history"].clone();
    assert_eq!((&history[0]["said"]["event"], &history[0]["status"]), (&json!("Opened"), &json!("armed")));
    assert_eq!(history[1]["said"], json!({"event": "Aborted", "by": who}));
    assert_eq!(told("tokens/approvals").await[0]["info"]["value"], "5");
    assert_eq!(told("credits").await[0]["amount"], "5");
    assert_eq!((told("pins").await, told("proposals").await), (json!([]), json!([])));
}

#[tokio::test]
async fn what_failed_is_tried_again_when_asked() {
    let store = with_intent(&burn("it")).await;
    let router = over(store.clone(), Some(block()));
    let told = async |method: &str, path: &str| {
        let path = format!("/api/v1/namespaces/default/{path}");
        let (status, body, _) = ask(&router, method, &path, "application/json", "{}").await;
        (status, body)
    };
    let (status, refusal) = told("POST", "operations/it/retry").await;
    assert_eq!(
        (status, &refusal["field"]),
        (StatusCode::CONFLICT, &json!("id")),
        "what waits has not failed"
    );

    let mut tx = store.begin().await.unwrap();
    outbox::fail(&mut tx, "it", "no gas").await.unwrap();
    tx.commit().await.unwrap();
    let (_, failed) = told("GET", "transactions/it/status").await;
    assert_eq!((&failed["status"], &failed["details"][0]["error"]), (&json!("Failed"), &json!("no gas")));

    let (status, again) = told("POST", "operations/it/retry").await;
    assert_eq!((status, &again["status"]), (StatusCode::ACCEPTED, &json!("Initialized")));
    let (_, operations) = told("GET", "transactions/it/operations").await;
    assert_eq!((&operations[0]["id"], operations[0]["error"].is_null()), (&json!("it"), true));
    let (_, list) = told("GET", "transactions?limit=1").await;
    assert_eq!(list[0]["id"], json!("it"));
    assert_eq!(told("GET", "operations?after=1-it").await.1, json!([]));
    let (_, transaction) = told("GET", "transactions/it").await;
    assert_eq!((&transaction["type"], &transaction["state"]), (&json!("token_transfer"), &json!("queued")));
}

/// A store with one block, and an intent in its outbox.
async fn with_intent(intent: &Intent) -> Store {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    blocks::append(&mut tx, &block()).await.unwrap();
    outbox::add(&mut tx, intent, None, None, 1).await.unwrap();
    tx.commit().await.unwrap();
    store
}

fn burn(key: &str) -> Intent {
    Intent::new(
        key,
        Action::Transact(Call::Burn { token: Address::with_last_byte(1), amount: Amount::new(U256::ONE) }),
    )
}

#[tokio::test]
async fn what_may_come_back_or_is_over_is_not_tried_again() {
    let store = with_intent(&burn("it")).await;
    let signer = Address::with_last_byte(9);
    let (raw, hash) = (Bytes::from(vec![1]), B256::with_last_byte(1));
    let signed = Signed { key: "it".into(), signer, nonce: 0, raw, hash };
    let mut tx = store.begin().await.unwrap();
    outbox::sent(&mut tx, &["it"]).await.unwrap();
    transactions::signed(&mut tx, std::slice::from_ref(&signed), 7).await.unwrap();
    transactions::mined(&mut tx, &signed, hash, block().at(), false).await.unwrap();
    outbox::fail(&mut tx, "it", "reverted").await.unwrap();
    tx.commit().await.unwrap();
    let retry = async |head: Block| {
        let router = over(store.clone(), Some(head));
        let path = "/api/v1/operations/it/retry";
        ask(&router, "POST", path, "application/json", "{}").await.0
    };
    assert_eq!(retry(block()).await, StatusCode::CONFLICT, "a reorg may bring the reverted one back");
    let mut tx = store.begin().await.unwrap();
    let deep = Block { number: 19, hash: B256::with_last_byte(19), timestamp: 2_000 };
    blocks::append(&mut tx, &deep).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(retry(deep).await, StatusCode::ACCEPTED);

    let store = with_intent(&burn("late").expires(block().timestamp)).await;
    let mut tx = store.begin().await.unwrap();
    outbox::expire(&mut tx, block().timestamp).await.unwrap();
    tx.commit().await.unwrap();
    let router = over(store, Some(block()));
    let (status, ..) = ask(&router, "POST", "/api/v1/operations/late/retry", "application/json", "{}").await;
    assert_eq!(status, StatusCode::CONFLICT, "its time is over");
}

#[tokio::test]
async fn what_waits_for_a_failure_has_failed_and_is_tried_again_with_it() {
    let store = with_intent(&burn("first")).await;
    let mut tx = store.begin().await.unwrap();
    outbox::add(&mut tx, &burn("second").after("first"), None, None, 2).await.unwrap();
    outbox::fail(&mut tx, "first", "no gas").await.unwrap();
    tx.commit().await.unwrap();
    let router = over(store, Some(block()));
    let told = async |method: &str, path: &str| {
        ask(&router, method, &format!("/api/v1/{path}"), "application/json", "{}").await.1
    };
    for path in ["operations/second", "operations?limit=1", "transactions/second/operations"] {
        let seen = told("GET", path).await;
        let seen = if seen.is_array() { &seen[0] } else { &seen };
        assert_eq!((&seen["status"], &seen["error"]), (&json!("Failed"), &json!("no gas")), "{path}");
    }
    assert_eq!(told("GET", "transactions/second").await["state"], "failed");
    assert_eq!(told("POST", "operations/second/retry").await["status"], "Initialized");
    assert_eq!(told("GET", "operations/first").await["status"], "Initialized");
}

#[tokio::test]
async fn only_so_many_requests_wait_for_the_chain() {
    let router = api(Some(block())).await;
    let mint = async |key: &str| {
        let body = format!(r#"{{"pool":"cash","amount":"1","idempotencyKey":"{key}"}}"#);
        ask(&router, "POST", "/api/v1/tokens/mint?confirm=true", "application/json", &body).await
    };
    let first = mint("a");
    let second = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        (mint("b").await.0, ask(&router, "GET", "/api/v1/operations", "application/json", "").await.1)
    };
    let ((first, problem, _), (second, operations)) = tokio::join!(first, second);
    assert_eq!(
        (first, &problem["code"]),
        (StatusCode::REQUEST_TIMEOUT, &json!("FF10260")),
        "nobody mines here"
    );
    assert_eq!(second, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(operations.as_array().map(Vec::len), Some(1), "what is refused is not done");
}

fn at_text(n: u8) -> String {
    format!("{:#x}", Address::with_last_byte(n))
}

#[tokio::test]
async fn a_pool_has_its_name_and_its_token_for_itself() {
    let router = api(Some(block())).await;
    let (path, json) = ("/api/v1/tokens/pools", "application/json");
    let ask = async |method: &str, path: &str, body: &Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer, _) = ask(&router, method, path, json, &body).await;
        (status.as_u16(), answer)
    };
    let bound =
        |name: &str| json!({ "name": name, "type": "nonfungible", "config": { "address": TwoTokens::AT } });
    let made = |name: &str| json!({ "name": name, "type": "fungible", "symbol": "G" });
    let tried = ask("POST", &format!("{path}?dryRun=true"), &made("gold")).await;
    assert_eq!(tried, (200, json!({ "dryRun": true })));
    let (status, gold) = ask("POST", path, &made("gold")).await;
    assert_eq!((status, &gold["active"], &gold["tx"]["id"]), (202, &json!(false), &gold["id"]), "{gold}");
    let (status, one) = ask("POST", path, &bound("one")).await;
    assert_eq!((status, &one["symbol"], &one["tx"]), (202, &json!("ONE"), &Value::Null), "{one}");
    for taken in [made("gold"), made("one"), bound("two"), bound("gold")] {
        let (status, problem) = ask("POST", path, &taken).await;
        assert_eq!((status, &problem["code"]), (409, &json!("FF10275")), "{taken}: {problem}");
    }
    let (status, problem) = ask("POST", path, &made("more")).await;
    assert_eq!(status, 507, "{problem}");
    // Nothing can be done with it before it is there.
    for order in [json!({ "pool": "gold", "amount": "1" }), json!({ "pool": one["id"] })] {
        let (status, problem) = ask("POST", "/api/v1/tokens/mint", &order).await;
        assert_eq!((status, &problem["field"]), (409, &json!("pool")), "{problem}");
    }
    let names = async || {
        let (_, pools) = ask("GET", path, &Value::Null).await;
        pools
            .as_array()
            .unwrap()
            .iter()
            .map(|pool| pool["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mut all = names().await;
    all.sort();
    assert_eq!(all, ["cash", "deed", "gold", "one"]);
    assert_eq!(ask("DELETE", &format!("{path}/one"), &Value::Null).await.0, 204);
    assert_eq!(ask("GET", &format!("{path}/one"), &Value::Null).await.0, 404);
    assert_eq!(names().await.len(), 3);
    let (status, again) = ask("POST", path, &bound("again")).await;
    assert_eq!((status, &again["address"]), (202, &one["address"]), "{again}");
}

#[tokio::test]
async fn what_cannot_be_shown_is_no_symbol() {
    let router = api(Some(block())).await;
    let body = json!({ "name": "odd", "type": "nonfungible", "config": { "address": TwoTokens::ODD } });
    let (status, odd, _) =
        ask(&router, "POST", "/api/v1/tokens/pools", "application/json", &body.to_string()).await;
    assert_eq!((status.as_u16(), &odd["name"], &odd["symbol"]), (202, &json!("odd"), &Value::Null), "{odd}");
}

#[tokio::test]
async fn lists_are_asked_as_fireflys_are() {
    let store = with_intent(&burn("it")).await;
    let mut tx = store.begin().await.unwrap();
    outbox::add(&mut tx, &burn("It-2"), None, None, 2_000).await.unwrap();
    let invoke = Intent::new("other", Action::Transact(Call::ApproveCash));
    outbox::add(&mut tx, &invoke, None, None, 3_000).await.unwrap();
    let (cash, deed) = (Address::with_last_byte(1), Address::with_last_byte(2));
    let (none, one, two) = (Address::ZERO, Address::with_last_byte(0x11), Address::with_last_byte(0x12));
    let five = Amount::new(U256::from(5));
    tokens::cash_moved(&mut tx, &at(0), cash, none, one, five).await.unwrap();
    tokens::cash_moved(&mut tx, &at(1), cash, one, two, Amount::new(U256::ONE)).await.unwrap();
    tokens::deed_moved(&mut tx, &at(2), deed, none, two, U256::from(77)).await.unwrap();
    tokens::cash_moved(&mut tx, &at(3), cash, two, none, Amount::new(U256::ONE)).await.unwrap();
    tx.commit().await.unwrap();
    let router = over(store, Some(block()));
    let told = async |path: &str| {
        let (status, body, _) = ask(&router, "GET", &format!("/api/v1/{path}"), "application/json", "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    };
    let first = told("tokens/transfers?limit=1").await[0]["localId"].as_str().unwrap().to_owned();
    let cases = [
        ("transactions", 3),
        ("transactions?type=token_transfer", 2),
        ("transactions?type=!token_transfer", 1),
        ("transactions?type=contract_invoke", 0),
        ("transactions?id=^it", 1),
        ("transactions?ID=:^it", 2),
        ("transactions?id=it&id=other", 2),
        ("transactions?id=[@t&id=[^o", 1),
        ("transactions?created=%3E=2", 2),
        ("transactions?created=%3E2000000000000000000", 0),
        ("operations?status=Initialized", 3),
        ("operations?status=Failed", 0),
        ("operations?tx=it", 1),
        ("operations?skip=2", 1),
        ("tokens/transfers?type=mint", 2),
        ("tokens/transfers?type=transfer", 1),
        ("tokens/transfers?type=burn&type=mint", 3),
        ("tokens/transfers?to=?", 1),
        ("tokens/transfers?from=!?", 2),
        ("tokens/transfers?amount=%3E1", 1),
        ("tokens/transfers?amount=1", 3),
        ("tokens/transfers?tokenIndex=77", 1),
        ("tokens/transfers?pool=!deed", 3),
        ("tokens/transfers?created=%3E=1000", 4),
        ("tokens/transfers?created=%3E1000", 0),
        ("tokens/transfers?created=1970-01-01T00:16:40Z", 4),
        ("tokens/transfers?tx.id=none", 0),
        ("tokens/transfers?protocolid=000000000007/000002", 1),
        ("tokens/balances", 3),
        ("tokens/balances?limit=1", 1),
        ("tokens/balances?pool=deed&balance=1", 1),
        ("tokens/balances?balance=%3C4", 2),
        ("tokens/balances?tokenIndex=?", 2),
    ];
    for (path, count) in cases {
        assert_eq!(told(path).await.as_array().map(Vec::len), Some(count), "{path}");
    }
    assert_eq!(told(&format!("tokens/transfers?localId={first}")).await[0]["type"], "burn");
    let party = told(&format!("tokens/transfers?fromOrTo={two}&count&limit=1&ascending")).await;
    assert_eq!(
        (&party["count"], &party["total"], &party["items"][0]["logIndex"]),
        (&json!(1), &json!(3), &json!(1))
    );
    let sorted = told("operations?sort=-id&limit=1").await;
    assert_eq!(sorted[0]["id"], "other");
    let sorted = told("tokens/balances?sort=-balance").await;
    assert_eq!(sorted[0]["balance"], "4");
}
