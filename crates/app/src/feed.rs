//! What applications are told, and when: what this node is asked for at once, what the chain says once it is deep enough.

use quittance_domain::{
    Block, Result, SettlementId, Timestamp,
    intent::{Action, Intent},
};
use quittance_store::{
    Tx,
    feed::{self, Own},
    outbox::{self, OutboxRow},
    pools,
};

use crate::App;

impl App {
    /// Tells applications what is deep enough, now that everything up to this block was taken in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn taken(&self, tx: &mut Tx, end: &Block, wall: u64) -> Result<()> {
        match end.number.checked_sub(self.confirmations) {
            Some(deep) => {
                pools::deep(tx, deep).await?;
                feed::tell_chain(tx, deep, wall).await
            }
            None => Ok(()),
        }
    }
}

/// Puts an intent into the outbox, and tells of it if it is a new transaction.
pub(crate) async fn ask(
    tx: &mut Tx,
    intent: &Intent,
    subject: Option<SettlementId>,
    cause: Option<u64>,
    wall: u64,
) -> Result<()> {
    let is_new = outbox::add(tx, intent, subject, cause, wall).await?;
    if is_new && matches!(intent.action, Action::Transact(_)) {
        feed::tell(tx, Own::Submitted, &intent.key, wall).await?;
    }
    Ok(())
}

/// Gives up an intent, and tells of it, and of what waits for it in vain, where those are transactions.
///
/// # Errors
/// When it was not to be done, or the database fails.
pub async fn give_up(tx: &mut Tx, row: &OutboxRow, error: &str, wall: u64) -> Result<()> {
    outbox::fail(tx, &row.key, error).await?;
    match row.action {
        Action::Transact(_) => failed(tx, &row.key, wall).await,
        _ => feed::tell_dependents(tx, &row.key, wall).await,
    }
}

/// Gives up what is of no use at this time of the chain, and tells of it likewise.
///
/// # Errors
/// When the database fails.
pub async fn expire(tx: &mut Tx, chain_now: Timestamp, wall: u64) -> Result<()> {
    for key in outbox::expire(tx, chain_now).await? {
        failed(tx, &key, wall).await?;
    }
    Ok(())
}

/// Tells that a transaction has come to nothing, and what waits for it with it.
async fn failed(tx: &mut Tx, key: &str, wall: u64) -> Result<()> {
    feed::tell(tx, Own::Failed, key, wall).await?;
    feed::tell_dependents(tx, key, wall).await
}
