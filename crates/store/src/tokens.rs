//! What moved, and who therefore has what: a transfer each, and the holders' balances after it.

use std::collections::HashMap;

use quittance_domain::{Address, Amount, AssetKind, B256, Error, Result, U256, fact::Origin};

use crate::{
    Page, Position, Tx, page,
    value::{Cell, Row, cells, name_of},
};

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
/// full of transfers costs little more than one.
///
/// # Errors
/// When somebody would give more than is there, which means that this mirror is wrong; or the database
/// fails.
pub async fn cash_moves(tx: &mut Tx, moves: &[CashMove]) -> Result<()> {
    let mut now: HashMap<(Address, Address), Amount> = HashMap::new();
    let mut rows = vec![];
    for step in moves.iter().filter(|step| step.from != step.to) {
        for holder in [step.from, step.to].into_iter().filter(|holder| *holder != Address::ZERO) {
            let before = match now.get(&(step.token, holder)) {
                Some(before) => *before,
                None => balance(tx, step.token, holder, None).await?,
            };
            let after = after(before, step, holder)?;
            now.insert((step.token, holder), after);
            rows.push(cells![step.token, holder, step.origin.block.number, step.origin.log_index, after]);
        }
    }
    tx.insert("balances (token, holder, block_number, log_index, balance)", rows).await?;
    let transfer = |step: &CashMove| {
        let CashMove { origin, token, from, to, amount } = *step;
        transfer_row(&Transfer { origin, kind: AssetKind::Erc20, token, from, to, value: amount.units() })
    };
    let rows = moves.iter().map(transfer).collect::<Result<Vec<_>>>()?;
    tx.insert(TRANSFERS, rows).await
}

fn after(before: Amount, step: &CashMove, holder: Address) -> Result<Amount> {
    let after =
        if holder == step.from { before.checked_sub(step.amount) } else { before.checked_add(step.amount) };
    after.ok_or_else(|| {
        let at = Position::from(&step.origin);
        Error::internal(format!("the balance of {holder} in {} cannot follow the log {at}", step.token))
    })
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
    tx.insert(TRANSFERS, [transfer_row(&transfer)?]).await?;
    let sql = "INSERT INTO deeds (token, token_id, block_number, log_index, owner) \
               VALUES ($1, $2, $3, $4, $5)";
    tx.run(sql, cells![token, token_id, origin.block.number, origin.log_index, to]).await?;
    Ok(())
}

const TRANSFERS: &str = "transfers (token, block_number, log_index, block_hash, timestamp, \
                         transaction_hash, kind, sender, receiver, value)";

fn transfer_row(transfer: &Transfer) -> Result<[Cell; 10]> {
    let origin = &transfer.origin;
    Ok(cells![
        transfer.token,
        origin.block.number,
        origin.log_index,
        origin.block.hash,
        origin.timestamp,
        origin.transaction,
        name_of(&transfer.kind)?,
        transfer.from,
        transfer.to,
        transfer.value,
    ])
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    for sql in [
        "DELETE FROM transfers WHERE block_number > $1",
        "DELETE FROM balances WHERE block_number > $1",
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
    let sql = "SELECT balance FROM balances WHERE token = $1 AND holder = $2 AND block_number <= $3 \
               ORDER BY block_number DESC, log_index DESC LIMIT 1";
    let row = tx.row(sql, cells![token, holder, Cell::bound(as_of)]).await?;
    row.map_or(Ok(Amount::ZERO), |row| row.get("balance"))
}

/// Who has what, by token and holder. One who had something once and has nothing now is listed with zero.
///
/// The next holder is looked up by index, one after the other: skipping over the history between two
/// holders by reading it would cost as much as there is of it.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn balances(
    tx: &mut Tx,
    filter: BalanceFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Balance>> {
    let mut at = page::addresses(cursor)?;
    let mut items = vec![];
    for _ in 0..=limit {
        let Some((token, holder)) = next_holder(tx, filter, at).await? else { break };
        at = (token, holder);
        items.push(Balance { token, holder, amount: balance(tx, token, holder, None).await? });
    }
    Ok(Page::cut(items, limit, |last: &Balance| format!("{:#x}-{:#x}", last.token, last.holder)))
}

async fn next_holder(
    tx: &mut Tx,
    filter: BalanceFilter,
    after: (Address, Address),
) -> Result<Option<(Address, Address)>> {
    let row = match filter {
        BalanceFilter { token: None, holder: None } => {
            let sql = "SELECT token, holder FROM balances WHERE (token, holder) > ($1, $2) \
                       ORDER BY token, holder LIMIT 1";
            tx.row(sql, cells![after.0, after.1]).await?
        }
        BalanceFilter { token: Some(token), holder: None } => {
            let sql = "SELECT token, holder FROM balances WHERE token = $1 AND (token, holder) > ($2, $3) \
                       ORDER BY token, holder LIMIT 1";
            tx.row(sql, cells![token, after.0, after.1]).await?
        }
        BalanceFilter { token: None, holder: Some(holder) } => {
            let sql = "SELECT token, holder FROM balances WHERE holder = $1 AND token > $2 \
                       ORDER BY holder, token LIMIT 1";
            tx.row(sql, cells![holder, after.0]).await?
        }
        BalanceFilter { token: Some(token), holder: Some(holder) } => {
            let sql = "SELECT token, holder FROM balances WHERE token = $1 AND holder = $2 \
                       AND (token, holder) > ($3, $4) LIMIT 1";
            tx.row(sql, cells![token, holder, after.0, after.1]).await?
        }
    };
    row.map(|row| Ok((row.get("token")?, row.get("holder")?))).transpose()
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

/// The deeds that `owner` has now, by token and number.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn deeds(tx: &mut Tx, owner: Address, cursor: Option<&str>, limit: u32) -> Result<Page<OwnedDeed>> {
    let (token, token_id): (Address, B256) = page::address_and_hash(cursor)?;
    let sql = "SELECT token, token_id, owner FROM deeds d WHERE owner = $1 AND (token, token_id) > ($2, $3) \
               AND NOT EXISTS (SELECT 1 FROM deeds later \
               WHERE later.token = d.token AND later.token_id = d.token_id \
               AND (later.block_number, later.log_index) > (d.block_number, d.log_index)) \
               ORDER BY token, token_id LIMIT $4";
    let rows = tx.rows(sql, cells![owner, token, token_id, u64::from(limit) + 1]).await?;
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

fn transfer(row: &Row) -> Result<Transfer> {
    Ok(Transfer {
        origin: row.origin()?,
        kind: row.named("kind")?,
        token: row.get("token")?,
        from: row.get("sender")?,
        to: row.get("receiver")?,
        value: row.get("value")?,
    })
}
