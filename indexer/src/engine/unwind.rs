//! What the chain took back.

use quittance_chain::wire::Header;
use quittance_domain::{BlockRef, Error, Result};

use super::{Engine, Step, Target};

impl<T: Target> Engine<T> {
    /// Whether the highest block that both have is the same. An endpoint behind us is waited for, as long as it
    /// does not contradict us.
    pub(super) async fn agrees(&mut self, head: &Header) -> Result<bool> {
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
        self.target.known(self.config.window.saturating_add(1)).await
    }

    /// Takes back everything above the last block that both have.
    pub(super) async fn unwind(&mut self, head: &Header) -> Result<Step> {
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
                "a reorg deeper than the window of {} blocks: the chain and the database share no block that is kept",
                self.config.window
            );
            Error::conflict(text).field("window")
        })?;
        if ancestor == tail {
            let inside = "a block that does not follow ours was gone when asked about again";
            return Err(Error::unavailable("the chain's RPC endpoint contradicts itself", inside));
        }
        self.target.unwind(ancestor).await?;
        self.tail = Some(ancestor);
        let depth = tail.number - ancestor.number;
        tracing::info!(depth, "block.number" = ancestor.number, "a reorg took blocks back");
        self.progress.send_modify(|progress| {
            (progress.block, progress.reorgs, progress.last_depth) =
                (Some(ancestor.number), progress.reorgs + 1, depth);
        });
        Ok(Step::More)
    }
}
