//! Trying again: ever less often, and with one line in the log however long it takes.

use std::time::Duration;

use quittance_domain::{Error, Kind};

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(10);

/// A run of failures that may pass.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    failures: u32,
}

impl Outage {
    /// Whether an error is one that time may heal: something does not answer, or a disk is full.
    pub(crate) const fn may_pass(error: &Error) -> bool {
        matches!(error.kind(), Kind::Unavailable | Kind::Full)
    }

    /// Notes a failure, and says how long to wait after it.
    pub(crate) fn failed(&mut self, error: &Error, least: Duration) -> Duration {
        if self.failures == 0 {
            let inside = error.inside().unwrap_or_default();
            tracing::warn!(error = %error, inside, "the mirror stands still and keeps trying");
        }
        let wait = least.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// Notes that it works again.
    pub(crate) fn over(&mut self) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "the mirror goes on");
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_start_over() {
        let (mut outage, error) = (Outage::default(), Error::unavailable("down", "test"));
        let least = Duration::from_millis(200);
        let mut wait = || outage.failed(&error, least);
        assert_eq!((wait(), wait(), wait()), (least, least * 2, least * 4));
        assert!((0..100).all(|_| wait() <= LONGEST));
        assert_eq!(wait(), LONGEST);
        outage.over();
        assert_eq!(outage.failed(&error, least), least);
    }
}
