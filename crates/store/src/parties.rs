//! Who is found where, as the registry says: history, of which the last row of an address counts.

use quittance_domain::{Address, B256, Error, Result, fact::Origin, party::Party};

use crate::{
    Tx,
    value::{Cell, Row, cells},
};

/// A party entered the registry, or changed its entry.
///
/// # Errors
/// When the database fails.
pub async fn registered(tx: &mut Tx, origin: &Origin, party: &Party) -> Result<()> {
    append(tx, origin, party, true).await
}

/// A party left the registry.
///
/// # Errors
/// When it was not there, which the registry rules out, or the database fails.
pub async fn removed(tx: &mut Tx, origin: &Origin, address: Address) -> Result<()> {
    let party = by_address(tx, address)
        .await?
        .ok_or_else(|| Error::internal(format!("{address} left the registry without being in it")))?;
    append(tx, origin, &party, false).await
}

async fn append(tx: &mut Tx, origin: &Origin, party: &Party, registered: bool) -> Result<()> {
    let sql = "INSERT INTO parties (address, block_number, log_index, registered, name, endpoint, tls_key) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let row = cells![
        party.address,
        origin.block.number,
        origin.log_index,
        registered,
        party.name.as_str(),
        party.endpoint.as_str(),
        party.tls_key,
    ];
    tx.run(sql, row).await?;
    Ok(())
}

/// Forgets what happened above `ancestor`.
///
/// # Errors
/// When the database fails.
pub async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    tx.run("DELETE FROM parties WHERE block_number > $1", cells![ancestor]).await?;
    Ok(())
}

/// The rows that count: the last one of each address, unless that one took it out. What is compared with
/// `$1` is appended.
macro_rules! current {
    ($condition:literal) => {
        concat!(
            "SELECT * FROM parties p WHERE registered = 1 AND NOT EXISTS (SELECT 1 FROM parties later \
             WHERE later.address = p.address \
             AND (later.block_number, later.log_index) > (p.block_number, p.log_index)) ",
            $condition
        )
    };
}

/// The party of this address.
///
/// # Errors
/// When the database fails.
pub async fn by_address(tx: &mut Tx, address: Address) -> Result<Option<Party>> {
    find(tx, current!("AND p.address = $1"), address.into()).await
}

/// The party of this name.
///
/// # Errors
/// When the database fails.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<Party>> {
    find(tx, current!("AND p.name = $1"), name.into()).await
}

/// The party of this TLS key.
///
/// # Errors
/// When the database fails.
pub async fn by_tls_key(tx: &mut Tx, key: B256) -> Result<Option<Party>> {
    find(tx, current!("AND p.tls_key = $1"), key.into()).await
}

/// The parties in the registry, by name.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx, limit: u32) -> Result<Vec<Party>> {
    let rows = tx.rows(current!("ORDER BY p.name LIMIT $1"), cells![limit]).await?;
    rows.iter().map(party).collect()
}

async fn find(tx: &mut Tx, sql: &'static str, key: Cell) -> Result<Option<Party>> {
    tx.row(sql, [key]).await?.as_ref().map(party).transpose()
}

fn party(row: &Row) -> Result<Party> {
    Ok(Party {
        address: row.get("address")?,
        name: row.get("name")?,
        endpoint: row.get("endpoint")?,
        tls_key: row.get("tls_key")?,
    })
}
