//! Deals: what every contract that brings two sides or more together says of them. The contracts share one
//! vocabulary, so one fold tells where any deal stands.
//!
//! ```text
//!   (nothing) --Opened--> Open --Funded, Accepted: the last that was missing--> Armed --Settled--> Settled
//!                 |                                                             ^  |
//!                 +---------------------- where nothing is missing -------------+  +--Aborted--> Aborted
//!                                                                                  +--Revealed, DisputeRaised
//!   (nothing) --Filled: a part--> Open --Filled: the rest--> Settled
//! ```

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

use super::{SpentNonces, terms::DealTerms};
use crate::{Amount, Asset, Timestamp, settlement::Status};

/// Which contract's deal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DealKind {
    /// Up to eight legs under up to eight conditions: `Settlement`.
    Settlement,
    /// An asset against a price between two: `Dvp`.
    Dvp,
    /// A payment that waits for a delivery: `Escrow`.
    Escrow,
    /// One side of a swap over two chains: `HashLock`.
    HashLock,
    /// A document for money: `FairExchange`.
    FairExchange,
    /// A signed order: `Exchange`.
    Order,
}

impl DealKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Settlement, Self::Dvp, Self::Escrow, Self::HashLock, Self::FairExchange, Self::Order];
}

/// What can happen to a deal, by the contracts' names. What only some contracts tell is an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all_fields = "camelCase")]
pub enum DealEvent {
    /// Its terms became known to the chain, as the first asset was locked.
    Opened {
        /// Who locked it.
        by: Address,
        /// As which leg.
        #[serde(skip_serializing_if = "Option::is_none")]
        leg: Option<u64>,
        /// The terms.
        terms: Box<DealTerms>,
    },
    /// Another asset was locked.
    Funded {
        /// Who locked it.
        by: Address,
        /// As which leg.
        #[serde(skip_serializing_if = "Option::is_none")]
        leg: Option<u64>,
    },
    /// One condition was shown to hold.
    Satisfied {
        /// Which.
        condition: u64,
        /// What showed it, for those who wait for it elsewhere.
        published: Bytes,
    },
    /// The payee will deliver.
    Accepted {
        /// The payee.
        by: Address,
    },
    /// A part was paid.
    Released {
        /// Who asked for it.
        by: Address,
        /// The share of the whole that was paid by now, in basis points.
        released_bps: u64,
        /// How much was paid with this part.
        amount: Amount,
    },
    /// A party wants somebody else to decide.
    DisputeRaised {
        /// Which party.
        by: Address,
        /// Until when it may be decided.
        rule_by: Timestamp,
    },
    /// The key to the document is out.
    Revealed {
        /// Who told it.
        by: Address,
        /// The key.
        key: B256,
        /// Until when it may be proven wrong.
        until: Timestamp,
    },
    /// A signed order was filled, or a part of it.
    Filled(Box<Fill>),
    /// What was locked went forward.
    Settled(Settled),
    /// What was locked went back; or an order's maker ended it.
    Aborted(Aborted),
    /// Its nonce was spent otherwise, so the order never fills again. It is what an event about something else means
    /// to this order.
    Invalidated {
        /// The maker.
        by: Address,
    },
}

/// What moved as an order was filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fill {
    /// Who signed the order.
    pub maker: Address,
    /// Who filled it.
    pub taker: Address,
    /// The order's nonce.
    pub nonce: U256,
    /// What the maker gives.
    pub give: Asset,
    /// Which one, where that asset has several.
    pub give_id: U256,
    /// How much of it was given.
    pub given: Amount,
    /// What the taker pays with.
    pub take: Asset,
    /// Which one, where that asset has several.
    pub take_id: U256,
    /// How much of it was paid.
    pub paid: Amount,
    /// How much may still be filled.
    pub left: Amount,
}

/// How a deal went forward.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// Who asked for it.
    pub by: Address,
    /// The preimage that opened a hash lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preimage: Option<B256>,
    /// What an escrow's payee got of what was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_payee: Option<Amount>,
    /// What its payer got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_payer: Option<Amount>,
    /// Who got the bond.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bond_to: Option<Address>,
}

/// How a deal was undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aborted {
    /// Who asked for it.
    pub by: Address,
    /// The legs that went back, one bit each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<U256>,
    /// Whether the key was proven wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<bool>,
    /// What an escrow's payer got back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_payer: Option<Amount>,
    /// Who got the bond.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bond_to: Option<Address>,
    /// The order's nonce, which is spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<U256>,
    /// How much of the order was filled before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filled: Option<Amount>,
}

impl DealEvent {
    /// What was locked went forward, and there is no more to say.
    #[must_use]
    pub fn settled(by: Address) -> Self {
        Self::Settled(Settled { by, ..Settled::default() })
    }

    /// What was locked went back, and there is no more to say.
    #[must_use]
    pub fn aborted(by: Address) -> Self {
        Self::Aborted(Aborted { by, ..Aborted::default() })
    }

    /// The name of the event, as the contract has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "Opened",
            Self::Funded { .. } => "Funded",
            Self::Satisfied { .. } => "Satisfied",
            Self::Accepted { .. } => "Accepted",
            Self::Released { .. } => "Released",
            Self::DisputeRaised { .. } => "DisputeRaised",
            Self::Revealed { .. } => "Revealed",
            Self::Filled(_) => "Filled",
            Self::Settled(_) => "Settled",
            Self::Aborted(_) => "Aborted",
            Self::Invalidated { .. } => "Invalidated",
        }
    }

    /// Whose deal it is, as far as this event tells it.
    #[must_use]
    pub fn parties(&self) -> Vec<Address> {
        match self {
            Self::Opened { terms, .. } => terms.parties(),
            Self::Filled(fill) => vec![fill.maker, fill.taker],
            Self::Aborted(Aborted { by, nonce: Some(_), .. }) => vec![*by],
            _ => vec![],
        }
    }

    /// The maker and the nonce of the order that this is about.
    #[must_use]
    pub fn order(&self) -> Option<(Address, U256)> {
        match self {
            Self::Filled(fill) => Some((fill.maker, fill.nonce)),
            Self::Aborted(Aborted { by, nonce: Some(nonce), .. }) => Some((*by, *nonce)),
            _ => None,
        }
    }

    /// The nonce that the exchange takes from the maker with this: that of an order which ended.
    #[must_use]
    pub fn spends(&self) -> Option<SpentNonces> {
        let (maker, nonce) = self.order()?;
        let rests = matches!(self, Self::Filled(fill) if !fill.left.is_zero());
        (!rests).then(|| SpentNonces::one(maker, nonce))
    }

    /// How many must still put something in or accept, if this can be the first event of a deal.
    fn begins(&self) -> Option<u64> {
        match self {
            Self::Opened { terms, .. } => Some(terms.missing()),
            Self::Filled(_) | Self::Aborted(Aborted { nonce: Some(_), .. }) => Some(0),
            _ => None,
        }
    }
}

/// Where a deal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// By the contracts' one vocabulary.
    pub status: Status,
    /// How many must still put something in or accept, before it is armed.
    pub missing: u64,
}

impl Standing {
    /// Where a deal stands after an event, given where it stood before: nothing, if it was not known.
    ///
    /// Nothing follows from an event of a deal whose beginning was not seen. The contracts have the same address
    /// whoever deploys them, so there may be deals that began before anything was mirrored here.
    #[must_use]
    pub fn after(before: Option<Self>, event: &DealEvent) -> Option<Self> {
        let before = match before {
            Some(before) => before,
            None => Self { status: Status::None, missing: event.begins()? },
        };
        let Self { status, missing } = before;
        Some(match event {
            DealEvent::Opened { .. } => Self::waiting_for(missing),
            DealEvent::Funded { .. } | DealEvent::Accepted { .. } => {
                Self::waiting_for(missing.saturating_sub(1))
            }
            DealEvent::Satisfied { .. } | DealEvent::Released { .. } => before,
            DealEvent::DisputeRaised { .. } => Self { status: Status::Disputed, missing },
            DealEvent::Revealed { .. } => Self { status: Status::Revealed, missing },
            DealEvent::Filled(fill) if !fill.left.is_zero() => Self { status: Status::Open, missing },
            DealEvent::Filled(_) | DealEvent::Settled(_) => Self { status: Status::Settled, missing },
            // An order that ended before keeps its end: of those that share a nonce, one may have been filled.
            DealEvent::Invalidated { .. } if status != Status::Open => before,
            DealEvent::Aborted(_) | DealEvent::Invalidated { .. } => {
                Self { status: Status::Aborted, missing }
            }
        })
    }

    const fn waiting_for(missing: u64) -> Self {
        let status = if missing == 0 { Status::Armed } else { Status::Open };
        Self { status, missing }
    }
}

#[cfg(test)]
mod tests {
    use Status::{Aborted, Armed, Disputed, Open, Revealed, Settled};

    use super::*;
    use crate::fact::terms::tests::{every_terms, settlement};

    const WHO: Address = Address::repeat_byte(1);

    fn opened(terms: &DealTerms) -> DealEvent {
        DealEvent::Opened { by: WHO, leg: None, terms: Box::new(terms.clone()) }
    }

    fn settled() -> DealEvent {
        DealEvent::settled(WHO)
    }

    fn aborted(nonce: Option<U256>) -> DealEvent {
        DealEvent::Aborted(super::Aborted { by: WHO, nonce, ..Default::default() })
    }

    fn filled(left: u64) -> DealEvent {
        let asset = Asset::erc20(WHO);
        let amount = |units| Amount::new(U256::from(units));
        DealEvent::Filled(Box::new(Fill {
            maker: WHO,
            taker: Address::repeat_byte(2),
            nonce: U256::from(7),
            give: asset,
            give_id: U256::ZERO,
            given: amount(1),
            take: asset,
            take_id: U256::ZERO,
            paid: amount(2),
            left: amount(left),
        }))
    }

    fn others() -> Vec<DealEvent> {
        let (by, key) = (WHO, B256::repeat_byte(3));
        vec![
            DealEvent::Funded { by, leg: Some(1) },
            DealEvent::Satisfied { condition: 0, published: Bytes::from_static(b"key") },
            DealEvent::Accepted { by },
            DealEvent::Released { by, released_bps: 1, amount: Amount::new(U256::MAX) },
            DealEvent::DisputeRaised { by, rule_by: 5 },
            DealEvent::Revealed { by, key, until: 6 },
            settled(),
            aborted(None),
            DealEvent::Invalidated { by },
        ]
    }

    fn stands(events: &[DealEvent]) -> Vec<Status> {
        let mut standing = None;
        let each = events.iter().map(|event| {
            standing = Standing::after(standing, event);
            standing.unwrap().status
        });
        each.collect()
    }

    #[test]
    fn a_deal_is_armed_when_nothing_is_missing() {
        for terms in every_terms() {
            let missing = terms.missing();
            let mut events = vec![opened(&terms)];
            events.extend((0..missing).map(|_| DealEvent::Funded { by: WHO, leg: None }));
            let mut expected = vec![Open; events.len() - 1];
            expected.push(Armed);
            assert_eq!(stands(&events), expected, "{terms:?}");
        }
    }

    #[test]
    fn each_path_ends_as_the_contract_has_it() {
        let by = WHO;
        let [two_legs, dvp, escrow, lock, fair] = every_terms().map(|terms| opened(&terms));
        let one_leg = opened(&settlement(1));
        let funded = DealEvent::Funded { by, leg: Some(1) };
        let satisfied = DealEvent::Satisfied { condition: 0, published: Bytes::new() };
        let accepted = DealEvent::Accepted { by };
        let released = DealEvent::Released { by, released_bps: 4_000, amount: Amount::ZERO };
        let disputed = DealEvent::DisputeRaised { by, rule_by: 1 };
        let revealed = DealEvent::Revealed { by, key: B256::ZERO, until: 1 };
        let spent = DealEvent::Invalidated { by };
        for (events, statuses) in [
            (vec![one_leg, satisfied.clone(), settled()], vec![Armed, Armed, Settled]),
            (vec![two_legs.clone(), aborted(None)], vec![Open, Aborted]),
            (vec![two_legs, funded.clone(), satisfied, settled()], vec![Open, Armed, Armed, Settled]),
            (vec![dvp, funded, settled()], vec![Open, Armed, Settled]),
            (vec![escrow.clone(), released.clone(), settled()], vec![Open, Open, Settled]),
            (
                vec![escrow, accepted, released.clone(), disputed, released, aborted(None)],
                vec![Open, Armed, Armed, Disputed, Disputed, Aborted],
            ),
            (vec![lock.clone(), settled()], vec![Armed, Settled]),
            (vec![lock, aborted(None)], vec![Armed, Aborted]),
            (vec![fair.clone(), revealed, aborted(None)], vec![Armed, Revealed, Aborted]),
            (vec![fair, aborted(None)], vec![Armed, Aborted]),
            (vec![filled(0)], vec![Settled]),
            (vec![filled(2), filled(1), filled(0)], vec![Open, Open, Settled]),
            (vec![filled(2), spent.clone()], vec![Open, Aborted]),
            (vec![filled(0), spent], vec![Settled, Settled]),
            (vec![aborted(Some(U256::from(7)))], vec![Aborted]),
        ] {
            assert_eq!(stands(&events), statuses, "{events:?}");
        }
    }

    #[test]
    fn nothing_follows_from_an_event_of_a_deal_that_is_not_known() {
        for event in others() {
            assert_eq!(Standing::after(None, &event), None, "{event:?}");
        }
    }

    #[test]
    fn an_order_that_ends_spends_its_nonce() {
        let spent = Some(SpentNonces::one(WHO, U256::from(7)));
        assert_eq!((filled(1).spends(), filled(0).spends()), (None, spent));
        assert_eq!((aborted(Some(U256::from(7))).spends(), aborted(None).spends()), (spent, None));
    }

    /// What the database holds is the event again.
    #[test]
    fn json_names_the_event_as_the_contract_does() {
        let openings = every_terms().map(|terms| opened(&terms));
        let orders = [filled(3), aborted(Some(U256::MAX))];
        for event in openings.into_iter().chain(others()).chain(orders) {
            let json = serde_json::to_value(&event).unwrap();
            assert_eq!(json["event"], event.name());
            assert_eq!(serde_json::from_value::<DealEvent>(json).unwrap(), event);
        }
    }
}
