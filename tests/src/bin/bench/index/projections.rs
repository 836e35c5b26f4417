//! A chain's transfers in a node's ledger: raw rows, transfers and balances, with the indexes that its API needs.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use alloy::primitives::{Address, U256};
use anyhow::{Context, Result, ensure};
use quittance_stories::{
    Database, Node,
    emitter::{self, TOKEN},
    node::Plan,
    ports,
};
use serde_json::json;
use tokio::time::sleep;

use super::{
    backfill::{self, Source},
    database, measure,
};
use crate::report::{Figure, median, say};

/// Between two looks at the node.
const LOOK: Duration = Duration::from_millis(5);

/// The limit for a backfill.
const END: Duration = Duration::from_secs(600);

/// Accounts whose balances are held against the chain's.
const CHECKED: u64 = 20;

/// The floor and the node in turns, on both databases.
pub(super) async fn run(source: &Source<'_>, seed: u64, rounds: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for kind in database::KINDS {
        let (mut bare, mut ours, mut peak) = (Vec::new(), Vec::new(), 0.0_f64);
        for _ in 0..rounds {
            let db = database::empty(kind)?;
            bare.push(measure::run(&mut backfill::floor(source, &db.url, None)?, END).await?.seconds);
            let (seconds, memory) = node(source, seed, kind).await?;
            ours.push(seconds);
            peak = peak.max(memory);
        }
        let name = format!("backfill.{}", database::name(kind));
        say(&format!("{name}: floor {bare:.2?} s, projected {ours:.2?} s"));
        let events = f64::from(u32::try_from(source.events)?);
        let (floor, took) = (median(&mut bare), median(&mut ours));
        let figure = format!("{name}.projected_events_per_s");
        figures.push(Figure::new(figure, events / took, "1/s", events / floor));
        figures.push(Figure::alone(format!("{name}.projected_rss_mb"), peak, "MB"));
    }
    Ok(figures)
}

/// The seconds from a node's start until it has all blocks, and the most memory it had.
async fn node(source: &Source<'_>, seed: u64, kind: Database) -> Result<(f64, f64)> {
    let folder = tempfile::Builder::new().prefix("node-").tempdir()?;
    let deployment = folder.path().join("deployment.json");
    // The token is all that there is on this chain.
    let contracts = ["Cash", "Deed", "DocumentRegistry", "PartyRegistry", "Settlement"];
    let contracts: BTreeMap<_, _> = contracts.map(|name| (name, TOKEN)).into();
    let record = json!({"chainId": 31_337, "startBlock": 1, "contracts": contracts});
    std::fs::write(&deployment, record.to_string())?;
    let db = database::empty(kind)?;
    let mut node = Node::init(&Plan {
        name: "bench",
        dir: &folder.path().join("node"),
        rpc: source.url,
        deployment: &deployment,
        ports: [ports::free()?, ports::free()?, ports::free()?],
        database: Some(&db.url),
    })
    .await?;
    let start = Instant::now();
    node.launch()?;
    while head(&node).await != Some(source.blocks) {
        let process = node.process().context("it was started")?;
        ensure!(process.status()?.is_none(), "the node ended: {}", process.tail().trim());
        ensure!(start.elapsed() < END, "not done after {} s: {}", END.as_secs(), process.tail().trim());
        sleep(LOOK).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    let memory = node.process().and_then(|process| measure::memory(process.id()));
    check(&node, source, seed).await?;
    node.stop().await?;
    Ok((seconds, memory.context("no memory")?))
}

/// The last block that it has; nothing before it answers.
async fn head(node: &Node) -> Option<u64> {
    node.api.status().await.ok()?.head.map(|head| head.number)
}

/// Holds balances against those that the chain's transfers come to.
async fn check(node: &Node, source: &Source<'_>, seed: u64) -> Result<()> {
    let mut balances: BTreeMap<Address, U256> = BTreeMap::new();
    for step in emitter::transfers(seed).take(usize::try_from(source.events)?) {
        if step.from != Address::ZERO {
            let from = balances.entry(step.from).or_default();
            *from = from.checked_sub(step.value).context("the chain's money does not add up")?;
        }
        *balances.entry(step.to).or_default() += step.value;
    }
    for number in 0..CHECKED {
        let holder = emitter::account(number);
        let held = node.api.balances(holder).await?;
        let expected = balances.get(&holder).copied().unwrap_or_default();
        let money: U256 = held.first().context("no balance")?.balance.parse()?;
        ensure!(money == expected, "{holder} has {money} and not {expected}");
    }
    Ok(())
}
