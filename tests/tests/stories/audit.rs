//! The audit finds that all is well, and that it is not.

use anyhow::{Result, ensure};
use quittance_stories::{World, tamper, trade::done};
use serde_json::Value;

crate::stories!(an_audit_tells_true_from_false);

async fn an_audit_tells_true_from_false(world: &mut World) -> Result<()> {
    let deed = world.deed("house", 1_000).await?.id;
    let minted = world.bob.api.mint_cash(world.alice.address, 7).await?;
    done(&world.bob.api, &minted.id).await?;
    let (sound, report) = world.bob.audit(&["--json"]).await?;
    let report: Value = serde_json::from_str(&report)?;
    ensure!(sound && report["differences"] == 0, "{report}");
    // Two accounts and their sum; the deed and its owner's one.
    ensure!(report["checked"].as_u64() >= Some(5), "hardly anything was compared: {report}");

    world.bob.stop().await?;
    tamper(&world.bob.database, "UPDATE deeds SET owner = token").await?;
    // Any other 32 bytes are another amount.
    tamper(&world.bob.database, "UPDATE balances SET balance = (SELECT token_id FROM deeds LIMIT 1)").await?;
    let (sound, report) = world.bob.audit(&[]).await?;
    ensure!(!sound, "an audit of a wrong database ends well: {report}");
    for wrong in [format!("cash: {:#x}:", world.alice.address), "cash: all of it:".into(), "deed: ".into()] {
        ensure!(report.contains(&wrong), "{wrong} is not in {report}");
    }
    let owner = format!("deed: {}:", alloy::primitives::U256::from_be_bytes(deed.0));
    ensure!(report.contains(&owner), "{owner} is not in {report}");
    let (_, report) = world.bob.audit(&["--pool", "deed"]).await?;
    ensure!(!report.contains("cash"), "more than was asked for: {report}");

    if let Some(file) = world.bob.database.strip_prefix("sqlite://") {
        std::fs::rename(file, format!("{file}.away"))?;
        let (sound, _) = world.bob.audit(&[]).await?;
        ensure!(!sound && !std::path::Path::new(file).exists(), "an audit of nothing makes a database");
    }
    Ok(())
}
