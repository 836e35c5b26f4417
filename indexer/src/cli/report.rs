//! What commands print.

use std::io::{self, Write};

use anyhow::Result;
use quittance_domain::BlockRef;
use quittance_indexer::events::Report;
use quittance_store::tables::Identity;
use serde_json::json;

/// Prints a line.
pub(super) fn say(line: &str) -> Result<()> {
    writeln!(io::stdout(), "{line}")?;
    Ok(())
}

/// How far the database is.
pub(super) fn status(
    identity: &Identity,
    tail: Option<&BlockRef>,
    head: Option<u64>,
    raw: &[(String, u64)],
    as_json: bool,
) -> Result<()> {
    let behind = tail.zip(head).map(|(tail, head)| head.saturating_sub(tail.number));
    if as_json {
        let raw: serde_json::Map<_, _> =
            raw.iter().map(|(reason, count)| (reason.clone(), json!(count))).collect();
        let status = json!({
            "chainId": identity.chain_id,
            "genesis": identity.genesis,
            "contracts": identity.contracts.lines().map(str::trim).collect::<Vec<_>>(),
            "startBlock": identity.start_block,
            "block": tail,
            "head": head,
            "behind": behind,
            "undecoded": raw,
        });
        return say(&status.to_string());
    }
    say(&format!("chain      {} ({})", identity.chain_id, identity.genesis))?;
    say(&format!("contracts  {}", identity.contracts))?;
    match tail {
        Some(tail) => say(&format!("block      {} ({})", tail.number, tail.hash))?,
        None => say("block      none yet")?,
    }
    if let (Some(head), Some(behind)) = (head, behind) {
        say(&format!("head       {head}, {behind} ahead"))?;
    }
    let total: u64 = raw.iter().map(|(_, count)| count).sum();
    say(&format!("undecoded  {total}"))?;
    for (reason, count) in raw {
        say(&format!("           {count} {reason}"))?;
    }
    Ok(())
}

/// Whether the database is like the chain.
pub(super) fn verified(report: &Report, as_json: bool) -> Result<()> {
    if as_json {
        return say(&serde_json::to_string(report)?);
    }
    for difference in &report.differences {
        let (block, log) = (difference.block, difference.log_index);
        say(&format!("{} block {block} log {log}: {}", difference.table, difference.what))?;
    }
    let Report { from, to, logs, count, .. } = report;
    say(&format!("blocks {from} to {to}: {logs} logs, {count} differences"))
}
