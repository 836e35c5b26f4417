//! The settlement's terms, and the typed data that parties sign over them.
//!
//! The ids and digests made here are the ones the contracts make; shared vectors and the end-to-end tests
//! hold the two together.

use alloy_primitives::{Address, B256, Bytes, Signature, U256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use serde::{Deserialize, Serialize};

use crate::{
    Amount, Asset, Error, Result, Timestamp,
    document::Commitment,
    id::{DocumentId, SettlementId},
};

/// EIP-712 shapes, named as in the contracts: the names are part of the hash.
mod typed {
    #![allow(missing_docs, reason = "generated from the Solidity definitions")]

    alloy_sol_types::sol! {
        struct Leg { bytes32 asset; address from; address to; uint256 tokenId; uint256 amount; }
        struct Condition { uint8 kind; address party; bytes32 subject; }
        struct Terms { Leg[] legs; Condition[] conditions; uint40 fundBy; uint40 settleBy; uint256 nonce; }
        struct Receipt { bytes32 settlement; address party; bytes32 subject; }
        struct Document {
            address issuer; bytes32 root; uint32 chunks; uint32 chunkSize; uint64 size;
            bytes32 schema; bytes32 previous;
        }
    }
}

/// One thing that changes hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leg {
    /// What.
    pub asset: Asset,
    /// Who gives it.
    pub from: Address,
    /// Who gets it.
    pub to: Address,
    /// Which one, where the asset has several; else zero.
    pub token_id: U256,
    /// How much; one where there is only one.
    pub amount: Amount,
}

/// What must be shown before the legs are paid out: the contract's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ConditionKind {
    /// A party's signed word that it got what the subject names.
    Receipt = 0,
    /// The 32 bytes whose SHA-256 is the subject.
    Preimage = 1,
    /// The bytes whose Keccak-256 is the subject.
    Key = 2,
    /// The subject is a time, and it has come.
    Time = 3,
    /// The party is a contract, and settled what the subject names.
    Outcome = 4,
}

impl ConditionKind {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 5] = [Self::Receipt, Self::Preimage, Self::Key, Self::Time, Self::Outcome];
}

impl TryFrom<u8> for ConditionKind {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        let kind = Self::ALL.get(usize::from(number)).copied();
        kind.ok_or_else(|| Error::invalid(format!("{number} is no kind of condition")))
    }
}

/// One thing that must be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What sort of proof.
    pub kind: ConditionKind,
    /// Whose proof, where the kind has one; else zero.
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

/// Where a settlement, or another deal, stands on the chain: the contracts' names in the contracts' order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Unknown to the chain.
    None,
    /// The terms are known, and something is still missing.
    Open,
    /// All that is needed is locked.
    Armed,
    /// What was locked is with its receivers.
    Settled,
    /// What was locked is back with its givers.
    Aborted,
    /// Never a settlement's: armed, and the key is out.
    Revealed,
    /// Never a settlement's: armed, and somebody else is to decide.
    Disputed,
}

impl Status {
    /// All of them, in the contracts' order.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Open, Self::Armed, Self::Settled, Self::Aborted, Self::Revealed, Self::Disputed];
}

/// Which chain and which contracts: what ids and signatures are bound to. A node trades by the first five; the others
/// are mirrored where a deployment has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What makes tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_factory: Option<Address>,
    /// Many classes of units in one contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Address>,
    /// Deliveries versus payment between two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dvp: Option<Address>,
    /// Payments that wait for a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escrow: Option<Address>,
    /// Sides of swaps over two chains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_lock: Option<Address>,
    /// Documents for money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fair_exchange: Option<Address>,
    /// Signed orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Address>,
    /// A council, which is somebody's own: no deployment of the suite has one by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub council: Option<Address>,
    /// Batches of messages in one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinboard: Option<Address>,
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

    /// What `party` signs to say that the document of this settlement has arrived.
    #[must_use]
    pub fn receipt_digest(&self, settlement: SettlementId, party: Address, document: DocumentId) -> B256 {
        typed::Receipt { settlement: settlement.0, party, subject: document.0 }
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
        let digest = self.receipt_digest(settlement, party, document);
        let signer = canonical(signature).and_then(|s| s.recover_address_from_prehash(&digest).ok());
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
            asset: leg.asset.into(),
            from: leg.from,
            to: leg.to,
            tokenId: leg.token_id,
            amount: leg.amount.units(),
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
