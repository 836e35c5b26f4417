//! A trade as the API tells it, and the steps that lead to one.

use alloy::primitives::{Address, B256, U256};
use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::{
    Node,
    api::{Api, Document},
    wait::SOON,
    wait_for,
};

/// A deal to be offered by the seller.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// The other party, by name, DID or address.
    pub counterparty: String,
    /// The document.
    pub document: B256,
    /// How much money.
    pub price: String,
    /// Legs must be locked before this chain time.
    pub fund_by: u64,
    /// The receipt must be shown before this chain time.
    pub settle_by: u64,
}

/// A trade as a node tells it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// The settlement's id.
    pub id: B256,
    /// How far this party has come.
    pub state: String,
    /// Where the chain stands.
    pub status: String,
    /// What was agreed.
    pub deal: Deal,
    /// What happened, in order.
    pub timeline: Vec<Step>,
    /// What the node still wants to do.
    #[serde(default)]
    pub pending: Vec<serde_json::Value>,
}

/// What the two parties agree on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deal {
    /// Gives the deed and the document.
    pub seller: Address,
    /// Gives the money.
    pub buyer: Address,
    /// The document.
    pub document: B256,
    /// Legs must be locked before this chain time.
    pub fund_by: u64,
    /// The receipt must be shown before this chain time.
    pub settle_by: u64,
}

/// One thing that happened to a trade.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What.
    pub step: String,
    /// Whose leg, where it is about one.
    pub leg: Option<String>,
    /// When the node learned of it, in milliseconds.
    pub at: Option<u64>,
    /// When it happened by the chain's clock, in seconds.
    pub time: Option<u64>,
    /// The newest block's time when a thing happened outside of the chain.
    pub as_of: Option<u64>,
    /// In which block.
    pub block: Option<Place>,
    /// By which transaction.
    pub transaction: Option<B256>,
}

/// A block as a timeline names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

impl Step {
    /// The step's name, with its leg where it has one.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.leg {
            Some(leg) => format!("{} ({leg})", self.step),
            None => self.step.clone(),
        }
    }
}

impl Trade {
    /// Whether this has happened: `locked (seller)` for example.
    #[must_use]
    pub fn has(&self, step: &str) -> bool {
        self.timeline.iter().any(|entry| entry.step == step || entry.name() == step)
    }

    /// Whether nothing more can happen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        ["settled", "aborted", "declined", "lapsed"].contains(&self.state.as_str())
    }
}

/// Waits until what a node was asked to do is on the chain and in the node's database.
///
/// # Errors
/// When it fails, or takes too long.
pub async fn done(api: &Api, id: &str) -> Result<()> {
    let state = wait_for(format!("transaction {id}"), SOON, async || {
        let found = api.transaction(id).await?;
        let state = found["state"].as_str().unwrap_or_default();
        Ok(["done", "failed", "expired"].contains(&state).then(|| found.clone()))
    });
    let state = state.await?;
    ensure!(state["state"] == "done", "transaction {id} ended otherwise: {state}");
    Ok(())
}

/// Registers a document and makes its deed, both the node's own.
///
/// # Errors
/// When the node refuses, or takes too long.
pub async fn issue_deed(node: &Node, name: &str, bytes: Vec<u8>) -> Result<Document> {
    let document = node.api.add_document(name, "application/pdf", bytes).await?;
    let live = wait_for("the document to be live", SOON, async || {
        let found = node.api.document(document.id).await?;
        Ok((found["status"] == "live").then_some(()))
    });
    live.await?;
    done(&node.api, &node.api.mint_deed(document.id).await?.id).await?;
    owned_by(&node.api, document.id, node.address).await?;
    Ok(document)
}

/// Waits until a node's own database says that the deed belongs to `owner`.
///
/// # Errors
/// When it takes too long.
pub async fn owned_by(api: &Api, document: B256, owner: Address) -> Result<()> {
    let what = format!("the deed to belong to {owner}");
    wait_for(what, SOON, async || Ok(owns(api, owner, document).await?.then_some(()))).await
}

/// Accepts a trade at the buyer's node once it is there; with `hold`, its leg waits to be asked for.
///
/// # Errors
/// When the offer does not come, or the node refuses.
pub async fn accept(buyer: &Api, id: B256, hold: bool) -> Result<()> {
    let deal = reaches(buyer, id, &["proposed"]).await?.deal;
    // An offer may be faster than the block that says whose the deed is.
    owned_by(buyer, deal.document, deal.seller).await?;
    buyer.accept(id, hold).await?;
    Ok(())
}

/// Whether a party has a deed, by a node's own database.
///
/// # Errors
/// When the node does not answer.
pub async fn owns(api: &Api, party: Address, document: B256) -> Result<bool> {
    let id = U256::from_be_bytes(document.0);
    let rows = api.balances(party).await?;
    let mut deeds = rows.iter().filter_map(|row| row.token_index.as_ref()?.parse::<U256>().ok());
    Ok(deeds.any(|deed| deed == id))
}

/// How much money a party has, by a node's own database.
///
/// # Errors
/// When the node does not answer.
pub async fn cash_of(api: &Api, party: Address) -> Result<u64> {
    let rows = api.balances(party).await?;
    let row = rows.iter().find(|row| row.pool_name == "cash");
    Ok(row.map_or(Ok(0), |row| row.balance.parse())?)
}

/// Waits until a trade is in one of these states at a node.
///
/// # Errors
/// When it ends in another state, or takes too long.
pub async fn reaches(api: &Api, id: B256, states: &[&str]) -> Result<Trade> {
    let reached = wait_for(format!("the trade to be {}", states.join(" or ")), SOON, async || {
        let trade = api.trade(id).await?;
        Ok((trade.is_over() || states.contains(&trade.state.as_str())).then_some(trade))
    });
    let trade = reached.await?;
    if !states.contains(&trade.state.as_str()) {
        bail!("the trade is {} and not {}", trade.state, states.join(" or "));
    }
    Ok(trade)
}
