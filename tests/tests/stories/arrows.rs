//! Who may name whom: the direction that keeps each crate about one thing.

use std::{collections::BTreeMap, fs, process::Command};

use anyhow::{Context, Result, ensure};
use quittance_stories::tools;
use serde::Deserialize;

/// Each crate, and the crates of ours that it may name. Nothing else may be named.
const ARROWS: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("bindings", &[]),
    ("chain", &["bindings", "domain"]),
    ("exchange", &["domain"]),
    ("store", &["domain"]),
    ("indexer", &["chain", "domain", "store"]),
    ("app", &["domain", "store"]),
    ("api", &["app", "domain", "store"]),
    ("node", &["api", "app", "chain", "domain", "exchange", "indexer", "store"]),
    ("stories", &[]),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

fn members() -> Result<Vec<Package>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(tools::repository()?)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice::<Metadata>(&output.stdout)?.packages)
}

fn ours(name: &str) -> Option<&str> {
    name.strip_prefix("quittance-")
}

#[test]
fn arrows_point_one_way() -> Result<()> {
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let members = members()?;
    ensure!(members.len() == ARROWS.len(), "a crate came or went: say here whom it may name");
    for package in &members {
        let name = ours(&package.name).context("a member that is not called quittance-…")?;
        let may = allowed.get(name).with_context(|| format!("say here whom {name} may name"))?;
        // Tests may look at anything; what is shipped may not.
        let shipped = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
        for named in shipped.filter_map(|dependency| ours(&dependency.name)) {
            ensure!(may.contains(&named), "{name} names {named}, and must not");
        }
    }
    Ok(())
}

#[test]
fn every_member_inherits_the_lints() -> Result<()> {
    for package in members()? {
        let manifest: toml::Table = fs::read_to_string(&package.manifest_path)?.parse()?;
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        ensure!(inherits.and_then(toml::Value::as_bool) == Some(true), "{} does not", package.name);
    }
    Ok(())
}

/// Each outside is spoken to in one place: SQL, TLS, the chain. The stories and benches look for themselves.
#[test]
fn each_outside_has_one_crate() -> Result<()> {
    let edges: [(&str, &[&str]); 4] = [
        ("sqlx", &["store", "stories"]),
        ("rusqlite", &["store", "stories"]),
        ("rustls", &["exchange"]),
        ("alloy", &["bindings", "chain", "stories"]),
    ];
    for package in members()? {
        let name = ours(&package.name).unwrap_or_default();
        for (library, owners) in edges {
            let names = package.dependencies.iter().any(|it| it.name == library && it.kind.is_none());
            ensure!(!names || owners.contains(&name), "{name} names {library}, which is for {owners:?}");
        }
    }
    Ok(())
}
