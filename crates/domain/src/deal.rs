//! A deal: a deed and its document against money, as two parties agree on it.

use alloy_primitives::{Address, U256};
use serde::{Deserialize, Serialize};

use crate::{
    Amount, Asset, Error, Result, Timestamp,
    id::DocumentId,
    settlement::{Condition, ConditionKind, Leg, Terms},
};

/// Which side of the deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Gives the deed and the document.
    Seller,
    /// Gives the money.
    Buyer,
}

impl Side {
    /// The one across the table.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Seller => Self::Buyer,
            Self::Buyer => Self::Seller,
        }
    }

    /// The place of this side's leg in the terms.
    #[must_use]
    pub const fn leg(self) -> u64 {
        match self {
            Self::Seller => 0,
            Self::Buyer => 1,
        }
    }

    /// Whose leg stands at this place of the terms.
    #[must_use]
    pub const fn of_leg(leg: u64) -> Option<Self> {
        match leg {
            0 => Some(Self::Seller),
            1 => Some(Self::Buyer),
            _ => None,
        }
    }
}

/// What the two parties agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deal {
    /// Gives the deed and the document.
    pub seller: Address,
    /// Gives the money.
    pub buyer: Address,
    /// The document; the deed's token id is the same number.
    pub document: DocumentId,
    /// The deed's contract.
    pub deed: Address,
    /// The money's contract.
    pub cash: Address,
    /// How much money.
    pub price: Amount,
    /// Legs must be locked before this time.
    pub fund_by: Timestamp,
    /// The receipt must be shown before this time.
    pub settle_by: Timestamp,
    /// Makes equal deals different.
    pub nonce: U256,
}

impl Deal {
    /// The address that plays `side`.
    #[must_use]
    pub const fn party(&self, side: Side) -> Address {
        match side {
            Side::Seller => self.seller,
            Side::Buyer => self.buyer,
        }
    }

    /// The side that `address` plays, if any.
    #[must_use]
    pub fn side(&self, address: Address) -> Option<Side> {
        [Side::Seller, Side::Buyer].into_iter().find(|side| self.party(*side) == address)
    }

    /// The deed's token id.
    #[must_use]
    pub fn token_id(&self) -> U256 {
        U256::from_be_bytes(self.document.0.0)
    }

    /// Refuses what could never settle.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn check(&self, now: Timestamp) -> Result<()> {
        let wrong = |field, why| Err(Error::invalid(why).field(field));
        if self.seller == self.buyer {
            return wrong("counterparty", "must be another party");
        }
        if self.price.is_zero() {
            return wrong("price", "must be more than zero");
        }
        if self.fund_by <= now {
            return wrong("fundBy", "must be later than the chain's present time");
        }
        if self.settle_by <= self.fund_by {
            return wrong("settleBy", "must be later than fundBy");
        }
        if self.settle_by > now + MAX_WINDOW {
            return wrong("settleBy", "must be within 365 days");
        }
        Ok(())
    }

    /// The settlement's terms: leg 0 is the deed, leg 1 the money, and the one condition is the buyer's
    /// receipt of the document.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let leg = |side: Side, asset, token_id, amount| Leg {
            asset,
            from: self.party(side),
            to: self.party(side.other()),
            token_id,
            amount,
        };
        let one = Amount::new(U256::ONE);
        Terms {
            legs: vec![
                leg(Side::Seller, Asset::erc721(self.deed), self.token_id(), one),
                leg(Side::Buyer, Asset::erc20(self.cash), U256::ZERO, self.price),
            ],
            conditions: vec![Condition {
                kind: ConditionKind::Receipt,
                party: self.buyer,
                subject: self.document.0,
            }],
            fund_by: self.fund_by,
            settle_by: self.settle_by,
            nonce: self.nonce,
        }
    }
}

/// The longest time that a deal may stay open; the contract allows a day more.
const MAX_WINDOW: Timestamp = 365 * 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = 500;

    fn deal() -> Deal {
        Deal {
            seller: Address::with_last_byte(1),
            buyer: Address::with_last_byte(2),
            document: DocumentId(alloy_primitives::B256::with_last_byte(3)),
            deed: Address::with_last_byte(4),
            cash: Address::with_last_byte(5),
            price: Amount::new(U256::from(100)),
            fund_by: 1_000,
            settle_by: 2_000,
            nonce: U256::ZERO,
        }
    }

    #[test]
    fn the_terms_say_who_gives_what_to_whom() {
        let terms = deal().terms();
        assert_eq!(terms.legs[0].from, deal().seller);
        assert_eq!(terms.legs[0].token_id, deal().token_id());
        assert_eq!(terms.legs[1].from, deal().buyer);
        assert_eq!(terms.legs[1].to, deal().seller);
        assert_eq!(terms.legs[1].amount, deal().price);
        assert_eq!(terms.conditions[0].party, deal().buyer);
        assert_eq!(terms.conditions[0].subject, deal().document.0);
    }

    #[test]
    fn a_deal_that_could_never_settle_is_refused_by_field() {
        type Spoil = fn(&mut Deal);
        let cases: [(&str, Spoil); 5] = [
            ("counterparty", |d| d.buyer = d.seller),
            ("price", |d| d.price = Amount::ZERO),
            ("fundBy", |d| d.fund_by = NOW),
            ("settleBy", |d| d.settle_by = d.fund_by),
            ("settleBy", |d| d.settle_by = NOW + MAX_WINDOW + 1),
        ];
        for (field, spoil) in cases {
            let mut deal = deal();
            spoil(&mut deal);
            assert_eq!(deal.check(NOW).unwrap_err().field_name(), Some(field));
        }
        assert_eq!(deal().check(NOW), Ok(()));
    }
}
