//! What there is to see in the end, as each node's own database has it.

use alloy::primitives::{Address, B256};
use anyhow::Result;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use quittance_stories::{
    Node,
    trade::{Step, Trade, cash_of, owns},
};

use crate::{
    progress::{chapter, say},
    stage::Stage,
};

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(head.to_vec());
    table
}

/// Who owns what, twice: Alice's node and Bob's have each read the chain for themselves.
pub(crate) async fn who_owns_what(stage: &Stage, deeds: &[(&str, B256)]) -> Result<()> {
    let escrow = stage.deployment.address("Settlement")?;
    let holders = [("Alice", stage.alice.address), ("Bob", stage.bob.address), ("the escrow", escrow)];
    let mut head = vec!["by the database of", "Alice's cash", "Bob's cash", "cash in escrow"];
    head.extend(deeds.iter().map(|(name, _)| *name));
    let mut shown = table(&head);
    for node in [&stage.alice, &stage.bob] {
        let mut row = vec![node.name.clone()];
        for (_, holder) in holders {
            row.push(cash_of(&node.api, holder).await?.to_string());
        }
        for (_, deed) in deeds {
            row.push(owner(node, *deed, &holders).await?);
        }
        shown.add_row(row);
    }
    chapter("Who owns what");
    say(shown.to_string());
    Ok(())
}

async fn owner(node: &Node, deed: B256, holders: &[(&str, Address)]) -> Result<String> {
    for (name, holder) in holders {
        if owns(&node.api, *holder, deed).await? {
            return Ok((*name).to_owned());
        }
    }
    Ok("nobody".to_owned())
}

/// How a trade went, side by side.
pub(crate) async fn timeline(stage: &Stage, title: &str, id: B256) -> Result<()> {
    let alice = stage.alice.api.trade(id).await?;
    let bob = stage.bob.api.trade(id).await?;
    let mut shown =
        table(&["step", "alice: block", "transaction", "time", "bob: block", "transaction", "time"]);
    let mut names: Vec<String> = Vec::new();
    for step in alice.timeline.iter().chain(&bob.timeline) {
        let name = step.name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // Chain time orders what both saw; what only one of them did stands where it happened.
    names.sort_by_key(|name| first(&alice, name).or(first(&bob, name)).and_then(|step| step.time));
    for name in names {
        let [a, b] = [&alice, &bob].map(|trade| cells(first(trade, &name)));
        shown.add_row([vec![name], a, b].concat());
    }
    chapter(&format!("{title}: {} at Alice's, {} at Bob's", alice.state, bob.state));
    say(format!("  settlement {id}"));
    say(shown.to_string());
    Ok(())
}

fn first<'a>(trade: &'a Trade, name: &str) -> Option<&'a Step> {
    trade.timeline.iter().find(|step| step.name() == name)
}

/// Block, transaction and time. What happened off the chain has no block; the clock is the chain's anyway.
fn cells(step: Option<&Step>) -> Vec<String> {
    let Some(step) = step else { return vec!["–".into(), String::new(), String::new()] };
    let block = step.block.as_ref().map_or_else(|| "off chain".into(), |block| block.number.to_string());
    let transaction = step.transaction.map(|hash| short(&hash)).unwrap_or_default();
    vec![block, transaction, step.time.map(clock).unwrap_or_default()]
}

fn short(hash: &B256) -> String {
    hash.to_string().chars().take(10).chain(['…']).collect()
}

/// A time of day, UTC.
fn clock(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}
