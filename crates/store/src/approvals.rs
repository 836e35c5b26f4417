//! What owners let others move: history, of which the last row of a grant counts.

use quittance_domain::{
    Address, Amount, Error, Result, U256,
    fact::{Grant, Origin},
};

use crate::{
    Page, Tx, page,
    value::{Cell, Row, cells},
};

/// What somebody may move of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Which token.
    pub token: Address,
    /// Whose it is.
    pub owner: Address,
    /// Who may move it.
    pub spender: Address,
    /// What of it.
    pub grant: Grant,
}

const AMOUNT: &str = "amount";
const DEED: &str = "deed";
const ALL: &str = "all";

const COLUMNS: &str = "approvals (token, owner, spender, scope, token_id, block_number, log_index, value)";

/// Owners granted amounts or everything, or took that back, in the order of happening.
///
/// # Errors
/// When one of them is about a deed, for which there is [`deed_granted`]; or the database fails.
pub async fn granted(tx: &mut Tx, grants: &[(Origin, Approval)]) -> Result<()> {
    let row = |(origin, approval): &(Origin, Approval)| {
        let (scope, token_id, value) = match approval.grant {
            Grant::Amount { token_id, amount } => (AMOUNT, token_id, amount),
            Grant::All(yes) => (ALL, U256::ZERO, flag(yes)),
            Grant::Deed { .. } => return Err(Error::internal("a deed's grant ends the one before it")),
        };
        Ok(cells(origin, approval, scope, token_id, value))
    };
    let rows = grants.iter().map(row).collect::<Result<Vec<_>>>()?;
    tx.insert(COLUMNS, rows).await
}

/// From now on only this spender may move a deed, besides its owner; the zero address is nobody. A deed that moves
/// is one that nobody else may move any more.
///
/// # Errors
/// When the database fails.
pub async fn deed_granted(
    tx: &mut Tx,
    origin: &Origin,
    token: Address,
    token_id: U256,
    (owner, spender): (Address, Address),
) -> Result<()> {
    let new = Approval { token, owner, spender, grant: Grant::Deed { token_id } };
    let mut rows = vec![];
    if let Some(old) = on_deed(tx, token, token_id).await?
        && old != new
    {
        rows.push(cells(origin, &old, DEED, token_id, flag(false)));
    }
    if !spender.is_zero() {
        rows.push(cells(origin, &new, DEED, token_id, flag(true)));
    }
    tx.insert(COLUMNS, rows).await
}

fn cells(origin: &Origin, to: &Approval, scope: &str, token_id: U256, value: Amount) -> [Cell; 8] {
    let (block, index) = (origin.block.number, origin.log_index);
    cells![to.token, to.owner, to.spender, scope, token_id, block, index, value]
}

const fn flag(yes: bool) -> Amount {
    Amount::new(if yes { U256::ONE } else { U256::ZERO })
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM approvals WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// Who may move a deed besides its owner, if anybody: by a grant on that deed.
///
/// # Errors
/// When the database fails.
pub async fn on_deed(tx: &mut Tx, token: Address, token_id: U256) -> Result<Option<Approval>> {
    // One log ends a grant and makes another: of two rows in one place the second counts.
    let sql = "SELECT * FROM approvals WHERE scope = 'deed' AND token = $1 AND token_id = $2 \
               ORDER BY block_number DESC, log_index DESC, value DESC LIMIT 1";
    let last = tx.row(sql, cells![token, token_id]).await?;
    Ok(last.as_ref().map(read).transpose()?.flatten())
}

/// What stands of an owner's grants, by token and spender; the page ends with all of one pair.
///
/// An amount is what was last approved: what of it was used since, the tokens do not say.
///
/// # Errors
/// When the cursor is not ours, or the database fails.
pub async fn of(tx: &mut Tx, owner: Address, cursor: Option<&str>, limit: u32) -> Result<Page<Approval>> {
    let mut at = page::addresses(cursor)?;
    let mut pairs = vec![];
    for _ in 0..=limit {
        let sql = "SELECT token, spender FROM approvals WHERE owner = $1 AND (token, spender) > ($2, $3) \
                   ORDER BY token, spender LIMIT 1";
        let Some(next) = tx.row(sql, cells![owner, at.0, at.1]).await? else { break };
        at = (next.get("token")?, next.get("spender")?);
        pairs.push(at);
    }
    let pairs = Page::cut(pairs, limit, |(token, spender)| format!("{token:#x}-{spender:#x}"));
    let mut items = vec![];
    for (token, spender) in pairs.items {
        let sql = "SELECT * FROM approvals a WHERE owner = $1 AND token = $2 AND spender = $3 \
                   AND NOT EXISTS (SELECT 1 FROM approvals later WHERE later.owner = a.owner \
                   AND later.token = a.token AND later.spender = a.spender AND later.scope = a.scope \
                   AND later.token_id = a.token_id \
                   AND (later.block_number, later.log_index) > (a.block_number, a.log_index)) \
                   ORDER BY scope, token_id";
        let last = tx.rows(sql, cells![owner, token, spender]).await?;
        let standing = last.iter().map(read).collect::<Result<Vec<_>>>()?;
        items.extend(standing.into_iter().flatten());
    }
    Ok(Page { items, next: pairs.next })
}

/// What a row grants, unless it takes back.
fn read(row: &Row) -> Result<Option<Approval>> {
    let (approval, yes) = said(row)?;
    Ok(yes.then_some(approval))
}

/// What a row grants (true) or takes back.
pub(crate) fn said(row: &Row) -> Result<(Approval, bool)> {
    let (token_id, amount): (U256, Amount) = (row.get("token_id")?, row.get("value")?);
    let yes = !amount.is_zero();
    let grant = match row.get::<String>("scope")?.as_str() {
        AMOUNT => Grant::Amount { token_id, amount },
        DEED => Grant::Deed { token_id },
        ALL => Grant::All(yes),
        other => return Err(Error::internal(format!("no scope of a grant: {other}"))),
    };
    let (token, owner, spender) = (row.get("token")?, row.get("owner")?, row.get("spender")?);
    Ok((Approval { token, owner, spender, grant }, yes))
}
