//! The settlement's terms, and the typed data that parties sign over them.
//!
//! The ids and digests made here are the ones the contracts make; shared vectors and the end-to-end tests
//! hold the two together.

use alloy_primitives::{Address, B256, Bytes, Signature, U256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result, Timestamp,
    document::Commitment,
    id::{DocumentId, SettlementId},
};

/// EIP-712 shapes, named as in the contracts: the names are part of the hash.
mod typed {
    #![allow(missing_docs, reason = "generated from the Solidity definitions")]

    alloy_sol_types::sol! {
        struct Leg { uint8 kind; address token; address from; address to; uint256 value; }
        struct Condition { uint8 kind; address party; bytes32 subject; }
        struct Terms { Leg[] legs; Condition[] conditions; uint40 fundBy; uint40 settleBy; uint256 nonce; }
        struct Receipt { bytes32 settlement; bytes32 subject; }
        struct Document {
            address issuer; bytes32 root; uint32 chunks; uint32 chunkSize; uint64 size;
            bytes32 schema; bytes32 previous;
        }
    }
}

/// What is moved: the contract's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum LegKind {
    /// An amount of a fungible token.
    Erc20 = 0,
    /// One non-fungible token.
    Erc721 = 1,
}

/// One thing that changes hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// What sort of token.
    pub kind: LegKind,
    /// The token's contract.
    pub token: Address,
    /// Who gives it.
    pub from: Address,
    /// Who gets it.
    pub to: Address,
    /// How much, or which one.
    pub value: U256,
}

/// What must be shown before the legs are paid out: the contract's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ConditionKind {
    /// A party's signed word that a document has arrived.
    Receipt = 0,
}

/// One thing that must be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What sort of proof.
    pub kind: ConditionKind,
    /// Whose proof.
    pub party: Address,
    /// Of what: for a receipt, the document's id.
    pub subject: B256,
}

/// All that a settlement is about; its id is the hash of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// What changes hands.
    pub legs: Vec<Leg>,
    /// What must be shown first.
    pub conditions: Vec<Condition>,
    /// Legs may be locked before this time; from it on, an incomplete settlement is undone.
    pub fund_by: Timestamp,
    /// Conditions may be shown before this time; from it on, an unsatisfied settlement is undone.
    pub settle_by: Timestamp,
    /// Makes equal deals different.
    pub nonce: U256,
}

/// Where a settlement stands on the chain: the contract's names in the contract's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Unknown to the chain.
    None,
    /// Some legs are locked.
    Open,
    /// All legs are locked.
    Armed,
    /// Every leg is with its receiver.
    Settled,
    /// Every locked leg is back with its giver.
    Aborted,
}

impl Status {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 5] = [Self::None, Self::Open, Self::Armed, Self::Settled, Self::Aborted];
}

/// Which chain and which contracts: what ids and signatures are bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Contracts {
    /// Fungible money.
    pub cash: Address,
    /// Titles bound to documents.
    pub deed: Address,
    /// Document commitments.
    pub document_registry: Address,
    /// Who is who.
    pub party_registry: Address,
    /// The escrow that settles.
    pub settlement: Address,
}

/// The chain and the contracts on it that this node works with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// The chain's id, part of every signature.
    pub chain_id: u64,
    /// No contract has events before this block.
    pub start_block: u64,
    /// The contracts' addresses.
    pub contracts: Contracts,
}

impl Deployment {
    /// The id of a settlement on these terms.
    #[must_use]
    pub fn settlement_id(&self, terms: &Terms) -> SettlementId {
        SettlementId(typed::Terms::from(terms).eip712_signing_hash(&self.settlement_domain()))
    }

    /// The id of a document with this commitment.
    #[must_use]
    pub fn document_id(&self, commitment: &Commitment) -> DocumentId {
        let domain = self.domain("Quittance DocumentRegistry", self.contracts.document_registry);
        DocumentId(typed::Document::from(commitment).eip712_signing_hash(&domain))
    }

    /// What a party signs to say that the document of this settlement has arrived.
    #[must_use]
    pub fn receipt_digest(&self, settlement: SettlementId, document: DocumentId) -> B256 {
        typed::Receipt { settlement: settlement.0, subject: document.0 }
            .eip712_signing_hash(&self.settlement_domain())
    }

    /// Checks that `signature` is `party`'s receipt.
    ///
    /// # Errors
    /// When it is malformed or somebody else's.
    pub fn check_receipt(
        &self,
        settlement: SettlementId,
        document: DocumentId,
        party: Address,
        signature: &Bytes,
    ) -> Result<()> {
        let signer = canonical(signature)
            .and_then(|s| s.recover_address_from_prehash(&self.receipt_digest(settlement, document)).ok());
        if signer == Some(party) {
            return Ok(());
        }
        Err(Error::invalid("is not the buyer's signature over this receipt").field("signature"))
    }

    fn settlement_domain(&self) -> Eip712Domain {
        self.domain("Quittance Settlement", self.contracts.settlement)
    }

    fn domain(&self, name: &'static str, contract: Address) -> Eip712Domain {
        Eip712Domain::new(
            Some(name.into()),
            Some("1".into()),
            Some(U256::from(self.chain_id)),
            Some(contract),
            None,
        )
    }
}

/// A signature in the one form that the contract takes: 65 bytes, `v` of 27 or 28, and the lower `s`. Another form
/// of a good signature would be kept here and refused there.
fn canonical(raw: &Bytes) -> Option<Signature> {
    let signature = Signature::from_raw(raw).ok()?;
    (signature.as_bytes()[..] == raw[..] && signature.normalize_s().is_none()).then_some(signature)
}

impl From<&Terms> for typed::Terms {
    fn from(terms: &Terms) -> Self {
        let leg = |leg: &Leg| typed::Leg {
            kind: leg.kind as u8,
            token: leg.token,
            from: leg.from,
            to: leg.to,
            value: leg.value,
        };
        let condition = |condition: &Condition| typed::Condition {
            kind: condition.kind as u8,
            party: condition.party,
            subject: condition.subject,
        };
        Self {
            legs: terms.legs.iter().map(leg).collect(),
            conditions: terms.conditions.iter().map(condition).collect(),
            fundBy: alloy_primitives::aliases::U40::saturating_from(terms.fund_by),
            settleBy: alloy_primitives::aliases::U40::saturating_from(terms.settle_by),
            nonce: terms.nonce,
        }
    }
}

impl From<&Commitment> for typed::Document {
    fn from(document: &Commitment) -> Self {
        Self {
            issuer: document.issuer,
            root: document.root,
            chunks: document.chunks,
            chunkSize: document.chunk_size,
            size: document.size,
            schema: document.schema,
            previous: document.previous,
        }
    }
}
