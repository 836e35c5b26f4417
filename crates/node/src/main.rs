//! `quittance`: one party's node, and the command line to it.

mod audit;
mod cli;
mod client;
mod config;
mod deploy;
mod init;
mod keys;
mod outbox;
mod ports;
mod run;
mod signer;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cli.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, with the causes behind it: something to act on rather than a trace.
            eprintln!("quittance: {error:#}");
            ExitCode::FAILURE
        }
    }
}
