//! What a node asks of the world. An intent is stored before it is acted on, under a key that makes acting
//! on it twice the same as once.

use alloy_primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};

use crate::{Amount, Timestamp, document::Commitment, id::SettlementId, message::Message, settlement::Terms};

/// A transaction to be made with this node's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Put this party into the registry.
    RegisterParty {
        /// Its name.
        name: String,
        /// Where its private exchange listens.
        endpoint: String,
        /// SHA-256 of its TLS public key.
        tls_key: alloy_primitives::B256,
    },
    /// Put a document's commitment into the registry.
    RegisterDocument {
        /// The commitment.
        commitment: Commitment,
    },
    /// Make a token by the factory, as its issuer.
    CreateToken {
        /// What it is called.
        name: String,
        /// Its symbol.
        symbol: String,
        /// Whether it is amounts, or items that number themselves.
        fungible: bool,
        /// What the items' URIs begin with; nothing for amounts.
        uri: String,
    },
    /// Create an amount of a token.
    Mint {
        /// Of which token.
        token: Address,
        /// For whom.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// Move an amount of a token.
    Transfer {
        /// Of which token.
        token: Address,
        /// To whom.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// Destroy an amount of a token of this party.
    Burn {
        /// Of which token.
        token: Address,
        /// How much.
        amount: Amount,
    },
    /// Let somebody move up to an amount of a token of this party. It replaces what was allowed before.
    Grant {
        /// Of which token.
        token: Address,
        /// Who may.
        operator: Address,
        /// How much.
        amount: Amount,
    },
    /// Create the next item of a token that numbers its items itself.
    MintItem {
        /// Of which token.
        token: Address,
        /// For whom.
        to: Address,
        /// Its own URI; nothing if it has none.
        uri: String,
    },
    /// Create the deed of a document.
    MintDeed {
        /// For whom.
        to: Address,
        /// The document's commitment; its id is the deed's token id.
        commitment: Commitment,
    },
    /// Move an item, as a deed is one.
    TransferItem {
        /// Of which token.
        token: Address,
        /// To whom.
        to: Address,
        /// Which one.
        token_id: U256,
    },
    /// Destroy an item of this party.
    BurnItem {
        /// Of which token.
        token: Address,
        /// Which one.
        token_id: U256,
    },
    /// Let somebody move an item of this party; the zero address is nobody.
    GrantItem {
        /// Of which token.
        token: Address,
        /// Who may.
        operator: Address,
        /// Which one.
        token_id: U256,
    },
    /// Let somebody move all items of this party, or no longer.
    GrantItems {
        /// Of which token.
        token: Address,
        /// Who may.
        operator: Address,
        /// Whether.
        approved: bool,
    },
    /// Let the settlement contract pull this party's money when, and only when, this party funds a leg: the
    /// contract only ever pulls from its caller.
    ApproveCash,
    /// Let the settlement contract pull this party's deeds, likewise.
    ApproveDeeds,
    /// Lock one leg.
    Fund {
        /// The settlement.
        terms: Terms,
        /// The leg's place in the terms.
        leg: u64,
    },
    /// Pay every leg to its receiver.
    Settle {
        /// The settlement.
        terms: Terms,
        /// The buyer's receipt; nothing where the chain already has it.
        receipt: Option<Bytes>,
    },
    /// Give every locked leg back.
    Abort {
        /// The settlement.
        terms: Terms,
    },
}

/// Something to be done, at least once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "snake_case")]
pub enum Action {
    /// Make a transaction.
    Transact(Call),
    /// Tell a party something.
    Tell {
        /// Whom.
        to: Address,
        /// What.
        message: Message,
    },
    /// Get a settlement's document from its seller.
    Fetch {
        /// Whose document.
        settlement: SettlementId,
        /// Who has it.
        from: Address,
    },
    /// Sign the receipt of a settlement's document.
    Sign {
        /// Which settlement.
        settlement: SettlementId,
    },
}

/// An action with what is needed to do it exactly as often as it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The idempotency key: a second intent under it is the first one.
    pub key: String,
    /// What is to be done.
    pub action: Action,
    /// An intent that must have succeeded before this one is tried.
    pub after: Option<String>,
    /// From this chain time on there is no use in trying any more.
    pub expires: Option<Timestamp>,
}

impl Intent {
    /// An intent with neither a predecessor nor an end.
    #[must_use]
    pub fn new(key: impl Into<String>, action: Action) -> Self {
        Self { key: key.into(), action, after: None, expires: None }
    }

    /// Waits for another intent to have succeeded.
    #[must_use]
    pub fn after(mut self, key: impl Into<String>) -> Self {
        self.after = Some(key.into());
        self
    }

    /// Is given up at this chain time.
    #[must_use]
    pub const fn expires(mut self, at: Timestamp) -> Self {
        self.expires = Some(at);
        self
    }
}
