//! Lists as an application asks for them: conditions, order and a part of what there is, made into SQL in this one
//! place. Names of columns come from the code, values are always bound.

use quittance_domain::{Address, B256, Error, Result, U256};

use crate::{
    Tx,
    value::{Cell, Row},
};

/// The name of a column. Being `'static`, it cannot have come with a request.
pub type Column = &'static str;

/// How a column is held against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// The same.
    Equal,
    /// Less.
    Below,
    /// Less or the same.
    AtMost,
    /// More.
    Above,
    /// More or the same.
    AtLeast,
    /// A text with the value anywhere in it.
    Containing,
    /// A text that begins with the value.
    Starting,
    /// A text that ends with the value.
    Ending,
}

/// What a column is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// For BIGINT.
    Int(u64),
    /// For BYTEA.
    Bytes(Vec<u8>),
    /// For TEXT.
    Text(String),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(number)
    }
}

impl From<Address> for Value {
    fn from(address: Address) -> Self {
        Self::Bytes(address.to_vec())
    }
}

impl From<B256> for Value {
    fn from(hash: B256) -> Self {
        Self::Bytes(hash.to_vec())
    }
}

impl From<U256> for Value {
    fn from(number: U256) -> Self {
        Self::Bytes(number.to_be_bytes_vec())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            // No column holds more than a BIGINT: what is above all is as good as the highest.
            Value::Int(number) => Self::bound(Some(number)),
            Value::Bytes(bytes) => bytes.into(),
            Value::Text(text) => text.into(),
        }
    }
}

/// Which rows are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Every one of these holds; of none, always.
    All(Vec<Self>),
    /// One of these holds; of none, never.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
    /// There is no value.
    Null(Column),
    /// A column is so.
    Column(Column, Is, Value),
    /// A column of text is so, capital letters or not.
    Folded(Column, Is, String),
}

impl Condition {
    /// A column has this value.
    pub fn equal(column: Column, value: impl Into<Value>) -> Self {
        Self::Column(column, Is::Equal, value.into())
    }

    /// Always, or never.
    #[must_use]
    pub const fn constant(yes: bool) -> Self {
        if yes { Self::All(vec![]) } else { Self::Any(vec![]) }
    }
}

/// Whether the smallest or the largest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The smallest.
    Ascending,
    /// The largest.
    Descending,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Which rows are wanted.
    pub condition: Condition,
    /// By what they are sorted; it should tell any two rows apart.
    pub order: Vec<(Column, Order)>,
    /// How many of them are left out first.
    pub skip: u32,
    /// How many of them come then, at most.
    pub limit: u32,
    /// Whether all are counted.
    pub count: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected<T> {
    /// The part that was asked for.
    pub items: Vec<T>,
    /// How many there are in all, if that was asked.
    pub total: Option<u64>,
}

/// Selects from a table or a statement in brackets, whose own cells come first.
pub(crate) async fn select<T>(
    tx: &mut Tx,
    source: &'static str,
    first: &[Cell],
    selection: &Selection,
    read: impl Fn(&Row) -> Result<T>,
) -> Result<Selected<T>> {
    let mut cells = first.to_vec();
    let condition = sql(&selection.condition, &mut cells);
    let total = if selection.count {
        let sql = format!("SELECT COUNT(*) AS total FROM {source} AS listed WHERE {condition}");
        let rows = tx.rows_of(sql, cells.clone()).await?;
        let row = rows.first().ok_or_else(|| Error::internal("a count without a row"))?;
        Some(row.get("total")?)
    } else {
        None
    };
    let order: Vec<String> = selection.order.iter().map(by).collect();
    let mut sql = format!("SELECT * FROM {source} AS listed WHERE {condition} ORDER BY {}", order.join(", "));
    sql += &format!(" LIMIT {}", place(&mut cells, selection.limit.into()));
    if selection.skip > 0 {
        sql += &format!(" OFFSET {}", place(&mut cells, selection.skip.into()));
    }
    let rows = tx.rows_of(sql, cells).await?;
    Ok(Selected { items: rows.iter().map(read).collect::<Result<_>>()?, total })
}

fn by((column, order): &(Column, Order)) -> String {
    match order {
        Order::Ascending => format!("{column} ASC"),
        Order::Descending => format!("{column} DESC"),
    }
}

/// The placeholder of a value that is bound.
fn place(cells: &mut Vec<Cell>, cell: Cell) -> String {
    cells.push(cell);
    format!("${}", cells.len())
}

fn sql(condition: &Condition, cells: &mut Vec<Cell>) -> String {
    match condition {
        Condition::All(all) => joined(all, " AND ", "1 = 1", cells),
        Condition::Any(any) => joined(any, " OR ", "1 = 0", cells),
        Condition::Not(condition) => format!("NOT {}", sql(condition, cells)),
        Condition::Null(column) => format!("({column} IS NULL)"),
        Condition::Column(column, is, value) => {
            let value = place(cells, value.clone().into());
            held(column, *is, &value)
        }
        Condition::Folded(column, is, text) => {
            let value = place(cells, text.to_ascii_lowercase().into());
            held(&format!("lower({column})"), *is, &value)
        }
    }
}

fn held(column: &str, is: Is, value: &str) -> String {
    match is {
        Is::Equal => format!("({column} = {value})"),
        Is::Below => format!("({column} < {value})"),
        Is::AtMost => format!("({column} <= {value})"),
        Is::Above => format!("({column} > {value})"),
        Is::AtLeast => format!("({column} >= {value})"),
        // LIKE minds capital letters on one database and not on the other.
        Is::Containing => format!("({value} = '' OR replace({column}, {value}, '') <> {column})"),
        Is::Starting => format!("(substr({column}, 1, length({value})) = {value})"),
        Is::Ending => format!(
            "(length({column}) >= length({value}) \
                     AND substr({column}, length({column}) - length({value}) + 1) = {value})"
        ),
    }
}

fn joined(conditions: &[Condition], word: &str, none: &str, cells: &mut Vec<Cell>) -> String {
    if conditions.is_empty() {
        return format!("({none})");
    }
    let all: Vec<String> = conditions.iter().map(|condition| sql(condition, cells)).collect();
    format!("({})", all.join(word))
}
