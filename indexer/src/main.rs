//! `quittance-indexer`: any contracts' events in a database, on the command line.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            // One line, with the causes behind it: something to act on rather than a trace.
            eprintln!("quittance-indexer: {error:#}");
            ExitCode::FAILURE
        }
    }
}
