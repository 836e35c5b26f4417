//! The road to the chain: whatever happens on it, what was asked for is done once.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
};

use alloy::{primitives::U256, sol, sol_types::SolCall};
use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use quittance_stories::{
    World,
    api::Api,
    faulty::Faulty,
    ports,
    trade::{cash_of, done},
    wait::SOON,
    wait_for,
    world::CASH,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

crate::stories!(
    a_crowd_of_mints_is_made_once_each,
    what_is_stuck_pays_more_and_is_made_once,
    what_was_replaced_may_be_mined_after_all,
);

/// How many mints, from how many clients at once. Each has an amount of its own, so that none can stand in for
/// another.
const MINTS: u64 = 240;
const CLIENTS: usize = 24;
const KILLS: u64 = 3;
/// Of a thousand requests to the chain, so many meet a fault.
const PER_MILLE: u32 = 100;
const SEED: u64 = 1;
/// How deep the chain changes its mind meanwhile.
const DEPTH: u64 = 3;

sol! {
    function mint(address to, uint256 amount) external;
}

/// One request in ten to the chain goes wrong, the node is killed again and again, clients ask twice, and the
/// chain changes its mind.
async fn a_crowd_of_mints_is_made_once_each(world: &mut World) -> Result<()> {
    let faulty = Faulty::start(world.anvil.rpc.url(), SEED, PER_MILLE, ports::free()?).await?;
    world.bob.follow(faulty.url())?;
    world.bob.restart().await?;
    let (api, address) = (world.bob.api.clone(), world.bob.address);
    let answered = AtomicU64::new(0);
    let asks = stream::iter(1..=MINTS).map(async |number| {
        let id = ask(&api, number).await?;
        answered.fetch_add(1, Ordering::Relaxed);
        Ok::<_, anyhow::Error>(id)
    });
    let asks = asks.buffer_unordered(CLIENTS).try_collect::<Vec<_>>();
    let (ids, ()) = tokio::try_join!(asks, cuts(world, &answered))?;
    faulty.calm();
    for id in &ids {
        done(&world.bob.api, id).await?;
    }
    let asked: u64 = (1..=MINTS).sum();
    ensure!(ids.iter().collect::<HashSet<_>>().len() == ids.len(), "two requests were answered as one");
    ensure!(world.chain.all_cash().await? == CASH + asked, "minted {}", world.chain.all_cash().await?);
    for node in world.nodes() {
        wait_for(format!("{} to see the mints", node.name), SOON, async || {
            Ok((cash_of(&node.api, address).await? == CASH + asked).then_some(()))
        })
        .await?;
        let (sound, report) = node.audit(&[]).await?;
        ensure!(sound, "{}: {report}", node.name);
    }
    each_once(world).await
}

/// Power cuts and reorgs, spread over the time in which mints are asked for.
async fn cuts(world: &mut World, answered: &AtomicU64) -> Result<()> {
    for kill in 1..=KILLS {
        let part = MINTS * kill / (KILLS + 1);
        wait_for(format!("{part} mints to be asked for"), SOON, async || {
            Ok((answered.load(Ordering::Relaxed) >= part).then_some(()))
        })
        .await?;
        world.bob.restart().await?;
        world.reorg(DEPTH).await?;
    }
    Ok(())
}

/// Asks for one mint until it is answered, and once more: the second answer names the first one's id.
async fn ask(api: &Api, number: u64) -> Result<String> {
    let body =
        json!({"pool": "cash", "amount": number.to_string(), "idempotencyKey": format!("key-{number}")});
    let body = serde_json::to_vec(&body)?;
    let asked = async || {
        let answer = api.ask(Method::POST, "/api/v1/tokens/mint", "application/json", body.clone()).await?;
        match (answer.body["localId"].as_str(), answer.body["detail"].as_str()) {
            (Some(id), _) if answer.status == StatusCode::ACCEPTED => Ok(Some(id.to_owned())),
            (_, Some(text)) if answer.status == StatusCode::CONFLICT => {
                Ok(text.split_once("its id is ").map(|(_, id)| id.to_owned()))
            }
            _ => bail!("{}: {}", answer.status, answer.body),
        }
    };
    let first = wait_for("the node to answer", SOON, asked).await?;
    let second = wait_for("the node to answer again", SOON, asked).await?;
    ensure!(first == second, "one request, answered as {first} and as {second}");
    Ok(first)
}

/// The chain has each of the amounts exactly once.
async fn each_once(world: &World) -> Result<()> {
    let all = world.chain.transactions().await?;
    let mints = all.iter().filter_map(|sent| mintCall::abi_decode(&sent.input).ok());
    let mut amounts: Vec<U256> =
        mints.map(|mint| mint.amount).filter(|&amount| amount <= U256::from(MINTS)).collect();
    amounts.sort_unstable();
    let asked: Vec<U256> = (1..=MINTS).map(U256::from).collect();
    ensure!(amounts == asked, "{} mints for {MINTS}", amounts.len());
    Ok(())
}

/// The price of gas rises a thousandfold after a transaction was signed, and stays there.
async fn what_is_stuck_pays_more_and_is_made_once(world: &mut World) -> Result<()> {
    let rpc = world.anvil.rpc.clone();
    rpc.every(0).await?;
    let dear = async || -> Result<()> {
        rpc.call::<Value>("anvil_setNextBlockBaseFeePerGas", json!(["0xe8d4a51000"])).await.map(drop)
    };
    let id = world.bob.api.mint_cash(world.bob.address, 7).await?.id;
    let hash = async || -> Result<Option<String>> {
        let told = world.bob.api.transaction(&id).await?;
        Ok(told["hash"].as_str().map(str::to_owned))
    };
    let first = wait_for("the transaction to be signed", SOON, hash).await?;
    let second = wait_for("it to be signed again", SOON, async || {
        dear().await?;
        rpc.mine().await?;
        Ok(hash().await?.filter(|now| *now != first))
    })
    .await?;
    dear().await?;
    rpc.every(1).await?;
    done(&world.bob.api, &id).await?;
    ensure!(world.chain.all_cash().await? == CASH + 7, "minted once, not twice");
    let all = world.chain.transactions().await?;
    let mined = |hash: &str| all.iter().any(|sent| sent.hash.to_string() == hash);
    ensure!(!mined(&first), "the first version was mined although gas cost more than it paid");
    let last = hash().await?.context("no hash")?;
    ensure!(mined(&last), "{last} is shown, and not in the chain (the first replacement was {second})");
    Ok(())
}

/// A transaction is signed again with higher fees, and then a miner takes the first version of it: the application
/// finds its mint, under the id that it was given.
async fn what_was_replaced_may_be_mined_after_all(world: &mut World) -> Result<()> {
    let rpc = world.anvil.rpc.clone();
    rpc.every(0).await?;
    let base_fee = async |wei: &str| -> Result<()> {
        rpc.call::<Value>("anvil_setNextBlockBaseFeePerGas", json!([wei])).await.map(drop)
    };
    let id = world.bob.api.mint_cash(world.bob.address, 7).await?.id;
    let hash = async || -> Result<Option<String>> {
        let told = world.bob.api.transaction(&id).await?;
        Ok(told["hash"].as_str().map(str::to_owned))
    };
    let first = wait_for("the transaction to be signed", SOON, hash).await?;
    let raw = wait_for("the chain to have it", SOON, async || {
        rpc.call::<Option<String>>("eth_getRawTransactionByHash", json!([first])).await
    })
    .await?;
    // More than the node may ever pay, so that no version of it is mined before the test says so.
    wait_for("it to be signed again", SOON, async || {
        base_fee("0x38d7ea4c68000").await?;
        rpc.mine().await?;
        Ok(hash().await?.filter(|now| *now != first))
    })
    .await?;

    world.bob.kill();
    rpc.call::<Value>("anvil_dropAllTransactions", json!([])).await?;
    base_fee("0x1").await?;
    rpc.call::<Value>("eth_sendRawTransaction", json!([raw])).await?;
    rpc.mine().await?;
    ensure!(world.chain.all_cash().await? == CASH + 7, "the first version was not mined");
    rpc.every(1).await?;
    world.bob.start().await?;

    done(&world.bob.api, &id).await?;
    let transaction = world.bob.api.transaction(&id).await?;
    ensure!(transaction["hash"] == first.as_str(), "{transaction} is not the one that was mined, {first}");
    let url = format!("/api/v1/tokens/transfers/{id}");
    let transfer: Value = world.bob.api.get(&url).await?;
    ensure!(transfer["localId"] == id.as_str() && transfer["transaction"] == first.as_str(), "{transfer}");
    ensure!(world.chain.all_cash().await? == CASH + 7, "minted once, not twice");
    Ok(())
}
