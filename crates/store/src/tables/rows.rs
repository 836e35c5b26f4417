//! Rows on their way in or out: their values one after the other, with the bytes of all in one piece.

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value<'a> {
    /// None.
    Null,
    /// A number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
}

/// A value without its bytes, which are the next so many of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Null,
    Int(i64),
    Flag(bool),
    Bytes(usize),
    Text(usize),
}

/// Rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    width: usize,
    cells: Vec<Cell>,
    bytes: Vec<u8>,
}

/// A place in [`Rows`] to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    cells: usize,
    bytes: usize,
}

impl Rows {
    /// No rows yet, of so many columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// How many columns they have.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or_default()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Adds a value to the last row.
    pub fn push(&mut self, value: Value<'_>) {
        let (cell, bytes): (_, &[u8]) = match value {
            Value::Null => (Cell::Null, &[]),
            Value::Int(number) => (Cell::Int(number), &[]),
            Value::Flag(flag) => (Cell::Flag(flag), &[]),
            Value::Bytes(bytes) => (Cell::Bytes(bytes.len()), bytes),
            Value::Text(text) => (Cell::Text(text.len()), text.as_bytes()),
        };
        self.cells.push(cell);
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds bytes that `fill` writes itself.
    ///
    /// # Errors
    /// What `fill` says; nothing was added then.
    pub fn push_with<E>(
        &mut self,
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = self.bytes.len();
        self.bytes.resize(before + len, 0);
        let filled = fill(&mut self.bytes[before..]);
        match filled {
            Ok(()) => self.cells.push(Cell::Bytes(len)),
            Err(_) => self.bytes.truncate(before),
        }
        filled
    }

    /// Where it ends now.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        Mark { cells: self.cells.len(), bytes: self.bytes.len() }
    }

    /// Takes back what was added since.
    pub fn back_to(&mut self, mark: Mark) {
        self.cells.truncate(mark.cells);
        self.bytes.truncate(mark.bytes);
    }

    /// Adds another's rows.
    pub fn append(&mut self, mut other: Self) {
        self.width = other.width;
        self.cells.append(&mut other.cells);
        self.bytes.append(&mut other.bytes);
    }

    /// All values, row by row.
    pub fn values(&self) -> impl Iterator<Item = Value<'_>> {
        let mut rest: &[u8] = &self.bytes;
        self.cells.iter().map(move |&cell| {
            let mut take = |len| {
                let (bytes, after) = rest.split_at(len);
                rest = after;
                bytes
            };
            match cell {
                Cell::Null => Value::Null,
                Cell::Int(number) => Value::Int(number),
                Cell::Flag(flag) => Value::Flag(flag),
                Cell::Bytes(len) => Value::Bytes(take(len)),
                // Only whole texts were put in.
                Cell::Text(len) => Value::Text(std::str::from_utf8(take(len)).unwrap_or_default()),
            }
        })
    }

    /// The rows, each as its values.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<Value<'_>>> {
        let mut values = self.values();
        (0..self.len()).map(|_| values.by_ref().take(self.width).collect()).collect()
    }

    /// About how much memory it takes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.cells.len() * size_of::<Cell>() + self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let mut rows = Rows::new(5);
        let row = [Value::Int(1), Value::Bytes(b"ab"), Value::Text("c"), Value::Null, Value::Flag(true)];
        row.iter().for_each(|&value| rows.push(value));
        let mark = rows.mark();
        rows.push(Value::Text("gone"));
        assert!(rows.push_with(3, |_| Err(())).is_err());
        rows.back_to(mark);
        row.iter().rev().for_each(|&value| rows.push(value));
        assert_eq!(rows.len(), 2);
        assert_eq!(rows.rows()[0], row);
        assert_eq!(rows.rows()[1][3], Value::Bytes(b"ab"));
    }
}
