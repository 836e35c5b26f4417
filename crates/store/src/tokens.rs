//! What moved, and who therefore has what: a transfer each, and the holders' balances after it.

mod accounts;

use quittance_domain::{Address, Amount, AssetKind, B256, Result, Timestamp, U256, fact::Origin};

use crate::{
    Page, Position, Tx,
    filter::{self, Selected, Selection},
    page,
    tables::{Rows, Value},
    value::{Cell, Row, cells, name_of, push_origin},
};
use accounts::Accounts;

/// Something that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where it happened.
    pub origin: Origin,
    /// Whether `value` is an amount or a token id.
    pub kind: AssetKind,
    /// Which token.
    pub token: Address,
    /// Who gave it; the zero address creates.
    pub from: Address,
    /// Who got it; the zero address destroys.
    pub to: Address,
    /// How much, or which one.
    pub value: U256,
}

/// How much of a token somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Which token.
    pub token: Address,
    /// Who has it.
    pub holder: Address,
    /// How much.
    pub amount: Amount,
}

/// A deed and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnedDeed {
    /// The deed's contract.
    pub token: Address,
    /// Which one.
    pub token_id: U256,
    /// Who owns it.
    pub owner: Address,
}

/// Which of a list are wanted; what is not said does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct BalanceFilter {
    /// Of this token.
    pub token: Option<Address>,
    /// Of this holder.
    pub holder: Option<Address>,
}

/// Which transfers are wanted; what is not said does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct TransferFilter {
    /// Of this token.
    pub token: Option<Address>,
    /// Given or got by this party.
    pub from_or_to: Option<Address>,
}

/// Money that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CashMove {
    /// Where it happened.
    pub origin: Origin,
    /// Which token.
    pub token: Address,
    /// Who gave it; the zero address creates.
    pub from: Address,
    /// Who got it; the zero address destroys.
    pub to: Address,
    /// How much.
    pub amount: Amount,
}

impl CashMove {
    /// Whose balance it changes. The zero address has none, and who pays himself has what he had.
    fn holders(&self) -> impl Iterator<Item = Address> + use<> {
        let moved = self.from != self.to;
        [self.from, self.to].into_iter().filter(move |holder| moved && *holder != Address::ZERO)
    }
}

/// Money moved once: [`cash_moves`] with one.
///
/// # Errors
/// As there.
pub async fn cash_moved(
    tx: &mut Tx,
    origin: &Origin,
    token: Address,
    from: Address,
    to: Address,
    amount: Amount,
) -> Result<()> {
    cash_moves(tx, &[CashMove { origin: *origin, token, from, to, amount }]).await
}

/// Money moved, in the order of happening. The zero address has no balance: from it money comes into being,
/// to it money goes.
///
/// Each holder's balance is read once and then carried along, and all rows are written together: a block
/// full of transfers costs little more than one. A balance has a row for each block that changed it, which is
/// all that a question as of a block, and a reorg, can tell apart.
///
/// # Errors
/// When somebody would give more than is there, which means that this mirror is wrong, unless the token is a pool's;
/// or the database fails.
pub async fn cash_moves(tx: &mut Tx, moves: &[CashMove]) -> Result<()> {
    let mut accounts = Accounts::open(tx, moves).await?;
    let (mut rows, kind) = (Rows::new(10), name_of(&AssetKind::Erc20)?);
    for step in moves {
        accounts.take(step)?;
        let CashMove { origin, token, from, to, amount } = *step;
        let transfer = Transfer { origin, kind: AssetKind::Erc20, token, from, to, value: amount.units() };
        push(&mut rows, &transfer, &kind)?;
    }
    accounts.close(tx).await?;
    tx.fill(TRANSFERS, rows).await
}

/// A deed moved.
///
/// # Errors
/// When the database fails.
pub async fn deed_moved(
    tx: &mut Tx,
    origin: &Origin,
    token: Address,
    from: Address,
    to: Address,
    token_id: U256,
) -> Result<()> {
    let kind = AssetKind::Erc721;
    let transfer = Transfer { origin: *origin, kind, token, from, to, value: token_id };
    let mut rows = Rows::new(10);
    push(&mut rows, &transfer, &name_of(&kind)?)?;
    tx.fill(TRANSFERS, rows).await?;
    let sql = "INSERT INTO deeds (token, token_id, block_number, log_index, owner) \
               VALUES ($1, $2, $3, $4, $5)";
    tx.run(sql, cells![token, token_id, origin.block.number, origin.log_index, to]).await?;
    Ok(())
}

const TRANSFERS: &str = "transfers (block_number, log_index, block_hash, timestamp, transaction_hash, \
                         token, kind, sender, receiver, value)";

fn push(rows: &mut Rows, transfer: &Transfer, kind: &Cell) -> Result<()> {
    push_origin(rows, &transfer.origin)?;
    rows.push(Value::Bytes(transfer.token.as_slice()));
    rows.push(kind.value()?);
    rows.push(Value::Bytes(transfer.from.as_slice()));
    rows.push(Value::Bytes(transfer.to.as_slice()));
    rows.push(Value::Bytes(&transfer.value.to_be_bytes::<32>()));
    Ok(())
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    for sql in [
        "DELETE FROM transfers WHERE block_number > $1",
        "DELETE FROM balances WHERE block_number > $1",
        "DELETE FROM accounts WHERE block_number > $1",
        "DELETE FROM deeds WHERE block_number > $1",
    ] {
        tx.run(sql, cells![ancestor]).await?;
    }
    Ok(())
}

/// What a holder has, or had at the end of a block.
///
/// # Errors
/// When the database fails.
pub async fn balance(tx: &mut Tx, token: Address, holder: Address, as_of: Option<u64>) -> Result<Amount> {
    let sql = "SELECT balance FROM balances \
               WHERE account = (SELECT id FROM accounts WHERE token = $1 AND holder = $2) AND block_number <= $3 \
               ORDER BY block_number DESC LIMIT 1";
    let row = tx.row(sql, cells![token, holder, Cell::bound(as_of)]).await?;
    row.map_or(Ok(Amount::ZERO), |row| row.get("balance"))
}

/// Accounts with what they have, by token and holder.
macro_rules! accounts {
    ($condition:literal) => {
        concat!(
            "SELECT token, holder, (SELECT balance FROM balances WHERE account = a.id \
             ORDER BY block_number DESC LIMIT 1) AS balance FROM accounts a WHERE ",
            $condition,
            " ORDER BY token, holder LIMIT $3"
        )
    };
}

/// Who has what, by token and holder. One who had something once and has nothing now is listed with zero.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn balances(
    tx: &mut Tx,
    filter: BalanceFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Balance>> {
    let (after, beyond) = page::addresses(cursor)?;
    let more = u64::from(limit) + 1;
    let rows = match (filter.token, filter.holder) {
        (None, None) => tx.rows(accounts!("(token, holder) > ($1, $2)"), cells![after, beyond, more]).await?,
        (Some(token), None) => {
            let sql = accounts!("(token, holder) > ($1, $2) AND token = $4");
            tx.rows(sql, cells![after, beyond, more, token]).await?
        }
        (None, Some(holder)) => {
            let sql = accounts!("(token, holder) > ($1, $2) AND holder = $4");
            tx.rows(sql, cells![after, beyond, more, holder]).await?
        }
        (Some(token), Some(holder)) => {
            let sql = accounts!("(token, holder) > ($1, $2) AND token = $4 AND holder = $5");
            tx.rows(sql, cells![after, beyond, more, token, holder]).await?
        }
    };
    let balance = |row: &Row| {
        Ok(Balance { token: row.get("token")?, holder: row.get("holder")?, amount: row.get("balance")? })
    };
    let items = rows.iter().map(balance).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, |last: &Balance| format!("{:#x}-{:#x}", last.token, last.holder)))
}

/// Who owns a deed, or owned it at the end of a block; nobody before it came to be and after it was burnt.
///
/// # Errors
/// When the database fails.
pub async fn owner(
    tx: &mut Tx,
    token: Address,
    token_id: U256,
    as_of: Option<u64>,
) -> Result<Option<Address>> {
    let sql = "SELECT owner FROM deeds WHERE token = $1 AND token_id = $2 AND block_number <= $3 \
               ORDER BY block_number DESC, log_index DESC LIMIT 1";
    let row = tx.row(sql, cells![token, token_id, Cell::bound(as_of)]).await?;
    let owner: Option<Address> = row.map(|row| row.get("owner")).transpose()?;
    Ok(owner.filter(|owner| *owner != Address::ZERO))
}

/// Deeds with who owns them now, by token and number.
macro_rules! owned {
    ($condition:literal) => {
        concat!(
            "SELECT token, token_id, owner FROM deeds d WHERE (token, token_id) > ($1, $2) ",
            $condition,
            " AND NOT EXISTS (SELECT 1 FROM deeds later \
             WHERE later.token = d.token AND later.token_id = d.token_id \
             AND (later.block_number, later.log_index) > (d.block_number, d.log_index)) \
             ORDER BY token, token_id LIMIT $3"
        )
    };
}

/// The deeds that `owner` has now, by token and number; if nobody is named, everybody's, and those that are burnt. Of one
/// token if one is named.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn deeds(
    tx: &mut Tx,
    of: Option<Address>,
    owner: Option<Address>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<OwnedDeed>> {
    let (token, token_id): (Address, B256) = page::address_and_hash(cursor)?;
    let more = u64::from(limit) + 1;
    let rows = match (of, owner) {
        (None, None) => tx.rows(owned!(""), cells![token, token_id, more]).await?,
        (None, Some(owner)) => {
            tx.rows(owned!("AND owner = $4"), cells![token, token_id, more, owner]).await?
        }
        (Some(of), None) => tx.rows(owned!("AND token = $4"), cells![token, token_id, more, of]).await?,
        (Some(of), Some(owner)) => {
            let sql = owned!("AND owner = $4 AND token = $5");
            tx.rows(sql, cells![token, token_id, more, owner, of]).await?
        }
    };
    let deed = |row: &Row| {
        Ok(OwnedDeed { token: row.get("token")?, token_id: row.get("token_id")?, owner: row.get("owner")? })
    };
    let deeds = rows.iter().map(deed).collect::<Result<_>>()?;
    let key = |last: &OwnedDeed| format!("{:#x}-{:#x}", last.token, B256::from(last.token_id));
    Ok(Page::cut(deeds, limit, key))
}

/// Transfers, newest first. A party's come from two indexes, each read no further than the page needs.
macro_rules! newest {
    (all $condition:literal) => {
        concat!(
            "SELECT * FROM transfers WHERE (block_number, log_index) < ($1, $2) ",
            $condition,
            " ORDER BY block_number DESC, log_index DESC LIMIT $3"
        )
    };
    (party $condition:literal) => {
        concat!(
            "SELECT * FROM (SELECT * FROM transfers WHERE sender = $4 AND (block_number, log_index) < ($1, $2) ",
            $condition,
            " ORDER BY block_number DESC, log_index DESC LIMIT $3) AS given UNION \
             SELECT * FROM (SELECT * FROM transfers WHERE receiver = $4 AND (block_number, log_index) < ($1, $2) ",
            $condition,
            " ORDER BY block_number DESC, log_index DESC LIMIT $3) AS got \
             ORDER BY block_number DESC, log_index DESC LIMIT $3"
        )
    };
}

/// What moved, newest first.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn transfers(
    tx: &mut Tx,
    filter: TransferFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Transfer>> {
    let before = Position::before(cursor)?;
    let (at, index, more) = (before.block_number, before.log_index, u64::from(limit) + 1);
    let rows = match (filter.token, filter.from_or_to) {
        (None, None) => tx.rows(newest!(all ""), cells![at, index, more]).await?,
        (Some(token), None) => tx.rows(newest!(all "AND token = $4"), cells![at, index, more, token]).await?,
        (None, Some(party)) => tx.rows(newest!(party ""), cells![at, index, more, party]).await?,
        (Some(token), Some(party)) => {
            tx.rows(newest!(party "AND token = $5"), cells![at, index, more, party, token]).await?
        }
    };
    let transfers = rows.iter().map(transfer).collect::<Result<_>>()?;
    Ok(Page::cut(transfers, limit, |last: &Transfer| Position::from(&last.origin).to_string()))
}

/// What moved, as an application asks for it.
///
/// # Errors
/// When the database fails.
pub async fn select_transfers(tx: &mut Tx, selection: &Selection) -> Result<Selected<Transfer>> {
    filter::select(tx, "transfers", &[], selection, transfer).await
}

/// The first block with a transfer at or after this time of the chain, by halves: later blocks have later times, so
/// times need no index of their own. Beyond all blocks if there is none.
///
/// # Errors
/// When the database fails.
pub async fn first_block_since(tx: &mut Tx, time: Timestamp) -> Result<u64> {
    let last = "SELECT block_number FROM transfers ORDER BY block_number DESC LIMIT 1";
    let Some(last) = tx.row(last, []).await? else { return Ok(0) };
    let (mut low, mut high) = (0, last.get::<u64>("block_number")? + 1);
    while low < high {
        let middle = low.midpoint(high);
        let sql = "SELECT block_number, timestamp FROM transfers WHERE block_number >= $1 \
                   ORDER BY block_number LIMIT 1";
        match tx.row(sql, cells![middle]).await? {
            Some(row) if row.get::<u64>("timestamp")? < time => low = row.get::<u64>("block_number")? + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Money or a deed that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which token.
    pub token: Address,
    /// Which deed, if it is one.
    pub token_id: Option<U256>,
    /// Who has it.
    pub holder: Address,
    /// How much.
    pub amount: Amount,
}

/// Who has what, money and deeds, as an application asks for it. One who had money once and has none now is listed
/// with zero; what is burnt nobody has.
///
/// # Errors
/// When the database fails.
pub async fn select_holdings(tx: &mut Tx, selection: &Selection) -> Result<Selected<Holding>> {
    let source = "(SELECT token, holder, NULL AS token_id, (SELECT balance FROM balances WHERE account = a.id \
                  ORDER BY block_number DESC LIMIT 1) AS balance FROM accounts a UNION ALL \
                  SELECT token, owner AS holder, token_id, $1 AS balance FROM deeds d WHERE owner <> $2 \
                  AND NOT EXISTS (SELECT 1 FROM deeds later \
                  WHERE later.token = d.token AND later.token_id = d.token_id \
                  AND (later.block_number, later.log_index) > (d.block_number, d.log_index)))";
    let read = |row: &Row| {
        let (token, holder) = (row.get("token")?, row.get("holder")?);
        Ok(Holding { token, token_id: row.get("token_id")?, holder, amount: row.get("balance")? })
    };
    filter::select(tx, source, &cells![U256::ONE, Address::ZERO], selection, read).await
}

/// The transfer at this place.
///
/// # Errors
/// When the database fails.
pub async fn transfer_at(tx: &mut Tx, at: Position) -> Result<Option<Transfer>> {
    let sql = "SELECT * FROM transfers WHERE block_number = $1 AND log_index = $2";
    tx.row(sql, cells![at.block_number, at.log_index]).await?.as_ref().map(transfer).transpose()
}

/// What a transaction moved, which was mined in this block.
///
/// # Errors
/// When the database fails.
pub async fn transfers_by(tx: &mut Tx, block: u64, transaction: B256) -> Result<Vec<Transfer>> {
    let sql = "SELECT * FROM transfers WHERE block_number = $1 AND transaction_hash = $2 ORDER BY log_index";
    tx.rows(sql, cells![block, transaction]).await?.iter().map(transfer).collect()
}

/// Who has ever had something of any token, by address.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn holders(tx: &mut Tx, cursor: Option<&str>, limit: u32) -> Result<Page<Address>> {
    let after = page::address(cursor)?;
    // Each side is read no further than the page needs.
    let sql = "SELECT holder FROM (SELECT DISTINCT holder FROM accounts WHERE holder > $1 \
               ORDER BY holder LIMIT $2) AS paid UNION \
               SELECT owner FROM (SELECT DISTINCT owner FROM deeds WHERE owner > $1 \
               ORDER BY owner LIMIT $2) AS owning ORDER BY 1 LIMIT $2";
    let rows = tx.rows(sql, cells![after, u64::from(limit) + 1]).await?;
    let holders = rows.iter().map(|row| row.get("holder")).collect::<Result<_>>()?;
    Ok(Page::cut(holders, limit, |last: &Address| format!("{last:#x}")))
}

/// Of which tokens somebody has ever had something.
///
/// # Errors
/// When the database fails.
pub async fn tokens_of(tx: &mut Tx, holder: Address) -> Result<Vec<Address>> {
    let sql = "SELECT token FROM accounts WHERE holder = $1 UNION SELECT token FROM deeds WHERE owner = $1 \
               ORDER BY 1";
    tx.rows(sql, cells![holder]).await?.iter().map(|row| row.get("token")).collect()
}

pub(crate) fn transfer(row: &Row) -> Result<Transfer> {
    Ok(Transfer {
        origin: row.origin()?,
        kind: row.named("kind")?,
        token: row.get("token")?,
        from: row.get("sender")?,
        to: row.get("receiver")?,
        value: row.get("value")?,
    })
}
