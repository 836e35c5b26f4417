//! Reading answers: the few fields that are needed, borrowed from the answer's bytes.

use alloy::primitives::{Address, B256, Bloom, FixedBytes, hex};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// An answer to one call. `null` is a result too: a block that is not there.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Answer<'a, T> {
    #[serde(default)]
    pub(super) id: u64,
    #[serde(default = "none")]
    pub(super) result: Option<T>,
    #[serde(borrow, default)]
    pub(super) error: Option<Failure<'a>>,
}

const fn none<T>() -> Option<T> {
    None
}

/// The error in an answer.
#[derive(Deserialize)]
pub(super) struct Failure<'a> {
    #[serde(default)]
    pub(super) code: i64,
    #[serde(borrow, default)]
    pub(super) message: std::borrow::Cow<'a, str>,
}

/// A log as it is read: its data are still hexadecimal, in the answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log<'a> {
    /// Who says it.
    #[serde(deserialize_with = "address")]
    pub address: Address,
    /// Its topics.
    pub topics: Topics,
    /// Its data in hexadecimal digits, without `0x`.
    #[serde(deserialize_with = "digits", borrow)]
    pub data: &'a str,
    /// The block's height.
    #[serde(deserialize_with = "number")]
    pub block_number: u64,
    /// The block's hash.
    #[serde(deserialize_with = "hash")]
    pub block_hash: B256,
    /// The block's time, where the endpoint says it.
    #[serde(default, deserialize_with = "maybe_number")]
    pub block_timestamp: Option<u64>,
    /// The transaction.
    #[serde(deserialize_with = "hash")]
    pub transaction_hash: B256,
    /// Its place in the block.
    #[serde(deserialize_with = "number")]
    pub log_index: u64,
    /// Whether its block is no longer in the chain.
    #[serde(default)]
    pub removed: bool,
}

/// Up to four topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    all: [B256; 4],
    count: usize,
}

impl Topics {
    /// Those that there are.
    #[must_use]
    pub fn get(&self) -> &[B256] {
        &self.all[..self.count]
    }
}

/// What is read of a block's header.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The block's height.
    #[serde(deserialize_with = "number")]
    pub number: u64,
    /// The block's hash.
    #[serde(deserialize_with = "hash")]
    pub hash: B256,
    /// The hash of the block before it.
    #[serde(deserialize_with = "hash")]
    pub parent_hash: B256,
    /// When it was made.
    #[serde(deserialize_with = "number")]
    pub timestamp: u64,
    /// Which contracts and topics its logs may have.
    #[serde(deserialize_with = "bloom")]
    pub logs_bloom: Box<Bloom>,
    /// The root of its receipts.
    #[serde(deserialize_with = "hash")]
    pub receipts_root: B256,
}

impl<'de> Deserialize<'de> for Topics {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Topics;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("up to four topics")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Topics, A::Error> {
                let mut topics = Topics::default();
                while let Some(Fixed(topic)) = list.next_element()? {
                    let place = topics.all.get_mut(topics.count);
                    *place.ok_or_else(|| de::Error::custom("more than four topics"))? = topic;
                    topics.count += 1;
                }
                Ok(topics)
            }
        }
        from.deserialize_seq(List)
    }
}

/// Bytes of a known number, in hexadecimal.
struct Fixed<const N: usize>(FixedBytes<N>);

impl<'de, const N: usize> Deserialize<'de> for Fixed<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(from)?;
        let mut bytes = FixedBytes::ZERO;
        hex::decode_to_slice(text, bytes.as_mut_slice()).map_err(de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// A number in hexadecimal.
pub(super) struct Number(pub(super) u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(from)?;
        let digits = text.strip_prefix("0x").ok_or_else(|| de::Error::custom("a number without 0x"))?;
        u64::from_str_radix(digits, 16).map(Self).map_err(de::Error::custom)
    }
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Number::deserialize(from).map(|number| number.0)
}

fn maybe_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<Number>::deserialize(from)?.map(|number| number.0))
}

fn hash<'de, D: Deserializer<'de>>(from: D) -> Result<B256, D::Error> {
    Fixed::deserialize(from).map(|fixed| fixed.0)
}

pub(super) fn maybe_hash<'de, D: Deserializer<'de>>(from: D) -> Result<Option<B256>, D::Error> {
    Ok(Option::<Fixed<32>>::deserialize(from)?.map(|fixed| fixed.0))
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    Fixed::deserialize(from).map(|fixed| Address(fixed.0))
}

fn bloom<'de, D: Deserializer<'de>>(from: D) -> Result<Box<Bloom>, D::Error> {
    Fixed::deserialize(from).map(|fixed| Box::new(Bloom(fixed.0)))
}

fn digits<'de, D: Deserializer<'de>>(from: D) -> Result<&'de str, D::Error> {
    let text = <&str>::deserialize(from)?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() % 2 == 1 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(de::Error::custom("data that are not hexadecimal"));
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"{"address":"0x5fbdb2315678afecb367f032d93f642f64180aa3","topics":["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"],"data":"0x01ff","blockHash":"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef","blockNumber":"0x3e8","transactionHash":"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef","transactionIndex":"0x0","logIndex":"0x7","removed":false}"#;

    #[test]
    fn a_log_is_read_with_and_without_its_time() -> Result<(), serde_json::Error> {
        let log: Log<'_> = serde_json::from_str(LOG)?;
        assert_eq!((log.block_number, log.log_index, log.data), (1000, 7, "01ff"));
        assert_eq!((log.topics.get().len(), log.block_timestamp), (1, None));
        let timed = LOG.replace("\"removed\"", "\"blockTimestamp\":\"0x10\",\"removed\"");
        assert_eq!(serde_json::from_str::<Log<'_>>(&timed)?.block_timestamp, Some(16));
        Ok(())
    }

    #[test]
    fn what_is_no_log_is_refused() {
        for (good, bad) in [("0x01ff", "0x01f"), ("0x01ff", "0x01fg"), ("0x3e8", "3e8"), ("0x5fb", "0x5f")] {
            assert!(serde_json::from_str::<Log<'_>>(&LOG.replace(good, bad)).is_err(), "{bad}");
        }
        let topic = r#""0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef""#;
        let five = LOG.replace(&format!("[{topic}]"), &format!("[{}]", [topic; 5].join(",")));
        assert!(serde_json::from_str::<Log<'_>>(&five).is_err());
        assert!(serde_json::from_str::<Log<'_>>(&LOG[..LOG.len() - 9]).is_err());
    }
}
