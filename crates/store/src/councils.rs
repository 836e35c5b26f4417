//! Who sits on councils, and what they decide: each event of a proposal with where it stood then, so that the last
//! row counts.

use quittance_domain::{
    Address, B256, Result,
    fact::{
        Origin,
        council::{Member, Proposal, ProposalEvent, ProposalStatus},
    },
};

use crate::{
    Page, Position, Tx,
    value::{Cell, Row, cells, name_of},
};

/// A set of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Electorate {
    /// Its number.
    pub epoch: u64,
    /// The weight that a proposal needs.
    pub threshold: u64,
    /// The members, by seat.
    pub members: Vec<Member>,
}

/// A proposal as the chain has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalRow {
    /// Its id.
    pub id: B256,
    /// Whose it is.
    pub council: Address,
    /// What is put to the vote.
    pub proposal: Proposal,
    /// Where it stands.
    pub status: ProposalStatus,
    /// What opened it.
    pub opened: Origin,
}

/// One event of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalEntry {
    /// Where it happened.
    pub origin: Origin,
    /// What happened.
    pub event: ProposalEvent,
    /// Where the proposal stood then.
    pub status: ProposalStatus,
}

/// A council has new members.
///
/// # Errors
/// When the database fails.
pub async fn reformed(tx: &mut Tx, origin: &Origin, council: Address, electorate: &Electorate) -> Result<()> {
    let sql = "INSERT INTO electorates (council, epoch, block_number, log_index, threshold, members) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let Electorate { epoch, threshold, members } = electorate;
    let (block, index) = (origin.block.number, origin.log_index);
    tx.run(sql, cells![council, *epoch, block, index, *threshold, Cell::json(members)?]).await?;
    Ok(())
}

/// Something happened to a proposal.
///
/// # Errors
/// When the database fails.
pub async fn append(
    tx: &mut Tx,
    origin: &Origin,
    council: Address,
    id: B256,
    event: &ProposalEvent,
) -> Result<()> {
    let sql = "INSERT INTO proposals (id, block_number, log_index, block_hash, timestamp, transaction_hash, \
               council, event, status, terms, particulars) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let [terms, particulars] = Cell::event(event)?;
    let row = cells![
        id,
        origin.block.number,
        origin.log_index,
        origin.block.hash,
        origin.timestamp,
        origin.transaction,
        council,
        event.name(),
        name_of(&event.status())?,
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
    tx.run("DELETE FROM proposals WHERE block_number > $1", cells![ancestor]).await?;
    tx.run("DELETE FROM electorates WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// The members of a council now.
///
/// # Errors
/// When the database fails.
pub async fn electorate(tx: &mut Tx, council: Address) -> Result<Option<Electorate>> {
    let sql = "SELECT * FROM electorates WHERE council = $1 ORDER BY epoch DESC LIMIT 1";
    let read = |row: &Row| {
        let (epoch, threshold) = (row.get("epoch")?, row.get("threshold")?);
        Ok(Electorate { epoch, threshold, members: row.json("members")? })
    };
    tx.row(sql, cells![council]).await?.as_ref().map(read).transpose()
}

/// A proposal as the chain has it now.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: B256) -> Result<Option<ProposalRow>> {
    let sql = "SELECT * FROM proposals WHERE id = $1 AND terms IS NOT NULL";
    match tx.row(sql, cells![id]).await? {
        Some(opened) => proposal(tx, &opened).await.map(Some),
        None => Ok(None),
    }
}

/// All that happened to a proposal, in order.
///
/// # Errors
/// When the database fails.
pub async fn history(tx: &mut Tx, id: B256) -> Result<Vec<ProposalEntry>> {
    let sql = "SELECT * FROM proposals WHERE id = $1 ORDER BY block_number, log_index";
    let entry = |row: &Row| {
        Ok(ProposalEntry { origin: row.origin()?, event: row.event()?, status: row.named("status")? })
    };
    tx.rows(sql, cells![id]).await?.iter().map(entry).collect()
}

/// Proposals, those that were opened last first.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn list(tx: &mut Tx, cursor: Option<&str>, limit: u32) -> Result<Page<ProposalRow>> {
    let before = Position::before(cursor)?;
    let sql = "SELECT * FROM proposals WHERE terms IS NOT NULL AND (block_number, log_index) < ($1, $2) \
               ORDER BY block_number DESC, log_index DESC LIMIT $3";
    let more = u64::from(limit) + 1;
    let mut proposals = vec![];
    for row in tx.rows(sql, cells![before.block_number, before.log_index, more]).await? {
        proposals.push(proposal(tx, &row).await?);
    }
    Ok(Page::cut(proposals, limit, |last: &ProposalRow| Position::from(&last.opened).to_string()))
}

/// A proposal by the row that opened it.
async fn proposal(tx: &mut Tx, opened: &Row) -> Result<ProposalRow> {
    let id: B256 = opened.get("id")?;
    let sql = "SELECT status FROM proposals WHERE id = $1 ORDER BY block_number DESC, log_index DESC LIMIT 1";
    let last = tx.row(sql, cells![id]).await?;
    let status = last.as_ref().unwrap_or(opened).named("status")?;
    let (council, proposal) = (opened.get("council")?, opened.json("terms")?);
    Ok(ProposalRow { id, council, proposal, status, opened: opened.origin()? })
}
