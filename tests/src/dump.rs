//! All that is in a database.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use sqlx::{AnyPool, AssertSqlSafe, Row, ValueRef};

const OF_SQLITE: &str =
    "SELECT name AS name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
const OF_POSTGRES: &str = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'";

/// Every row of every table, in an order that does not depend on how it was stored.
///
/// # Errors
/// When the database does not answer, or has hardly a table: a dump of nothing proves nothing.
pub async fn dump(url: &str) -> Result<BTreeMap<String, Vec<String>>> {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(url).await?;
    let tables = if url.starts_with("sqlite") { OF_SQLITE } else { OF_POSTGRES };
    let mut dump = BTreeMap::new();
    for table in sqlx::query(tables).fetch_all(&pool).await? {
        let table: String = table.try_get("name")?;
        let sql = AssertSqlSafe(format!("SELECT * FROM {table}"));
        let mut rows: Vec<String> = vec![];
        for row in sqlx::query(sql).fetch_all(&pool).await? {
            let cells: Result<Vec<String>, sqlx::Error> = (0..row.len())
                .map(|n| Ok(format!("{:?}", ValueRef::to_owned(&row.try_get_raw(n)?))))
                .collect();
            rows.push(cells?.join(" "));
        }
        rows.sort();
        dump.insert(table, rows);
    }
    pool.close().await;
    ensure!(dump.len() > 10, "hardly a table: {:?}", dump.keys());
    Ok(dump)
}

/// Changes rows behind the node's back.
///
/// # Errors
/// When the database does not answer, or no row was changed.
pub async fn tamper(url: &str, sql: &str) -> Result<()> {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(url).await?;
    let changed = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&pool).await?.rows_affected();
    pool.close().await;
    ensure!(changed > 0, "{sql} changed nothing");
    Ok(())
}
