//! The contracts, put on a chain by the deploy script: built once, deployed as often as asked.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use alloy::primitives::Address;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::{process::Command, sync::OnceCell};

use crate::{anvil::RICH, tools};

/// Who may make what, and where the record goes.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The chain.
    pub rpc: &'a str,
    /// Who may make money, and units.
    pub cash_issuer: Address,
    /// Who may make deeds.
    pub deed_issuer: Address,
    /// The folder of the record, inside the repository or under `/tmp`.
    pub record: &'a Path,
    /// A folder for forge's own notes on this run.
    pub notes: &'a Path,
}

/// What a deployment left behind.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// The chain's id.
    pub chain_id: u64,
    /// Where the contracts are, by name.
    pub contracts: BTreeMap<String, Address>,
}

impl Deployment {
    /// Where the contract of this name is.
    ///
    /// # Errors
    /// When there is none.
    pub fn address(&self, name: &str) -> Result<Address> {
        self.contracts.get(name).copied().with_context(|| format!("no {name} was deployed"))
    }
}

/// Compiles the contracts, once in this process; a second process finds nothing left to do.
///
/// # Errors
/// When they do not compile.
pub async fn build() -> Result<()> {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    BUILT
        .get_or_try_init(|| async { forge(&cache()?, &["build", "scripts/Deploy.s.sol"], &[]).await })
        .await?;
    Ok(())
}

/// Deploys the whole suite.
///
/// # Errors
/// When they do not compile, or the chain does not take them.
pub async fn deploy(plan: &Plan<'_>) -> Result<Deployment> {
    build().await?;
    // Forge writes to its cache while it deploys: a copy each lets several run at once without a new build.
    let cache_copy = plan.notes.join("cache");
    copy(&cache()?, &cache_copy).with_context(|| format!("cannot fill {}", cache_copy.display()))?;
    let script =
        ["script", "scripts/Deploy.s.sol", "--broadcast", "--rpc-url", plan.rpc, "--private-key", RICH];
    let broadcast = plan.notes.join("broadcast").display().to_string();
    let record = plan.record.display().to_string();
    let environment = [
        ("FOUNDRY_BROADCAST", broadcast),
        ("DEPLOYMENTS_DIR", record),
        ("CASH_ISSUERS", plan.cash_issuer.to_string()),
        ("DEED_ISSUERS", plan.deed_issuer.to_string()),
        ("UNITS_ISSUERS", plan.cash_issuer.to_string()),
    ];
    forge(&cache_copy, &script, &environment).await?;
    read(&plan.record.join("31337.json"))
}

/// Reads a deployment's record.
///
/// # Errors
/// When there is none.
pub fn read(record: &Path) -> Result<Deployment> {
    let text = fs::read_to_string(record).with_context(|| format!("cannot read {}", record.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn cache() -> Result<PathBuf> {
    Ok(tools::scratch("solidity")?.join("cache"))
}

/// Runs the native forge, with its artifacts in a folder that no other use of it touches.
async fn forge(cache: &Path, arguments: &[&str], environment: &[(&str, String)]) -> Result<()> {
    let output = Command::new(tools::foundry("forge")?)
        .args(arguments)
        .current_dir(tools::repository()?)
        .env("FOUNDRY_PROFILE", "default")
        .env("FOUNDRY_OUT", tools::scratch("solidity")?.join("out"))
        .env("FOUNDRY_CACHE_PATH", cache)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .kill_on_drop(true)
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stderr);
    let verb = arguments.first().unwrap_or(&"");
    ensure!(output.status.success(), "forge {verb} failed: {}", told.trim());
    Ok(())
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
