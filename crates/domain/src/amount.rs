//! Money: whole smallest units of a token, 256 bits wide, written as a decimal string.

use std::{fmt, str::FromStr};

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// A number of a token's smallest units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(U256);

impl Amount {
    /// No units at all.
    pub const ZERO: Self = Self(U256::ZERO);

    /// Wraps a raw number of units.
    #[must_use]
    pub const fn new(units: U256) -> Self {
        Self(units)
    }

    /// The raw number of units.
    #[must_use]
    pub const fn units(self) -> U256 {
        self.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum, or nothing where it would not fit in 256 bits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing where it would be negative.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Amount {
    type Err = Error;

    /// Digits only: no sign, fraction, exponent, separator or hexadecimal is guessed at.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::invalid("must be a decimal string of digits, in the token's smallest units"));
        }
        U256::from_str_radix(text, 10).map(Self).map_err(|_| Error::invalid("must be below 2^256"))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_digits_are_an_amount() {
        let max = U256::MAX.to_string();
        for good in ["0", "1", "007", max.as_str()] {
            assert!(good.parse::<Amount>().is_ok(), "{good}");
        }
        let beyond = format!("{max}0");
        for bad in ["", "-1", "+1", "1.0", "1e3", "0x10", "1_000", " 1", "1 ", "½", beyond.as_str()] {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }

    #[test]
    fn json_is_a_decimal_string() {
        let amount = Amount::new(U256::MAX);
        let json = serde_json::to_string(&amount).unwrap();
        assert_eq!(json, format!("\"{}\"", U256::MAX));
        assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
        assert!(serde_json::from_str::<Amount>("1").is_err(), "a JSON number may have lost digits");
    }
}
