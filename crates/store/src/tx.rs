//! A transaction, and the few ways in which statements are run in it.

use quittance_domain::{Error, Result};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use crate::{
    error, postgres,
    sqlite::{self, Lease},
    tables::Rows,
    value::{Cell, Row},
};

/// An open transaction. Dropped without [`Tx::commit`], it leaves no trace.
///
/// After an error, or when somebody stopped waiting for it, all that can be done with it is to drop it.
#[derive(Debug)]
pub struct Tx(Inner);

#[derive(Debug)]
enum Inner {
    Sqlite(Sqlite),
    Postgres(Transaction<'static, Postgres>),
}

#[derive(Debug)]
struct Sqlite {
    /// Nothing once a statement was not waited for.
    lease: Option<Lease>,
    /// Whether a statement failed: then nothing but taking back is done any more, as PostgreSQL has it.
    failed: bool,
}

impl Tx {
    pub(crate) const fn sqlite(lease: Lease) -> Self {
        Self(Inner::Sqlite(Sqlite { lease: Some(lease), failed: false }))
    }

    pub(crate) const fn postgres(transaction: Transaction<'static, Postgres>) -> Self {
        Self(Inner::Postgres(transaction))
    }

    /// Whether its statements take a thread's time.
    pub(crate) const fn blocks(&self) -> bool {
        matches!(self.0, Inner::Sqlite(_))
    }

    /// Makes everything done in it last.
    ///
    /// # Errors
    /// When the database cannot; then none of it lasts.
    pub async fn commit(mut self) -> Result<()> {
        match self.0 {
            Inner::Sqlite(_) => self.batch("COMMIT").await,
            Inner::Postgres(transaction) => transaction.commit().await.map_err(error::of),
        }
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn run(
        &mut self,
        sql: &'static str,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Result<u64> {
        let cells: Vec<Cell> = cells.into_iter().collect();
        match &mut self.0 {
            Inner::Sqlite(sqlite) => sqlite.on(move |sqlite| sqlite::run(sqlite, sql, &cells)).await,
            Inner::Postgres(postgres) => postgres::run(postgres, sql, cells).await,
        }
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
        Ok(self.rows(sql, cells).await?.into_iter().next())
    }

    /// All rows, which the statement itself must limit.
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Result<Vec<Row>> {
        let cells: Vec<Cell> = cells.into_iter().collect();
        match &mut self.0 {
            Inner::Sqlite(sqlite) => sqlite.on(move |sqlite| sqlite::rows(sqlite, sql, &cells)).await,
            Inner::Postgres(postgres) => postgres::rows(postgres, sql, cells).await,
        }
    }

    /// Likewise, of a statement that was put together: of names from the code and placeholders, never of values.
    pub(crate) async fn rows_of(&mut self, sql: String, cells: Vec<Cell>) -> Result<Vec<Row>> {
        match &mut self.0 {
            Inner::Sqlite(sqlite) => sqlite.on(move |sqlite| sqlite::rows(sqlite, &sql, &cells)).await,
            Inner::Postgres(postgres) => postgres::rows(postgres, AssertSqlSafe(sql), cells).await,
        }
    }

    /// Runs a statement over a list of any length, in parts. `#` in the statement is where the list stands; the
    /// other cells come first.
    pub(crate) async fn run_in(&mut self, sql: &'static str, first: &[Cell], list: Vec<Cell>) -> Result<u64> {
        let mut touched = 0;
        for (sql, cells) in parts(sql, first, list) {
            touched += match &mut self.0 {
                Inner::Sqlite(sqlite) => sqlite.on(move |sqlite| sqlite::run(sqlite, &sql, &cells)).await?,
                Inner::Postgres(postgres) => postgres::run(postgres, AssertSqlSafe(sql), cells).await?,
            };
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
            all.extend(match &mut self.0 {
                Inner::Sqlite(sqlite) => sqlite.on(move |sqlite| sqlite::rows(sqlite, &sql, &cells)).await?,
                Inner::Postgres(postgres) => postgres::rows(postgres, AssertSqlSafe(sql), cells).await?,
            });
        }
        Ok(all)
    }

    /// Inserts rows of `WIDTH` columns. `into` is the table with its columns.
    pub(crate) async fn insert<const WIDTH: usize>(
        &mut self,
        into: &'static str,
        rows: impl IntoIterator<Item = [Cell; WIDTH]>,
    ) -> Result<()> {
        let mut all = Rows::new(WIDTH);
        for cell in rows.into_iter().flatten() {
            all.push(cell.value()?);
        }
        self.fill(into, all).await
    }

    /// Inserts rows as they come in bulk, of which each cell would be too much to hold by itself.
    pub(crate) async fn fill(&mut self, into: &'static str, rows: Rows) -> Result<()> {
        match &mut self.0 {
            Inner::Sqlite(sqlite) => sqlite.on(move |sqlite| sqlite::insert(sqlite, into, &rows)).await,
            Inner::Postgres(postgres) => postgres::insert(postgres, into, &rows).await,
        }
    }

    /// Begins what can be taken back by itself, after the part before is kept, if there was one.
    pub(crate) async fn part(&mut self, first: bool) -> Result<()> {
        self.batch(if first { "SAVEPOINT part" } else { "RELEASE part; SAVEPOINT part" }).await
    }

    /// Takes back what was done since the part began, and a failure in it.
    pub(crate) async fn take_back(&mut self) -> Result<()> {
        if let Inner::Sqlite(sqlite) = &mut self.0 {
            sqlite.failed = false;
        }
        self.batch("ROLLBACK TO part").await
    }

    /// Runs statements that take and give nothing.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<()> {
        match &mut self.0 {
            Inner::Sqlite(lease) => {
                let sql = sql.to_owned();
                lease.on(move |sqlite| sqlite.execute_batch(&sql).map_err(error::of_sqlite)).await
            }
            Inner::Postgres(postgres) => postgres::batch(postgres, sql).await,
        }
    }
}

/// How much of a list goes into one statement.
const LISTED: usize = 128;

/// A statement with the place of a list in it (`#`), once for each part of the list. Parts go by powers of two,
/// so that there are few different statements, each of which stays prepared.
fn parts(sql: &'static str, first: &[Cell], mut list: Vec<Cell>) -> Vec<(String, Vec<Cell>)> {
    let mut parts = vec![];
    while !list.is_empty() {
        let size = LISTED.min(1 << list.len().ilog2());
        let places: Vec<String> = (1..=size).map(|n| format!("${}", first.len() + n)).collect();
        // Only placeholders are put together here, never a value.
        let sql = sql.replace('#', &places.join(", "));
        parts.push((sql, first.iter().cloned().chain(list.drain(list.len() - size..)).collect()));
    }
    parts
}

impl Sqlite {
    async fn on<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let broken = || Error::internal("the transaction was broken off");
        let lease = self.lease.take_if(|_| !self.failed).ok_or_else(broken)?;
        let (lease, done) = lease.with(work).await?;
        (self.lease, self.failed) = (Some(lease), done.is_err());
        done
    }
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
}
