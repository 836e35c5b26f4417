//! From an answer's bytes to rows: of each log exactly the fields that are stored, borrowed from the answer.

use alloy::primitives::hex;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A `Transfer`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) block: u64,
    pub(crate) index: u64,
    pub(crate) time: u64,
    pub(crate) block_hash: [u8; 32],
    pub(crate) transaction: [u8; 32],
    pub(crate) from: [u8; 20],
    pub(crate) to: [u8; 20],
    pub(crate) value: [u8; 32],
}

impl Row {
    /// The block's number and the log's index as one number, in the chain's order.
    pub(crate) fn id(&self) -> Result<i64> {
        Ok(i64::try_from((self.block << 20) | self.index)?)
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: Vec<Log<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    topics: [&'a str; 3],
    data: &'a str,
    block_hash: &'a str,
    block_number: &'a str,
    block_timestamp: &'a str,
    transaction_hash: &'a str,
    log_index: &'a str,
}

/// The rows of an answer.
pub(crate) fn parse(body: &[u8]) -> Result<Vec<Row>> {
    let Answer { result } = serde_json::from_slice(body)?;
    result.iter().map(row).collect()
}

fn row(log: &Log<'_>) -> Result<Row> {
    let [_, from, to] = log.topics;
    Ok(Row {
        block: number(log.block_number)?,
        index: number(log.log_index)?,
        time: number(log.block_timestamp)?,
        block_hash: bytes(log.block_hash)?,
        transaction: bytes(log.transaction_hash)?,
        from: address(from)?,
        to: address(to)?,
        value: bytes(log.data)?,
    })
}

fn number(text: &str) -> Result<u64> {
    Ok(u64::from_str_radix(text.strip_prefix("0x").context("a number without 0x")?, 16)?)
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)?;
    Ok(bytes)
}

/// The last twenty bytes of a word.
fn address(word: &str) -> Result<[u8; 20]> {
    ensure!(word.len() == 66, "a topic of another length");
    bytes(&word[26..])
}
