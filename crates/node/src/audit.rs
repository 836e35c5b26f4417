//! `quittance audit`: holds what the node's database says of its tokens against what the tokens themselves say.

use std::{collections::BTreeMap, io::Write, time::Duration};

use anyhow::Context;
use clap::Args;
use futures::{FutureExt, StreamExt, TryStreamExt, future::LocalBoxFuture, stream};
use quittance_app::pools::{CASH, DEED};
use quittance_chain::Chain;
use quittance_domain::{
    Address, AssetKind, BlockRef, Result, U256,
    settlement::{Contracts, Deployment},
};
use quittance_indexer::patiently;
use quittance_store::{
    Store, Tx, blocks, pools,
    tokens::{self, BalanceFilter},
};
use serde::Serialize;

use crate::{
    config::Config,
    run::{self, told},
};

/// Compare every balance and every item of the node's database with the chain, as of the last block that the
/// database has. Changes nothing, and may run beside the node. Exits with 1 if anything differs.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// The node's configuration file.
    #[arg(long, default_value = "quittance.toml", value_name = "FILE")]
    config: std::path::PathBuf,
    /// Only this pool.
    #[arg(long, value_name = "NAME")]
    pool: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Rows that are read, and compared, at a time.
const PAGE: u32 = 1_000;

/// Calls to the chain side by side.
const AT_ONCE: usize = 16;

/// How long to wait at least before a call that failed is made again.
const WAIT: Duration = Duration::from_millis(200);

/// Differences that are listed; more are only counted.
const LISTED: usize = 1_000;

/// What an audit found.
#[derive(Serialize)]
struct Report {
    block: BlockRef,
    checked: u64,
    differences: u64,
    list: Vec<Difference>,
}

/// Something of which database and chain say different things.
#[derive(Serialize)]
struct Difference {
    pool: String,
    what: String,
    database: String,
    chain: String,
}

impl Audit {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)?;
        // To open a file that is not there would make it.
        if let Some(file) = config.database_url().strip_prefix("sqlite://") {
            anyhow::ensure!(std::path::Path::new(file).exists(), "database.url: there is no {file}");
        }
        let chain = run::chain(&config).await?;
        let store = Store::open(&config.database_url()).await.context("database.url")?;
        // All of it in one snapshot, which the node's writing does not move.
        let mut tx = store.read().await?;
        let tail = blocks::tail(&mut tx).await?.context("the database has no block yet")?;
        let pools = self.pools(chain.deployment(), &mut tx).await?;
        let bar = bar();
        let mut audit = Comparison { chain: &chain, block: tail.at(), bar: &bar, report: report(tail.at()) };
        for (name, kind, token) in pools {
            match kind {
                AssetKind::Erc721 => audit.items(&mut tx, &name, token).await.map_err(told)?,
                _ => audit.amounts(&mut tx, &name, token).await.map_err(told)?,
            }
        }
        let report = audit.report;
        bar.finish_and_clear();
        self.print(&report)?;
        anyhow::ensure!(report.differences == 0, "{} of {} differ", report.differences, report.checked);
        Ok(())
    }

    /// The pools that are wanted: those of the deployment, and those that can be used.
    async fn pools(&self, of: &Deployment, tx: &mut Tx) -> anyhow::Result<Vec<(String, AssetKind, Address)>> {
        let Contracts { cash, deed, .. } = of.contracts;
        let mut all =
            vec![(CASH.to_owned(), AssetKind::Erc20, cash), (DEED.to_owned(), AssetKind::Erc721, deed)];
        let active = pools::all(tx).await?.into_iter().filter(|pool| pool.active);
        all.extend(active.filter_map(|pool| Some((pool.name?, pool.kind, pool.token?))));
        if let Some(only) = &self.pool {
            all.retain(|(name, ..)| name == only);
            anyhow::ensure!(!all.is_empty(), "--pool: there is no pool {only:?} that can be used");
        }
        Ok(all)
    }

    fn print(&self, report: &Report) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(report)?)?;
            return Ok(());
        }
        for Difference { pool, what, database, chain } in &report.list {
            writeln!(out, "{pool}: {what}: {database} in the database, {chain} on the chain")?;
        }
        let BlockRef { number, hash } = report.block;
        writeln!(out, "block {number} ({hash}): {} compared, {} differ", report.checked, report.differences)?;
        Ok(())
    }
}

const fn report(block: BlockRef) -> Report {
    Report { block, checked: 0, differences: 0, list: vec![] }
}

fn bar() -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::no_length();
    let style =
        indicatif::ProgressStyle::with_template("{spinner} {human_pos} compared, {per_sec}, {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
}

/// A comparison under way.
struct Comparison<'a> {
    chain: &'a Chain,
    block: BlockRef,
    bar: &'a indicatif::ProgressBar,
    report: Report,
}

impl Comparison<'_> {
    /// What every account has, and the sum of it.
    async fn amounts(&mut self, tx: &mut Tx, pool: &str, token: Address) -> Result<()> {
        let filter = BalanceFilter { token: Some(token), holder: None };
        // The sum is kept wider than an amount: a wrong database must not stop its own audit.
        let (mut sum, mut overflow, mut cursor) = (U256::ZERO, false, None);
        loop {
            let page = tokens::balances(tx, filter, cursor.as_deref(), PAGE).await?;
            for row in &page.items {
                let (next, over) = sum.overflowing_add(row.amount.units());
                (sum, overflow) = (next, overflow || over);
            }
            let asked = page.items.iter().map(|row| {
                patiently(WAIT, async || self.chain.amount_at(token, row.holder, self.block).await)
                    .boxed_local()
            });
            for (row, amount) in page.items.iter().zip(side_by_side(asked.collect()).await?) {
                let (ours, theirs) = (row.amount.to_string(), amount.to_string());
                self.compare(pool, || format!("{:#x}", row.holder), &ours, &theirs);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let all = patiently(WAIT, async || self.chain.supply_at(token, self.block).await).await?;
        let sum = if overflow { String::from("more than 2^256") } else { sum.to_string() };
        self.compare(pool, || "all of it".into(), &sum, &all.to_string());
        Ok(())
    }

    /// Every item's owner, and how many items each owner has.
    async fn items(&mut self, tx: &mut Tx, pool: &str, token: Address) -> Result<()> {
        let (mut owners, mut cursor) = (BTreeMap::<Address, u64>::new(), None);
        loop {
            let page = tokens::deeds(tx, Some(token), None, cursor.as_deref(), PAGE).await?;
            let asked = page.items.iter().map(|row| {
                patiently(WAIT, async || self.chain.owner_at(token, row.token_id, self.block).await)
                    .boxed_local()
            });
            let answers = side_by_side(asked.collect()).await?;
            for (row, owner) in page.items.iter().zip(answers) {
                *owners.entry(row.owner).or_default() += 1;
                let owner = owner.unwrap_or_default();
                self.compare(pool, || row.token_id.to_string(), &name(row.owner), &name(owner));
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        owners.remove(&Address::ZERO);
        let asked = owners.keys().map(|owner| {
            patiently(WAIT, async || self.chain.items_at(token, *owner, self.block).await).boxed_local()
        });
        let answers = side_by_side(asked.collect()).await?;
        for ((owner, count), amount) in owners.iter().zip(answers) {
            self.compare(pool, || format!("items of {owner:#x}"), &count.to_string(), &amount.to_string());
        }
        Ok(())
    }

    /// Notes whether database and chain say the same.
    fn compare(&mut self, pool: &str, what: impl FnOnce() -> String, database: &str, chain: &str) {
        self.bar.inc(1);
        self.report.checked += 1;
        if database == chain {
            return;
        }
        self.report.differences += 1;
        if self.report.list.len() < LISTED {
            let (database, chain) = (database.into(), chain.into());
            self.report.list.push(Difference { pool: pool.into(), what: what(), database, chain });
        }
    }
}

/// Answers to calls, in their order.
async fn side_by_side<T>(calls: Vec<LocalBoxFuture<'_, Result<T>>>) -> Result<Vec<T>> {
    stream::iter(calls).buffered(AT_ONCE).try_collect().await
}

/// An owner in words.
fn name(owner: Address) -> String {
    if owner.is_zero() { "nobody".into() } else { format!("{owner:#x}") }
}
