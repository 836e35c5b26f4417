//! What an engine fills, and how logs become what it is filled with.

use std::future::Future;

use quittance_chain::wire::{Filter, Log};
use quittance_domain::{Block, BlockRef, Error, Result};
use quittance_store::tables::Child;

/// Which logs are wanted, and what they become. Its copies work on threads of their own.
pub trait Decode: Clone + Send + Sync + 'static {
    /// What logs become.
    type Rows: Send + 'static;

    /// The logs that are wanted.
    fn filter(&self) -> &Filter;

    /// Makes rows of logs.
    ///
    /// # Errors
    /// When a log cannot be what the chain said, or has no place among the rows.
    fn decode(&self, logs: &[Log<'_>]) -> Result<Decoded<Self::Rows>>;

    /// The logs that say that a contract was made whose logs are wanted too; nothing where none is found that way.
    fn births(&self) -> Option<&Filter> {
        None
    }

    /// The contracts that such logs tell of.
    fn born(&self, _logs: &[Log<'_>]) -> Vec<Child> {
        vec![]
    }

    /// The same with more contracts.
    #[must_use]
    fn with(&self, _born: &[Child]) -> Self {
        self.clone()
    }
}

/// What logs came to.
#[derive(Clone, Debug, Default)]
pub struct Decoded<R> {
    /// Their rows.
    pub rows: R,
    /// How many logs there were.
    pub logs: u64,
    /// How many of them mean nothing here and are kept as they came.
    pub raw: u64,
    /// About how much memory the rows take.
    pub size: usize,
}

/// The rows of a block, or of a range far from the head, up to its last block.
#[derive(Clone, Debug)]
pub struct Part<R> {
    /// The rows.
    pub rows: R,
    /// The last block.
    pub end: Block,
}

/// Contracts whose logs are wanted since the mirror is past their first blocks.
#[derive(Clone, Debug)]
pub struct Late<D> {
    /// How their logs, and no others, are decoded.
    pub decode: D,
    /// The first block of which they are missing.
    pub from: u64,
}

/// What moves the checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    /// Blocks that are known by hash, ascending; the last one is how far the mirror is.
    pub blocks: Vec<Block>,
    /// Blocks before this one need not be known any more.
    pub keep_from: u64,
    /// Contracts that were found.
    pub children: Vec<Child>,
}

/// What was committed: up to where, and how many logs.
pub(super) struct Committed {
    pub(super) tail: Block,
    pub(super) logs: u64,
    pub(super) raw: u64,
}

/// What an engine fills: a database with one writer, and in it the checkpoint.
///
/// A transaction is open from the first [`Target::write`] to [`Target::commit`]: one per block near the head, one
/// for many ranges far from it.
pub trait Target: Send + 'static {
    /// How its logs are decoded.
    type Decode: Decode;

    /// The first block that may have anything.
    fn start_block(&self) -> u64;

    /// How logs are decoded, with all contracts found so far.
    fn decode(&self) -> Self::Decode;

    /// The last blocks that are known by hash, newest first. The first of them is the checkpoint.
    fn known(&mut self, limit: u64) -> impl Future<Output = Result<Vec<BlockRef>>> + Send;

    /// Adds rows, in the order of the chain.
    fn write(&mut self, parts: Vec<Part<Rows<Self>>>) -> impl Future<Output = Result<()>> + Send;

    /// Contracts that came late, if there are some: asked before each step.
    fn late(&mut self) -> impl Future<Output = Result<Option<Late<Self::Decode>>>> + Send {
        async { Ok(None) }
    }

    /// Adds rows of contracts that came late, up to a block; at the checkpoint they are among all others. Stored at once.
    fn write_late(&mut self, rows: Vec<Rows<Self>>, to: u64) -> impl Future<Output = Result<()>> + Send {
        let _ = (rows, to);
        async { Err(Error::internal("nothing comes late here")) }
    }

    /// Moves the checkpoint, and makes all since the last commit last.
    fn commit(&mut self, checkpoint: Checkpoint) -> impl Future<Output = Result<()>> + Send;

    /// Gives up what was not committed.
    fn roll_back(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// After a failure: gives up what was not committed, and asks the database anew how far it is. What a commit
    /// that broke off came to, only it knows.
    fn recover(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Takes back what came after a block, which is the checkpoint from then on.
    fn unwind(&mut self, ancestor: BlockRef) -> impl Future<Output = Result<()>> + Send;

    /// Makes the indexes, once there is something to look up.
    fn index(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// A target's rows.
pub type Rows<T> = <<T as Target>::Decode as Decode>::Rows;
