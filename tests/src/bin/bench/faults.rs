//! A mirror through minutes of bad luck: a node that errs, lies, lags and reorganises its chain, and a power cord
//! that is pulled again and again. In the end its database says what the chain says, or this fails.

use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use quittance_stories::{
    Anvil, Database,
    emitter::{self, TOKEN, Transfer},
    faulty::Faulty,
    ports,
    process::Process,
    wait_for,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    index::{
        backfill::{self, Mirror},
        database::{self, Reader},
    },
    report::{Figure, say},
};

/// What `bench faults` does.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Minutes of it on each database.
    #[arg(long, value_name = "N", default_value_t = 5.0)]
    minutes: f64,
    /// Kills on each database, however long they take beyond the minutes.
    #[arg(long, value_name = "N", default_value_t = 0)]
    kills: u64,
    /// Of the generator; drawn if it is left out, and always told.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Requests of a thousand that meet a fault.
    #[arg(long, value_name = "N", default_value_t = 100)]
    per_mille: u32,
}

/// The deepest reorganisation.
const DEPTH: u64 = 12;

/// The most transfers in a block.
const TRANSFERS: usize = 12;

/// The limit for the mirror to catch up once all is calm again.
const CALM: Duration = Duration::from_secs(120);

/// The most seconds between two times that the cord is pulled.
const KILL: f64 = 6.0;

/// What happened to the mirror.
#[derive(Debug, Default)]
struct Counts {
    blocks: u64,
    reorgs: BTreeMap<u64, u64>,
    kills: u64,
}

pub(crate) async fn run(options: Options) -> Result<Vec<Figure>> {
    let mirror = crate::index::mirror()?.context("quittance-indexer is not built")?;
    let seed = options.seed.unwrap_or_else(rand::random);
    say(&format!("seed {seed}: {} minutes on each database", options.minutes));
    // Between kills the mirror gets as far as it can: so many in so little time is more often.
    let kill = if options.kills == 0 {
        KILL
    } else {
        options.minutes * 120.0 / f64::from(u32::try_from(options.kills)?)
    };
    let mut figures = Vec::new();
    for kind in database::KINDS {
        let told = tell(&mirror, kind, seed, &options, kill.min(KILL)).await;
        figures.extend(told.with_context(|| format!("{}, seed {seed}", database::name(kind)))?);
    }
    let differences = figures.iter().filter(|figure| figure.name.ends_with(".differences"));
    let differences = differences.map(|figure| figure.value).sum();
    figures.push(Figure::alone("verify.differences", differences, "events"));
    Ok(figures)
}

/// The mirror under test: killed and started again with the same command.
struct Victim<'a> {
    mirror: &'a Mirror,
    rpc: String,
    db: String,
    log: std::path::PathBuf,
    process: Option<Process>,
}

impl Victim<'_> {
    fn start(&mut self) -> Result<()> {
        let mut command = backfill::mirror(&self.mirror.program, &self.mirror.abi, &self.rpc, &self.db);
        self.process = Some(Process::start(&mut command, &self.log)?);
        Ok(())
    }

    /// It may be killed, and never end by itself.
    fn is_alive(&mut self) -> Result<()> {
        let process = self.process.as_mut().context("it was not started")?;
        match process.status()? {
            None => Ok(()),
            Some(status) => anyhow::bail!("the mirror ended ({status}): {}", process.tail().trim()),
        }
    }
}

async fn tell(
    mirror: &Mirror,
    kind: Database,
    seed: u64,
    options: &Options,
    kill: f64,
) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let node = Anvil::with(folder.path(), ports::free()?, &["--no-mining"]).await?;
    emitter::deploy(&node.rpc).await?;
    let proxy = Faulty::start(node.rpc.url(), seed, options.per_mille, ports::free()?).await?;
    let db = database::empty(kind)?;
    let (rpc, log) = (proxy.url().to_owned(), folder.path().join("mirror.log"));
    let mut victim = Victim { mirror, rpc, db: db.url.clone(), log, process: None };
    victim.start()?;
    let mut world = World { node: &node, random: StdRng::seed_from_u64(seed), counts: Counts::default() };
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(options.minutes * 60.0);
    let mut pull = start + Duration::from_secs_f64(world.random.random_range(0.0..kill));
    while Instant::now() < end || world.counts.kills < options.kills {
        world.step().await?;
        victim.is_alive()?;
        if Instant::now() >= pull {
            victim.process = None;
            world.counts.kills += 1;
            pull = Instant::now() + Duration::from_secs_f64(world.random.random_range(0.0..kill));
            victim.start()?;
        }
    }
    proxy.calm();
    let expected = world.settle().await?;
    let caught_up = wait_for("the mirror to catch up", CALM, async || {
        victim.is_alive()?;
        let Some(mut reader) = Reader::open(&db.url).await? else { return Ok(None) };
        Ok((reader.count().await? == expected).then_some(()))
    });
    caught_up.await.with_context(|| format!("the chain has {expected} events"))?;
    drop(victim.process.take());
    let differences = backfill::verify(mirror, node.rpc.url(), &db.url).await?;
    let figures = figures(kind, &world.counts, &proxy, expected, differences)?;
    ensure!(differences == 0, "{differences} differences");
    Ok(figures)
}

fn figures(
    kind: Database,
    counts: &Counts,
    proxy: &Faulty,
    events: u64,
    differences: u64,
) -> Result<Vec<Figure>> {
    let (requests, faults) = proxy.counts();
    let mut text = format!("{}: {} blocks, {requests} requests", database::name(kind), counts.blocks);
    for (depth, count) in &counts.reorgs {
        write!(text, ", {count} × reorg {depth}")?;
    }
    for (fault, count) in &faults {
        write!(text, ", {count} × {fault:?}")?;
    }
    say(&text);
    let figure = |name: &str, value: u64, unit| {
        let name = format!("faults.{}.{name}", database::name(kind));
        u32::try_from(value).map(|value| Figure::alone(name, value.into(), unit))
    };
    Ok(vec![
        figure("events", events, "events")?,
        figure("met", faults.values().sum(), "faults")?,
        figure("reorgs", counts.reorgs.values().sum(), "reorgs")?,
        figure("kills", counts.kills, "kills")?,
        figure("differences", differences, "events")?,
    ])
}

/// The chain, and what happens to it next.
struct World<'a> {
    node: &'a Anvil,
    random: StdRng,
    counts: Counts,
}

impl World<'_> {
    /// A block, a few at once, a reorganisation, or nothing for a while.
    async fn step(&mut self) -> Result<()> {
        match self.random.random_range(0..100) {
            0..60 => self.mine().await?,
            60..70 => {
                for _ in 0..self.random.random_range(2..8) {
                    self.mine().await?;
                }
            }
            70..85 => self.reorganise().await?,
            _ => {}
        }
        sleep(Duration::from_millis(self.random.random_range(0..400))).await;
        Ok(())
    }

    async fn mine(&mut self) -> Result<()> {
        if let Some(mut transaction) = self.transaction() {
            // The nonce is the node's to say: a reorganisation takes transactions back.
            transaction["from"] = json!(emitter::sender(&self.node.rpc).await?);
            self.node.rpc.call::<Value>("eth_sendTransaction", json!([transaction])).await?;
        }
        self.node.rpc.mine().await?;
        self.counts.blocks += 1;
        Ok(())
    }

    /// Replaces some blocks by as many others, with other events or none.
    async fn reorganise(&mut self) -> Result<()> {
        let head = self.node.rpc.head().await?;
        let depth = self.random.random_range(1..=DEPTH).min(head.saturating_sub(1));
        if depth == 0 {
            return Ok(());
        }
        let sender = emitter::sender(&self.node.rpc).await?;
        let mut pairs = Vec::new();
        for block in 0..depth {
            if let Some(mut transaction) = self.transaction() {
                transaction["from"] = json!(sender);
                pairs.push(json!([transaction, block]));
            }
        }
        self.node.rpc.call::<Value>("anvil_reorg", json!([depth, pairs])).await?;
        *self.counts.reorgs.entry(depth).or_default() += 1;
        Ok(())
    }

    /// A transaction with some random transfers; sometimes none.
    fn transaction(&mut self) -> Option<Value> {
        let count = self.random.random_range(0..=TRANSFERS);
        let transfers: Vec<Transfer> = (0..count)
            .map(|_| Transfer {
                from: emitter::account(self.random.random_range(0..emitter::ACCOUNTS)),
                to: emitter::account(self.random.random_range(0..emitter::ACCOUNTS)),
                value: self.random.random::<u64>().try_into().unwrap_or_default(),
            })
            .collect();
        let mut transaction = emitter::transaction(TOKEN, 0, &transfers);
        transaction.as_object_mut()?.remove("nonce");
        (count > 0).then_some(transaction)
    }

    /// Some last blocks, so that what was undone stays undone, and how many events the chain has now.
    async fn settle(&mut self) -> Result<u64> {
        for _ in 0..3 {
            self.mine().await?;
        }
        let filter = json!([{"address": TOKEN, "fromBlock": "0x1", "toBlock": "latest"}]);
        let logs: Vec<Value> = self.node.rpc.call("eth_getLogs", filter).await?;
        Ok(logs.len() as u64)
    }
}
