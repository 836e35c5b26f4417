//! `quittance deploy`: forge with the project's script, and a dry run unless it is told otherwise.

use std::{path::PathBuf, process::Command};

use anyhow::Context;
use clap::Args;

use crate::config::read_deployment;

/// Deploy the contracts with forge and write their addresses down. Running it again deploys only what is
/// missing.
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// The chain's JSON-RPC endpoint.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// The deployer's key store file (Web3 Secret Storage).
    #[arg(long, value_name = "FILE", requires = "password_file")]
    keystore: Option<PathBuf>,
    /// The file with the key store's password.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Accounts that may create money, separated by commas.
    #[arg(long, value_name = "ADDRESSES", default_value = "")]
    cash_issuers: String,
    /// Accounts that may create deeds of their documents, separated by commas.
    #[arg(long, value_name = "ADDRESSES", default_value = "")]
    deed_issuers: String,
    /// The checkout with foundry.toml and the deploy script.
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// The folder, seen from the checkout, in which the addresses are written down.
    #[arg(long, value_name = "DIR", default_value = "deployments")]
    deployments: PathBuf,
    /// Send the transactions. Without it forge only simulates them.
    #[arg(long)]
    broadcast: bool,
    /// The forge executable; npm's wrapper hides failures, so name the native one.
    #[arg(long, value_name = "FILE", default_value = "forge")]
    forge: PathBuf,
    /// Anything else for forge, such as another way to sign.
    #[arg(last = true)]
    more: Vec<String>,
}

impl Deploy {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut forge = Command::new(&self.forge);
        forge
            .current_dir(&self.project)
            // One transaction after the other: all of them are more than some chains' blocks take at once, and a chain
            // may lose what does not fit.
            .args(["script", "scripts/Deploy.s.sol", "--slow", "--rpc-url", &self.rpc])
            .env("CASH_ISSUERS", &self.cash_issuers)
            .env("DEED_ISSUERS", &self.deed_issuers)
            .env("DEPLOYMENTS_DIR", &self.deployments)
            .args(&self.more);
        for (flag, file) in [("--keystore", &self.keystore), ("--password-file", &self.password_file)] {
            if let Some(file) = file {
                forge.arg(flag).arg(std::path::absolute(file)?);
            }
        }
        if self.broadcast {
            forge.arg("--broadcast");
        }
        let done = forge.status().with_context(|| format!("cannot run {}", self.forge.display()))?;
        anyhow::ensure!(done.success(), "forge failed: {done}");
        if !self.broadcast {
            eprintln!("Simulated only; add --broadcast to deploy.");
            return Ok(());
        }
        for file in std::fs::read_dir(self.project.join(&self.deployments))? {
            let file = file?.path();
            if let Ok(deployment) = read_deployment(&file) {
                eprintln!("chain {}: {}", deployment.chain_id, file.display());
            }
        }
        Ok(())
    }
}
