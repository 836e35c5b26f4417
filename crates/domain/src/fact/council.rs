//! What councils say of their members and of what is put to the vote.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

use crate::{Amount, Error, Result, Timestamp};

/// Who sits on a council.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// An address, or an ERC-7913 signer, which is longer.
    pub signer: Bytes,
    /// What its yes counts.
    pub weight: u32,
}

/// One call that a council makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedCall {
    /// Whom it calls.
    pub target: Address,
    /// With how much of the chain's coin.
    pub value: Amount,
    /// With what.
    pub data: Bytes,
}

/// What is put to the vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    /// What the council does if it passes.
    pub calls: Vec<ProposedCall>,
    /// A document that says why, or zero.
    pub subject: B256,
    /// Members may say yes before this time.
    pub vote_by: Timestamp,
    /// The calls may be made from this time on.
    pub execute_from: Timestamp,
    /// And before this time.
    pub execute_by: Timestamp,
    /// Makes equal proposals different.
    pub nonce: U256,
}

/// Where a proposal stands: the contract's names in the contract's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ProposalStatus {
    /// Nobody has put it to the vote.
    None = 0,
    /// Members may say yes.
    Open = 1,
    /// Enough weight said yes in time.
    Passed = 2,
    /// Its calls were made.
    Executed = 3,
    /// Too little weight said yes in time.
    Expired = 4,
    /// It passed, and nobody executed it in time.
    Stale = 5,
}

impl ProposalStatus {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Open, Self::Passed, Self::Executed, Self::Expired, Self::Stale];
}

impl TryFrom<u8> for ProposalStatus {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        let status = Self::ALL.get(usize::from(number)).copied();
        status.ok_or_else(|| Error::invalid(format!("{number} is no status of a proposal")))
    }
}

/// What can happen to a proposal, by the contract's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all_fields = "camelCase")]
pub enum ProposalEvent {
    /// It was put to the vote.
    Opened {
        /// By whom.
        by: Address,
        /// Which set of members decides.
        epoch: u64,
        /// The proposal.
        terms: Proposal,
    },
    /// Members said yes.
    Voted {
        /// Who said so, or brought the signatures.
        by: Address,
        /// Their seats, one bit each.
        seats: U256,
        /// The weight of all that said yes by now.
        weight: u64,
        /// Where it stands then.
        status: ProposalStatus,
    },
    /// Every call was made.
    Executed {
        /// Who asked for it.
        by: Address,
    },
    /// Too little weight said yes in time.
    Expired {
        /// Who said so.
        by: Address,
    },
    /// Nobody executed it in time.
    WentStale {
        /// Who said so.
        by: Address,
    },
}

impl ProposalEvent {
    /// The name of the event, as the contract has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "Opened",
            Self::Voted { .. } => "Voted",
            Self::Executed { .. } => "Executed",
            Self::Expired { .. } => "Expired",
            Self::WentStale { .. } => "WentStale",
        }
    }

    /// Where the proposal stands then: the contract tells it with each event.
    #[must_use]
    pub const fn status(&self) -> ProposalStatus {
        match self {
            Self::Opened { .. } => ProposalStatus::Open,
            Self::Voted { status, .. } => *status,
            Self::Executed { .. } => ProposalStatus::Executed,
            Self::Expired { .. } => ProposalStatus::Expired,
            Self::WentStale { .. } => ProposalStatus::Stale,
        }
    }
}
