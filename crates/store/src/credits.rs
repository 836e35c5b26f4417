//! What contracts could not pay out and keep for the payees: history of all that is owed, of which the last row
//! counts.

use quittance_domain::{
    Address, Amount, Asset, B256, Result, U256,
    fact::{Credit, Origin},
};

use crate::{
    Tx,
    value::{Cell, Row, cells},
};

/// What somebody can withdraw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// From which contract.
    pub contract: Address,
    /// What.
    pub asset: Asset,
    /// Which one, where the asset has several; else zero.
    pub token_id: U256,
    /// How much.
    pub amount: Amount,
}

/// A contract owes somebody more.
///
/// # Errors
/// When the database fails.
pub async fn credited(tx: &mut Tx, origin: &Origin, contract: Address, credit: &Credit) -> Result<()> {
    let before = owed(tx, contract, credit).await?;
    // As the contract has it: what a token that deals in absurd amounts makes of them is its holders' affair.
    let all = before.checked_add(credit.amount).unwrap_or(Amount::new(U256::MAX));
    append(tx, origin, contract, credit, all).await
}

/// Somebody took all that a contract owed.
///
/// # Errors
/// When the database fails.
pub async fn withdrawn(tx: &mut Tx, origin: &Origin, contract: Address, credit: &Credit) -> Result<()> {
    append(tx, origin, contract, credit, Amount::ZERO).await
}

async fn append(
    tx: &mut Tx,
    origin: &Origin,
    contract: Address,
    credit: &Credit,
    owed: Amount,
) -> Result<()> {
    let sql = "INSERT INTO credits (payee, contract, asset, token_id, block_number, log_index, deal, owed) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Credit { deal, payee, asset, token_id, .. } = *credit;
    let (block, index) = (origin.block.number, origin.log_index);
    tx.run(sql, cells![payee, contract, B256::from(asset), token_id, block, index, deal, owed]).await?;
    Ok(())
}

async fn owed(tx: &mut Tx, contract: Address, to: &Credit) -> Result<Amount> {
    let sql = "SELECT owed FROM credits WHERE payee = $1 AND contract = $2 AND asset = $3 AND token_id = $4 \
               ORDER BY block_number DESC, log_index DESC LIMIT 1";
    let row = tx.row(sql, cells![to.payee, contract, B256::from(to.asset), to.token_id]).await?;
    row.map_or(Ok(Amount::ZERO), |row| row.get("owed"))
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM credits WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// What a payee can withdraw.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, payee: Address, limit: u32) -> Result<Vec<Owed>> {
    let sql = "SELECT * FROM credits c WHERE payee = $1 AND owed > $2 AND NOT EXISTS (SELECT 1 FROM credits later \
               WHERE later.payee = c.payee AND later.contract = c.contract AND later.asset = c.asset \
               AND later.token_id = c.token_id \
               AND (later.block_number, later.log_index) > (c.block_number, c.log_index)) \
               ORDER BY contract, asset, token_id LIMIT $3";
    let rows = tx.rows(sql, cells![payee, Cell::from(Amount::ZERO), limit]).await?;
    let owed = |row: &Row| {
        let asset: B256 = row.get("asset")?;
        let (contract, token_id) = (row.get("contract")?, row.get("token_id")?);
        Ok(Owed { contract, asset: asset.try_into()?, token_id, amount: row.get("owed")? })
    };
    rows.iter().map(owed).collect()
}
