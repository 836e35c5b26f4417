//! The configuration: one TOML file, read and checked once. Unknown keys are refused, so that a misspelt one
//! is not silently the default.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use quittance_chain::wire::Check;
use quittance_domain::settlement::Deployment;
use serde::{Deserialize, Serialize};

/// A node's configuration.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Config {
    /// The name under which the party registers.
    pub(crate) name: String,
    pub(crate) chain: Chain,
    #[serde(default)]
    pub(crate) signer: Signer,
    #[serde(default)]
    pub(crate) database: Database,
    #[serde(default)]
    pub(crate) documents: Documents,
    #[serde(default)]
    pub(crate) api: Api,
    #[serde(default)]
    pub(crate) exchange: Exchange,
    #[serde(default)]
    pub(crate) outbox: Outbox,
    #[serde(default)]
    pub(crate) telemetry: Telemetry,
    /// The folder that relative paths start from: the configuration file's own.
    #[serde(skip)]
    folder: PathBuf,
}

/// The chain and how it is followed.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Chain {
    /// The JSON-RPC endpoints, each http:// or https://: several share the reading, the first is sent what is
    /// signed. They may hold API keys, so they are never logged.
    pub(crate) rpc: Vec<String>,
    /// A WebSocket endpoint that tells new blocks, ws:// or wss://. Without it, or while it is away, they are asked
    /// for.
    pub(crate) ws: Option<String>,
    /// The file with the contracts' addresses.
    pub(crate) deployment: PathBuf,
    /// For one call of the endpoint.
    #[serde(default = "secs::<10>", with = "humantime_serde")]
    pub(crate) rpc_timeout: Duration,
    /// What logs near the head are held against: `none`, their block's `bloom` filter or its `receipts-root`.
    #[serde(default)]
    pub(crate) check: Check,
    /// How deep a fact must be before anything is done because of it.
    #[serde(default)]
    pub(crate) confirmations: u64,
    /// How often to look for a new block.
    #[serde(default = "millis::<200>", with = "humantime_serde")]
    pub(crate) poll_interval: Duration,
    /// Blocks known by hash: a deeper reorg stops the node.
    #[serde(default = "number::<256>")]
    pub(crate) window: u64,
    /// Blocks in a call, at the most. What an endpoint allows is found out.
    #[serde(default = "number::<100_000>")]
    pub(crate) max_range: u64,
    /// Calls at once, at the most.
    #[serde(default = "number::<32>")]
    pub(crate) max_calls: u64,
    /// Bytes in an answer, in MiB.
    #[serde(default = "size::<32>")]
    pub(crate) max_answer_mib: usize,
    /// Bytes of answers under way or waiting for the database, in MiB.
    #[serde(default = "size::<32>")]
    pub(crate) in_flight_mib: usize,
}

/// The party's key.
/// One of them at most; `key-file = "party.key"` if none. Files must be readable by their owner alone.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Signer {
    /// A file with the private key in hexadecimal.
    pub(crate) key_file: Option<PathBuf>,
    /// The environment variable with the private key in hexadecimal: for development.
    pub(crate) key_env: Option<String>,
    /// A file with the encrypted key, as Web3 Secret Storage version 3 has it.
    pub(crate) keystore: Option<PathBuf>,
    /// The file with the keystore's password.
    pub(crate) password_file: Option<PathBuf>,
    /// A file with the words of a mnemonic.
    pub(crate) mnemonic_file: Option<PathBuf>,
    /// Which account of the mnemonic.
    pub(crate) account: u32,
}

/// Where rows are kept.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Database {
    /// `sqlite://file` or `postgres://…`.
    pub(crate) url: String,
}

/// Where documents are kept.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Documents {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The largest document, in bytes.
    pub(crate) max_bytes: u64,
}

/// The HTTP API for applications.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Api {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// The file with what is known of the keys that applications show, as `quittance key` makes it. Without one nobody is
    /// asked who they are, and the node listens on loopback only.
    pub(crate) keys: Option<PathBuf>,
    /// Listen elsewhere without keys all the same: behind something that asks.
    pub(crate) open: bool,
    /// The origins whose pages may ask, `https://app.example` for example; this node's own are not listed.
    pub(crate) cors_origins: Vec<String>,
    /// The names by which it is asked, besides addresses and `localhost`. If none are listed, and it does not listen on
    /// loopback only, it answers to all.
    pub(crate) hosts: Vec<String>,
    /// Bytes in a JSON body.
    pub(crate) max_body: usize,
    /// The time to answer anything but an upload or a download.
    #[serde(with = "humantime_serde")]
    pub(crate) request_timeout: Duration,
    /// Requests served at once; more wait.
    pub(crate) max_in_flight: usize,
    /// How many of them may wait until the chain has what they asked for (`confirm=true`); more are refused.
    pub(crate) max_confirming: usize,
    /// Connections that listen to events.
    pub(crate) max_websockets: usize,
    /// What one of them may listen to.
    pub(crate) max_starts_per_websocket: usize,
    /// Subscriptions that are kept.
    pub(crate) max_subscriptions: u64,
    /// Pools of tokens, besides those of the deployment.
    pub(crate) max_pools: u64,
    /// How long an idempotency key is remembered.
    #[serde(with = "humantime_serde")]
    pub(crate) keep_idempotency_keys: Duration,
    /// More blocks than this behind the chain, the node says that it is not ready.
    pub(crate) max_lag: u64,
}

/// The private exchange with other parties.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Exchange {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// What other parties are told to connect to; `https://` and the listening address if unsaid.
    pub(crate) endpoint: Option<String>,
    /// The TLS certificate.
    pub(crate) certificate: PathBuf,
    /// Its key, readable by its owner alone.
    pub(crate) key: PathBuf,
    /// Bytes in a message.
    pub(crate) max_message: usize,
    /// Connections in all.
    pub(crate) max_connections: usize,
    /// Connections of one party.
    pub(crate) max_connections_per_peer: usize,
    /// For one request.
    #[serde(with = "humantime_serde")]
    pub(crate) request_timeout: Duration,
}

/// How what was asked for is done.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Outbox {
    /// How often something is tried that the chain refuses and that no settlement depends on. What one does
    /// depend on is tried until its time is over.
    pub(crate) max_attempts: u64,
    /// The wait after a first failure; it doubles with each.
    #[serde(with = "humantime_serde")]
    pub(crate) first_wait: Duration,
    /// The longest wait.
    #[serde(with = "humantime_serde")]
    pub(crate) longest_wait: Duration,
    /// Rows taken from the outbox for one receiver at once.
    pub(crate) batch: u32,
    /// Transactions sent and not mined yet. Endpoints have limits of their own: geth's pool keeps 64 of an
    /// account that do not follow on each other, and 5,120 of all that do.
    pub(crate) in_flight: u32,
    /// Requests to the endpoint under way at once for transactions.
    pub(crate) at_once: usize,
    /// Calls in one of them: 1 for an endpoint that takes no lists.
    pub(crate) calls_per_request: usize,
    /// Gas for one transaction.
    pub(crate) max_gas: u64,
    /// What a unit of gas may cost, in gwei. What waits for gas to become cheaper than this, waits.
    pub(crate) max_fee_gwei: u64,
    /// A transaction that has waited for so many blocks is signed again with higher fees.
    pub(crate) raise_after: u64,
}

/// What the node tells about itself.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Telemetry {
    /// Where Prometheus metrics are served.
    pub(crate) metrics_listen: SocketAddr,
    /// What is logged, as `level` or `target=level,…`.
    pub(crate) log: String,
    /// `text` or `json`.
    pub(crate) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Signer {
    /// The same, with the file that `init` makes where no other place is named.
    pub(crate) fn or_usual(mut self) -> Self {
        let Self { key_file, key_env, keystore, mnemonic_file, .. } = &self;
        if key_file.is_none() && key_env.is_none() && keystore.is_none() && mnemonic_file.is_none() {
            self.key_file = Some("party.key".into());
        }
        self
    }
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://quittance.db".into() }
    }
}

impl Default for Documents {
    fn default() -> Self {
        Self { folder: "documents".into(), max_bytes: 1 << 30 }
    }
}

impl Default for Api {
    fn default() -> Self {
        Self {
            listen: loopback(5000),
            keys: None,
            open: false,
            cors_origins: vec![],
            hosts: vec![],
            max_body: 1 << 20,
            request_timeout: Duration::from_secs(30),
            max_in_flight: 256,
            max_confirming: 128,
            max_websockets: 256,
            max_starts_per_websocket: 32,
            max_subscriptions: 1_000,
            max_pools: 1_000,
            keep_idempotency_keys: Duration::from_secs(30 * 24 * 3_600),
            max_lag: 5,
        }
    }
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            listen: loopback(5002),
            endpoint: None,
            certificate: "tls.crt".into(),
            key: "tls.key".into(),
            max_message: 64 << 10,
            max_connections: 1024,
            max_connections_per_peer: 16,
            request_timeout: Duration::from_secs(30),
        }
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            max_attempts: 6,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(10),
            batch: 256,
            in_flight: 4_096,
            at_once: 16,
            calls_per_request: 64,
            max_gas: 10_000_000,
            max_fee_gwei: 1_000,
            raise_after: 6,
        }
    }
}

impl Outbox {
    /// What a unit of gas may cost, in wei.
    pub(crate) fn max_fee(&self) -> u128 {
        u128::from(self.max_fee_gwei) * 1_000_000_000
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { metrics_listen: loopback(5001), log: "info".into(), log_format: LogFormat::Text }
    }
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

const fn secs<const N: u64>() -> Duration {
    Duration::from_secs(N)
}

const fn millis<const N: u64>() -> Duration {
    Duration::from_millis(N)
}

const fn number<const N: u64>() -> u64 {
    N
}

const fn size<const N: usize>() -> usize {
    N
}

impl Config {
    /// Reads and checks the file.
    pub(crate) fn load(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the configuration {}", file.display()))?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|error| anyhow::anyhow!("{}: {}", file.display(), error.to_string().trim_end()))?;
        let file_at = std::path::absolute(file).context("cannot tell where the configuration is")?;
        config.folder = file_at.parent().unwrap_or(Path::new("/")).to_owned();
        config.signer = config.signer.or_usual();
        config.check().with_context(|| format!("in {}", file.display()))?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        check_name(&self.name)?;
        let chain = &self.chain;
        anyhow::ensure!(!chain.rpc.is_empty(), "chain.rpc must name an endpoint");
        for (limit, name) in [
            (chain.window, "window"),
            (chain.max_range, "max-range"),
            (chain.max_calls, "max-calls"),
            (u64::try_from(chain.max_answer_mib)?, "max-answer-mib"),
            (u64::try_from(chain.in_flight_mib)?, "in-flight-mib"),
        ] {
            anyhow::ensure!(limit > 0, "chain.{name} must be at least 1");
        }
        anyhow::ensure!(
            self.api.listen.ip().is_loopback() || self.api.keys.is_some() || self.api.open,
            "api.listen: {} can be reached by others, and nobody is asked for a key: name a file with `api.keys` (see \
             `quittance key add --help`), or set `api.open = true` if something before the node asks",
            self.api.listen,
        );
        anyhow::ensure!(self.api.max_confirming > 0, "api.max-confirming must be at least 1");
        anyhow::ensure!(
            self.api.max_confirming < self.api.max_in_flight,
            "api.max-confirming must be less than api.max-in-flight, so that others are served too"
        );
        anyhow::ensure!(self.outbox.batch > 0, "outbox.batch must be at least 1");
        anyhow::ensure!(self.outbox.in_flight > 0, "outbox.in-flight must be at least 1");
        anyhow::ensure!(self.outbox.at_once > 0, "outbox.at-once must be at least 1");
        anyhow::ensure!(self.outbox.calls_per_request > 0, "outbox.calls-per-request must be at least 1");
        anyhow::ensure!(self.outbox.raise_after > 0, "outbox.raise-after must be at least 1");
        anyhow::ensure!(
            self.chain.confirmations < self.chain.window,
            "chain.confirmations must be less than chain.window"
        );
        Ok(())
    }

    /// A path of the configuration, from the configuration's own folder.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// The contracts' addresses.
    pub(crate) fn deployment(&self) -> anyhow::Result<Deployment> {
        read_deployment(&self.path(&self.chain.deployment))
    }

    /// The database's URL; a file of SQLite's is found from the configuration's own folder.
    pub(crate) fn database_url(&self) -> String {
        match self.database.url.strip_prefix("sqlite://") {
            Some(file) => format!("sqlite://{}", self.folder.join(file).display()),
            None => self.database.url.clone(),
        }
    }

    /// What other parties connect to.
    pub(crate) fn endpoint(&self) -> String {
        let own = || format!("https://{}", self.exchange.listen);
        self.exchange.endpoint.clone().unwrap_or_else(own)
    }

    /// The configuration as it took effect, with what may be secret left out.
    pub(crate) fn effective(&self) -> anyhow::Result<String> {
        let mut shown = toml::Value::try_from(self)?;
        for (table, key) in [("chain", "rpc"), ("chain", "ws"), ("database", "url")] {
            if let Some(shown) = shown.get_mut(table).and_then(|table| table.get_mut(key)) {
                hide_secrets(shown);
            }
        }
        Ok(toml::to_string(&shown)?)
    }
}

/// The same of one URL or several.
fn hide_secrets(shown: &mut toml::Value) {
    match shown {
        toml::Value::Array(urls) => urls.iter_mut().for_each(hide_secrets),
        toml::Value::String(url) => *url = without_secrets(url),
        _ => {}
    }
}

/// A URL's scheme and host: what comes before and after them may be a password or an API key.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "…".into() };
    if scheme == "sqlite" {
        return url.to_owned();
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let hidden = if rest == host { "" } else { "/…" };
    format!("{scheme}://{host}{hidden}")
}

/// An environment variable that the configuration names.
#[expect(clippy::disallowed_methods, reason = "the one place in which configuration is read")]
pub(crate) fn variable(name: &str) -> anyhow::Result<String> {
    // What the system says of a value that is no text repeats it.
    std::env::var(name).map_err(|_| anyhow::anyhow!("cannot read the environment variable {name}"))
}

/// Reads a file of contract addresses.
pub(crate) fn read_deployment(file: &Path) -> anyhow::Result<Deployment> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the contracts' addresses in {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a deployment", file.display()))
}

/// The registry's rule for names.
pub(crate) fn check_name(name: &str) -> anyhow::Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    anyhow::ensure!(
        (1..=64).contains(&name.len()) && name.chars().all(plain),
        "name: must be 1 to 64 of a-z, 0-9, hyphen and dot"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, toml::de::Error> {
        toml::from_str(text)
    }

    const LEAST: &str =
        "name = \"alice\"\n[chain]\nrpc = [\"http://127.0.0.1:8545\"]\ndeployment = \"d.json\"\n";

    #[test]
    fn the_rest_has_defaults() {
        let config = parse(LEAST).unwrap();
        config.check().unwrap();
        assert!(config.api.listen.ip().is_loopback(), "an API that asks nobody who they are stays at home");
        assert_eq!(config.endpoint(), "https://127.0.0.1:5002");
        assert_eq!(config.signer.or_usual().key_file, Some("party.key".into()), "what `init` makes");
    }

    #[test]
    fn unknown_keys_and_bad_units_are_refused() {
        for bad in
            ["colour = 1", "[api]\nlisen = \"x\"", "[api]\nrequest-timeout = 30", "[api]\nlisten = \"x\""]
        {
            assert!(parse(&format!("{LEAST}{bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let text = LEAST.replace("127.0.0.1:8545", "user:hunter2@rpc.example/v1/key123");
        let text = text.replace("deployment", "ws = \"wss://rpc.example/key456\"\ndeployment");
        let config = parse(&format!("{text}[database]\nurl = \"postgres://u:s3cret@db/q\"\n")).unwrap();
        let shown = config.effective().unwrap();
        for secret in ["hunter2", "key123", "key456", "s3cret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("rpc.example") && shown.contains("postgres://db"), "{shown}");
    }
}
