//! Does what the outbox says, at least once and under idempotency keys.
//!
//! Rows are done lane by lane: one lane for our own transactions, and two for each peer, messages and
//! documents. Lanes run beside each other and each has one worker, so that a slow or hostile peer holds up
//! nobody but itself. A crash at any point leaves the row as it was, and it is done again.

mod follow;
mod peers;
mod send;

use std::{collections::HashSet, sync::Arc, time::Duration};

use quittance_app::App;
use quittance_chain::{Chain, Wallet};
use quittance_domain::{Block, Error, Kind, Result, intent::Action};
use quittance_exchange::{Client, Vault};
use quittance_store::{
    blocks,
    outbox::{self, Due, OutboxRow},
};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{config, ports::wall};

/// Everything that it takes to act.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) app: App,
    pub(crate) chain: Chain,
    pub(crate) wallet: Wallet,
    pub(crate) client: Client,
    pub(crate) vault: Vault,
    pub(crate) config: config::Outbox,
}

/// How an attempt ended.
enum Outcome {
    /// It is done.
    Done,
    /// It did not work; it may later.
    Later(Error),
    /// It will never work.
    Never(Error),
}

/// The longest time between two looks, should a notice get lost.
const LOOK: Duration = Duration::from_millis(500);

impl Worker {
    /// Runs until it is told to stop.
    pub(crate) async fn run(
        self: Arc<Self>,
        mut head: watch::Receiver<Option<Block>>,
        cancel: CancellationToken,
    ) -> Result<()> {
        let mut busy = HashSet::new();
        let mut lanes = JoinSet::new();
        while !cancel.is_cancelled() {
            let news = self.app.outbox.clone();
            let news = news.notified();
            if let Err(error) = self.clone().look(&mut busy, &mut lanes, &head, &cancel).await {
                tracing::warn!(inside = error.inside(), "the outbox cannot be read: {error}");
            }
            tokio::select! {
                () = cancel.cancelled() => break,
                () = news => {}
                _ = head.changed() => {}
                Some(lane) = lanes.join_next() => {
                    busy.remove(&lane.map_err(Error::internal)?);
                }
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while lanes.join_next().await.is_some() {}
        Ok(())
    }

    /// Sets a worker to each lane that has something due and none at work.
    async fn look(
        self: Arc<Self>,
        busy: &mut HashSet<String>,
        lanes: &mut JoinSet<String>,
        news: &watch::Receiver<Option<Block>>,
        cancel: &CancellationToken,
    ) -> Result<()> {
        let mut tx = self.app.store.read().await?;
        let Some(head) = blocks::tail(&mut tx).await? else { return Ok(()) };
        let due = self.due(&head);
        for lane in outbox::lanes(&mut tx, &due).await? {
            if !busy.contains(&lane) {
                let rows = outbox::due(&mut tx, &due, &lane).await?;
                busy.insert(lane.clone());
                let (worker, news, cancel) = (Arc::clone(&self), news.clone(), cancel.clone());
                lanes.spawn(async move {
                    // Stopping in the middle of an attempt is no worse than a crash, and that is provided for.
                    let _ = cancel.run_until_cancelled(worker.work(&lane, &rows, news)).await;
                    lane
                });
            }
        }
        Ok(())
    }

    async fn work(&self, lane: &str, rows: &[OutboxRow], head: watch::Receiver<Option<Block>>) {
        let worked =
            if lane == outbox::CHAIN { self.transact(rows, head).await } else { self.attempt(rows).await };
        if let Err(error) = worked {
            tracing::warn!(lane, inside = error.inside(), "cannot be written down: {error}");
            // Rows stay due: without a pause, a full disk would be tried as fast as the machine can.
            tokio::time::sleep(self.config.longest_wait).await;
        }
    }

    fn due<'a>(&self, head: &'a Block) -> Due<'a> {
        let (confirmations, limit) = (self.app.confirmations, self.config.batch);
        Due { head, confirmations, now_ms: wall(), limit }
    }

    /// Tries rows one by one and writes down how that went. Should even that fail, a row stays and is tried
    /// again.
    async fn attempt(&self, rows: &[OutboxRow]) -> Result<()> {
        for row in rows {
            let outcome = match self.is_over(row).await {
                Some(over) => over,
                None => self.act(row).await.unwrap_or_else(Outcome::Later),
            };
            self.record(row, outcome).await?;
        }
        Ok(())
    }

    /// How a row ends that nobody needs any more.
    async fn is_over(&self, row: &OutboxRow) -> Option<Outcome> {
        match self.app.is_over(row.subject?, &row.action).await {
            Ok(true) => Some(Outcome::Never(Error::conflict("no longer needed: the trade is over"))),
            Ok(false) => None,
            Err(error) => Some(Outcome::Later(error)),
        }
    }

    async fn act(&self, row: &OutboxRow) -> Result<Outcome> {
        match &row.action {
            Action::Transact(_) => Err(Error::internal("transactions go together")),
            Action::Tell { to, message } => self.tell(*to, message).await,
            Action::Fetch { settlement, from } => self.fetch(*settlement, *from).await,
            Action::Sign { settlement } => self.sign(*settlement).await,
        }
    }

    async fn record(&self, row: &OutboxRow, outcome: Outcome) -> Result<()> {
        let mut tx = self.app.store.begin().await?;
        let now = outbox::get(&mut tx, &row.key).await?;
        // A reorg may have taken it back meanwhile, and what seemed to fail may have been sent after all: an
        // answer to a commit can get lost.
        if now.is_none_or(|now| now.state != outbox::State::Queued) {
            return Ok(());
        }
        match outcome {
            Outcome::Done => {
                tracing::info!(key = row.key, "done");
                outbox::done(&mut tx, &row.key).await?;
            }
            Outcome::Later(error) if self.is_worth_trying(row, &error) => {
                let inside = error.inside();
                tracing::info!(key = row.key, attempts = row.attempts, inside, "later: {error}");
                let next = wall() + self.wait(row.attempts, &error);
                outbox::retry(&mut tx, &row.key, &error.to_string(), next).await?;
            }
            Outcome::Later(error) | Outcome::Never(error) => {
                tracing::warn!(key = row.key, inside = error.inside(), "given up: {error}");
                quittance_app::give_up(&mut tx, row, &error.to_string(), wall()).await?;
            }
        }
        tx.commit().await?;
        self.app.outbox.notify_waiters();
        Ok(())
    }

    /// What a settlement depends on is tried until its time is over, and what an outage holds up until the
    /// outage is over; what the chain itself refuses only so often.
    fn is_worth_trying(&self, row: &OutboxRow, error: &Error) -> bool {
        row.subject.is_some() || error.kind() != Kind::Conflict || row.attempts + 1 < self.config.max_attempts
    }

    /// How long to wait before another try, in milliseconds. A conflict is mostly news that has not come yet,
    /// and comes with one of the next blocks.
    fn wait(&self, attempts: u64, error: &Error) -> u64 {
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let steps = if error.kind() == Kind::Conflict { attempts / 4 } else { attempts };
        let wait = millis(self.config.first_wait).saturating_mul(1 << steps.min(16));
        wait.min(millis(self.config.longest_wait))
    }
}
