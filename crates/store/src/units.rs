//! Who has how much of which class of units: the holders' balances after each move.

use std::collections::HashMap;

use quittance_domain::{Address, Amount, Error, Result, U256, fact::Origin};

use crate::{
    Position, Tx,
    value::{Cell, Row, cells},
};

/// Units of one class that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitsMove {
    /// Where it happened.
    pub origin: Origin,
    /// Which contract's.
    pub token: Address,
    /// Of which class.
    pub token_id: U256,
    /// Who gave them; the zero address creates.
    pub from: Address,
    /// Who got them; the zero address destroys.
    pub to: Address,
    /// How many.
    pub amount: Amount,
}

/// How much of a class somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which contract's.
    pub token: Address,
    /// Of which class.
    pub token_id: U256,
    /// How much.
    pub amount: Amount,
}

/// Units moved, in the order of happening.
///
/// Each holder's balance is read once and then carried along, and all rows are written together.
///
/// # Errors
/// When somebody would give more than is there, which means that this mirror is wrong; or the database fails.
pub async fn moved(tx: &mut Tx, moves: &[UnitsMove]) -> Result<()> {
    let mut now: HashMap<(Address, U256, Address), Amount> = HashMap::new();
    let mut rows = vec![];
    for step in moves.iter().filter(|step| step.from != step.to) {
        let UnitsMove { origin, token, token_id, .. } = *step;
        for holder in [step.from, step.to].into_iter().filter(|holder| !holder.is_zero()) {
            let before = match now.get(&(token, token_id, holder)) {
                Some(before) => *before,
                None => balance(tx, token, token_id, holder, None).await?,
            };
            let after = after(before, step, holder)?;
            now.insert((token, token_id, holder), after);
            rows.push(cells![token, token_id, holder, origin.block.number, origin.log_index, after]);
        }
    }
    tx.insert("units (token, token_id, holder, block_number, log_index, balance)", rows).await
}

fn after(before: Amount, step: &UnitsMove, holder: Address) -> Result<Amount> {
    let after =
        if holder == step.from { before.checked_sub(step.amount) } else { before.checked_add(step.amount) };
    after.ok_or_else(|| {
        let at = Position::from(&step.origin);
        Error::internal(format!("the units of {holder} in {} cannot follow the log {at}", step.token))
    })
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM units WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// What a holder has of a class, or had at the end of a block.
///
/// # Errors
/// When the database fails.
pub async fn balance(
    tx: &mut Tx,
    token: Address,
    token_id: U256,
    holder: Address,
    as_of: Option<u64>,
) -> Result<Amount> {
    let sql = "SELECT balance FROM units WHERE token = $1 AND token_id = $2 AND holder = $3 \
               AND block_number <= $4 ORDER BY block_number DESC, log_index DESC LIMIT 1";
    let row = tx.row(sql, cells![token, token_id, holder, Cell::bound(as_of)]).await?;
    row.map_or(Ok(Amount::ZERO), |row| row.get("balance"))
}

/// What a holder has, by contract and class.
///
/// # Errors
/// When the database fails.
pub async fn held(tx: &mut Tx, holder: Address, limit: u32) -> Result<Vec<Holding>> {
    let sql = "SELECT * FROM units u WHERE holder = $1 AND balance > $2 AND NOT EXISTS (SELECT 1 FROM units later \
               WHERE later.token = u.token AND later.token_id = u.token_id AND later.holder = u.holder \
               AND (later.block_number, later.log_index) > (u.block_number, u.log_index)) \
               ORDER BY token, token_id LIMIT $3";
    let rows = tx.rows(sql, cells![holder, Amount::ZERO, limit]).await?;
    let holding = |row: &Row| {
        let (token, token_id) = (row.get("token")?, row.get("token_id")?);
        Ok(Holding { token, token_id, amount: row.get("balance")? })
    };
    rows.iter().map(holding).collect()
}
