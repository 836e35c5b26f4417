//! Lists, page by page: a page begins where the one before it ended, however long the list has grown.

use std::{fmt, str::FromStr};

use quittance_domain::{Address, B256, Error, Result, fact::Origin};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; nothing if this one is the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` items out of one more than that, if there were so many.
    pub(crate) fn cut(mut items: Vec<T>, limit: u32, key: impl FnOnce(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Self { items, next }
    }
}

/// A place on the chain: the order in which things happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// In which block.
    pub block_number: u64,
    /// Where in the block.
    pub log_index: u64,
}

impl Position {
    /// After everything that a database can hold.
    pub(crate) const END: Self = Self { block_number: Number::MAX, log_index: 0 };

    /// What a list from the newest on begins before.
    pub(crate) fn before(cursor: Option<&str>) -> Result<Self> {
        cursor.map_or(Ok(Self::END), str::parse)
    }
}

impl From<&Origin> for Position {
    fn from(origin: &Origin) -> Self {
        Self { block_number: origin.block.number, log_index: origin.log_index }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.block_number, self.log_index)
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (Number(block_number), Number(log_index)) = pair(text)?;
        Ok(Self { block_number, log_index })
    }
}

/// A cursor of a number and a hash.
pub(crate) fn number_and_hash(cursor: Option<&str>) -> Result<(u64, B256)> {
    let Some(cursor) = cursor else { return Ok((Number::MAX, B256::ZERO)) };
    pair(cursor).map(|(Number(number), hash)| (number, hash))
}

/// A cursor of a number and a text.
pub(crate) fn number_and_text(cursor: Option<&str>) -> Result<(u64, String)> {
    let Some(cursor) = cursor else { return Ok((Number::MAX, String::new())) };
    pair(cursor).map(|(Number(number), text)| (number, text))
}

/// A cursor of two addresses.
pub(crate) fn addresses(cursor: Option<&str>) -> Result<(Address, Address)> {
    cursor.map_or(Ok((Address::ZERO, Address::ZERO)), pair)
}

/// A cursor of one address.
pub(crate) fn address(cursor: Option<&str>) -> Result<Address> {
    cursor.map_or(Ok(Address::ZERO), |text| text.parse().map_err(|_| not_ours()))
}

/// A cursor of an address and 32 bytes.
pub(crate) fn address_and_hash(cursor: Option<&str>) -> Result<(Address, B256)> {
    cursor.map_or(Ok((Address::ZERO, B256::ZERO)), pair)
}

/// A number of a cursor, which may come from anybody: only what a BIGINT holds.
struct Number(u64);

impl Number {
    const MAX: u64 = i64::MAX.unsigned_abs();
}

impl FromStr for Number {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().ok().filter(|number| *number <= Self::MAX).map(Self).ok_or(())
    }
}

fn pair<A: FromStr, B: FromStr>(text: &str) -> Result<(A, B)> {
    text.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?))).ok_or_else(not_ours)
}

fn not_ours() -> Error {
    Error::invalid("is not one that this node gave out").field("cursor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_its_text() {
        let position = Position { block_number: 12, log_index: 3 };
        assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        for bad in ["", "12", "12-", "-3", "a-b", "12-3-4", "9223372036854775808-0"] {
            assert!(bad.parse::<Position>().is_err(), "{bad}");
        }
    }
}
