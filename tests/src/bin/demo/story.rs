//! The two deals: one that settles, and one in which Bob never pays.

use std::time::{Duration, Instant};

use alloy::primitives::B256;
use anyhow::{Result, ensure};
use quittance_stories::{
    api::{Document, Offer},
    trade::{accept, cash_of, done, issue_deed, owned_by, owns, reaches},
    wait_for,
};
use sha2::{Digest, Sha256};

use crate::{
    progress::{chapter, countdown, say, spinner, step, tick},
    stage::Stage,
    summary,
};

/// What Bob starts with, and what a deed costs.
const CASH: u64 = 1_000_000;
const PRICE: u64 = 250_000;
/// How long the first deal may take, in seconds; the second is there to run out.
const LONG: u64 = 600;
const SHORT: u64 = 15;
/// The limit for a trade to end once all is agreed; a large document takes its time.
const END: Duration = Duration::from_secs(300);

/// The file that changes hands.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Tells both, and sums up.
pub(crate) async fn tell(stage: &Stage, file: File) -> Result<()> {
    let (alice, bob) = (&stage.alice, &stage.bob);
    chapter("A deed and its document against money");
    let size = format!("{:.1} MB", mega(file.bytes.len()));
    let text = format!("Alice registers {} ({size}) and mints its deed", file.name);
    let house = step(&text, issue_deed(alice, &file.name, file.bytes.clone())).await?;
    let cash = async { done(&bob.api, &bob.api.mint_cash(bob.address, CASH).await?.id).await };
    step(&format!("Bob gets {CASH} of cash"), cash).await?;
    let settled = step("Alice offers the deed, and Bob accepts", agree(stage, &house, LONG, false)).await?;
    follow(stage, settled, "settled").await?;
    step("Bob's copy is byte-identical", compare(stage, &house, &file.bytes)).await?;

    chapter("The same again, but Bob never pays");
    let text = "Alice registers another document and mints its deed";
    let garden = step(text, issue_deed(alice, &file.name, file.bytes)).await?;
    let before = [cash_of(&bob.api, alice.address).await?, cash_of(&bob.api, bob.address).await?];
    let late = step(
        "Alice offers the deed, and Bob accepts but keeps his money",
        agree(stage, &garden, SHORT, true),
    );
    let late = late.await?;
    step("Alice's deed is locked", reaches(&alice.api, late, &["open"])).await?;
    run_out(stage, late).await?;
    let after = [cash_of(&bob.api, alice.address).await?, cash_of(&bob.api, bob.address).await?];
    ensure!(before == after, "somebody's cash moved: {before:?} is now {after:?}");
    step("both are back where they began", owned_by(&bob.api, garden.id, alice.address)).await?;

    summary::who_owns_what(stage, &[("deed 1", house.id), ("deed 2", garden.id)]).await?;
    summary::timeline(stage, "The first deal", settled).await?;
    summary::timeline(stage, "The second deal", late).await?;
    chapter("The document");
    say(format!("  sha256 {}, byte-identical at Alice's and Bob's", house.sha256));
    Ok(())
}

/// Alice offers, and Bob accepts; with `hold`, his money waits for a word that never comes.
async fn agree(stage: &Stage, deed: &Document, window: u64, hold: bool) -> Result<B256> {
    let now = stage.anvil.rpc.time().await?;
    let offer = Offer {
        counterparty: stage.bob.did.clone(),
        document: deed.id,
        price: PRICE.to_string(),
        fund_by: now + window,
        settle_by: now + 2 * window,
    };
    let id = stage.alice.api.propose(&offer).await?.id;
    accept(&stage.bob.api, id, hold).await?;
    Ok(id)
}

/// Tells each step as it happens, until both nodes have seen the end.
async fn follow(stage: &Stage, id: B256, end: &str) -> Result<()> {
    let start = Instant::now();
    let bar = spinner("the trade runs by itself");
    let mut told = Vec::new();
    wait_for(format!("the trade to be {end}"), END, async || {
        let (alice, bob) = (stage.alice.api.trade(id).await?, stage.bob.api.trade(id).await?);
        for step in alice.timeline.iter().chain(&bob.timeline) {
            let name = step.name();
            if !told.contains(&name) {
                bar.suspend(|| tick(&name, start));
                told.push(name);
            }
        }
        let over = alice.is_over() && bob.is_over();
        ensure!(!over || alice.state == end && bob.state == end, "it is {} and {}", alice.state, bob.state);
        Ok(over.then_some(()))
    })
    .await?;
    bar.finish_and_clear();
    Ok(())
}

/// Waits for the deadline, and for Alice's node to take her deed back.
async fn run_out(stage: &Stage, id: B256) -> Result<()> {
    let start = Instant::now();
    let begin = stage.anvil.rpc.time().await?;
    let deadline = stage.alice.api.trade(id).await?.deal.fund_by;
    let bar = countdown("waiting for the deadline", deadline.saturating_sub(begin));
    wait_for("the deal to be undone", END, async || {
        let now = stage.anvil.rpc.time().await?;
        bar.set_position(now.saturating_sub(begin));
        let (alice, bob) = (stage.alice.api.trade(id).await?, stage.bob.api.trade(id).await?);
        Ok((alice.state == "aborted" && bob.state == "aborted").then_some(()))
    })
    .await?;
    bar.finish_and_clear();
    tick("the deadline passed, and the deal was undone", start);
    Ok(())
}

async fn compare(stage: &Stage, deed: &Document, original: &[u8]) -> Result<()> {
    let copy = stage.bob.api.content(deed.id).await?;
    ensure!(copy == original, "Bob's copy is another document");
    let sum = format!("0x{}", hex::encode(Sha256::digest(&copy)));
    ensure!(
        sum.ends_with(deed.sha256.trim_start_matches("0x")),
        "the checksum is {sum}, not {}",
        deed.sha256
    );
    ensure!(owns(&stage.bob.api, stage.bob.address, deed.id).await?, "the deed is not Bob's");
    Ok(())
}

fn mega(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}
