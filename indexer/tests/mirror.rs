//! The mirror beside a real chain: whatever it went through, it ends with what a fresh one would have.

use std::{path::Path, sync::Arc, time::Duration};

use alloy::{
    primitives::{Address, B256, Bytes, U256, hex},
    sol,
    sol_types::SolCall,
};
use anyhow::{Context, Result, ensure};
use quittance_chain::{
    Chain, Rpc,
    wire::{Wire, WireConfig},
};
use quittance_domain::{Block, Kind, party::Party, settlement::Deployment};
use quittance_indexer::{Engine, EngineConfig, Ledger, NoSink, Progress};
use quittance_store::{
    Position, Store, blocks,
    events::{self, StoredEvent},
    parties,
    tokens::{self, Balance, BalanceFilter, Transfer, TransferFilter},
};
use quittance_stories::{Anvil, deploy, ports, postgres::Postgres, wait::SOON, wait_for};
use serde_json::json;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

sol! {
    interface Contracts {
        function mint(address to, uint256 amount);
        function transfer(address to, uint256 amount);
        function approveWithData(address spender, uint256 amount, bytes data);
        function register(string name, string endpoint, bytes32 tlsKey);
        function remove();
    }
}

/// How many blocks are kept, and how deep a reorg may therefore go.
const WINDOW: u64 = 8;

/// A chain whose blocks come when the test says so, with unlocked accounts.
struct World {
    anvil: Anvil,
    deployment: Deployment,
    accounts: Vec<Address>,
}

impl World {
    async fn start(dir: &Path) -> Result<Self> {
        let anvil = Anvil::start(dir, ports::free()?).await?;
        let accounts: Vec<Address> = anvil.rpc.call("eth_accounts", json!([])).await?;
        let issuer = accounts[0];
        let rpc = anvil.rpc.url().to_owned();
        deploy::deploy(&deploy::Plan {
            rpc: &rpc,
            cash_issuer: issuer,
            deed_issuer: issuer,
            record: dir,
            notes: dir,
        })
        .await?;
        anvil.rpc.every(0).await?;
        let deployment = serde_json::from_slice(&std::fs::read(dir.join("31337.json"))?)?;
        Ok(Self { anvil, deployment, accounts })
    }

    async fn send(&self, from: usize, to: Address, call: impl SolCall) -> Result<()> {
        let data = hex::encode_prefixed(call.abi_encode());
        let transaction = json!([{"from": self.accounts[from], "to": to, "data": data, "gas": "0x7a120"}]);
        let _hash: B256 = self.anvil.rpc.call("eth_sendTransaction", transaction).await?;
        Ok(())
    }

    /// A block with money made and moved, a party coming or going, and an event that nobody here knows.
    async fn block(&self, n: u64) -> Result<()> {
        let (cash, registry) = (self.deployment.contracts.cash, self.deployment.contracts.party_registry);
        let (to, amount) = (self.accounts[1], U256::from(n + 2));
        self.send(0, cash, Contracts::mintCall { to, amount }).await?;
        let to = self.accounts[2];
        self.send(1, cash, Contracts::transferCall { to, amount: U256::from(n / 2) }).await?;
        let data = Bytes::from_static(b"attached");
        self.send(1, cash, Contracts::approveWithDataCall { spender: to, amount, data }).await?;
        if n % 3 == 2 {
            self.send(2, registry, Contracts::removeCall {}).await?;
        } else {
            let name = format!("party-{n}");
            let call =
                Contracts::registerCall { endpoint: format!("https://{name}"), name, tlsKey: amount.into() };
            self.send(2, registry, call).await?;
        }
        self.anvil.rpc.mine().await
    }

    async fn chain(&self) -> Result<Chain> {
        let rpc = Rpc { url: self.anvil.rpc.url().to_owned(), timeout: Duration::from_secs(10) };
        Ok(Chain::connect(&rpc, self.deployment.clone()).await?)
    }

    fn wire(&self) -> Result<Arc<Wire>> {
        let limits = WireConfig { most_blocks: 7, ..WireConfig::default() };
        Ok(Arc::new(Wire::new(&[self.anvil.rpc.url().to_owned()], limits)?))
    }

    async fn mirror(&self, url: &str) -> Result<Running> {
        let store = Store::open(url).await?;
        store.migrate().await?;
        let poll_interval = Duration::from_millis(20);
        let config = EngineConfig {
            to: None,
            once: false,
            poll_interval,
            window: WINDOW,
            check: quittance_chain::wire::Check::Bloom,
            in_flight: 1 << 20,
        };
        let (wire, chain) = (self.wire()?, self.chain().await?);
        let ledger = Ledger::open(store.clone(), &wire, &chain, Arc::new(NoSink), poll_interval).await?;
        let (head, cancel) = (ledger.head(), CancellationToken::new());
        let engine = Engine::new(wire, ledger, config).await?;
        let progress = engine.progress();
        let task = tokio::spawn(engine.run(cancel.clone()));
        Ok(Running { store, head, progress, cancel, task })
    }

    /// What a mirror that never saw anything else has.
    async fn fresh(&self, dir: &Path, name: &str) -> Result<Contents> {
        let mirror = self.mirror(&format!("sqlite:{}", dir.join(name).display())).await?;
        let contents = mirror.caught_up(self).await?;
        mirror.stop().await?;
        Ok(contents)
    }
}

struct Running {
    store: Store,
    head: watch::Receiver<Option<Block>>,
    progress: watch::Receiver<Progress>,
    cancel: CancellationToken,
    task: JoinHandle<quittance_domain::Result<()>>,
}

#[derive(Debug, PartialEq)]
struct Contents {
    tail: Option<Block>,
    events: Vec<StoredEvent>,
    unknown: u64,
    parties: Vec<Party>,
    balances: Vec<Balance>,
    transfers: Vec<Transfer>,
}

impl Running {
    /// What it has once it is where the chain is.
    async fn caught_up(&self, world: &World) -> Result<Contents> {
        let head = Block::from(&world.wire()?.head().await?);
        wait_for("the mirror to catch up", SOON, async || {
            ensure!(!self.task.is_finished(), "the mirror stopped");
            Ok((*self.head.borrow() == Some(head)).then_some(()))
        })
        .await?;
        let tx = &mut self.store.read().await?;
        Ok(Contents {
            tail: blocks::tail(tx).await?,
            events: events::since(tx, Position { block_number: 0, log_index: 0 }, 10_000).await?,
            unknown: events::count_unknown(tx).await?,
            parties: parties::all(tx, 100).await?,
            balances: tokens::balances(tx, BalanceFilter::default(), None, 100).await?.items,
            transfers: tokens::transfers(tx, TransferFilter::default(), None, 10_000).await?.items,
        })
    }

    async fn stop(self) -> Result<()> {
        self.cancel.cancel();
        Ok(self.task.await??)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_saw_reorgs_has_what_a_fresh_one_has() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let world = World::start(dir.path()).await?;
    // Longer than the window and no multiple of the range, so that there is something to catch up with.
    for n in 0..40 {
        world.block(n).await?;
    }
    let sqlite = format!("sqlite:{}", dir.path().join("mirror.db").display());
    let postgres = Postgres::shared()?.database("mirror")?;
    let mut mirrors = vec![world.mirror(&sqlite).await?, world.mirror(&postgres).await?];
    for (n, depth) in [(100, 1), (200, 3), (300, WINDOW)] {
        for n in n..n + 10 {
            world.block(n).await?;
        }
        let before = mirrors[0].caught_up(&world).await?;
        ensure!(before.events.len() > 100 && before.unknown > 0 && before.balances.len() > 1);
        ensure!(before == mirrors[1].caught_up(&world).await?, "the two databases differ");

        world.anvil.rpc.reorg(depth).await?;
        let fresh = world.fresh(dir.path(), &format!("{n}.db")).await?;
        ensure!(fresh.transfers.len() < before.transfers.len(), "the reorg took nothing back");
        for mirror in &mirrors {
            assert_eq!(mirror.caught_up(&world).await?, fresh, "after a reorg of {depth}");
            assert_eq!(mirror.progress.borrow().last_depth, depth);
        }
    }
    // What happened while it was away is no different from what it saw.
    let away = mirrors.remove(0);
    away.stop().await?;
    world.block(400).await?;
    world.anvil.rpc.reorg(4).await?;
    world.block(401).await?;
    let back = world.mirror(&sqlite).await?;
    assert_eq!(back.caught_up(&world).await?, world.fresh(dir.path(), "400.db").await?);
    back.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reorg_deeper_than_the_window_stops_the_mirror() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let world = World::start(dir.path()).await?;
    for n in 0..30 {
        world.block(n).await?;
    }
    let mirror = world.mirror(&format!("sqlite:{}", dir.path().join("mirror.db").display())).await?;
    let before = mirror.caught_up(&world).await?;
    world.anvil.rpc.reorg(WINDOW + 2).await?;
    let stopped = wait_for("the mirror to stop", SOON, async || Ok(mirror.task.is_finished().then_some(())));
    stopped.await?;
    let error = mirror.task.await?.err().context("the mirror went on")?;
    ensure!(error.kind() == Kind::Conflict && error.field_name() == Some("window"));
    let tail = blocks::tail(&mut mirror.store.read().await?).await?;
    ensure!(tail == before.tail, "nothing is guessed: the database is as it was");
    Ok(())
}
