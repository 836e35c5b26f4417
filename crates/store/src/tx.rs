//! A transaction, and the few ways in which statements are run in it.

use quittance_domain::{Error, Result};
use sqlx::{Any, AssertSqlSafe, SqlSafeStr, Transaction, any::AnyArguments};

use crate::{
    error,
    value::{Cell, Row},
};

/// How many rows one statement inserts at the most; more of them gain nothing.
const MAX_ROWS: usize = 128;

/// An open transaction. Dropped without [`Tx::commit`], it leaves no trace.
#[derive(Debug)]
pub struct Tx(Transaction<'static, Any>);

impl Tx {
    pub(crate) const fn new(transaction: Transaction<'static, Any>) -> Self {
        Self(transaction)
    }

    /// Makes everything done in it last.
    ///
    /// # Errors
    /// When the database cannot; then none of it lasts.
    pub async fn commit(self) -> Result<()> {
        self.0.commit().await.map_err(error::of)
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn run(
        &mut self,
        sql: impl SqlSafeStr,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Result<u64> {
        let query = sqlx::query_with(sql, arguments(cells)?);
        query.execute(&mut *self.0).await.map(|done| done.rows_affected()).map_err(error::of)
    }

    /// Runs a guarded update: unless it touches exactly one row, `otherwise` is what went wrong.
    pub(crate) async fn run_one(
        &mut self,
        sql: &'static str,
        cells: impl IntoIterator<Item = Cell>,
        otherwise: impl FnOnce() -> Error,
    ) -> Result<()> {
        match self.run(sql, cells).await? {
            1 => Ok(()),
            0 => Err(otherwise()),
            many => Err(Error::internal(format!("{many} rows where there must be one: {sql}"))),
        }
    }

    /// The first row, if any.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Result<Option<Row>> {
        let query = sqlx::query_with(sql, arguments(cells)?);
        query.fetch_optional(&mut *self.0).await.map(|row| row.map(Row)).map_err(error::of)
    }

    /// All rows, which the statement itself must limit.
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Result<Vec<Row>> {
        let query = sqlx::query_with(sql, arguments(cells)?);
        let rows = query.fetch_all(&mut *self.0).await.map_err(error::of)?;
        Ok(rows.into_iter().map(Row).collect())
    }

    /// Runs a statement over a list of any length, in parts. `#` in the statement is where the list stands; the
    /// other cells come first.
    pub(crate) async fn run_in(&mut self, sql: &'static str, first: &[Cell], list: Vec<Cell>) -> Result<u64> {
        let mut touched = 0;
        for (sql, cells) in parts(sql, first, list) {
            touched += self.run(AssertSqlSafe(sql), cells).await?;
        }
        Ok(touched)
    }

    /// Likewise, with the rows that the parts return.
    pub(crate) async fn rows_in(
        &mut self,
        sql: &'static str,
        first: &[Cell],
        list: Vec<Cell>,
    ) -> Result<Vec<Row>> {
        let mut all = vec![];
        for (sql, cells) in parts(sql, first, list) {
            let query = sqlx::query_with(AssertSqlSafe(sql), arguments(cells)?);
            all.extend(query.fetch_all(&mut *self.0).await.map_err(error::of)?.into_iter().map(Row));
        }
        Ok(all)
    }

    /// Inserts many rows of `WIDTH` columns with few statements. `into` is the table with its columns.
    ///
    /// Rows go by powers of two, so that there are few different statements, each of which stays prepared.
    pub(crate) async fn insert<const WIDTH: usize>(
        &mut self,
        into: &'static str,
        rows: impl IntoIterator<Item = [Cell; WIDTH]>,
    ) -> Result<()> {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.reverse();
        while !rows.is_empty() {
            let size = MAX_ROWS.min(1 << rows.len().ilog2());
            let cells: Vec<Cell> = rows.drain(rows.len() - size..).rev().flatten().collect();
            // Only placeholders are put together here, never a value.
            let sql = format!("INSERT INTO {into} VALUES {}", placeholders(size, WIDTH));
            self.run(AssertSqlSafe(sql), cells).await?;
        }
        Ok(())
    }
}

/// A statement with the place of a list in it (`#`), once for each part of the list. Parts go by powers of two,
/// as inserted rows do.
fn parts(sql: &'static str, first: &[Cell], mut list: Vec<Cell>) -> Vec<(String, Vec<Cell>)> {
    let mut parts = vec![];
    while !list.is_empty() {
        let size = MAX_ROWS.min(1 << list.len().ilog2());
        let places: Vec<String> = (1..=size).map(|n| format!("${}", first.len() + n)).collect();
        // Only placeholders are put together here, never a value.
        let sql = sql.replace('#', &places.join(", "));
        parts.push((sql, first.iter().cloned().chain(list.drain(list.len() - size..)).collect()));
    }
    parts
}

/// `($1, $2), ($3, $4)` for two rows of two.
fn placeholders(rows: usize, width: usize) -> String {
    let row = |row: usize| {
        let cells: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
        format!("({})", cells.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

fn arguments(cells: impl IntoIterator<Item = Cell>) -> Result<AnyArguments> {
    let mut arguments = AnyArguments::default();
    for cell in cells {
        cell.bind(&mut arguments)?;
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_goes_in_parts() {
        let list = (0_u64..130).map(Cell::from).collect();
        let parts = parts("SELECT $1 WHERE x IN (#)", &["a".into()], list);
        assert_eq!(parts.iter().map(|(_, cells)| cells.len()).collect::<Vec<_>>(), [129, 3]);
        assert_eq!(parts[1].0, "SELECT $1 WHERE x IN ($2, $3)");
    }

    #[test]
    fn placeholders_count_on_across_rows() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
