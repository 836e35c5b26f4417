//! Our own transactions: signed once, stored, and sent byte for byte until the chain has them.
//!
//! A nonce is assigned in the database transaction that stores the signed bytes, so that a crash before it
//! leaves nothing and a crash after it leaves bytes to be sent again.

use std::{sync::Arc, time::Duration};

use quittance_chain::{Inclusion, Refusal};
use quittance_domain::{Block, Bytes, Error, Result, intent::Call};
use quittance_store::{
    Tx, blocks, outbox,
    outbox::OutboxRow,
    transactions::{self, Sent, Signed},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Outcome, Worker};
use crate::ports::wall;

/// Transactions looked after at a time; more wait for these to be mined.
const IN_FLIGHT: u32 = 256;

/// How long to wait for a block before looking after our transactions all the same.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How deep another transaction with our nonce must be before ours counts as lost.
const LOST_DEPTH: u64 = 12;

impl Worker {
    pub(super) async fn transact(&self, row: &OutboxRow, call: &Call) -> Result<Outcome> {
        let from = self.wallet.address();
        let prepared = match self.chain.prepare(call, from).await {
            Ok(prepared) => prepared,
            Err(Refusal::Unavailable(error)) => return Ok(Outcome::Later(error)),
            Err(refusal @ Refusal::Reverts(_)) => return Ok(Outcome::Later(refusal.into())),
        };
        let on_chain = self.chain.nonce(from).await?;
        let mut tx = self.app.store.begin().await?;
        let nonce = transactions::next_nonce(&mut tx, from).await?.unwrap_or(0).max(on_chain);
        let signed = self.wallet.sign(&prepared, self.app.deployment.chain_id, nonce)?;
        let (raw, hash) = (signed.raw.clone(), signed.hash);
        outbox::sent(&mut tx, &row.key).await?;
        let key = row.key.clone();
        transactions::signed(&mut tx, &Signed { key, signer: from, nonce, raw: signed.raw, hash }).await?;
        tx.commit().await?;
        tracing::info!(key = row.key, nonce, transaction = %hash, "sent");
        self.broadcast(&row.key, &raw).await?;
        Ok(Outcome::Sent)
    }

    /// Sends signed bytes, and shows with the row what is in their way.
    async fn broadcast(&self, key: &str, raw: &Bytes) -> Result<()> {
        let Err(error) = self.chain.broadcast(raw).await else { return Ok(()) };
        tracing::warn!(key, inside = error.inside(), "not taken yet: {error}");
        let mut tx = self.app.store.begin().await?;
        outbox::note(&mut tx, key, Some(&error.to_string())).await?;
        tx.commit().await
    }

    /// Follows what was sent, block by block: notes what was mined, sends again what was not, gives up what
    /// has had its time.
    pub(crate) async fn follow(
        self: Arc<Self>,
        mut head: watch::Receiver<Option<Block>>,
        cancel: CancellationToken,
    ) -> Result<()> {
        loop {
            if let Err(error) = self.settle_accounts().await {
                tracing::warn!(inside = error.inside(), "cannot follow our transactions: {error}");
            }
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                changed = head.changed() => changed.map_err(Error::internal)?,
                // A chain that makes blocks only for transactions may be waiting for ours.
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    async fn settle_accounts(&self) -> Result<()> {
        let mut tx = self.app.store.read().await?;
        let Some(head) = blocks::tail(&mut tx).await? else { return Ok(()) };
        let unmined = transactions::unmined(&mut tx, IN_FLIGHT).await?;
        drop(tx);
        for sent in unmined {
            match self.chain.inclusion(sent.signed.hash).await? {
                Some(inclusion) => self.mined(&sent, inclusion).await?,
                None if self.is_lost(&sent.signed, &head).await? => self.lost(&sent.signed).await?,
                None => self.broadcast(&sent.signed.key, &sent.signed.raw).await?,
            }
        }
        let mut tx = self.app.store.begin().await?;
        outbox::expire(&mut tx, head.timestamp).await?;
        tx.commit().await?;
        self.app.outbox.notify_waiters();
        Ok(())
    }

    /// Whether another transaction has our nonce, deep enough in the chain not to be taken back: the key was
    /// used elsewhere. A node that merely lags cannot make it look so.
    async fn is_lost(&self, signed: &Signed, head: &Block) -> Result<bool> {
        let Some(deep) = head.number.checked_sub(LOST_DEPTH.max(self.app.confirmations)) else {
            return Ok(false);
        };
        Ok(self.chain.nonce_at(signed.signer, deep).await? > signed.nonce)
    }

    /// Forgets a transaction that can never be mined, and lets its intent be signed anew.
    async fn lost(&self, signed: &Signed) -> Result<()> {
        tracing::warn!(key = signed.key, nonce = signed.nonce, "the key was used elsewhere: signing anew");
        let mut tx = self.app.store.begin().await?;
        transactions::lost(&mut tx, signed).await?;
        let error = "its nonce was used by another transaction of the same key";
        outbox::again(&mut tx, &signed.key, error, wall()).await?;
        tx.commit().await
    }

    /// Notes that a transaction was mined, once the mirror has the very block that it is in: so a reorg takes
    /// both back together.
    async fn mined(&self, sent: &Sent, Inclusion { block, success }: Inclusion) -> Result<()> {
        let mut tx = self.app.store.begin().await?;
        let known = match blocks::at(&mut tx, block.number).await? {
            Some(known) => known.hash == block.hash,
            // Taken in so long ago that its header is not kept, if it was taken in at all.
            None => blocks::tail(&mut tx).await?.is_some_and(|tail| tail.number > block.number),
        };
        if !known {
            return Ok(());
        }
        let Signed { key, hash, .. } = &sent.signed;
        transactions::mined(&mut tx, &sent.signed, block, success).await?;
        tracing::info!(key, transaction = %hash, block = block.number, success, "mined");
        let row = outbox::get(&mut tx, key).await?;
        let row = row.ok_or_else(|| Error::internal("a transaction without a cause"))?;
        match (success, row.state) {
            (true, outbox::State::Sent | outbox::State::Queued) => {
                outbox::note(&mut tx, key, None).await?;
                outbox::done(&mut tx, key).await?;
            }
            (false, outbox::State::Sent) => self.reverted(&mut tx, &row).await?,
            // An earlier or a later try of the same thing has decided already.
            _ => {}
        }
        tx.commit().await
    }

    /// What was reverted is tried anew, under a new nonce, where a settlement depends on it.
    async fn reverted(&self, tx: &mut Tx, row: &OutboxRow) -> Result<()> {
        let error = Error::conflict("the transaction was reverted");
        match row.subject {
            Some(_) => {
                let next = wall() + self.wait(row.attempts, &error);
                outbox::again(tx, &row.key, &error.to_string(), next).await
            }
            None => outbox::fail(tx, &row.key, &error.to_string()).await,
        }
    }
}
