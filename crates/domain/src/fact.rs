//! What happened, as the chain says it.

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::{
    Amount, BlockRef, Timestamp,
    document::Commitment,
    id::{DocumentId, SettlementId},
    party::Party,
    settlement::Terms,
};

/// Where on the chain something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// In which block.
    pub block: BlockRef,
    /// When that block was made.
    pub timestamp: Timestamp,
    /// By which transaction.
    pub transaction: B256,
    /// The log's place in the block.
    pub log_index: u64,
}

/// A log as it came, with what it means where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Where it happened.
    pub origin: Origin,
    /// Which contract said so.
    pub address: Address,
    /// Its topics, the first of which names the event.
    pub topics: Vec<B256>,
    /// Its data.
    pub data: Bytes,
    /// What it means; nothing for a log of a kind this node does not know.
    pub event: Option<Event>,
}

/// What a log means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A party registered, or changed what it had registered.
    PartyRegistered(Party),
    /// A party left the registry.
    PartyRemoved(Address),
    /// A document's commitment entered the registry.
    DocumentRegistered(DocumentId, Commitment),
    /// A document was replaced by another.
    DocumentSuperseded(DocumentId, DocumentId),
    /// A document was withdrawn by its issuer.
    DocumentRevoked(DocumentId),
    /// An amount of a fungible token moved. The zero address mints and burns.
    CashMoved {
        /// Who gave it.
        from: Address,
        /// Who got it.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// A deed moved. The zero address mints and burns.
    DeedMoved {
        /// Who gave it.
        from: Address,
        /// Who got it.
        to: Address,
        /// Which one.
        token_id: U256,
    },
    /// Something happened to a settlement.
    Settlement(SettlementId, SettlementEvent),
}

/// What can happen to a settlement on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettlementEvent {
    /// Its terms became known to the chain, as the first leg was locked.
    Opened {
        /// Which.
        leg: u64,
        /// The terms.
        terms: Terms,
    },
    /// Another leg was locked.
    Funded {
        /// Which.
        leg: u64,
    },
    /// One condition was shown to hold.
    Satisfied {
        /// Which.
        condition: u64,
    },
    /// Every leg went to its receiver.
    Settled,
    /// Every locked leg went back to its giver.
    Aborted,
}

impl SettlementEvent {
    /// The name of the event, as the contract has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "Opened",
            Self::Funded { .. } => "Funded",
            Self::Satisfied { .. } => "Satisfied",
            Self::Settled => "Settled",
            Self::Aborted => "Aborted",
        }
    }
}
