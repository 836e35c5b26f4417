//! The tables in PostgreSQL: rows by binary COPY.

use quittance_domain::{BlockRef, Error, Result};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use super::{
    Batch, Checkpoint, Identity, Table, VERSION, as_hash, as_int, as_number, first_of, not_alone, of_version,
    schema,
};
use crate::{error, postgres::insert};

/// One writer at a time. The key is "mirror" in ASCII.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(120261483163506)";

/// A crash of the server may take back the last commits, whole, and the chain has them still.
const SETTINGS: &str = "SET synchronous_commit = off; SET client_min_messages = warning";

/// The server, and who writes into it.
#[derive(Debug)]
pub(super) struct Postgres {
    url: String,
    connection: Option<PgConnection>,
    /// Whether a transaction is open.
    open: bool,
    /// The checkpoint as it was when the last transaction ended; nobody else may have moved it since.
    tail: Option<BlockRef>,
}

pub(super) async fn connect(url: &str) -> Result<PgConnection> {
    PgConnection::connect(url).await.map_err(|failed| match failed {
        sqlx::Error::Configuration(why) => {
            Error::invalid("is not a database's address").field("db").because(why)
        }
        failed => error::of(failed),
    })
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) -> Result<()> {
    connection.execute(AssertSqlSafe(sql.into())).await.map(drop).map_err(error::of)
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let connection = Some(connect(url).await?);
        let mut postgres = Self { url: url.to_owned(), connection, open: false, tail: None };
        run(postgres.connection().await?, SETTINGS).await?;
        Ok(postgres)
    }

    /// The connection, made anew after one that failed.
    async fn connection(&mut self) -> Result<&mut PgConnection> {
        if self.connection.is_none() {
            let mut connection = connect(&self.url).await?;
            run(&mut connection, SETTINGS).await?;
            self.open = false;
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or_else(|| Error::internal("no connection"))
    }

    /// Makes what is not there, and says what the database is of.
    pub(super) async fn prepare(&mut self, tables: &[Table], identity: &Identity) -> Result<Identity> {
        let connection = self.connection().await?;
        run(connection, BEGIN).await?;
        run(connection, schema::OWN.replace("{bytes}", "BYTEA")).await?;
        let known = match known(connection).await? {
            Some(known) => known,
            None => {
                for table in tables {
                    run(connection, schema::create(table, "id BIGINT NOT NULL", "BYTEA")).await?;
                }
                let insert = sqlx::query("INSERT INTO mirror VALUES (1, $1, $2, $3, $4, $5, 0)");
                let insert = insert.bind(VERSION).bind(as_int(identity.chain_id)?);
                let insert = insert.bind(identity.genesis.as_slice()).bind(&identity.contracts);
                let insert = insert.bind(as_int(identity.start_block)?);
                insert.execute(&mut *connection).await.map_err(error::of)?;
                identity.clone()
            }
        };
        let tail = tail(connection).await?;
        run(connection, "COMMIT").await?;
        self.tail = tail;
        Ok(known)
    }

    pub(super) async fn write(&mut self, tables: &[Table], batch: &Batch) -> Result<()> {
        let done = self.copy(tables, batch).await;
        self.settle(done)
    }

    async fn copy(&mut self, tables: &[Table], batch: &Batch) -> Result<()> {
        self.begin().await?;
        let connection = self.connection().await?;
        for (table, rows) in tables.iter().zip(batch) {
            let into = format!("{} ({})", schema::quoted(&table.name), schema::list(table));
            insert(connection, &into, rows).await?;
        }
        Ok(())
    }

    pub(super) async fn commit(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let done = self.move_to(checkpoint).await;
        self.settle(done)
    }

    async fn move_to(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        self.begin().await?;
        let connection = self.connection().await?;
        for child in &checkpoint.children {
            let insert = "INSERT INTO mirror_children VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            let insert = sqlx::query(insert).bind(&child.contract).bind(&child.address[..]);
            insert.bind(as_int(child.block)?).execute(&mut *connection).await.map_err(error::of)?;
        }
        let numbers: Vec<i64> =
            checkpoint.blocks.iter().map(|block| as_int(block.number)).collect::<Result<_>>()?;
        let hashes: Vec<&[u8]> = checkpoint.blocks.iter().map(|block| block.hash.as_slice()).collect();
        let insert = sqlx::query("INSERT INTO mirror_blocks SELECT * FROM UNNEST($1::bigint[], $2::bytea[])");
        insert.bind(numbers).bind(hashes).execute(&mut *connection).await.map_err(error::of)?;
        // The last one is how far the mirror is, however old.
        let prune = "DELETE FROM mirror_blocks WHERE number < $1 AND number < (SELECT max(number) FROM mirror_blocks)";
        let prune = sqlx::query(prune).bind(as_int(checkpoint.keep_from)?);
        prune.execute(&mut *connection).await.map_err(error::of)?;
        run(connection, "COMMIT").await?;
        self.open = false;
        self.tail = checkpoint.blocks.last().copied().or(self.tail);
        Ok(())
    }

    pub(super) async fn roll_back(&mut self) -> Result<()> {
        let done = if self.open { run(self.connection().await?, "ROLLBACK").await } else { Ok(()) };
        self.open = false;
        self.settle(done)
    }

    pub(super) async fn unwind(&mut self, tables: &[Table], to: Option<BlockRef>) -> Result<()> {
        let done = self.take_back(tables, to).await;
        self.settle(done)
    }

    async fn take_back(&mut self, tables: &[Table], to: Option<BlockRef>) -> Result<()> {
        self.begin().await?;
        let connection = self.connection().await?;
        let above = to.map_or(Ok(-1), |block| as_int(block.number))?;
        let key = to.map_or(Ok(0), |block| first_of(block.number + 1))?;
        for table in tables {
            run(connection, format!("DELETE FROM {} WHERE id >= {key}", schema::quoted(&table.name))).await?;
        }
        run(connection, format!("DELETE FROM mirror_children WHERE block_number > {above}")).await?;
        run(connection, format!("DELETE FROM mirror_blocks WHERE number >= {above}")).await?;
        if let Some(block) = to {
            let insert = sqlx::query("INSERT INTO mirror_blocks VALUES ($1, $2)");
            let insert = insert.bind(above).bind(block.hash.as_slice());
            insert.execute(&mut *connection).await.map_err(error::of)?;
        }
        run(connection, "COMMIT").await?;
        self.open = false;
        self.tail = to;
        Ok(())
    }

    /// Makes the indexes of a table side by side, as far as the server lets us.
    pub(super) async fn index(&mut self, tables: &[Table]) -> Result<()> {
        let connection = self.connection().await?;
        let indexed: i64 = sqlx::query_scalar("SELECT indexed FROM mirror")
            .fetch_one(&mut *connection)
            .await
            .map_err(error::of)?;
        if indexed == 1 {
            return Ok(());
        }
        let mut aside = connect(&self.url).await?;
        let connection = self.connection().await?;
        for one in [&mut *connection, &mut aside] {
            run(one, "SET maintenance_work_mem = '64MB'").await?;
        }
        let (keys, lookups): (Vec<String>, Vec<Vec<String>>) =
            tables.iter().map(|table| (key(table), schema::lookups(table, true))).unzip();
        // Two hands: the first takes the keys and every other index.
        let (mut first, mut second) = (keys, vec![]);
        for (n, index) in lookups.into_iter().flatten().enumerate() {
            if n % 2 == 0 { second.push(index) } else { first.push(index) }
        }
        tokio::try_join!(run_all(connection, first), run_all(&mut aside, second))?;
        for table in tables {
            run(connection, promote(table)).await?;
        }
        run(connection, "UPDATE mirror SET indexed = 1; RESET maintenance_work_mem").await
    }

    /// Opens a transaction if none is open, and makes sure that nobody else has written since the last one.
    async fn begin(&mut self) -> Result<()> {
        self.connection().await?;
        if self.open {
            return Ok(());
        }
        let expected = self.tail;
        let connection = self.connection().await?;
        run(connection, BEGIN).await?;
        let tail = tail(connection).await?;
        self.open = true;
        if tail == expected { Ok(()) } else { Err(not_alone()) }
    }

    /// A connection that failed is given up, and with it what was not committed.
    fn settle(&mut self, done: Result<()>) -> Result<()> {
        if done.is_err() {
            self.connection = None;
            self.open = false;
        }
        done
    }
}

async fn run_all(connection: &mut PgConnection, statements: Vec<String>) -> Result<()> {
    for statement in statements {
        run(connection, statement).await?;
    }
    Ok(())
}

fn key_name(table: &Table) -> String {
    schema::quoted(&schema::short(&format!("{}_key", table.name)))
}

/// The key's index, which a table that is being filled has not.
fn key(table: &Table) -> String {
    let table_name = schema::quoted(&table.name);
    format!("CREATE UNIQUE INDEX IF NOT EXISTS {} ON {table_name} (id)", key_name(table))
}

/// Makes the index the table's key, unless it is.
fn promote(table: &Table) -> String {
    let (table, key) = (schema::quoted(&table.name), key_name(table));
    format!(
        "DO $$ BEGIN ALTER TABLE {table} ADD PRIMARY KEY USING INDEX {key}; \
         EXCEPTION WHEN invalid_table_definition OR object_not_in_prerequisite_state THEN NULL; END $$"
    )
}

/// What the database is of, if it was filled at all.
pub(super) async fn known(connection: &mut PgConnection) -> Result<Option<Identity>> {
    let row = sqlx::query(schema::KNOWN).fetch_optional(connection).await.map_err(error::of)?;
    let Some(row) = row else { return Ok(None) };
    of_version(row.get(4))?;
    let (chain_id, start_block) = (as_number(row.get(0))?, as_number(row.get(3))?);
    Ok(Some(Identity { chain_id, genesis: as_hash(row.get(1))?, contracts: row.get(2), start_block }))
}

/// The last stored block.
async fn tail(connection: &mut PgConnection) -> Result<Option<BlockRef>> {
    Ok(blocks(connection, 1).await?.pop())
}

/// The last stored blocks, newest first.
pub(super) async fn blocks(connection: &mut PgConnection, limit: i64) -> Result<Vec<BlockRef>> {
    let select = sqlx::query("SELECT number, hash FROM mirror_blocks ORDER BY number DESC LIMIT $1");
    let rows = select.bind(limit).fetch_all(connection).await.map_err(error::of)?;
    let block = |row: &sqlx::postgres::PgRow| {
        Ok(BlockRef { number: as_number(row.get(0))?, hash: as_hash(row.get(1))? })
    };
    rows.iter().map(block).collect()
}
