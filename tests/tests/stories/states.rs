//! The domain's states are the contract's, by name and in order.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use quittance_domain::{
    AssetKind,
    settlement::{ConditionKind, Status},
};
use quittance_stories::{Database, World, tools, world::CASH};
use serde_json::{Value, json};

/// What the compiler itself says an enum of this file consists of.
fn members(file: &str, name: &str) -> Result<Vec<String>> {
    let ast = syntax_tree(file)?;
    let nodes = ast["nodes"].as_array().context("no syntax tree")?;
    let found = nodes.iter().find(|node| node["nodeType"] == "EnumDefinition" && node["name"] == name);
    let found = found.with_context(|| format!("no enum {name}"))?["members"].as_array();
    let names = found.context("an enum without members")?.iter().map(|member| member["name"].as_str());
    names.map(|name| Ok(name.context("a member without a name")?.to_lowercase())).collect()
}

fn syntax_tree(path: &str) -> Result<Value> {
    let root = tools::repository()?;
    let source = std::fs::read_to_string(root.join(path))?;
    let input = json!({
        "language": "Solidity",
        "sources": {"T.sol": {"content": source}},
        "settings": {"stopAfter": "parsing", "outputSelection": {"*": {"": ["ast"]}}},
    });
    let mut solc = Command::new(root.join("scripts/solc"))
        .current_dir(&root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start scripts/solc")?;
    solc.stdin.take().context("no pipe")?.write_all(input.to_string().as_bytes())?;
    let output: Value = serde_json::from_slice(&solc.wait_with_output()?.stdout)?;
    Ok(output["sources"]["T.sol"]["ast"].clone())
}

#[test]
fn states_match_the_contract() -> Result<()> {
    same("Status", "Status", Status::ALL.map(|it| (it as u8, json!(it))))?;
    same("Asset", "AssetKind", AssetKind::ALL.map(|it| (it as u8, json!(it))))?;
    same("Terms", "ConditionKind", ConditionKind::ALL.map(|it| (it as u8, json!(it))))
}

fn same<const N: usize>(file: &str, name: &str, ours: [(u8, Value); N]) -> Result<()> {
    let theirs = members(&format!("contracts/src/types/{file}.sol"), name)?;
    let theirs: Vec<_> = (0_u8..).zip(theirs.into_iter().map(Value::from)).collect();
    ensure!(theirs == ours, "the contract's {name} is {theirs:?}");
    Ok(())
}

/// Along a trade, each node's word for the state is the contract's number for it.
#[test]
fn states_match_along_a_trade() -> Result<()> {
    crate::tell(Database::Sqlite, async |world| {
        let document = world.deed("house", 10_000).await?.id;
        let trade = world.agree(&world.offer(document).await?, true).await?;
        is_at(world, trade, 1, "open").await?;
        world.bob.api.fund(trade).await?;
        world.both_reach(trade, "settled").await?;
        is_at(world, trade, 3, "settled").await?;
        let never = world.chain.status(document).await?;
        ensure!(never == 0 && world.chain.all_cash().await? == CASH, "an unknown settlement is {never}");
        Ok(())
    })
}

async fn is_at(world: &World, trade: alloy::primitives::B256, number: u8, name: &str) -> Result<()> {
    for node in world.nodes() {
        let reached = quittance_stories::trade::reaches(&node.api, trade, &[name]).await?;
        ensure!(reached.status == name, "{} calls it {}", node.name, reached.status);
    }
    let found = world.chain.status(trade).await?;
    ensure!(found == number, "the contract says {found}, not {number}");
    Ok(())
}
