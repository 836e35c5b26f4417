//! Logs: of a range far from the head in as few calls as pass, of a block near it by its hash.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use alloy::primitives::{Address, B256, Bloom, BloomInput};
use quittance_domain::{Block, BlockRef, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Wire, call,
    endpoint::Endpoint,
    json::{Answer, Header, Log},
    quoted,
    receipts::{Receipt, Unproven, proven},
    refusal::Refusal,
};

/// How often a range is tried before it is given back as failed.
const TRIES: usize = 12;

/// An answer of up to so many bytes is read where it came in: to hand it to another thread takes longer.
const SMALL: usize = 64 << 10;

/// What a block's logs are held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Nothing: they only say that they are of the block.
    None,
    /// Its header's bloom filter, which does not tell a log from another one like it.
    #[default]
    Bloom,
    /// The root of its receipts.
    ReceiptsRoot,
}

/// Which logs are meant.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    addresses: Vec<Address>,
    topics: Vec<B256>,
    /// Both, as a call has them.
    text: Arc<str>,
}

impl Filter {
    /// The logs of these contracts with one of these first topics; none of either means all.
    #[must_use]
    pub fn new(mut addresses: Vec<Address>, topics: Vec<B256>) -> Self {
        addresses.sort_unstable();
        let list = |all: Vec<String>| all.join(",");
        let mut text = String::new();
        if !addresses.is_empty() {
            let all = list(addresses.iter().map(|address| format!("\"{address:#x}\"")).collect());
            text.push_str(&format!(",\"address\":[{all}]"));
        }
        if !topics.is_empty() {
            let all = list(topics.iter().map(quoted).collect());
            text.push_str(&format!(",\"topics\":[[{all}]]"));
        }
        Self { addresses, topics, text: text.into() }
    }

    /// The same for more contracts.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = Address>) -> Self {
        Self::new(self.addresses.iter().copied().chain(more).collect(), self.topics.clone())
    }

    fn takes(&self, log: &Log<'_>) -> bool {
        let first = log.topics.get().first();
        (self.addresses.is_empty() || self.addresses.binary_search(&log.address).is_ok())
            && (self.topics.is_empty() || first.is_some_and(|topic| self.topics.contains(topic)))
    }

    /// Whether a block with this filter of bits may have such logs.
    fn may_be_in(&self, bloom: &Bloom) -> bool {
        let has = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        (self.addresses.is_empty() || self.addresses.iter().any(|address| has(address.as_slice())))
            && (self.topics.is_empty() || self.topics.iter().any(|topic| has(topic.as_slice())))
    }

    fn range(&self, from: u64, to: u64) -> String {
        format!(r#"{{"fromBlock":"{from:#x}","toBlock":"{to:#x}"{}}}"#, self.text)
    }
}

/// What was made of a range's logs.
#[derive(Clone, Debug)]
pub struct LogsOf<T> {
    /// What was made of them.
    pub logs: T,
    /// The range's last block.
    pub end: Block,
    /// How large the answer was.
    pub bytes: usize,
}

/// Whether the last range's end had to be proven by its header. Where it had to, the next one's will.
#[derive(Debug, Default)]
pub(super) struct Sparse(AtomicBool);

enum Read<T> {
    Done {
        made: T,
        last: Option<Block>,
    },
    /// These blocks' logs came without the block's time.
    Untimed(Vec<u64>),
}

impl Wire {
    /// Blocks that the next range had best have.
    #[must_use]
    pub fn range_size(&self) -> u64 {
        let most = self.endpoints.iter().map(Endpoint::most_blocks).max();
        self.pace.size().min(most.unwrap_or(1))
    }

    /// Ranges that had best be under way at once.
    #[must_use]
    pub fn ranges_at_once(&self) -> usize {
        usize::try_from(self.pace.at_once()).unwrap_or(1)
    }

    /// Asks for the logs of a range, in parts if need be, and has `make` read them off the threads that wait.
    ///
    /// # Errors
    /// When it was refused too often, or not even one block was answered for.
    pub async fn range<T: Send + 'static>(
        &self,
        filter: &Filter,
        (from, to): (u64, u64),
        make: impl Fn(&[Log<'_>]) -> T + Clone + Send + 'static,
    ) -> Result<Vec<LogsOf<T>>> {
        let (mut next, mut parts, mut tries) = (from, vec![], 0);
        while next <= to {
            let endpoint = self.rested().await;
            let last = to.min(next.saturating_add(endpoint.most_blocks() - 1));
            let blocks = last - next + 1;
            match self.part(endpoint, filter, (next, last), make.clone()).await {
                Ok(part) => {
                    endpoint.ease(self.config.most_blocks);
                    parts.push(endpoint.answered_with(part));
                    next = last + 1;
                }
                Err(refusal) => {
                    tries += 1;
                    if blocks > 1
                        && let Some(hint) = shrinks(&refusal)
                    {
                        endpoint.too_much(next, blocks, hint);
                        self.pace.too_much(endpoint.most_blocks());
                        tries = if matches!(refusal, Refusal::TooMuch(_)) { 0 } else { tries };
                    }
                    let alone = blocks == 1 && matches!(refusal, Refusal::TooMuch(_));
                    if alone || !matches!(refusal, Refusal::TooMuch(_)) {
                        let error = self.note(endpoint, refusal);
                        if tries >= TRIES {
                            return Err(error.because(format!("blocks {next} to {last}")));
                        }
                    }
                }
            }
        }
        Ok(parts)
    }

    /// The logs of one range in one answer, from a node that has the range's last block: either there is a log
    /// of it, or its header comes in the same answer.
    async fn part<T: Send + 'static>(
        &self,
        endpoint: &Endpoint,
        filter: &Filter,
        (from, to): (u64, u64),
        make: impl Fn(&[Log<'_>]) -> T + Clone + Send + 'static,
    ) -> Result<LogsOf<T>, Refusal> {
        let start = Instant::now();
        let logs = call(0, "eth_getLogs", &filter.range(from, to));
        if self.sparse.0.load(Ordering::Relaxed) {
            return self.proven(endpoint, logs, (from, to), make).await;
        }
        let body = Arc::new(endpoint.post(&self.http, logs.clone(), self.config.most_bytes).await?);
        self.pace.answered(to - from + 1, body.len() as u64, start.elapsed());
        let bytes = body.len();
        let (made, last) = self.read(body, whole, (from, to), make.clone()).await?;
        match last {
            Some(end) if end.number == to => Ok(LogsOf { logs: made, end, bytes }),
            _ => {
                self.sparse.0.store(true, Ordering::Relaxed);
                self.proven(endpoint, logs, (from, to), make).await
            }
        }
    }

    async fn proven<T: Send + 'static>(
        &self,
        endpoint: &Endpoint,
        logs: String,
        (from, to): (u64, u64),
        make: impl Fn(&[Log<'_>]) -> T + Clone + Send + 'static,
    ) -> Result<LogsOf<T>, Refusal> {
        let header = call(1, "eth_getBlockByNumber", &format!("\"{to:#x}\",false"));
        let start = Instant::now();
        let (body, header, find): (_, Option<Header>, Find) = if endpoint.takes_batches() {
            let both = format!("[{header},{logs}]");
            let body = endpoint.post(&self.http, both, self.config.most_bytes).await?;
            match of_batch(&body)? {
                Some(header) => (body, header, part_of_batch),
                None => {
                    endpoint.no_batches();
                    return Err(Refusal::Down("it takes no batches".into()));
                }
            }
        } else {
            // The next best thing: a node that knew the block before it was asked for the logs.
            let header = self.ask_maybe(endpoint, &header).await?;
            (endpoint.post(&self.http, logs, self.config.most_bytes).await?, header, whole)
        };
        let header = header.filter(|header| header.number == to);
        let header = header.ok_or_else(|| Refusal::Down(format!("block {to} is not there yet")))?;
        let bytes = body.len();
        self.pace.answered(to - from + 1, bytes as u64, start.elapsed());
        let (made, last) = self.read(Arc::new(body), find, (from, to), make).await?;
        let end = Block::from(&header);
        if let Some(last) = last
            && last.number == to
        {
            self.sparse.0.store(false, Ordering::Relaxed);
            if last.at() != end.at() {
                return Err(Refusal::Down(format!("the logs of block {to} are another's")));
            }
        }
        Ok(LogsOf { logs: made, end, bytes })
    }

    /// Has an answer read on a thread that may take its time, and gets the blocks' times first where logs come
    /// without.
    async fn read<T: Send + 'static>(
        &self,
        body: Arc<Vec<u8>>,
        find: Find,
        range: (u64, u64),
        make: impl Fn(&[Log<'_>]) -> T + Clone + Send + 'static,
    ) -> Result<(T, Option<Block>), Refusal> {
        let mut times = HashMap::new();
        loop {
            let (body, make) = (Arc::clone(&body), make.clone());
            let work = move || read(&body, find, range, &times, make);
            let read = tokio::task::spawn_blocking(work).await;
            match read.map_err(|error| Refusal::Down(error.to_string()))?? {
                Read::Done { made, last } => return Ok((made, last)),
                Read::Untimed(blocks) => {
                    let headers = self.headers(&blocks).await;
                    let headers = headers.map_err(|error| Refusal::Down(error.to_string()))?;
                    times = headers
                        .iter()
                        .map(|header| (header.number, (header.hash, header.timestamp)))
                        .collect();
                }
            }
        }
    }

    /// The logs of one block near the head, by its hash, and held against its header: what an endpoint that
    /// does not know the block yet leaves out is missed.
    ///
    /// All of the block's logs are asked for, because only all of them add up to what the header says, unless
    /// nothing is checked; a block whose bloom filter excludes the filter's is not asked for at all.
    ///
    /// # Errors
    /// When no endpoint has logs that fit the header, or none can give what would prove them.
    pub async fn logs_of<T: Send + 'static>(
        &self,
        filter: &Filter,
        header: &Header,
        check: Check,
        make: impl Fn(&[Log<'_>]) -> T + Clone + Send + 'static,
    ) -> Result<T> {
        if check != Check::None && !filter.may_be_in(&header.logs_bloom) {
            return Ok(make(&[]));
        }
        let hash = quoted(&header.hash);
        let body = match check {
            Check::None => call(0, "eth_getLogs", &format!(r#"{{"blockHash":{hash}{}}}"#, filter.text)),
            Check::Bloom => call(0, "eth_getLogs", &format!(r#"{{"blockHash":{hash}}}"#)),
            Check::ReceiptsRoot => call(0, "eth_getBlockReceipts", &hash),
        };
        let mut tries = 0;
        loop {
            let endpoint = self.rested().await;
            match self.logs_from(endpoint, &body, filter, header, check, make.clone()).await {
                Ok(made) => return Ok(endpoint.answered_with(made)),
                Err(Refusal::No(why)) if check == Check::ReceiptsRoot => {
                    self.again(endpoint, Refusal::No(why.clone()), &mut tries).map_err(|_| {
                        let text = format!("receipts-root cannot be checked at {}: {why}", endpoint.name());
                        Error::invalid(text).field("check")
                    })?;
                }
                Err(refusal) => self.again(endpoint, refusal, &mut tries)?,
            }
        }
    }

    async fn logs_from<T: Send + 'static>(
        &self,
        endpoint: &Endpoint,
        body: &str,
        filter: &Filter,
        header: &Header,
        check: Check,
        make: impl Fn(&[Log<'_>]) -> T + Clone + Send + 'static,
    ) -> Result<T, Refusal> {
        let answer = endpoint.post(&self.http, body.to_owned(), self.config.most_bytes).await?;
        if answer.len() <= SMALL {
            return read_block(&answer, filter, header, check, make);
        }
        let (filter, header) = (filter.clone(), header.clone());
        let work = move || read_block(&answer, &filter, &header, check, make);
        tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::Down(error.to_string()))?
    }
}

/// A block's logs, held against its header.
fn read_block<T>(
    answer: &[u8],
    filter: &Filter,
    header: &Header,
    check: Check,
    make: impl Fn(&[Log<'_>]) -> T,
) -> Result<T, Refusal> {
    let mut logs = match check {
        Check::None | Check::Bloom => parse(whole(answer)?)?,
        Check::ReceiptsRoot => proven_logs(answer, header)?,
    };
    let of_it = |log: &Log<'_>| log.block_number == header.number && log.block_hash == header.hash;
    let complete = check == Check::None || complete(&logs, header);
    if !logs.iter().all(of_it) || !in_order(&logs) || !complete {
        return Err(Refusal::Down(format!("the logs of block {} do not fit it", header.number)));
    }
    logs.retain(|log| filter.takes(log));
    logs.iter_mut().for_each(|log| log.block_timestamp = Some(header.timestamp));
    Ok(make(&logs))
}

/// The logs in an answer with a block's receipts, if these come to what its header says.
fn proven_logs<'a>(answer: &'a [u8], header: &Header) -> Result<Vec<Log<'a>>, Refusal> {
    let answer: Answer<'_, Vec<Receipt<'_>>> = serde_json::from_slice(answer).map_err(garbled)?;
    if let Some(failure) = answer.error {
        return Err(Refusal::of_error(failure.code, &failure.message));
    }
    let missing = || Refusal::Down(format!("the receipts of block {} are not there yet", header.number));
    proven(answer.result.ok_or_else(missing)?, header).map_err(|unproven| match unproven {
        Unproven::Other => {
            Refusal::Down(format!("the receipts of block {} do not come to its root", header.number))
        }
        Unproven::Type(kind) => {
            Refusal::No(format!("block {} has a receipt of the unknown type {kind:#x}", header.number))
        }
    })
}

/// Whether to ask for less after this, and what was suggested.
fn shrinks(refusal: &Refusal) -> Option<Option<super::refusal::Hint>> {
    match refusal {
        Refusal::TooMuch(hint) => Some(*hint),
        Refusal::Unclear => Some(None),
        // Whoever does not answer in time may do so for less.
        Refusal::Down(why) if why.contains("timed out") => Some(None),
        Refusal::Busy(_) | Refusal::Down(_) | Refusal::No(_) => None,
    }
}

/// An answer with logs, found in a body.
type Found<'a> = Result<&'a [u8], Refusal>;

/// Where in a body they are.
type Find = fn(&[u8]) -> Found<'_>;

fn whole(body: &[u8]) -> Found<'_> {
    Ok(body)
}

type Parts<'a> = Vec<Answer<'a, &'a RawValue>>;

/// The header in a batch of header and logs; nothing if it is no batch.
fn of_batch(body: &[u8]) -> Result<Option<Option<Header>>, Refusal> {
    if !body.starts_with(b"[") {
        let answer: Answer<'_, &RawValue> = serde_json::from_slice(body).map_err(garbled)?;
        let failure = answer.error.ok_or_else(|| Refusal::Down("one answer to two calls".into()))?;
        let refusal = Refusal::of_error(failure.code, &failure.message);
        return if matches!(refusal, Refusal::No(_)) { Ok(None) } else { Err(refusal) };
    }
    let parts: Parts<'_> = serde_json::from_slice(body).map_err(garbled)?;
    for part in parts {
        if let Some(failure) = part.error {
            return Err(Refusal::of_error(failure.code, &failure.message));
        }
        if part.id == 1 {
            let header = part.result.map(|header| serde_json::from_str(header.get()));
            return Ok(Some(header.transpose().map_err(garbled)?));
        }
    }
    Ok(Some(None))
}

/// The logs in a batch of header and logs, put as if they had come alone.
fn part_of_batch(body: &[u8]) -> Found<'_> {
    let parts: Parts<'_> = serde_json::from_slice(body).map_err(garbled)?;
    let logs = parts.iter().find(|part| part.id == 0).and_then(|part| part.result);
    logs.map(|logs| logs.get().as_bytes()).ok_or_else(|| Refusal::Down("a part is missing".into()))
}

fn garbled(error: serde_json::Error) -> Refusal {
    Refusal::Down(format!("the answer is garbled: {error}"))
}

/// The logs in an answer, or alone.
fn parse(found: &[u8]) -> Result<Vec<Log<'_>>, Refusal> {
    if found.trim_ascii_start().starts_with(b"[") {
        return serde_json::from_slice(found).map_err(garbled);
    }
    let answer: Answer<'_, Vec<Log<'_>>> = serde_json::from_slice(found).map_err(garbled)?;
    match answer.error {
        Some(failure) => Err(Refusal::of_error(failure.code, &failure.message)),
        None => answer.result.ok_or_else(|| Refusal::Down("an answer without logs".into())),
    }
}

fn read<T>(
    body: &[u8],
    find: Find,
    (from, to): (u64, u64),
    times: &HashMap<u64, (B256, u64)>,
    make: impl Fn(&[Log<'_>]) -> T,
) -> Result<Read<T>, Refusal> {
    let mut logs = parse(find(body)?)?;
    let within = |log: &Log<'_>| (from..=to).contains(&log.block_number) && !log.removed;
    let one_block = |pair: &[Log<'_>]| {
        pair[0].block_number != pair[1].block_number || pair[0].block_hash == pair[1].block_hash
    };
    if !logs.iter().all(within) || !in_order(&logs) || !logs.windows(2).all(one_block) {
        return Err(Refusal::Down(format!("the logs of blocks {from} to {to} do not fit them")));
    }
    let mut untimed = vec![];
    for log in logs.iter_mut().filter(|log| log.block_timestamp.is_none()) {
        match times.get(&log.block_number) {
            Some(&(hash, time)) if hash == log.block_hash => log.block_timestamp = Some(time),
            Some(_) => return Err(Refusal::Down(format!("block {} is another now", log.block_number))),
            None => untimed.push(log.block_number),
        }
    }
    if !untimed.is_empty() {
        untimed.dedup();
        return Ok(Read::Untimed(untimed));
    }
    let last = logs.last().and_then(|log| {
        Some(Block { number: log.block_number, hash: log.block_hash, timestamp: log.block_timestamp? })
    });
    Ok(Read::Done { made: make(&logs), last })
}

fn in_order(logs: &[Log<'_>]) -> bool {
    let place = |log: &Log<'_>| (log.block_number, log.log_index);
    logs.windows(2).all(|pair| place(&pair[0]) < place(&pair[1]))
}

/// Whether a block's logs are all there: counted without a gap, and adding up to the header's bits.
fn complete(logs: &[Log<'_>], header: &Header) -> bool {
    let mut bloom = Bloom::ZERO;
    logs.iter().for_each(|log| bloom.accrue_raw_log(log.address, log.topics.get()));
    let counted = (0..).zip(logs).all(|(n, log): (u64, _)| log.log_index == n);
    counted && bloom == *header.logs_bloom
}

impl From<&Header> for BlockRef {
    fn from(header: &Header) -> Self {
        Self { number: header.number, hash: header.hash }
    }
}

/// A header's fields as the mirror keeps them.
impl From<&Header> for Block {
    fn from(header: &Header) -> Self {
        Self { number: header.number, hash: header.hash, timestamp: header.timestamp }
    }
}
