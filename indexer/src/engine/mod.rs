//! The one engine of this house: whatever it fills, it keeps like the chain.
//!
//! ```text
//! mod      compare, take back, catch up, follow    target   what is filled, and how logs are decoded
//! head     block by block near the head            unwind   what the chain took back
//! backfill ranges side by side far from it           late     contracts that are wanted from now on
//! ```

mod backfill;
mod head;
mod late;
mod target;
mod unwind;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use quittance_chain::wire::{Check, Header, Log, Told, Wire};
use quittance_domain::{BlockRef, Error, Result};
use quittance_store::tables::Child;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

pub use target::{Checkpoint, Decode, Decoded, Late, Part, Rows, Target};

use crate::outage::Outage;
use backfill::Backfill;
use head::changed;
use target::Committed;

/// So near the head blocks are taken in one by one, by their hashes and held against their headers.
const NEAR: u64 = 32;

/// While new blocks are told, they are asked for this seldom.
const ASK_ALL_THE_SAME: Duration = Duration::from_secs(5);

/// How often the chain is asked who it is, before that counts as no answer: one bad answer must not end a mirror that
/// would stand a hundred of them later.
const TRIES_AT_START: u32 = 7;

/// How the chain is followed.
#[derive(Clone, Copy, Debug)]
pub struct EngineConfig {
    /// The last block to mirror; the head, wherever it is, if there is none.
    pub to: Option<u64>,
    /// Whether to end there.
    pub once: bool,
    /// How often to look for a new block.
    pub poll_interval: Duration,
    /// How many blocks are known by hash: a reorg deeper than that stops the mirror.
    pub window: u64,
    /// What logs near the head are held against.
    pub check: Check,
    /// Bytes of answers under way or waiting for the database.
    pub in_flight: usize,
}

/// How far a mirror is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The first block to mirror.
    pub from: u64,
    /// The last block that is stored.
    pub block: Option<u64>,
    /// The block that is gone for.
    pub goal: u64,
    /// Logs stored since the start.
    pub logs: u64,
    /// Those of them that are kept raw alone.
    pub raw: u64,
    /// Reorgs since the start.
    pub reorgs: u64,
    /// Blocks that the last one took back.
    pub last_depth: u64,
}

impl Progress {
    fn add(&mut self, committed: &Committed) {
        self.block = Some(committed.tail.number);
        self.logs += committed.logs;
        self.raw += committed.raw;
    }
}

/// Keeps what it fills like the chain.
#[derive(Debug)]
pub struct Engine<T> {
    wire: Arc<Wire>,
    target: T,
    config: EngineConfig,
    tail: Option<BlockRef>,
    indexed: bool,
    progress: watch::Sender<Progress>,
    heads: Option<watch::Receiver<Told>>,
    /// A head that is known already, for the next step.
    known_head: Option<Header>,
}

/// Asks again while what fails may pass, and is given back as failed only then: one bad answer at the start must
/// not end what would stand a hundred of them later.
///
/// # Errors
/// The last answer's.
pub async fn patiently<A>(least: Duration, mut ask: impl AsyncFnMut() -> Result<A>) -> Result<A> {
    let mut outage = Outage::default();
    for _ in 1..TRIES_AT_START {
        match ask().await {
            Err(error) if Outage::may_pass(&error) => sleep(outage.failed(&error, least)).await,
            answer => return answer,
        }
    }
    ask().await
}

/// What a step came to.
enum Step {
    /// There is more to do.
    More,
    /// The mirror is where the chain is.
    CaughtUp,
    /// The mirror is where it was to be.
    Done,
}

impl<T: Target> Engine<T> {
    /// An engine at rest, at what the target has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(wire: Arc<Wire>, mut target: T, config: EngineConfig) -> Result<Self> {
        let tail = target.known(1).await?.pop();
        let (from, block) = (target.start_block(), tail.map(|tail| tail.number));
        let progress = watch::Sender::new(Progress { from, block, ..Progress::default() });
        Ok(Self { wire, target, config, tail, indexed: false, progress, heads: None, known_head: None })
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Takes new blocks from here, and asks for them now and then all the same.
    #[must_use]
    pub fn with_heads(mut self, heads: watch::Receiver<Told>) -> Self {
        self.heads = Some(heads);
        self
    }

    /// Mirrors until it is where it was to be, or cancelled. What may pass is tried again.
    ///
    /// # Errors
    /// When the chain and the database cannot be brought together.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<()> {
        let mut outage = Outage::default();
        loop {
            let begun = Instant::now();
            let step = tokio::select! {
                () = cancel.cancelled() => break,
                step = self.step() => step,
            };
            let wait = match step {
                Ok(Step::Done) => return Ok(()),
                Ok(step) => {
                    outage.over();
                    // What a step takes is part of the interval: a block waits for half of it on average.
                    let pause = self.pause().saturating_sub(begun.elapsed());
                    if matches!(step, Step::CaughtUp) { pause } else { Duration::ZERO }
                }
                Err(error) if Outage::may_pass(&error) => {
                    self.recover().await;
                    outage.failed(&error, self.config.poll_interval)
                }
                Err(error) => return Err(error),
            };
            if !wait.is_zero() {
                tokio::select! {
                    () = cancel.cancelled() => break,
                    () = sleep(wait) => {}
                    () = changed(self.heads.as_mut()) => {}
                }
            }
        }
        self.target.roll_back().await
    }

    /// Takes the checkpoint from the database again.
    async fn recover(&mut self) {
        let again = async {
            self.target.recover().await?;
            self.tail = self.target.known(1).await?.pop();
            Ok::<_, Error>(())
        };
        match again.await {
            Ok(()) => {
                let block = self.tail.map(|tail| tail.number);
                self.progress
                    .send_if_modified(|progress| std::mem::replace(&mut progress.block, block) != block);
            }
            Err(error) => {
                tracing::debug!(error = %error, inside = error.inside(), "the database does not answer yet");
            }
        }
    }

    /// Notes what is stored now.
    fn committed(&mut self, committed: &Committed) {
        self.tail = Some(committed.tail.at());
        self.progress.send_modify(|progress| progress.add(committed));
    }

    /// How long to wait for a new block before asking for one.
    fn pause(&self) -> Duration {
        let told = self.heads.as_ref().is_some_and(|heads| heads.borrow().connected);
        if told { self.config.poll_interval.max(ASK_ALL_THE_SAME) } else { self.config.poll_interval }
    }

    /// The first block that is not stored.
    fn next(&self) -> u64 {
        self.tail.map_or(self.target.start_block(), |tail| tail.number + 1)
    }

    /// Goes on, with what came late and with all.
    async fn step(&mut self) -> Result<Step> {
        let late = self.catch_late().await?;
        let step = self.advance().await?;
        Ok(if late && matches!(step, Step::CaughtUp) { Step::More } else { step })
    }

    /// Goes on by a block, some ranges or a reorg.
    async fn advance(&mut self) -> Result<Step> {
        let next = self.next();
        if self.config.once && self.config.to.is_some_and(|to| next > to) {
            self.target.index().await?;
            return Ok(Step::Done);
        }
        let head = self.head().await?;
        if self.config.once && self.config.to.is_none() {
            self.config.to = Some(head.number);
            return Ok(Step::More);
        }
        let goal = self.config.to.map_or(head.number, |to| to.min(head.number));
        self.progress.send_if_modified(|progress| std::mem::replace(&mut progress.goal, goal) != goal);
        if next > goal {
            self.index().await?;
            return if self.agrees(&head).await? { Ok(Step::CaughtUp) } else { self.unwind(&head).await };
        }
        let far = goal.min(head.number.saturating_sub(NEAR));
        if next <= far {
            if !self.agrees(&head).await? {
                return self.unwind(&head).await;
            }
            self.catch_up(next, far, head.number).await?;
            // The rest of the way first: what has come since is for the step after it.
            self.known_head = Some(head);
            return Ok(Step::More);
        }
        let headers = if next == head.number {
            vec![head.clone()]
        } else {
            self.wire.headers(&(next..=goal).collect::<Vec<_>>()).await?
        };
        if !headers.windows(2).all(|pair| pair[1].parent_hash == pair[0].hash) {
            return Err(Error::unavailable(
                "the chain's RPC endpoint contradicts itself",
                "headers of two chains",
            ));
        }
        match self.tail {
            Some(tail) if headers[0].parent_hash != tail.hash => return self.unwind(&head).await,
            _ => self.follow(&headers).await?,
        }
        let at_head = goal == head.number && !self.config.once;
        Ok(if at_head { Step::CaughtUp } else { Step::More })
    }

    /// Makes the indexes, once there is something behind us: a chain that has not come to the contracts' first
    /// block yet may still bring much.
    async fn index(&mut self) -> Result<()> {
        if !self.indexed && self.tail.is_some() {
            self.target.index().await?;
            self.indexed = true;
        }
        Ok(())
    }

    async fn catch_up(&mut self, from: u64, to: u64, head: u64) -> Result<()> {
        let mut decode = self.target.decode();
        let born = births(&self.wire, &decode, (from, to)).await?;
        if !born.is_empty() {
            decode = decode.with(&born);
        }
        let keep_from = head.saturating_sub(self.config.window);
        let budget = self.config.in_flight;
        let backfill = Backfill { wire: &self.wire, decode, children: born, from, to, budget, keep_from };
        let (progress, tail) = (&self.progress, &mut self.tail);
        let done = backfill.run(&mut self.target, |committed| {
            *tail = Some(committed.tail.at());
            progress.send_modify(|progress| progress.add(committed));
        });
        done.await
    }
}

/// The contracts that were made in a range, in the order of coming.
async fn births<D: Decode>(wire: &Wire, decode: &D, range: (u64, u64)) -> Result<Vec<Child>> {
    let Some(filter) = decode.births() else { return Ok(vec![]) };
    let finder = decode.clone();
    let parts = wire.range(filter, range, move |logs: &[Log<'_>]| finder.born(logs)).await?;
    Ok(parts.into_iter().flat_map(|part| part.logs).collect())
}
