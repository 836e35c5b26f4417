//! The main job, and the same with a buyer who comes too late.

use std::fs;

use anyhow::{Context, Result, ensure};
use quittance_stories::{
    Node, World,
    api::Refused,
    trade::{owned_by, reaches},
    wait::SOON,
    wait_for,
    world::{CASH, PRICE},
};

crate::stories!(dvp_settles, dvp_settles_on_facts_that_are_deep, dvp_expires_when_cash_is_late);

/// More than one frame, and not a whole number of chunks.
const SIZE: usize = 700_001;

async fn dvp_settles(world: &mut World) -> Result<()> {
    let document = world.deed("house", SIZE).await?;
    let trade = world.agree(&world.offer(document.id).await?, false).await?;
    world.both_reach(trade, "settled").await?;

    world.holds(document.id, &world.bob, [PRICE, CASH - PRICE]).await?;
    for node in world.nodes() {
        tells_the_whole_story(node, trade).await?;
    }
    let original = world.alice.api.content(document.id).await?;
    let copy = world.bob.api.content(document.id).await?;
    ensure!(original.len() == SIZE && original == copy, "Bob's copy is another document");
    let about = world.bob.api.document(document.id).await?;
    ensure!(about["name"] == "house.pdf" && about["sha256"] == document.sha256.as_str(), "{about}");
    Ok(())
}

/// Both timelines have every step; what happened on the chain has its block, transaction and time.
async fn tells_the_whole_story(node: &Node, trade: alloy::primitives::B256) -> Result<()> {
    let trade = node.api.trade(trade).await?;
    for step in
        ["proposed", "accepted", "delivered", "receipted", "locked (seller)", "locked (buyer)", "settled"]
    {
        let found = trade.timeline.iter().find(|entry| entry.step == step || entry.name() == step);
        let found = found.with_context(|| format!("{}'s timeline lacks {step}", node.name))?;
        ensure!(found.at.is_some() && found.time.is_some(), "{step} has no time");
        let on_chain = found.block.is_some() && found.transaction.is_some();
        ensure!(on_chain == (step.starts_with("locked") || step == "settled"), "{}: {found:?}", node.name);
    }
    ensure!(trade.status == "settled", "the chain's part is {}", trade.status);
    Ok(())
}

/// How deep a fact must be in [`dvp_settles_on_facts_that_are_deep`].
const DEPTH: u64 = 3;

async fn dvp_settles_on_facts_that_are_deep(world: &mut World) -> Result<()> {
    for node in [&mut world.alice, &mut world.bob] {
        let text = fs::read_to_string(&node.config)?;
        let deeper = text.replace("confirmations = 0", &format!("confirmations = {DEPTH}"));
        ensure!(text != deeper, "the configuration has no confirmations");
        fs::write(&node.config, deeper)?;
        node.restart().await?;
    }
    let document = world.deed("house", SIZE).await?;
    let trade = world.agree(&world.offer(document.id).await?, false).await?;
    world.both_reach(trade, "settled").await?;
    world.holds(document.id, &world.bob, [PRICE, CASH - PRICE]).await?;
    let trade = world.bob.api.trade(trade).await?;
    let block = |step: &str| {
        let entry = trade.timeline.iter().find(|entry| entry.name() == step);
        entry.and_then(|entry| entry.block.as_ref()).with_context(|| format!("no block of {step}"))
    };
    let locked = block("locked (seller)")?.number.max(block("locked (buyer)")?.number);
    let settled = block("settled")?.number;
    ensure!(settled > locked + DEPTH, "settled in block {settled} on locks in block {locked}");
    Ok(())
}

async fn dvp_expires_when_cash_is_late(world: &mut World) -> Result<()> {
    let document = world.deed("house", SIZE).await?;
    let offer = world.offer(document.id).await?;
    let trade = world.agree(&offer, true).await?;
    reaches(&world.alice.api, trade, &["open"]).await?;
    reaches(&world.bob.api, trade, &["open"]).await?;
    ensure!(world.chain.owner_of(document.id).await? == world.chain.settlement, "the deed is not in escrow");

    world.anvil.rpc.skip_to(offer.fund_by).await?;
    wait_for("Bob's clock to pass the deadline", SOON, async || {
        let head = world.bob.api.status().await?.head.context("no head")?;
        Ok((head.timestamp >= offer.fund_by).then_some(()))
    })
    .await?;
    let late = world.bob.api.fund(trade).await.err().context("Bob's money was taken too late")?;
    let refused = late.downcast::<Refused>()?.answer;
    ensure!(refused.status.as_u16() == 409, "{refused:?}");

    world.both_reach(trade, "aborted").await?;
    owned_by(&world.alice.api, document.id, world.alice.address).await?;
    world.holds(document.id, &world.alice, [0, CASH]).await
}
