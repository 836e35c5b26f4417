//! Applications are told of everything: at least once, in order, whatever happens to the node, the chain or themselves.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use futures::{SinkExt, StreamExt};
use quittance_stories::{Node, World, api::Answer, trade::done, wait::SOON, wait_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

crate::stories!(nothing_is_left_untold, what_a_client_must_not_say, one_connection_at_a_time_is_told);

/// How many mints there are, and after how many the node is killed each time.
const MINTS: u64 = 60;
const KILL_EVERY: u64 = 20;

/// How long anything may take to be told.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long nothing must be told for it to be quiet.
const QUIET: Duration = Duration::from_secs(2);

/// A client that listens.
struct Listener {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Listener {
    async fn open(node: &Node, path: &str) -> Result<Self> {
        let url = format!("{}{path}", node.api.root().replacen("http", "ws", 1));
        let (socket, _) = timeout(PATIENCE, connect_async(url)).await??;
        Ok(Self { socket })
    }

    async fn say(&mut self, frame: &Value) -> Result<()> {
        Ok(self.socket.send(Message::Text(frame.to_string().into())).await?)
    }

    /// The next thing that it is told; an error if the connection ends first.
    async fn next(&mut self) -> Result<Value> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await?.context("the connection has ended")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(_) => bail!("the connection was closed"),
                _ => {}
            }
        }
    }

    /// Checks that nothing is told for a while, and that the connection stays.
    async fn is_quiet(&mut self) -> Result<()> {
        match timeout(QUIET, self.next()).await {
            Err(_) => Ok(()),
            Ok(told) => bail!("told {}", told?),
        }
    }

    async fn acknowledge(&mut self, told: &Value) -> Result<()> {
        self.say(&json!({ "type": "ack", "id": told["id"], "subscription": told["subscription"] })).await
    }
}

async fn subscribe(node: &Node, name: &str, options: Value) -> Result<()> {
    let body =
        json!({ "name": name, "filter": { "events": "token_transfer_confirmed" }, "options": options });
    let answer = ask(node, Method::POST, "/subscriptions", Some(&body)).await?;
    ensure!(answer.status == StatusCode::CREATED, "{answer:?}");
    let again = ask(node, Method::POST, "/subscriptions", Some(&body)).await?;
    ensure!(again.status == StatusCode::CONFLICT && again.body["code"] == "FF10193", "{again:?}");
    Ok(())
}

async fn ask(node: &Node, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
    let body = body.map(Value::to_string).unwrap_or_default().into_bytes();
    node.api.ask(method, &format!("/api/v1{path}"), "application/json", body).await
}

fn start(name: &str) -> Value {
    json!({ "type": "start", "namespace": "default", "name": name })
}

/// A node that is killed, a chain that changes its mind, and a client that comes and goes, and acknowledges late: each
/// mint is told all the same, in the order of their numbers.
async fn nothing_is_left_untold(world: &mut World) -> Result<()> {
    for (name, options) in
        [("slow", json!({ "readAhead": 4 })), ("batches", json!({ "batch": true, "readAhead": 7 }))]
    {
        subscribe(&world.bob, name, options).await?;
    }
    let mut told = [BTreeSet::new(), BTreeSet::new()];
    let mut asked = BTreeSet::new();
    for round in 0..MINTS / KILL_EVERY {
        for number in 0..KILL_EVERY {
            let amount = 1 + round * KILL_EVERY + number;
            asked.insert(world.bob.api.mint_cash(world.bob.address, amount).await?.id);
        }
        // Some of what is told is not acknowledged before the node dies.
        let mut client = Listener::open(&world.bob, "/ws").await?;
        client.say(&start("slow")).await?;
        let first = client.next().await?;
        told[0].insert(transfer(&first)?);
        client.acknowledge(&first).await?;
        client.next().await?;
        world.bob.restart().await?;
        world.reorg(2).await?;
        // What was on its way, and then no more.
        while client.next().await.is_ok() {}
    }
    for id in &asked {
        done(&world.bob.api, id).await?;
    }
    for (name, told) in ["slow", "batches"].into_iter().zip(&mut told) {
        let mut client = Listener::open(&world.bob, "/api/v1/namespaces/default/ws").await?;
        client.say(&start(name)).await?;
        let (mut last, mut places) = (0, BTreeSet::new());
        // At the end for a while, because the chain may have changed its mind about what was told before.
        loop {
            let next = timeout(if asked.is_subset(told) { QUIET } else { PATIENCE }, client.next()).await;
            let Ok(frame) = next else { break };
            let frame = frame.with_context(|| format!("{name}: {} of {MINTS}", told.len()))?;
            for event in events(&frame) {
                let number = event["sequence"].as_u64().context("no number")?;
                ensure!(number > last, "{name}: {number} after {last}");
                last = number;
                let place = event["tokenTransfer"]["block"]["hash"].to_string();
                ensure!(places.insert((transfer(&event)?, place)), "{name}: told twice: {event}");
                told.insert(transfer(&event)?);
            }
            client.acknowledge(&frame).await?;
        }
        ensure!(asked.is_subset(told), "{name}: {} of {MINTS}", told.len());
    }
    failure_is_told(world).await
}

/// The events in a frame, be it one or a batch.
fn events(frame: &Value) -> Vec<Value> {
    frame["events"].as_array().cloned().unwrap_or_else(|| vec![frame.clone()])
}

/// Which transfer an event is about.
fn transfer(event: &Value) -> Result<String> {
    Ok(event["tokenTransfer"]["localId"].as_str().context("no transfer")?.to_owned())
}

/// What can never be done is told as having failed.
async fn failure_is_told(world: &World) -> Result<()> {
    // Alice issues deeds, and no money.
    let mut alice =
        Listener::open(&world.alice, "/ws?namespace=default&ephemeral&autoack&filter.events=_failed").await?;
    let listening = async || {
        let answer = ask(&world.alice, Method::GET, "/websockets", None).await?;
        Ok((answer.body["connections"].as_array().map(Vec::len) == Some(1)).then_some(()))
    };
    wait_for("the client to be listening", SOON, listening).await?;
    let asked = world.alice.api.mint_cash(world.alice.address, 1).await?;
    let event = alice.next().await?;
    ensure!(
        event["type"] == "token_transfer_op_failed" && event["reference"] == asked.id.as_str(),
        "{event}"
    );
    ensure!(event["operation"]["status"] == "Failed" && event["correlator"] == asked.id.as_str(), "{event}");
    Ok(())
}

/// A client that says what it must not is told so, and let go.
async fn what_a_client_must_not_say(world: &mut World) -> Result<()> {
    subscribe(&world.bob, "a", json!({})).await?;
    let many: Vec<Value> =
        (0..40).map(|_| json!({ "type": "start", "ephemeral": true, "namespace": "default" })).collect();
    let ephemeral = |more: Value| {
        let mut frame = json!({ "type": "start", "ephemeral": true, "namespace": "default" });
        if let (Some(frame), Some(more)) = (frame.as_object_mut(), more.as_object()) {
            frame.extend(more.clone());
        }
        frame
    };
    let cases: Vec<(&str, Vec<Value>, &str)> = vec![
        ("/ws", vec![json!(1)], "FF10177"),
        ("/ws", vec![json!({ "type": "stop" })], "FF10177"),
        ("/ws", vec![json!({ "type": "start", "name": "a" })], "FF10178"),
        ("/ws", vec![json!({ "type": "start", "namespace": "default" })], "FF10178"),
        ("/ws", vec![json!({ "type": "start", "namespace": "b", "name": "a" })], "FF10187"),
        (
            "/api/v1/namespaces/default/ws",
            vec![json!({ "type": "start", "namespace": "b", "name": "a" })],
            "FF10462",
        ),
        ("/ws", vec![start("a"), json!({ "type": "ack" })], "FF10175"),
        ("/ws", vec![start("a"), json!({ "type": "ack", "subscription": { "name": "b" } })], "FF10175"),
        ("/ws", vec![ephemeral(json!({ "autoack": true })), json!({ "type": "ack" })], "FF10180"),
        (
            "/ws",
            vec![ephemeral(json!({ "autoack": true })), ephemeral(json!({ "autoack": false }))],
            "FF10179",
        ),
        ("/ws", vec![ephemeral(json!({ "options": { "withData": true } }))], "FF10244"),
        ("/ws", vec![ephemeral(json!({ "options": { "firstEvent": "soon" } }))], "firstEvent"),
        ("/ws", vec![ephemeral(json!({ "filter": { "events": "(" } }))], "filter.events"),
        ("/ws", vec![ephemeral(json!({ "filter": { "color": "red" } }))], "color"),
        ("/ws", vec![start("no name")], "name"),
        ("/ws", many, "max-starts-per-websocket"),
    ];
    for (path, frames, words) in cases {
        let mut client = Listener::open(&world.bob, path).await?;
        for frame in &frames {
            // The node may have closed it already.
            let _ = client.say(frame).await;
        }
        let told = client.next().await.with_context(|| format!("{frames:?}"))?;
        ensure!(told["type"] == "protocol_error", "{frames:?}: {told}");
        ensure!(told["error"].as_str().is_some_and(|text| text.contains(words)), "{frames:?}: {told}");
        ensure!(client.next().await.is_err(), "{frames:?}: it may go on");
    }
    let mut client = Listener::open(&world.bob, "/ws").await?;
    let most = 2 << 20;
    let _ = client.socket.send(Message::Text("a".repeat(most).into())).await;
    ensure!(client.next().await.is_err() || client.next().await.is_err(), "a frame of {most} bytes is taken");
    strangers(world).await
}

/// Pages of other hosts, addresses that ask for what there is not, and requests that are none for a WebSocket.
async fn strangers(world: &World) -> Result<()> {
    let http = reqwest::Client::new();
    let root = world.bob.api.root();
    let upgrade = |path: &str, origin: &str| {
        http.get(format!("{root}{path}"))
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("origin", origin)
            .timeout(PATIENCE)
            .send()
    };
    ensure!(upgrade("/ws", "http://elsewhere.example").await?.status() == StatusCode::FORBIDDEN);
    // A page whose own name was made to lead here asks as if it were ours.
    for path in ["/ws", "/api/v1/status"] {
        let asked = http.get(format!("{root}{path}")).header("host", "elsewhere.example").timeout(PATIENCE);
        let answer = asked.header("origin", "http://elsewhere.example").send().await?;
        ensure!(answer.status() == StatusCode::MISDIRECTED_REQUEST, "{path}: {}", answer.status());
    }
    ensure!(upgrade("/ws", root).await?.status() == StatusCode::SWITCHING_PROTOCOLS);
    for path in ["/ws?readahead=x", "/ws?color=red", "/ws?ephemeral=maybe"] {
        ensure!(upgrade(path, root).await?.status() == StatusCode::BAD_REQUEST, "{path}");
    }
    ensure!(upgrade("/api/v1/namespaces/other/ws", root).await?.status() == StatusCode::NOT_FOUND);
    let plain = http.get(format!("{root}/ws")).timeout(PATIENCE).send().await?;
    ensure!(plain.status().is_client_error(), "{}", plain.status());
    Ok(())
}

/// Of two connections that ask for one subscription the second is told when the first has gone; one that asks for a
/// subscription before there is one is told once there is.
async fn one_connection_at_a_time_is_told(world: &mut World) -> Result<()> {
    let bob = &world.bob;
    let mint = async |amount| {
        let id = bob.api.mint_cash(bob.address, amount).await?.id;
        done(&bob.api, &id).await.map(|()| id)
    };
    let mut first = Listener::open(bob, "/ws").await?;
    first.say(&start("shared")).await?;
    mint(1).await?;
    first.is_quiet().await.context("a subscription that is not there is told")?;
    subscribe(bob, "shared", json!({ "firstEvent": "newest" })).await?;
    let one = mint(2).await?;
    let told = first.next().await?;
    ensure!(told["reference"] == one.as_str(), "{told}");
    let mut second = Listener::open(bob, "/ws").await?;
    second.say(&start("shared")).await?;
    second.is_quiet().await.context("two are told at a time")?;
    // It goes without having acknowledged.
    drop(first);
    let again = second.next().await?;
    ensure!(again["id"] == told["id"], "{again}");
    // Another filter counts at once, and what was under way by the one before may be acknowledged late.
    let body = json!({ "name": "shared", "filter": { "events": "transaction_submitted" } });
    let changed = ask(bob, Method::PUT, "/subscriptions", Some(&body)).await?;
    ensure!(changed.status == StatusCode::OK, "{changed:?}");
    let two = mint(3).await?;
    let told = second.next().await?;
    ensure!(told["type"] == "transaction_submitted" && told["reference"] == two.as_str(), "{told}");
    second.acknowledge(&again).await?;
    // What is made into what it is already stays as it is, and so does what is under way. Answers are taken as requests.
    let same = ask(bob, Method::PUT, "/subscriptions", Some(&changed.body)).await?;
    ensure!(same.body == changed.body, "{same:?}");
    second.is_quiet().await.context("what is under way is told again")?;
    second.acknowledge(&told).await?;
    let id = changed.body["id"].as_str().context("no id")?;
    let gone = ask(bob, Method::DELETE, &format!("/subscriptions/{id}"), None).await?;
    ensure!(gone.status == StatusCode::NO_CONTENT, "{gone:?}");
    mint(4).await?;
    second.is_quiet().await.context("a subscription that has ended is told")?;
    Ok(())
}
