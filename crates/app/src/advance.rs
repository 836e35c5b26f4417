//! The one way a trade moves: load → step → save, with what it asks for in the same transaction.

use quittance_domain::{
    Block, BlockRef, Result, SettlementId, Timestamp,
    fact::Origin,
    flows::dvp::{Input, Trade},
};
use quittance_store::{
    Tx, outbox,
    trades::{self, Cause, Entry, NewEntry, TradeRow},
};

use crate::{Instant, intents};

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

    /// A fact is kept even where it changes nothing: the timeline shows it.
    fn is_fact(&self) -> bool {
        self.cause.is_some_and(|cause| cause.transaction.is_some())
    }
}

/// A trade with the journal that it is the fold of.
pub(crate) struct Loaded {
    pub(crate) row: TradeRow,
    pub(crate) trade: Trade,
    /// The newest block that anything in the journal came from.
    pub(crate) newest: Option<BlockRef>,
}

/// The trade as its journal has it now.
pub(crate) async fn load(tx: &mut Tx, id: SettlementId) -> Result<Option<Loaded>> {
    let Some(row) = trades::load(tx, id).await? else { return Ok(None) };
    let journal = trades::journal(tx, id).await?;
    let trade = fold(&row, &journal);
    let newest = journal.iter().filter_map(|entry| entry.origin).map(|cause| cause.block);
    let newest = newest.max_by_key(|block| block.number);
    Ok(Some(Loaded { row, trade, newest }))
}

/// What a journal amounts to.
pub(crate) fn fold(row: &TradeRow, journal: &[Entry]) -> Trade {
    Trade::new(row.deal.clone(), row.us, row.proposer)
        .fold(journal.iter().map(|entry| (&entry.input, entry.now)))
}

/// Moves a trade by one input. A trade that this node has no part in is left alone.
pub(crate) async fn advance(tx: &mut Tx, id: SettlementId, stimulus: Stimulus) -> Result<()> {
    let Some(Loaded { row, trade, newest }) = load(tx, id).await? else { return Ok(()) };
    let (state, effects) = trade.step(&stimulus.input, stimulus.now)?;
    if state == trade.state && effects.is_empty() && !stimulus.is_fact() {
        return Ok(());
    }
    let trade = Trade { state, ..trade };
    let cause = stimulus.cause.map(|cause| cause.block.number).max(newest.map(|block| block.number));
    let at = stimulus.at;
    let Stimulus { input, cause: origin, now, as_of, .. } = stimulus;
    trades::append(tx, id, &NewEntry { input, now, origin, as_of, at }).await?;
    trades::save(tx, id, trade.state.name(), trade.wake()).await?;
    for intent in effects.into_iter().flat_map(|effect| intents::of(id, &trade, row.file.as_ref(), effect)) {
        outbox::add(tx, &intent, Some(id), cause, at).await?;
    }
    Ok(())
}

/// Folds a trade anew after a reorg took some of its journal back, and asks again for what still stands.
pub(crate) async fn refold(tx: &mut Tx, id: SettlementId, wall: u64) -> Result<()> {
    let Some(Loaded { row, trade, newest }) = load(tx, id).await? else { return Ok(()) };
    trades::save(tx, id, trade.state.name(), trade.wake()).await?;
    let cause = newest.map(|block| block.number);
    for effect in trade.standing() {
        for intent in intents::of(id, &trade, row.file.as_ref(), effect) {
            outbox::add(tx, &intent, Some(id), cause, wall).await?;
        }
    }
    Ok(())
}
