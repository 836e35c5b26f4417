//! Many trades at once between two nodes, from proposal to settlement.

use std::time::{Duration, Instant};

use alloy::primitives::B256;
use anyhow::{Context, Result, ensure};
use quittance_stories::{
    Database, World,
    trade::{Trade, accept, owned_by},
    wait_for,
    world::CASH,
};

use crate::{
    floor,
    report::{Figure, median, say},
};

/// Bytes in each document.
const DOCUMENT: usize = 100_000;
/// The limit for all trades to settle.
const END: Duration = Duration::from_secs(600);

/// How one way of settling did.
#[derive(Debug)]
pub(crate) struct Run {
    /// From the first word to the last settlement.
    pub(crate) took: Duration,
    /// For each trade, blocks from its proposal to its settlement.
    pub(crate) blocks: Vec<f64>,
}

impl Run {
    fn per_minute(&self) -> Result<f64> {
        let count = u32::try_from(self.blocks.len())?;
        Ok(f64::from(count) * 60.0 / self.took.as_secs_f64())
    }
}

/// Runs both ways, one after the other.
pub(crate) async fn run(trades: u64) -> Result<Vec<Figure>> {
    ensure!(trades > 0, "at least one trade");
    say(&format!("the floor: {trades} trades as bare transactions"));
    let mut bare = floor::run(trades).await?;
    say(&format!("the nodes: {trades} trades at once"));
    let mut nodes = at_nodes(trades).await?;
    let blocks = Figure::new(
        "dvp.blocks_to_settle.p50",
        median(&mut nodes.blocks),
        "blocks",
        median(&mut bare.blocks),
    );
    let rate = Figure::new("dvp.settled_per_min", nodes.per_minute()?, "1/min", bare.per_minute()?);
    let took = Figure::new("dvp.all_settled", nodes.took.as_secs_f64(), "s", bare.took.as_secs_f64());
    Ok(vec![rate, blocks, took])
}

async fn at_nodes(trades: u64) -> Result<Run> {
    let world = World::new(Database::Sqlite).await?;
    let documents = deeds(&world, trades).await?;
    let mut offers = Vec::new();
    for document in documents {
        let mut offer = world.offer(document).await?;
        offer.price = (CASH / trades / 2).to_string();
        offers.push(offer);
    }
    let start = Instant::now();
    let mut ids = Vec::new();
    for offer in &offers {
        ids.push(world.alice.api.propose(offer).await?.id);
    }
    for id in &ids {
        accept(&world.bob.api, *id, false).await?;
    }
    let mut blocks = Vec::new();
    for id in &ids {
        blocks.push(settled(&world, *id).await?);
    }
    let took = start.elapsed();
    world.finish(Ok(()))?;
    Ok(Run { took, blocks })
}

/// A deed for each trade, not part of what is measured.
async fn deeds(world: &World, count: u64) -> Result<Vec<B256>> {
    let mut documents = Vec::new();
    for number in 0..count {
        let name = format!("deed {number}");
        let bytes = name.bytes().cycle().take(DOCUMENT).collect();
        let document = world.alice.api.add_document(&name, "application/pdf", bytes).await?.id;
        world.alice.api.mint_deed(document).await?;
        documents.push(document);
    }
    for document in &documents {
        for node in world.nodes() {
            owned_by(&node.api, *document, world.alice.address).await?;
        }
    }
    Ok(documents)
}

/// Waits for the end of a trade, and tells how many blocks it took.
async fn settled(world: &World, id: B256) -> Result<f64> {
    let trade = wait_for("the trade to settle", END, async || {
        let trade = world.bob.api.trade(id).await?;
        Ok(trade.is_over().then_some(trade))
    })
    .await?;
    ensure!(trade.state == "settled", "a trade ended {}", trade.state);
    let place = |step| find(&trade, step).and_then(|step| step.block.as_ref()).map(|block| block.number);
    let from = find(&trade, "proposed").and_then(|step| step.as_of).context("no beginning")?;
    let to = place("settled").context("no end")?;
    Ok(f64::from(u32::try_from(to.saturating_sub(from))?))
}

fn find<'a>(trade: &'a Trade, name: &str) -> Option<&'a quittance_stories::trade::Step> {
    trade.timeline.iter().find(|step| step.step == name)
}
