//! Delivery versus payment: the commands of this party, the messages of the other, the facts of the chain.

use quittance_domain::{
    Address, Amount, Block, Bytes, DocumentId, Error, Result, SettlementId, Timestamp, U256,
    deal::{Deal, Side},
    document::{DocumentFile, DocumentStatus},
    fact::{
        Event, Log,
        deal::{DealEvent, DealKind},
    },
    flows::dvp::{Input, State},
    message::Message,
};
use quittance_store::{
    Tx, deals, documents, feed,
    files::{self, LocalFile},
    outbox, tokens,
    trades::{self, TradeRow},
    transactions,
};

use crate::{
    App, Instant,
    advance::{self, Stimulus},
    claim,
    documents::{check_file, unnamed},
    resolve,
    trades::{commitment_of, unknown},
};

/// What a party wants to offer.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The other party, by name, identifier or address.
    pub counterparty: String,
    /// The side that we take.
    pub side: Side,
    /// The document, whose deed goes with it.
    pub document: DocumentId,
    /// How much money.
    pub price: Amount,
    /// Legs must be locked before this chain time.
    pub fund_by: Timestamp,
    /// The receipt must be shown before this chain time.
    pub settle_by: Timestamp,
    /// Our own leg waits until we say so.
    pub hold: bool,
    /// Makes two equal offers one.
    pub idempotency_key: Option<String>,
    /// Check everything, and offer nothing.
    pub dry_run: bool,
}

impl App {
    /// Offers a deal.
    ///
    /// # Errors
    /// Names what could never settle: an unknown party or document, a deed that is not the seller's, no price,
    /// deadlines that are past or the wrong way round.
    pub async fn propose(&self, offer: Proposal, nonce: u128, wall: u64) -> Result<SettlementId> {
        self.write(offer.dry_run, move |app, tx| {
            Box::pin(async move { app.offer(tx, offer, nonce, wall).await })
        })
        .await
    }

    async fn offer(&self, tx: &mut Tx, offer: Proposal, nonce: u128, wall: u64) -> Result<SettlementId> {
        let at = self.instant(tx, wall).await?;
        let other = resolve(tx, "counterparty", &offer.counterparty).await?.address;
        let (seller, buyer) = match offer.side {
            Side::Seller => (self.us, other),
            Side::Buyer => (other, self.us),
        };
        let deal = Deal {
            seller,
            buyer,
            document: offer.document,
            deed: self.deployment.contracts.deed,
            cash: self.deployment.contracts.cash,
            price: offer.price,
            fund_by: offer.fund_by,
            settle_by: offer.settle_by,
            nonce: U256::from(nonce),
        };
        let id = self.deployment.settlement_id(&deal.terms());
        // Before any check, because the first request may have changed what they see; and without the deadlines,
        // because a client that repeats itself counts them from a later now.
        let request = format!("{:?} {other} {} {}", offer.side, offer.document, offer.price);
        claim(tx, offer.idempotency_key.as_deref(), &request, &id.to_string(), wall).await?;
        deal.check(at.head.timestamp)?;
        self.check_document(tx, &deal, offer.side).await?;
        let file = files::file(tx, offer.document).await?.map(|local| local.file);
        let trade = draft(id, deal, (offer.side, offer.side), file, wall);
        self.open(tx, &trade, offer.hold, &at).await?;
        Ok(id)
    }

    /// Accepts a deal that the other party offered.
    ///
    /// # Errors
    /// When there is none, when it is ours, when it is too late, or when we cannot pay.
    pub async fn accept(&self, id: SettlementId, hold: bool, wall: u64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let at = self.instant(&mut tx, wall).await?;
        let loaded = advance::load(&mut tx, id).await?.ok_or_else(unknown)?;
        let (us, deal) = (loaded.trade.us, &loaded.trade.deal);
        if matches!(loaded.trade.state, State::Proposed { .. }) && us != loaded.trade.proposer {
            self.check_document(&mut tx, deal, us).await?;
            if us == Side::Buyer && !hold {
                self.check_funds(&mut tx, deal).await?;
            }
        }
        advance::advance(&mut tx, id, Stimulus::said(Input::Accepted { by: us, hold }, &at)).await?;
        self.commit(tx).await
    }

    /// Turns a deal down.
    ///
    /// # Errors
    /// When there is none, or when it was accepted already.
    pub async fn decline(&self, id: SettlementId, reason: String, wall: u64) -> Result<()> {
        check_reason(&reason)?;
        self.say(id, wall, |us| Input::Declined { by: us, reason }).await
    }

    /// Locks our own leg, which was on hold.
    ///
    /// # Errors
    /// When there is no such deal, when it is too late, or when we cannot pay.
    pub async fn release(&self, id: SettlementId, wall: u64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let at = self.instant(&mut tx, wall).await?;
        let loaded = advance::load(&mut tx, id).await?.ok_or_else(unknown)?;
        let open = matches!(loaded.trade.state, State::Accepted(_) | State::Open(..));
        if open && loaded.trade.us == Side::Buyer && at.head.timestamp < loaded.trade.deal.fund_by {
            self.check_funds(&mut tx, &loaded.trade.deal).await?;
        }
        advance::advance(&mut tx, id, Stimulus::said(Input::Released, &at)).await?;
        self.commit(tx).await
    }

    /// Records that the whole document has come and matches its commitment.
    ///
    /// # Errors
    /// When there is no such trade.
    pub async fn delivered(&self, id: SettlementId, sha256: alloy_primitives::B256, wall: u64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let at = self.instant(&mut tx, wall).await?;
        let loaded = advance::load(&mut tx, id).await?.ok_or_else(unknown)?;
        let deal = &loaded.trade.deal;
        let commitment = commitment_of(&mut tx, deal.document).await?;
        let file = loaded.row.file.clone().unwrap_or_else(unnamed);
        let local = LocalFile {
            id: deal.document,
            commitment,
            file,
            sha256,
            received_from: Some(deal.seller),
            at: wall,
        };
        files::add_file(&mut tx, &local).await?;
        advance::advance(&mut tx, id, Stimulus::said(Input::Delivered, &at)).await?;
        self.commit(tx).await
    }

    /// Records our signed receipt.
    ///
    /// # Errors
    /// When there is no such trade.
    pub async fn receipted(&self, id: SettlementId, signature: Bytes, wall: u64) -> Result<()> {
        self.say(id, wall, |_| Input::Receipted { signature }).await
    }

    /// Takes in what a party told us over a connection that proves who it is.
    ///
    /// # Errors
    /// When it is not about a trade with that party, or does not fit the trade's state.
    pub async fn receive(&self, from: Address, message: Message, wall: u64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let at = self.instant(&mut tx, wall).await?;
        match message {
            Message::Proposal { deal, file } => self.offered(&mut tx, from, deal, file, &at).await?,
            Message::Acceptance { settlement } => {
                let by = self.their_side(&mut tx, settlement, from).await?;
                let input = Input::Accepted { by, hold: false };
                advance::advance(&mut tx, settlement, Stimulus::said(input, &at)).await?;
            }
            Message::Refusal { settlement, reason } => {
                check_reason(&reason)?;
                let by = self.their_side(&mut tx, settlement, from).await?;
                let input = Input::Declined { by, reason };
                advance::advance(&mut tx, settlement, Stimulus::said(input, &at)).await?;
            }
            Message::Receipt { settlement, signature } => {
                self.receipt_came(&mut tx, from, settlement, signature, &at).await?;
            }
        }
        self.commit(tx).await
    }

    /// Takes in a block: its facts first, then the time it brings.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn block(&self, tx: &mut Tx, block: &Block, logs: &[Log], wall: u64) -> Result<()> {
        let mut mined: Vec<_> = logs.iter().map(|log| log.origin.transaction).collect();
        mined.dedup();
        transactions::included(tx, block.at(), &mined).await?;
        Self::made(tx, logs).await?;
        for log in logs {
            if let Some(Event::Deal(DealKind::Settlement, id, event)) = &log.event
                && let Some(input) = input_of(event)
            {
                let stimulus = Stimulus::mined(input, &log.origin, wall);
                advance::advance(tx, SettlementId(*id), stimulus).await?;
            }
        }
        for id in trades::due(tx, block.timestamp, DUE_AT_ONCE).await? {
            advance::advance(tx, id, Stimulus::clock(block, wall)).await?;
        }
        Ok(())
    }

    /// Takes back what came from blocks above `ancestor`, and asks again for what still stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unwind(&self, tx: &mut Tx, ancestor: u64, wall: u64) -> Result<()> {
        outbox::unwind(tx, ancestor).await?;
        transactions::unwind(tx, ancestor).await?;
        feed::unwind(tx, ancestor).await?;
        for id in trades::unwind(tx, ancestor).await? {
            advance::refold(tx, id, wall).await?;
        }
        Ok(())
    }

    async fn say(&self, id: SettlementId, wall: u64, input: impl FnOnce(Side) -> Input) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let at = self.instant(&mut tx, wall).await?;
        let us = trades::load(&mut tx, id).await?.ok_or_else(unknown)?.us;
        advance::advance(&mut tx, id, Stimulus::said(input(us), &at)).await?;
        self.commit(tx).await
    }

    async fn open(&self, tx: &mut Tx, trade: &TradeRow, hold: bool, at: &Instant) -> Result<()> {
        if !trades::create(tx, trade).await? {
            return Ok(());
        }
        advance::advance(tx, trade.id, Stimulus::said(Input::Proposed { hold }, at)).await?;
        // The chain may have been faster than the message.
        for entry in deals::history(tx, trade.id.0).await? {
            if let Some(input) = input_of(&entry.event) {
                let stimulus = Stimulus::mined(input, &entry.origin, at.wall);
                advance::advance(tx, trade.id, stimulus).await?;
            }
        }
        Ok(())
    }

    async fn offered(
        &self,
        tx: &mut Tx,
        from: Address,
        deal: Deal,
        file: Option<DocumentFile>,
        at: &Instant,
    ) -> Result<()> {
        let theirs =
            deal.side(from).ok_or_else(|| Error::forbidden("the sender is not a party to this deal"))?;
        if deal.party(theirs.other()) != self.us {
            return Err(Error::forbidden("this node is not a party to this deal"));
        }
        let ours = &self.deployment.contracts;
        if deal.deed != ours.deed || deal.cash != ours.cash {
            return Err(Error::invalid("is not a token that this node trades in").field("deal"));
        }
        let id = self.deployment.settlement_id(&deal.terms());
        if trades::load(tx, id).await?.is_some() {
            return Ok(());
        }
        deal.check(at.head.timestamp)?;
        if let Some(file) = &file {
            check_file(file)?;
        }
        let since = at.wall.saturating_sub(OFFERS_WINDOW);
        if trades::count_offers(tx, from, since).await? >= MAX_OFFERS_PER_PARTY {
            return Err(Error::conflict("too many offers from this party: some wait, or came a moment ago"));
        }
        let trade = draft(id, deal, (theirs.other(), theirs), file, at.wall);
        self.open(tx, &trade, false, at).await
    }

    async fn receipt_came(
        &self,
        tx: &mut Tx,
        from: Address,
        id: SettlementId,
        signature: Bytes,
        at: &Instant,
    ) -> Result<()> {
        let their_side = self.their_side(tx, id, from).await?;
        if their_side != Side::Buyer {
            return Err(Error::forbidden("only the buyer gives a receipt"));
        }
        let row = trades::load(tx, id).await?.ok_or_else(unknown)?;
        self.deployment.check_receipt(id, row.deal.document, row.deal.buyer, &signature)?;
        if row.proposer == Side::Seller {
            // A receipt says that the buyer agreed, should its acceptance be late.
            let agreed = Input::Accepted { by: Side::Buyer, hold: false };
            advance::advance(tx, id, Stimulus::said(agreed, at)).await?;
        }
        advance::advance(tx, id, Stimulus::said(Input::Delivered, at)).await?;
        advance::advance(tx, id, Stimulus::said(Input::Receipted { signature }, at)).await
    }

    /// The side that `from` plays in a trade with us; a stranger learns nothing of the trade.
    async fn their_side(&self, tx: &mut Tx, id: SettlementId, from: Address) -> Result<Side> {
        let row = trades::load(tx, id).await?.ok_or_else(unknown)?;
        row.deal.side(from).filter(|side| *side != row.us).ok_or_else(unknown)
    }

    /// The document is in force and its deed is the seller's; a seller also holds the document itself.
    async fn check_document(&self, tx: &mut Tx, deal: &Deal, us: Side) -> Result<()> {
        let wrong = |why: &str| Error::invalid(why).field("document");
        let registered = documents::registered_as(tx, deal.document).await?;
        match registered.map(|known| known.status) {
            Some(DocumentStatus::Live) => {}
            Some(_) => return Err(wrong("is no longer in force: superseded or revoked")),
            None => return Err(wrong("is not in the document registry")),
        }
        match tokens::owner(tx, deal.deed, deal.token_id(), None).await? {
            Some(owner) if owner == deal.seller => {}
            Some(_) => return Err(wrong("its deed does not belong to the seller")),
            None => {
                return Err(wrong(
                    "has no deed that this node has seen; an offer may come before its block, so try again",
                ));
            }
        }
        if us == Side::Seller && files::file(tx, deal.document).await?.is_none() {
            return Err(wrong("is not held by this node"));
        }
        Ok(())
    }

    async fn check_funds(&self, tx: &mut Tx, deal: &Deal) -> Result<()> {
        let have = tokens::balance(tx, deal.cash, deal.buyer, None).await?;
        if have < deal.price {
            let text = format!("is {}, more than the {have} that this party has", deal.price);
            return Err(Error::conflict(text).field("price"));
        }
        Ok(())
    }
}

/// Trades that one block's clock moves at the most; the next block's moves the rest.
const DUE_AT_ONCE: u32 = 1_000;

/// Offers of one party that may wait for an answer or have come within [`OFFERS_WINDOW`].
const MAX_OFFERS_PER_PARTY: u64 = 10_000;

/// An hour, in milliseconds.
const OFFERS_WINDOW: u64 = 3_600_000;

/// The longest reason for turning a deal down, in bytes.
const MAX_REASON: usize = 500;

fn check_reason(reason: &str) -> Result<()> {
    if reason.len() > MAX_REASON {
        return Err(Error::invalid(format!("must have at most {MAX_REASON} bytes")).field("reason"));
    }
    Ok(())
}

fn draft(
    id: SettlementId,
    deal: Deal,
    (us, proposer): (Side, Side),
    file: Option<DocumentFile>,
    created: u64,
) -> TradeRow {
    let state = State::Draft.name().to_owned();
    TradeRow { id, deal, us, proposer, file, state, wake: None, created }
}

/// What a fact of the chain means to a trade.
fn input_of(event: &DealEvent) -> Option<Input> {
    match event {
        DealEvent::Opened { leg, .. } | DealEvent::Funded { leg, .. } => {
            leg.and_then(Side::of_leg).map(|leg| Input::Locked { leg })
        }
        DealEvent::Satisfied { .. } => Some(Input::Satisfied),
        DealEvent::Settled(_) => Some(Input::Settled),
        DealEvent::Aborted(_) => Some(Input::Aborted),
        _ => None,
    }
}
