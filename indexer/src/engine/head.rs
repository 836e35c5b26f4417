//! Near the head: block by block, by their hashes and held against their headers.

use std::sync::Arc;

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use quittance_chain::wire::{Check, Header, Log, Told, Wire};
use quittance_domain::{Block, Result};
use quittance_store::tables::Child;
use tokio::sync::watch;

use super::{
    Checkpoint, Decode, Decoded, Engine, Part, Target,
    target::{self, Rows},
};

/// Blocks whose logs are fetched side by side.
const SIDE_BY_SIDE: usize = 16;

impl<T: Target> Engine<T> {
    /// The newest block: as it was told since the last look, or else as it is when asked for.
    pub(super) async fn head(&mut self) -> Result<Header> {
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

    /// Takes in blocks near the head: one at the head itself, some after having been away.
    pub(super) async fn follow(&mut self, headers: &[Header]) -> Result<()> {
        let near = Near { wire: Arc::clone(&self.wire), check: self.config.check };
        let decode = self.target.decode();
        if decode.births().is_some() {
            self.index().await?;
            for header in headers {
                let (decoded, born) = near.block_with_births(self.target.decode(), header).await?;
                self.take_in(std::slice::from_ref(header), vec![decoded], born).await?;
            }
            return Ok(());
        }
        let logs: Vec<_> = headers.iter().map(|header| near.logs_of(&decode, header).boxed()).collect();
        let logs = stream::iter(logs).buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>();
        // The indexes are made while the logs are on their way.
        let (decoded, indexed) = tokio::join!(logs, self.index());
        indexed?;
        self.take_in(headers, decoded?, vec![]).await
    }

    /// Blocks with all they mean, in one transaction.
    async fn take_in(
        &mut self,
        headers: &[Header],
        decoded: Vec<Decoded<Rows<T>>>,
        children: Vec<Child>,
    ) -> Result<()> {
        let blocks: Vec<Block> = headers.iter().map(Block::from).collect();
        let Some(&tail) = blocks.last() else { return Ok(()) };
        let (mut logs, mut raw, mut parts) = (0, 0, vec![]);
        for (decoded, &end) in decoded.into_iter().zip(&blocks) {
            (logs, raw) = (logs + decoded.logs, raw + decoded.raw);
            parts.push(Part { rows: decoded.rows, end });
        }
        self.target.write(parts).await?;
        let keep_from = tail.number.saturating_sub(self.config.window);
        self.target.commit(Checkpoint { blocks, keep_from, children }).await?;
        self.committed(&target::Committed { tail, logs, raw });
        Ok(())
    }
}

/// Who asks for the logs of single blocks.
pub(super) struct Near {
    pub(super) wire: Arc<Wire>,
    pub(super) check: Check,
}

impl Near {
    /// A block's logs, those of the contracts that came with it included.
    async fn block_with_births<D: Decode>(
        &self,
        mut decode: D,
        header: &Header,
    ) -> Result<(Decoded<D::Rows>, Vec<Child>)> {
        let mut born = vec![];
        if let Some(births) = decode.births() {
            let finder = decode.clone();
            let find = move |logs: &[Log<'_>]| finder.born(logs);
            born = self.wire.logs_of(births, header, self.check, find).await?;
        }
        if !born.is_empty() {
            decode = decode.with(&born);
        }
        Ok((self.logs_of(&decode, header).await?, born))
    }

    pub(super) async fn logs_of<D: Decode>(&self, decode: &D, header: &Header) -> Result<Decoded<D::Rows>> {
        let reader = decode.clone();
        let make = move |logs: &[Log<'_>]| reader.decode(logs);
        self.wire.logs_of(decode.filter(), header, self.check, make).await?
    }
}

/// Waits for a new head to be told; for ever, where none will be.
pub(super) async fn changed(heads: Option<&mut watch::Receiver<Told>>) {
    let told = match heads {
        Some(heads) => heads.changed().await.map(|()| heads.mark_changed()).is_ok(),
        None => false,
    };
    if !told {
        std::future::pending::<()>().await;
    }
}
