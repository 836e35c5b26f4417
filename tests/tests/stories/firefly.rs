//! An application that was written for FireFly, against our nodes.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use quittance_stories::{World, tools, trade::done};
use tokio::{process::Command, time::timeout};

crate::stories!(an_app_of_fireflys_moves_tokens);

/// How long the application may take.
const PATIENCE: Duration = Duration::from_secs(180);

async fn an_app_of_fireflys_moves_tokens(world: &mut World) -> Result<()> {
    let document = world.alice.api.add_document("title.txt", "text/plain", b"a house".to_vec()).await?;
    done(&world.alice.api, &document.transaction.id).await?;
    let app = Command::new("node")
        .arg(tools::repository()?.join("tests/firefly/app.js"))
        .args([world.alice.api.root(), world.bob.api.root(), &document.id.to_string()])
        .kill_on_drop(true)
        .output();
    let app = timeout(PATIENCE, app).await.context("the application did not end")??;
    ensure!(app.status.success(), "{}", String::from_utf8_lossy(&app.stderr));
    Ok(())
}
