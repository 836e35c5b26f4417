//! What tables there are, and the statements that make them: the same on both databases but for the names
//! of two types.

/// A table of facts. Its first column is `id`, the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, `id` first.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub kind: Kind,
    /// Whether it has an index.
    pub lookup: bool,
    /// Whether a row may have nothing there.
    pub nullable: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers of 64 bits.
    Int,
    /// Yes or no.
    Flag,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
}

impl Column {
    /// A column that every row has something in.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, lookup: false, nullable: false }
    }
}

/// The mirror's own tables: on which chain it is, how far, and which contracts it found on the way.
pub(super) const OWN: &str = "
    CREATE TABLE IF NOT EXISTS mirror (
        one BIGINT PRIMARY KEY CHECK (one = 1),
        version BIGINT NOT NULL,
        chain_id BIGINT NOT NULL,
        genesis {bytes} NOT NULL,
        contracts TEXT NOT NULL,
        start_block BIGINT NOT NULL,
        indexed BIGINT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS mirror_blocks (
        number BIGINT PRIMARY KEY,
        hash {bytes} NOT NULL
    );
    CREATE TABLE IF NOT EXISTS mirror_children (
        contract TEXT NOT NULL,
        address {bytes} NOT NULL,
        block_number BIGINT NOT NULL,
        PRIMARY KEY (contract, address)
    );
";

/// What a database is of.
pub(super) const KNOWN: &str = "SELECT chain_id, genesis, contracts, start_block, version FROM mirror";

/// A name as SQL has it: events have arguments called `from` and `order`.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The names of all columns.
pub(super) fn list(table: &Table) -> String {
    table.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
}

/// The statement that makes a table, with `key` for the first column.
pub(super) fn create(table: &Table, key: &str, bytes: &str) -> String {
    let columns = table.columns.iter().skip(1).map(|column| {
        let kind = match column.kind {
            Kind::Int => "BIGINT",
            Kind::Flag => "BOOLEAN",
            Kind::Bytes => bytes,
            Kind::Text => "TEXT",
        };
        let null = if column.nullable { "" } else { " NOT NULL" };
        format!(", {} {kind}{null}", quoted(&column.name))
    });
    format!("CREATE TABLE {} ({key}{})", quoted(&table.name), columns.collect::<String>())
}

/// The indexes that a table has once it is filled: name and columns.
pub(super) fn lookups(table: &Table, with_key: bool) -> Vec<String> {
    let lookups = table.columns.iter().filter(|column| column.lookup);
    let index = |column: &Column| {
        let name = short(&format!("{}_{}", table.name, column.name));
        let key = if with_key { ", id" } else { "" };
        let (name, on, column) = (quoted(&name), quoted(&table.name), quoted(&column.name));
        format!("CREATE INDEX IF NOT EXISTS {name} ON {on} ({column}{key})")
    };
    lookups.map(index).collect()
}

/// PostgreSQL cuts names after 63 bytes; what is cut off here is told apart by a sum of it.
#[must_use]
pub fn short(name: &str) -> String {
    const LONGEST: usize = 58;
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let sum = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let kept: String =
        name.char_indices().take_while(|(at, c)| at + c.len_utf8() <= 49).map(|(_, c)| c).collect();
    format!("{kept}_{:08x}", sum >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ() {
        let (a, b) = ("x".repeat(80) + "a", "x".repeat(80) + "b");
        assert!(short(&a).len() <= 58 && short(&a) != short(&b));
        assert_eq!(short("token_transfer"), "token_transfer");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
