//! What else happens in the transaction that takes a block in.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{Block, Result, fact::Log};
use quittance_store::{Tx, pools::Pool};

/// Told of each block in the very transaction that takes it in, or takes it back.
pub trait Sink: Send + Sync {
    /// A block was taken in: the projections are as of its end.
    ///
    /// Far from the head they are as of the end of some later block already, and it is told only of blocks with
    /// logs and of the last one of each range.
    ///
    /// An error leaves the block untaken. It stops the mirror, unless its kind is one that passes.
    fn block<'a>(&'a self, tx: &'a mut Tx, block: &'a Block, logs: &'a [Log]) -> BoxFuture<'a, Result<()>>;

    /// Everything up to this block was taken in. Told once for each range, after all of its blocks.
    fn taken<'a>(&'a self, tx: &'a mut Tx, end: &'a Block) -> BoxFuture<'a, Result<()>>;

    /// A token that came late is one among all others now.
    fn joined<'a>(&'a self, tx: &'a mut Tx, pool: &'a Pool) -> BoxFuture<'a, Result<()>>;

    /// Every block above `ancestor` was taken back: the projections are as of its end again.
    fn unwound<'a>(&'a self, tx: &'a mut Tx, ancestor: &'a Block) -> BoxFuture<'a, Result<()>>;
}

/// Nothing else happens: for a database that is only asked.
#[derive(Clone, Copy, Debug)]
pub struct NoSink;

impl Sink for NoSink {
    fn block<'a>(&'a self, _: &'a mut Tx, _: &'a Block, _: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn taken<'a>(&'a self, _: &'a mut Tx, _: &'a Block) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn joined<'a>(&'a self, _: &'a mut Tx, _: &'a Pool) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn unwound<'a>(&'a self, _: &'a mut Tx, _: &'a Block) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }
}
