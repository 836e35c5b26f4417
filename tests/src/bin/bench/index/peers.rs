//! Other people's indexers on the same chain and the same PostgreSQL, as npm installs them in target/bench/peers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use quittance_stories::{Database, emitter::TOKEN, ports, process::Process, tools};
use tokio::time::sleep;

use super::{
    backfill::Source,
    database::{self, Reader},
    measure,
};
use crate::report::{Figure, say};

/// The limit for a program of npm's or for a backfill.
const END: Duration = Duration::from_secs(600);

/// Between two looks at the database.
const LOOK: Duration = Duration::from_millis(50);

/// A file of a peer's project: its path, and what is in it.
type File = (&'static str, &'static str);

/// What Ponder is told to do.
const PONDER: [File; 7] = [
    ("package.json", include_str!("peers/ponder/package.json")),
    ("tsconfig.json", include_str!("peers/ponder/tsconfig.json")),
    ("abi.ts", include_str!("peers/ponder/abi.ts")),
    ("ponder.config.ts", include_str!("peers/ponder/ponder.config.ts")),
    ("ponder.schema.ts", include_str!("peers/ponder/ponder.schema.ts")),
    ("src/index.ts", include_str!("peers/ponder/src/index.ts")),
    ("src/api/index.ts", include_str!("peers/ponder/src/api/index.ts")),
];

/// Each peer's figure, or why there is none. `ours` is the mirror's time from the same chain.
pub(super) async fn run(source: &Source<'_>, ours: Option<f64>) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    match ponder(source).await {
        Ok((seconds, peak)) => {
            let name = "peer.ponder.seconds";
            figures.push(match ours {
                Some(ours) => Figure::new(name, seconds, "s", ours),
                None => Figure::alone(name, seconds, "s"),
            });
            figures.push(Figure::alone("peer.ponder.rss_mb", peak, "MB"));
        }
        Err(error) => say(&format!("Ponder is not measured: {error:#}")),
    }
    Ok(figures)
}

async fn ponder(source: &Source<'_>) -> Result<(f64, f64)> {
    let folder = install("ponder", &PONDER).await?;
    let db = database::empty(Database::Postgres)?;
    let mut command = Command::new(folder.join("node_modules/.bin/ponder"));
    command
        .args(["start", "--schema", "mirror", "--log-level", "warn", "--port", &ports::free()?.to_string()])
        .current_dir(&folder)
        .env("DATABASE_URL", &db.url)
        .env("RPC_URL", source.url)
        .env("TOKEN", TOKEN.to_string())
        .env("LAST_BLOCK", source.blocks.to_string())
        .env("PONDER_TELEMETRY_DISABLED", "true");
    until_full(&mut command, &folder, &db.url, source.events).await
}

/// Writes a project, and installs what it needs.
async fn install(name: &str, files: &[File]) -> Result<PathBuf> {
    let folder = tools::repository()?.join("target/bench/peers").join(name);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs::write(path, text)?;
    }
    if !folder.join("node_modules/.package-lock.json").exists() {
        say(&format!("installing {name} from npm"));
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
        measure::run(&mut npm, END).await?;
    }
    Ok(folder)
}

/// Runs a peer until all events are in its database: it never ends by itself.
async fn until_full(command: &mut Command, folder: &Path, db: &str, events: u64) -> Result<(f64, f64)> {
    let start = Instant::now();
    let mut process = Process::start(command, &folder.join("log"))?;
    let (mut peak, mut reader) = (0.0, None);
    loop {
        ensure!(process.status()?.is_none(), "it ended: {}", process.tail().trim());
        ensure!(start.elapsed() < END, "not done after {} s: {}", END.as_secs(), process.tail().trim());
        peak = measure::memory(process.id()).unwrap_or(peak);
        if reader.is_none() {
            reader = Reader::open(db).await?;
        }
        if let Some(reader) = &mut reader {
            // Its table may be replaced while it starts.
            if reader.count().await.unwrap_or(0) == events {
                return Ok((start.elapsed().as_secs_f64(), peak));
            }
        }
        sleep(LOOK).await;
    }
}
