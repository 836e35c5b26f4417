//! The stage: a chain, the contracts, and two nodes that know each other.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use quittance_stories::{
    Anvil, Node,
    deploy::{self, Deployment},
    node, ports, tools,
    world::introduce,
};
use serde_json::json;

use crate::{Options, progress::step};

/// Gas money for each party, in wei.
const GAS: u128 = 100_000_000_000_000_000_000;
/// What the chain, two databases and the tools' notes may need, in bytes.
const ROOM: u64 = 256 << 20;
/// Marks a folder as the demo's own, and is locked while one runs in it.
const LOCK: &str = "lock";

/// Everything that runs. What is still running when it is dropped is killed.
pub(crate) struct Stage {
    pub(crate) alice: Node,
    pub(crate) bob: Node,
    pub(crate) anvil: Anvil,
    pub(crate) deployment: Deployment,
    pub(crate) dir: PathBuf,
    record: Record,
    _lock: File,
}

/// Removes the record of where everything is when nothing is there any more.
struct Record(PathBuf);

impl Drop for Record {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

impl Stage {
    /// Sets it up.
    pub(crate) async fn set_up(options: &Options, ground: Ground) -> Result<Self> {
        let Ground { dir, lock } = ground;
        let nodes = [("alice", options.alice_port), ("bob", options.bob_port)];
        let deployments = folder(options.deployments.as_ref(), "deployments")?;
        let record = deployments.join("31337.json");

        step("compiling the contracts", deploy::build()).await?;
        let chain = dir.join("chain");
        let anvil = step("starting a chain", Anvil::start(&chain, options.chain_port)).await?;
        let mut made = Vec::new();
        for (name, port) in nodes {
            let plan = node::Plan {
                name,
                dir: &dir.join(name),
                rpc: anvil.rpc.url(),
                deployment: &record,
                ports: [port, port + 1, port + 2],
                database: None,
            };
            let node = Node::init(&plan).await?;
            anvil.rpc.set_balance(node.address, GAS).await?;
            made.push(node);
        }
        let [alice, bob] = <[Node; 2]>::try_from(made).map_err(|_| anyhow::anyhow!("not two nodes"))?;
        let plan = deploy::Plan {
            rpc: anvil.rpc.url(),
            cash_issuer: bob.address,
            deed_issuer: alice.address,
            record: &deployments,
            notes: &dir.join("forge"),
        };
        let deployment = step("deploying the contracts", deploy::deploy(&plan)).await?;
        let at = Record(dir.join("demo.json"));
        let mut stage = Self { alice, bob, anvil, deployment, dir, record: at, _lock: lock };
        step("starting Alice's node and Bob's", stage.start()).await?;
        step("the parties find each other in the registry", introduce(&stage.alice, &stage.bob)).await?;
        stage.write_record(&record)?;
        Ok(stage)
    }

    async fn start(&mut self) -> Result<()> {
        self.alice.launch()?;
        self.bob.launch()?;
        self.alice.ready().await?;
        self.bob.ready().await
    }

    /// Says where everything is, for other programs.
    fn write_record(&self, deployment: &Path) -> Result<()> {
        let node = |node: &Node| {
            json!({
                "name": node.name,
                "api": node.api.root(),
                "metrics": node.metrics,
                "database": node.database,
                "did": node.did,
                "address": node.address,
            })
        };
        let record = json!({
            "rpc": self.anvil.rpc.url(),
            "chainId": self.deployment.chain_id,
            "deployments": deployment,
            "nodes": [node(&self.alice), node(&self.bob)],
        });
        // Whoever waits for the file must never read half of it.
        let part = self.record.0.with_extension("part");
        fs::write(&part, format!("{record:#}\n")).and_then(|()| fs::rename(&part, &self.record.0))?;
        Ok(())
    }

    /// Stops everything in order.
    pub(crate) async fn tear_down(mut self) -> Result<()> {
        let stopped = [self.alice.stop().await, self.bob.stop().await];
        self.anvil.process().kill();
        stopped.into_iter().collect()
    }
}

/// A folder of our own, and all that could be known to be missing looked at.
pub(crate) struct Ground {
    dir: PathBuf,
    lock: File,
}

impl Ground {
    /// Makes sure that the stage can be set up for a document of this many bytes.
    pub(crate) fn prepare(options: &Options, document: u64) -> Result<Self> {
        for tool in ["forge", "anvil"] {
            tools::foundry(tool)?;
        }
        tools::quittance()?;
        check_ports(options)?;
        let (dir, lock) = own_folder(&folder(options.dir.as_ref(), ".demo")?)?;
        check_room(&dir, document)?;
        Ok(Self { dir, lock })
    }
}

/// The folder that was asked for, or the one of this name in the repository.
fn folder(asked: Option<&PathBuf>, name: &str) -> Result<PathBuf> {
    match asked {
        Some(asked) => Ok(std::path::absolute(asked)?),
        None => Ok(tools::repository()?.join(name)),
    }
}

fn check_ports(options: &Options) -> Result<()> {
    let node =
        |first: u16, flag| [first, first.saturating_add(1), first.saturating_add(2)].map(|port| (port, flag));
    let mut all = vec![(options.chain_port, "--chain-port")];
    all.extend(node(options.alice_port, "--alice-port"));
    all.extend(node(options.bob_port, "--bob-port"));
    for (index, (port, flag)) in all.iter().enumerate() {
        ensure!(
            ports::is_free(*port),
            "port {port} is taken: stop what listens there, or choose another with {flag}"
        );
        let clash = all.iter().take(index).find(|(other, _)| other == port);
        ensure!(clash.is_none(), "port {port} is asked for twice: choose another with {flag}");
    }
    Ok(())
}

/// Empties the demo's folder, and keeps other demos out of it. A folder of somebody else's is left alone.
fn own_folder(dir: &Path) -> Result<(PathBuf, File)> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let dir = fs::canonicalize(dir)?;
    let shown = dir.display();
    let names = fs::read_dir(&dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let path = dir.join(LOCK);
    ensure!(
        names.is_empty() || names.contains(&path),
        "{shown} has other things in it: choose another with --dir"
    );
    let lock = File::create(&path).with_context(|| format!("cannot write in {shown}"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!("a demo is running in {shown}: stop it, or choose another with --dir")
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    for old in names.iter().filter(|name| **name != path) {
        let removed = if old.is_dir() { fs::remove_dir_all(old) } else { fs::remove_file(old) };
        removed.with_context(|| format!("cannot remove {}", old.display()))?;
    }
    Ok((dir, lock))
}

/// A disk that would fill up on the way is told of at the start. The document is there four times: the
/// original, Alice's two copies for two deals, and Bob's.
fn check_room(dir: &Path, document: u64) -> Result<()> {
    let disk = rustix::fs::statvfs(dir)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed = ROOM + document.saturating_mul(5);
    let [free, needed] = [free, needed].map(|bytes| bytes >> 20);
    ensure!(free >= needed, "the disk of {} is full: {free} MB are free, {needed} are needed", dir.display());
    Ok(())
}
