//! What parties tell each other privately. The sender is known from the mutual TLS connection, so a
//! message never says who sent it.

use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};

use crate::{deal::Deal, document::DocumentFile, id::SettlementId};

/// A private message from one party to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Message {
    /// Terms offered.
    Proposal {
        /// The deal, from which the settlement's terms and id follow.
        deal: Deal,
        /// What the document is called; its commitment is on the chain.
        file: Option<DocumentFile>,
    },
    /// Terms agreed to.
    Acceptance {
        /// Which settlement.
        settlement: SettlementId,
    },
    /// Terms turned down.
    Refusal {
        /// Which settlement.
        settlement: SettlementId,
        /// Why, in the words of whoever turned it down.
        reason: String,
    },
    /// The buyer's signed word that the document has arrived: enough to settle.
    Receipt {
        /// Which settlement.
        settlement: SettlementId,
        /// The buyer's EIP-712 signature over the receipt.
        signature: Bytes,
    },
}

impl Message {
    /// The settlement it is about, where it names one.
    #[must_use]
    pub fn settlement(&self) -> Option<SettlementId> {
        match self {
            Self::Proposal { .. } => None,
            Self::Acceptance { settlement }
            | Self::Refusal { settlement, .. }
            | Self::Receipt { settlement, .. } => Some(*settlement),
        }
    }
}
