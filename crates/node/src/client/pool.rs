//! `quittance pool`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Node, PATIENCE, rows, spinner, table, text};

/// Make tokens, give names to those that are there, and see which there are.
#[derive(Debug, Subcommand)]
pub(crate) enum Pool {
    /// Have the factory make a token, as its issuer.
    Create {
        #[command(flatten)]
        what: Named,
        /// What the URIs of the items of a nonfungible token begin with.
        #[arg(long)]
        uri: Option<String>,
        /// Check everything, and ask for nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Work with a token that is there.
    Bind {
        #[command(flatten)]
        what: Named,
        /// The token's contract.
        #[arg(long)]
        address: String,
        /// The first block whose logs count: a number, `oldest` or `newest`.
        #[arg(long, value_name = "BLOCK", default_value = "oldest")]
        from: String,
        /// Check everything, and ask for nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// The pools, those of the deployment first.
    List,
    /// Forget a pool on this node. Its token stays what it is.
    Remove {
        /// The pool's name or id.
        name: String,
    },
}

/// What a pool is called, and what is in it.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The pool's name on this node.
    name: String,
    /// Amounts, or items.
    #[arg(long, value_enum, default_value = "fungible")]
    r#type: Type,
    /// The token's symbol.
    #[arg(long)]
    symbol: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Type {
    Fungible,
    Nonfungible,
}

impl Named {
    fn body(self, config: &Value) -> Value {
        let r#type = match self.r#type {
            Type::Fungible => "fungible",
            Type::Nonfungible => "nonfungible",
        };
        let symbol = self.symbol.unwrap_or_default();
        json!({ "name": self.name, "type": r#type, "symbol": symbol, "config": config })
    }
}

impl Pool {
    pub(crate) async fn run(self, node: &Node) -> anyhow::Result<()> {
        let (body, dry_run) = match self {
            Self::Create { what, uri, dry_run } => (what.body(&json!({ "uri": uri })), dry_run),
            Self::Bind { what, address, from, dry_run } => {
                (what.body(&json!({ "address": address, "blockNumber": from })), dry_run)
            }
            Self::List => {
                let pools = node.get("tokens/pools").await?;
                return node.show(&pools, |pools| {
                    table(&["NAME", "TYPE", "SYMBOL", "TOKEN", "STATE"], rows(pools), cells)
                });
            }
            Self::Remove { name } => {
                node.send(node.request(Method::DELETE, &format!("tokens/pools/{name}"))?).await?;
                return node
                    .show(&json!({ "removed": name }), |_| format!("{name} is no pool here any more"));
            }
        };
        if dry_run {
            return node.dry_run("tokens/pools", &body).await;
        }
        let asked = node.post("tokens/pools", &body).await?;
        let pool = active(node, asked).await?;
        node.show(&pool, |pool| cells(pool).join("  "))
    }
}

/// A pool, once it can be used; unless nobody wants to wait.
async fn active(node: &Node, asked: Value) -> anyhow::Result<Value> {
    let id = text(&asked["id"]);
    if node.no_wait {
        return Ok(asked);
    }
    if asked["tx"]["id"].is_string() {
        node.settled(asked).await?;
    }
    let progress = spinner("waiting for the mirror");
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let pool = node.get(&format!("tokens/pools/{id}")).await?;
        if pool["active"] == true || tokio::time::Instant::now() > end {
            progress.finish_and_clear();
            return Ok(pool);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn cells(pool: &Value) -> Vec<String> {
    let state = match (&pool["active"], &pool["address"], &pool["info"]["nextBlock"]) {
        (Value::Bool(true), ..) => "active".into(),
        (_, Value::Null, _) => "being made".into(),
        (_, _, next) => format!("read up to block {}", text(next)),
    };
    let of = |field: &str| text(&pool[field]);
    vec![of("name"), of("type"), of("symbol"), of("address"), state]
}
