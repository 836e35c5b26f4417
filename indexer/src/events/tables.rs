//! The events' tables as what an engine fills.

use std::sync::Arc;

use quittance_chain::wire::{Filter, Log, Wire};
use quittance_domain::{BlockRef, Result};
use quittance_store::tables::{self, Batch, Child, Identity, Reader, Rows, Tables};

use super::{Decoder, Plan};
use crate::engine::{Checkpoint, Decode, Decoded, Part, Target, patiently};

/// The tables of a plan, open for writing.
#[derive(Debug)]
pub struct EventTables {
    /// Before the writer: SQLite tidies up when the last connection that may write is closed.
    reader: Reader,
    tables: Tables,
    plan: Plan,
    scope: Scope,
}

/// Of which chain and contracts a database of this plan is to be.
///
/// # Errors
/// When the chain does not answer, for longer than a passing fault takes.
pub async fn identity(wire: &Wire, plan: &Plan, least: std::time::Duration) -> Result<Identity> {
    patiently(least, async || {
        let (chain_id, genesis) = tokio::try_join!(wire.chain_id(), wire.header(0))?;
        Ok(Identity {
            chain_id,
            genesis: genesis.hash,
            contracts: plan.identity(),
            start_block: plan.start_block(),
        })
    })
    .await
}

impl EventTables {
    /// Opens the tables of a plan, and makes sure that they are of this identity.
    ///
    /// # Errors
    /// When the database does not answer, or is of another chain or plan.
    pub async fn open(db: &str, plan: Plan, identity: &Identity) -> Result<Self> {
        let tables = Tables::open(db, plan.tables().to_vec(), identity).await?;
        let mut reader = tables.reader().await?;
        let scope = Scope::new(plan.clone(), reader.children().await?);
        Ok(Self { reader, tables, plan, scope })
    }

    /// Deletes what is stored from a block on, so that it is mirrored anew.
    ///
    /// # Errors
    /// When the chain or the database does not answer.
    pub async fn reset(mut self, wire: &Wire, from: u64) -> Result<()> {
        let tail = self.reader.blocks(1).await?.pop();
        let to = if from <= self.plan.start_block() {
            None
        } else {
            Some(BlockRef::from(&wire.header(from - 1).await?))
        };
        let to = to.filter(|to| tail.is_some_and(|tail| to.number <= tail.number));
        self.tables.unwind(to).await
    }

    async fn look_for_children(&mut self) -> Result<()> {
        let children = self.reader.children().await?;
        if children != self.scope.0.children {
            self.scope = Scope::new(self.plan.clone(), children);
        }
        Ok(())
    }
}

impl Target for EventTables {
    type Decode = Scope;

    fn start_block(&self) -> u64 {
        self.plan.start_block()
    }

    fn decode(&self) -> Scope {
        self.scope.clone()
    }

    async fn known(&mut self, limit: u64) -> Result<Vec<BlockRef>> {
        self.reader.blocks(i64::try_from(limit).unwrap_or(i64::MAX)).await
    }

    async fn write(&mut self, parts: Vec<Part<Batch>>) -> Result<()> {
        let mut parts = parts.into_iter().map(|part| part.rows);
        let Some(mut batch) = parts.next() else { return Ok(()) };
        for rows in parts {
            batch.iter_mut().zip(rows).for_each(|(all, rows)| all.append(rows));
        }
        if batch.iter().all(Rows::is_empty) { Ok(()) } else { self.tables.write(batch).await }
    }

    async fn commit(&mut self, checkpoint: Checkpoint) -> Result<()> {
        let Checkpoint { blocks, keep_from, children } = checkpoint;
        let blocks = blocks.iter().map(quittance_domain::Block::at).collect();
        let born = !children.is_empty();
        self.tables.commit(tables::Checkpoint { blocks, keep_from, children }).await?;
        if born { self.look_for_children().await } else { Ok(()) }
    }

    async fn roll_back(&mut self) -> Result<()> {
        self.tables.roll_back().await
    }

    async fn recover(&mut self) -> Result<()> {
        self.tables.roll_back().await?;
        self.reader = self.tables.reader().await?;
        self.look_for_children().await
    }

    async fn unwind(&mut self, ancestor: BlockRef) -> Result<()> {
        self.tables.unwind(Some(ancestor)).await?;
        self.look_for_children().await
    }

    async fn index(&mut self) -> Result<()> {
        self.tables.index().await
    }
}

/// A plan with the contracts found so far.
#[derive(Clone, Debug)]
pub struct Scope(Arc<Found>);

#[derive(Debug)]
struct Found {
    plan: Plan,
    children: Vec<Child>,
    decoder: Decoder,
    filter: Filter,
    births: Option<Filter>,
}

impl Scope {
    fn new(plan: Plan, children: Vec<Child>) -> Self {
        let (filter, births) = (plan.filter(&children), plan.births());
        let decoder = Decoder::new(plan.clone(), &children);
        Self(Arc::new(Found { plan, children, decoder, filter, births }))
    }
}

impl Decode for Scope {
    type Rows = Batch;

    fn filter(&self) -> &Filter {
        &self.0.filter
    }

    fn decode(&self, logs: &[Log<'_>]) -> Result<Decoded<Batch>> {
        self.0.decoder.decode(logs)
    }

    fn births(&self) -> Option<&Filter> {
        self.0.births.as_ref()
    }

    fn born(&self, logs: &[Log<'_>]) -> Vec<Child> {
        self.0.decoder.births(logs)
    }

    fn with(&self, born: &[Child]) -> Self {
        Self::new(self.0.plan.clone(), [self.0.children.as_slice(), born].concat())
    }
}
