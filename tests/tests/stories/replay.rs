//! The replay server against the node that it recorded: whatever is asked, both say the same; and each of its
//! manners as a client meets it.

use std::sync::Arc;

use alloy::primitives::{Address, hex};
use anyhow::{Context, Result, ensure};
use quittance_stories::{
    Anvil,
    emitter::{self, Shape, TOKEN, TRANSFER},
    ports,
    replay::{Manners, Recording, Replay, Style},
    rpc::Rpc,
    tools,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const SHAPE: Shape = Shape { blocks: 12, transfers: 5, seed: 7 };

/// A node with a small chain, and what was recorded of it.
struct Stage {
    node: Anvil,
    recording: Arc<Recording>,
    _folder: TempDir,
}

impl Stage {
    async fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("replay-").tempdir_in(tools::scratch("worlds")?)?;
        let node = Anvil::with(folder.path(), ports::free()?, &SHAPE.arguments()).await?;
        SHAPE.make(&node.rpc, |_| ()).await?;
        // An empty block at the end, and logs of somebody else.
        node.rpc.mine().await?;
        let path = folder.path().join("recording");
        Recording::record(&node.rpc, 0, SHAPE.blocks + 1, &path, |_| ()).await?;
        Ok(Self { node, recording: Arc::new(Recording::open(&path)?), _folder: folder })
    }

    async fn serve(&self, manners: Manners) -> Result<(Replay, Rpc)> {
        let replay = Replay::start(self.recording.clone(), manners, ports::free()?).await?;
        let rpc = Rpc::new(replay.url());
        Ok((replay, rpc))
    }
}

fn range(from: u64, to: u64) -> Value {
    json!([{"address": TOKEN, "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}")}])
}

#[tokio::test]
async fn says_what_the_node_said() -> Result<()> {
    let stage = Stage::new().await?;
    let (_replay, rpc) = stage.serve(Manners::default()).await?;
    let logs: Vec<Value> = rpc.call("eth_getLogs", range(3, 3)).await?;
    let log = logs.first().context("no log")?;
    let (block, transaction, payer) = (&log["blockHash"], &log["transactionHash"], &log["topics"][1]);
    let nowhere = json!(hex::encode_prefixed([7; 32]));
    let asked = [
        ("eth_chainId", json!([])),
        ("net_version", json!([])),
        ("eth_blockNumber", json!([])),
        ("eth_getBlockByNumber", json!(["0x3", false])),
        ("eth_getBlockByNumber", json!(["latest", false])),
        ("eth_getBlockByNumber", json!(["0x99", false])),
        ("eth_getBlockByHash", json!([block, false])),
        ("eth_getBlockByHash", json!([nowhere, false])),
        ("eth_getBlockReceipts", json!(["0x3"])),
        ("eth_getTransactionReceipt", json!([transaction])),
        ("eth_getTransactionReceipt", json!([nowhere])),
        ("eth_getLogs", range(1, SHAPE.blocks + 1)),
        ("eth_getLogs", range(2, 2)),
        ("eth_getLogs", range(SHAPE.blocks + 1, SHAPE.blocks + 1)),
        ("eth_getLogs", json!([{"fromBlock": "earliest", "toBlock": "latest"}])),
        ("eth_getLogs", json!([{"blockHash": block}])),
        (
            "eth_getLogs",
            json!([{"fromBlock": "0x1", "address": [TOKEN, Address::ZERO], "topics": [TRANSFER]}]),
        ),
        ("eth_getLogs", json!([{"fromBlock": "0x1", "address": Address::ZERO}])),
        ("eth_getLogs", json!([{"fromBlock": "0x1", "topics": [null, payer]}])),
        ("eth_getLogs", json!([{"fromBlock": "0x1", "topics": [[TRANSFER, nowhere], [payer], null]}])),
        ("eth_getLogs", json!([{"fromBlock": "0x1", "topics": [nowhere]}])),
    ];
    for (method, params) in &asked {
        let theirs: Value = stage.node.rpc.call(method, params.clone()).await?;
        let ours: Value = rpc.call(method, params.clone()).await?;
        ensure!(ours == theirs, "{method} {params}: {ours} and not {theirs}");
    }
    let all: Vec<(&str, Value)> = asked.to_vec();
    ensure!(rpc.batch(&all).await? == stage.node.rpc.batch(&all).await?, "a batch is answered otherwise");
    Ok(())
}

#[tokio::test]
async fn the_chain_is_the_generators() -> Result<()> {
    let stage = Stage::new().await?;
    let (_replay, rpc) = stage.serve(Manners::default()).await?;
    let logs: Vec<Value> = rpc.call("eth_getLogs", range(1, SHAPE.blocks)).await?;
    ensure!(logs.len() as u64 == SHAPE.events() && stage.recording.events() == SHAPE.events());
    for (log, transfer) in logs.iter().zip(emitter::transfers(SHAPE.seed)) {
        ensure!(log["topics"] == json!([TRANSFER, transfer.from.into_word(), transfer.to.into_word()]));
        ensure!(log["data"] == json!(hex::encode_prefixed(transfer.value.to_be_bytes::<32>())));
    }
    Ok(())
}

#[tokio::test]
async fn refuses_in_everybodys_words() -> Result<()> {
    let stage = Stage::new().await?;
    let words = [
        (Style::Plain, "block range too large, max range: 4", "query returned more than 9 results"),
        (Style::Infura, "range 9 exceeds limit of 4", "Try with this block range [0x1, 0x1]"),
        (Style::Alchemy, "block range should work: [0x1, 0x4]", "block range should work: [0x1, 0x1]"),
        (Style::Quicknode, "eth_getLogs is limited to a 4 range", "query returned more than 9 results"),
        (Style::Geth, "exceed maximum block range 4", "query returned more than 9 results"),
        (
            Style::Erigon,
            "range exceeds server limit, narrow your filter: 4",
            "too many logs, narrow your filter: 9",
        ),
        (Style::Reth, "query exceeds max block range 4", "max results 9, retry with the range 1-1"),
        (Style::Bsc, "exceed maximum block range: 4", "limit exceeded"),
    ];
    for (style, of_range, of_results) in words {
        let manners =
            Manners { max_range: Some(4), max_logs: Some(9), error_style: style, ..Manners::default() };
        let (_replay, rpc) = stage.serve(manners).await?;
        let refused = async |from, to| match rpc.call::<Value>("eth_getLogs", range(from, to)).await {
            Ok(_) => anyhow::bail!("{style:?} answered {from} to {to}"),
            Err(error) => Ok(error.to_string()),
        };
        let said = refused(1, 10).await?;
        ensure!(said.contains(of_range), "{style:?}: {said}");
        let said = refused(1, 2).await?;
        ensure!(said.contains(of_results), "{style:?}: {said}");
        rpc.call::<Value>("eth_getLogs", range(1, 1)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn counts_calls_and_limits_their_rate() -> Result<()> {
    let stage = Stage::new().await?;
    let manners = Manners { rate: Some(3), error_style: Style::Quicknode, ..Manners::default() };
    let (replay, rpc) = stage.serve(manners).await?;
    let head = ("eth_blockNumber", json!([]));
    rpc.batch(&[head.clone(), head.clone(), ("eth_chainId", json!([]))]).await?;
    let http = reqwest::Client::new();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []});
    let answer = http.post(replay.url()).json(&body).send().await?;
    ensure!(answer.status() == 429, "not refused: {}", answer.status());
    let said: Value = answer.json().await?;
    ensure!(said["error"]["code"] == -32007, "{said}");
    let calls = format!("{}/calls", replay.url());
    let counted: Value = http.get(&calls).send().await?.json().await?;
    ensure!(counted == json!({"eth_blockNumber": 2, "eth_chainId": 2}), "{counted}");
    http.delete(&calls).send().await?.error_for_status()?;
    ensure!(replay.take_calls().is_empty(), "calls were not forgotten");
    Ok(())
}
