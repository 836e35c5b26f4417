//! A range of a chain in a folder, as a node once told it: logs are kept byte by byte as they came.
//!
//! | file | line by line, in the order of the blocks |
//! |---|---|
//! | `about.json` | what was recorded, and where in the other files each block's bytes are |
//! | `blocks` | a block with the hashes of its transactions |
//! | `logs` | a block's logs, each followed by a comma, so that those of a range are one piece of an array |
//! | `receipts` | a block's receipts without their logs, which are put back when they are asked for |

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    io::{BufWriter, Write},
    ops::Range,
    path::Path,
};

use alloy::primitives::{Address, B256};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};

use crate::rpc::{Rpc, number};

/// Blocks that are asked for at once.
const STEP: usize = 10;

/// A recorded range of a chain.
#[derive(Debug)]
pub struct Recording {
    /// The chain's number.
    pub chain_id: u64,
    first: u64,
    places: Vec<Place>,
    hashes: HashMap<B256, u64>,
    transactions: HashMap<B256, u64>,
    addresses: BTreeSet<Address>,
    topics: BTreeSet<B256>,
    blocks: Bytes,
    logs: Bytes,
    receipts: Bytes,
}

/// What `about.json` says.
#[derive(Debug, Default, Serialize, Deserialize)]
struct About {
    chain_id: u64,
    first: u64,
    /// Whose logs there are, and with which first topics: who asks for all of them gets what is on the disk.
    addresses: BTreeSet<Address>,
    topics: BTreeSet<B256>,
    blocks: Vec<Block>,
}

/// How long a block's part of each file is.
#[derive(Debug, Serialize, Deserialize)]
struct Block {
    hash: B256,
    block: usize,
    logs: usize,
    receipts: usize,
    count: u64,
    transactions: Vec<B256>,
}

/// Where a block's bytes are, and how many logs there are up to its end.
#[derive(Debug)]
struct Place {
    block: Range<usize>,
    logs: Range<usize>,
    receipts: Range<usize>,
    until: u64,
}

/// What is read of a block while it is recorded.
#[derive(Deserialize)]
struct Header {
    hash: B256,
    transactions: Vec<B256>,
}

/// What is read of a log.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log<'a> {
    pub(super) address: Address,
    pub(super) topics: Vec<B256>,
    #[serde(borrow)]
    block_number: &'a str,
    #[serde(borrow)]
    transaction_index: &'a str,
}

impl Recording {
    /// Asks a node for the blocks from `first` to `last` and writes them to a new folder, telling how many there
    /// are each time some are added.
    ///
    /// # Errors
    /// When the node does not answer, or the folder cannot be written.
    pub async fn record(
        rpc: &Rpc,
        first: u64,
        last: u64,
        folder: &Path,
        mut recorded: impl FnMut(u64),
    ) -> Result<()> {
        // Half a recording must not look like one.
        let making = folder.with_extension("part");
        fs::create_dir_all(&making)?;
        let file = |name| Ok::<_, std::io::Error>(BufWriter::new(File::create(making.join(name))?));
        let (mut blocks, mut logs, mut receipts) = (file("blocks")?, file("logs")?, file("receipts")?);
        let chain_id = number(&rpc.call::<String>("eth_chainId", json!([])).await?)?;
        let mut about = About { chain_id, first, ..About::default() };
        for from in (first..=last).step_by(STEP) {
            let to = last.min(from + STEP as u64 - 1);
            for piece in pieces(rpc, from, to, &mut about).await? {
                blocks.write_all(piece.block.as_bytes())?;
                logs.write_all(piece.logs.as_bytes())?;
                receipts.write_all(piece.receipts.as_bytes())?;
            }
            recorded(to - first + 1);
        }
        for mut file in [blocks, logs, receipts] {
            file.flush()?;
        }
        fs::write(making.join("about.json"), serde_json::to_vec(&about)?)?;
        drop(fs::remove_dir_all(folder));
        fs::rename(&making, folder)?;
        Ok(())
    }

    /// Reads a folder into memory.
    ///
    /// # Errors
    /// When there is no recording in it.
    pub fn open(folder: &Path) -> Result<Self> {
        let file = |name| {
            let path = folder.join(name);
            fs::read(&path).map(Bytes::from).with_context(|| format!("cannot read {}", path.display()))
        };
        let about: About = serde_json::from_slice(&file("about.json")?)?;
        let (blocks, logs, receipts) = (file("blocks")?, file("logs")?, file("receipts")?);
        let (mut places, mut hashes, mut transactions) = (Vec::new(), HashMap::new(), HashMap::new());
        let (mut ends, mut until) = ((0, 0, 0), 0);
        for (block, number) in about.blocks.into_iter().zip(about.first..) {
            until += block.count;
            let place = Place {
                block: ends.0..ends.0 + block.block,
                logs: ends.1..ends.1 + block.logs,
                receipts: ends.2..ends.2 + block.receipts,
                until,
            };
            ends = (place.block.end, place.logs.end, place.receipts.end);
            places.push(place);
            hashes.insert(block.hash, number);
            transactions.extend(block.transactions.into_iter().map(|hash| (hash, number)));
        }
        ensure!(
            ends == (blocks.len(), logs.len(), receipts.len()),
            "a file has another length than recorded"
        );
        ensure!(!places.is_empty(), "there is no block in the recording");
        let About { chain_id, first, addresses, topics, .. } = about;
        let all =
            Self { chain_id, first, places, hashes, transactions, addresses, topics, blocks, logs, receipts };
        Ok(all)
    }

    /// The number of its first block.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The number of its last block.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.first + self.places.len() as u64 - 1
    }

    /// How many logs there are in all.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.places.last().map_or(0, |place| place.until)
    }

    pub(super) fn number_of(&self, hash: &B256) -> Option<u64> {
        self.hashes.get(hash).copied()
    }

    pub(super) fn mined(&self, transaction: &B256) -> Option<u64> {
        self.transactions.get(transaction).copied()
    }

    /// A block with the hashes of its transactions.
    pub(super) fn block(&self, number: u64) -> Option<Bytes> {
        self.place(number).map(|place| self.blocks.slice(place.block.clone()))
    }

    /// Whether nobody's logs are left out by asking for these addresses and first topics only.
    pub(super) fn is_all(&self, addresses: Option<&[Address]>, topics: Option<&[B256]>) -> bool {
        addresses.is_none_or(|some| self.addresses.iter().all(|address| some.contains(address)))
            && topics.is_none_or(|some| self.topics.iter().all(|topic| some.contains(topic)))
    }

    /// How many logs there are in these blocks.
    pub(super) fn count(&self, from: u64, to: u64) -> u64 {
        let until = |number: u64| match number.checked_sub(self.first) {
            Some(index) => {
                usize::try_from(index).ok().and_then(|index| self.places.get(index)).map(|place| place.until)
            }
            None => Some(0),
        };
        let before = if from > self.first { until(from - 1) } else { Some(0) };
        until(to.min(self.head())).unwrap_or(0).saturating_sub(before.unwrap_or(0))
    }

    /// The logs of these blocks: the inside of an array.
    pub(super) fn logs(&self, from: u64, to: u64) -> Bytes {
        let (from, to) = (from.max(self.first), to.min(self.head()));
        let range = self.place(from).zip(self.place(to)).map(|(from, to)| from.logs.start..to.logs.end);
        let logs = self.logs.slice(range.filter(|range| range.start < range.end).unwrap_or(0..0));
        logs.slice(..logs.len().saturating_sub(1))
    }

    /// A block's receipts, with their logs.
    pub(super) fn receipts(&self, number: u64) -> Result<Option<Vec<Value>>> {
        let Some(place) = self.place(number) else {
            return Ok(None);
        };
        let mut logs: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for raw in split(&self.logs(number, number))? {
            let log: Log<'_> = serde_json::from_str(raw.get())?;
            let of = logs.entry(crate::rpc::number(log.transaction_index)?).or_default();
            of.push(serde_json::from_str(raw.get())?);
        }
        let receipts: Vec<Map<String, Value>> =
            serde_json::from_slice(&self.receipts[place.receipts.clone()])?;
        let whole = receipts.into_iter().zip(0..).map(|(mut receipt, index)| {
            receipt.insert("logs".to_owned(), logs.remove(&index).unwrap_or_default().into());
            Value::Object(receipt)
        });
        Ok(Some(whole.collect()))
    }

    fn place(&self, number: u64) -> Option<&Place> {
        self.places.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

/// A block's part of each file.
struct Piece {
    block: String,
    logs: String,
    receipts: String,
}

async fn pieces(rpc: &Rpc, from: u64, to: u64, about: &mut About) -> Result<Vec<Piece>> {
    let each = |method, more: &[Value]| {
        let params = |number: u64| Value::Array([&[json!(format!("{number:#x}"))], more].concat());
        (from..=to).map(|number| (method, params(number))).collect::<Vec<_>>()
    };
    let blocks = rpc.batch(&each("eth_getBlockByNumber", &[json!(false)])).await?;
    let receipts = rpc.batch(&each("eth_getBlockReceipts", &[])).await?;
    let range = json!([{"fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}")}]);
    let logs: Box<RawValue> = rpc.call("eth_getLogs", range).await?;
    let mut by_block: BTreeMap<u64, (u64, String)> = BTreeMap::new();
    for raw in serde_json::from_str::<Vec<&RawValue>>(logs.get())? {
        let log: Log<'_> = serde_json::from_str(raw.get())?;
        let (count, text) = by_block.entry(number(log.block_number)?).or_default();
        *count += 1;
        text.push_str(raw.get());
        text.push(',');
        about.addresses.insert(log.address);
        about.topics.extend(log.topics.first());
    }
    let mut pieces = Vec::new();
    for ((block, receipts), number) in blocks.into_iter().zip(receipts).zip(from..) {
        let header = Header::deserialize(&block).with_context(|| format!("block {number}"))?;
        let (count, logs) = by_block.remove(&number).unwrap_or_default();
        let piece = Piece { block: block.to_string(), logs, receipts: bare(receipts)? };
        about.blocks.push(Block {
            hash: header.hash,
            block: piece.block.len(),
            logs: piece.logs.len(),
            receipts: piece.receipts.len(),
            count,
            transactions: header.transactions,
        });
        pieces.push(piece);
    }
    ensure!(by_block.is_empty(), "logs of blocks that were not asked for");
    Ok(pieces)
}

/// Receipts without their logs.
fn bare(receipts: Value) -> Result<String> {
    let mut receipts: Vec<Map<String, Value>> = serde_json::from_value(receipts)?;
    for receipt in &mut receipts {
        receipt.remove("logs");
    }
    Ok(serde_json::to_string(&receipts)?)
}

/// Each of the logs that are the inside of an array.
pub(super) fn split(logs: &[u8]) -> Result<Vec<Box<RawValue>>> {
    Ok(serde_json::from_slice(&[b"[", logs, b"]"].concat())?)
}
