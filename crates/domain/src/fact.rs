//! What happened, as the chain says it.

pub mod council;
pub mod deal;
pub mod terms;

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::{Amount, Asset, BlockRef, Timestamp, document::Commitment, id::DocumentId, party::Party};
use council::{Member, ProposalEvent};
use deal::{DealEvent, DealKind};

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
    /// The factory made a token.
    TokenMade {
        /// Where it is.
        token: Address,
        /// What it is called.
        name: String,
        /// Its symbol.
        symbol: String,
        /// Whether it is amounts.
        fungible: bool,
    },
    /// From now on this account alone may mint a token of the factory's; the zero address is nobody.
    IssuerSet {
        /// Of which token.
        token: Address,
        /// Who may.
        issuer: Address,
    },
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
    /// An amount of one class of units moved. The zero address mints and burns.
    UnitsMoved {
        /// Who gave it.
        from: Address,
        /// Who got it.
        to: Address,
        /// Of which class.
        token_id: U256,
        /// How much.
        amount: Amount,
    },
    /// An owner let somebody else move what it has, or no longer does.
    Approved {
        /// Whose it is.
        owner: Address,
        /// Who may move it.
        spender: Address,
        /// What of it.
        grant: Grant,
    },
    /// Something happened to a deal.
    Deal(DealKind, B256, DealEvent),
    /// An account spent nonces at the exchange, and so ended the orders that have them.
    NoncesSpent(SpentNonces),
    /// A contract could not pay somebody, and keeps it for them.
    Credited(Credit),
    /// Somebody took all that a contract kept for it of an asset.
    Withdrawn(Credit),
    /// From now on these are the members of a council.
    Reformed {
        /// The number of this set of members.
        epoch: u64,
        /// The weight that a proposal needs.
        threshold: u64,
        /// The members, by seat.
        members: Vec<Member>,
    },
    /// Something happened to a proposal in a council.
    Proposal(B256, ProposalEvent),
    /// A batch of private messages got its place in the order that all see, or the network was asked for something.
    Pinned(Pin),
}

impl Event {
    /// A name for it in lists.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PartyRegistered(_) => "PartyRegistered",
            Self::PartyRemoved(_) => "PartyRemoved",
            Self::DocumentRegistered(..) => "DocumentRegistered",
            Self::DocumentSuperseded(..) => "DocumentSuperseded",
            Self::DocumentRevoked(_) => "DocumentRevoked",
            Self::TokenMade { .. } => "TokenMade",
            Self::IssuerSet { .. } => "IssuerSet",
            Self::CashMoved { .. } => "CashMoved",
            Self::DeedMoved { .. } => "DeedMoved",
            Self::UnitsMoved { .. } => "UnitsMoved",
            Self::Approved { .. } => "Approved",
            Self::Deal(_, _, event) => event.name(),
            Self::NoncesSpent(_) => "NoncesSpent",
            Self::Credited(_) => "Credited",
            Self::Withdrawn(_) => "Withdrawn",
            Self::Reformed { .. } => "Reformed",
            Self::Proposal(_, event) => event.name(),
            Self::Pinned(_) => "Pinned",
        }
    }
}

/// What somebody may move of another's. It replaces what was granted before for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Up to an amount: of the class `token_id`, or of the money whose id is zero.
    Amount {
        /// Of which class.
        token_id: U256,
        /// How much.
        amount: Amount,
    },
    /// This deed, as the only one that may; the zero address as the spender means that nobody may.
    Deed {
        /// Which one.
        token_id: U256,
    },
    /// Everything that the owner has of this token, or nothing by this way.
    All(bool),
}

/// Nonces that an account used up: `256 * word + i` for each bit `i` of `mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpentNonces {
    /// Whose.
    pub by: Address,
    /// Which 256 of them.
    pub word: U256,
    /// Which of those.
    pub mask: U256,
}

impl SpentNonces {
    /// One nonce.
    #[must_use]
    pub fn one(by: Address, nonce: U256) -> Self {
        Self { by, word: nonce >> 8, mask: U256::ONE << (nonce & U256::from(255)) }
    }

    /// The lowest nonce that can be among them, and the highest.
    #[must_use]
    pub fn range(&self) -> (U256, U256) {
        let first = self.word << 8;
        (first, first | U256::from(255))
    }

    /// Whether this nonce is among them.
    #[must_use]
    pub fn has(&self, nonce: U256) -> bool {
        nonce >> 8 == self.word && self.mask.bit(nonce.as_le_slice()[0].into())
    }
}

/// What a contract keeps for somebody whom it could not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The deal that it comes from; nothing where it is taken.
    pub deal: Option<B256>,
    /// For whom.
    pub payee: Address,
    /// What.
    pub asset: Asset,
    /// Which one, where the asset has several; else zero.
    pub token_id: U256,
    /// How much.
    pub amount: Amount,
}

/// A batch of messages in the order that all see, or what the network is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Who pinned it.
    pub author: Address,
    /// What it is: a batch, or the name of what the network is asked for.
    pub action: String,
    /// Transaction and batch, 16 bytes each.
    pub uuids: B256,
    /// What the batch hashes to.
    pub batch_hash: B256,
    /// Where the batch is found, or what goes with the action.
    pub payload_ref: String,
    /// What the batch is ordered by.
    pub contexts: Vec<B256>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_a_bit_of_a_word() {
        let by = Address::repeat_byte(1);
        for nonce in [U256::ZERO, U256::from(255), U256::from(256), U256::from(0x1234), U256::MAX] {
            let spent = SpentNonces::one(by, nonce);
            let (first, last) = spent.range();
            assert!(first <= nonce && nonce <= last && spent.has(nonce), "{nonce}");
            assert!(!spent.has(nonce ^ U256::ONE) && !spent.has(nonce ^ U256::from(256)), "{nonce}");
        }
        let all = SpentNonces { by, word: U256::ONE, mask: U256::MAX };
        assert!(all.has(U256::from(256)) && all.has(U256::from(511)) && !all.has(U256::from(512)));
    }
}
