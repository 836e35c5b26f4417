//! `quittance party`.

use clap::Subcommand;
use serde_json::json;

use super::{Node, rows, submitted, table, text};

/// See who is in the registry, and register this node's party.
#[derive(Debug, Subcommand)]
pub(crate) enum Party {
    /// All registered parties.
    List,
    /// Register this node's party, or what has changed of it.
    Register,
}

impl Party {
    pub(crate) async fn run(self, node: &Node) -> anyhow::Result<()> {
        match self {
            Self::List => {
                let all = node.get("parties").await?;
                node.show(&all, |all| {
                    table(&["NAME", "ADDRESS", "ENDPOINT"], rows(all), |party| {
                        vec![text(&party["name"]), text(&party["address"]), text(&party["endpoint"])]
                    })
                })
            }
            Self::Register => {
                let done = node.settled(node.post("parties/self", &json!({})).await?).await?;
                node.show(&done, submitted)
            }
        }
    }
}
