//! How an argument is kept: what the schema page calls the columns' forms.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, I256, U256, hex};
use quittance_store::tables::{Kind, Rows, Value};
use serde_json::json;

use super::decode::Reason;

/// What is in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A number that fits 64 bits with its sign: as it is.
    Small {
        /// Whether it has a sign.
        signed: bool,
        /// Its bits.
        bits: usize,
    },
    /// A larger number: 32 bytes, most significant first, which sort like the numbers on both databases. One
    /// with a sign has its first bit turned, so that negative ones come first.
    Large {
        /// Whether it has a sign.
        signed: bool,
        /// Its bits.
        bits: usize,
    },
    /// Yes or no.
    Flag,
    /// An address: 20 bytes.
    Address,
    /// So many bytes.
    Fixed(usize),
    /// The hash that stands for an indexed argument of any length.
    Hash,
    /// Bytes of any length.
    Bytes,
    /// Text.
    Text,
    /// A list or a tuple, as JSON: numbers in decimal and bytes in hexadecimal, both as strings.
    Json(DynSolType),
}

/// A word's first bit.
const SIGN: u8 = 0x80;

impl Form {
    /// How an argument of this type is kept.
    #[must_use]
    pub fn of(kind: &DynSolType, indexed: bool) -> Self {
        match kind {
            DynSolType::Bool => Self::Flag,
            DynSolType::Int(bits) if *bits <= 64 => Self::Small { signed: true, bits: *bits },
            DynSolType::Uint(bits) if *bits <= 64 => Self::Small { signed: false, bits: *bits },
            DynSolType::Int(bits) => Self::Large { signed: true, bits: *bits },
            DynSolType::Uint(bits) => Self::Large { signed: false, bits: *bits },
            DynSolType::Address => Self::Address,
            DynSolType::FixedBytes(len) => Self::Fixed(*len),
            DynSolType::Function => Self::Fixed(24),
            _ if indexed => Self::Hash,
            DynSolType::Bytes => Self::Bytes,
            DynSolType::String => Self::Text,
            other => Self::Json(other.clone()),
        }
    }

    /// What kind of column it takes.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Small { .. } => Kind::Int,
            Self::Flag => Kind::Flag,
            Self::Text | Self::Json(_) => Kind::Text,
            Self::Large { .. } | Self::Address | Self::Fixed(_) | Self::Hash | Self::Bytes => Kind::Bytes,
        }
    }

    /// Whether it is one word of the log, as it is.
    #[must_use]
    pub const fn is_word(&self) -> bool {
        !matches!(self, Self::Bytes | Self::Text | Self::Json(_))
    }

    /// Adds a value that is one word. A word that could not have come from such a value is not cut to fit.
    pub(super) fn word(&self, word: &[u8; 32], rows: &mut Rows) -> Result<(), Reason> {
        let zeros = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
        match *self {
            Self::Small { signed, bits } => rows.push(Value::Int(small(word, signed, bits)?)),
            Self::Large { signed, bits } => {
                let head = &word[..32 - bits / 8];
                let negative = signed && word[32 - bits / 8] & SIGN != 0;
                let filled = if negative { head.iter().all(|&byte| byte == 0xff) } else { zeros(head) };
                filled.then_some(()).ok_or(Reason::Garbled)?;
                let mut word = *word;
                word[0] ^= if signed { SIGN } else { 0 };
                rows.push(Value::Bytes(&word));
            }
            Self::Flag if zeros(&word[..31]) && word[31] < 2 => rows.push(Value::Flag(word[31] == 1)),
            Self::Address if zeros(&word[..12]) => rows.push(Value::Bytes(&word[12..])),
            Self::Fixed(len) if zeros(&word[len..]) => rows.push(Value::Bytes(&word[..len])),
            Self::Hash => rows.push(Value::Bytes(word)),
            _ => return Err(Reason::Garbled),
        }
        Ok(())
    }

    /// Adds a value of any type.
    pub(super) fn value(&self, value: &DynSolValue, rows: &mut Rows) -> Result<(), Reason> {
        match (self, value) {
            (Self::Bytes, DynSolValue::Bytes(bytes)) => rows.push(Value::Bytes(bytes)),
            // PostgreSQL's text has no place for it, and what only one database has would be no mirror.
            (Self::Text, DynSolValue::String(text)) if text.contains('\0') => return Err(Reason::Text),
            (Self::Text, DynSolValue::String(text)) => rows.push(Value::Text(text)),
            (Self::Json(_), value) => rows.push(Value::Text(&json_of(value).to_string())),
            (_, value) => match value.as_word() {
                Some(word) => self.word(&word.0, rows)?,
                None => return Err(Reason::Garbled),
            },
        }
        Ok(())
    }

    /// A column's value for people: numbers in decimal, bytes in hexadecimal.
    #[must_use]
    pub fn show(&self, value: Value<'_>) -> serde_json::Value {
        match (self, value) {
            (_, Value::Null) => serde_json::Value::Null,
            (_, Value::Int(number)) => json!(number),
            (_, Value::Flag(flag)) => json!(flag),
            (Self::Json(_), Value::Text(text)) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            (_, Value::Text(text)) => json!(text),
            (Self::Large { signed, .. }, Value::Bytes(bytes)) => json!(decimal(bytes, *signed)),
            (_, Value::Bytes(bytes)) => json!(hex::encode_prefixed(bytes)),
        }
    }

    /// The value that people mean, as a column has it.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Rows> {
        let mut rows = Rows::new(1);
        match *self {
            Self::Small { .. } => rows.push(Value::Int(text.parse().ok()?)),
            Self::Flag => rows.push(Value::Flag(text.parse().ok()?)),
            Self::Text | Self::Json(_) => rows.push(Value::Text(text)),
            Self::Address => rows.push(Value::Bytes(text.parse::<Address>().ok()?.as_slice())),
            Self::Large { signed: false, .. } => {
                rows.push(Value::Bytes(&text.parse::<U256>().ok()?.to_be_bytes::<32>()));
            }
            Self::Large { signed: true, .. } => {
                let mut word = text.parse::<I256>().ok()?.to_be_bytes::<32>();
                word[0] ^= SIGN;
                rows.push(Value::Bytes(&word));
            }
            Self::Fixed(_) | Self::Hash | Self::Bytes => {
                let bytes = hex::decode(text).ok()?;
                let fits = match self {
                    Self::Fixed(len) => bytes.len() == *len,
                    Self::Hash => bytes.len() == 32,
                    _ => true,
                };
                fits.then_some(())?;
                rows.push(Value::Bytes(&bytes));
            }
        }
        Some(rows)
    }
}

/// A number of up to 64 bits, unless it does not fit the database's 64 bits with sign.
fn small(word: &[u8; 32], signed: bool, bits: usize) -> Result<i64, Reason> {
    let Some((head, tail)) = word.split_last_chunk::<8>() else { return Err(Reason::Garbled) };
    let number = i64::from_be_bytes(*tail);
    if signed {
        let fill = if number < 0 { 0xff } else { 0 };
        // What the type has no bits for repeats its sign.
        let beyond = number >> (bits - 1);
        let fits = head.iter().all(|&byte| byte == fill) && (beyond == 0 || beyond == -1);
        return if fits { Ok(number) } else { Err(Reason::Garbled) };
    }
    let within = bits == 64 || u64::from_be_bytes(*tail) >> bits == 0;
    if !within || head.iter().any(|&byte| byte != 0) {
        return Err(Reason::Garbled);
    }
    if number < 0 { Err(Reason::Overflow) } else { Ok(number) }
}

fn decimal(bytes: &[u8], signed: bool) -> String {
    let Ok(mut word) = <[u8; 32]>::try_from(bytes) else { return hex::encode_prefixed(bytes) };
    if signed {
        word[0] ^= SIGN;
        return I256::from_be_bytes(word).to_string();
    }
    U256::from_be_bytes(word).to_string()
}

/// A value as JSON that says all of it: what is a number may be larger than JSON's readers can read.
fn json_of(value: &DynSolValue) -> serde_json::Value {
    match value {
        DynSolValue::Bool(flag) => json!(flag),
        DynSolValue::Int(number, _) => json!(number.to_string()),
        DynSolValue::Uint(number, _) => json!(number.to_string()),
        DynSolValue::FixedBytes(word, len) => json!(hex::encode_prefixed(&word[..*len])),
        DynSolValue::Address(address) => json!(format!("{address:#x}")),
        DynSolValue::Function(function) => json!(hex::encode_prefixed(function)),
        DynSolValue::Bytes(bytes) => json!(hex::encode_prefixed(bytes)),
        DynSolValue::String(text) => json!(text),
        DynSolValue::Array(all) | DynSolValue::FixedArray(all) | DynSolValue::Tuple(all) => {
            all.iter().map(json_of).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(form: &Form, word: [u8; 32]) -> Result<serde_json::Value, Reason> {
        let mut rows = Rows::new(1);
        form.word(&word, &mut rows)?;
        let value = rows.values().next();
        Ok(form.show(value.unwrap_or(Value::Null)))
    }

    fn signed(number: i64) -> [u8; 32] {
        I256::try_from(number).unwrap_or_default().to_be_bytes()
    }

    #[test]
    fn numbers_are_kept_whole_or_not_at_all() {
        let byte = Form::Small { signed: true, bits: 8 };
        assert_eq!(kept(&byte, signed(-128)), Ok(json!(-128)));
        assert_eq!(kept(&byte, signed(128)), Err(Reason::Garbled));
        let long = Form::Small { signed: false, bits: 64 };
        assert_eq!(kept(&long, U256::from(i64::MAX).to_be_bytes()), Ok(json!(i64::MAX)));
        assert_eq!(kept(&long, U256::from(u64::MAX).to_be_bytes()), Err(Reason::Overflow));
        assert_eq!(kept(&long, U256::MAX.to_be_bytes()), Err(Reason::Garbled));
        let wide = Form::Large { signed: false, bits: 256 };
        assert_eq!(kept(&wide, U256::MAX.to_be_bytes()), Ok(json!(U256::MAX.to_string())));
        let narrow = Form::Large { signed: true, bits: 72 };
        assert_eq!(kept(&narrow, signed(-5)), Ok(json!("-5")));
        assert_eq!(kept(&narrow, I256::MAX.to_be_bytes()), Err(Reason::Garbled));
    }

    #[test]
    fn large_numbers_sort_by_their_bytes() {
        let form = Form::Large { signed: true, bits: 256 };
        let kept = |text: &str| form.read(text).unwrap_or_default();
        let order = [
            "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
            "-2",
            "-1",
            "0",
            "1",
        ];
        let bytes: Vec<Rows> = order.iter().map(|text| kept(text)).collect();
        let bytes: Vec<Value<'_>> = bytes.iter().filter_map(|rows| rows.values().next()).collect();
        assert!(bytes.is_sorted() && bytes.len() == order.len());
        assert_eq!(form.show(bytes[1]), json!("-2"));
    }

    #[test]
    fn dirty_words_are_not_cut() {
        let one = U256::from(1).to_be_bytes();
        assert_eq!(kept(&Form::Flag, one), Ok(json!(true)));
        assert_eq!(kept(&Form::Flag, U256::from(2).to_be_bytes()), Err(Reason::Garbled));
        assert_eq!(kept(&Form::Address, [1; 32]), Err(Reason::Garbled));
        assert_eq!(kept(&Form::Fixed(4), one), Err(Reason::Garbled));
        assert_eq!(kept(&Form::Hash, one).map(|hash| hash.as_str().map(str::len)), Ok(Some(66)));
    }
}
