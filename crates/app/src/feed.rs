//! What applications are told, and when: what this node is asked for at once, what the chain says once it is deep enough.

use quittance_domain::{
    Block, Result, SettlementId,
    intent::{Action, Intent},
};
use quittance_store::{
    Tx,
    feed::{self, Own},
    outbox::{self, OutboxRow},
};

use crate::App;

impl App {
    /// Tells applications what is deep enough, now that everything up to this block was taken in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn taken(&self, tx: &mut Tx, end: &Block, wall: u64) -> Result<()> {
        match end.number.checked_sub(self.confirmations) {
            Some(deep) => feed::tell_chain(tx, deep, wall).await,
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
    let asked = outbox::add(tx, intent, subject, cause, wall).await?;
    if asked && matches!(intent.action, Action::Transact(_)) {
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
    let waiting = outbox::dependents(tx, &row.key, MOST_DEPENDENTS).await?;
    for row in std::iter::once(row).chain(&waiting) {
        if matches!(row.action, Action::Transact(_)) {
            feed::tell(tx, Own::Failed, &row.key, wall).await?;
        }
    }
    Ok(())
}

/// How many of those that wait for something are told that it has come to nothing.
const MOST_DEPENDENTS: u32 = 100;
