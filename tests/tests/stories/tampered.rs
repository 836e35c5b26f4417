//! The seller's disk lies: one byte of the document is another.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use quittance_stories::{
    World,
    trade::{owned_by, reaches},
    wait::SOON,
    wait_for,
    world::CASH,
};

crate::stories!(tampered_document_is_refused);

async fn tampered_document_is_refused(world: &mut World) -> Result<()> {
    let document = world.deed("house", 900_000).await?.id;
    flip_a_byte(world)?;
    let offer = world.offer(document).await?;
    let trade = world.agree(&offer, false).await?;
    for node in world.nodes() {
        reaches(&node.api, trade, &["armed"]).await?;
    }
    // Bob asks more than once, and never takes it.
    wait_for("Bob to refuse the document", SOON, async || {
        let seen = world.bob.api.trade(trade).await?;
        Ok(seen.pending.iter().any(|intent| intent["attempts"].as_u64() > Some(1)).then_some(()))
    })
    .await?;
    let held = world.bob.api.document(document).await?["held"].clone();
    ensure!(held == false, "Bob keeps what he could not check");

    world.anvil.rpc.skip_to(offer.settle_by).await?;
    world.both_reach(trade, "aborted").await?;
    for node in world.nodes() {
        let seen = node.api.trade(trade).await?;
        ensure!(!seen.has("receipted") && !seen.has("delivered"), "{}: {:?}", node.name, seen.timeline);
    }
    owned_by(&world.bob.api, document, world.alice.address).await?;
    world.holds(document, &world.alice, [0, CASH]).await
}

/// Changes one byte in the middle of the only document that Alice has.
fn flip_a_byte(world: &World) -> Result<()> {
    let path = chunks(world)?;
    let mut bytes = fs::read(&path)?;
    let middle = bytes.len() / 2;
    let byte = bytes.get_mut(middle).context("an empty document")?;
    *byte ^= 1;
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn chunks(world: &World) -> Result<PathBuf> {
    let mut paths = fs::read_dir(world.alice.dir.join("documents"))?.flatten().map(|entry| entry.path());
    let found = paths.find(|path| path.extension().is_some_and(|end| end == "chunks"));
    found.context("Alice has no document on her disk")
}
