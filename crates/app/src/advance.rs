//! The one way a trade moves: load → step → save, with what it asks for in the same transaction.

use quittance_domain::{
    Block, BlockRef, Result, SettlementId, Timestamp,
    document::DocumentFile,
    fact::Origin,
    flows::dvp::{Effect, Input, Trade},
};
use quittance_store::{
    Tx,
    trades::{self, Cause, Entry, NewEntry, TradeRow},
};

use crate::{Instant, feed, intents};

/// An input with all that is recorded about it.
pub(crate) struct Stimulus {
    input: Input,
    cause: Option<Cause>,
    now: Timestamp,
    as_of: u64,
    at: u64,
}

impl Stimulus {
    /// Something said or done off the chain.
    pub(crate) const fn said(input: Input, at: &Instant) -> Self {
        Self { input, cause: None, now: at.head.timestamp, as_of: at.head.number, at: at.wall }
    }

    /// Something the chain says.
    pub(crate) fn mined(input: Input, origin: &Origin, wall: u64) -> Self {
        let cause = Some(Cause::from(origin));
        Self { input, cause, now: origin.timestamp, as_of: origin.block.number, at: wall }
    }

    /// The chain's time moving on.
    pub(crate) fn clock(block: &Block, wall: u64) -> Self {
        let cause = Some(Cause::from(block));
        Self { input: Input::Clock, cause, now: block.timestamp, as_of: block.number, at: wall }
    }

    /// Facts, and the first word of agreement, are kept even where they change nothing now: a reorg may take
    /// away what makes them needless.
    fn is_kept(&self, agreed: bool) -> bool {
        let fact = self.cause.is_some_and(|cause| cause.transaction.is_some());
        fact || !agreed && matches!(self.input, Input::Accepted { .. })
    }

    /// The block that effects of this wait for. Time alone is no fact that could be taken back to any harm.
    fn block(&self) -> Option<u64> {
        self.cause.filter(|cause| cause.transaction.is_some()).map(|cause| cause.block.number)
    }
}

/// A trade with the journal that it is the fold of.
pub(crate) struct Loaded {
    pub(crate) row: TradeRow,
    pub(crate) trade: Trade,
    /// The newest block that a fact in the journal came from.
    pub(crate) newest: Option<BlockRef>,
    /// Whether somebody has said that they agree.
    agreed: bool,
}

/// The trade as its journal has it now.
pub(crate) async fn load(tx: &mut Tx, id: SettlementId) -> Result<Option<Loaded>> {
    let Some(row) = trades::load(tx, id).await? else { return Ok(None) };
    let journal = trades::journal(tx, id).await?;
    let trade = fold(&row, &journal);
    let facts = journal.iter().filter_map(|entry| entry.origin).filter(|cause| cause.transaction.is_some());
    let newest = facts.map(|cause| cause.block).max_by_key(|block| block.number);
    let agreed = journal.iter().any(|entry| matches!(entry.input, Input::Accepted { .. }));
    Ok(Some(Loaded { row, trade, newest, agreed }))
}

/// What a journal amounts to.
pub(crate) fn fold(row: &TradeRow, journal: &[Entry]) -> Trade {
    Trade::new(row.deal.clone(), row.us, row.proposer)
        .fold(journal.iter().map(|entry| (&entry.input, entry.now)))
}

/// Moves a trade by one input. A trade that this node has no part in is left alone.
pub(crate) async fn advance(tx: &mut Tx, id: SettlementId, stimulus: Stimulus) -> Result<()> {
    let Some(Loaded { row, trade, newest, agreed }) = load(tx, id).await? else { return Ok(()) };
    let (state, effects) = trade.step(&stimulus.input, stimulus.now)?;
    if state == trade.state && effects.is_empty() && !stimulus.is_kept(agreed) {
        return Ok(());
    }
    let trade = Trade { state, ..trade };
    let cause = stimulus.block().max(newest.map(|block| block.number));
    let at = stimulus.at;
    let Stimulus { input, cause: origin, now, as_of, .. } = stimulus;
    trades::append(tx, id, &NewEntry { input, now, origin, as_of, at }).await?;
    trades::save(tx, id, trade.state.name(), trade.wake()).await?;
    ask(tx, id, &trade, row.file.as_ref(), effects, cause, at).await
}

/// Puts what a trade asks for into the outbox.
async fn ask(
    tx: &mut Tx,
    id: SettlementId,
    trade: &Trade,
    file: Option<&DocumentFile>,
    effects: Vec<Effect>,
    cause: Option<u64>,
    at: u64,
) -> Result<()> {
    for intent in effects.into_iter().flat_map(|effect| intents::of(id, trade, file, effect)) {
        // An approval serves all trades, so it neither waits for nor falls with the facts of one.
        let cause = cause.filter(|_| !intents::is_approval(&intent.action));
        feed::ask(tx, &intent, Some(id), cause, at).await?;
    }
    Ok(())
}

/// Folds a trade anew after a reorg took some of its journal back, and asks again for what still stands.
pub(crate) async fn refold(tx: &mut Tx, id: SettlementId, wall: u64) -> Result<()> {
    let Some(Loaded { row, trade, newest, .. }) = load(tx, id).await? else { return Ok(()) };
    trades::save(tx, id, trade.state.name(), trade.wake()).await?;
    let cause = newest.map(|block| block.number);
    ask(tx, id, &trade, row.file.as_ref(), trade.standing(), cause, wall).await
}
