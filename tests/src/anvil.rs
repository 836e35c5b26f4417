//! A development chain of our own.

use std::{ffi::OsStr, fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{process::Process, rpc::Rpc, tools, wait_for};

/// The private key that owns money on every development chain.
pub const RICH: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// The limit for a chain to come up.
const START: Duration = Duration::from_secs(30);

/// A running chain, killed when dropped.
#[derive(Debug)]
pub struct Anvil {
    /// Its endpoint.
    pub rpc: Rpc,
    process: Process,
}

impl Anvil {
    /// Starts a chain that makes a block every second on `port`, with its log in `dir`, and waits until it answers.
    ///
    /// Blocks come by the clock: where each transaction makes one, anvil gets stuck under load. They hold as much gas as
    /// the whole suite takes to deploy at once: anvil loses what does not fit.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(dir: &Path, port: u16) -> Result<Self> {
        Self::with(dir, port, &["--block-time", "1", "--gas-limit", "300000000"]).await
    }

    /// Starts a chain like [`Anvil::start`], but with these arguments instead of a clock for its blocks.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn with(dir: &Path, port: u16, arguments: &[impl AsRef<OsStr>]) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let mut command = Command::new(tools::foundry("anvil")?);
        command.args(["--silent", "--port", &port.to_string()]).args(arguments);
        let process = Process::start(command.current_dir(dir), &dir.join("anvil.log"))?;
        let mut anvil = Self { rpc: Rpc::new(format!("http://127.0.0.1:{port}")), process };
        let rpc = anvil.rpc.clone();
        let up = wait_for("anvil to answer", START, async || {
            if let Some(status) = anvil.process.status()? {
                return Ok(Some(Err(status)));
            }
            rpc.head().await.map(|_| Some(Ok(())))
        });
        match up.await {
            Ok(Ok(())) => Ok(anvil),
            Ok(Err(status)) => bail!("anvil ended ({status}): {}", anvil.process.tail().trim()),
            Err(error) => Err(error.context(anvil.process.tail())),
        }
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
