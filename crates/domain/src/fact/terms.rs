//! What is agreed on, by the contract that keeps it. A settlement's terms are in
//! [`settlement`](crate::settlement); an order's are never published in full.

use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

use crate::{Amount, Asset, Error, Result, Timestamp, settlement};

/// The terms of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DealTerms {
    /// Of a settlement.
    Settlement(settlement::Terms),
    /// Of a delivery versus payment between two.
    Dvp(DvpTerms),
    /// Of an escrow.
    Escrow(EscrowTerms),
    /// Of a hash lock.
    HashLock(LockTerms),
    /// Of an exchange of a document for money.
    FairExchange(FairTerms),
}

impl DealTerms {
    /// Who is named by them, each once.
    #[must_use]
    pub fn parties(&self) -> Vec<Address> {
        let mut parties = match self {
            Self::Settlement(terms) => {
                let legs = terms.legs.iter().flat_map(|leg| [leg.from, leg.to]);
                legs.chain(terms.conditions.iter().map(|condition| condition.party)).collect()
            }
            Self::Dvp(terms) => vec![terms.seller, terms.buyer],
            Self::Escrow(terms) => vec![terms.payer, terms.payee, terms.arbiter],
            Self::HashLock(terms) => vec![terms.sender, terms.receiver],
            Self::FairExchange(terms) => vec![terms.buyer, terms.seller],
        };
        parties.sort_unstable();
        parties.dedup();
        parties.retain(|party| !party.is_zero());
        parties
    }

    /// How many must still put something in or accept once it is opened.
    #[must_use]
    pub fn missing(&self) -> u64 {
        match self {
            Self::Settlement(terms) => u64::try_from(terms.legs.len()).unwrap_or(u64::MAX).saturating_sub(1),
            Self::Dvp(_) | Self::Escrow(_) => 1,
            Self::HashLock(_) | Self::FairExchange(_) => 0,
        }
    }
}

/// A seller's asset against a buyer's payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DvpTerms {
    /// Who delivers.
    pub seller: Address,
    /// Who pays, and signs for the subject.
    pub buyer: Address,
    /// What is delivered.
    pub asset: Asset,
    /// Which one, where the asset has several; else zero.
    pub token_id: U256,
    /// How much of it.
    pub amount: Amount,
    /// What is paid with.
    pub payment: Asset,
    /// How much of that.
    pub price: Amount,
    /// What the seller hands over outside the chain.
    pub subject: B256,
    /// Both must put in before this time.
    pub fund_by: Timestamp,
    /// It settles before this time, or is undone.
    pub settle_by: Timestamp,
    /// Makes equal deals different.
    pub nonce: U256,
}

/// A payment that waits for a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscrowTerms {
    /// Who pays.
    pub payer: Address,
    /// Who is paid.
    pub payee: Address,
    /// With what.
    pub asset: Asset,
    /// Which one, where the asset has several; else zero.
    pub token_id: U256,
    /// How much of it.
    pub amount: Amount,
    /// What is to be delivered.
    pub subject: B256,
    /// Who decides a dispute; zero for nobody.
    pub arbiter: Address,
    /// What a dispute costs.
    pub bond: Amount,
    /// The payee's share of what is left where nobody decides, in basis points.
    pub default_bps: u16,
    /// The payee accepts before this time, or it is undone.
    pub accept_by: Timestamp,
    /// A dispute is raised before this time, or the payee is paid.
    pub dispute_by: Timestamp,
    /// How many seconds the arbiter has.
    pub rule_window: u64,
    /// Makes equal escrows different.
    pub nonce: U256,
}

/// How 32 bytes become a hash lock: the contract's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum HashKind {
    /// SHA-256.
    Sha256 = 0,
    /// Keccak-256.
    Keccak256 = 1,
    /// What commits the seller of a document to its key.
    Key = 2,
}

impl HashKind {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Keccak256, Self::Key];
}

impl TryFrom<u8> for HashKind {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        let kind = Self::ALL.get(usize::from(number)).copied();
        kind.ok_or_else(|| Error::invalid(format!("{number} is no kind of hash")))
    }
}

/// One side of a swap over two chains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockTerms {
    /// Who locks, and gets it back from the deadline on.
    pub sender: Address,
    /// Who gets it for the preimage.
    pub receiver: Address,
    /// What is locked.
    pub asset: Asset,
    /// Which one, where the asset has several; else zero.
    pub token_id: U256,
    /// How much of it.
    pub amount: Amount,
    /// What the preimage hashes to.
    pub hashlock: B256,
    /// How it does.
    pub hash_kind: HashKind,
    /// The preimage counts before this time.
    pub deadline: Timestamp,
    /// Makes equal locks different.
    pub nonce: U256,
}

/// A private document for money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FairTerms {
    /// Who pays.
    pub buyer: Address,
    /// Who has the key.
    pub seller: Address,
    /// What is paid with.
    pub asset: Asset,
    /// Which one, where the asset has several; else zero.
    pub token_id: U256,
    /// How much of it.
    pub amount: Amount,
    /// Stands for what is sold.
    pub goods: B256,
    /// Binds the seller to the key.
    pub key_commit: B256,
    /// The key is told before this time, or it is undone.
    pub reveal_by: Timestamp,
    /// How many seconds the buyer has to prove a key wrong.
    pub window: u64,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::settlement::{Condition, ConditionKind, Leg};

    const A: Address = Address::repeat_byte(0xa);
    const B: Address = Address::repeat_byte(0xb);
    const C: Address = Address::repeat_byte(0xc);

    pub(crate) fn settlement(legs: usize) -> DealTerms {
        let (asset, token_id, amount) = (Asset::erc20(C), U256::MAX, Amount::new(U256::MAX));
        let leg = Leg { asset, from: A, to: B, token_id, amount };
        let condition = |party| Condition { kind: ConditionKind::Receipt, party, subject: B256::ZERO };
        DealTerms::Settlement(settlement::Terms {
            legs: vec![leg; legs],
            conditions: vec![condition(C), condition(Address::ZERO)],
            fund_by: 1,
            settle_by: 2,
            nonce: U256::MAX,
        })
    }

    /// One of each kind, in the order of [`DealTerms`].
    pub(crate) fn every_terms() -> [DealTerms; 5] {
        let (asset, amount) = (Asset::erc20(C), Amount::new(U256::MAX));
        let (token_id, nonce, subject) = (U256::ZERO, U256::MAX, B256::repeat_byte(7));
        [
            settlement(2),
            DealTerms::Dvp(DvpTerms {
                seller: B,
                buyer: A,
                asset,
                token_id,
                amount,
                payment: asset,
                price: amount,
                subject,
                fund_by: 1,
                settle_by: 2,
                nonce,
            }),
            DealTerms::Escrow(EscrowTerms {
                payer: A,
                payee: B,
                asset,
                token_id,
                amount,
                subject,
                arbiter: Address::ZERO,
                bond: amount,
                default_bps: 10_000,
                accept_by: 1,
                dispute_by: 2,
                rule_window: 3,
                nonce,
            }),
            DealTerms::HashLock(LockTerms {
                sender: A,
                receiver: B,
                asset,
                token_id,
                amount,
                hashlock: subject,
                hash_kind: HashKind::Key,
                deadline: 1,
                nonce,
            }),
            DealTerms::FairExchange(FairTerms {
                buyer: A,
                seller: B,
                asset,
                token_id,
                amount,
                goods: subject,
                key_commit: subject,
                reveal_by: 1,
                window: 2,
            }),
        ]
    }

    #[test]
    fn terms_name_their_parties_once() {
        let [settlement, others @ ..] = every_terms();
        assert_eq!(settlement.parties(), [A, B, C]);
        for terms in others {
            assert_eq!(terms.parties(), [A, B], "{terms:?}");
        }
    }

    #[test]
    fn terms_are_read_as_what_they_are() {
        for terms in every_terms() {
            let json = serde_json::to_string(&terms).unwrap();
            assert_eq!(serde_json::from_str::<DealTerms>(&json).unwrap(), terms, "{json}");
        }
    }
}
