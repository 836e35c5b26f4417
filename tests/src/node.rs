//! A node: made, started, killed and started again.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use alloy::primitives::Address;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::{api::Api, process::Process, tools, wait_for};

/// The limit for a node to come up and catch up.
const START: Duration = Duration::from_secs(60);
/// The limit for a node to end when asked.
const STOP: Duration = Duration::from_secs(15);

/// What a node is made from.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Its party's name.
    pub name: &'a str,
    /// The folder of all that is its own.
    pub dir: &'a Path,
    /// The chain.
    pub rpc: &'a str,
    /// The deployment's record, which may still have to be written.
    pub deployment: &'a Path,
    /// The ports of API, metrics and exchange.
    pub ports: [u16; 3],
    /// The database's URL; a SQLite file in the folder, which is then an absolute path, if none is given.
    pub database: Option<&'a str>,
}

/// A node, running or not; killed when dropped.
#[derive(Debug)]
pub struct Node {
    /// Its party's name.
    pub name: String,
    /// Its party's DID.
    pub did: String,
    /// Its party's address.
    pub address: Address,
    /// Its HTTP API.
    pub api: Api,
    /// Where its metrics are.
    pub metrics: String,
    /// The folder of all that is its own.
    pub dir: PathBuf,
    /// Its config file.
    pub config: PathBuf,
    /// The URL of its database.
    pub database: String,
    process: Option<Process>,
}

#[derive(Deserialize)]
struct Made {
    name: String,
    did: String,
    address: Address,
    config: PathBuf,
}

impl Node {
    /// Makes keys, certificate and config.
    ///
    /// # Errors
    /// When the command line refuses.
    pub async fn init(plan: &Plan<'_>) -> Result<Self> {
        let [api, metrics, exchange] = plan.ports.map(|port| format!("127.0.0.1:{port}"));
        let mut command = tokio::process::Command::new(tools::quittance()?);
        command.args(["init", "--json", "--name", plan.name, "--rpc", plan.rpc]);
        command.arg("--dir").arg(plan.dir).arg("--deployment").arg(plan.deployment);
        command.args(["--api-listen", &api, "--metrics-listen", &metrics, "--exchange-listen", &exchange]);
        let file = || format!("sqlite://{}", plan.dir.join("quittance.db").display());
        let database = plan.database.map_or_else(file, str::to_owned);
        command.args(["--database", &database]);
        let output = command.output().await?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "quittance init failed: {}", told.trim());
        let made: Made =
            serde_json::from_slice(&output.stdout).context("quittance init said something else")?;
        Ok(Self {
            name: made.name,
            did: made.did,
            address: made.address,
            api: Api::new(format!("http://{api}")),
            metrics: format!("http://{metrics}/metrics"),
            dir: plan.dir.to_owned(),
            config: made.config,
            database,
            process: None,
        })
    }

    /// Starts it, and waits until it has caught up with the chain.
    ///
    /// # Errors
    /// When it does not come up; tells the end of its log.
    pub async fn start(&mut self) -> Result<()> {
        self.launch()?;
        self.ready().await
    }

    /// Has it follow the chain at another address, from its next start on.
    ///
    /// # Errors
    /// When its config cannot be written.
    pub fn follow(&self, rpc: &str) -> Result<()> {
        let config = std::fs::read_to_string(&self.config)?;
        let changed = |line: &str| match line.starts_with("rpc = ") {
            true => format!("rpc = [\"{rpc}\"]\n"),
            false => format!("{line}\n"),
        };
        std::fs::write(&self.config, config.lines().map(changed).collect::<String>())?;
        Ok(())
    }

    /// Starts it without waiting.
    ///
    /// # Errors
    /// When the program does not start.
    pub fn launch(&mut self) -> Result<()> {
        let mut command = Command::new(tools::quittance()?);
        command.args(["node", "--config"]).arg(&self.config).current_dir(&self.dir);
        self.process = Some(Process::start(&mut command, &self.log())?);
        Ok(())
    }

    /// Waits until it has caught up with the chain.
    ///
    /// # Errors
    /// When it ends or takes too long; tells the end of its log.
    pub async fn ready(&mut self) -> Result<()> {
        let Self { name, api, process, .. } = self;
        let process = process.as_mut().with_context(|| format!("{name} was not started"))?;
        let up = wait_for(format!("{name} to be ready"), START, async || {
            if let Some(status) = process.status()? {
                return Ok(Some(Err(status)));
            }
            Ok(api.is_ready().await?.then_some(Ok(())))
        });
        match up.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(status)) => bail!("{name} ended ({status}): {}", process.tail().trim()),
            Err(error) => Err(error.context(process.tail())),
        }
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Kills it and starts it again.
    ///
    /// # Errors
    /// When it does not come up again.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill();
        self.start().await
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    /// When it does not end in time, or not well.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let status = process.stop(STOP).await?;
        ensure!(status.success(), "{} ended badly ({status}): {}", self.name, process.tail().trim());
        Ok(())
    }

    /// Its process, while it runs.
    pub fn process(&mut self) -> Option<&mut Process> {
        self.process.as_mut()
    }

    /// Whether its database says of all tokens what they say themselves, and what the audit prints.
    ///
    /// # Errors
    /// When the audit cannot be run.
    pub async fn audit(&self, more: &[&str]) -> Result<(bool, String)> {
        let mut command = tokio::process::Command::new(tools::quittance()?);
        command.args(["audit", "--config"]).arg(&self.config).args(more).kill_on_drop(true);
        let ended = command.output().await.context("cannot run the audit")?;
        Ok((ended.status.success(), String::from_utf8(ended.stdout)?))
    }

    /// Gives a command to the node as a person does, and tells what was printed.
    ///
    /// # Errors
    /// When it does not end well; names what it said.
    pub async fn command(&self, words: &[&str]) -> Result<String> {
        let mut command = tokio::process::Command::new(tools::quittance()?);
        command.args(words).env("QUITTANCE_API", self.api.root()).current_dir(&self.dir);
        let ended = command.kill_on_drop(true).output().await?;
        ensure!(ended.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr).trim());
        Ok(String::from_utf8(ended.stdout)?)
    }

    /// Where it writes its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.dir.join("node.log")
    }
}
