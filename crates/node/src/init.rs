//! `quittance init`: a party's folder.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use quittance_chain::Wallet;
use quittance_domain::party;
use quittance_exchange::Identity;

use crate::config::{check_name, read_deployment};

/// Make a party's keys, certificate and configuration in a new folder.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The name under which the party will register.
    #[arg(long)]
    name: String,
    /// The chain's JSON-RPC endpoint.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// The file with the contracts' addresses.
    #[arg(long, value_name = "FILE")]
    deployment: PathBuf,
    /// Where the API for applications listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    api_listen: SocketAddr,
    /// Where metrics are served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5001")]
    metrics_listen: SocketAddr,
    /// Where the private exchange with other parties listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5002")]
    exchange_listen: SocketAddr,
    /// `sqlite://file` (from the folder) or `postgres://…`.
    #[arg(long, value_name = "URL", default_value = "sqlite://quittance.db")]
    database: String,
    /// How deep a fact must be in the chain before anything is done because of it.
    #[arg(long, value_name = "BLOCKS", default_value_t = 0)]
    confirmations: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Init {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        check_name(&self.name)?;
        if self.deployment.exists() {
            read_deployment(&self.deployment)?;
        }
        let config = self.dir.join("quittance.toml");
        anyhow::ensure!(!config.exists(), "{} is there already; nothing was changed", config.display());
        fs::create_dir_all(&self.dir).with_context(|| format!("cannot make {}", self.dir.display()))?;
        let wallet = Wallet::random();
        let did = party::did(&self.name);
        let tls = Identity::generate(&did)?;
        write_secret(&self.dir.join("party.key"), &wallet.to_hex())?;
        write_secret(&self.dir.join("tls.key"), &tls.key)?;
        write_new(&self.dir.join("tls.crt"), &tls.certificate, 0o644)?;
        // Last: a folder with a configuration is a whole one. It may name a database's password.
        write_secret(&config, &self.text()?)?;
        self.tell(&did, &wallet, &config)
    }

    fn text(&self) -> anyhow::Result<String> {
        let deployment = std::path::absolute(&self.deployment)?;
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        Ok(format!(
            "# A Quittance node. What is not said here has the defaults that `quittance check` shows.\n\
             name = {}\n\n\
             [chain]\n\
             # Several endpoints share the reading. `ws = \"ws://…\"` beside them tells new blocks at once.\n\
             rpc = [{}]\ndeployment = {}\nconfirmations = {}\n\n\
             [database]\nurl = {}\n\n\
             [api]\nlisten = \"{}\"\n\n\
             [exchange]\nlisten = \"{}\"\n\n\
             [telemetry]\nmetrics-listen = \"{}\"\n",
            quoted(&self.name),
            quoted(&self.rpc),
            quoted(&deployment.to_string_lossy()),
            self.confirmations,
            quoted(&self.database),
            self.api_listen,
            self.exchange_listen,
            self.metrics_listen,
        ))
    }

    fn tell(&self, did: &str, wallet: &Wallet, config: &Path) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            let made = serde_json::json!({
                "name": self.name,
                "did": did,
                "address": wallet.address(),
                "config": config,
            });
            writeln!(out, "{made}")?;
            return Ok(());
        }
        writeln!(out, "{did}\naccount {:#x}", wallet.address())?;
        writeln!(out, "Give the account some gas money, then:")?;
        writeln!(out, "  quittance node --config {}", config.display())?;
        writeln!(out, "  quittance party register --api http://{}", self.api_listen)?;
        Ok(())
    }
}

pub(crate) fn write_secret(file: &Path, text: &str) -> anyhow::Result<()> {
    write_new(file, text, 0o600)
}

fn write_new(file: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let open = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let mut open = open.with_context(|| format!("cannot make {}", file.display()))?;
    open.write_all(text.as_bytes()).and_then(|()| open.sync_all())?;
    Ok(())
}

/// Reads a file that nobody but its owner may read.
pub(crate) fn read_secret(file: &Path) -> anyhow::Result<String> {
    use std::os::unix::fs::PermissionsExt;
    let shown = file.display();
    let about = fs::metadata(file).with_context(|| format!("cannot read {shown}"))?;
    let open_to_others = about.permissions().mode() & 0o077 != 0;
    anyhow::ensure!(!open_to_others, "{shown} may be read by others: chmod 600 it, and think of a new key");
    fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))
}
