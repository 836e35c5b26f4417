//! The commands.

mod config;
mod progress;
mod report;

use std::{io::IsTerminal, net::SocketAddr, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use quittance_chain::wire::{Wire, heads};
use quittance_domain::Error;
use quittance_indexer::{
    Engine, EngineConfig,
    events::{EventTables, Plan, identity, router, verify},
};
use quittance_store::tables::{Identity, Reader, same};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use config::{Settings, Source};

/// Threads for reading answers and writing rows. More of them would only take memory.
const WORKERS: usize = 4;

/// Mirrors the events of any contracts into SQLite or PostgreSQL, and keeps them like the chain.
///
/// Each event has a table CONTRACT_EVENT with a column for each argument; a log that the interface does not
/// explain is in the table `logs`, with the reason.
///
///     quittance-indexer --rpc http://127.0.0.1:8545 --db sqlite://events.db \
///         --abi Token.json --address 0x5FbDB2315678afecb367f032d93F642f64180aa3 --from 0 --once
///
/// Without --once it follows the chain until it is told to stop. Started again it goes on where it was.
#[derive(Debug, Parser)]
#[command(name = "quittance-indexer", version, verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    mirror: Mirror,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show how far the database is, and what could not be decoded.
    Status(Status),
    /// Delete what is stored from a block on, so that it is mirrored anew.
    Reset(Reset),
    /// Read a range from the chain again and compare it with the database. Exits with 1 if they differ.
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Mirror {
    #[command(flatten)]
    source: Source,
    /// The first block that may have events of the contract.
    #[arg(long, value_name = "N", conflicts_with = "config")]
    from: Option<u64>,
    /// The last block to mirror; without it the chain is followed.
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// Answer queries here: GET /events/CONTRACT/EVENT?ARGUMENT=VALUE. It asks nobody who they are.
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: Option<SocketAddr>,
    /// End at the last block, or at the head as it is now.
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Args)]
struct Status {
    #[command(flatten)]
    source: Source,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Reset {
    #[command(flatten)]
    source: Source,
    /// The first block that is deleted.
    #[arg(long, value_name = "N")]
    from: u64,
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    source: Source,
    /// The first block; the mirror's first, if left out.
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// The last block; the last that is stored, if left out.
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Cli {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.enable_all().worker_threads(2).max_blocking_threads(WORKERS).build()?;
        runtime.block_on(async {
            match self.command {
                None => self.mirror.run().await,
                Some(Command::Status(status)) => status.run().await,
                Some(Command::Reset(reset)) => reset.run().await,
                Some(Command::Verify(verify)) => verify.run().await,
            }
        })
    }
}

impl Mirror {
    async fn run(self) -> Result<ExitCode> {
        let settings = self.source.settings(self.from)?;
        log(&settings.log)?;
        let wire = wire(&settings)?;
        let plan = settings.plan()?;
        let config = EngineConfig {
            to: self.to,
            once: self.once,
            poll_interval: settings.poll_interval,
            window: settings.window,
            check: settings.check(),
            in_flight: settings.in_flight_mib << 20,
        };
        let queries = router(&settings.db, plan.clone());
        let identity = identity(&wire, &plan, settings.poll_interval).await.map_err(told)?;
        let tables = EventTables::open(&settings.db, plan, &identity).await.map_err(told)?;
        let mut engine = Engine::new(wire, tables, config).await.map_err(told)?;
        if let Some(url) = &settings.ws {
            engine = engine.with_heads(heads(url).map_err(told)?);
        }
        let cancel = CancellationToken::new();
        if let Some(listen) = self.http.or(settings.http) {
            let listener = TcpListener::bind(listen).await.with_context(|| format!("http: {listen}"))?;
            let stop = cancel.clone();
            let server = axum::serve(listener, queries).with_graceful_shutdown(stop.cancelled_owned());
            tokio::spawn(server.into_future());
        }
        tokio::spawn(stop(cancel.clone()));
        let shown = tokio::spawn(progress::show(engine.progress(), cancel.clone()));
        let done = engine.run(cancel.clone()).await.map_err(resettable);
        cancel.cancel();
        shown.await?;
        done.map(|()| ExitCode::SUCCESS)
    }
}

impl Status {
    async fn run(self) -> Result<ExitCode> {
        let settings = self.source.place()?;
        let mut reader = Reader::open(&settings.db, vec![Plan::logs()]).await.map_err(told)?;
        let identity = reader.identity().await.map_err(told)?;
        let blocks = reader.blocks(1).await.map_err(told)?;
        let raw = reader.tally(0, "reason").await.map_err(told)?;
        let head = match settings.rpc.is_empty() {
            true => None,
            false => Some(wire(&settings)?.head().await.map_err(told)?.number),
        };
        report::status(&identity, blocks.first(), head, &raw, self.json)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Reset {
    async fn run(self) -> Result<ExitCode> {
        let (settings, stored) = known(self.source).await?;
        let (wire, plan) = (wire(&settings)?, settings.plan()?);
        let identity = identity(&wire, &plan, settings.poll_interval).await.map_err(told)?;
        let tables = EventTables::open(&settings.db, plan, &identity).await.map_err(told)?;
        tables.reset(&wire, self.from).await.map_err(told)?;
        report::say(&format!("deleted from block {} on", self.from.max(stored.start_block)))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Verify {
    async fn run(self) -> Result<ExitCode> {
        let (settings, stored) = known(self.source).await?;
        let wire = wire(&settings)?;
        let plan = settings.plan()?;
        let mut reader = Reader::open(&settings.db, plan.tables().to_vec()).await.map_err(told)?;
        let asked = identity(&wire, &plan, settings.poll_interval).await.map_err(told)?;
        same(&stored, &asked).map_err(told)?;
        let tail = reader.blocks(1).await.map_err(told)?.pop().context("db: nothing is stored yet")?;
        let from = self.from.unwrap_or(stored.start_block).max(stored.start_block);
        let to = self.to.unwrap_or(tail.number).min(tail.number);
        wire.head().await.map_err(told)?;
        let report =
            verify(&wire, &mut reader, &plan, (from, to), settings.check(), |_| {}).await.map_err(told)?;
        report::verified(&report, self.json)?;
        Ok(if report.count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The settings with the start block that the database has, and what it is of.
async fn known(source: Source) -> Result<(Settings, Identity)> {
    let db = source.place()?.db;
    let identity = Reader::open(&db, vec![]).await.map_err(told)?.identity().await.map_err(told)?;
    let start = source.config.is_none().then_some(identity.start_block);
    Ok((source.settings(start)?, identity))
}

fn wire(settings: &Settings) -> Result<Arc<Wire>> {
    Ok(Arc::new(Wire::new(&settings.rpc, settings.wire()).map_err(told)?))
}

/// The same, with what helps against a reorg that is too deep.
fn resettable(error: Error) -> anyhow::Error {
    let too_deep = error.field_name() == Some("window");
    let error = told(error);
    if too_deep {
        anyhow::anyhow!("{error}. `reset --from` a block that they share goes on from there")
    } else {
        error
    }
}

/// An error with all it knows: who runs this command may read it.
fn told(error: Error) -> anyhow::Error {
    match error.inside() {
        Some(inside) => anyhow::anyhow!("{error}: {inside}"),
        None => anyhow::anyhow!("{error}"),
    }
}

fn log(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).context("log")?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_ansi(colours).with_env_filter(filter).with_writer(std::io::stderr).init();
    Ok(())
}

/// Waits to be told to stop.
async fn stop(cancel: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    cancel.cancel();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
