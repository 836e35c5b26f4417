//! The settings: from flags, or from a file of which every unknown key is refused.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use alloy_json_abi::Event;
use alloy_primitives::Address;
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use quittance_chain::wire::{self, WireConfig};
use quittance_indexer::events::{Contract, Place, Plan};
use quittance_store::tables::check_address;
use serde::Deserialize;

use super::told;

/// Where events come from and go to.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// The chain's JSON-RPC endpoints, each http:// or https://; several share the work.
    #[arg(long, value_name = "URL", num_args = 1..)]
    rpc: Vec<String>,
    /// A WebSocket endpoint that tells new blocks: ws:// or wss://. One among --rpc does too.
    #[arg(long, value_name = "URL")]
    ws: Option<String>,
    /// The database: sqlite://PATH or postgres://…
    #[arg(long, value_name = "URL")]
    db: Option<String>,
    /// The contract's interface: a plain ABI, or a Foundry or Hardhat artifact.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    abi: Option<PathBuf>,
    /// The contract's address; several share the tables.
    #[arg(long, value_name = "ADDRESS", num_args = 1.., conflicts_with = "config")]
    address: Vec<String>,
    /// What the tables' names begin with; the interface's file name, if left out.
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    name: Option<String>,
    /// A file with all of this for several contracts; what is given beside it goes before it.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How logs near the head are checked.
    #[arg(long)]
    check: Option<Check>,
    /// Of which logs a raw row is kept.
    #[arg(long, value_name = "WHICH")]
    raw_logs: Option<RawLogs>,
    /// Blocks known by hash: a deeper reorg stops the mirror.
    #[arg(long, value_name = "N")]
    window: Option<u64>,
    /// How often to look for a new block.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    poll_interval: Option<Duration>,
    /// How long one call may take.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    rpc_timeout: Option<Duration>,
    /// Blocks in a call, at the most. What an endpoint allows is found out.
    #[arg(long, value_name = "N")]
    max_range: Option<u64>,
    /// What is logged, as tracing's filters say it.
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
}

/// How logs near the head are checked.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    /// Only that they say they are of the block.
    None,
    /// All of the block's logs are held against its header's bloom filter.
    #[default]
    Bloom,
    /// All of the block's receipts are held against its header's root; `verify` then reads block by block too.
    ReceiptsRoot,
}

/// Of which logs a raw row is kept.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawLogs {
    /// Of all.
    All,
    /// Of those that have no other: the others' rows give back the log byte for byte.
    #[default]
    Undecoded,
}

/// All settings.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Settings {
    /// The endpoints. They may hold keys, so they are never logged.
    #[serde(default)]
    pub(super) rpc: Vec<String>,
    /// The endpoint that tells new blocks.
    #[serde(default)]
    pub(super) ws: Option<String>,
    /// The database.
    #[serde(default)]
    pub(super) db: String,
    #[serde(default)]
    check: Check,
    #[serde(default)]
    raw_logs: RawLogs,
    /// Blocks known by hash.
    #[serde(default = "number::<256>")]
    pub(super) window: u64,
    /// How often to look for a new block.
    #[serde(default = "millis::<200>", with = "humantime_serde")]
    pub(super) poll_interval: Duration,
    /// How long one call may take.
    #[serde(default = "millis::<30_000>", with = "humantime_serde")]
    rpc_timeout: Duration,
    /// Blocks in a call, at the most.
    #[serde(default = "number::<100_000>")]
    max_range: u64,
    /// Calls at once, at the most.
    #[serde(default = "number::<32>")]
    max_calls: u64,
    /// Bytes in an answer, in MiB.
    #[serde(default = "size::<32>")]
    max_answer_mib: usize,
    /// Bytes of answers under way or waiting for the database, in MiB.
    #[serde(default = "size::<32>")]
    pub(super) in_flight_mib: usize,
    /// Where queries are answered.
    #[serde(default)]
    pub(super) http: Option<SocketAddr>,
    /// What is logged.
    #[serde(default = "info")]
    pub(super) log: String,
    #[serde(default)]
    contract: Vec<Entry>,
    /// The folder that relative paths start from: the file's own.
    #[serde(skip)]
    folder: PathBuf,
}

/// A contract in the file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    address: Option<Address>,
    #[serde(default)]
    addresses: Vec<Address>,
    factory: Option<Factory>,
    abi: PathBuf,
    #[serde(default)]
    start_block: u64,
    #[serde(default)]
    events: Vec<String>,
}

/// Where contracts come from that are not known yet.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Factory {
    address: Address,
    /// The event's signature, with its arguments' names.
    event: String,
    /// The argument that has the new contract's address.
    argument: String,
}

fn number<const N: u64>() -> u64 {
    N
}

fn size<const N: usize>() -> usize {
    N
}

fn millis<const N: u64>() -> Duration {
    Duration::from_millis(N)
}

fn info() -> String {
    "info".to_owned()
}

impl Source {
    /// The settings, with the contract's first block where it comes from a flag.
    pub(super) fn settings(self, from: Option<u64>) -> Result<Settings> {
        let from_file = self.config.is_some();
        let entry = (!from_file).then(|| self.entry(from)).transpose()?;
        let mut settings = self.place()?;
        if let Some(entry) = entry {
            settings.contract.push(entry);
        }
        ensure!(!settings.rpc.is_empty(), "rpc: name an endpoint with --rpc");
        ensure!(settings.window > 0, "window: must be at least 1");
        ensure!(settings.in_flight_mib > 0, "in-flight-mib: must be at least 1");
        Ok(settings)
    }

    /// The settings without the contracts of flags.
    pub(super) fn place(&self) -> Result<Settings> {
        let mut settings = match &self.config {
            Some(path) => Settings::load(path)?,
            None => toml::from_str("").context("the defaults")?,
        };
        if !self.rpc.is_empty() {
            settings.rpc.clone_from(&self.rpc);
        }
        settings.db = self.db.clone().unwrap_or(settings.db);
        settings.check = self.check.unwrap_or(settings.check);
        settings.raw_logs = self.raw_logs.unwrap_or(settings.raw_logs);
        settings.window = self.window.unwrap_or(settings.window);
        settings.poll_interval = self.poll_interval.unwrap_or(settings.poll_interval);
        settings.rpc_timeout = self.rpc_timeout.unwrap_or(settings.rpc_timeout);
        settings.max_range = self.max_range.unwrap_or(settings.max_range);
        settings.log = self.log.clone().unwrap_or(settings.log);
        settings.ws = self.ws.clone().or(settings.ws);
        let secrets = settings.rpc.iter_mut().chain(settings.ws.as_mut()).chain([&mut settings.db]);
        for secret in secrets {
            *secret = outside(secret)?;
        }
        let sockets =
            settings.rpc.extract_if(.., |url| url.starts_with("ws://") || url.starts_with("wss://"));
        let socket = sockets.last();
        settings.ws = settings.ws.or(socket);
        ensure!(!settings.db.is_empty(), "db: name a database with --db");
        check_address(&settings.db).map_err(told)?;
        Ok(settings)
    }

    /// The one contract that the flags name.
    fn entry(&self, from: Option<u64>) -> Result<Entry> {
        let Some(abi) = self.abi.clone() else {
            bail!("abi: name the contract's interface with --abi, or a file with --config")
        };
        let address = |text: &String| text.parse().with_context(|| format!("address: {text} is none"));
        let addresses: Vec<Address> = self.address.iter().map(address).collect::<Result<_>>()?;
        ensure!(!addresses.is_empty(), "address: name the contract's with --address");
        let (name, start_block) = (self.name.clone(), from.unwrap_or_default());
        Ok(Entry { name, address: None, addresses, factory: None, abi, start_block, events: vec![] })
    }
}

impl Settings {
    fn load(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("config: cannot read {}", path.display()))?;
        let mut settings: Self =
            toml::from_str(&text).with_context(|| format!("config: {}", path.display()))?;
        settings.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(settings)
    }

    /// What is mirrored.
    pub(super) fn plan(&self) -> Result<Plan> {
        let contracts = self.contract.iter().map(|entry| entry.contract(&self.folder));
        Plan::new(contracts.collect::<Result<_>>()?, self.raw_logs == RawLogs::All).map_err(told)
    }

    pub(super) const fn wire(&self) -> WireConfig {
        WireConfig {
            timeout: self.rpc_timeout,
            most_blocks: self.max_range,
            most_at_once: self.max_calls,
            most_bytes: self.max_answer_mib << 20,
        }
    }

    pub(super) const fn check(&self) -> wire::Check {
        match self.check {
            Check::None => wire::Check::None,
            Check::Bloom => wire::Check::Bloom,
            Check::ReceiptsRoot => wire::Check::ReceiptsRoot,
        }
    }
}

impl Entry {
    fn contract(&self, folder: &Path) -> Result<Contract> {
        let path = folder.join(&self.abi);
        let json =
            fs::read(&path).with_context(|| format!("contract.abi: cannot read {}", path.display()))?;
        let events = Contract::events_of(&json).map_err(told).with_context(|| path.display().to_string())?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = self.name.clone().unwrap_or_else(|| Plan::table_prefix(&stem));
        let place = match (&self.factory, self.address, self.addresses.as_slice()) {
            (None, Some(address), []) => Place::At(vec![address]),
            (None, None, addresses) => Place::At(addresses.to_vec()),
            (Some(factory), None, []) => factory.place(&name)?,
            _ => bail!("contract.address: {name}: either address, or addresses, or factory"),
        };
        Ok(Contract { name, place, events, wanted: self.events.clone(), start_block: self.start_block })
    }
}

impl Factory {
    fn place(&self, contract: &str) -> Result<Place> {
        let event = Event::parse(&self.event)
            .with_context(|| format!("contract.factory.event: {contract}: {} is no event", self.event))?;
        let argument =
            event.inputs.iter().position(|input| input.name == self.argument && input.ty == "address");
        let argument = argument.with_context(|| {
            format!(
                "contract.factory.argument: {contract}: the event has no address called {}",
                self.argument
            )
        })?;
        Ok(Place::MadeBy { factories: vec![self.address], event: Box::new(event), argument })
    }
}

/// A value that is kept outside of the file: `%NAME` is the environment's.
#[expect(clippy::disallowed_methods, reason = "here is where this program's configuration is read")]
fn outside(text: &str) -> Result<String> {
    match text.strip_prefix('%') {
        Some(name) => std::env::var(name).with_context(|| format!("{name} is not in the environment")),
        None => Ok(text.to_owned()),
    }
}
