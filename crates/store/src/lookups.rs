//! The indexes that only readers and reorgs use. While a new database is filled, rows go in without them.

use quittance_domain::Result;

use crate::Tx;

/// Each with its table and columns. The schema makes them too.
const LOOKUPS: [(&str, &str); 4] = [
    ("transfers_token", "transfers (token, block_number, log_index)"),
    ("transfers_sender", "transfers (sender, block_number, log_index)"),
    ("transfers_receiver", "transfers (receiver, block_number, log_index)"),
    ("balances_block", "balances (block_number)"),
];

/// Does without them until [`make`].
///
/// # Errors
/// When the database fails.
pub async fn put_off(tx: &mut Tx) -> Result<()> {
    for (name, _) in LOOKUPS {
        tx.batch(&format!("DROP INDEX IF EXISTS {name}")).await?;
    }
    Ok(())
}

/// Makes those that are not there.
///
/// # Errors
/// When the database fails.
pub async fn make(tx: &mut Tx) -> Result<()> {
    for (name, on) in LOOKUPS {
        tx.batch(&format!("CREATE INDEX IF NOT EXISTS {name} ON {on}")).await?;
    }
    Ok(())
}
