//! How soon a block that was mined can be read from the database.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use quittance_stories::{
    Anvil, Database,
    emitter::{self, Transfer},
    ports,
    process::Process,
    wait::SOON,
    wait_for,
};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    backfill::{self, Mirror},
    database::{self, Reader},
    measure,
};
use crate::report::{Figure, percentile, say};

/// Transfers in each block.
const TRANSFERS: usize = 5;

/// How often the mirror asks, where it is not told.
const POLL: Duration = Duration::from_millis(200);

/// Between two looks at the database.
const LOOK: Duration = Duration::from_micros(500);

/// The limit for a block to come into the database.
const LATE: Duration = Duration::from_secs(30);

/// How the mirror hears of a new block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Follow {
    /// The node says so.
    WebSocket,
    /// It asks every so often.
    Polling,
}

impl Follow {
    fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "ws",
            Self::Polling => "poll",
        }
    }

    /// Whether the mirror can be told to.
    async fn is_known(self, mirror: &Mirror) -> Result<bool> {
        let help = measure::run(Command::new(&mirror.program).arg("--help"), SOON).await?.said;
        Ok(self.arguments("").first().is_some_and(|argument| help.contains(argument)))
    }

    fn arguments(self, node: &str) -> Vec<String> {
        match self {
            Self::WebSocket => vec!["--ws".to_owned(), node.replacen("http", "ws", 1)],
            Self::Polling => vec!["--poll-interval".to_owned(), format!("{}ms", POLL.as_millis())],
        }
    }
}

/// Both ways, both databases, a block each second and four: the slower database's figure stands for both.
pub(super) async fn run(mirror: &Mirror, blocks: u32) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for follow in [Follow::WebSocket, Follow::Polling] {
        if !follow.is_known(mirror).await? {
            say(&format!("the mirror does not follow a chain by {follow:?} yet"));
            continue;
        }
        for (period, suffix) in [(1000, ""), (250, ".250ms_blocks")] {
            let mut slowest = [0.0_f64; 2];
            for kind in database::KINDS {
                let mut delays = delays(mirror, kind, follow, Duration::from_millis(period), blocks).await?;
                let of_kind = [percentile(&mut delays, 50), percentile(&mut delays, 99)];
                let name = database::name(kind);
                say(&format!(
                    "head.{}{suffix}.{name}: p50 {:.1} p99 {:.1} ms",
                    follow.name(),
                    of_kind[0],
                    of_kind[1]
                ));
                slowest = [slowest[0].max(of_kind[0]), slowest[1].max(of_kind[1])];
            }
            for (percent, value) in [50, 99].iter().zip(slowest) {
                figures.push(Figure::alone(
                    format!("head.{}{suffix}.p{percent}_ms", follow.name()),
                    value,
                    "ms",
                ));
            }
        }
    }
    Ok(figures)
}

/// For each block, the milliseconds from when it was mined until all its events could be read.
async fn delays(
    mirror: &Mirror,
    kind: Database,
    follow: Follow,
    period: Duration,
    blocks: u32,
) -> Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let node = Anvil::with(folder.path(), ports::free()?, &["--no-mining"]).await?;
    emitter::deploy(&node.rpc).await?;
    let sender = emitter::sender(&node.rpc).await?;
    let db = database::empty(kind)?;
    let mut command = backfill::mirror(&mirror.program, &mirror.abi, node.rpc.url(), &db.url);
    command.args(follow.arguments(node.rpc.url()));
    let mut process = start(&mut command, &folder.path().join("mirror.log"))?;
    let mut transfers = emitter::transfers(3);
    let mut random = StdRng::seed_from_u64(3);
    let mut mine = async |number: u64| -> Result<Instant> {
        let some: Vec<Transfer> = transfers.by_ref().take(TRANSFERS).collect();
        let transaction = emitter::transaction(sender, number, &some);
        node.rpc.call::<Value>("eth_sendTransaction", json!([transaction])).await?;
        node.rpc.mine().await?;
        Ok(Instant::now())
    };
    mine(0).await?;
    let mut expected = TRANSFERS as u64;
    let mut reader = wait_for("the first block in the database", SOON, async || {
        ensure!(process.status()?.is_none(), "the mirror ended: {}", process.tail().trim());
        let Some(mut reader) = Reader::open(&db.url).await? else { return Ok(None) };
        Ok((reader.count().await? == expected).then_some(reader))
    })
    .await?;
    // Blocks that came exactly by the clock would meet a poll at the same point each time, and blocks that came at
    // random would meet few of its points: they come at all of them, in a random order.
    let mut late: Vec<Duration> = (0..blocks).map(|n| POLL * n / blocks).collect();
    late.shuffle(&mut random);
    let mut delays = Vec::new();
    for (number, late) in (1..=blocks).zip(late) {
        sleep(period + late).await;
        let mined = mine(number.into()).await?;
        expected += TRANSFERS as u64;
        while reader.count().await? < expected {
            ensure!(mined.elapsed() < LATE, "block {number} is not there: {}", process.tail().trim());
            sleep(LOOK).await;
        }
        delays.push(mined.elapsed().as_secs_f64() * 1000.0);
    }
    ensure!(process.status()?.is_none(), "the mirror ended");
    Ok(delays)
}

fn start(command: &mut Command, log: &Path) -> Result<Process> {
    Process::start(command, log).context("cannot start the mirror")
}
