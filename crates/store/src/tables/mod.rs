//! Tables of facts that are known only at run time: one per event of whatever contracts are mirrored.
//!
//! Filled in bulk, by one writer. A transaction is open from the first [`Tables::write`] to
//! [`Tables::commit`], which moves the checkpoint in it. The checkpoint is the last stored block.

mod postgres;
mod read;
mod rows;
mod schema;
mod sqlite;

use quittance_domain::{B256, BlockRef, Error, Result};

pub use read::{Page, Query, Reader};
pub use rows::{Mark, Rows, Value};
pub use schema::{Column, Kind, Table, short};

use postgres::Postgres;
use sqlite::Sqlite;

/// The version of the tables' form.
const VERSION: i64 = 1;

/// Which chain and contracts a database is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The chain's number.
    pub chain_id: u64,
    /// The hash of its first block.
    pub genesis: B256,
    /// What is mirrored, in one text: another text would fill other tables.
    pub contracts: String,
    /// The first block that may have any of it.
    pub start_block: u64,
}

/// A contract that another one made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The entry that it belongs to.
    pub contract: String,
    /// Where it is.
    pub address: [u8; 20],
    /// The block that it came with.
    pub block: u64,
}

/// Rows for each table.
pub type Batch = Vec<Rows>;

/// What moves the checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    /// Blocks that are known by hash, ascending; the last one is how far the mirror is.
    pub blocks: Vec<BlockRef>,
    /// Blocks before this one need not be known any more.
    pub keep_from: u64,
    /// Contracts that were found.
    pub children: Vec<Child>,
}

/// The tables, open for writing.
#[derive(Debug)]
pub struct Tables {
    writer: Writer,
    tables: Vec<Table>,
    url: String,
}

#[derive(Debug)]
enum Writer {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Tables {
    /// Opens the database at `url` and makes the tables that are not there.
    ///
    /// # Errors
    /// When it does not answer, or is of another chain or other contracts.
    pub async fn open(url: &str, tables: Vec<Table>, identity: &Identity) -> Result<Self> {
        let mut writer = match address(url)? {
            Address::Sqlite(path) => Writer::Sqlite(Sqlite::open(path).await?),
            Address::Postgres => Writer::Postgres(Box::new(Postgres::open(url).await?)),
        };
        let known = match &mut writer {
            Writer::Sqlite(sqlite) => sqlite.prepare(&tables, identity).await?,
            Writer::Postgres(postgres) => postgres.prepare(&tables, identity).await?,
        };
        same(&known, identity)?;
        Ok(Self { writer, tables, url: url.to_owned() })
    }

    /// The tables.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// A way to read what was committed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reader(&self) -> Result<Reader> {
        Reader::open(&self.url, self.tables.clone()).await
    }

    /// Adds rows.
    ///
    /// # Errors
    /// When the database refuses, or another process has moved the checkpoint. Nothing since the last commit
    /// lasts then.
    pub async fn write(&mut self, batch: Batch) -> Result<()> {
        match &mut self.writer {
            Writer::Sqlite(sqlite) => sqlite.write(&self.tables, batch).await,
            Writer::Postgres(postgres) => postgres.write(&self.tables, &batch).await,
        }
    }

    /// Moves the checkpoint, and makes all since the last commit last.
    ///
    /// # Errors
    /// As with [`Tables::write`].
    pub async fn commit(&mut self, checkpoint: Checkpoint) -> Result<()> {
        match &mut self.writer {
            Writer::Sqlite(sqlite) => sqlite.commit(checkpoint).await,
            Writer::Postgres(postgres) => postgres.commit(&checkpoint).await,
        }
    }

    /// Gives up what was not committed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn roll_back(&mut self) -> Result<()> {
        match &mut self.writer {
            Writer::Sqlite(sqlite) => sqlite.roll_back().await,
            Writer::Postgres(postgres) => postgres.roll_back().await,
        }
    }

    /// Deletes what came after a block, which is the checkpoint from then on; all, for none.
    ///
    /// # Errors
    /// As with [`Tables::write`].
    pub async fn unwind(&mut self, to: Option<BlockRef>) -> Result<()> {
        match &mut self.writer {
            Writer::Sqlite(sqlite) => sqlite.unwind(&self.tables, to).await,
            Writer::Postgres(postgres) => postgres.unwind(&self.tables, to).await,
        }
    }

    /// Makes the indexes, once the tables are filled. Until then rows go in without.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn index(&mut self) -> Result<()> {
        match &mut self.writer {
            Writer::Sqlite(sqlite) => sqlite.index(&self.tables).await,
            Writer::Postgres(postgres) => postgres.index(&self.tables).await,
        }
    }
}

pub(super) enum Address<'a> {
    Sqlite(&'a str),
    Postgres,
}

/// What kind of database an address is of.
fn address(url: &str) -> Result<Address<'_>> {
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains('?') || path.contains(":memory:") {
                return Err(Error::invalid("must name a file: sqlite://PATH").field("db"));
            }
            Ok(Address::Sqlite(path))
        }
        Some(("postgres" | "postgresql", _)) => Ok(Address::Postgres),
        _ => Err(Error::invalid("must begin with sqlite:// or postgres://").field("db")),
    }
}

/// Refuses a database of another chain, or of other contracts.
///
/// # Errors
/// When it is.
pub fn same(known: &Identity, asked: &Identity) -> Result<()> {
    if known.chain_id != asked.chain_id || known.genesis != asked.genesis {
        let text = format!(
            "holds chain {} with the first block {}, the endpoint has chain {} with {}: another chain, or the \
             same one started anew",
            known.chain_id, known.genesis, asked.chain_id, asked.genesis
        );
        return Err(Error::conflict(text).field("db"));
    }
    if known.contracts != asked.contracts {
        let text = format!(
            "was filled for other contracts, events or start blocks: take a new database, or those again\n  \
             then: {}\n  now:  {}",
            known.contracts, asked.contracts
        );
        return Err(Error::conflict(text).field("db"));
    }
    Ok(())
}

/// The key of the first log of a block, and so of what came after the one before.
pub(super) fn first_of(block: u64) -> Result<i64> {
    key(block, 0)
}

/// Logs in a block, at most.
const LOGS_BITS: u32 = 20;

/// The key of a log: the chain's order in one number.
///
/// # Errors
/// When the block or the log has a number too large for it.
pub fn key(block: u64, log_index: u64) -> Result<i64> {
    let fits = log_index < 1 << LOGS_BITS && block < 1 << (63 - LOGS_BITS);
    let key = fits.then(|| i64::try_from(block << LOGS_BITS | log_index).ok()).flatten();
    key.ok_or_else(|| {
        Error::internal(format!("log {log_index} of block {block} is beyond what a key can say"))
    })
}

/// The block that a key is of.
#[must_use]
pub fn block_of(key: i64) -> u64 {
    u64::try_from(key >> LOGS_BITS).unwrap_or_default()
}

/// Refuses tables of a form that is not ours.
fn of_version(version: i64) -> Result<()> {
    let ours = version == VERSION;
    if ours { Ok(()) } else { Err(Error::conflict("was filled by another version").field("db")) }
}

/// What two writers in one database come to.
fn not_alone() -> Error {
    Error::conflict("another process writes into it").field("db")
}

fn as_int(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::internal(format!("{number} is beyond a database's numbers")))
}

fn as_number(int: i64) -> Result<u64> {
    u64::try_from(int).map_err(|_| Error::internal(format!("{int} where there must be no negative number")))
}

fn as_hash(bytes: &[u8]) -> Result<B256> {
    B256::try_from(bytes).map_err(|_| Error::internal("a hash that is not 32 bytes long"))
}
