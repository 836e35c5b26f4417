//! `quittance dvp`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Node, rows, table, text};

/// Deliver a deed and its document against money.
#[derive(Debug, Subcommand)]
pub(crate) enum Dvp {
    /// Offer a deal.
    Propose(Offer),
    /// Accept a deal that the other party offered.
    Accept {
        /// The trade's id.
        id: String,
        /// Lock our own leg only when told so by `dvp fund`.
        #[arg(long)]
        hold: bool,
    },
    /// Turn a deal down.
    Decline {
        /// The trade's id.
        id: String,
        /// What the other party is told.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lock our own leg, which was on hold.
    Fund {
        /// The trade's id.
        id: String,
    },
    /// A trade with its timeline.
    Status {
        /// The trade's id.
        id: String,
    },
    /// This party's trades, newest first.
    List {
        /// Only those in this state.
        #[arg(long)]
        state: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Offer {
    /// The other party: name, identifier or address.
    #[arg(long = "with", value_name = "PARTY")]
    counterparty: String,
    /// The document, whose deed goes with it.
    #[arg(long, value_name = "ID")]
    document: String,
    /// Money, in the token's smallest units.
    #[arg(long)]
    price: String,
    /// Whether we give the document or the money.
    #[arg(long, value_enum, default_value = "sell")]
    side: Side,
    /// How long from now both legs may take to be locked, such as 10m.
    #[arg(long, value_name = "TIME", default_value = "15m")]
    fund_within: humantime::Duration,
    /// How long from now the document and its receipt may take, such as 2h.
    #[arg(long, value_name = "TIME", default_value = "2h")]
    settle_within: humantime::Duration,
    /// Lock our own leg only when told so by `dvp fund`.
    #[arg(long)]
    hold: bool,
    /// Check everything, and offer nothing.
    #[arg(long)]
    dry_run: bool,
    /// Makes a repeated command the same offer.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Side {
    Sell,
    Buy,
}

impl Dvp {
    pub(crate) async fn run(self, node: &Node) -> anyhow::Result<()> {
        let trade = match self {
            Self::Propose(offer) => {
                let (body, dry_run) = (terms(node, &offer).await?, offer.dry_run);
                if dry_run {
                    return node.dry_run("dvp", &body).await;
                }
                node.post("dvp", &body).await?
            }
            Self::Accept { id, hold } => {
                node.post(&format!("dvp/{id}/accept"), &json!({ "hold": hold })).await?
            }
            Self::Decline { id, reason } => {
                node.post(&format!("dvp/{id}/decline"), &json!({ "reason": reason })).await?
            }
            Self::Fund { id } => node.post(&format!("dvp/{id}/fund"), &json!({})).await?,
            Self::Status { id } => node.get(&format!("dvp/{id}")).await?,
            Self::List { state } => return list(node, state).await,
        };
        node.show(&trade, shown)
    }
}

async fn terms(node: &Node, offer: &Offer) -> anyhow::Result<Value> {
    // Deadlines follow the chain's clock, so they are counted from its newest block.
    let status = node.get("status").await?;
    let Some(now) = status["head"]["timestamp"].as_u64() else {
        anyhow::bail!("the node has not read a block yet; try again in a moment");
    };
    let side = match offer.side {
        Side::Sell => "sell",
        Side::Buy => "buy",
    };
    Ok(json!({
        "counterparty": offer.counterparty,
        "document": offer.document,
        "price": offer.price,
        "side": side,
        "fundBy": now + offer.fund_within.as_secs(),
        "settleBy": now + offer.settle_within.as_secs(),
        "hold": offer.hold,
        "idempotencyKey": offer.idempotency_key,
    }))
}

async fn list(node: &Node, state: Option<String>) -> anyhow::Result<()> {
    let filter = state.map(|state| format!("&state={state}")).unwrap_or_default();
    let all = node.get(&format!("dvp?limit=1000{filter}")).await?;
    node.show(&all, |all| {
        table(&["ID", "SIDE", "STATE", "PRICE"], rows(all), |trade| {
            let price = text(&trade["deal"]["price"]);
            vec![text(&trade["id"]), text(&trade["side"]), text(&trade["state"]), price]
        })
    })
}

fn shown(trade: &Value) -> String {
    let deal = &trade["deal"];
    let timeline =
        table(&["STEP", "WHOSE", "CHAIN TIME", "BLOCK", "TRANSACTION"], rows(&trade["timeline"]), |entry| {
            let whose = if entry["leg"].is_null() { &entry["by"] } else { &entry["leg"] };
            let block = if entry["block"].is_null() {
                format!("(at {})", text(&entry["asOf"]))
            } else {
                text(&entry["block"]["number"])
            };
            vec![text(&entry["step"]), text(whose), text(&entry["time"]), block, text(&entry["transaction"])]
        });
    let pending = rows(&trade["pending"]).iter().map(|row| {
        let error =
            if row["error"].is_null() { String::new() } else { format!(" ({})", text(&row["error"])) };
        format!("\n{}: {}{error}", text(&row["id"]), text(&row["state"]))
    });
    format!(
        "trade    {}\nstate    {} (we are the {})\ndocument {}\nprice    {}\nfund by  {}, settle by {}\n\n{timeline}{}",
        text(&trade["id"]),
        text(&trade["state"]),
        text(&trade["side"]),
        text(&deal["document"]),
        text(&deal["price"]),
        text(&deal["fundBy"]),
        text(&deal["settleBy"]),
        pending.collect::<String>(),
    )
}
