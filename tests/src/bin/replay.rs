//! Records a range of a node's chain, or serves a recording with the manners of a provider.

use std::{io::Write, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::{Parser, Subcommand};
use quittance_stories::{
    replay::{Manners, Recording, Replay},
    rpc::Rpc,
};

/// A chain's past, recorded once and served from memory.
#[derive(Debug, Parser)]
#[command(name = "replay")]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Asks a node for a range of its blocks, their logs and receipts, and writes them to a folder.
    Record {
        /// The node's endpoint.
        #[arg(long, value_name = "URL")]
        rpc: String,
        /// The first block.
        #[arg(long, value_name = "N", default_value_t = 0)]
        from: u64,
        /// The last block; the newest if it is left out.
        #[arg(long, value_name = "N")]
        to: Option<u64>,
        /// The folder.
        folder: PathBuf,
    },
    /// Serves a folder on this machine. GET /calls tells how often each method was called, DELETE /calls forgets it.
    Serve {
        /// The port; any free one if it is left out.
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
        #[command(flatten)]
        manners: Manners,
        /// The folder.
        folder: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse().what).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "replay: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(what: What) -> Result<()> {
    let mut out = std::io::stdout();
    match what {
        What::Record { rpc, from, to, folder } => {
            let rpc = Rpc::new(rpc);
            let to = match to {
                Some(to) => to,
                None => rpc.head().await?,
            };
            Recording::record(&rpc, from, to, &folder, |_| ()).await?;
            writeln!(out, "recorded blocks {from} to {to} in {}", folder.display())?;
        }
        What::Serve { port, manners, folder } => {
            let recording = Recording::open(&folder)?;
            let (events, head) = (recording.events(), recording.head());
            let mut replay = Replay::start(Arc::new(recording), manners, port).await?;
            writeln!(out, "{events} logs up to block {head} at {}", replay.url())?;
            replay.wait().await;
        }
    }
    Ok(())
}
