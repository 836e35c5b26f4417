//! The loop: compare, take back, catch up, follow.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use quittance_chain::Chain;
use quittance_domain::{Block, Error, Result, fact::Log};
use quittance_store::{Store, Tx, blocks};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{Sink, fetch, outage::Outage, project};

/// How many ranges are fetched at a time, and after how many the head is looked at again.
const IN_FLIGHT: usize = 4;
const RANGES_A_STEP: usize = 32;

/// How the chain is read.
#[derive(Clone, Copy, Debug)]
pub struct MirrorConfig {
    /// How often to look for a new block.
    pub poll_interval: Duration,
    /// How many blocks near the head are followed one by one, with their headers kept: a reorg deeper than
    /// that stops the mirror.
    pub window: u64,
    /// How many blocks to ask for at a time when far behind.
    pub range: u64,
}

/// What happened to the mirror since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MirrorEvents {
    /// The chain's newest block as last told, whether taken in or not.
    pub chain_head: u64,
    /// How many reorgs there were.
    pub reorgs: u64,
    /// How many blocks the last one took back.
    pub last_depth: u64,
}

/// Keeps the database like the chain.
pub struct Mirror {
    chain: Chain,
    store: Store,
    sink: Arc<dyn Sink>,
    config: MirrorConfig,
    /// The last block taken in, and committed.
    head: watch::Sender<Option<Block>>,
    events: watch::Sender<MirrorEvents>,
}

impl Mirror {
    /// A mirror of `chain` in `store`, at rest.
    pub fn new(chain: Chain, store: Store, sink: Arc<dyn Sink>, config: MirrorConfig) -> Self {
        let (head, events) = (watch::Sender::new(None), watch::Sender::default());
        Self { chain, store, sink, config, head, events }
    }

    /// The last block taken in, and committed.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<Option<Block>> {
        self.head.subscribe()
    }

    /// What happened to the mirror.
    #[must_use]
    pub fn events(&self) -> watch::Receiver<MirrorEvents> {
        self.events.subscribe()
    }

    /// Mirrors until it is cancelled. What may pass is tried again.
    ///
    /// # Errors
    /// When the chain and the database cannot be brought together: a reorg deeper than the window, or an
    /// event that cannot follow what came before it.
    pub async fn run(self, cancel: CancellationToken) -> Result<()> {
        let mut outage = Outage::default();
        loop {
            let step = tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                step = self.step() => step,
            };
            let wait = match step {
                Ok(caught_up) => {
                    outage.over();
                    if caught_up { self.config.poll_interval } else { Duration::ZERO }
                }
                Err(error) if Outage::may_pass(&error) => outage.failed(&error, self.config.poll_interval),
                Err(error) => return Err(error),
            };
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                () = sleep(wait) => {}
            }
        }
    }

    /// Goes on by a block, some ranges or a reorg; true when there was nothing to do.
    async fn step(&self) -> Result<bool> {
        let head = self.chain.head().await?;
        self.events.send_modify(|events| events.chain_head = head.number);
        let tail = self.tail().await?;
        let behind = head.number.saturating_sub(tail.number);
        if behind == 1 || behind > 1 && behind <= self.config.window {
            let next = if behind == 1 { head } else { fetch::block(&self.chain, tail.number + 1).await? };
            if next.parent == tail.hash { self.follow(&next).await } else { self.unwind(&head).await }
        } else if self.is_known(&head, &tail).await? {
            if behind == 0 { Ok(true) } else { self.catch_up(&tail, head.number - self.config.window).await }
        } else {
            self.unwind(&head).await
        }
    }

    /// The last block taken in; before the first one, the one before it. The database is asked each time: what
    /// a commit that broke off came to, only it knows.
    async fn tail(&self) -> Result<Block> {
        let stored = blocks::tail(&mut self.store.read().await?).await?;
        let tail = match stored {
            Some(tail) => tail,
            None => self.base().await?,
        };
        self.head.send_if_modified(|head| head.replace(tail) != Some(tail));
        Ok(tail)
    }

    /// What a new database starts from: the block before the deployment's first.
    async fn base(&self) -> Result<Block> {
        let first = self.chain.deployment().start_block;
        let base = fetch::block(&self.chain, first.saturating_sub(1)).await?;
        let mut tx = self.store.begin().await?;
        blocks::append(&mut tx, &base).await?;
        tx.commit().await?;
        Ok(base)
    }

    /// Whether the highest block that both have is the same. An endpoint behind us is waited for, as long as
    /// it does not contradict us.
    async fn is_known(&self, head: &Block, tail: &Block) -> Result<bool> {
        if head.number >= tail.number {
            let theirs = if head.number == tail.number {
                *head
            } else {
                fetch::block(&self.chain, tail.number).await?
            };
            return Ok(theirs.hash == tail.hash);
        }
        let ours = blocks::at(&mut self.store.read().await?, head.number).await?;
        Ok(ours.is_none_or(|ours| ours.hash == head.hash))
    }

    /// Takes in the next block near the head.
    async fn follow(&self, block: &Block) -> Result<bool> {
        let logs = fetch::logs_of(&self.chain, block).await?;
        let mut tx = self.store.begin().await?;
        self.take_in(&mut tx, block, &logs).await?;
        self.commit(tx, block).await?;
        Ok(false)
    }

    /// Takes in blocks from `tail` on and not beyond `to`, range by range: fetched side by side, committed
    /// in order.
    async fn catch_up(&self, tail: &Block, to: u64) -> Result<bool> {
        let size = usize::try_from(self.config.range).unwrap_or(usize::MAX).max(1);
        let ranges = (tail.number + 1..=to).step_by(size).take(RANGES_A_STEP);
        let fetches =
            ranges.map(|from| fetch::range(&self.chain, from, to.min(from + self.config.range - 1)));
        let mut fetched = stream::iter(fetches).buffered(IN_FLIGHT);
        while let Some(range) = fetched.next().await {
            let (last, logs) = range?;
            let mut tx = self.store.begin().await?;
            let mut logs = logs.chunk_by(|a, b| a.origin.block == b.origin.block).peekable();
            while let Some(logs) = logs.next_if(|logs| logs[0].origin.block != last.at()) {
                let Log { origin, .. } = logs[0];
                let (number, hash, timestamp) = (origin.block.number, origin.block.hash, origin.timestamp);
                let block = Block { number, hash, parent: quittance_domain::B256::ZERO, timestamp };
                self.take_in(&mut tx, &block, logs).await?;
            }
            self.take_in(&mut tx, &last, logs.next().unwrap_or_default()).await?;
            self.commit(tx, &last).await?;
        }
        Ok(false)
    }

    async fn take_in(&self, tx: &mut Tx, block: &Block, logs: &[Log]) -> Result<()> {
        project::apply(tx, logs).await?;
        self.sink.block(tx, block, logs).await
    }

    /// Moves the checkpoint, in the same transaction as what it stands for.
    async fn commit(&self, mut tx: Tx, tail: &Block) -> Result<()> {
        blocks::append(&mut tx, tail).await?;
        blocks::prune(&mut tx, tail.number.saturating_sub(self.config.window)).await?;
        tx.commit().await?;
        self.head.send_replace(Some(*tail));
        Ok(())
    }

    /// Takes back what the chain took back: everything above the last block that both have.
    async fn unwind(&self, head: &Block) -> Result<bool> {
        let tail = self.tail().await?;
        let mut ancestor = self.before(head.number.saturating_add(1)).await?;
        while fetch::block(&self.chain, ancestor.number).await?.hash != ancestor.hash {
            ancestor = self.before(ancestor.number).await?;
        }
        if ancestor == tail {
            return Err(fetch::lagging("a block that does not follow ours was gone when asked about again"));
        }
        let mut tx = self.store.begin().await?;
        project::unwind(&mut tx, ancestor.number).await?;
        blocks::unwind(&mut tx, ancestor.number).await?;
        self.sink.unwound(&mut tx, &ancestor).await?;
        tx.commit().await?;
        let depth = tail.number - ancestor.number;
        tracing::info!(depth, "block.number" = ancestor.number, "a reorg took blocks back");
        self.events.send_modify(|events| (events.reorgs, events.last_depth) = (events.reorgs + 1, depth));
        self.head.send_replace(Some(ancestor));
        Ok(false)
    }

    async fn before(&self, number: u64) -> Result<Block> {
        let kept = blocks::before(&mut self.store.read().await?, number).await?;
        kept.ok_or_else(|| {
            let inside = "the chain and the database share no block that is kept: a reorg deeper than the \
                          window, or another chain at the same address";
            Error::internal(inside)
        })
    }
}
