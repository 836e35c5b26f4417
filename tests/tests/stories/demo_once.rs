//! What a stranger runs first, from end to end.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use anyhow::{Context, Result, ensure};
use quittance_stories::{deploy, ports, process::Process, tools, wait::SOON, wait_for};
use serde_json::Value;
use tempfile::TempDir;

/// The demo's program, in a folder and on ports of its own.
fn demo(dir: &Path, ports: &[u16; 3]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    let [chain, alice, bob] = ports.map(|port| port.to_string());
    command.args(["--chain-port", &chain, "--alice-port", &alice, "--bob-port", &bob]);
    command.arg("--dir").arg(dir.join("demo")).arg("--deployments").arg(dir.join("deployments"));
    command
}

/// A folder inside the repository, where forge may write.
fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("demo-").tempdir_in(tools::scratch("worlds")?)?)
}

/// The chain's port, and the first of three for each node.
fn three() -> Result<[u16; 3]> {
    Ok([ports::free()?, ports::run(3)?, ports::run(3)?])
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Processes that still work in this folder.
fn left_behind(dir: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir));
        if there {
            found.push(fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default());
        }
    }
    Ok(found)
}

#[tokio::test]
async fn demo_once_tells_the_whole_story() -> Result<()> {
    deploy::build().await?;
    let dir = folder()?;
    let output = tokio::process::Command::from(demo(dir.path(), &three()?)).arg("--once").output().await?;
    let told = said(&output);
    ensure!(output.status.success(), "{told}");
    for word in ["settled", "aborted", "byte-identical", "receipted"] {
        ensure!(told.contains(word), "it does not say {word}: {told}");
    }
    ensure!(!dir.path().join("demo/demo.json").exists(), "demo.json outlives the demo");
    let left = left_behind(dir.path())?;
    ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

#[tokio::test]
async fn demo_stays_up_until_told_to_stop() -> Result<()> {
    deploy::build().await?;
    let dir = folder()?;
    let log = dir.path().join("log");
    let mut running = Process::start(&mut demo(dir.path(), &three()?), &log)?;
    let up = wait_for("the demo to be up", 2 * SOON, async || {
        ensure!(running.status()?.is_none(), "it ended: {}", running.tail());
        Ok(fs::read_to_string(&log)?.contains("Ctrl-C").then_some(()))
    })
    .await;
    up.context(running.tail())?;
    let record: Value = serde_json::from_slice(&fs::read(dir.path().join("demo/demo.json"))?)?;
    let nodes = record["nodes"].as_array().context("no nodes")?;
    ensure!(nodes.len() == 2 && record["chainId"] == 31337, "{record}");
    let addresses = fs::read(record["deployments"].as_str().context("no deployments")?)?;
    let addresses: Value = serde_json::from_slice(&addresses)?;
    ensure!(addresses["contracts"]["Settlement"].is_string(), "{addresses}");
    for node in nodes {
        let api = quittance_stories::Api::new(node["api"].as_str().context("no api")?);
        let status = api.status().await?;
        ensure!(node["name"] == status.name.as_str() && node["did"] == status.did.as_str(), "{node}");
        for key in ["metrics", "database", "address"] {
            ensure!(node[key].is_string(), "no {key}: {node}");
        }
    }
    let status = running.stop(SOON).await?;
    ensure!(status.success(), "it ended badly: {status}");
    let left = left_behind(dir.path())?;
    ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

#[tokio::test]
async fn demo_leaves_nothing_behind_when_killed() -> Result<()> {
    deploy::build().await?;
    let dir = folder()?;
    let mut running = Process::start(&mut demo(dir.path(), &three()?), &dir.path().join("log"))?;
    wait_for("the demo's nodes to run", 2 * SOON, async || {
        ensure!(running.status()?.is_none(), "it ended: {}", running.tail());
        Ok(dir.path().join("demo/demo.json").exists().then_some(()))
    })
    .await?;
    ensure!(left_behind(dir.path())?.len() >= 3, "where are chain and nodes?");
    running.kill();
    wait_for("chain and nodes to go after it", SOON, async || {
        let left = left_behind(dir.path())?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn a_taken_port_is_one_clear_line() -> Result<()> {
    let dir = folder()?;
    let ports = three()?;
    let taken = TcpListener::bind(("127.0.0.1", ports[1]))?;
    let output = tokio::process::Command::from(demo(dir.path(), &ports)).arg("--once").output().await?;
    let told = said(&output);
    ensure!(!output.status.success(), "{told}");
    let line = told.trim();
    ensure!(line.lines().count() == 1 && line.contains(&taken.local_addr()?.port().to_string()), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_missing_document_is_one_clear_line() -> Result<()> {
    let dir = folder()?;
    let mut command = demo(dir.path(), &three()?);
    command.args(["--once", "--document", "no-such-file.pdf"]);
    let output = tokio::process::Command::from(command).output().await?;
    let told = said(&output);
    ensure!(!output.status.success(), "{told}");
    ensure!(told.trim().lines().count() == 1 && told.contains("no-such-file.pdf"), "{told}");
    Ok(())
}
