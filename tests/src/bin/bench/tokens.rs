//! Mints, from the request to the word that they are confirmed, with one transaction each; and reads beside them.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use alloy::{
    primitives::{Address, U256},
    sol,
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use quittance_stories::{Anvil, Database, Node, World, deploy, ports, tools, wait_for};
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::timeout};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    floor::Account,
    report::{Figure, percentile, say},
};

sol! {
    function mint(address to, uint256 amount) external;
}

/// How much is asked for.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// How many mints.
    #[arg(long, value_name = "N", default_value_t = 6_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    mints: u64,
    /// From how many clients at once, each of which waits for its answer before it asks again.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=200))]
    clients: u64,
}

/// Transactions in a request to the chain, and requests at once: what anvil takes fastest.
const BATCH: usize = 100;
const BATCHES: usize = 4;

/// The limit for all of them to be confirmed.
const END: Duration = Duration::from_secs(300);

/// Reads in a second, and for how many seconds.
const READS: u32 = 500;
const READING: u32 = 10;

/// The floor, then the node on each database; every one with a chain of its own.
pub(crate) async fn run(options: &Options) -> Result<Vec<Figure>> {
    say(&format!("the floor: {} signed transactions, handed to the chain", options.mints));
    let raw = floor(options.mints).await?;
    let mut figures = vec![];
    for (database, name) in [(Database::Sqlite, "sqlite"), (Database::Postgres, "postgres")] {
        say(&format!("the node on {name}: {} mints from {} clients", options.mints, options.clients));
        let world = World::new(database).await?;
        let told = at_node(&world, options, raw, name).await;
        let told = match told {
            Ok(told) => told,
            Err(error) => return world.finish(Err(error)).map(|()| vec![]),
        };
        figures.extend(told);
        world.finish(Ok(()))?;
    }
    Ok(figures)
}

/// Transactions in a second that the chain takes, from the first one handed to it until the last one is mined.
async fn floor(mints: u64) -> Result<f64> {
    let dir = tempfile::Builder::new().prefix("floor-").tempdir_in(tools::scratch("worlds")?)?;
    let anvil = Anvil::start(dir.path(), ports::free()?).await?;
    let mut issuer = Account::new(&anvil.rpc).await?;
    let us = issuer.key.address();
    let plan = deploy::Plan {
        rpc: anvil.rpc.url(),
        cash_issuer: us,
        deed_issuer: us,
        record: dir.path(),
        notes: &dir.path().join("forge"),
    };
    let cash = deploy::deploy(&plan).await?.address("Cash")?;
    let sign = |number| issuer.sign(cash, &mintCall { to: us, amount: U256::from(number) });
    let signed = (1..=mints).map(sign).collect::<Result<Vec<_>>>()?;
    let start = Instant::now();
    let send = |part: &[String]| {
        let calls: Vec<_> = part.iter().map(|raw| ("eth_sendRawTransaction", json!([raw]))).collect();
        let rpc = anvil.rpc.clone();
        async move { rpc.batch(&calls).await.map(drop) }
    };
    let parts: Vec<_> = signed.chunks(BATCH).map(send).collect();
    stream::iter(parts).buffered(BATCHES).try_collect::<()>().await?;
    wait_for("the floor to be mined", END, async || {
        let count: String = anvil.rpc.call("eth_getTransactionCount", json!([us, "latest"])).await?;
        Ok((quittance_stories::rpc::number(&count)? == mints).then_some(()))
    })
    .await?;
    per_second(mints, start.elapsed())
}

fn per_second(count: u64, took: Duration) -> Result<f64> {
    Ok(f64::from(u32::try_from(count)?) / took.as_secs_f64())
}

/// When each mint was asked for, and how long the answer took.
type Asked = HashMap<String, (Instant, Duration)>;

async fn at_node(world: &World, options: &Options, raw: f64, name: &str) -> Result<Vec<Figure>> {
    let node = &world.bob;
    let listening = listen(node, options.mints).await?;
    let start = Instant::now();
    let asked = ask(node, options).await?;
    let confirmed = timeout(END, listening).await.context("not all mints were told in time")???;
    let last = confirmed.values().max().context("nothing was told")?;
    let rate = per_second(options.mints, last.duration_since(start))?;
    let millis = |took: Duration| took.as_secs_f64() * 1_000.0;
    let mut answers: Vec<f64> = asked.values().map(|(_, took)| millis(*took)).collect();
    let mut waits = vec![];
    for (id, (at, _)) in &asked {
        let told = confirmed.get(id).with_context(|| format!("mint {id} was not told"))?;
        waits.push(millis(told.duration_since(*at)));
    }
    let (sound, report) = node.audit(&["--json"]).await?;
    let report: Value = serde_json::from_str(&report).with_context(|| format!("the audit said {report}"))?;
    let differences = report["differences"].as_f64().context("an audit without a count")?;
    ensure!(sound, "the database is not like the chain: {report}");
    let [balance, transfers] = [
        "/api/v1/tokens/balances?pool=cash".to_owned(),
        format!("/api/v1/tokens/transfers?pool=cash&fromOrTo={:#x}", node.address),
    ];
    let (mut balance, mut transfers) = (read(node, &balance).await?, read(node, &transfers).await?);
    let figure = |what: &str, value, unit| Figure::alone(format!("{what}.{name}"), value, unit);
    let p99 = percentile(&mut waits, 99);
    Ok(vec![
        Figure::new(format!("mint.single.per_s.{name}"), rate, "1/s", raw),
        figure("mint.single.p50_ms", percentile(&mut waits, 50), "ms"),
        figure("mint.single.p99_ms", p99, "ms"),
        // Blocks come once a second.
        figure("mint.single.p99_blocks", p99 / 1_000.0, "blocks"),
        figure("post.p50_ms", percentile(&mut answers, 50), "ms"),
        figure("post.p99_ms", percentile(&mut answers, 99), "ms"),
        figure("audit.differences", differences, ""),
        figure("read.balance.p99_ms", percentile(&mut balance, 99), "ms"),
        figure("read.transfers.p99_ms", percentile(&mut transfers, 99), "ms"),
    ])
}

/// Listens until so many mints are confirmed, and says when each was.
async fn listen(node: &Node, mints: u64) -> Result<JoinHandle<Result<HashMap<String, Instant>>>> {
    let root = node.api.root().replacen("http", "ws", 1);
    let url = format!("{root}/ws?namespace=default&ephemeral&autoack&filter.events=token_transfer_confirmed");
    let (mut socket, _) = connect_async(url).await?;
    wait_for("the node to see its listener", END, async || {
        let sockets: Value = node.api.get("/api/v1/websockets").await?;
        Ok((sockets["connections"].as_array().map(Vec::len) == Some(1)).then_some(()))
    })
    .await?;
    Ok(tokio::spawn(async move {
        let (mut told, mints) = (HashMap::new(), usize::try_from(mints)?);
        while told.len() < mints {
            let frame = socket.next().await.context("the listener was let go")??;
            if let Message::Text(text) = frame {
                let event: Value = serde_json::from_str(&text)?;
                let id = event["reference"].as_str().with_context(|| format!("told {event}"))?;
                told.entry(id.to_owned()).or_insert_with(Instant::now);
            }
        }
        Ok(told)
    }))
}

/// Asks for all mints, and says when each was asked for.
async fn ask(node: &Node, options: &Options) -> Result<Asked> {
    let (http, url, to) = (client()?, format!("{}/api/v1/tokens/mint", node.api.root()), node.address);
    let mint = |number: u64| {
        let (http, url) = (http.clone(), url.clone());
        async move {
            let body = mint_body(number, to);
            let start = Instant::now();
            let answer = http.post(url).json(&body).send().await?.error_for_status()?;
            let answer: Value = answer.json().await?;
            let id = answer["localId"].as_str().with_context(|| format!("mint {number}: {answer}"))?;
            Ok::<_, anyhow::Error>((id.to_owned(), (start, start.elapsed())))
        }
    };
    let clients = usize::try_from(options.clients)?;
    stream::iter(1..=options.mints).map(mint).buffer_unordered(clients).try_collect().await
}

fn mint_body(number: u64, to: Address) -> Value {
    json!({ "pool": "cash", "amount": number.to_string(), "to": to, "idempotencyKey": format!("mint-{number}") })
}

/// How long each of many reads takes that are asked for at a steady pace, whether the ones before are answered or not.
async fn read(node: &Node, path: &str) -> Result<Vec<f64>> {
    let (http, url) = (client()?, format!("{}{path}", node.api.root()));
    let mut pace = tokio::time::interval(Duration::from_secs(1) / READS);
    let mut reads = tokio::task::JoinSet::new();
    for _ in 0..READS * READING {
        pace.tick().await;
        let (http, url) = (http.clone(), url.clone());
        reads.spawn(async move {
            let start = Instant::now();
            http.get(url).send().await?.error_for_status()?.bytes().await?;
            Ok::<_, anyhow::Error>(start.elapsed().as_secs_f64() * 1_000.0)
        });
    }
    reads.join_all().await.into_iter().collect()
}

/// A client that keeps its connections.
fn client() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().timeout(END).build()?)
}
