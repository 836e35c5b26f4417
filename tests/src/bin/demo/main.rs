//! The main job, on real parts: a deed and its private document against money, between two parties.

mod pdf;
mod progress;
mod stage;
mod story;
mod summary;

use std::{fs, io, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use quittance_stories::{api::Refused, tools};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    progress::{chapter, say},
    stage::{Ground, Stage},
    story::File,
};

/// A deed and its private document against money, between Alice and Bob: two nodes, one chain, end to end.
#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Options {
    /// The document that changes hands [default: a PDF of some megabytes, made for the occasion].
    #[arg(long, value_name = "PATH")]
    document: Option<PathBuf>,
    /// End when the story is told, instead of leaving everything running.
    #[arg(long)]
    once: bool,
    /// The folder of everything that is made, emptied at each start [default: .demo in the repository].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The folder of the contracts' addresses, in the repository or under /tmp [default: deployments there].
    #[arg(long, value_name = "DIR")]
    deployments: Option<PathBuf>,
    /// The chain's port.
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    chain_port: u16,
    /// The first of three ports of Alice's node: API, metrics, exchange.
    #[arg(long, value_name = "PORT", default_value_t = 5000)]
    alice_port: u16,
    /// The first of three ports of Bob's node.
    #[arg(long, value_name = "PORT", default_value_t = 5010)]
    bob_port: u16,
}

/// How it came to an end.
enum End {
    Told,
    Interrupted,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(End::Told) => ExitCode::SUCCESS,
        // As a shell reports what Ctrl-C ended.
        Ok(End::Interrupted) => ExitCode::from(130),
        Err(error) => {
            drop(io::Write::write_all(&mut io::stderr(), format!("demo: {}\n", plain(&error)).as_bytes()));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<End> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let told = async {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    };
    tokio::pin!(told);
    let file = document(&options)?;
    let ground = Ground::prepare(&options, u64::try_from(file.bytes.len())?)?;
    chapter("Setting the stage");
    let stage = tokio::select! {
        stage = Stage::set_up(&options, ground) => stage?,
        () = &mut told => return Ok(End::Interrupted),
    };
    let end = tokio::select! {
        end = story::tell(&stage, file) => end.map(|()| End::Told),
        () = &mut told => Ok(End::Interrupted),
    };
    if !options.once && matches!(end, Ok(End::Told)) {
        invite(&stage);
        told.await;
    }
    stage.tear_down().await?;
    end
}

/// The given document, or the one that is made here.
fn document(options: &Options) -> Result<File> {
    let Some(path) = &options.document else {
        return Ok(File { name: "deed.pdf".into(), bytes: pdf::deed() });
    };
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(!bytes.is_empty(), "{} is empty", path.display());
    let name = path.file_name().context("the document has no name")?.to_string_lossy().into_owned();
    Ok(File { name, bytes })
}

/// Where to look, now that everything is up.
fn invite(stage: &Stage) {
    chapter("Everything is running");
    for node in [&stage.alice, &stage.bob] {
        say(format!("  {:<8} {}/api/v1/status   {}", node.name, node.api.root(), node.metrics));
    }
    say(format!("  {:<8} {}", "chain", stage.anvil.rpc.url()));
    say(format!("  {:<8} {}", "all", stage.dir.join("demo.json").display()));
    let program = tools::quittance().map(|path| path.display().to_string()).unwrap_or_default();
    say(format!("\n  {program} dvp list --api {}", stage.bob.api.root()));
    say("\nCtrl-C stops it all.");
}

/// One line that says what is wrong; a full disk says so, wherever it was met.
fn plain(error: &anyhow::Error) -> String {
    let full = error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let refused = cause.downcast_ref::<Refused>().map(|refused| refused.answer.status.as_u16());
        io == Some(io::ErrorKind::StorageFull) || refused == Some(507)
    });
    if full {
        return "the disk is full: make some room and start again".into();
    }
    format!("{error:#}").trim().to_owned()
}
