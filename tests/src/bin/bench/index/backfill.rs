//! The whole chain into an empty database: the floor and the mirror in turns.

use std::{collections::BTreeMap, env, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use quittance_stories::{Database, emitter::TOKEN, replay::Replay};

use super::{
    database,
    measure::{self, Run},
};
use crate::report::{Figure, median, say};

/// The limit for a run.
const END: Duration = Duration::from_secs(600);

/// Where the chain comes from, and what the floor knows about it beforehand.
pub(crate) struct Source<'a> {
    pub(crate) name: &'static str,
    pub(crate) url: &'a str,
    pub(crate) blocks: u64,
    pub(crate) events: u64,
    /// The blocks in a call and the calls at once that are fastest there.
    pub(crate) step: u64,
    pub(crate) in_flight: usize,
    /// Who counts the calls, if somebody does.
    pub(crate) replay: Option<&'a Replay>,
}

/// The command of the floor, or of a part of it.
pub(crate) fn floor(source: &Source<'_>, db: &str, part: Option<&str>) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["pipeline", "--rpc", source.url, "--db", db, "--to", &source.blocks.to_string()]);
    command.args(["--step", &source.step.to_string(), "--in-flight", &source.in_flight.to_string()]);
    if let Some(part) = part {
        command.args(["--part", part]);
    }
    Ok(command)
}

/// The command of the mirror.
pub(crate) fn mirror(program: &Path, abi: &Path, rpc: &str, db: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["--rpc", rpc, "--db", db, "--address", &TOKEN.to_string(), "--from", "1"]);
    command.arg("--abi").arg(abi);
    command
}

/// The mirror's program and the interface of the token that it is told.
pub(crate) struct Mirror {
    pub(crate) program: std::path::PathBuf,
    pub(crate) abi: std::path::PathBuf,
}

/// Runs of one kind, and the calls of the last of them.
#[derive(Default)]
struct Runs {
    seconds: Vec<f64>,
    peak: f64,
    calls: BTreeMap<String, u64>,
}

impl Runs {
    async fn add(&mut self, source: &Source<'_>, db: &str, command: &mut Command) -> Result<()> {
        if let Some(replay) = source.replay {
            drop(replay.take_calls());
        }
        let Run { seconds, peak, .. } = measure::run(command, END).await?;
        let count = database::count(db).await?;
        ensure!(count == source.events, "{count} events in the database and not {}", source.events);
        self.seconds.push(seconds);
        self.peak = self.peak.max(peak);
        self.calls = source.replay.map(Replay::take_calls).unwrap_or_default();
        Ok(())
    }
}

/// The floor and the mirror in turns, so many times each.
pub(crate) async fn compare(
    source: &Source<'_>,
    kind: Database,
    mirror: Option<&Mirror>,
    rounds: usize,
) -> Result<Vec<Figure>> {
    let name = format!("backfill.{}", database::name(kind));
    let name = if source.name == "anvil" { name } else { format!("{name}.{}", source.name) };
    let (mut bare, mut ours) = (Runs::default(), Runs::default());
    let mut verified = None;
    for _ in 0..rounds {
        let db = database::empty(kind)?;
        bare.add(source, &db.url, &mut floor(source, &db.url, None)?).await?;
        if let Some(mirror) = mirror {
            let db = database::empty(kind)?;
            let mut command = self::mirror(&mirror.program, &mirror.abi, source.url, &db.url);
            command.args(["--to", &source.blocks.to_string(), "--once"]);
            ours.add(source, &db.url, &mut command).await?;
            verified = Some(verify(mirror, source.url, &db.url).await?);
        }
    }
    let floor = median(&mut bare.seconds);
    let events = f64::from(u32::try_from(source.events)?);
    let mut figures = vec![
        Figure::alone(format!("{name}.floor_seconds"), floor, "s"),
        Figure::alone(format!("{name}.floor_rss_mb"), bare.peak, "MB"),
    ];
    if mirror.is_some() {
        let took = median(&mut ours.seconds);
        figures.push(Figure::new(format!("{name}.seconds"), took, "s", floor));
        figures.push(Figure::alone(format!("{name}.ratio_to_floor"), took / floor, "×"));
        figures.push(Figure::new(format!("{name}.events_per_s"), events / took, "1/s", events / floor));
        figures.push(Figure::new(format!("{name}.rss_mb"), ours.peak, "MB", bare.peak));
        for (method, count) in &ours.calls {
            let besides = bare.calls.get(method).copied().unwrap_or(0);
            let number = |count: u64| u32::try_from(count).map(f64::from);
            let figure = Figure::alone(format!("{name}.calls.{method}"), number(*count)?, "calls");
            figures.push(Figure { beside: Some(number(besides)?), ..figure });
        }
    }
    if let Some(differences) = verified {
        let differences = f64::from(u32::try_from(differences)?);
        figures.push(Figure::alone(format!("{name}.verify.differences"), differences, "events"));
    }
    say(&format!("{name}: floor {:.2?} s, ours {:.2?} s", bare.seconds, ours.seconds));
    Ok(figures)
}

/// The floor's parts by themselves.
pub(crate) async fn parts(source: &Source<'_>, rounds: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let parts = [
        ("download", Database::Sqlite),
        ("parse", Database::Sqlite),
        ("insert", Database::Sqlite),
        ("insert", Database::Postgres),
    ];
    for (part, kind) in parts {
        let mut seconds = Vec::new();
        for _ in 0..rounds {
            let db = database::empty(kind)?;
            let run = measure::run(&mut floor(source, &db.url, Some(part))?, END).await?;
            seconds.push(measure::number(&run)?);
        }
        let name = match part {
            "insert" => format!("floor.{}.{part}", database::name(kind)),
            _ => format!("floor.{}.{part}", source.name),
        };
        figures.push(Figure::alone(name, median(&mut seconds), "s"));
    }
    Ok(figures)
}

/// How many events differ between the chain and a database, by the mirror's own word.
pub(crate) async fn verify(mirror: &Mirror, rpc: &str, db: &str) -> Result<u64> {
    let mut command = Command::new(&mirror.program);
    command.args(["verify", "--rpc", rpc, "--db", db, "--address", &TOKEN.to_string(), "--from", "1"]);
    let run = measure::run(command.arg("--abi").arg(&mirror.abi), END).await?;
    let word = run.said.split_whitespace().rev().find_map(|word| word.parse().ok());
    word.with_context(|| format!("verify does not say how many differences: {}", run.said))
}
