//! How much to ask for at a time, and how many times at once: found out while asking.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use std::time::Duration;

/// Bytes in an answer from a node next door. Measured on anvil: larger answers come more slowly.
const NEAR_ANSWER: u64 = 512 << 10;
/// Bytes in an answer from far away, where each call costs a round trip and often money.
const FAR_ANSWER: u64 = 4 << 20;
/// From here on an endpoint is far away.
const FAR: Duration = Duration::from_millis(5);
/// Calls at once, where they are not there to fill the way.
const AT_ONCE: u64 = 4;
/// Bytes a second that a long way is filled for.
const FILL: u64 = 200 << 20;
/// An answer that takes longer was too much.
const SLOW: Duration = Duration::from_secs(5);
/// Blocks in the first question: their logs fit into an answer wherever only some contracts are asked about.
const FIRST: u64 = 32;
/// How many times larger the next question may be than one that was answered.
const GROWTH: u64 = 4;

#[derive(Debug)]
pub(super) struct Pace {
    /// The largest size.
    most_blocks: u64,
    most_at_once: u64,
    answer: AtomicU64,
    at_once: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    size: u64,
    /// The quickest call so far that costs nothing.
    round_trip: Duration,
    /// Calls at once; moved by one after as many answers, halved when it was too many.
    at_once: u64,
    answers: u64,
}

impl Pace {
    pub(super) fn new(most_blocks: u64, most_at_once: u64) -> Self {
        let at_once = AT_ONCE.min(most_at_once);
        let state = State { size: FIRST.min(most_blocks), round_trip: Duration::MAX, at_once, answers: 0 };
        Self {
            most_blocks,
            most_at_once,
            answer: NEAR_ANSWER.into(),
            at_once: at_once.into(),
            state: Mutex::new(state),
        }
    }

    /// Notes how long a call takes that costs nothing: as many calls are made at once as fill that time.
    pub(super) fn round_trip(&self, took: Duration) {
        let mut state = self.state();
        if took >= state.round_trip {
            return;
        }
        state.round_trip = took;
        let answer = if took < FAR { NEAR_ANSWER } else { FAR_ANSWER };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let fill = FILL.saturating_mul(micros) / 1_000_000 / answer;
        let at_once = (AT_ONCE + fill).min(self.most_at_once);
        self.answer.store(answer, Ordering::Relaxed);
        self.at_once.store(at_once, Ordering::Relaxed);
        state.at_once = at_once;
    }

    /// Blocks to ask for.
    pub(super) fn size(&self) -> u64 {
        self.state().size
    }

    /// Calls to have under way.
    pub(super) fn at_once(&self) -> u64 {
        self.state().at_once
    }

    /// Notes an answer.
    pub(super) fn answered(&self, blocks: u64, bytes: u64, took: Duration) {
        let answer = self.answer.load(Ordering::Relaxed);
        let mut state = self.state();
        let fits = (answer.saturating_mul(blocks) / bytes.max(1)).max(1);
        state.size = if took > SLOW {
            (state.size / 2).max(1)
        } else {
            // Only who got what was asked for learns that more may be asked for.
            let most = if blocks >= state.size { state.size.saturating_mul(GROWTH) } else { state.size };
            fits.clamp(state.size.div_ceil(4), most).min(self.most_blocks)
        };
        state.answers += 1;
        let ceiling = self.at_once.load(Ordering::Relaxed);
        if state.at_once < ceiling && state.answers >= state.at_once {
            (state.at_once, state.answers) = (state.at_once + 1, 0);
        }
    }

    /// Notes that it was too many at once.
    pub(super) fn busy(&self) {
        let mut state = self.state();
        (state.at_once, state.answers) = ((state.at_once / 2).max(1), 0);
    }

    /// Notes that so many blocks were too many.
    pub(super) fn too_much(&self, fewer: u64) {
        let mut state = self.state();
        state.size = state.size.min(fewer.max(1));
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    #[test]
    fn few_events_are_asked_for_in_large_ranges_and_many_in_small_ones() {
        let pace = Pace::new(10_000, 32);
        (0..20).for_each(|_| pace.answered(pace.size(), 100, SOON));
        assert_eq!(pace.size(), 10_000);
        (0..20).for_each(|_| pace.answered(pace.size(), pace.size() * (64 << 10), SOON));
        assert_eq!(pace.size(), 8);
        pace.answered(8, 100, SLOW * 2);
        assert_eq!(pace.size(), 4);
    }

    #[test]
    fn a_providers_limit_is_found_in_few_calls() {
        let pace = Pace::new(100_000, 32);
        let calls = std::iter::repeat_with(|| pace.answered(pace.size(), 100, SOON));
        let until = calls.take_while(|()| pace.size() < 100_000).count();
        assert_eq!(until, 5);
        pace.too_much(100);
        assert_eq!(pace.size(), 100);
    }

    #[test]
    fn a_long_way_is_filled_and_a_busy_endpoint_spared() {
        let pace = Pace::new(10_000, 32);
        assert_eq!(pace.at_once(), 4);
        pace.round_trip(Duration::from_millis(50));
        assert_eq!(pace.at_once(), 6);
        pace.busy();
        assert_eq!(pace.at_once(), 3);
        (0..100).for_each(|_| pace.answered(1, 100, SOON));
        assert_eq!(pace.at_once(), 6);
    }
}
