//! An endpoint that misbehaves in every way that was ever seen, and a program that is killed at any moment.

use std::time::Duration;

use anyhow::{Result, ensure};
use quittance_stories::{
    faulty::{Fault, Faulty},
    wait::SOON,
    wait_for,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::time::sleep;

use crate::world::World;

/// The seed of all faults.
const SEED: u64 = 20_261_123;

/// Of a thousand requests, so many meet a fault.
const FAULTS: u32 = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_and_nothing_doubled_behind_a_hostile_endpoint() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..80).await?;
    for db in world.databases()? {
        let proxy = Faulty::start(world.rpc().url(), SEED, FAULTS, 0).await?;
        let mut mirror = world.follow(proxy.url(), &db, &["--window", "40", "--rpc-timeout", "1s"])?;
        for round in 0..8 {
            world.blocks(round..round + 5).await?;
            world.rpc().reorg(1 + round % 4).await?;
            world.blocks(3..5).await?;
        }
        world.caught_up(&db, &mut mirror).await?;
        drop(mirror);
        assert_eq!(world.differences(&db).await?, 0, "{db}");
        let (requests, faults) = proxy.counts();
        ensure!(faults.len() > 6, "too few kinds of faults were met: {faults:?} in {requests} requests");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_left_out_beside_one_like_it_is_missed_by_the_receipts() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..6).await?;
    world.twins().await?;
    world.blocks(0..6).await?;
    let twins = &[(Fault::MissingTwin, 1)];
    let proxy = Faulty::with(world.rpc().url(), SEED, 1000, 0, twins).await?;
    let (blooms, receipts) = (world.sqlite("blooms.db"), world.sqlite("receipts.db"));
    // Both logs set the same bits, so that the filter is full without the second one.
    let mut mirror = world.follow(proxy.url(), &blooms, &[])?;
    world.caught_up(&blooms, &mut mirror).await?;
    assert_eq!(world.differences(&blooms).await?, 1);
    drop(mirror);
    let mut mirror = world.follow(proxy.url(), &receipts, &["--check", "receipts-root"])?;
    let refused = wait_for("the receipts to be refused", SOON, async || {
        ensure!(mirror.status()?.is_none(), "it ended: {}", mirror.tail());
        Ok(mirror.tail().contains("do not come to its root").then_some(()))
    });
    refused.await?;
    let status = world.status(&receipts).await?;
    ensure!(status["block"]["number"].as_u64() < Some(world.rpc().head().await?), "{status}");
    proxy.calm();
    world.caught_up(&receipts, &mut mirror).await?;
    assert_eq!(world.differences(&receipts).await?, 0);
    // The same, of what is stored: the honest node proves the first database wrong and the second right.
    let verified = async |db: &str| -> Result<bool> {
        let command = world.command(db, &["verify", "--check", "receipts-root"]).output().await?;
        Ok(command.status.success())
    };
    ensure!(!verified(&blooms).await? && verified(&receipts).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_and_doubles_nothing() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..120).await?;
    let mut dice = StdRng::seed_from_u64(SEED);
    let url = world.rpc().url().to_owned();
    for db in world.databases()? {
        for n in 0..12 {
            let mut mirror = world.follow(&url, &db, &["--max-range", "4"])?;
            sleep(Duration::from_millis(dice.random_range(0..250))).await;
            mirror.kill();
            world.blocks(n % 4..n % 4 + 1).await?;
            if n % 3 == 0 {
                world.rpc().reorg(2).await?;
            }
        }
        world.once(&db).await?;
        assert_eq!(world.differences(&db).await?, 0, "{db}");
        let status = world.status(&db).await?;
        ensure!(status["block"]["number"].as_u64() == Some(world.rpc().head().await?), "{status}");
    }
    Ok(())
}
