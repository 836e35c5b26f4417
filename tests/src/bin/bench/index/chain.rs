//! The chains that are mirrored: made once on anvil, recorded, and kept in target/bench.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use quittance_stories::{Anvil, emitter::Shape, ports, replay::Recording, tools};
use serde_json::{Value, json};

/// 200,000 events in 2,000 blocks: what the figures of other indexers are for.
pub(super) const USUAL: Shape = Shape { blocks: 2_000, transfers: 100, seed: 1 };

/// A million, for how much memory is taken.
pub(super) const LARGE: Shape = Shape { blocks: 10_000, transfers: 100, seed: 2 };

/// Of a chain of more events only the recording is kept: a node's own state of it takes gigabytes.
const KEPT: u64 = 500_000;

/// The limit for a node to write its chain down.
const DUMP: Duration = Duration::from_secs(120);

/// A folder with a chain in it: the recording, and the node's own state.
pub(super) fn folder(shape: Shape) -> Result<PathBuf> {
    let Shape { blocks, transfers, seed } = shape;
    Ok(tools::repository()?.join(format!("target/bench/chain-{blocks}x{transfers}-{seed}")))
}

/// The recording of this chain, made if there is none.
pub(super) async fn recording(shape: Shape) -> Result<Arc<Recording>> {
    let recording = folder(shape)?.join("recording");
    if !recording.exists() {
        make(shape).await?;
    }
    Ok(Arc::new(Recording::open(&recording)?))
}

/// A node with this chain.
pub(super) async fn node(shape: Shape) -> Result<Anvil> {
    let (folder, state) = (folder(shape)?, folder(shape)?.join("state.json"));
    if !state.exists() {
        make(shape).await?;
    }
    let mut arguments = shape.arguments();
    arguments.extend(["--load-state".to_owned(), state.display().to_string()]);
    let anvil = Anvil::with(&folder, ports::free()?, &arguments).await?;
    // The first blocks' logs are what a node that had forgotten its past would not have.
    let logs: Vec<Value> =
        anvil.rpc.call("eth_getLogs", json!([{"fromBlock": "0x1", "toBlock": "0x1"}])).await?;
    anyhow::ensure!(logs.len() as u64 == shape.transfers, "the node has lost the logs of its blocks");
    Ok(anvil)
}

async fn make(shape: Shape) -> Result<()> {
    let folder = folder(shape)?;
    fs::create_dir_all(&folder)?;
    let state = folder.join("state.json");
    let mut arguments = shape.arguments();
    if shape.events() <= KEPT {
        arguments.extend(["--dump-state".to_owned(), state.display().to_string()]);
    }
    let mut anvil = Anvil::with(&folder, ports::free()?, &arguments).await?;
    let bar = bar(&format!("making a chain of {} events", shape.events()), shape.blocks);
    shape.make(&anvil.rpc, |blocks| bar.set_position(blocks)).await?;
    bar.finish_and_clear();
    let bar = self::bar("recording it", shape.blocks + 1);
    let recording = folder.join("recording");
    Recording::record(&anvil.rpc, 0, shape.blocks, &recording, |blocks| bar.set_position(blocks)).await?;
    bar.finish_and_clear();
    anvil.process().stop(DUMP).await.context("the node does not write its chain down")?;
    Ok(())
}

fn bar(text: &str, blocks: u64) -> ProgressBar {
    let bar = ProgressBar::new(blocks).with_message(text.to_owned());
    let template = "  {msg} [{bar:30}] {pos}/{len} blocks, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
