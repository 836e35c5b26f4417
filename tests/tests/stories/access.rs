//! A node that asks for keys: who has one comes in as far as it goes, and whose is taken back is let go.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use quittance_stories::{Node, World, wait::SOON, wait_for};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{ClientRequestBuilder, Message},
};

crate::stories!(keys_are_asked_for_and_taken_back);

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks for money to be made, and says what came of it.
async fn mint(node: &Node, key: Option<&str>) -> Result<StatusCode> {
    let url = format!("{}/api/v1/tokens/mint", node.api.root());
    let request = reqwest::Client::new().post(url).json(&json!({ "pool": "cash", "amount": "5" }));
    let request = match key {
        Some(key) => request.bearer_auth(key),
        None => request,
    };
    Ok(request.send().await?.status())
}

/// Waits until a key is answered like this.
async fn comes_to_be(node: &Node, key: &str, status: StatusCode) -> Result<()> {
    wait_for(format!("a mint to be answered {status}"), SOON, async || {
        Ok((mint(node, Some(key)).await? == status).then_some(()))
    })
    .await
}

/// Changes a line of the node's configuration.
fn set(node: &Node, from: &str, to: &str) -> Result<()> {
    let config = std::fs::read_to_string(&node.config)?;
    ensure!(config.contains(from), "{from} is not in {config}");
    Ok(std::fs::write(&node.config, config.replacen(from, to, 1))?)
}

async fn keys_are_asked_for_and_taken_back(world: &mut World) -> Result<()> {
    let bob = &mut world.bob;
    let refused = bob.command(&["key", "add", "shop", "--scope", "read"]).await;
    ensure!(
        refused.is_err_and(|error| error.to_string().contains("[api]")),
        "a key is made that nobody asks for"
    );
    set(bob, "[api]\n", "[api]\nkeys = \"api-keys.toml\"\n")?;
    let shop = bob.command(&["key", "add", "shop", "--scope", "read,write"]).await?.trim().to_owned();
    let file = bob.dir.join("api-keys.toml");
    let kept = std::fs::read_to_string(&file)?;
    ensure!(std::fs::metadata(&file)?.permissions().mode() & 0o777 == 0o600, "others may read the keys");
    ensure!(shop.len() > 64 && !kept.contains(&shop) && !kept.contains(&shop[shop.len() - 64..]), "{kept}");
    bob.restart().await?;
    ensure!(mint(bob, None).await? == StatusCode::UNAUTHORIZED, "nobody asks for a key");
    ensure!(mint(bob, Some("quittance_0")).await? == StatusCode::UNAUTHORIZED, "any key will do");
    ensure!(mint(bob, Some(&shop)).await? == StatusCode::ACCEPTED, "the key does not open");

    // By command line, whose key is in a file.
    let secret = bob.dir.join("shop.key");
    std::fs::write(&secret, &shop)?;
    let balance = ["token", "balance", "--api-key-file", "shop.key"];
    let open = bob.command(&balance).await;
    ensure!(
        open.is_err_and(|error| error.to_string().contains("others")),
        "a key that others may read is used"
    );
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600))?;
    ensure!(bob.command(&balance).await?.contains("cash"), "no balance");
    ensure!(bob.command(&["token", "balance"]).await.is_err(), "a balance without a key");

    // One that is made while the node runs is taken in, and one that is taken back ends what it was let in for.
    let audit = bob.command(&["key", "add", "auditor", "--scope", "read", "--per-second", "50"]).await?;
    comes_to_be(bob, audit.trim(), StatusCode::FORBIDDEN).await?;
    let listed = bob.command(&["key", "list"]).await?;
    ensure!(listed.contains("shop  read,write") && listed.contains("auditor  read  50/s"), "{listed}");
    let url = format!("{}/ws?namespace=default&ephemeral&autoack", bob.api.root().replacen("http", "ws", 1));
    ensure!(connect_async(&url).await.is_err(), "anybody may listen");
    let request =
        ClientRequestBuilder::new(url.parse()?).with_header("Authorization", format!("Bearer {shop}"));
    let (mut socket, _) = connect_async(request).await?;
    ensure!(mint(bob, Some(&shop)).await? == StatusCode::ACCEPTED, "the key opens no more");
    let told = timeout(PATIENCE, socket.next()).await?.context("the connection has ended")??;
    ensure!(told.to_text()?.contains("transaction_submitted"), "{told}");
    bob.command(&["key", "remove", "shop"]).await?;
    comes_to_be(bob, &shop, StatusCode::UNAUTHORIZED).await?;
    let last = timeout(PATIENCE, async {
        let mut last = Value::Null;
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            last = serde_json::from_str(&text).unwrap_or_default();
        }
        last
    });
    let last = last.await.context("who has no key any more listens on")?;
    ensure!(last["type"] == "protocol_error", "{last}");

    // What cannot be read lets nobody in, and the node goes on.
    let good = std::fs::read(&file)?;
    std::fs::write(&file, "key = 1")?;
    comes_to_be(bob, audit.trim(), StatusCode::UNAUTHORIZED).await?;
    let broken = bob.command(&["check"]).await;
    ensure!(broken.is_err_and(|error| error.to_string().contains("api.keys")), "a check finds nothing");
    std::fs::write(&file, good)?;
    comes_to_be(bob, audit.trim(), StatusCode::FORBIDDEN).await?;

    let log = std::fs::read_to_string(bob.log())?;
    ensure!(log.matches("nobody is let in").count() == 1, "what is wrong with the keys is not told once");
    ensure!(
        log.contains("by=\"shop\"") && log.contains("path=\"/api/v1/tokens/mint\""),
        "no note of a write"
    );
    ensure!(!log.contains(&shop[shop.len() - 64..]), "a key is in the log");
    bob.stop().await?;
    set(bob, "\nkeys = \"api-keys.toml\"", "")?;
    set(bob, "listen = \"127.0.0.1", "listen = \"0.0.0.0")?;
    let open = bob.command(&["check"]).await;
    ensure!(
        open.is_err_and(|error| error.to_string().contains("api.keys")),
        "everybody is let in from everywhere"
    );
    Ok(())
}
