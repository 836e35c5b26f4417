//! Anybody may open a deal of any kind, and what this node could not read would leave it with the deal's later
//! events and no beginning.

use alloy::{primitives::aliases::U40, sol_types::SolEvent};
use quittance_domain::{
    Asset, AssetKind,
    fact::terms::{DvpTerms, EscrowTerms, FairTerms, HashKind, LockTerms},
    settlement::{Condition, ConditionKind, Leg, Terms},
};

use super::*;
use crate::{calls::settlement_terms, logs::Reader};

const ID: B256 = B256::repeat_byte(5);
const ONE: Address = Address::repeat_byte(1);
const TWO: Address = Address::repeat_byte(2);
const WORD: B256 = B256::repeat_byte(7);
/// The last second that the contracts can name.
const LATE: u64 = (1 << 40) - 1;

fn read(reader: Reader, event: &impl SolEvent) -> Option<Event> {
    let log = event.encode_log_data();
    reader(log.topics(), &log.data)
}

fn asset(kind: AssetKind) -> Asset {
    let token = if kind == AssetKind::Native { Address::ZERO } else { Address::repeat_byte(9) };
    Asset { kind, token }
}

/// Numbers, each shifted to its place.
fn word(parts: [(u64, usize); 3]) -> B256 {
    let parts = parts.map(|(number, by)| U256::from(number) << by);
    B256::from(parts[0] | parts[1] | parts[2])
}

#[track_caller]
fn is(told: Option<Event>, kind: DealKind, event: DealEvent) {
    assert_eq!(told, Some(Event::Deal(kind, ID, event)));
}

#[test]
fn a_settlement_of_any_kind_is_understood() {
    let leg = |kind| Leg {
        asset: asset(kind),
        from: ONE,
        to: TWO,
        token_id: U256::MAX,
        amount: Amount::new(U256::MAX),
    };
    let condition = |kind| Condition { kind, party: TWO, subject: WORD };
    let terms = Terms {
        legs: AssetKind::ALL.map(leg).to_vec(),
        conditions: ConditionKind::ALL.map(condition).to_vec(),
        fund_by: LATE - 1,
        settle_by: LATE,
        nonce: U256::MAX,
    };
    let (id, by, refunded) = (ID, TWO, U256::MAX);
    let told = |told, event| is(told, DealKind::Settlement, event);
    let opened = Settlement::Opened { id, by, leg: U256::ONE, terms: settlement_terms(&terms) };
    let terms = Box::new(DealTerms::Settlement(terms));
    told(read(settlement, &opened), DealEvent::Opened { by, leg: Some(1), terms });
    let funded = Settlement::Funded { id, by, leg: U256::from(2) };
    told(read(settlement, &funded), DealEvent::Funded { by, leg: Some(2) });
    let satisfied = Settlement::Satisfied { id, condition: U256::from(4), published: "key".into() };
    told(read(settlement, &satisfied), DealEvent::Satisfied { condition: 4, published: "key".into() });
    told(read(settlement, &Settlement::Settled { id, by }), DealEvent::settled(by));
    told(read(settlement, &Settlement::Aborted { id, by, refunded }), went_back(by, refunded));
}

#[test]
fn a_delivery_of_any_asset_is_understood() {
    let (id, by) = (ID, ONE);
    let windows = word([(LATE - 1, 216), (LATE, 176), (3, 0)]);
    let told = |told, event| is(told, DealKind::Dvp, event);
    for kind in AssetKind::ALL {
        let terms = Dvp::DvpTerms {
            seller: ONE,
            buyer: TWO,
            asset: asset(kind).into(),
            tokenId: U256::MAX,
            amount: U256::MAX,
            payment: asset(AssetKind::Native).into(),
            price: U256::ONE,
            subject: WORD,
            windows,
        };
        let expected = DvpTerms {
            seller: ONE,
            buyer: TWO,
            asset: asset(kind),
            token_id: U256::MAX,
            amount: Amount::new(U256::MAX),
            payment: asset(AssetKind::Native),
            price: Amount::new(U256::ONE),
            subject: WORD,
            fund_by: LATE - 1,
            settle_by: LATE,
            nonce: U256::from(3),
        };
        told(read(dvp, &Dvp::Opened { id, by, terms }), super::opened(by, DealTerms::Dvp(expected)));
    }
    told(read(dvp, &Dvp::Funded { id, by }), DealEvent::Funded { by, leg: None });
    told(read(dvp, &Dvp::Settled { id, by }), DealEvent::settled(by));
    told(read(dvp, &Dvp::Aborted { id, by, refunded: U256::ONE }), went_back(by, U256::ONE));
}

#[test]
fn an_escrow_is_understood_to_its_end() {
    let (id, by) = (ID, ONE);
    let told = |told, event| is(told, DealKind::Escrow, event);
    for kind in AssetKind::ALL {
        let terms = Escrow::EscrowTerms {
            payer: ONE,
            payee: TWO,
            asset: asset(kind).into(),
            tokenId: U256::MAX,
            amount: U256::MAX,
            subject: WORD,
            arbiter: Address::ZERO,
            bond: U256::ONE,
            defaultBps: 10_000,
            acceptBy: U40::from(1),
            disputeBy: U40::MAX,
            ruleWindow: U40::from(2),
            nonce: U256::MAX,
        };
        let expected = EscrowTerms {
            payer: ONE,
            payee: TWO,
            asset: asset(kind),
            token_id: U256::MAX,
            amount: Amount::new(U256::MAX),
            subject: WORD,
            arbiter: Address::ZERO,
            bond: Amount::new(U256::ONE),
            default_bps: 10_000,
            accept_by: 1,
            dispute_by: LATE,
            rule_window: 2,
            nonce: U256::MAX,
        };
        told(read(escrow, &Escrow::Opened { id, by, terms }), super::opened(by, DealTerms::Escrow(expected)));
    }
    told(read(escrow, &Escrow::Accepted { id, by }), DealEvent::Accepted { by });
    let released = Escrow::Released { id, by, releasedBps: U256::from(4_000), amount: U256::MAX };
    let amount = Amount::new(U256::MAX);
    told(read(escrow, &released), DealEvent::Released { by, released_bps: 4_000, amount });
    let raised = Escrow::DisputeRaised { id, by, ruleBy: U256::from(LATE) };
    told(read(escrow, &raised), DealEvent::DisputeRaised { by, rule_by: LATE });
    let [to_payee, to_payer] = [1, 2].map(|units| Some(Amount::new(U256::from(units))));
    for (bond, bond_to) in [(TWO, Some(TWO)), (Address::ZERO, None)] {
        let ended = Escrow::Settled { id, by, toPayee: U256::ONE, toPayer: U256::from(2), bondTo: bond };
        let event = DealEvent::Settled(Settled { by, preimage: None, to_payee, to_payer, bond_to });
        told(read(escrow, &ended), event);
        let ended = Escrow::Aborted { id, by, toPayer: U256::from(2), bondTo: bond };
        let event = DealEvent::Aborted(Aborted { by, to_payer, bond_to, ..Aborted::default() });
        told(read(escrow, &ended), event);
    }
}

#[test]
fn a_lock_under_any_hash_is_understood() {
    let (id, by) = (ID, ONE);
    let told = |told, event| is(told, DealKind::HashLock, event);
    for hash_kind in HashKind::ALL {
        let terms = HashLock::LockTerms {
            sender: ONE,
            receiver: TWO,
            asset: asset(AssetKind::Erc1155).into(),
            tokenId: U256::MAX,
            amount: U256::MAX,
            hashlock: WORD,
            lock: word([(hash_kind as u64, 248), (LATE, 208), (3, 0)]),
        };
        let expected = LockTerms {
            sender: ONE,
            receiver: TWO,
            asset: asset(AssetKind::Erc1155),
            token_id: U256::MAX,
            amount: Amount::new(U256::MAX),
            hashlock: WORD,
            hash_kind,
            deadline: LATE,
            nonce: U256::from(3),
        };
        let opened = super::opened(by, DealTerms::HashLock(expected));
        told(read(hash_lock, &HashLock::Opened { id, by, terms }), opened);
    }
    let event = DealEvent::Settled(Settled { by, preimage: Some(WORD), ..Settled::default() });
    told(read(hash_lock, &HashLock::Settled { id, by, preimage: WORD }), event);
    told(read(hash_lock, &HashLock::Aborted { id, by }), DealEvent::aborted(by));
}

#[test]
fn an_exchange_of_a_document_is_understood_to_its_end() {
    let (id, by) = (ID, ONE);
    let told = |told, event| is(told, DealKind::FairExchange, event);
    let terms = FairExchange::FairTerms {
        buyer: ONE,
        seller: TWO,
        asset: asset(AssetKind::Native).into(),
        tokenId: U256::ZERO,
        amount: U256::MAX,
        goods: WORD,
        keyCommit: ID,
        revealBy: U40::MAX,
        window: U40::from(2),
    };
    let expected = FairTerms {
        buyer: ONE,
        seller: TWO,
        asset: asset(AssetKind::Native),
        token_id: U256::ZERO,
        amount: Amount::new(U256::MAX),
        goods: WORD,
        key_commit: ID,
        reveal_by: LATE,
        window: 2,
    };
    let opened = super::opened(by, DealTerms::FairExchange(expected));
    told(read(fair_exchange, &FairExchange::Opened { id, by, terms }), opened);
    let revealed = FairExchange::Revealed { id, by, key: WORD, until: U256::from(LATE) };
    told(read(fair_exchange, &revealed), DealEvent::Revealed { by, key: WORD, until: LATE });
    told(read(fair_exchange, &FairExchange::Settled { id, by }), DealEvent::settled(by));
    for proven in [false, true] {
        let event = DealEvent::Aborted(Aborted { by, proven: Some(proven), ..Aborted::default() });
        told(read(fair_exchange, &FairExchange::Aborted { id, by, proven }), event);
    }
}

#[test]
fn an_order_is_understood_by_what_fills_or_ends_it() {
    let (nonce, word, mask) = (U256::from(3), U256::from(2), U256::MAX);
    let filled = Exchange::Filled {
        id: ID,
        maker: ONE,
        taker: TWO,
        nonce,
        give: asset(AssetKind::Erc6909).into(),
        giveId: U256::MAX,
        given: U256::from(4),
        take: asset(AssetKind::Native).into(),
        takeId: U256::ZERO,
        paid: U256::from(5),
        left: U256::from(6),
    };
    let amount = |units| Amount::new(U256::from(units));
    let fill = Fill {
        maker: ONE,
        taker: TWO,
        nonce,
        give: asset(AssetKind::Erc6909),
        give_id: U256::MAX,
        given: amount(4),
        take: asset(AssetKind::Native),
        take_id: U256::ZERO,
        paid: amount(5),
        left: amount(6),
    };
    is(read(exchange, &filled), DealKind::Order, DealEvent::Filled(Box::new(fill)));
    let ended = Exchange::Aborted { id: ID, by: ONE, nonce, filled: U256::from(4) };
    let (nonce, filled) = (Some(nonce), Some(amount(4)));
    let event = DealEvent::Aborted(Aborted { by: ONE, nonce, filled, ..Aborted::default() });
    is(read(exchange, &ended), DealKind::Order, event);
    let spent = read(exchange, &Exchange::Invalidated { by: ONE, word, mask });
    assert_eq!(spent, Some(Event::NoncesSpent(SpentNonces { by: ONE, word, mask })));
}

/// All that hold assets say it alike.
#[test]
fn credits_are_understood_from_whoever_gives_them() {
    let (amount, payee, to) = (U256::MAX, ONE, TWO);
    let kind = asset(AssetKind::Erc20);
    let (asset, token_id) = (B256::from(kind), U256::ZERO);
    let given = Settlement::Credited { id: ID, payee, asset, tokenId: token_id, amount };
    let taken = Settlement::Withdrawn { payee, asset, to, tokenId: token_id, amount };
    let credit = |deal| Credit { deal, payee, asset: kind, token_id, amount: Amount::new(amount) };
    for reader in [settlement, dvp, escrow, hash_lock, fair_exchange] {
        assert_eq!(read(reader, &given), Some(Event::Credited(credit(Some(ID)))));
        assert_eq!(read(reader, &taken), Some(Event::Withdrawn(credit(None))));
    }
    assert_eq!(read(exchange, &given), None, "it holds nothing");
}
