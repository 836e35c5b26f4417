//! Reading a trade: its journal, and what that amounts to.

use quittance_domain::{Result, SettlementId, flows::dvp::Trade};
use quittance_store::{
    Tx,
    trades::{self, Entry, TradeRow},
};

use crate::advance;

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

/// A trade by its id.
///
/// # Errors
/// When the database fails.
pub async fn view(tx: &mut Tx, id: SettlementId) -> Result<Option<View>> {
    let Some(row) = trades::load(tx, id).await? else { return Ok(None) };
    let journal = trades::journal(tx, id).await?;
    Ok(Some(View { trade: advance::fold(&row, &journal), row, journal }))
}
