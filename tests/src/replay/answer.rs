//! From a request's bytes to the bytes of the answer.

use alloy::primitives::{Address, B256};
use anyhow::Result;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    Shared,
    recording::{Log, Recording, split},
    refusal::Refusal,
};
use crate::rpc::number;

/// A whole answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) parts: Vec<Bytes>,
}

/// A call: what is read of it points into the request.
#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    method: &'a str,
    #[serde(default)]
    params: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    from_block: Option<String>,
    to_block: Option<String>,
    block_hash: Option<B256>,
    address: Option<AnyOf<Address>>,
    #[serde(default)]
    topics: Vec<Option<AnyOf<B256>>>,
}

/// One, or a list of which one is enough.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyOf<T> {
    Only(T),
    Any(Vec<T>),
}

impl<T> AnyOf<T> {
    fn all(&self) -> &[T] {
        match self {
            Self::Only(one) => std::slice::from_ref(one),
            Self::Any(all) => all,
        }
    }
}

type Answer = Result<Vec<Bytes>, Refusal>;

/// Answers a request, be it one call or many.
pub(super) fn reply(request: &[u8], shared: &Shared) -> Reply {
    let is_batch = request.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let calls: Result<Vec<Call<'_>>, _> = match is_batch {
        true => serde_json::from_slice(request),
        false => serde_json::from_slice(request).map(|call| vec![call]),
    };
    let Ok(calls) = calls else {
        return refused(&Refusal::new(-32700, "this is no JSON-RPC request"));
    };
    if let Err(refusal) = shared.admit(calls.iter().map(|call| call.method)) {
        return refused(&refusal);
    }
    let (mut status, mut parts) = (200, Vec::new());
    for call in &calls {
        let answer = answer(call, shared);
        if let (Err(refusal), false) = (&answer, is_batch) {
            status = refusal.status;
        }
        parts.push(Bytes::from_static(if parts.is_empty() { b"[" } else { b"," }));
        parts.extend(wrap(call.id.get(), answer));
    }
    parts.push(Bytes::from_static(b"]"));
    if !is_batch {
        parts.remove(0);
        parts.pop();
    }
    Reply { status, parts }
}

/// A request that was refused as a whole.
fn refused(refusal: &Refusal) -> Reply {
    Reply { status: refusal.status, parts: wrap("null", Err(refusal.clone())) }
}

fn wrap(id: &str, answer: Answer) -> Vec<Bytes> {
    let open = |what: &str| Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"{what}":"#));
    let mut parts = match answer {
        Ok(parts) => [vec![open("result")], parts].concat(),
        Err(refusal) => vec![open("error"), refusal.error().to_string().into()],
    };
    parts.push(Bytes::from_static(b"}"));
    parts
}

fn answer(call: &Call<'_>, shared: &Shared) -> Answer {
    let recording = &*shared.recording;
    let first = call.params.first();
    let hash =
        || first.and_then(|hash| B256::deserialize(hash).ok()).ok_or_else(|| invalid("a hash is missing"));
    match call.method {
        "eth_chainId" => text(&format!("{:#x}", recording.chain_id)),
        "net_version" => text(&recording.chain_id.to_string()),
        "web3_clientVersion" => text("quittance-replay"),
        "eth_syncing" => Ok(vec![Bytes::from_static(b"false")]),
        "eth_blockNumber" => text(&format!("{:#x}", recording.head())),
        "eth_getBlockByNumber" => block(Some(height(first, recording)?), call, recording),
        "eth_getBlockByHash" => block(recording.number_of(&hash()?), call, recording),
        "eth_getLogs" => {
            let filter = first.ok_or_else(|| invalid("a filter is missing"))?;
            logs(&Filter::deserialize(filter).map_err(|error| invalid(&error.to_string()))?, shared)
        }
        "eth_getBlockReceipts" => {
            let number = match first.and_then(|first| B256::deserialize(first).ok()) {
                Some(hash) => recording.number_of(&hash),
                None => Some(height(first, recording)?),
            };
            let receipts =
                number.map(|number| recording.receipts(number)).transpose().map_err(broken)?.flatten();
            Ok(vec![json!(receipts).to_string().into()])
        }
        "eth_getTransactionReceipt" => {
            let hash = hash()?;
            let receipts = recording.mined(&hash).map(|number| recording.receipts(number));
            let receipts = receipts.transpose().map_err(broken)?.flatten().unwrap_or_default();
            let is_it = |receipt: &Value| B256::deserialize(&receipt["transactionHash"]).ok() == Some(hash);
            Ok(vec![json!(receipts.into_iter().find(is_it)).to_string().into()])
        }
        other => Err(Refusal::new(-32601, format!("the method {other} does not exist/is not available"))),
    }
}

fn text(text: &str) -> Answer {
    Ok(vec![json!(text).to_string().into()])
}

fn invalid(what: &str) -> Refusal {
    Refusal::new(-32602, format!("invalid params: {what}"))
}

fn broken(error: anyhow::Error) -> Refusal {
    Refusal::new(-32603, format!("{error:#}"))
}

fn block(number: Option<u64>, call: &Call<'_>, recording: &Recording) -> Answer {
    if call.params.get(1) == Some(&Value::Bool(true)) {
        return Err(Refusal::new(-32603, "the transactions themselves were not recorded"));
    }
    let block = number.and_then(|number| recording.block(number));
    Ok(vec![block.unwrap_or(Bytes::from_static(b"null"))])
}

/// A block's number, or its name.
fn height(name: Option<&Value>, recording: &Recording) -> Result<u64, Refusal> {
    match name.and_then(Value::as_str) {
        None | Some("latest" | "safe" | "finalized" | "pending") => Ok(recording.head()),
        Some("earliest") => Ok(recording.first()),
        Some(text) => number(text).map_err(|error| invalid(&format!("{error:#}"))),
    }
}

fn logs(filter: &Filter, shared: &Shared) -> Answer {
    let (recording, manners) = (&*shared.recording, &shared.manners);
    let (from, to) = match &filter.block_hash {
        Some(hash) => {
            let number = recording.number_of(hash).ok_or_else(|| Refusal::new(-32000, "unknown block"))?;
            (number, number)
        }
        None => {
            let name = |name: &Option<String>| height(name.clone().map(Value::String).as_ref(), recording);
            (name(&filter.from_block)?, name(&filter.to_block)?)
        }
    };
    if from > to {
        return Err(invalid("block range"));
    }
    let style = manners.error_style;
    if let Some(limit) = manners.max_range.filter(|limit| !style.allows(from, to, *limit)) {
        return Err(style.range(from, to, limit));
    }
    let to = to.min(recording.head());
    let addresses = filter.address.as_ref().map(AnyOf::all);
    let topics = filter.topics.first().and_then(Option::as_ref).map(AnyOf::all);
    let others = filter.topics.iter().skip(1).any(Option::is_some);
    let (count, logs) = if !others && recording.is_all(addresses, topics) {
        (recording.count(from, to), recording.logs(from, to))
    } else {
        matching(filter, &recording.logs(from, to)).map_err(broken)?
    };
    if let Some(limit) = manners.max_logs.filter(|limit| count > *limit) {
        let fits = |last: &u64| recording.count(from, *last) <= limit;
        let last = (from..=to).take_while(fits).last().unwrap_or(from);
        return Err(style.results(from, last, limit));
    }
    Ok(vec![Bytes::from_static(b"["), logs, Bytes::from_static(b"]")])
}

/// Those of the logs that were asked for, and how many they are.
fn matching(filter: &Filter, logs: &[u8]) -> Result<(u64, Bytes)> {
    let (mut count, mut text) = (0, String::new());
    for raw in split(logs)? {
        if is_asked(filter, &serde_json::from_str(raw.get())?) {
            if count > 0 {
                text.push(',');
            }
            text.push_str(raw.get());
            count += 1;
        }
    }
    Ok((count, text.into()))
}

fn is_asked(filter: &Filter, log: &Log<'_>) -> bool {
    let topic = |(index, any): (usize, &Option<AnyOf<B256>>)| match (any, log.topics.get(index)) {
        (None, _) => true,
        (Some(any), topic) => topic.is_some_and(|topic| any.all().contains(topic)),
    };
    let address = filter.address.as_ref().is_none_or(|any| any.all().contains(&log.address));
    address && filter.topics.iter().enumerate().all(topic)
}
