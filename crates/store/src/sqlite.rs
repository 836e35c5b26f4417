//! SQLite through rusqlite: connections that are lent out one at a time, and statements on threads that may take
//! their time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quittance_domain::{Error, Result};
use rusqlite::{CachedStatement, Connection, InterruptHandle, types::ValueRef};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    error::of_sqlite as error,
    tables::Rows,
    value::{Cell, Row},
};

/// Statements that stay prepared, for each connection.
const PREPARED: usize = 256;

/// Values in a statement. Longer statements gain nothing.
const VALUES: usize = 160;

/// Connections to one database, of which so many are lent out at a time; who waits for one waits in the order of
/// coming.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: String,
    pragmas: &'static str,
    patience: Duration,
    size: u32,
    idle: Mutex<Vec<Connection>>,
    seats: Arc<Semaphore>,
}

/// A connection on loan. What it has begun and not committed when it comes back is rolled back.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: Option<Connection>,
    from: Pool,
    /// After the connection is back, the next may have it.
    _seat: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(path: &str, pragmas: &'static str, size: u32, patience: Duration) -> Self {
        let seats = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        let (path, idle) = (path.to_owned(), Mutex::default());
        Self(Arc::new(Inner { path, pragmas, patience, size, idle, seats }))
    }

    pub(crate) async fn lease(&self) -> Result<Lease> {
        let gone = |why: &str| Error::unavailable("the database does not answer now", why);
        let seat = timeout(self.0.patience, Arc::clone(&self.0.seats).acquire_owned()).await;
        let seat =
            seat.map_err(|_| gone("all connections are in use"))?.map_err(|_| gone("it was closed"))?;
        let connection = self.idle().pop();
        let lease = Lease { connection, from: self.clone(), _seat: seat };
        let (lease, opened) = lease.with(|_| Ok(())).await?;
        opened.map(|()| lease)
    }

    /// Closes every connection, once those on loan have come back.
    pub(crate) async fn close(&self) {
        drop(self.0.seats.acquire_many(self.0.size).await);
        self.0.seats.close();
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<Connection> {
        let connection = Connection::open(&self.0.path).map_err(error)?;
        connection.execute_batch(self.0.pragmas).map_err(error)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Ok(connection)
    }
}

thread_local! {
    static MAY_BLOCK: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Does a future to its end on a thread of its own, where all of its statements run too, instead of each on another.
pub(crate) async fn on_one_thread<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let runtime = Handle::current();
    let work = move || {
        MAY_BLOCK.set(true);
        let done = runtime.block_on(work);
        MAY_BLOCK.set(false);
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

impl Lease {
    /// Does something on a thread that may take its time. Who stops waiting for it has lost the loan, and it stops.
    pub(crate) async fn with<T: Send + 'static>(
        self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<(Self, Result<T>)> {
        if MAY_BLOCK.get() {
            return self.run(work);
        }
        let interrupt = self.connection.as_ref().map(Connection::get_interrupt_handle);
        let task = tokio::task::spawn_blocking(move || self.run(work));
        let mut awaited = Awaited { task, interrupt };
        let done = (&mut awaited.task).await;
        awaited.interrupt = None;
        done.map_err(Error::internal)?
    }

    fn run<T>(mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<(Self, Result<T>)> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.from.open()?,
        };
        let done = work(self.connection.insert(connection));
        Ok((self, done))
    }
}

/// Work on a connection, whose statement is stopped if nobody waits for it any more.
struct Awaited<T> {
    task: JoinHandle<T>,
    interrupt: Option<InterruptHandle>,
}

impl<T> Drop for Awaited<T> {
    /// The task holds the loan until it is dropped after this, so no other's statement can be meant.
    fn drop(&mut self) {
        if let Some(interrupt) = self.interrupt.take() {
            interrupt.interrupt();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && (connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok())
        {
            self.from.idle().push(connection);
        }
    }
}

/// Runs a statement and says how many rows it touched.
pub(crate) fn run(connection: &Connection, sql: &str, cells: &[Cell]) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    bind(&mut statement, cells)?;
    let touched = statement.raw_execute().map_err(error)?;
    u64::try_from(touched).map_err(Error::internal)
}

/// Runs a query.
pub(crate) fn rows(connection: &Connection, sql: &str, cells: &[Cell]) -> Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    bind(&mut statement, cells)?;
    let names: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut found = statement.raw_query();
    let mut rows = vec![];
    while let Some(row) = found.next().map_err(error)? {
        let cell = |n| row.get_ref(n).map_err(error).and_then(cell);
        rows.push(Row { names: names.clone(), cells: (0..names.len()).map(cell).collect::<Result<_>>()? });
    }
    Ok(rows)
}

fn cell(value: ValueRef<'_>) -> Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Int(None),
        ValueRef::Integer(number) => Cell::Int(Some(number)),
        ValueRef::Blob(bytes) => Cell::Bytes(Some(bytes.to_vec())),
        ValueRef::Text(text) => Cell::Text(Some(str::from_utf8(text).map_err(Error::internal)?.to_owned())),
        ValueRef::Real(_) => return Err(Error::internal("a column with a fraction")),
    })
}

/// Binds `$1`, `$2`, …: to SQLite these are names, numbered in the order in which they come up.
fn bind(statement: &mut CachedStatement<'_>, cells: &[Cell]) -> Result<()> {
    for place in 1..=statement.parameter_count() {
        let name = statement.parameter_name(place).and_then(|name| name.strip_prefix('$'));
        let number = name.and_then(|number| number.parse::<usize>().ok());
        let cell = number.and_then(|number| cells.get(number.checked_sub(1)?));
        let cell = cell.ok_or_else(|| Error::internal("a placeholder without a value"))?;
        statement.raw_bind_parameter(place, cell.value()?).map_err(error)?;
    }
    Ok(())
}

/// Inserts rows with few statements. `into` is the table, with its columns if there are others.
pub(crate) fn insert(connection: &Connection, into: &str, rows: &Rows) -> Result<()> {
    let (width, mut left) = (rows.width(), rows.len());
    let at_once = (VALUES / width.max(1)).max(1);
    let mut values = rows.values();
    while left > 0 {
        // The last few go one by one, so that there are only two statements a table.
        let count = if left >= at_once { at_once } else { 1 };
        let row = format!("({})", vec!["?"; width].join(","));
        let sql = format!("INSERT INTO {into} VALUES {}", vec![row; count].join(","));
        let mut statement = connection.prepare_cached(&sql).map_err(error)?;
        loop {
            for place in 1..=count * width {
                if let Some(value) = values.next() {
                    statement.raw_bind_parameter(place, value).map_err(error)?;
                }
            }
            statement.raw_execute().map_err(error)?;
            left -= count;
            if left < count {
                break;
            }
        }
    }
    Ok(())
}
