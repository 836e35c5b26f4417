//! The floor: download ∥ parse ∥ bulk insert ∥ checkpoint of `Transfer` events and nothing else. It knows the
//! event and the provider's limits beforehand, checks nothing, retries nothing and follows no head.

mod parse;
mod postgres;
mod sqlite;

use std::{path::Path, time::Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use futures::{Stream, StreamExt, TryStreamExt};
use quittance_stories::emitter::TOKEN;
use serde_json::json;

use crate::report;
pub(super) use parse::{Row, parse};

/// Parsed ranges that wait for the database.
const WAITING: usize = 4;

/// The bare pipeline, in a process of its own so that it can be measured like any indexer.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The node's endpoint.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Where the rows go.
    #[arg(long, value_name = "URL")]
    db: String,
    /// The last block.
    #[arg(long, value_name = "N")]
    to: u64,
    /// Blocks in a call.
    #[arg(long, value_name = "N")]
    step: u64,
    /// Calls at once.
    #[arg(long, value_name = "N")]
    in_flight: usize,
    /// Which part of it alone; all of it if this is left out.
    #[arg(long)]
    part: Option<Part>,
}

/// A part of the pipeline by itself.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Part {
    /// The answers' bytes, thrown away.
    Download,
    /// Rows from bytes that are in memory.
    Parse,
    /// Rows that are in memory into the database, checkpoints and indexes included.
    Insert,
}

/// Runs it, and says how many seconds the measured part took.
pub(crate) async fn run(options: Options) -> Result<()> {
    let start = Instant::now();
    let took = match options.part {
        None => {
            let rows = parsed(download(&options)?, options.in_flight);
            insert(&options, rows).await?;
            start.elapsed()
        }
        Some(Part::Download) => {
            let bytes = download(&options)?.buffered(options.in_flight);
            let bytes: usize = bytes.try_fold(0, async |sum, body| Ok(sum + body.len())).await?;
            ensure!(bytes > 0, "nothing was downloaded");
            start.elapsed()
        }
        Some(Part::Parse) => {
            let bodies: Vec<Bytes> = download(&options)?.buffered(options.in_flight).try_collect().await?;
            let start = Instant::now();
            let bodies = futures::stream::iter(bodies).map(async |body| Ok(body));
            let count =
                parsed(bodies, options.in_flight).try_fold(0, async |sum, (_, rows)| Ok(sum + rows.len()));
            ensure!(count.await? > 0, "nothing was parsed");
            start.elapsed()
        }
        Some(Part::Insert) => {
            let rows = parsed(download(&options)?, options.in_flight);
            let rows: Vec<(u64, Vec<Row>)> = rows.try_collect().await?;
            let start = Instant::now();
            insert(&options, futures::stream::iter(rows.into_iter().map(Ok)).boxed()).await?;
            start.elapsed()
        }
    };
    report::say(&took.as_secs_f64().to_string());
    Ok(())
}

/// The answers for all ranges, in order once they are buffered.
fn download(
    options: &Options,
) -> Result<impl Stream<Item = impl Future<Output = Result<Bytes>> + Send + use<>> + use<>> {
    let (url, step, to) = (options.rpc.clone(), options.step, options.to);
    ensure!(step > 0, "--step must be at least 1");
    let http = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let starts = (1..=to).step_by(usize::try_from(step)?);
    Ok(futures::stream::iter(starts).map(move |from| {
        let filter = json!({
            "address": TOKEN,
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{:#x}", to.min(from + step - 1)),
        });
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [filter]});
        let request = http.post(&url).json(&call);
        async move { Ok(request.send().await?.error_for_status()?.bytes().await?) }
    }))
}

/// Rows, in order, each range's with its last block's number.
fn parsed<F: Future<Output = Result<Bytes>> + Send + 'static>(
    bodies: impl Stream<Item = F> + Send + 'static,
    in_flight: usize,
) -> futures::stream::BoxStream<'static, Result<(u64, Vec<Row>)>> {
    let rows = bodies.map(async |body| {
        let body = body.await?;
        let rows = tokio::task::spawn_blocking(move || parse(&body)).await??;
        let last = rows.last().context("a range without any event")?.block;
        Ok((last, rows))
    });
    rows.buffered(in_flight).boxed()
}

/// Writes rows as they come, each range's with the checkpoint behind it, and the indexes in the end.
async fn insert(
    options: &Options,
    mut rows: futures::stream::BoxStream<'static, Result<(u64, Vec<Row>)>>,
) -> Result<()> {
    if options.db.starts_with("postgres://") {
        return postgres::insert(&options.db, rows).await;
    }
    let Some(path) = options.db.strip_prefix("sqlite://") else {
        bail!("--db is neither sqlite:// nor postgres://");
    };
    let path = Path::new(path).to_owned();
    let (send, receive) = std::sync::mpsc::sync_channel(WAITING);
    let writer = std::thread::spawn(move || sqlite::insert(&path, &receive));
    while let Some(range) = rows.try_next().await? {
        let sent = tokio::task::block_in_place(|| send.send(range));
        if sent.is_err() {
            break;
        }
    }
    drop(send);
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))?
}
