//! Our own transactions: signed once, stored, and sent byte for byte until the chain has them.
//!
//! Nonces are assigned in the database transaction that stores the signed bytes, so that a crash before it
//! leaves nothing and a crash after it leaves bytes to be sent again. Many go together: one look at the fees,
//! estimates side by side, one commit.

use futures::{FutureExt, StreamExt, stream};
use quittance_chain::{Prepared, Refusal};
use quittance_domain::{
    Block, Error, Result,
    intent::{Action, Call},
};
use quittance_store::{
    outbox::{self, OutboxRow},
    transactions::{self, Signed},
};
use tokio::{sync::watch, time::timeout};

use super::{LOOK, Outcome, Worker};

/// How often rows are signed anew because nonces or rows were taken meanwhile.
const TRIES: usize = 8;

/// A row that can become a transaction.
struct Ready<'a> {
    row: &'a OutboxRow,
    prepared: Prepared,
}

impl Worker {
    /// Makes transactions of rows, and says of the others why not.
    pub(super) async fn transact(
        &self,
        rows: &[OutboxRow],
        mut head: watch::Receiver<Option<Block>>,
    ) -> Result<()> {
        head.mark_unchanged();
        let Some(rows) = self.room(rows).await? else {
            // Until some are mined there is nothing to do, and looking again at once would find the same.
            let _ = timeout(LOOK, head.changed()).await;
            return Ok(());
        };
        let (mut wanted, mut ready) = (vec![], vec![]);
        for row in rows {
            match self.wanted(row).await {
                Ok(call) => wanted.push((row, call)),
                Err(outcome) => self.record(row, outcome).await?,
            }
        }
        for (row, prepared) in self.prepare(&wanted).await {
            match prepared {
                Ok(prepared) => ready.push(Ready { row, prepared }),
                Err(refusal) => self.record(row, Outcome::Later(refusal.into())).await?,
            }
        }
        if ready.is_empty() {
            return Ok(());
        }
        match self.sign_all(&mut ready).await {
            Ok(signed) => self.broadcast(&signed).await,
            Err(error) => {
                for Ready { row, .. } in ready {
                    self.record(row, Outcome::Later(error.clone())).await?;
                }
                Ok(())
            }
        }
    }

    /// As many of these rows as may be under way beside what is; nothing if none may.
    async fn room<'a>(&self, rows: &'a [OutboxRow]) -> Result<Option<&'a [OutboxRow]>> {
        let mut tx = self.app.store.read().await?;
        let in_flight = transactions::in_flight(&mut tx, self.wallet.address()).await?;
        let room = u64::from(self.config.in_flight).saturating_sub(in_flight);
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(rows.len());
        Ok((room > 0).then(|| &rows[..room]))
    }

    /// What a row calls for, unless it is over.
    async fn wanted<'a>(&self, row: &'a OutboxRow) -> Result<&'a Call, Outcome> {
        if let Some(over) = self.is_over(row).await {
            return Err(over);
        }
        match &row.action {
            Action::Transact(call) => Ok(call),
            _ => Err(Outcome::Never(Error::internal("not a transaction"))),
        }
    }

    /// What each takes, asked of the chain in lists side by side.
    async fn prepare<'a>(
        &self,
        wanted: &[(&'a OutboxRow, &Call)],
    ) -> Vec<(&'a OutboxRow, Result<Prepared, Refusal>)> {
        let lists = wanted.chunks(self.config.calls_per_request).map(|part| {
            let calls: Vec<&Call> = part.iter().map(|(_, call)| *call).collect();
            let list =
                async move { self.chain.prepare(&calls, self.wallet.address(), self.config.max_gas).await };
            list.boxed()
        });
        let lists: Vec<_> = lists.collect();
        let lists: Vec<_> = stream::iter(lists).buffered(self.config.at_once).collect().await;
        wanted.iter().map(|(row, _)| *row).zip(lists.into_iter().flatten()).collect()
    }

    /// Assigns nonces and signs. What is returned is stored.
    ///
    /// Signing takes its time, so it is done before the database is locked; should somebody else have taken
    /// nonces meanwhile, or a reorg some of the rows, it is done again for those that are left.
    async fn sign_all(&self, ready: &mut Vec<Ready<'_>>) -> Result<Vec<Signed>> {
        let signer = self.wallet.address();
        let fees = self.chain.fees().await?.capped(self.config.max_fee());
        let on_chain = self.chain.nonce(signer).await?;
        for _ in 0..TRIES {
            let mut tx = self.app.store.read().await?;
            let first = transactions::next_nonce(&mut tx, signer).await?.unwrap_or(0).max(on_chain);
            drop(tx);
            let signed = (first..).zip(ready.iter()).map(|(nonce, Ready { row, prepared })| {
                let signed = self.wallet.sign(prepared, fees, self.app.deployment.chain_id, nonce)?;
                Ok(Signed { key: row.key.clone(), signer, nonce, raw: signed.raw, hash: signed.hash })
            });
            let signed = signed.collect::<Result<Vec<_>>>()?;

            let mut tx = self.app.store.begin().await?;
            let next = transactions::next_nonce(&mut tx, signer).await?.unwrap_or(0).max(on_chain);
            let keys: Vec<&str> = signed.iter().map(|signed| signed.key.as_str()).collect();
            if next != first {
                continue;
            }
            let sent = outbox::sent(&mut tx, &keys).await?;
            if sent.len() == keys.len() {
                let head = quittance_store::blocks::tail(&mut tx).await?.map_or(0, |head| head.number);
                transactions::signed(&mut tx, &signed, head).await?;
                tx.commit().await?;
                tracing::info!(first, count = signed.len(), "signed");
                return Ok(signed);
            }
            ready.retain(|Ready { row, .. }| sent.contains(&row.key));
            if ready.is_empty() {
                return Ok(vec![]);
            }
        }
        Err(Error::unavailable(
            "another process of this node is at work",
            "nonces are taken as they are read",
        ))
    }

    /// Hands signed bytes to the chain, and shows with each row what is in its way.
    pub(super) async fn broadcast(&self, signed: &[Signed]) -> Result<()> {
        let (raw, mut sent) = (signed.iter().map(|signed| signed.raw.clone()).collect::<Vec<_>>(), vec![]);
        // One list after another: endpoints keep few transactions that come before those that they follow on.
        for list in raw.chunks(self.config.calls_per_request) {
            sent.extend(self.chain.broadcast(list).await);
        }
        let refused: Vec<_> =
            signed.iter().zip(sent).filter_map(|(signed, sent)| Some((signed, sent.err()?))).collect();
        if refused.is_empty() {
            return Ok(());
        }
        let mut tx = self.app.store.begin().await?;
        for (Signed { key, nonce, .. }, error) in refused {
            tracing::warn!(key, nonce, inside = error.inside(), "not taken yet: {error}");
            outbox::note(&mut tx, key, Some(&error.to_string())).await?;
        }
        tx.commit().await
    }
}
