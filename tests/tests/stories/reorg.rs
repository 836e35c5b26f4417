//! The chain changes its mind after a settlement.

use alloy::primitives::B256;
use anyhow::{Context, Result, ensure};
use quittance_stories::{
    Node, World,
    trade::{Trade, owns},
    wait::SOON,
    wait_for,
    world::{CASH, PRICE},
};

crate::stories!(reorg_takes_back_a_settlement, reorg_takes_back_the_locks_too);

/// Only the settlement is undone: both legs are locked again.
async fn reorg_takes_back_a_settlement(world: &mut World) -> Result<()> {
    taken_back(world, &["settled"], "armed").await
}

/// Everything since the first lock is undone: the deed is with Alice again.
async fn reorg_takes_back_the_locks_too(world: &mut World) -> Result<()> {
    taken_back(world, &["locked (seller)", "locked (buyer)"], "none").await
}

/// Undoes a settled trade from the first of `steps` on, so that the chain says `status`, and lets it settle again.
async fn taken_back(world: &mut World, steps: &[&str], status: &str) -> Result<()> {
    let document = world.deed("house", 100_000).await?.id;
    let trade = world.agree(&world.offer(document).await?, false).await?;
    world.both_reach(trade, "settled").await?;
    let before = world.alice.api.trade(trade).await?;
    let blocks = steps.iter().map(|step| block_of(&before, step)).collect::<Result<Vec<_>>>()?;
    let from = blocks.into_iter().min().context("no step")?;

    // The chain stands still, so that what is undone stays undone long enough to be seen everywhere.
    world.anvil.rpc.every(0).await?;
    let depth = world.anvil.rpc.head().await? + 1 - from;
    world.reorg(depth).await?;
    let escrow = world.chain.settlement;
    let holder = if status == "armed" { escrow } else { world.alice.address };
    ensure!(world.chain.owner_of(document).await? == holder, "the reorg undid something else");
    for node in world.nodes() {
        shows_taken_back(node, trade, document, holder, status).await?;
    }
    world.agrees_with_chain(document).await?;

    world.anvil.rpc.every(1).await?;
    world.both_reach(trade, "settled").await?;
    world.holds(document, &world.bob, [PRICE, CASH - PRICE]).await?;
    let after = world.alice.api.trade(trade).await?;
    let settled = |trade: &Trade| trade.timeline.iter().find(|entry| entry.step == "settled").cloned();
    let (first, second) = (settled(&before).context("no end")?, settled(&after).context("no new end")?);
    ensure!(first.block != second.block, "the timeline still names a block that is gone");
    Ok(())
}

async fn shows_taken_back(
    node: &Node,
    id: B256,
    document: B256,
    holder: alloy::primitives::Address,
    status: &str,
) -> Result<()> {
    wait_for(format!("{} to take the settlement back", node.name), SOON, async || {
        let trade = node.api.trade(id).await?;
        let owns = owns(&node.api, holder, document).await?;
        let back = trade.state != "settled" && !trade.has("settled") && trade.status == status;
        ensure!(back && owns, "{} ({}), and the deed where it belongs: {owns}", trade.state, trade.status);
        Ok(Some(()))
    })
    .await
}

fn block_of(trade: &Trade, step: &str) -> Result<u64> {
    let entry = trade.timeline.iter().find(|entry| entry.name() == step);
    Ok(entry.and_then(|entry| entry.block.as_ref()).with_context(|| format!("no block of {step}"))?.number)
}
