//! Trades and their journals: a trade is the fold of all that happened to it.

use quittance_domain::{
    Address, B256, Block, BlockRef, Result, SettlementId, Timestamp,
    deal::{Deal, Side},
    document::DocumentFile,
    fact::Origin,
    flows::dvp::Input,
};

use crate::{
    Page, Tx, page,
    value::{Cell, Row, cells, name_of},
};

/// A trade, and what its journal came to when it was last saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeRow {
    /// The settlement's id.
    pub id: SettlementId,
    /// What is agreed on.
    pub deal: Deal,
    /// The side this node plays.
    pub us: Side,
    /// The side that made the offer.
    pub proposer: Side,
    /// What the document is called.
    pub file: Option<DocumentFile>,
    /// The name of its state.
    pub state: String,
    /// When the chain's clock next matters to it.
    pub wake: Option<Timestamp>,
    /// When it was made, in milliseconds of wall time.
    pub created: u64,
}

/// What on the chain an entry stands and falls with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// In which block.
    pub block: BlockRef,
    /// By which transaction; nothing if it was the block's time alone.
    pub transaction: Option<B256>,
    /// By which log; nothing if it was the block's time alone.
    pub log_index: Option<u64>,
}

impl From<&Origin> for Cause {
    fn from(origin: &Origin) -> Self {
        Self { block: origin.block, transaction: Some(origin.transaction), log_index: Some(origin.log_index) }
    }
}

impl From<&Block> for Cause {
    fn from(block: &Block) -> Self {
        Self { block: block.at(), transaction: None, log_index: None }
    }
}

/// Something that happened to a trade, to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// What happened.
    pub input: Input,
    /// The chain's time when it came.
    pub now: Timestamp,
    /// What on the chain it stands and falls with; nothing for a command or a message.
    pub origin: Option<Cause>,
    /// The block up to which the chain had been taken in then.
    pub as_of: u64,
    /// When it came, in milliseconds of wall time.
    pub at: u64,
}

/// Something that happened to a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the journal. A reorg leaves gaps.
    pub seq: u64,
    /// What happened.
    pub input: Input,
    /// The chain's time when it came.
    pub now: Timestamp,
    /// What on the chain it stands and falls with; nothing for a command or a message.
    pub origin: Option<Cause>,
    /// The block up to which the chain had been taken in then.
    pub as_of: u64,
    /// When it came, in milliseconds of wall time.
    pub at: u64,
}

/// Makes a trade. False if there is one of that id already, in which case nothing changes.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, trade: &TradeRow) -> Result<bool> {
    let sql = "INSERT INTO trades (id, deal, us, proposer, counterparty, file, state, wake, created) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING";
    let row = cells![
        trade.id,
        Cell::json(&trade.deal)?,
        name_of(&trade.us)?,
        name_of(&trade.proposer)?,
        trade.deal.party(trade.us.other()),
        trade.file.as_ref().map_or(Ok(Cell::Text(None)), Cell::json)?,
        trade.state.as_str(),
        trade.wake,
        trade.created,
    ];
    Ok(tx.run(sql, row).await? == 1)
}

/// A trade.
///
/// # Errors
/// When the database fails.
pub async fn load(tx: &mut Tx, id: SettlementId) -> Result<Option<TradeRow>> {
    tx.row("SELECT * FROM trades WHERE id = $1", cells![id]).await?.as_ref().map(trade).transpose()
}

/// Trades, or those in one state, newest first.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn list(
    tx: &mut Tx,
    state: Option<&str>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<TradeRow>> {
    let (created, id) = page::number_and_hash(cursor)?;
    let more = u64::from(limit) + 1;
    let rows = match state {
        None => {
            let sql = "SELECT * FROM trades WHERE (created, id) < ($1, $2) \
                       ORDER BY created DESC, id DESC LIMIT $3";
            tx.rows(sql, cells![created, id, more]).await?
        }
        Some(state) => {
            let sql = "SELECT * FROM trades WHERE state = $4 AND (created, id) < ($1, $2) \
                       ORDER BY created DESC, id DESC LIMIT $3";
            tx.rows(sql, cells![created, id, more, state]).await?
        }
    };
    let trades = rows.iter().map(trade).collect::<Result<_>>()?;
    Ok(Page::cut(trades, limit, |last: &TradeRow| format!("{}-{}", last.created, last.id)))
}

/// How many offers of this party are unanswered, or came after `since` (wall time in milliseconds).
///
/// # Errors
/// When the database fails.
pub async fn count_offers(tx: &mut Tx, from: Address, since: u64) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS offers FROM trades \
               WHERE counterparty = $1 AND proposer <> us AND (state = 'proposed' OR created > $2)";
    tx.row(sql, cells![from, since]).await?.map_or(Ok(0), |row| row.get("offers"))
}

/// All that happened to a trade, in order.
///
/// # Errors
/// When the database fails.
pub async fn journal(tx: &mut Tx, id: SettlementId) -> Result<Vec<Entry>> {
    let sql = "SELECT * FROM journal WHERE trade = $1 ORDER BY seq";
    tx.rows(sql, cells![id]).await?.iter().map(entry).collect()
}

/// Writes down what happened to a trade.
///
/// # Errors
/// When there is no such trade, or the database fails.
pub async fn append(tx: &mut Tx, id: SettlementId, entry: &NewEntry) -> Result<()> {
    let sql = "INSERT INTO journal (trade, seq, input, now, as_of, at, block_number, block_hash, \
               transaction_hash, log_index) VALUES ($1, \
               (SELECT COALESCE(MAX(seq), 0) + 1 FROM journal WHERE trade = $1), \
               $2, $3, $4, $5, $6, $7, $8, $9)";
    let origin = entry.origin;
    let row = cells![
        id,
        Cell::json(&entry.input)?,
        entry.now,
        entry.as_of,
        entry.at,
        origin.map(|cause| cause.block.number),
        origin.map(|cause| cause.block.hash),
        origin.and_then(|cause| cause.transaction),
        origin.and_then(|cause| cause.log_index),
    ];
    tx.run(sql, row).await?;
    Ok(())
}

/// Notes what a trade's journal comes to.
///
/// # Errors
/// When there is no such trade, or the database fails.
pub async fn save(tx: &mut Tx, id: SettlementId, state: &str, wake: Option<Timestamp>) -> Result<()> {
    let sql = "UPDATE trades SET state = $2, wake = $3 WHERE id = $1";
    tx.run_one(sql, cells![id, state, wake], || {
        quittance_domain::Error::internal(format!("no trade {id} to save"))
    })
    .await
}

/// The trades that the chain's clock matters to by `now`, the longest due first.
///
/// # Errors
/// When the database fails.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<SettlementId>> {
    let sql = "SELECT id FROM trades WHERE wake IS NOT NULL AND wake <= $1 ORDER BY wake, id LIMIT $2";
    tx.rows(sql, cells![now, limit]).await?.iter().map(|row| row.get("id")).collect()
}

/// Forgets what blocks above `ancestor` did to trades, and says to which: they are to be folded anew.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<Vec<SettlementId>> {
    let sql = "SELECT DISTINCT trade FROM journal WHERE block_number > $1 ORDER BY trade";
    let rows = tx.rows(sql, cells![ancestor]).await?;
    tx.run("DELETE FROM journal WHERE block_number > $1", cells![ancestor]).await?;
    rows.iter().map(|row| row.get("trade")).collect()
}

fn trade(row: &Row) -> Result<TradeRow> {
    let file: Option<String> = row.get("file")?;
    Ok(TradeRow {
        id: row.get("id")?,
        deal: row.json("deal")?,
        us: row.named("us")?,
        proposer: row.named("proposer")?,
        file: file.is_some().then(|| row.json("file")).transpose()?,
        state: row.get("state")?,
        wake: row.get("wake")?,
        created: row.get("created")?,
    })
}

fn entry(row: &Row) -> Result<Entry> {
    let number: Option<u64> = row.get("block_number")?;
    let origin = number.map(|number| {
        Result::Ok(Cause {
            block: BlockRef { number, hash: row.get("block_hash")? },
            transaction: row.get("transaction_hash")?,
            log_index: row.get("log_index")?,
        })
    });
    Ok(Entry {
        seq: row.get("seq")?,
        input: row.json("input")?,
        now: row.get("now")?,
        origin: origin.transpose()?,
        as_of: row.get("as_of")?,
        at: row.get("at")?,
    })
}
