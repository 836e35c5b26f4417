//! The domain's states are the contract's, by name and in order.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use quittance_domain::settlement::{ConditionKind, LegKind, Status};
use quittance_stories::{Database, World, tools, world::CASH};
use serde_json::{Value, json};

/// What the compiler itself says an enum consists of.
fn members(ast: &Value, name: &str) -> Result<Vec<String>> {
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
    let tree = syntax_tree("contracts/src/types/Terms.sol")?;
    let named = |state: &Status| Ok(serde_json::to_value(state)?.as_str().context("not a name")?.to_owned());
    let ours = Status::ALL.iter().map(named).collect::<Result<Vec<_>>>()?;
    ensure!(members(&tree, "Status")? == ours, "the contract says {:?}", members(&tree, "Status")?);
    ensure!(members(&tree, "LegKind")? == ["erc20", "erc721"]);
    ensure!((LegKind::Erc20 as u8, LegKind::Erc721 as u8) == (0, 1));
    ensure!(members(&tree, "ConditionKind")? == ["receipt"] && ConditionKind::Receipt as u8 == 0);
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
