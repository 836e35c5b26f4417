//! What becomes of our transactions. Those that leave logs are seen to by the mirror, in the transaction that
//! takes their block in. Here are the others, and those that the chain does not have yet.
//!
//! Two numbers tell where each stands, however many there are: how many of the account's transactions the chain
//! has, and how many the endpoint knows of.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use quittance_chain::Inclusion;
use quittance_domain::{B256, Block, Error, Result};
use quittance_store::{
    Tx, blocks,
    outbox::{self, OutboxRow},
    transactions::{self, Sent, Signed},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::ports::wall;

/// How long to wait for a block before looking after our transactions all the same.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Transactions that are signed again at a time.
const RAISED_AT_ONCE: usize = 32;

impl Worker {
    /// Follows what was sent, block by block: notes what was mined, sends again what was lost on the way, pays
    /// more for what is stuck, gives up what has had its time.
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
        let unmined = transactions::unmined(&mut tx, self.config.in_flight).await?;
        drop(tx);
        if !unmined.is_empty() {
            self.look_after(&unmined, &head).await?;
        }
        let mut tx = self.app.store.begin().await?;
        quittance_app::expire(&mut tx, head.timestamp, wall()).await?;
        tx.commit().await?;
        self.app.outbox.notify_waiters();
        Ok(())
    }

    async fn look_after(&self, unmined: &[Sent], head: &Block) -> Result<()> {
        let signer = self.wallet.address();
        let in_chain = self.chain.nonce_at(signer, head.number).await?;
        let known = self.chain.nonce_known(signer).await?;
        let (gone, waiting) = unmined.split_at(unmined.partition_point(|sent| sent.signed.nonce < in_chain));
        self.find(gone, head).await?;
        let stuck = |sent: &&Sent| sent.since.saturating_add(self.config.raise_after) <= head.number;
        let stuck: Vec<_> = waiting.iter().filter(stuck).take(RAISED_AT_ONCE).collect();
        self.pay_more(&stuck, head).await?;
        let missing = waiting.iter().filter(|sent| sent.signed.nonce >= known && !stuck.contains(sent));
        let missing: Vec<Signed> = missing.map(|sent| sent.signed.clone()).collect();
        self.broadcast(&missing).await
    }

    /// Finds what became of transactions whose nonces are used up, and of which no log was seen: they were
    /// reverted, have no logs, are known by a former hash, or are another's.
    async fn find(&self, gone: &[Sent], head: &Block) -> Result<()> {
        let found: Vec<_> = gone.iter().map(|sent| self.inclusion(&sent.signed).boxed()).collect();
        let found: Vec<_> = stream::iter(found).buffered(self.config.at_once).try_collect().await?;
        for (sent, inclusion) in gone.iter().zip(found) {
            match inclusion {
                Some((hash, inclusion)) => self.mined(sent, hash, inclusion).await?,
                None if self.is_lost(&sent.signed, head).await? => self.lost(&sent.signed).await?,
                None => {}
            }
        }
        Ok(())
    }

    /// Where a transaction is in the chain, and by which of its hashes.
    async fn inclusion(&self, signed: &Signed) -> Result<Option<(B256, Inclusion)>> {
        if let Some(inclusion) = self.chain.inclusion(signed.hash).await? {
            return Ok(Some((signed.hash, inclusion)));
        }
        let former = transactions::former_hashes(&mut self.app.store.read().await?, signed).await?;
        for hash in former {
            if let Some(inclusion) = self.chain.inclusion(hash).await? {
                return Ok(Some((hash, inclusion)));
            }
        }
        Ok(None)
    }

    /// Whether another transaction has our nonce, deep enough in the chain not to be taken back: the key was
    /// used elsewhere. A node that merely lags cannot make it look so.
    async fn is_lost(&self, signed: &Signed, head: &Block) -> Result<bool> {
        let Some(deep) = self.app.beyond_doubt(head) else {
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

    /// Signs again, with higher fees, what has waited long enough, in the pool or before it: what is stuck holds
    /// up all that come after it. Both versions have one nonce, so only one of them can ever be mined.
    async fn pay_more(&self, stuck: &[&Sent], head: &Block) -> Result<()> {
        if stuck.is_empty() {
            return Ok(());
        }
        let fees = self.chain.fees().await?;
        let mut raised = vec![];
        let mut tx = self.app.store.begin().await?;
        for Sent { signed, .. } in stuck {
            let Some(again) = self.wallet.sign_again(&signed.raw, fees, self.config.max_fee())? else {
                let text = "waits for gas to become cheaper: its fees are at outbox.max-fee-gwei";
                outbox::note(&mut tx, &signed.key, Some(text)).await?;
                continue;
            };
            let now = Signed { raw: again.raw, hash: again.hash, ..signed.clone() };
            transactions::replaced(&mut tx, signed, &now, head.number).await?;
            tracing::info!(key = now.key, nonce = now.nonce, transaction = %now.hash, "signed with higher fees");
            raised.push(now);
        }
        tx.commit().await?;
        self.broadcast(&raised).await
    }

    /// Notes that a transaction was mined, once the mirror has the very block that it is in: so a reorg takes
    /// both back together.
    async fn mined(&self, sent: &Sent, hash: B256, Inclusion { block, success }: Inclusion) -> Result<()> {
        let mut tx = self.app.store.begin().await?;
        let known = match blocks::at(&mut tx, block.number).await? {
            Some(known) => known.hash == block.hash,
            // Taken in so long ago that its header is not kept, if it was taken in at all.
            None => blocks::tail(&mut tx).await?.is_some_and(|tail| tail.number > block.number),
        };
        if !known {
            return Ok(());
        }
        let key = &sent.signed.key;
        transactions::mined(&mut tx, &sent.signed, hash, block, success).await?;
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
            None => quittance_app::give_up(tx, row, &error.to_string(), wall()).await,
        }
    }
}
