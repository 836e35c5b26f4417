//! The operations: who may do what, then load, step, save.
//!
//! Every operation is one write transaction. It changes flows and the outbox, never a projection of the
//! chain: what an operation causes comes back as a fact.

mod advance;
pub mod documents;
pub mod dvp;
mod feed;
mod intents;
pub mod parties;
pub mod pools;
pub mod tokens;
pub mod trades;

use std::sync::{Arc, atomic::AtomicU64};

use quittance_domain::{
    Address, Block, Error, Result, party::DID_PREFIX, party::Party, settlement::Deployment,
};
use quittance_store::{Doing, Store, Tx, blocks, requests, requests::Claim};
use tokio::sync::Notify;

pub use feed::{expire, give_up};

/// What every operation needs to know.
#[derive(Clone, Debug)]
pub struct App {
    /// Where everything is kept.
    pub store: Store,
    /// Which chain and contracts.
    pub deployment: Deployment,
    /// This party's account.
    pub us: Address,
    /// How deep a fact must be before anything is done because of it.
    pub confirmations: u64,
    /// The newest block that the chain is known to have; zero before it was asked.
    pub chain_head: Arc<AtomicU64>,
    /// Told whenever the outbox has something new.
    pub outbox: Arc<Notify>,
}

/// The instant of an operation: the chain's time decides, the wall's is only shown.
#[derive(Clone, Copy, Debug)]
pub struct Instant {
    /// The newest block that the mirror has read.
    pub head: Block,
    /// Wall time in milliseconds since the Unix epoch.
    pub wall: u64,
}

impl App {
    /// When it is, by the mirrored chain and the caller's clock.
    pub(crate) async fn instant(&self, tx: &mut Tx, wall: u64) -> Result<Instant> {
        let head = blocks::tail(tx).await?.ok_or_else(|| {
            Error::unavailable("the mirror has not read a block yet; try again in a moment", "no tail")
        })?;
        Ok(Instant { head, wall })
    }

    /// The newest block that counts as one that stays: what is done over because of it must not be done twice.
    #[must_use]
    pub fn beyond_doubt(&self, head: &Block) -> Option<u64> {
        head.number.checked_sub(STAYS_DEPTH.max(self.confirmations))
    }

    /// Does a small write, which shares its transaction with others; or only tries it.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        dry_run: bool,
        work: impl for<'a> FnOnce(&'a Self, &'a mut Tx) -> Doing<'a, T> + Send + 'static,
    ) -> Result<T> {
        if dry_run {
            return work(self, &mut self.store.begin().await?).await;
        }
        let app = self.clone();
        let done = self.store.together(move |tx| Box::pin(async move { work(&app, tx).await })).await?;
        self.outbox.notify_waiters();
        Ok(done)
    }

    /// Commits what an operation wrote and lets the outbox know.
    pub(crate) async fn commit(&self, tx: Tx) -> Result<()> {
        tx.commit().await?;
        self.outbox.notify_waiters();
        Ok(())
    }
}

/// How deep a block must be at least before it counts as one that stays.
const STAYS_DEPTH: u64 = 12;

/// A party by its name, its identifier or its address.
///
/// # Errors
/// Names `field` when there is no such party.
pub async fn resolve(tx: &mut Tx, field: &str, who: &str) -> Result<Party> {
    let found = match who.parse::<Address>() {
        Ok(address) => quittance_store::parties::by_address(tx, address).await?,
        Err(_) => {
            let name = who.strip_prefix(DID_PREFIX).unwrap_or(who);
            quittance_store::parties::by_name(tx, name).await?
        }
    };
    found.ok_or_else(|| Error::not_found("no party is registered under this name or address").field(field))
}

/// Lets one idempotency key start one request only.
///
/// # Errors
/// `Duplicate` when the key was used before, for this request or another.
pub(crate) async fn claim(
    tx: &mut Tx,
    key: Option<&str>,
    request: &str,
    answer: &str,
    wall: u64,
) -> Result<()> {
    let Some(key) = key else { return Ok(()) };
    if key.is_empty() || key.len() > MAX_KEY_LENGTH {
        let text = format!("must have between 1 and {MAX_KEY_LENGTH} bytes");
        return Err(Error::invalid(text).field("idempotencyKey"));
    }
    let digest = alloy_primitives::keccak256(request);
    let duplicate =
        |text: String| Err(Error::new(quittance_domain::Kind::Duplicate, text).field("idempotencyKey"));
    match requests::claim(tx, key, digest, answer, wall).await? {
        Claim::New => Ok(()),
        Claim::Same(id) => duplicate(format!("was used for this request before; its id is {id}")),
        Claim::Other => duplicate("was used for another request before".into()),
    }
}

/// The longest idempotency key, in bytes.
const MAX_KEY_LENGTH: usize = 256;
