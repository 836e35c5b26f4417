//! Domain values as cells of a row, and back.

use std::sync::Arc;

use quittance_domain::{
    Address, Amount, B256, Block, BlockRef, Bytes, DocumentId, Error, Result, SettlementId, U256,
    fact::Origin,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};

use crate::tables::{self, Rows};

/// What is put into a statement or was read: one of the three column types, or nothing of that type.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Text(Option<String>),
    /// A number that no BIGINT holds. Binding it fails, so that no conversion has to be checked on the way.
    TooLarge(u64),
}

/// The cells of a statement, in order.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { [$($crate::value::Cell::from($value)),*] };
}
pub(crate) use cells;

impl Cell {
    /// The value itself.
    pub(crate) fn value(&self) -> Result<tables::Value<'_>> {
        Ok(match self {
            Self::Int(None) | Self::Bytes(None) | Self::Text(None) => tables::Value::Null,
            Self::Int(Some(number)) => tables::Value::Int(*number),
            Self::Bytes(Some(bytes)) => tables::Value::Bytes(bytes),
            Self::Text(Some(text)) => tables::Value::Text(text),
            Self::TooLarge(value) => return Err(Error::internal(format!("{value} does not fit a BIGINT"))),
        })
    }

    /// A value as JSON.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self> {
        serde_json::to_string(value).map(Self::from).map_err(Error::internal)
    }

    /// The terms that an event carries, if any, and the rest of what it says, each as JSON; its name is not among
    /// them. [`Row::event`] puts the three together again.
    pub(crate) fn event(event: &impl Serialize) -> Result<[Self; 2]> {
        let Ok(Json::Object(mut said)) = serde_json::to_value(event) else {
            return Err(Error::internal("an event without a name"));
        };
        said.remove("event");
        let terms = said.remove("terms").map(|terms| terms.to_string());
        Ok([Self::Text(terms), Json::Object(said).to_string().into()])
    }

    /// An upper bound on block numbers; no bound is the highest there is.
    pub(crate) fn bound(as_of: Option<u64>) -> Self {
        Self::Int(Some(as_of.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX)))
    }
}

macro_rules! cell {
    ($($type:ty: $kind:ident($value:ident) $cell:expr;)*) => {$(
        impl From<$type> for Cell {
            fn from($value: $type) -> Self { Self::$kind(Some($cell)) }
        }
        impl From<Option<$type>> for Cell {
            fn from(value: Option<$type>) -> Self { value.map_or(Self::$kind(None), Self::from) }
        }
    )*};
}

cell! {
    bool: Int(value) i64::from(value);
    u32: Int(value) i64::from(value);
    Address: Bytes(value) value.to_vec();
    B256: Bytes(value) value.to_vec();
    U256: Bytes(value) value.to_be_bytes_vec();
    Amount: Bytes(value) value.units().to_be_bytes_vec();
    SettlementId: Bytes(value) value.0.to_vec();
    DocumentId: Bytes(value) value.0.to_vec();
    Bytes: Bytes(value) value.to_vec();
    Vec<u8>: Bytes(value) value;
    &str: Text(value) without_nul(value.to_owned());
    String: Text(value) without_nul(value);
}

/// PostgreSQL's TEXT holds everything but NUL, and strangers put what they like into the registry.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::TooLarge(value), |value| Self::Int(Some(value)))
    }
}

impl From<Option<u64>> for Cell {
    fn from(value: Option<u64>) -> Self {
        value.map_or(Self::Int(None), Self::from)
    }
}

/// A row that was read.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) names: Arc<[String]>,
    pub(crate) cells: Vec<Cell>,
}

impl Row {
    /// The value of a column.
    pub(crate) fn get<T: Column>(&self, name: &'static str) -> Result<T> {
        T::read(self, name)
    }

    /// The value of a JSON column.
    pub(crate) fn json<T: DeserializeOwned>(&self, name: &'static str) -> Result<T> {
        serde_json::from_str(&self.get::<String>(name)?).map_err(|error| unreadable(name, error))
    }

    /// The value of a TEXT column that holds one of a type's JSON names.
    pub(crate) fn named<T: DeserializeOwned>(&self, name: &'static str) -> Result<T> {
        let value = Json::String(self.get(name)?);
        serde_json::from_value(value).map_err(|error| unreadable(name, error))
    }

    /// An event by its name, its terms and its particulars.
    pub(crate) fn event<T: DeserializeOwned>(&self) -> Result<T> {
        let mut said: Map<String, Json> = self.json("particulars")?;
        said.insert("event".into(), Json::String(self.get("event")?));
        if let Some(terms) = self.terms()? {
            said.insert("terms".into(), terms);
        }
        serde_json::from_value(Json::Object(said)).map_err(|error| unreadable("particulars", error))
    }

    /// The terms, if they are on this row.
    pub(crate) fn terms<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let text: Option<String> = self.get("terms")?;
        let read = |text: String| serde_json::from_str(&text).map_err(|error| unreadable("terms", error));
        text.map(read).transpose()
    }

    /// Where a row of a projection comes from.
    pub(crate) fn origin(&self) -> Result<Origin> {
        Ok(Origin {
            block: BlockRef { number: self.get("block_number")?, hash: self.get("block_hash")? },
            timestamp: self.get("timestamp")?,
            transaction: self.get("transaction_hash")?,
            log_index: self.get("log_index")?,
        })
    }

    /// A header.
    pub(crate) fn block(&self) -> Result<Block> {
        Ok(Block { number: self.get("number")?, hash: self.get("hash")?, timestamp: self.get("timestamp")? })
    }

    fn cell(&self, name: &'static str) -> Result<&Cell> {
        let place = self.names.iter().position(|column| column == name);
        let cell = place.and_then(|place| self.cells.get(place));
        cell.ok_or_else(|| unreadable(name, "is not there"))
    }

    fn bytes(&self, name: &'static str) -> Result<&[u8]> {
        match self.cell(name)? {
            Cell::Bytes(Some(bytes)) => Ok(bytes),
            _ => Err(unreadable(name, "holds no bytes")),
        }
    }

    fn int(&self, name: &'static str) -> Result<i64> {
        match self.cell(name)? {
            Cell::Int(Some(number)) => Ok(*number),
            _ => Err(unreadable(name, "holds no number")),
        }
    }
}

/// A number for a BIGINT.
pub(crate) fn int(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::internal(format!("{number} does not fit a BIGINT")))
}

/// Where a row of a projection comes from, as its first five columns.
pub(crate) fn push_origin(rows: &mut Rows, origin: &Origin) -> Result<()> {
    rows.push(tables::Value::Int(int(origin.block.number)?));
    rows.push(tables::Value::Int(int(origin.log_index)?));
    rows.push(tables::Value::Bytes(origin.block.hash.as_slice()));
    rows.push(tables::Value::Int(int(origin.timestamp)?));
    rows.push(tables::Value::Bytes(origin.transaction.as_slice()));
    Ok(())
}

/// The JSON name of a plain enum's variant, as the columns `status`, `us` and so on hold it.
pub(crate) fn name_of(value: &impl Serialize) -> Result<Cell> {
    match serde_json::to_value(value) {
        Ok(Json::String(name)) => Ok(name.into()),
        other => Err(Error::internal(format!("no name to store: {other:?}"))),
    }
}

fn unreadable(name: &str, error: impl std::fmt::Display) -> Error {
    Error::internal(format!("column {name}: {error}"))
}

/// A type that a column can be read as.
pub(crate) trait Column: Sized {
    fn read(row: &Row, name: &'static str) -> Result<Self>;
}

impl<T: Column> Column for Option<T> {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        match row.cell(name)? {
            Cell::Int(None) | Cell::Bytes(None) | Cell::Text(None) => Ok(None),
            _ => T::read(row, name).map(Some),
        }
    }
}

impl Column for u64 {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        Self::try_from(row.int(name)?).map_err(|error| unreadable(name, error))
    }
}

impl Column for bool {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        Ok(row.int(name)? != 0)
    }
}

impl Column for String {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        match row.cell(name)? {
            Cell::Text(Some(text)) => Ok(text.clone()),
            _ => Err(unreadable(name, "holds no text")),
        }
    }
}

impl Column for Bytes {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        row.bytes(name).map(Self::copy_from_slice)
    }
}

impl Column for Address {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        Self::try_from(row.bytes(name)?).map_err(|error| unreadable(name, error))
    }
}

impl Column for B256 {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        Self::try_from(row.bytes(name)?).map_err(|error| unreadable(name, error))
    }
}

impl Column for U256 {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        B256::read(row, name).map(|bytes| Self::from_be_bytes(bytes.0))
    }
}

impl Column for Amount {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        U256::read(row, name).map(Self::new)
    }
}

impl Column for SettlementId {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        B256::read(row, name).map(Self)
    }
}

impl Column for DocumentId {
    fn read(row: &Row, name: &'static str) -> Result<Self> {
        B256::read(row, name).map(Self)
    }
}
