//! Logs to rows. What a row says gives back the log byte for byte: a log of which that is not true is kept raw.

use std::collections::HashMap;

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, B256, hex};
use quittance_chain::wire::Log;
use quittance_domain::{Error, Result};
use quittance_store::tables::{Batch, Child, Mark, Rows, Value, key};

use super::{
    Plan,
    contract::Place,
    plan::{Data, EventPlan, Source},
};

/// Why a log is kept raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The interface has no such event.
    Unknown,
    /// It may be an anonymous event of the interface: nothing in a log says so.
    Anonymous,
    /// The interface has the event with other arguments indexed.
    Indexing,
    /// A number is beyond the column's 64 bits with sign.
    Overflow,
    /// Its data are not what the interface says.
    Garbled,
    /// A text with a zero in it, which PostgreSQL cannot keep.
    Text,
}

impl Reason {
    const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Anonymous => "anonymous",
            Self::Indexing => "indexing",
            Self::Overflow => "overflow",
            Self::Garbled => "garbled",
            Self::Text => "text",
        }
    }
}

/// Turns logs into rows, with the contracts found so far.
#[derive(Clone, Debug)]
pub struct Decoder {
    plan: Plan,
    /// Which contract of the plan is at an address.
    places: HashMap<Address, usize>,
}

/// What logs came to.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// Rows for each table.
    pub batch: Batch,
    /// How many logs there were.
    pub logs: u64,
    /// How many of them are kept raw alone.
    pub raw: u64,
}

impl Decoded {
    /// Adds its rows to those of others, or of none yet.
    pub(super) fn join(self, batch: &mut Batch) {
        if batch.is_empty() {
            *batch = self.batch;
        } else {
            batch.iter_mut().zip(self.batch).for_each(|(all, rows)| all.append(rows));
        }
    }
}

impl Decoder {
    /// A decoder for a plan and the contracts found so far.
    #[must_use]
    pub fn new(plan: Plan, children: &[Child]) -> Self {
        let mut places = HashMap::new();
        for (n, contract) in plan.contracts.iter().enumerate() {
            if let Place::At(addresses) = &contract.place {
                places.extend(addresses.iter().map(|&address| (address, n)));
            }
        }
        for child in children {
            if let Some(n) = plan.contracts.iter().position(|contract| contract.name == child.contract) {
                places.entry(Address::from(child.address)).or_insert(n);
            }
        }
        Self { plan, places }
    }

    /// Rows for logs.
    ///
    /// # Errors
    /// When a block has more logs than a key can say.
    pub fn decode(&self, logs: &[Log<'_>]) -> Result<Decoded> {
        let tables = self.plan.tables.iter();
        let batch = tables.map(|table| Rows::new(table.columns.len())).collect();
        let mut decoded = Decoded { batch, logs: 0, raw: 0 };
        let mut data = vec![];
        for log in logs {
            let Some(&contract) = self.places.get(&log.address) else { continue };
            if log.block_number < self.plan.contracts[contract].start_block {
                continue;
            }
            data.resize(log.data.len() / 2, 0);
            hex::decode_to_slice(log.data, &mut data).map_err(Error::internal)?;
            self.log(contract, log, &data, &mut decoded)?;
        }
        Ok(decoded)
    }

    fn log(&self, contract: usize, log: &Log<'_>, data: &[u8], decoded: &mut Decoded) -> Result<()> {
        let topics = log.topics.get();
        let events = &self.plan.events[contract];
        let plan = topics.first().and_then(|&first| events.get(&(first, topics.len())));
        let reason = match plan {
            Some(plan) if !plan.wanted => return Ok(()),
            Some(plan) => event(plan, log, data, &mut decoded.batch[plan.table])?,
            None => match self.why(contract, topics) {
                Some(reason) => Some(reason),
                None => return Ok(()),
            },
        };
        decoded.logs += 1;
        decoded.raw += u64::from(reason.is_some());
        if (reason.is_some() || self.plan.raw)
            && let Some(raw) = decoded.batch.last_mut()
        {
            self.raw(contract, log, data, reason, raw)?;
        }
        Ok(())
    }

    /// Why a log has no table; nothing if it is not wanted at all.
    fn why(&self, contract: usize, topics: &[B256]) -> Option<Reason> {
        let contract = &self.plan.contracts[contract];
        let first = topics.first();
        let mut same =
            contract.events.iter().filter(|event| !event.anonymous && Some(&event.selector()) == first);
        if let Some(event) = same.next() {
            return contract.wants(event).then_some(Reason::Indexing);
        }
        let mut anonymous = contract.events.iter().filter(|event| event.anonymous && contract.wants(event));
        let fits =
            anonymous.any(|event| event.inputs.iter().filter(|input| input.indexed).count() == topics.len());
        match fits {
            true => Some(Reason::Anonymous),
            false => contract.wanted.is_empty().then_some(Reason::Unknown),
        }
    }

    fn raw(
        &self,
        contract: usize,
        log: &Log<'_>,
        data: &[u8],
        reason: Option<Reason>,
        rows: &mut Rows,
    ) -> Result<()> {
        common(log, true, rows)?;
        rows.push(Value::Text(&self.plan.contracts[contract].name));
        for n in 0..4 {
            let topic = log.topics.get().get(n);
            rows.push(topic.map_or(Value::Null, |topic| Value::Bytes(topic.as_slice())));
        }
        rows.push(Value::Bytes(data));
        rows.push(reason.map_or(Value::Null, |reason| Value::Text(reason.name())));
        Ok(())
    }

    /// The contracts that these logs say were made.
    pub fn births(&self, logs: &[Log<'_>]) -> Vec<Child> {
        logs.iter().filter_map(|log| self.birth(log)).collect()
    }

    fn birth(&self, log: &Log<'_>) -> Option<Child> {
        self.plan.contracts.iter().find_map(|contract| {
            let Place::MadeBy { factories, event, argument } = &contract.place else { return None };
            let topics = log.topics.get();
            if !factories.contains(&log.address) || topics.first() != Some(&event.selector()) {
                return None;
            }
            let address = made(event, *argument, topics, log.data)?;
            Some(Child { contract: contract.name.clone(), address: address.into(), block: log.block_number })
        })
    }
}

/// The address that an event's argument names: a topic, or a word among the data's first ones.
fn made(event: &alloy_json_abi::Event, argument: usize, topics: &[B256], data: &str) -> Option<Address> {
    let input = event.inputs.get(argument)?;
    let before = event.inputs[..argument].iter().filter(|other| other.indexed == input.indexed).count();
    if input.indexed {
        return topics.get(before + 1).map(|topic| Address::from_word(*topic));
    }
    let mut word = B256::ZERO;
    let digits = data.get(before * 64..(before + 1) * 64)?;
    hex::decode_to_slice(digits, word.as_mut_slice()).ok()?;
    Some(Address::from_word(word))
}

/// Adds an event's row, or takes it back and says why there is none.
fn event(plan: &EventPlan, log: &Log<'_>, data: &[u8], rows: &mut Rows) -> Result<Option<Reason>> {
    let mark: Mark = rows.mark();
    common(log, plan.has_address, rows)?;
    let done = match &plan.data {
        Data::Words(count) => words(plan, log.topics.get(), data, *count, rows),
        Data::Values(kind) => values(plan, log.topics.get(), data, kind, rows),
    };
    if done.is_err() {
        rows.back_to(mark);
    }
    Ok(done.err())
}

fn words(
    plan: &EventPlan,
    topics: &[B256],
    data: &[u8],
    count: usize,
    rows: &mut Rows,
) -> Result<(), Reason> {
    let (words, rest) = data.as_chunks::<32>();
    if words.len() != count || !rest.is_empty() {
        return Err(Reason::Garbled);
    }
    for (source, form) in &plan.arguments {
        match source {
            Source::Topic(n) => form.word(&topics[*n].0, rows)?,
            Source::Data(n) => form.word(&words[*n], rows)?,
        }
    }
    Ok(())
}

/// As [`words`], for data that are not all words. They must be laid out as compilers do, so that their values
/// say all of it.
fn values(
    plan: &EventPlan,
    topics: &[B256],
    data: &[u8],
    kind: &DynSolType,
    rows: &mut Rows,
) -> Result<(), Reason> {
    let decoded = kind.abi_decode_params(data).map_err(|_| Reason::Garbled)?;
    if decoded.abi_encode_params() != data {
        return Err(Reason::Garbled);
    }
    let DynSolValue::Tuple(values) = decoded else { return Err(Reason::Garbled) };
    for (source, form) in &plan.arguments {
        match source {
            Source::Topic(n) => form.word(&topics[*n].0, rows)?,
            Source::Data(n) => form.value(values.get(*n).ok_or(Reason::Garbled)?, rows)?,
        }
    }
    Ok(())
}

/// What every row begins with.
fn common(log: &Log<'_>, has_address: bool, rows: &mut Rows) -> Result<()> {
    let number = |number: u64| i64::try_from(number).map_err(Error::internal);
    rows.push(Value::Int(key(log.block_number, log.log_index)?));
    rows.push(Value::Int(number(log.block_number)?));
    rows.push(Value::Bytes(log.block_hash.as_slice()));
    rows.push(Value::Int(number(log.log_index)?));
    rows.push(Value::Bytes(log.transaction_hash.as_slice()));
    rows.push(Value::Int(number(log.block_timestamp.unwrap_or_default())?));
    if has_address {
        rows.push(Value::Bytes(log.address.as_slice()));
    }
    Ok(())
}
