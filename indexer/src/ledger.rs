//! The node's rows as what an engine fills: projections, flows, outbox and checkpoint in one transaction.

use std::{sync::Arc, time::Duration};

use quittance_chain::{
    Chain, Tokens, fact,
    wire::{Filter, Log, Wire},
};
use quittance_domain::{
    Block, BlockRef, Error, Result,
    fact::Log as Fact,
    settlement::{Contracts, Deployment},
};
use quittance_store::{
    Store, Tx, blocks, lookups,
    pools::{self, Pool},
};
use tokio::sync::watch;

use crate::{
    Sink,
    engine::{Checkpoint, Decode, Decoded, Late, Part, Target, patiently},
    project,
};

/// The node's database, filled with what its deployment's contracts say.
pub struct Ledger {
    store: Store,
    sink: Arc<dyn Sink>,
    facts: Facts,
    /// The pools whose logs are missing up to the checkpoint.
    late: Vec<Pool>,
    start_block: u64,
    tx: Option<Tx>,
    /// The last block taken in, and committed.
    head: watch::Sender<Option<Block>>,
}

impl Ledger {
    /// The ledger of a deployment.
    ///
    /// A new one starts from the block before the deployment's first, so that there is a time from the start.
    ///
    /// # Errors
    /// When the chain is another than the deployment's; or when it or the database does not answer, for longer
    /// than a passing fault takes.
    pub async fn open(
        store: Store,
        wire: &Wire,
        chain: &Chain,
        sink: Arc<dyn Sink>,
        least: Duration,
    ) -> Result<Self> {
        let deployment = chain.deployment();
        let base = patiently(least, async || base(wire, deployment).await).await?;
        let mut tx = store.begin().await?;
        let mut tail = blocks::tail(&mut tx).await?;
        if tail.is_none() {
            blocks::append(&mut tx, &base).await?;
            lookups::put_off(&mut tx).await?;
            tail = Some(base);
        }
        tx.commit().await?;
        let facts = Facts::new(&deployment.contracts, chain.filter());
        let (start_block, head) = (deployment.start_block, watch::Sender::new(tail));
        Ok(Self { store, sink, facts, late: vec![], start_block, tx: None, head })
    }

    /// The last block taken in, and committed.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<Option<Block>> {
        self.head.subscribe()
    }

    /// The open transaction, or a new one, in which nobody else has moved the checkpoint.
    async fn tx(&mut self) -> Result<&mut Tx> {
        let tx = match self.tx.take() {
            Some(tx) => tx,
            None => {
                let mut tx = self.store.begin().await?;
                if blocks::tail(&mut tx).await? != *self.head.borrow() {
                    return Err(Error::conflict("another process writes into it").field("database"));
                }
                tx
            }
        };
        Ok(self.tx.insert(tx))
    }

    /// Has the tokens of pools that were put away followed no more.
    async fn let_rest(&mut self, active: &[Pool]) -> Result<()> {
        let next = self.head.borrow().map_or(0, |head| head.number + 1);
        let tx = self.tx().await?;
        for token in active.iter().filter(|pool| pool.name.is_none()).filter_map(|pool| pool.token) {
            pools::rest(tx, token, next).await?;
        }
        self.commit_open().await
    }

    async fn commit_open(&mut self) -> Result<()> {
        match self.tx.take() {
            Some(tx) => tx.commit().await,
            None => Ok(()),
        }
    }
}

/// The block that a new ledger starts from.
async fn base(wire: &Wire, deployment: &Deployment) -> Result<Block> {
    let chain_id = wire.chain_id().await?;
    if chain_id != deployment.chain_id {
        let text = format!("answers for chain {chain_id}, the deployment is on {}", deployment.chain_id);
        return Err(Error::invalid(text).field("chain.rpc"));
    }
    Ok(Block::from(&wire.header(deployment.start_block.saturating_sub(1)).await?))
}

impl Target for Ledger {
    type Decode = Facts;

    fn start_block(&self) -> u64 {
        self.start_block
    }

    fn decode(&self) -> Facts {
        self.facts.clone()
    }

    async fn known(&mut self, limit: u64) -> Result<Vec<BlockRef>> {
        let blocks = blocks::newest(&mut self.store.read().await?, limit).await?;
        Ok(blocks.iter().map(Block::at).collect())
    }

    async fn write(&mut self, parts: Vec<Part<Vec<Fact>>>) -> Result<()> {
        let sink = Arc::clone(&self.sink);
        let tx = self.tx().await?;
        let ends: Vec<Block> = parts.iter().map(|part| part.end).collect();
        let last = ends.last().copied();
        let facts: Vec<Fact> = parts.into_iter().flat_map(|part| part.rows).collect();
        project::apply(tx, &facts).await?;
        let mut blocks = facts.chunk_by(|a, b| a.origin.block == b.origin.block).peekable();
        for end in ends {
            let before = |facts: &&[Fact]| facts[0].origin.block.number < end.number;
            while let Some(facts) = blocks.next_if(before) {
                sink.block(tx, &block_of(&facts[0]), facts).await?;
            }
            let facts = blocks.next_if(|facts| facts[0].origin.block == end.at());
            sink.block(tx, &end, facts.unwrap_or_default()).await?;
        }
        match last {
            Some(last) => sink.taken(tx, &last).await,
            None => Ok(()),
        }
    }

    async fn late(&mut self) -> Result<Option<Late<Facts>>> {
        let pools = pools::followed(&mut self.store.read().await?).await?;
        let (mut active, late): (Vec<_>, Vec<_>) = pools.into_iter().partition(|pool| pool.active);
        if active.iter().any(|pool| pool.name.is_none()) {
            self.let_rest(&active).await?;
            active.retain(|pool| pool.name.is_some());
        }
        self.facts.follow(tokens(&active));
        // Those that are behind most, together.
        let wanted = |pool: &Pool| pool.next_block.filter(|_| pool.name.is_some());
        let Some(from) = late.iter().filter_map(wanted).min() else { return Ok(None) };
        self.late = late.into_iter().filter(|pool| wanted(pool) == Some(from)).collect();
        Ok(Some(Late { decode: self.facts.alone(tokens(&self.late)), from }))
    }

    async fn write_late(&mut self, rows: Vec<Vec<Fact>>, to: u64) -> Result<()> {
        let (sink, late) = (Arc::clone(&self.sink), std::mem::take(&mut self.late));
        let reached = self.head.borrow().is_some_and(|head| head.number <= to);
        let tx = self.tx().await?;
        let facts: Vec<Fact> = rows.into_iter().flatten().collect();
        project::apply(tx, &facts).await?;
        for pool in &late {
            let Some(token) = pool.token else { continue };
            if reached {
                pools::activate(tx, token).await?;
                sink.joined(tx, pool).await?;
            } else {
                pools::reached(tx, token, to + 1).await?;
            }
        }
        self.commit_open().await?;
        if reached {
            let mut all = (*self.facts.tokens).clone();
            all.extend(tokens(&late));
            self.facts.follow(all);
        }
        Ok(())
    }

    async fn commit(&mut self, checkpoint: Checkpoint) -> Result<()> {
        let tx = self.tx().await?;
        for block in &checkpoint.blocks {
            blocks::append(tx, block).await?;
        }
        blocks::prune(tx, checkpoint.keep_from).await?;
        self.commit_open().await?;
        self.head.send_replace(checkpoint.blocks.last().copied());
        Ok(())
    }

    async fn roll_back(&mut self) -> Result<()> {
        drop(self.tx.take());
        Ok(())
    }

    async fn recover(&mut self) -> Result<()> {
        drop(self.tx.take());
        let tail = blocks::tail(&mut self.store.read().await?).await?;
        self.head.send_if_modified(|head| std::mem::replace(head, tail) != tail);
        Ok(())
    }

    async fn unwind(&mut self, ancestor: BlockRef) -> Result<()> {
        let sink = Arc::clone(&self.sink);
        let tx = self.tx().await?;
        let block = blocks::at(tx, ancestor.number).await?.filter(|block| block.at() == ancestor);
        let block = block.ok_or_else(|| Error::internal("the block to go back to is not kept"))?;
        project::unwind(tx, ancestor.number).await?;
        blocks::unwind(tx, ancestor.number).await?;
        pools::unwind(tx, ancestor.number).await?;
        sink.unwound(tx, &block).await?;
        self.commit_open().await?;
        self.head.send_replace(Some(block));
        Ok(())
    }

    async fn index(&mut self) -> Result<()> {
        lookups::make(self.tx().await?).await?;
        self.commit_open().await
    }
}

fn block_of(fact: &Fact) -> Block {
    let BlockRef { number, hash } = fact.origin.block;
    Block { number, hash, timestamp: fact.origin.timestamp }
}

/// The tokens of some pools.
fn tokens(pools: &[Pool]) -> Tokens {
    pools.iter().filter_map(|pool| Some((pool.token?, pool.kind))).collect()
}

/// What the logs of a deployment and of some tokens mean.
#[derive(Clone, Debug)]
pub struct Facts {
    contracts: Arc<Contracts>,
    tokens: Arc<Tokens>,
    base: Filter,
    filter: Filter,
}

impl Facts {
    fn new(contracts: &Contracts, base: Filter) -> Self {
        Self { contracts: Arc::new(contracts.clone()), tokens: Arc::default(), filter: base.clone(), base }
    }

    /// From now on the logs of these tokens are wanted too, and of no others.
    fn follow(&mut self, tokens: Tokens) {
        if *self.tokens != tokens {
            self.filter = self.base.with(tokens.keys().copied());
            self.tokens = Arc::new(tokens);
        }
    }

    /// The same, for these tokens alone.
    fn alone(&self, tokens: Tokens) -> Self {
        let filter = Filter::new(tokens.keys().copied().collect(), vec![]);
        Self { filter, tokens: Arc::new(tokens), ..self.clone() }
    }
}

impl Decode for Facts {
    type Rows = Vec<Fact>;

    fn filter(&self) -> &Filter {
        &self.filter
    }

    fn decode(&self, logs: &[Log<'_>]) -> Result<Decoded<Vec<Fact>>> {
        let rows: Vec<Fact> =
            logs.iter().map(|log| fact(log, &self.contracts, &self.tokens)).collect::<Result<_>>()?;
        let raw = rows.iter().filter(|fact| fact.event.is_none()).count();
        let data: usize = rows.iter().map(|fact| fact.data.len() + 32 * fact.topics.len()).sum();
        let size = rows.len() * size_of::<Fact>() + data;
        Ok(Decoded { logs: count(rows.len()), raw: count(raw), size, rows })
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
