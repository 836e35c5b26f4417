//! Reading a trade: its journal, what that amounts to, and what may be done because of it.

use std::sync::atomic::Ordering;

use quittance_domain::{
    Address, DocumentId, Error, Result, SettlementId,
    deal::Side,
    document::Commitment,
    flows::dvp::{Asked, Delivery, Progress, State, Trade},
    intent::Action,
};
use quittance_store::{
    Tx, blocks, documents,
    trades::{self, Entry, TradeRow},
};

use crate::{App, advance, intents};

/// A trade with all that happened to it.
#[derive(Clone, Debug)]
pub struct View {
    /// What does not change.
    pub row: TradeRow,
    /// Where it stands.
    pub trade: Trade,
    /// What happened, in order.
    pub journal: Vec<Entry>,
}

/// A trade, from what is stored of it.
///
/// # Errors
/// When the database fails.
pub async fn view(tx: &mut Tx, row: TradeRow) -> Result<View> {
    let journal = trades::journal(tx, row.id).await?;
    Ok(View { trade: advance::fold(&row, &journal), row, journal })
}

impl App {
    /// What a peer may fetch: the document of an armed trade in which it is the buyer and we the seller.
    ///
    /// # Errors
    /// When it may not, or not yet.
    pub async fn entitled(&self, from: Address, id: SettlementId) -> Result<Commitment> {
        let mut tx = self.store.read().await?;
        let loaded = advance::load(&mut tx, id).await?.ok_or_else(unknown)?;
        let trade = &loaded.trade;
        if trade.us != Side::Seller || trade.deal.buyer != from {
            return Err(unknown());
        }
        let tail = blocks::tail(&mut tx).await?;
        let (head, now) = tail.map_or((0, 0), |block| (block.number, block.timestamp));
        // What this node has not read yet may have ended the trade.
        let current = head >= self.chain_head.load(Ordering::Acquire);
        let deep = loaded.newest.is_some_and(|block| block.number + self.confirmations <= head);
        let open = match &trade.state {
            State::Armed(progress) => progress.asked < Asked::Abort && now < trade.deal.settle_by,
            state => *state == State::Settled,
        };
        if !open || !deep || !current {
            let text = "is not open for delivery, as deep in the chain as the seller asks for";
            return Err(Error::conflict(text).field("settlement"));
        }
        commitment_of(&mut tx, trade.deal.document).await
    }

    /// The commitment of a trade's document.
    ///
    /// # Errors
    /// When there is no such trade, or the registry does not know its document.
    pub async fn commitment(&self, id: SettlementId) -> Result<Commitment> {
        let mut tx = self.store.read().await?;
        let row = trades::load(&mut tx, id).await?.ok_or_else(unknown)?;
        commitment_of(&mut tx, row.deal.document).await
    }

    /// The document that we may sign a receipt for: ours as the buyer, all here, both legs locked, in time.
    ///
    /// # Errors
    /// When it is not to be signed for, or not yet.
    pub async fn to_be_receipted(&self, id: SettlementId) -> Result<DocumentId> {
        let mut tx = self.store.read().await?;
        let trade = advance::load(&mut tx, id).await?.ok_or_else(unknown)?.trade;
        let now = blocks::tail(&mut tx).await?.map_or(0, |block| block.timestamp);
        let delivered = matches!(
            &trade.state,
            State::Armed(Progress { delivery: Delivery::Delivered | Delivery::Receipted(_), .. })
        );
        if trade.us != Side::Buyer || !delivered || now >= trade.deal.settle_by {
            return Err(Error::conflict("is not ready for a receipt").field("settlement"));
        }
        Ok(trade.deal.document)
    }

    /// Whether a trade is over, so that this action no longer serves anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_over(&self, id: SettlementId, action: &Action) -> Result<bool> {
        // What we say is said even so, and an approval serves other trades too.
        if matches!(action, Action::Tell { .. }) || intents::is_approval(action) {
            return Ok(false);
        }
        let mut tx = self.store.read().await?;
        Ok(advance::load(&mut tx, id).await?.is_some_and(|loaded| loaded.trade.state.is_final()))
    }
}

pub(crate) fn unknown() -> Error {
    Error::not_found("no such trade")
}

pub(crate) async fn commitment_of(tx: &mut Tx, document: DocumentId) -> Result<Commitment> {
    let registered = documents::registered_as(tx, document).await?;
    registered.map(|known| known.commitment).ok_or_else(|| Error::not_found("no such document"))
}
