//! Power cuts: each node is killed at each step, and the story still ends right.

use alloy::{primitives::B256, sol, sol_types::SolCall};
use anyhow::{Context, Result, ensure};
use quittance_stories::{
    World,
    api::Document,
    chain::Sent,
    trade::{accept, owned_by},
    wait::SOON,
    wait_for,
    world::{CASH, PRICE},
};

crate::stories!(restart_at_every_step);

/// Every step of a trade. A trade each is cut at every one of them, once at Alice's and once at Bob's.
const STEPS: [&str; 7] =
    ["proposed", "accepted", "locked (seller)", "locked (buyer)", "delivered", "receipted", "settled"];

/// Cheap enough for Bob to buy all of them.
const EACH: u64 = CASH / 20;

sol! {
    struct Leg { bytes32 asset; address from; address to; uint256 tokenId; uint256 amount; }
    struct Condition { uint8 kind; address party; bytes32 subject; }
    struct Terms { Leg[] legs; Condition[] conditions; uint40 fundBy; uint40 settleBy; uint256 nonce; }
    function fund(Terms calldata terms, uint256 leg) external;
    function settle(Terms calldata terms, bytes[] calldata proofs) external;
    function approve(address spender, uint256 value) external;
    function setApprovalForAll(address operator, bool approved) external;
}

async fn restart_at_every_step(world: &mut World) -> Result<()> {
    let documents = deeds(world).await?;
    let mut trades = Vec::new();
    let cuts = STEPS.iter().flat_map(|step| [(step, true), (step, false)]);
    for (document, (step, alice)) in documents.iter().zip(cuts) {
        let victim = if alice { "Alice" } else { "Bob" };
        let cut = cut_at(world, document.id, step, alice).await;
        trades.push(cut.with_context(|| format!("{victim} was killed at {step}"))?);
    }
    let spent = EACH * u64::try_from(documents.len())?;
    ensure!(spent < CASH && PRICE < CASH, "Bob runs out of money");
    for document in &documents {
        world.holds(document.id, &world.bob, [spent, CASH - spent]).await?;
        ensure!(world.bob.api.content(document.id).await? == world.alice.api.content(document.id).await?);
    }
    ensure!(world.chain.all_cash().await? == CASH, "money was made or lost");
    nothing_twice(world, &trades).await
}

/// A deed for each cut, all in a few blocks.
async fn deeds(world: &World) -> Result<Vec<Document>> {
    let names = (0..2 * STEPS.len()).map(|number| format!("house {number}"));
    let mut documents = Vec::new();
    for name in names {
        let bytes = name.bytes().cycle().take(300_000).collect();
        let document = world.alice.api.add_document(&format!("{name}.pdf"), "application/pdf", bytes).await?;
        world.alice.api.mint_deed(document.id).await?;
        documents.push(document);
    }
    for document in &documents {
        for node in world.nodes() {
            owned_by(&node.api, document.id, world.alice.address).await?;
        }
    }
    Ok(documents)
}

/// One trade, in which a node is killed as soon as it shows `step`.
async fn cut_at(world: &mut World, document: B256, step: &str, alice: bool) -> Result<B256> {
    let mut offer = world.offer(document).await?;
    offer.price = EACH.to_string();
    let id = world.alice.api.propose(&offer).await?.id;
    if step == "proposed" {
        cut(world, id, step, alice).await?;
    }
    accept(&world.bob.api, id, false).await?;
    if step != "proposed" {
        cut(world, id, step, alice).await?;
    }
    world.both_reach(id, "settled").await?;
    Ok(id)
}

async fn cut(world: &mut World, id: B256, step: &str, alice: bool) -> Result<()> {
    let victim = if alice { &mut world.alice } else { &mut world.bob };
    wait_for(format!("{step} at {}", victim.name), SOON, async || {
        Ok(victim.api.trade(id).await?.has(step).then_some(()))
    })
    .await?;
    victim.restart().await
}

/// Every trade has exactly its own transactions: two locks and a settlement, and each party approved once.
async fn nothing_twice(world: &World, trades: &[B256]) -> Result<()> {
    let all = world.chain.transactions().await?;
    let calls = |selector: [u8; 4]| all.iter().filter(|sent| sent.input.starts_with(&selector)).count();
    let approvals = calls(approveCall::SELECTOR) + calls(setApprovalForAllCall::SELECTOR);
    ensure!(approvals == 2, "{approvals} approvals");
    ensure!(calls(settleCall::SELECTOR) == trades.len(), "{} settlements", calls(settleCall::SELECTOR));
    let mut locks: Vec<_> = all.iter().filter_map(lock).collect();
    locks.sort_unstable();
    let sent = locks.len();
    locks.dedup();
    ensure!(
        sent == 2 * trades.len() && sent == locks.len(),
        "{sent} locks, {} of them different",
        locks.len()
    );
    Ok(())
}

/// Which leg of which trade this transaction locks, if it does.
fn lock(sent: &Sent) -> Option<(alloy::primitives::U256, u64)> {
    let call = fundCall::abi_decode(&sent.input).ok()?;
    Some((call.terms.nonce, call.leg.try_into().ok()?))
}
