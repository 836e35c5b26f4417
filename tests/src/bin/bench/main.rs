//! Benchmarks of whole trades: each figure beside the floor that no node could get under.

mod dvp;
mod floor;
mod report;

use std::{io::Write, process::ExitCode};

use anyhow::{Result, bail};
use clap::Parser;

/// What there is.
const ALL: [(&str, &str); 1] =
    [("dvp", "trades from proposal to settlement at two nodes, beside bare transactions")];

/// Runs a benchmark, prints a table, and writes target/bench/NAME.json.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Options {
    /// Which one; without it, says what there is.
    name: Option<String>,
    /// How many trades at once.
    #[arg(long, value_name = "N", default_value_t = 40)]
    trades: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<()> {
    match options.name.as_deref() {
        None => report::say(&list()),
        Some("dvp") => report::publish("dvp", &dvp::run(options.trades).await?)?,
        Some(other) => bail!("there is no benchmark `{other}`; there is:\n{}", list()),
    }
    Ok(())
}

fn list() -> String {
    let lines = ALL.iter().map(|(name, what)| format!("  {name:<8} {what}"));
    lines.collect::<Vec<_>>().join("\n")
}
