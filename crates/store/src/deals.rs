//! Deals of every kind as the chain has them: each event with the state after it, so that the last row counts.

use quittance_domain::{
    Address, B256, Error, Result, U256,
    fact::{
        Origin, SpentNonces,
        deal::{DealEvent, DealKind, Standing},
        terms::DealTerms,
    },
    settlement::Status,
};

use crate::{
    Page, Position, Tx,
    value::{Cell, Row, cells, name_of},
};

/// A deal as the chain has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealRow {
    /// Its id.
    pub id: B256,
    /// Which contract's it is.
    pub kind: DealKind,
    /// What it is about; an order's terms are not published.
    pub terms: Option<DealTerms>,
    /// Where it stands.
    pub status: Status,
    /// What was the first to be known of it.
    pub opened: Origin,
    /// What was the last to change it.
    pub changed: Origin,
}

/// One event of a deal, with the state after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealEntry {
    /// Where it happened.
    pub origin: Origin,
    /// What happened.
    pub event: DealEvent,
    /// Where the deal stood then.
    pub status: Status,
}

/// Which deals are wanted; what is not said does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct DealFilter {
    /// Of this kind.
    pub kind: Option<DealKind>,
    /// Standing there now.
    pub status: Option<Status>,
    /// Of this party.
    pub party: Option<Address>,
}

/// Something happened to a deal. What follows from nothing that is known here leaves no row.
///
/// # Errors
/// When the database fails.
pub async fn append(tx: &mut Tx, origin: &Origin, kind: DealKind, id: B256, event: &DealEvent) -> Result<()> {
    let before = standing(tx, id).await?;
    let Some(after) = Standing::after(before, event) else { return Ok(()) };
    insert(tx, origin, kind, id, event, (before.is_none(), after)).await?;
    for party in event.parties() {
        let sql = "INSERT INTO deal_parties (party, deal, block_number, log_index) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT DO NOTHING";
        tx.run(sql, cells![party, id, origin.block.number, origin.log_index]).await?;
    }
    if let Some((maker, nonce)) = event.order() {
        let sql = "INSERT INTO order_nonces (maker, nonce, deal, block_number) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT DO NOTHING";
        tx.run(sql, cells![maker, nonce, id, origin.block.number]).await?;
    }
    match event.spends() {
        Some(spent) => nonces_spent(tx, origin, &spent).await,
        None => Ok(()),
    }
}

/// An account used up nonces, which ends those of its orders that are open under them.
///
/// # Errors
/// When the database fails.
pub async fn nonces_spent(tx: &mut Tx, origin: &Origin, spent: &SpentNonces) -> Result<()> {
    let sql = "SELECT nonce, deal FROM order_nonces WHERE maker = $1 AND nonce >= $2 AND nonce <= $3";
    let (first, last) = spent.range();
    let orders = tx.rows(sql, cells![spent.by, first, last]).await?;
    let event = DealEvent::Invalidated { by: spent.by };
    for order in orders {
        let (nonce, id): (U256, B256) = (order.get("nonce")?, order.get("deal")?);
        let before = standing(tx, id).await?;
        let after = Standing::after(before, &event);
        if let Some(after) = after.filter(|_| spent.has(nonce) && after != before) {
            insert(tx, origin, DealKind::Order, id, &event, (false, after)).await?;
        }
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    origin: &Origin,
    kind: DealKind,
    id: B256,
    event: &DealEvent,
    (first, after): (bool, Standing),
) -> Result<()> {
    let sql = "INSERT INTO deals (id, block_number, log_index, block_hash, timestamp, transaction_hash, kind, \
               first, event, status, missing, terms, particulars) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let [terms, particulars] = Cell::event(event)?;
    let row = cells![
        id,
        origin.block.number,
        origin.log_index,
        origin.block.hash,
        origin.timestamp,
        origin.transaction,
        name_of(&kind)?,
        first,
        event.name(),
        name_of(&after.status)?,
        after.missing,
        terms,
        particulars,
    ];
    tx.run(sql, row).await?;
    Ok(())
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    for sql in [
        "DELETE FROM order_nonces WHERE block_number > $1",
        "DELETE FROM deal_parties WHERE block_number > $1",
        "DELETE FROM deals WHERE block_number > $1",
    ] {
        tx.run(sql, cells![ancestor]).await?;
    }
    Ok(())
}

/// A deal as the chain has it now.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: B256) -> Result<Option<DealRow>> {
    let sql = "SELECT * FROM deals WHERE id = $1 ORDER BY block_number, log_index LIMIT 1";
    match tx.row(sql, cells![id]).await? {
        Some(first) => deal(tx, &first).await.map(Some),
        None => Ok(None),
    }
}

/// All that happened to a deal, in order.
///
/// # Errors
/// When the database fails.
pub async fn history(tx: &mut Tx, id: B256) -> Result<Vec<DealEntry>> {
    let sql = "SELECT * FROM deals WHERE id = $1 ORDER BY block_number, log_index";
    tx.rows(sql, cells![id]).await?.iter().map(entry).collect()
}

/// Deals, those that came last first, as far as `$4` is their status or nothing. A party's come by when it came in.
macro_rules! newest {
    (all $condition:literal) => {
        newest!("deals d WHERE d.first = 1 ", "d", $condition)
    };
    (party $condition:literal) => {
        newest!(
            "deal_parties p JOIN deals d ON d.id = p.deal AND d.first = 1 WHERE p.party = $5 ",
            "p",
            $condition
        )
    };
    ($from:literal, $at:literal, $condition:literal) => {
        concat!(
            "SELECT d.*, ",
            $at,
            ".block_number AS at_block, ",
            $at,
            ".log_index AS at_index FROM ",
            $from,
            "AND (",
            $at,
            ".block_number, ",
            $at,
            ".log_index) < ($1, $2) ",
            $condition,
            " AND ($4 IS NULL OR $4 = (SELECT l.status FROM deals l WHERE l.id = d.id \
             ORDER BY l.block_number DESC, l.log_index DESC LIMIT 1)) \
             ORDER BY ",
            $at,
            ".block_number DESC, ",
            $at,
            ".log_index DESC LIMIT $3"
        )
    };
}

/// Deals, those that came last first.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn list(
    tx: &mut Tx,
    filter: DealFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<DealRow>> {
    let before = Position::before(cursor)?;
    let (at, index, more) = (before.block_number, before.log_index, u64::from(limit) + 1);
    let status = filter.status.as_ref().map_or(Ok(Cell::Text(None)), name_of)?;
    let kind = filter.kind.as_ref().map(name_of).transpose()?;
    let rows = match (kind, filter.party) {
        (None, None) => tx.rows(newest!(all ""), cells![at, index, more, status]).await?,
        (Some(kind), None) => {
            tx.rows(newest!(all "AND d.kind = $5"), cells![at, index, more, status, kind]).await?
        }
        (None, Some(party)) => tx.rows(newest!(party ""), cells![at, index, more, status, party]).await?,
        (Some(kind), Some(party)) => {
            let cells = cells![at, index, more, status, party, kind];
            tx.rows(newest!(party "AND d.kind = $6"), cells).await?
        }
    };
    let mut deals = vec![];
    for row in &rows {
        let at = Position { block_number: row.get("at_block")?, log_index: row.get("at_index")? };
        deals.push((deal(tx, row).await?, at));
    }
    let page = Page::cut(deals, limit, |(_, at)| at.to_string());
    Ok(Page { items: page.items.into_iter().map(|(deal, _)| deal).collect(), next: page.next })
}

async fn standing(tx: &mut Tx, id: B256) -> Result<Option<Standing>> {
    let read = |row: Row| Ok(Standing { status: row.named("status")?, missing: row.get("missing")? });
    last(tx, id).await?.map(read).transpose()
}

async fn last(tx: &mut Tx, id: B256) -> Result<Option<Row>> {
    let sql = "SELECT * FROM deals WHERE id = $1 ORDER BY block_number DESC, log_index DESC LIMIT 1";
    tx.row(sql, cells![id]).await
}

/// A deal by its first row, and the last one, which may be the same.
async fn deal(tx: &mut Tx, first: &Row) -> Result<DealRow> {
    let id = first.get("id")?;
    let last =
        last(tx, id).await?.ok_or_else(|| Error::internal("a deal has a first row and no last one"))?;
    Ok(DealRow {
        id,
        kind: first.named("kind")?,
        terms: first.terms()?,
        status: last.named("status")?,
        opened: first.origin()?,
        changed: last.origin()?,
    })
}

fn entry(row: &Row) -> Result<DealEntry> {
    Ok(DealEntry { origin: row.origin()?, event: row.event()?, status: row.named("status")? })
}
