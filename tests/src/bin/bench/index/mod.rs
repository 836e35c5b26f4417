//! A chain's events in a database: how fast the past, how soon the present, with how much memory.

pub(crate) mod backfill;
mod chain;
pub(crate) mod database;
mod head;
mod measure;
mod peers;
pub(crate) mod pipeline;
mod projections;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use quittance_stories::{
    emitter::{ABI, Shape},
    ports,
    replay::{Manners, Replay},
    tools,
};

use crate::report::{Figure, say};
use backfill::{Mirror, Source};

/// What `bench index` does.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// How often each backfill is run.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Blocks that are followed for each figure of the head.
    #[arg(long, value_name = "N", default_value_t = 60)]
    blocks: u32,
    /// Leaves out other people's indexers.
    #[arg(long)]
    no_peers: bool,
    /// Only this part of it; may be repeated.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The floor's parts by themselves.
    Floor,
    /// From anvil.
    Anvil,
    /// A node's ledger from anvil.
    Projections,
    /// Other people's indexers from anvil.
    Peers,
    /// From the replay server, behind latency and a cap.
    Replay,
    /// A million events.
    Memory,
    /// New blocks.
    Head,
}

/// A provider's usual distance and cap.
const LATENCY: u64 = 50;
const RANGE: u64 = 100;

pub(crate) async fn run(options: Options) -> Result<Vec<Figure>> {
    let wanted = |part| options.only.is_empty() || options.only.contains(&part);
    let mirror = mirror()?;
    let mirror = mirror.as_ref();
    if mirror.is_none() {
        say("quittance-indexer is not built: the floor alone is measured");
    }
    let mut figures = Vec::new();
    if [Part::Floor, Part::Anvil, Part::Projections, Part::Peers].into_iter().any(wanted) {
        let node = chain::node(chain::USUAL).await?;
        let source = source("anvil", node.rpc.url(), chain::USUAL);
        if wanted(Part::Floor) {
            figures.extend(backfill::parts(&source, options.rounds).await?);
        }
        if wanted(Part::Anvil) {
            for kind in database::KINDS {
                figures.extend(backfill::compare(&source, kind, mirror, options.rounds).await?);
            }
        }
        if wanted(Part::Projections) {
            figures.extend(projections::run(&source, chain::USUAL.seed, options.rounds).await?);
        }
        if wanted(Part::Peers) && !options.no_peers {
            let name = "backfill.postgres.seconds";
            let ours = figures.iter().find(|figure| figure.name == name).map(|figure| figure.value);
            figures.extend(peers::run(&source, ours).await?);
        }
    }
    if wanted(Part::Replay) {
        let manners = Manners { latency: LATENCY, max_range: Some(RANGE), ..Manners::default() };
        figures.extend(replayed("replay", chain::USUAL, manners, mirror, options.rounds).await?);
    }
    if wanted(Part::Memory) {
        let manners = Manners { max_range: Some(RANGE), ..Manners::default() };
        let million = replayed("million", chain::LARGE, manners, mirror, 1).await?;
        let peaks =
            million.iter().filter(|figure| figure.name.ends_with(".rss_mb")).map(|figure| figure.value);
        if let Some(peak) = peaks.reduce(f64::max) {
            figures.push(Figure::alone("backfill.rss_mb", peak, "MB"));
        }
        figures.extend(million);
    }
    if let (true, Some(mirror)) = (wanted(Part::Head), mirror) {
        figures.extend(head::run(mirror, options.blocks).await?);
    }
    Ok(figures)
}

/// Both databases from the replay server.
async fn replayed(
    name: &'static str,
    shape: Shape,
    manners: Manners,
    mirror: Option<&Mirror>,
    rounds: usize,
) -> Result<Vec<Figure>> {
    let replay = Replay::start(chain::recording(shape).await?, manners, ports::free()?).await?;
    let source = Source { replay: Some(&replay), step: RANGE, ..source(name, replay.url(), shape) };
    let mut figures = Vec::new();
    for kind in database::KINDS {
        figures.extend(backfill::compare(&source, kind, mirror, rounds).await?);
    }
    Ok(figures)
}

fn source<'a>(name: &'static str, url: &'a str, shape: Shape) -> Source<'a> {
    Source { name, url, blocks: shape.blocks, events: shape.events(), step: 10, in_flight: 4, replay: None }
}

/// The mirror, if it is built.
pub(crate) fn mirror() -> Result<Option<Mirror>> {
    let Some(program) = tools::built("quittance-indexer")? else { return Ok(None) };
    let folder = tools::repository()?.join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let abi: PathBuf = folder.join("token.json");
    std::fs::write(&abi, ABI)?;
    Ok(Some(Mirror { program, abi }))
}
