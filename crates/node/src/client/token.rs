//! `quittance token`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Node, rows, submitted, table, text};

/// Mint, transfer and burn tokens, and see what an account has.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Create an amount or an item of a token, or the deed of one of this party's documents.
    Mint {
        #[command(flatten)]
        what: What,
        /// For whom: name, identifier or address; this party if unsaid.
        #[arg(long)]
        to: Option<String>,
        /// Check everything, and ask for nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Give an amount, an item or a deed away.
    Transfer {
        #[command(flatten)]
        what: What,
        /// To whom: name, identifier or address.
        #[arg(long)]
        to: String,
        /// Check everything, and ask for nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Destroy an amount, an item or a deed of this party.
    Burn {
        #[command(flatten)]
        what: What,
        /// Check everything, and ask for nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// What an account has, by the mirrored chain.
    Balance {
        /// Whose: name, identifier or address; this party's if unsaid.
        #[arg(long)]
        of: Option<String>,
    },
}

/// An amount, an item, or a deed.
#[derive(Debug, Args)]
pub(crate) struct What {
    /// Of which pool; `cash` if unsaid.
    #[arg(long, value_name = "NAME", conflicts_with = "deed")]
    pool: Option<String>,
    /// An amount, in the token's smallest units.
    #[arg(long, conflicts_with_all = ["deed", "item"], allow_negative_numbers = true)]
    amount: Option<String>,
    /// The item with this number. One that is minted is given its number by its token.
    #[arg(long, value_name = "NUMBER", requires = "pool")]
    item: Option<String>,
    /// The deed of this document.
    #[arg(long, value_name = "ID", conflicts_with = "item")]
    deed: Option<String>,
}

impl What {
    fn body(self, to: Option<String>) -> Value {
        match self.deed {
            Some(deed) => json!({ "pool": "deed", "tokenIndex": deed, "to": to }),
            None => {
                let pool = self.pool.as_deref().unwrap_or("cash");
                json!({ "pool": pool, "amount": self.amount, "tokenIndex": self.item, "to": to })
            }
        }
    }
}

impl Token {
    pub(crate) async fn run(self, node: &Node) -> anyhow::Result<()> {
        let (path, body, dry_run) = match self {
            Self::Mint { what, to, dry_run } => ("tokens/mint", what.body(to), dry_run),
            Self::Transfer { what, to, dry_run } => ("tokens/transfers", what.body(Some(to)), dry_run),
            Self::Burn { what, dry_run } => ("tokens/burn", what.body(None), dry_run),
            Self::Balance { of } => return balance(node, of).await,
        };
        if dry_run {
            return node.dry_run(path, &body).await;
        }
        let done = node.settled(node.post(path, &body).await?).await?;
        node.show(&done, submitted)
    }
}

async fn balance(node: &Node, of: Option<String>) -> anyhow::Result<()> {
    let of = match of {
        Some(of) => of,
        None => text(&node.get("status").await?["org"]["verifiers"][0]["value"]),
    };
    let held = node.get(&format!("tokens/balances?limit=1000&key={of}")).await?;
    node.show(&held, |held| {
        table(&["TOKEN", "BALANCE", "ITEM"], rows(held), |row| {
            vec![text(&row["poolName"]), text(&row["balance"]), text(&row["tokenIndex"])]
        })
    })
}
