//! The composition root: opens everything, joins it, and stops it together.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::http::HeaderValue;
use quittance_api::{Access, Api, Hosts, Limits as ApiLimits, Me};
use quittance_app::App;
use quittance_chain::{
    Chain, Rpc, Wallet,
    wire::{Wire, WireConfig, heads},
};
use quittance_domain::{Block, Result as DomainResult};
use quittance_exchange::{Client, Directory, Identity, Limits, Vault};
use quittance_indexer::{Engine, EngineConfig, Ledger, Progress, patiently};
use quittance_store::{Store, requests};
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Config},
    init::read_secret,
    keys::Keys,
    outbox::Worker,
    ports::{self, Flows, Onlooker, Peers, Shelf, wall},
    signer::wallet,
    telemetry,
};

/// How long what is under way may take once the node is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Brings the database to this version's schema.
pub(crate) async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = Store::open(&config.database_url()).await.context("database.url")?;
    store.migrate().await?;
    eprintln!("the database is up to date");
    Ok(())
}

/// Shows the effective configuration and tries everything that the node needs.
pub(crate) async fn check(config: Config) -> anyhow::Result<()> {
    eprintln!("{}", config.effective()?);
    let wallet = wallet(&config)?;
    let identity = identity(&config)?;
    Keys::open(&config)?;
    origins(&config.api)?;
    let store = Store::open(&config.database_url()).await.context("database.url")?;
    store.close().await;
    let chain = chain(&config).await?;
    let head = wire(&config)?.head().await.map_err(told)?;
    eprintln!("account       {:#x}", wallet.address());
    eprintln!("TLS key       {:#x}", identity.tls_key());
    eprintln!("chain         {}, block {}", chain.deployment().chain_id, head.number);
    eprintln!("all is well");
    Ok(())
}

/// Runs the node until it is told to stop, or a part of it fails.
pub(crate) async fn node(config: Config) -> anyhow::Result<()> {
    telemetry::start(&config.telemetry)?;
    let api_listener = listen(config.api.listen, "api.listen").await?;
    let exchange_listener = listen(config.exchange.listen, "exchange.listen").await?;
    let parts = Parts::open(&config).await?;
    let cancel = CancellationToken::new();
    let mut tasks = Tasks { set: JoinSet::new(), cancel: cancel.clone() };
    tracing::info!(
        name = config.name,
        account = %format_args!("{:#x}", parts.app.us),
        api = %config.api.listen,
        exchange = %config.exchange.listen,
        "node starts",
    );
    if config.api.keys.is_none() {
        tracing::warn!(
            "the API asks nobody who they are: keep it where only friends reach it, or name api.keys"
        );
    }
    parts.start(&config, &mut tasks, api_listener, exchange_listener).await?;
    tasks.until_stopped().await
}

/// The node's parts, opened and not yet running.
struct Parts {
    app: App,
    chain: Chain,
    wallet: Wallet,
    identity: Identity,
    vault: Vault,
    limits: Limits,
}

impl Parts {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let wallet = wallet(config)?;
        let identity = identity(config)?;
        let store = Store::open(&config.database_url()).await.context("database.url")?;
        store.migrate().await.context("cannot bring the database to this version")?;
        let chain = chain(config).await?;
        let limits = Limits {
            document_bytes: config.documents.max_bytes,
            message_bytes: config.exchange.max_message,
            connections: config.exchange.max_connections,
            connections_per_peer: config.exchange.max_connections_per_peer,
            request: config.exchange.request_timeout,
            ..Limits::default()
        };
        let vault = Vault::open(config.path(&config.documents.folder), &limits)?;
        let app = App {
            store,
            deployment: chain.deployment().clone(),
            us: wallet.address(),
            confirmations: config.chain.confirmations,
            chain_head: Arc::new(AtomicU64::new(0)),
            outbox: Arc::new(Notify::new()),
        };
        Ok(Self { app, chain, wallet, identity, vault, limits })
    }

    async fn start(
        self,
        config: &Config,
        tasks: &mut Tasks,
        api: TcpListener,
        exchange: TcpListener,
    ) -> anyhow::Result<()> {
        let Self { app, chain, wallet, identity, vault, limits } = self;
        let cancel = tasks.cancel.clone();
        let flows = Arc::new(Flows { app: app.clone(), parties_changed: AtomicBool::new(true) });
        let (wire, least) = (wire(config)?, config.chain.poll_interval);
        let ledger = Ledger::open(app.store.clone(), &wire, &chain, flows.clone(), least).await;
        let ledger = ledger.map_err(told)?;
        let head = ledger.head();
        let mut engine = Engine::new(wire, ledger, engine_config(config)).await.map_err(told)?;
        if let Some(url) = &config.chain.ws {
            engine = engine.with_heads(heads(url).map_err(told).context("chain")?);
        }
        let progress = engine.progress();
        let directory = Directory::default();

        let chain_head = app.chain_head.clone();
        let keys = Keys::open(config)?;
        let door = router(config, &app, &vault, &identity, &chain, (head.clone(), keys.access()))?;
        tasks.add("the API", serve_api(api, door, cancel.clone()));

        tasks.add("the keys", keys.follow(cancel.clone()));

        let worker = Arc::new(Worker {
            app: app.clone(),
            chain,
            wallet,
            client: Client::new(identity.clone(), limits.clone()),
            vault: vault.clone(),
            config: config.outbox.clone(),
        });
        tasks.add("the outbox", worker.clone().run(head.clone(), cancel.clone()));
        tasks.add("the transactions", worker.follow(head.clone(), cancel.clone()));
        let keep = config.api.keep_idempotency_keys;
        let watch = Watch { flows, directory: directory.clone(), chain_head, keep };
        tasks.add("the watch", watch.run(head, progress, cancel.clone()));

        let handler = Arc::new(Peers(app));
        let stop = cancel.clone();
        tasks.add("the exchange", async move {
            quittance_exchange::serve(exchange, &identity, directory, handler, vault, limits, stop).await
        });
        tasks.add("the mirror", async move { engine.run(cancel).await });
        Ok(())
    }
}

/// The endpoints to read from.
fn wire(config: &Config) -> anyhow::Result<Arc<Wire>> {
    let limits = WireConfig {
        timeout: config.chain.rpc_timeout,
        most_blocks: config.chain.max_range,
        most_at_once: config.chain.max_calls,
        most_bytes: config.chain.max_answer_mib << 20,
    };
    Ok(Arc::new(Wire::new(&config.chain.rpc, limits).map_err(told).context("chain")?))
}

fn engine_config(config: &Config) -> EngineConfig {
    EngineConfig {
        to: None,
        once: false,
        poll_interval: config.chain.poll_interval,
        window: config.chain.window,
        check: config.chain.check,
        in_flight: config.chain.in_flight_mib << 20,
    }
}

fn router(
    config: &Config,
    app: &App,
    vault: &Vault,
    identity: &Identity,
    chain: &Chain,
    (head, access): (watch::Receiver<Option<Block>>, watch::Receiver<Access>),
) -> anyhow::Result<axum::Router> {
    let api = Api {
        app: app.clone(),
        me: Me { name: config.name.clone(), endpoint: config.endpoint(), tls_key: identity.tls_key() },
        documents: Arc::new(Shelf(vault.clone())),
        tokens: Arc::new(Onlooker(chain.clone())),
        clock: wall,
        head,
        confirming: Arc::new(Semaphore::new(config.api.max_confirming)),
        board: Arc::default(),
        listening: Arc::new(Semaphore::new(config.api.max_websockets)),
        hosts: hosts(&config.api),
        origins: origins(&config.api)?,
        access,
        limits: ApiLimits {
            max_body: config.api.max_body,
            request_timeout: config.api.request_timeout,
            max_lag: config.api.max_lag,
            max_in_flight: config.api.max_in_flight,
            max_subscriptions: config.api.max_subscriptions,
            max_pools: config.api.max_pools,
            max_starts: config.api.max_starts_per_websocket,
        },
    };
    Ok(api.router().layer(axum::middleware::from_fn(telemetry::request)))
}

fn origins(api: &config::Api) -> anyhow::Result<Arc<[HeaderValue]>> {
    let origin = |text: &String| {
        let plain = text.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains('/'));
        anyhow::ensure!(plain, "api.cors-origins: `{text}` is no origin, as `https://app.example` is one");
        text.parse().context("api.cors-origins")
    };
    api.cors_origins.iter().map(origin).collect()
}

fn hosts(api: &config::Api) -> Hosts {
    if api.hosts.is_empty() && !api.listen.ip().is_loopback() {
        Hosts::any()
    } else {
        Hosts::only(&api.hosts)
    }
}

async fn serve_api(
    listener: TcpListener,
    router: axum::Router,
    cancel: CancellationToken,
) -> DomainResult<()> {
    let served = axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await;
    served.map_err(quittance_domain::Error::internal)
}

/// What follows the mirror without being a flow.
struct Watch {
    flows: Arc<Flows>,
    directory: Directory,
    chain_head: Arc<AtomicU64>,
    /// How long an idempotency key is remembered.
    keep: Duration,
}

/// Blocks between two looks for idempotency keys that are too old to keep.
const FORGET_EVERY: u64 = 1_000;

impl Watch {
    /// After each block: who may come in, and what the metrics say.
    async fn run(
        self,
        mut head: watch::Receiver<Option<Block>>,
        mut progress: watch::Receiver<Progress>,
        cancel: CancellationToken,
    ) -> DomainResult<()> {
        let mut reorgs = 0;
        loop {
            self.refill().await;
            let seen = *progress.borrow_and_update();
            self.chain_head.store(seen.goal, Ordering::Release);
            if seen.reorgs > reorgs {
                telemetry::reorg(seen.last_depth);
                reorgs = seen.reorgs;
            }
            let block = *head.borrow_and_update();
            if let Some(block) = block
                && let Err(error) = self.count(&block).await
            {
                tracing::warn!(inside = error.inside(), "cannot count: {error}");
            }
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                changed = head.changed() => changed.map_err(quittance_domain::Error::internal)?,
                changed = progress.changed() => changed.map_err(quittance_domain::Error::internal)?,
            }
        }
    }

    async fn count(&self, block: &Block) -> DomainResult<()> {
        let store = &self.flows.app.store;
        if block.number.is_multiple_of(FORGET_EVERY) {
            let before = wall().saturating_sub(u64::try_from(self.keep.as_millis()).unwrap_or(u64::MAX));
            let mut tx = store.begin().await?;
            requests::prune(&mut tx, before).await?;
            tx.commit().await?;
        }
        telemetry::block(store, block, wall()).await
    }

    /// Lets in whoever the registry names, when that may have changed.
    async fn refill(&self) {
        let changed = &self.flows.parties_changed;
        if changed.swap(false, Ordering::AcqRel)
            && let Err(error) = ports::fill(&self.directory, &self.flows.app.store).await
        {
            changed.store(true, Ordering::Release);
            tracing::warn!(inside = error.inside(), "cannot read the registry: {error}");
        }
    }
}

/// What runs. A part that ends before it is told to is a fault, and stops the rest.
struct Tasks {
    set: JoinSet<(&'static str, DomainResult<()>)>,
    cancel: CancellationToken,
}

impl Tasks {
    fn add(&mut self, name: &'static str, task: impl Future<Output = DomainResult<()>> + Send + 'static) {
        self.set.spawn(async move { (name, task.await) });
    }

    async fn until_stopped(mut self) -> anyhow::Result<()> {
        let first = tokio::select! {
            signal = told_to_stop() => { signal?; None }
            ended = self.set.join_next() => ended,
        };
        self.cancel.cancel();
        let result = match first {
            None => Ok(()),
            Some(ended) => Err(fault(ended?)),
        };
        let rest = async {
            while let Some(ended) = self.set.join_next().await {
                if let Ok((name, Err(error))) = ended {
                    tracing::warn!(inside = error.inside(), "{name} ended: {error}");
                }
            }
        };
        if tokio::time::timeout(DRAIN, rest).await.is_err() {
            tracing::warn!("stopped with requests under way; what was acknowledged is stored");
        }
        tracing::info!("node stopped");
        result
    }
}

fn fault((name, ended): (&'static str, DomainResult<()>)) -> anyhow::Error {
    match ended {
        Ok(()) => anyhow::anyhow!("{name} stopped by itself"),
        Err(error) => told(error).context(format!("{name} stopped")),
    }
}

async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupt = tokio::signal::ctrl_c() => Ok(interrupt?),
    }
}

async fn listen(address: std::net::SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{key}: cannot listen on {address}"))
}

/// The deployment's chain.
pub(crate) async fn chain(config: &Config) -> anyhow::Result<Chain> {
    let url = config.chain.rpc.first().cloned().unwrap_or_default();
    let rpc = Rpc { url, timeout: config.chain.rpc_timeout };
    let deployment = config.deployment()?;
    let connect = async || Chain::connect(&rpc, deployment.clone()).await;
    patiently(config.chain.poll_interval, connect).await.map_err(told)
}

fn identity(config: &Config) -> anyhow::Result<Identity> {
    let certificate = config.path(&config.exchange.certificate);
    let certificate = std::fs::read_to_string(&certificate)
        .with_context(|| format!("cannot read {}", certificate.display()))?;
    let key = read_secret(&config.path(&config.exchange.key))?;
    Identity::load(&certificate, &key).context("exchange")
}

/// An error with what is inside it: for whoever runs the node.
pub(crate) fn told(error: quittance_domain::Error) -> anyhow::Error {
    match error.inside() {
        Some(inside) => anyhow::anyhow!("{error} ({inside})"),
        None => anyhow::anyhow!("{error}"),
    }
}
