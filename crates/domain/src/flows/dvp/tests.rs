use alloy_primitives::{Address, U256};
use proptest::prelude::*;

use super::*;
use crate::{Amount, id::DocumentId};

const FUND_BY: Timestamp = 1_000;
const SETTLE_BY: Timestamp = 2_000;
const EARLY: Timestamp = 500;

fn deal() -> Deal {
    Deal {
        seller: Address::with_last_byte(1),
        buyer: Address::with_last_byte(2),
        document: DocumentId(alloy_primitives::B256::with_last_byte(3)),
        deed: Address::with_last_byte(4),
        cash: Address::with_last_byte(5),
        price: Amount::new(U256::from(100)),
        fund_by: FUND_BY,
        settle_by: SETTLE_BY,
        nonce: U256::ZERO,
    }
}

fn receipt() -> Bytes {
    Bytes::from_static(b"receipt")
}

/// A trade that our side entered as seller and proposer, or as the buyer that was asked.
fn trade(us: Side) -> Trade {
    Trade::new(deal(), us, Side::Seller)
}

/// Runs inputs and returns the last state with every effect so far.
fn run(us: Side, inputs: &[(Input, Timestamp)]) -> (Trade, Vec<Effect>) {
    let mut trade = trade(us);
    let mut all = vec![];
    for (input, now) in inputs {
        let (state, effects) = trade.step(input, *now).unwrap();
        trade.state = state;
        all.extend(effects);
    }
    (trade, all)
}

fn accepted(hold: bool) -> Input {
    Input::Accepted { by: Side::Buyer, hold }
}

fn locked(leg: Side) -> Input {
    Input::Locked { leg }
}

fn receipted() -> Input {
    Input::Receipted { signature: receipt() }
}

fn up_to_armed() -> Vec<(Input, Timestamp)> {
    vec![
        (Input::Proposed { hold: false }, EARLY),
        (accepted(false), EARLY),
        (locked(Side::Seller), EARLY),
        (locked(Side::Buyer), EARLY),
    ]
}

#[test]
fn the_seller_offers_locks_and_settles_on_the_receipt() {
    let mut inputs = up_to_armed();
    inputs.extend([(Input::Delivered, EARLY), (receipted(), EARLY), (Input::Settled, EARLY)]);
    let (trade, effects) = run(Side::Seller, &inputs);
    assert_eq!(trade.state, State::Settled);
    assert_eq!(effects, [Effect::Propose, Effect::Lock, Effect::Settle(Some(receipt()))]);
}

#[test]
fn the_buyer_accepts_locks_fetches_signs_and_tells() {
    let mut inputs = up_to_armed();
    inputs.extend([(Input::Delivered, EARLY), (receipted(), EARLY), (Input::Settled, EARLY)]);
    let (trade, effects) = run(Side::Buyer, &inputs);
    assert_eq!(trade.state, State::Settled);
    let expected = [Effect::Accept, Effect::Lock, Effect::Fetch, Effect::Sign, Effect::Receipt(receipt())];
    assert_eq!(effects, expected);
}

#[test]
fn a_silent_seller_is_settled_past_by_the_buyer() {
    let mut inputs = up_to_armed();
    inputs.extend([(Input::Delivered, EARLY), (receipted(), EARLY)]);
    let (trade, _) = run(Side::Buyer, &inputs);
    let backstop = trade.wake().unwrap();
    assert!(FUND_BY < backstop && backstop < SETTLE_BY);
    assert_eq!(trade.step(&Input::Clock, backstop - 1).unwrap().1, []);
    assert_eq!(trade.step(&Input::Clock, backstop).unwrap().1, [Effect::Settle(Some(receipt()))]);
}

#[test]
fn on_hold_nothing_is_locked_until_released() {
    let (trade, effects) =
        run(Side::Buyer, &[(Input::Proposed { hold: false }, EARLY), (accepted(true), EARLY)]);
    assert_eq!(effects, [Effect::Accept]);
    assert_eq!(trade.step(&Input::Released, EARLY).unwrap().1, [Effect::Lock]);
    let late = trade.step(&Input::Released, FUND_BY).unwrap_err();
    assert_eq!(late.field_name(), Some("fundBy"));
}

#[test]
fn only_the_side_whose_leg_is_locked_aborts_an_open_trade() {
    let mut inputs = up_to_armed();
    inputs.truncate(3);
    let (seller, _) = run(Side::Seller, &inputs);
    assert_eq!(seller.step(&Input::Clock, FUND_BY - 1).unwrap().1, []);
    let (state, effects) = seller.step(&Input::Clock, FUND_BY).unwrap();
    assert_eq!(effects, [Effect::Abort]);
    let asked = Trade { state, ..seller };
    assert_eq!(asked.step(&Input::Clock, FUND_BY + 1).unwrap().1, [], "asked once");
    let (buyer, _) = run(Side::Buyer, &inputs);
    assert_eq!(buyer.step(&Input::Clock, FUND_BY).unwrap().1, []);
}

#[test]
fn an_armed_trade_without_receipt_is_aborted_by_the_seller_and_then_the_buyer() {
    let (seller, _) = run(Side::Seller, &up_to_armed());
    assert_eq!(seller.step(&Input::Clock, SETTLE_BY).unwrap().1, [Effect::Abort]);
    let (buyer, _) = run(Side::Buyer, &up_to_armed());
    assert_eq!(buyer.step(&Input::Clock, SETTLE_BY).unwrap().1, []);
    assert_eq!(buyer.step(&Input::Clock, SETTLE_BY + ABORT_GRACE).unwrap().1, [Effect::Abort]);
}

#[test]
fn a_receipt_on_the_chain_is_settled_however_late_and_never_aborted() {
    let mut inputs = up_to_armed();
    inputs.push((Input::Satisfied, EARLY));
    for us in [Side::Seller, Side::Buyer] {
        let (trade, _) = run(us, &inputs);
        let (state, effects) = trade.step(&Input::Clock, SETTLE_BY + 10_000).unwrap();
        assert_eq!(effects, [Effect::Settle(None)]);
        assert_eq!(Trade { state, ..trade }.wake(), None);
    }
}

#[test]
fn a_leg_locked_before_its_message_came_counts_as_acceptance() {
    let inputs = [(Input::Proposed { hold: false }, EARLY), (locked(Side::Buyer), EARLY)];
    let (seller, effects) = run(Side::Seller, &inputs);
    assert!(matches!(seller.state, State::Open(Side::Buyer, _)));
    assert_eq!(effects, [Effect::Propose, Effect::Lock]);
}

#[test]
fn a_proposers_early_leg_commits_the_other_side_to_nothing() {
    let inputs = [(Input::Proposed { hold: false }, EARLY), (locked(Side::Seller), EARLY)];
    let (buyer, effects) = run(Side::Buyer, &inputs);
    assert_eq!(effects, []);
    let (state, effects) = buyer.step(&accepted(false), EARLY).unwrap();
    assert!(matches!(state, State::Open(Side::Seller, _)));
    assert_eq!(effects, [Effect::Accept, Effect::Lock]);
}

#[test]
fn after_a_reorg_the_buyer_goes_on_with_what_it_already_has() {
    // The chain's inputs fell away; the document and the receipt did not.
    let inputs = [
        (Input::Proposed { hold: false }, EARLY),
        (accepted(false), EARLY),
        (Input::Delivered, EARLY),
        (receipted(), EARLY),
        (locked(Side::Buyer), EARLY),
    ];
    let (buyer, _) = run(Side::Buyer, &inputs);
    assert_eq!(buyer.step(&locked(Side::Seller), EARLY).unwrap().1, [Effect::Receipt(receipt())]);
    let (seller, _) = run(Side::Seller, &inputs);
    assert_eq!(seller.step(&locked(Side::Seller), EARLY).unwrap().1, [Effect::Settle(Some(receipt()))]);
}

#[test]
fn a_proposer_cannot_accept_its_own_offer() {
    let (trade, _) = run(Side::Seller, &[(Input::Proposed { hold: false }, EARLY)]);
    let refused = trade.step(&Input::Accepted { by: Side::Seller, hold: false }, EARLY).unwrap_err();
    assert_eq!(refused.kind(), crate::Kind::Forbidden);
}

#[test]
fn our_own_leg_comes_back_even_if_nobody_agreed() {
    let proposed = (Input::Proposed { hold: false }, EARLY);
    let declined = (Input::Declined { by: Side::Buyer, reason: String::new() }, EARLY);
    let ours = (locked(Side::Seller), EARLY);
    let lapsed = (Input::Clock, FUND_BY);
    for life in [
        vec![proposed.clone(), ours.clone()],
        vec![proposed.clone(), declined, ours.clone()],
        vec![proposed, lapsed, ours],
    ] {
        let (seller, _) = run(Side::Seller, &life);
        assert_eq!(seller.step(&Input::Clock, FUND_BY).unwrap().1, [Effect::Abort], "{life:?}");
    }
}

#[test]
fn what_was_asked_for_still_stands_after_a_reorg() {
    let mut inputs = up_to_armed();
    let (buyer, _) = run(Side::Buyer, &inputs[..3]);
    assert_eq!(buyer.standing(), [Effect::Accept, Effect::Lock]);
    inputs.push((Input::Clock, SETTLE_BY));
    let (seller, _) = run(Side::Seller, &inputs);
    assert_eq!(seller.standing(), [Effect::Abort]);
    let shown = [up_to_armed(), vec![(Input::Satisfied, EARLY), (Input::Clock, EARLY)]].concat();
    assert_eq!(run(Side::Buyer, &shown).0.standing(), [Effect::Settle(None)]);
    let signed = [up_to_armed(), vec![(Input::Delivered, EARLY), (receipted(), EARLY)]].concat();
    assert_eq!(run(Side::Buyer, &signed).0.standing(), [Effect::Receipt(receipt())]);
    assert_eq!(run(Side::Seller, &signed).0.standing(), [Effect::Settle(Some(receipt()))]);
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Seller), Just(Side::Buyer)]
}

fn any_input() -> impl Strategy<Value = (Input, Timestamp)> {
    let input = prop_oneof![
        any::<bool>().prop_map(|hold| Input::Proposed { hold }),
        (any_side(), any::<bool>()).prop_map(|(by, hold)| Input::Accepted { by, hold }),
        any_side().prop_map(|by| Input::Declined { by, reason: "no".into() }),
        Just(Input::Released),
        any_side().prop_map(locked),
        Just(Input::Delivered),
        Just(receipted()),
        Just(Input::Satisfied),
        Just(Input::Settled),
        Just(Input::Aborted),
        Just(Input::Clock),
    ];
    (input, 0..3_000u64)
}

/// Inputs as they may come: in any order, but never back in time.
fn any_life() -> impl Strategy<Value = Vec<(Input, Timestamp)>> {
    prop::collection::vec(any_input(), 0..24).prop_map(|mut life| {
        let mut times: Vec<_> = life.iter().map(|(_, at)| *at).collect();
        times.sort_unstable();
        for ((_, at), sorted) in life.iter_mut().zip(times) {
            *at = sorted;
        }
        life
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_repeated_input_changes_nothing_and_asks_for_nothing(us in any_side(), life in any_life()) {
        let mut trade = trade(us);
        for (input, now) in life {
            let Ok((state, _)) = trade.step(&input, now) else { continue };
            trade.state = state;
            if let Ok((again, effects)) = trade.step(&input, now)
                && !matches!(input, Input::Clock | Input::Locked { .. })
            {
                prop_assert_eq!(&again, &trade.state);
                prop_assert_eq!(effects, vec![]);
            }
        }
    }

    #[test]
    fn nothing_is_asked_for_before_its_time(us in any_side(), life in any_life()) {
        let mut trade = trade(us);
        let (mut consented, mut delivered, mut receipt_seen) = (us == trade.proposer, false, false);
        for (input, now) in life {
            let Ok((state, effects)) = trade.step(&input, now) else { continue };
            // Locking our own leg by other means says as much.
            consented |= matches!(&input, Input::Accepted { by, .. } | Input::Locked { leg: by } if *by == us);
            delivered |= matches!(input, Input::Delivered);
            receipt_seen |= matches!(input, Input::Receipted { .. });
            for effect in effects {
                match effect {
                    Effect::Lock => {
                        let in_time = now < FUND_BY || matches!(input, Input::Locked { .. });
                        prop_assert!(consented && in_time);
                    }
                    Effect::Sign => prop_assert!(delivered && us == Side::Buyer),
                    Effect::Settle(Some(_)) => prop_assert!(receipt_seen && matches!(state, State::Armed(_))),
                    Effect::Settle(None) => prop_assert!(matches!(state, State::Armed(_))),
                    Effect::Abort => prop_assert!(now >= FUND_BY),
                    Effect::Propose | Effect::Accept | Effect::Decline(_) | Effect::Fetch | Effect::Receipt(_) => {}
                }
            }
            trade.state = state;
        }
    }

    #[test]
    fn every_state_has_a_way_out_in_time(us in any_side(), life in any_life()) {
        let mut trade = trade(us);
        let mut ours_locked = false;
        for (input, now) in &life {
            if let Ok((state, _)) = trade.step(input, *now) {
                trade.state = state;
                match input {
                    Input::Locked { leg } if *leg == us => ours_locked = trade.state != State::Draft,
                    Input::Settled | Input::Aborted => ours_locked = false,
                    _ => {}
                }
            }
        }
        let mut now = 3_000;
        for _ in 0..3 {
            now += SETTLE_BY;
            let (state, _) = trade.step(&Input::Clock, now).unwrap();
            trade.state = state;
        }
        let out = match &trade.state {
            State::Draft => true,
            State::Open(locked, progress) => *locked != us || progress.asked == Asked::Abort,
            State::Armed(progress) => progress.asked >= Asked::Settle,
            State::Settled | State::Aborted => true,
            state => state.is_final() && !ours_locked,
        };
        prop_assert!(out, "{:?} stays", trade.state);
    }

    #[test]
    fn folding_the_journal_gives_the_state_that_stepping_gave(us in any_side(), life in any_life()) {
        let mut stepped = trade(us);
        let mut journal = vec![];
        for (input, now) in life {
            if let Ok((state, _)) = stepped.step(&input, now) {
                stepped.state = state;
                journal.push((input, now));
            }
        }
        let folded = trade(us).fold(journal.iter().map(|(input, now)| (input, *now)));
        prop_assert_eq!(folded, stepped);
    }
}
