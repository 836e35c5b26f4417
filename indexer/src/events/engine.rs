//! The loop: compare, take back, catch up, follow.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use quittance_chain::wire::{Check, Filter, Header, Log, Told, Wire};
use quittance_domain::{BlockRef, Error, Result};
use quittance_store::tables::{Batch, Checkpoint, Child, Identity, Reader, Tables};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Decoded, Decoder, Plan, backfill::Backfill};
use crate::outage::Outage;

/// So near the head blocks are taken in one by one, by their hashes and held against their headers.
const NEAR: u64 = 32;

/// Blocks whose logs are fetched side by side near the head.
const SIDE_BY_SIDE: usize = 16;

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

/// Keeps tables like the chain.
#[derive(Debug)]
pub struct Engine {
    wire: Arc<Wire>,
    /// Before the writer: SQLite tidies up when the last connection that may write is closed.
    reader: Reader,
    tables: Tables,
    plan: Plan,
    config: EngineConfig,
    children: Vec<Child>,
    decoder: Arc<Decoder>,
    filter: Filter,
    tail: Option<BlockRef>,
    indexed: bool,
    progress: watch::Sender<Progress>,
    heads: Option<watch::Receiver<Told>>,
    /// A head that is known already, for the next step.
    known_head: Option<Header>,
}

/// Of which chain and contracts a database of this plan is to be.
///
/// # Errors
/// When the chain does not answer, for longer than a passing fault takes.
pub async fn identity(wire: &Wire, plan: &Plan, least: Duration) -> Result<Identity> {
    let mut outage = Outage::default();
    for _ in 1..TRIES_AT_START {
        match identify(wire, plan).await {
            Err(error) if Outage::may_pass(&error) => sleep(outage.failed(&error, least)).await,
            known => return known,
        }
    }
    identify(wire, plan).await
}

async fn identify(wire: &Wire, plan: &Plan) -> Result<Identity> {
    let (chain_id, genesis) = tokio::try_join!(wire.chain_id(), wire.header(0))?;
    let genesis = genesis.hash;
    Ok(Identity { chain_id, genesis, contracts: plan.identity(), start_block: plan.start_block() })
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

impl Engine {
    /// Opens the tables of a plan, and makes sure that they are of this chain.
    ///
    /// # Errors
    /// When the chain or the database does not answer, or the database is of another chain or plan.
    pub async fn open(wire: Arc<Wire>, db: &str, plan: Plan, config: EngineConfig) -> Result<Self> {
        let identity = identity(&wire, &plan, config.poll_interval).await?;
        // A head that cannot be had yet is asked for again by the first step.
        let (tables, head) = tokio::join!(Tables::open(db, plan.tables().to_vec(), &identity), wire.head());
        let (tables, known_head) = (tables?, head.ok());
        let mut reader = tables.reader().await?;
        let children = reader.children().await?;
        let tail = reader.blocks(1).await?.pop();
        let from = plan.start_block();
        let block = tail.map(|tail| tail.number);
        let progress = watch::Sender::new(Progress { from, block, ..Progress::default() });
        let decoder = Arc::new(Decoder::new(plan.clone(), &children));
        let filter = plan.filter(&children);
        let (indexed, heads) = (false, None);
        Ok(Self {
            wire,
            tables,
            plan,
            config,
            children,
            decoder,
            filter,
            reader,
            tail,
            indexed,
            progress,
            heads,
            known_head,
        })
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
        self.tables.roll_back().await
    }

    /// Takes the checkpoint from the database again: what a commit that broke off came to, only it knows.
    async fn recover(&mut self) {
        let again = async {
            self.tables.roll_back().await?;
            self.reader = self.tables.reader().await?;
            self.tail = self.reader.blocks(1).await?.pop();
            let children = self.reader.children().await?;
            self.know(children);
            Ok::<_, Error>(())
        };
        if let Err(error) = again.await {
            tracing::debug!(error = %error, inside = error.inside(), "the database does not answer yet");
        }
    }

    fn know(&mut self, children: Vec<Child>) {
        if children != self.children {
            self.children = children;
            self.decoder = Arc::new(Decoder::new(self.plan.clone(), &self.children));
            self.filter = self.plan.filter(&self.children);
        }
    }

    /// How long to wait for a new block before asking for one.
    fn pause(&self) -> Duration {
        let told = self.heads.as_ref().is_some_and(|heads| heads.borrow().connected);
        if told { self.config.poll_interval.max(ASK_ALL_THE_SAME) } else { self.config.poll_interval }
    }

    /// The newest block: as it was told since the last look, or else as it is when asked for.
    async fn head(&mut self) -> Result<Header> {
        if let Some(head) = self.known_head.take() {
            return Ok(head);
        }
        if let Some(heads) = &mut self.heads
            && heads.has_changed().is_ok_and(|changed| changed)
            && let Some(head) = heads.borrow_and_update().head.clone()
        {
            return Ok(head);
        }
        self.wire.head().await
    }

    /// The first block that is not stored.
    fn next(&self) -> u64 {
        self.tail.map_or(self.plan.start_block(), |tail| tail.number + 1)
    }

    /// Goes on by a block, some ranges or a reorg.
    async fn step(&mut self) -> Result<Step> {
        let next = self.next();
        if self.config.once && self.config.to.is_some_and(|to| next > to) {
            self.tables.index().await?;
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
            self.tables.index().await?;
            self.indexed = true;
        }
        Ok(())
    }

    /// Whether the highest block that both have is the same. An endpoint behind us is waited for, as long as it
    /// does not contradict us.
    async fn agrees(&mut self, head: &Header) -> Result<bool> {
        let Some(tail) = self.tail else { return Ok(true) };
        if head.number == tail.number {
            return Ok(head.hash == tail.hash);
        }
        if head.number > tail.number {
            return Ok(self.wire.header(tail.number).await?.hash == tail.hash);
        }
        let known = self.known().await?;
        let ours = known.iter().find(|block| block.number == head.number);
        Ok(ours.is_none_or(|ours| ours.hash == head.hash))
    }

    /// The blocks known by hash, newest first.
    async fn known(&mut self) -> Result<Vec<BlockRef>> {
        self.reader.blocks(i64::try_from(self.config.window).unwrap_or(i64::MAX).saturating_add(1)).await
    }

    async fn catch_up(&mut self, from: u64, to: u64, head: u64) -> Result<()> {
        let births = self.births(from, to).await?;
        let mut all = self.children.clone();
        all.extend(births.iter().cloned());
        let born = !births.is_empty();
        let decoder =
            if born { Arc::new(Decoder::new(self.plan.clone(), &all)) } else { Arc::clone(&self.decoder) };
        let filter = if born { self.plan.filter(&all) } else { self.filter.clone() };
        let backfill = Backfill {
            wire: &self.wire,
            decoder: &decoder,
            filter: &filter,
            children: births,
            from,
            to,
            budget: self.config.in_flight,
            keep_from: head.saturating_sub(self.config.window),
        };
        let (progress, tail) = (&self.progress, &mut self.tail);
        let done = backfill.run(&mut self.tables, |committed| {
            *tail = Some(committed.tail);
            progress.send_modify(|progress| {
                progress.block = Some(committed.tail.number);
                progress.logs += committed.logs;
                progress.raw += committed.raw;
            });
        });
        done.await?;
        if born {
            let children = self.reader.children().await?;
            self.know(children);
        }
        Ok(())
    }

    /// The contracts that were made in a range, in the order of coming.
    async fn births(&self, from: u64, to: u64) -> Result<Vec<Child>> {
        let Some(filter) = self.plan.births() else { return Ok(vec![]) };
        let decoder = Arc::clone(&self.decoder);
        let parts = self.wire.range(&filter, (from, to), move |logs| decoder.births(logs)).await?;
        Ok(parts.into_iter().flat_map(|part| part.logs).collect())
    }

    /// Takes in blocks near the head: one at the head itself, some after having been away.
    async fn follow(&mut self, headers: &[Header]) -> Result<()> {
        if self.plan.births().is_some() {
            self.index().await?;
            for header in headers {
                let (decoded, born) = self.block_with_births(header).await?;
                self.take_in(std::slice::from_ref(header), vec![decoded], born).await?;
            }
            return Ok(());
        }
        let (wire, filter, check, decoder) =
            (Arc::clone(&self.wire), self.filter.clone(), self.config.check, Arc::clone(&self.decoder));
        let logs = headers.iter().map(|header| {
            let decoder = Arc::clone(&decoder);
            wire.logs_of(&filter, header, check, move |logs| decoder.decode(logs))
        });
        let logs = stream::iter(logs).buffered(SIDE_BY_SIDE).try_collect::<Vec<Result<Decoded>>>();
        // The indexes are made while the logs are on their way.
        let (decoded, indexed) = tokio::join!(logs, self.index());
        indexed?;
        self.take_in(headers, decoded?.into_iter().collect::<Result<_>>()?, vec![]).await
    }

    /// A block's logs, those of the contracts that came with it included.
    async fn block_with_births(&mut self, header: &Header) -> Result<(Decoded, Vec<Child>)> {
        let mut born = vec![];
        if let Some(births) = self.plan.births() {
            let decoder = Arc::clone(&self.decoder);
            let find = move |logs: &[Log<'_>]| decoder.births(logs);
            born = self.wire.logs_of(&births, header, self.config.check, find).await?;
        }
        if !born.is_empty() {
            let mut children = self.children.clone();
            children.extend(born.iter().cloned());
            self.know(children);
        }
        let decoder = Arc::clone(&self.decoder);
        let make = move |logs: &[Log<'_>]| decoder.decode(logs);
        Ok((self.wire.logs_of(&self.filter, header, self.config.check, make).await??, born))
    }

    async fn take_in(
        &mut self,
        headers: &[Header],
        decoded: Vec<Decoded>,
        children: Vec<Child>,
    ) -> Result<()> {
        let (mut logs, mut raw, mut batch) = (0, 0, Batch::new());
        for decoded in decoded {
            (logs, raw) = (logs + decoded.logs, raw + decoded.raw);
            decoded.join(&mut batch);
        }
        if batch.iter().any(|rows| !rows.is_empty()) {
            self.tables.write(batch).await?;
        }
        let blocks: Vec<BlockRef> = headers.iter().map(BlockRef::from).collect();
        let Some(&tail) = blocks.last() else { return Ok(()) };
        let keep_from = tail.number.saturating_sub(self.config.window);
        self.tables.commit(Checkpoint { blocks, keep_from, children }).await?;
        self.tail = Some(tail);
        self.progress.send_modify(|progress| {
            (progress.block, progress.logs, progress.raw) =
                (Some(tail.number), progress.logs + logs, progress.raw + raw);
        });
        Ok(())
    }

    /// Takes back what the chain took back: everything above the last block that both have.
    async fn unwind(&mut self, head: &Header) -> Result<Step> {
        let Some(tail) = self.tail else { return Ok(Step::More) };
        let mut ancestor = None;
        for block in self.known().await? {
            if block.number <= head.number && self.wire.header(block.number).await?.hash == block.hash {
                ancestor = Some(block);
                break;
            }
        }
        let ancestor = ancestor.ok_or_else(|| {
            let text = format!(
                "a reorg deeper than the window of {} blocks: the chain and the database share no block that is \
                 kept. `reset --from` a block that they share goes on from there",
                self.config.window
            );
            Error::conflict(text).field("window")
        })?;
        if ancestor == tail {
            let inside = "a block that does not follow ours was gone when asked about again";
            return Err(Error::unavailable("the chain's RPC endpoint contradicts itself", inside));
        }
        self.tables.unwind(Some(ancestor)).await?;
        let depth = tail.number - ancestor.number;
        tracing::info!(depth, "block.number" = ancestor.number, "a reorg took blocks back");
        self.tail = Some(ancestor);
        let children = self.reader.children().await?;
        self.know(children);
        self.progress.send_modify(|progress| {
            (progress.block, progress.reorgs, progress.last_depth) =
                (Some(ancestor.number), progress.reorgs + 1, depth);
        });
        Ok(Step::More)
    }

    /// Deletes what is stored from a block on, so that it is mirrored anew.
    ///
    /// # Errors
    /// When the chain or the database does not answer.
    pub async fn reset(mut self, from: u64) -> Result<()> {
        let to = if from <= self.plan.start_block() {
            None
        } else {
            Some(BlockRef::from(&self.wire.header(from - 1).await?))
        };
        let to = to.filter(|to| self.tail.is_some_and(|tail| to.number <= tail.number));
        self.tables.unwind(to).await
    }
}

/// Waits for a new head to be told; for ever, where none will be.
async fn changed(heads: Option<&mut watch::Receiver<Told>>) {
    let told = match heads {
        Some(heads) => heads.changed().await.map(|()| heads.mark_changed()).is_ok(),
        None => false,
    };
    if !told {
        std::future::pending::<()>().await;
    }
}
