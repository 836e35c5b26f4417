//! A red Solidity test makes the command red that `scripts/test` runs.

use std::process::{Command, Output};

use anyhow::{Result, ensure};
use quittance_stories::tools;

/// The very command, with one of foundry.toml's profiles.
fn forge_test(profile: &str) -> Result<Output> {
    let root = tools::repository()?;
    Ok(Command::new(root.join("scripts/forge-test")).env("FOUNDRY_PROFILE", profile).output()?)
}

#[test]
fn a_failing_solidity_test_is_red() -> Result<()> {
    let red = forge_test("red")?;
    let told = String::from_utf8_lossy(&red.stdout);
    ensure!(!red.status.success(), "a failing test passed: {told}");
    ensure!(told.contains("red on purpose"), "it failed for another reason: {told}");
    Ok(())
}
