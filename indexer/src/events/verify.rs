//! The database against the chain: a range is read from both and compared, value by value.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};
use quittance_chain::wire::{Check, Filter, Wire};
use quittance_domain::Result;
use quittance_store::tables::{Batch, Query, Reader, Rows, Table, Value, block_of, key};
use serde::Serialize;

use super::{Decoder, Form, Plan};
use crate::engine::Decoded;

/// What a comparison came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The first block.
    pub from: u64,
    /// The last block.
    pub to: u64,
    /// Logs that the chain has there.
    pub logs: u64,
    /// How many rows differ.
    pub count: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// A row that is not as the chain says.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// Its table.
    pub table: String,
    /// Its block.
    pub block: u64,
    /// Its log's place in the block.
    pub log_index: u64,
    /// What is wrong: `missing`, `extra`, or the column and both its values.
    pub what: String,
}

/// Differences that are told one by one.
const TOLD: usize = 100;

/// Blocks whose receipts are fetched side by side.
const SIDE_BY_SIDE: usize = 8;

/// Reads a range from the chain and compares it with the database. The range's logs are taken as they come, unless
/// they are to be held against their blocks' receipts.
///
/// # Errors
/// When either does not answer.
pub async fn verify(
    wire: &Arc<Wire>,
    reader: &mut Reader,
    plan: &Plan,
    (from, to): (u64, u64),
    check: Check,
    mut progress: impl FnMut(u64),
) -> Result<Report> {
    let children = reader.children().await?;
    let decoder = Arc::new(Decoder::new(plan.clone(), &children));
    let filter = plan.filter(&children);
    let mut report = Report { from, to, ..Report::default() };
    let mut next = from;
    while next <= to {
        let last = to.min(next.saturating_add(wire.range_size() - 1));
        let parts = match check {
            Check::None | Check::Bloom => range(wire, &filter, &decoder, (next, last)).await?,
            Check::ReceiptsRoot => blocks(wire, &filter, &decoder, (next, last)).await?,
        };
        let mut chain: Vec<Rows> = plan.tables.iter().map(|table| Rows::new(table.columns.len())).collect();
        for decoded in parts {
            report.logs += decoded.logs;
            chain.iter_mut().zip(decoded.rows).for_each(|(all, rows)| all.append(rows));
        }
        for (n, theirs) in chain.iter().enumerate() {
            let (from, until) = (key(next, 0)?, key(last + 1, 0)?);
            let query = Query { table: n, from, until, limit: i64::MAX, ..Query::default() };
            let ours = reader.page(query).await?.rows;
            compare(&plan.tables[n], &plan.forms[n], theirs, &ours, &mut report);
        }
        progress(last);
        next = last + 1;
    }
    Ok(report)
}

async fn range(
    wire: &Wire,
    filter: &Filter,
    decoder: &Arc<Decoder>,
    range: (u64, u64),
) -> Result<Vec<Decoded<Batch>>> {
    let decode = Arc::clone(decoder);
    let parts = wire.range(filter, range, move |logs| decode.decode(logs)).await?;
    parts.into_iter().map(|part| part.logs).collect()
}

async fn blocks(
    wire: &Wire,
    filter: &Filter,
    decoder: &Arc<Decoder>,
    (from, to): (u64, u64),
) -> Result<Vec<Decoded<Batch>>> {
    let headers = wire.headers(&(from..=to).collect::<Vec<_>>()).await?;
    let logs = headers.iter().map(|header| {
        let decode = Arc::clone(decoder);
        wire.logs_of(filter, header, Check::ReceiptsRoot, move |logs| decode.decode(logs))
    });
    let logs: Vec<Result<Decoded<Batch>>> = stream::iter(logs).buffered(SIDE_BY_SIDE).try_collect().await?;
    logs.into_iter().collect()
}

fn compare(table: &Table, forms: &[Form], chain: &Rows, database: &Rows, report: &mut Report) {
    let theirs = by_key(chain);
    let mut ours = by_key(database);
    let width = table.columns.len();
    let mut told = |id: i64, what: String| {
        report.count += 1;
        if report.differences.len() < TOLD {
            let (block, log_index) = (block_of(id), u64::try_from(id & 0xf_ffff).unwrap_or_default());
            report.differences.push(Difference { table: table.name.clone(), block, log_index, what });
        }
    };
    for (id, theirs) in theirs {
        match ours.remove(&id) {
            None => told(id, "missing".to_owned()),
            Some(ours) if ours != theirs => {
                let different = (0..width).filter(|&n| ours.get(n) != theirs.get(n));
                let say = |n: usize| {
                    let (form, column) = (&forms[n], &table.columns[n].name);
                    format!("{column}: {} instead of {}", form.show(ours[n]), form.show(theirs[n]))
                };
                told(id, different.map(say).collect::<Vec<_>>().join("; "));
            }
            Some(_) => {}
        }
    }
    if by_key(database).len() < database.len() {
        told(0, "a key is there twice".to_owned());
    }
    ours.into_keys().for_each(|id| told(id, "extra".to_owned()));
}

/// Rows by their first column.
fn by_key(rows: &Rows) -> BTreeMap<i64, Vec<Value<'_>>> {
    let keyed = rows.rows().into_iter().map(|row| {
        let id = match row.first() {
            Some(Value::Int(id)) => *id,
            _ => i64::MIN,
        };
        (id, row)
    });
    keyed.collect()
}
