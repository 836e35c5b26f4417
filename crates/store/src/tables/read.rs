//! Reading what was committed: each time as of one block.

use quittance_domain::{BlockRef, Error, Result};
use rusqlite::{Connection, params_from_iter, types::ValueRef};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{
    Address, Child, Identity, Kind, Rows, Table, Value, address, as_number, postgres, schema, sqlite,
};
use crate::error;

/// What is asked of a table: rows from one key to before another, with these values in these columns.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The table's number.
    pub table: usize,
    /// The first key.
    pub from: i64,
    /// The key that is beyond.
    pub until: i64,
    /// Columns by number and what must be in them; one row.
    pub equal: Vec<usize>,
    /// Their values.
    pub values: Rows,
    /// How many rows at the most.
    pub limit: i64,
    /// Whether to count how many there are without the limit, too.
    pub count: bool,
}

/// Rows, and as of which block.
#[derive(Clone, Debug)]
pub struct Page {
    /// The last stored block when they were read.
    pub as_of: Option<BlockRef>,
    /// The rows, in the chain's order.
    pub rows: Rows,
    /// How many there are in all, if that was asked.
    pub count: Option<u64>,
}

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    inner: Inner,
    tables: Vec<Table>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Box<Option<Connection>>),
    Postgres(Box<PgConnection>),
}

impl Reader {
    /// Opens a database that there is.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn open(url: &str, tables: Vec<Table>) -> Result<Self> {
        let inner = match address(url)? {
            Address::Sqlite(path) => Inner::Sqlite(Box::new(Some(sqlite::read_only(path)?))),
            Address::Postgres => Inner::Postgres(Box::new(postgres::connect(url).await?)),
        };
        Ok(Self { inner, tables })
    }

    /// The tables.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Does something with SQLite on a thread that may take its time.
    async fn with<T: Send + 'static>(
        slot: &mut Option<Connection>,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = slot.take().ok_or_else(|| Error::internal("a read that was given up"))?;
        let work = move || {
            let done = work(&connection);
            (connection, done)
        };
        let (connection, done) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        *slot = Some(connection);
        done
    }

    /// What the database is of.
    ///
    /// # Errors
    /// When it does not answer, or was never filled.
    pub async fn identity(&mut self) -> Result<Identity> {
        let known = match &mut self.inner {
            Inner::Sqlite(slot) => Self::with(slot, sqlite::known).await,
            Inner::Postgres(connection) => postgres::known(connection).await,
        };
        known?.ok_or_else(|| Error::conflict("holds no mirror").field("db"))
    }

    /// The last stored blocks, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn blocks(&mut self, limit: i64) -> Result<Vec<BlockRef>> {
        match &mut self.inner {
            Inner::Sqlite(slot) => Self::with(slot, move |sqlite| sqlite::blocks(sqlite, limit)).await,
            Inner::Postgres(connection) => postgres::blocks(connection, limit).await,
        }
    }

    /// The contracts that were found.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn children(&mut self) -> Result<Vec<Child>> {
        const SELECT: &str =
            "SELECT contract, address, block_number FROM mirror_children ORDER BY block_number";
        let child = |contract, address: &[u8], block| {
            let address = address.try_into().map_err(|_| Error::internal("an address of another length"))?;
            Ok(Child { contract, address, block: as_number(block)? })
        };
        match &mut self.inner {
            Inner::Sqlite(slot) => {
                Self::with(slot, move |sqlite| {
                    let mut select = sqlite.prepare_cached(SELECT).map_err(error::of_sqlite)?;
                    let rows =
                        select.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?)));
                    let rows = rows.map_err(error::of_sqlite)?;
                    rows.map(|row| {
                        let (contract, address, block) = row.map_err(error::of_sqlite)?;
                        child(contract, &address, block)
                    })
                    .collect()
                })
                .await
            }
            Inner::Postgres(connection) => {
                let rows = sqlx::query(SELECT).fetch_all(&mut **connection).await.map_err(error::of)?;
                rows.iter().map(|row| child(row.get(0), row.get(1), row.get(2))).collect()
            }
        }
    }

    /// How many rows of a table there are for each of a column's values, nothing counted where it is null.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tally(&mut self, table: usize, column: &str) -> Result<Vec<(String, u64)>> {
        let (table, column) = (schema::quoted(&self.tables[table].name), schema::quoted(column));
        let sql = format!(
            "SELECT {column}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY {column}"
        );
        let tally: Vec<(String, i64)> = match &mut self.inner {
            Inner::Sqlite(slot) => {
                Self::with(slot, move |sqlite| {
                    let mut select = sqlite.prepare(&sql).map_err(error::of_sqlite)?;
                    let rows = select
                        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                        .map_err(error::of_sqlite)?;
                    rows.map(|row| row.map_err(error::of_sqlite)).collect()
                })
                .await?
            }
            Inner::Postgres(connection) => {
                let rows = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut **connection).await;
                rows.map_err(error::of)?
            }
        };
        tally.into_iter().map(|(value, count)| Ok((value, as_number(count)?))).collect()
    }

    /// The rows that are asked for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn page(&mut self, query: Query) -> Result<Page> {
        let table = self.tables[query.table].clone();
        match &mut self.inner {
            Inner::Sqlite(slot) => {
                Self::with(slot, move |sqlite| {
                    sqlite.execute_batch("BEGIN").map_err(error::of_sqlite)?;
                    let page = page_of_sqlite(sqlite, &table, &query);
                    sqlite.execute_batch("COMMIT").map_err(error::of_sqlite)?;
                    page
                })
                .await
            }
            Inner::Postgres(connection) => page_of_postgres(connection, &table, &query).await,
        }
    }
}

/// The condition of a query, with `$1` and `$2` for its keys and the rest for its values.
fn condition(table: &Table, query: &Query) -> String {
    let equal = query.equal.iter().enumerate();
    let equal = equal
        .map(|(n, &column)| format!(" AND {} = ${}", schema::quoted(&table.columns[column].name), n + 3));
    format!("id >= $1 AND id < $2{}", equal.collect::<String>())
}

fn statements(table: &Table, query: &Query) -> (String, String) {
    let (name, condition) = (schema::quoted(&table.name), condition(table, query));
    let columns = schema::list(table);
    let rows = format!("SELECT {columns} FROM {name} WHERE {condition} ORDER BY id LIMIT {}", query.limit);
    (rows, format!("SELECT count(*) FROM {name} WHERE {condition}"))
}

fn page_of_sqlite(sqlite: &Connection, table: &Table, query: &Query) -> Result<Page> {
    let (select, count) = statements(table, query);
    let values = || {
        let keys = [Value::Int(query.from), Value::Int(query.until)];
        params_from_iter(keys.into_iter().chain(query.values.values()).collect::<Vec<_>>())
    };
    let as_of = sqlite::tail(sqlite)?;
    let mut statement = sqlite.prepare_cached(&select).map_err(error::of_sqlite)?;
    let mut found = statement.query(values()).map_err(error::of_sqlite)?;
    let mut rows = Rows::new(table.columns.len());
    while let Some(row) = found.next().map_err(error::of_sqlite)? {
        for (n, column) in table.columns.iter().enumerate() {
            let value = match (row.get_ref(n).map_err(error::of_sqlite)?, column.kind) {
                (ValueRef::Null, _) => Value::Null,
                (ValueRef::Integer(number), Kind::Int) => Value::Int(number),
                (ValueRef::Integer(number), Kind::Flag) => Value::Flag(number != 0),
                (ValueRef::Blob(bytes), Kind::Bytes) => Value::Bytes(bytes),
                (ValueRef::Text(text), Kind::Text) => Value::Text(std::str::from_utf8(text).unwrap_or("?")),
                (other, _) => {
                    let text = format!("{}.{} holds {:?}", table.name, column.name, other.data_type());
                    return Err(Error::internal(text));
                }
            };
            rows.push(value);
        }
    }
    drop(found);
    let count = if query.count {
        let count = sqlite.query_row(&count, values(), |row| row.get(0)).map_err(error::of_sqlite)?;
        Some(as_number(count)?)
    } else {
        None
    };
    Ok(Page { as_of, rows, count })
}

async fn page_of_postgres(connection: &mut PgConnection, table: &Table, query: &Query) -> Result<Page> {
    use sqlx::Connection as _;
    let (select, count) = statements(table, query);
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let mut tx = connection.begin_with(begin).await.map_err(error::of)?;
    let as_of = postgres::blocks(&mut tx, 1).await?.pop();
    let found =
        bound(sqlx::query(AssertSqlSafe(select)), query).fetch_all(&mut *tx).await.map_err(error::of)?;
    let mut rows = Rows::new(table.columns.len());
    for row in &found {
        for (n, column) in table.columns.iter().enumerate() {
            let value = match column.kind {
                Kind::Int => row.try_get::<Option<i64>, _>(n).map(|number| number.map(Value::Int)),
                Kind::Flag => row.try_get::<Option<bool>, _>(n).map(|flag| flag.map(Value::Flag)),
                Kind::Bytes => row.try_get::<Option<&[u8]>, _>(n).map(|bytes| bytes.map(Value::Bytes)),
                Kind::Text => row.try_get::<Option<&str>, _>(n).map(|text| text.map(Value::Text)),
            };
            rows.push(value.map_err(error::of)?.unwrap_or(Value::Null));
        }
    }
    let count = if query.count {
        let count = bound(sqlx::query(AssertSqlSafe(count)), query).fetch_one(&mut *tx).await;
        Some(as_number(count.map_err(error::of)?.get(0))?)
    } else {
        None
    };
    tx.commit().await.map_err(error::of)?;
    Ok(Page { as_of, rows, count })
}

type PgQuery<'a> = sqlx::query::Query<'a, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bound<'a>(select: PgQuery<'a>, query: &Query) -> PgQuery<'a> {
    let mut select = select.bind(query.from).bind(query.until);
    for value in query.values.values() {
        select = match value {
            Value::Null => select.bind(None::<i64>),
            Value::Int(number) => select.bind(number),
            Value::Flag(flag) => select.bind(flag),
            Value::Bytes(bytes) => select.bind(bytes.to_vec()),
            Value::Text(text) => select.bind(text.to_owned()),
        };
    }
    select
}
