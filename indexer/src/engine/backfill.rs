//! Catching up: ranges fetched side by side and decoded on threads of their own, committed in order in few
//! large transactions. What is under way is bounded in bytes, whatever the chain's size.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use quittance_chain::wire::{LogsOf, Wire};
use quittance_domain::{Block, Error, Result};
use quittance_store::tables::Child;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    Checkpoint, Decode, Decoded, Part, Target,
    target::{Committed, Rows},
};

/// Ranges that wait for the database.
const WAITING: usize = 16;
/// Rows in a transaction, and how long one is open: between two commits readers see nothing new.
const ROWS: u64 = 200_000;
const OPEN: Duration = Duration::from_secs(1);
/// Bytes of rows that are written at once.
const CHUNK: usize = 4 << 20;
/// What a range takes of the bytes in flight, in units of which the budget is made.
const UNIT: usize = 1 << 10;
const LEAST: usize = 64 << 10;
const FIRST: usize = 512 << 10;

/// A range on its way to the database.
struct Fetched<R> {
    parts: Vec<LogsOf<Result<Decoded<R>>>>,
    /// Its share of the bytes in flight, given back once it is written.
    share: OwnedSemaphorePermit,
}

/// What is fetched, and how much at a time.
pub(super) struct Backfill<'a, D> {
    pub(super) wire: &'a Arc<Wire>,
    pub(super) decode: D,
    /// The contracts that are made on the way.
    pub(super) children: Vec<Child>,
    pub(super) from: u64,
    pub(super) to: u64,
    /// Bytes in flight.
    pub(super) budget: usize,
    /// From here on the hash of each range's last block is kept.
    pub(super) keep_from: u64,
}

impl<D: Decode> Backfill<'_, D> {
    /// Mirrors the range; `committed` is told of each commit.
    pub(super) async fn run<T: Target<Decode = D>>(
        self,
        target: &mut T,
        mut committed: impl FnMut(&Committed) + Send,
    ) -> Result<()> {
        let (send, receive) = mpsc::channel(WAITING);
        let write = self.write(target, receive, &mut committed);
        let (fetched, written) = tokio::join!(self.fetch(send), write);
        // Where both failed, the writer is why: the fetcher then finds nobody to hand its ranges to.
        match (written, fetched) {
            (Ok(()), Ok(())) => Ok(()),
            (Err(error), _) | (Ok(()), Err(error)) => {
                target.roll_back().await?;
                Err(error)
            }
        }
    }

    async fn fetch(&self, send: mpsc::Sender<Fetched<D::Rows>>) -> Result<()> {
        let budget = Arc::new(Semaphore::new(self.budget / UNIT));
        let (running, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut ahead: VecDeque<Range<D::Rows>> = VecDeque::new();
        let (mut next, mut density) = (self.from, None);
        while next <= self.to || !ahead.is_empty() {
            let at_once = self.wire.ranges_at_once();
            while next <= self.to && running.load(Ordering::Acquire) < at_once && ahead.len() < 4 * at_once {
                let last = self.to.min(next.saturating_add(self.wire.range_size() - 1));
                let expected = density.map_or(FIRST, |bytes: usize| bytes.saturating_mul(span(next, last)));
                let units = u32::try_from(expected.clamp(LEAST, self.budget) / UNIT).unwrap_or(u32::MAX);
                let Ok(share) = Arc::clone(&budget).try_acquire_many_owned(units) else { break };
                ahead.push_back(self.start(next, last, share, &running, &done));
                next = last + 1;
            }
            let Some(first) = ahead.front_mut() else {
                // All the bytes in flight wait for the database.
                drop(budget.acquire().await.map_err(Error::internal)?);
                continue;
            };
            tokio::select! {
                fetched = &mut first.task => {
                    let blocks = span(first.from, first.to);
                    ahead.pop_front();
                    let fetched = fetched.map_err(Error::internal)??;
                    density = Some(fetched.parts.iter().map(|part| part.bytes).sum::<usize>() / blocks);
                    if send.send(fetched).await.is_err() {
                        return Ok(());
                    }
                }
                () = done.notified() => {}
            }
        }
        Ok(())
    }

    fn start(
        &self,
        from: u64,
        to: u64,
        share: OwnedSemaphorePermit,
        running: &Arc<AtomicUsize>,
        done: &Arc<Notify>,
    ) -> Range<D::Rows> {
        let (wire, decode) = (Arc::clone(self.wire), self.decode.clone());
        let (running, done) = (Arc::clone(running), Arc::clone(done));
        running.fetch_add(1, Ordering::AcqRel);
        let task = tokio::spawn(async move {
            let reader = decode.clone();
            let parts = wire.range(decode.filter(), (from, to), move |logs| reader.decode(logs)).await;
            running.fetch_sub(1, Ordering::AcqRel);
            done.notify_one();
            Ok(Fetched { parts: parts?, share })
        });
        Range { from, to, task }
    }

    async fn write<T: Target<Decode = D>>(
        &self,
        target: &mut T,
        mut receive: mpsc::Receiver<Fetched<D::Rows>>,
        committed: &mut (impl FnMut(&Committed) + Send),
    ) -> Result<()> {
        let mut open: Option<Open> = None;
        let mut children = self.children.as_slice();
        loop {
            if let Some(done) = open.take_if(|open| open.is_due()) {
                committed(&done.commit(target, &mut children, self.keep_from).await?);
            }
            // A transaction keeps other writers waiting, and an endpoint may take its time.
            let end = open.as_ref().map_or_else(|| Instant::now() + OPEN, Open::end);
            let Ok(next) = timeout_at(end, receive.recv()).await else { continue };
            let Some(first) = next else { break };
            let (mut shares, mut parts, mut size) = (vec![], vec![], 0);
            let mut more = Some(first);
            while let Some(fetched) = more {
                let open = open.get_or_insert_with(Open::new);
                for part in fetched.parts {
                    size += open.take::<T>(part, &mut parts, self.keep_from)?;
                }
                shares.push(fetched.share);
                more = if size < CHUNK { receive.try_recv().ok() } else { None };
            }
            target.write(parts).await?;
            drop(shares);
        }
        if let Some(done) = open {
            committed(&done.commit(target, &mut children, self.keep_from).await?);
        }
        Ok(())
    }
}

/// A range under way, which stops being fetched when nobody wants it any more.
struct Range<R> {
    from: u64,
    to: u64,
    task: JoinHandle<Result<Fetched<R>>>,
}

impl<R> Drop for Range<R> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn span(from: u64, to: u64) -> usize {
    usize::try_from(to - from + 1).unwrap_or(usize::MAX)
}

/// A transaction that is being filled.
struct Open {
    since: Instant,
    logs: u64,
    raw: u64,
    ends: Vec<Block>,
}

impl Open {
    fn new() -> Self {
        Self { since: Instant::now(), logs: 0, raw: 0, ends: vec![] }
    }

    /// Adds a range, and says how much memory its rows take.
    fn take<T: Target>(
        &mut self,
        part: LogsOf<Result<Decoded<Rows<T>>>>,
        parts: &mut Vec<Part<Rows<T>>>,
        keep_from: u64,
    ) -> Result<usize> {
        let Decoded { rows, logs, raw, size } = part.logs?;
        self.logs += logs;
        self.raw += raw;
        parts.push(Part { rows, end: part.end });
        // Of those far from the head only the last is needed: it is how far the mirror is.
        self.ends.pop_if(|end| end.number < keep_from);
        self.ends.push(part.end);
        Ok(size)
    }

    /// When it is to be committed at the latest.
    fn end(&self) -> Instant {
        self.since + OPEN
    }

    fn is_due(&self) -> bool {
        self.logs >= ROWS || Instant::now() >= self.end()
    }

    async fn commit<T: Target>(
        self,
        target: &mut T,
        children: &mut &[Child],
        keep_from: u64,
    ) -> Result<Committed> {
        let Self { ends: blocks, logs, raw, .. } = self;
        let tail = *blocks.last().ok_or_else(|| Error::internal("a commit of no range"))?;
        let born = children.partition_point(|child| child.block <= tail.number);
        let (now, later) = children.split_at(born);
        *children = later;
        target.commit(Checkpoint { blocks, keep_from, children: now.to_vec() }).await?;
        Ok(Committed { tail, logs, raw })
    }
}
