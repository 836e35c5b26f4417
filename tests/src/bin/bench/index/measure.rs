//! A program from its start to its end: how long it took and how much memory it had.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use quittance_stories::process::{self, Process};
use tokio::time::sleep;

/// Between two looks at a running program.
const LOOK: Duration = Duration::from_millis(2);

/// What a run took.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) seconds: f64,
    /// The most memory it had, in MB.
    pub(super) peak: f64,
    /// What it said.
    pub(super) said: String,
}

/// Runs a program to its end.
pub(super) async fn run(command: &mut Command, limit: Duration) -> Result<Run> {
    let log = tempfile::NamedTempFile::new()?;
    let start = Instant::now();
    let mut process = Process::start(command, log.path())?;
    let mut peak = 0.0;
    let status = loop {
        if let Some(status) = process.status()? {
            break status;
        }
        peak = memory(process.id()).unwrap_or(peak);
        ensure!(start.elapsed() < limit, "not done after {} s: {}", limit.as_secs(), process.tail().trim());
        sleep(LOOK).await;
    };
    let seconds = start.elapsed().as_secs_f64();
    let program = command.get_program().to_string_lossy();
    ensure!(status.success(), "{program} failed ({status}): {}", process::tail(log.path()).trim());
    Ok(Run { seconds, peak, said: fs::read_to_string(log.path())? })
}

/// The most memory that a running process has had so far, in MB; nothing once it has ended.
pub(super) fn memory(id: u32) -> Option<f64> {
    let status = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u32 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(f64::from(kilobytes) / 1000.0 * 1.024)
}

/// The number on the last line that a run wrote.
pub(super) fn number(run: &Run) -> Result<f64> {
    let line = run.said.lines().last().context("it said nothing")?;
    line.trim().parse().with_context(|| format!("{line} is no number"))
}
