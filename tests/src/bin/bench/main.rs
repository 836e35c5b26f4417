//! Benchmarks: each figure beside the floor that nothing could get under.

mod dvp;
mod faults;
mod floor;
mod index;
mod report;
mod tokens;

use std::{io::Write, process::ExitCode};

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

/// Runs a benchmark, prints a table, and writes target/bench/NAME.json.
#[derive(Debug, Parser)]
#[command(name = "bench", disable_help_subcommand = true)]
struct Options {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Trades from proposal to settlement at two nodes, beside bare transactions.
    Dvp {
        /// How many trades at once.
        #[arg(long, value_name = "N", default_value_t = 40)]
        trades: u64,
    },
    /// A chain's events in a database, beside a bare pipeline and other people's indexers.
    Index(index::Options),
    /// A mirror through minutes of faults, reorganisations and kills, and whether it equals the chain afterwards.
    Faults(faults::Options),
    /// Mints through the API until applications are told of them, beside signed transactions handed to the chain.
    Tokens(tokens::Options),
    /// The bare pipeline, in a process of its own.
    #[command(hide = true)]
    Pipeline(index::pipeline::Options),
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
    match options.what {
        None => report::say(&list()),
        Some(What::Dvp { trades }) => report::publish("dvp", &dvp::run(trades).await?)?,
        Some(What::Index(options)) => report::publish("index", &index::run(options).await?)?,
        Some(What::Faults(options)) => report::publish("faults", &faults::run(options).await?)?,
        Some(What::Tokens(options)) => report::publish("tokens", &tokens::run(&options).await?)?,
        Some(What::Pipeline(options)) => index::pipeline::run(options).await?,
    }
    Ok(())
}

/// What there is.
fn list() -> String {
    let command = Options::command();
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    let line = |command: &clap::Command| {
        format!(
            "  {:<8} {}",
            command.get_name(),
            command.get_about().map(ToString::to_string).unwrap_or_default()
        )
    };
    shown.map(line).collect::<Vec<_>>().join("\n")
}
