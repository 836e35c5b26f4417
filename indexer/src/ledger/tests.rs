//! However a chain comes in, and whatever was taken back on the way, the rows are the same.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    sync::{Mutex, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Address, Amount, B256, DocumentId, U256,
    document::Commitment,
    fact::{Event, Origin},
    party::Party,
};
use quittance_stories::{dump, postgres::Postgres};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

const BLOCKS: u64 = 60;
const ROUNDS: u64 = 8;
const HOLDERS: u8 = 5;

fn who(n: u8) -> Address {
    if n == 0 { Address::ZERO } else { Address::repeat_byte(n) }
}

/// Blocks with logs of all sorts, in which nobody gives what he has not.
struct Maker {
    random: StdRng,
    cash: BTreeMap<(u8, u8), u64>,
    documents: u64,
}

impl Maker {
    fn chain(seed: u64) -> BTreeMap<u64, (Block, Vec<Fact>)> {
        let random = StdRng::seed_from_u64(seed);
        let mut maker = Self { random, cash: BTreeMap::new(), documents: 0 };
        (0..=BLOCKS).map(|number| (number, maker.block(number))).collect()
    }

    fn block(&mut self, number: u64) -> (Block, Vec<Fact>) {
        let block = Block { number, hash: B256::from(U256::from(number + 1)), timestamp: 1_000 + number };
        let count =
            if number == 0 || self.random.random_bool(0.3) { 0 } else { self.random.random_range(1..12) };
        let facts = (0..count).map(|log_index| {
            let transaction = B256::repeat_byte(7);
            let origin = Origin { block: block.at(), timestamp: block.timestamp, transaction, log_index };
            let (address, event) = self.event();
            let (topics, data) = (vec![transaction; 3], vec![1, 2, 3].into());
            Fact { origin, address, topics, data, event }
        });
        (block, facts.collect())
    }

    fn event(&mut self) -> (Address, Option<Event>) {
        let (from, to) = (self.random.random_range(0..=HOLDERS), self.random.random_range(0..=HOLDERS));
        let token = self.random.random_range(100..102);
        match self.random.random_range(0..10) {
            0 => (who(90), None),
            1 => {
                self.documents += 1;
                (
                    who(91),
                    Some(Event::DocumentRegistered(
                        DocumentId(B256::from(U256::from(self.documents))),
                        commitment(),
                    )),
                )
            }
            2 => {
                let (name, endpoint) = (format!("party-{to}"), String::new());
                let party = Party { address: who(to + 1), name, endpoint, tls_key: B256::repeat_byte(to) };
                (who(92), Some(Event::PartyRegistered(party)))
            }
            3 => {
                let token_id = U256::from(from);
                (who(93), Some(Event::DeedMoved { from: who(from), to: who(to), token_id }))
            }
            _ => {
                let most = if from == 0 { 100 } else { self.cash.get(&(token, from)).copied().unwrap_or(0) };
                let units = self.random.random_range(0..=most);
                if from != to {
                    self.cash.entry((token, from)).and_modify(|has| *has = has.saturating_sub(units));
                    *self.cash.entry((token, to)).or_default() += units;
                }
                let amount = Amount::new(U256::from(units));
                (who(token), Some(Event::CashMoved { from: who(from), to: who(to), amount }))
            }
        }
    }
}

fn commitment() -> Commitment {
    Commitment {
        issuer: who(1),
        root: B256::repeat_byte(1),
        chunks: 1,
        chunk_size: 1_024,
        size: 10,
        schema: B256::ZERO,
        previous: B256::ZERO,
    }
}

/// Hears that blocks come in order, with all their facts and only once.
#[derive(Default)]
struct Ear(Mutex<(u64, usize)>);

impl Sink for Ear {
    fn block<'a>(&'a self, _: &'a mut Tx, block: &'a Block, facts: &'a [Fact]) -> BoxFuture<'a, Result<()>> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(block.number > heard.0, "block {} after {}", block.number, heard.0);
        assert!(facts.iter().all(|fact| fact.origin.block == block.at()));
        *heard = (block.number, heard.1 + facts.len());
        async { Ok(()) }.boxed()
    }

    fn taken<'a>(&'a self, _: &'a mut Tx, end: &'a Block) -> BoxFuture<'a, Result<()>> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(end.number, heard.0, "the end of a range is told after its last block");
        async { Ok(()) }.boxed()
    }

    fn joined<'a>(&'a self, _: &'a mut Tx, _: &'a Pool) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn unwound<'a>(&'a self, _: &'a mut Tx, ancestor: &'a Block) -> BoxFuture<'a, Result<()>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (ancestor.number, 0);
        async { Ok(()) }.boxed()
    }
}

struct Stage {
    ledger: Ledger,
    ear: Arc<Ear>,
    chain: BTreeMap<u64, (Block, Vec<Fact>)>,
    url: String,
}

impl Stage {
    async fn new(url: &str, chain: BTreeMap<u64, (Block, Vec<Fact>)>) -> Self {
        let store = Store::open(url).await.unwrap();
        store.migrate().await.unwrap();
        let contracts = Contracts {
            cash: who(100),
            deed: who(93),
            document_registry: who(91),
            party_registry: who(92),
            settlement: who(94),
            units: None,
            dvp: None,
            escrow: None,
            hash_lock: None,
            fair_exchange: None,
            exchange: None,
            council: None,
            pinboard: None,
            token_factory: None,
        };
        let facts = Facts::new(&contracts, Filter::default());
        let (ear, head) = (Arc::new(Ear::default()), watch::Sender::new(None));
        let ledger = Ledger { store, sink: ear.clone(), facts, start_block: 1, tx: None, head, late: vec![] };
        let mut stage = Self { ledger, ear, chain, url: url.to_owned() };
        let base = stage.chain[&0].0;
        let checkpoint = Checkpoint { blocks: vec![base], ..Checkpoint::default() };
        stage.ledger.commit(checkpoint).await.unwrap();
        stage
    }

    fn part(&self, range: RangeInclusive<u64>) -> Part<Vec<Fact>> {
        let end = self.chain[range.end()].0;
        let rows = range.flat_map(|number| self.chain[&number].1.clone()).collect();
        Part { rows, end }
    }

    /// Takes in what comes after `from`: in transactions, writes and ranges of `size` at the most.
    async fn grow(&mut self, from: u64, mut size: impl FnMut() -> u64) {
        let mut next = from + 1;
        while next <= BLOCKS {
            let mut blocks = vec![];
            for _ in 0..size() {
                let mut parts = vec![];
                for _ in 0..size() {
                    let last = BLOCKS.min(next + size() - 1);
                    if next <= last {
                        parts.push(self.part(next..=last));
                        next = last + 1;
                    }
                }
                blocks.extend(parts.iter().map(|part| part.end));
                self.ledger.write(parts).await.unwrap();
            }
            self.ledger.commit(Checkpoint { blocks, ..Checkpoint::default() }).await.unwrap();
        }
        let facts: usize = self.chain.range(from + 1..).map(|(_, (_, facts))| facts.len()).sum();
        assert_eq!(self.ear.0.lock().unwrap().1, facts, "the sink was told of some other facts");
    }

    /// All rows but the checkpoints, of which each way in leaves others.
    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let mut rows = dump(&self.url).await.unwrap();
        assert!(rows.remove("blocks").is_some_and(|blocks| !blocks.is_empty()));
        rows
    }
}

async fn all_ways_are_one(database: impl Fn(&str) -> String) {
    for seed in 0..ROUNDS {
        let mut random = StdRng::seed_from_u64(1_000 + seed);
        let chain = Maker::chain(seed);
        let mut fresh = Stage::new(&database(&format!("fresh{seed}")), chain.clone()).await;
        fresh.grow(0, || 1).await;
        let expected = fresh.rows().await;
        assert!(expected["balances"].len() > 20 && expected["transfers"].len() > 20);
        let mut other = Stage::new(&database(&format!("other{seed}")), chain).await;
        other.grow(0, || random.random_range(1..5)).await;
        assert_eq!(other.rows().await, expected, "in pieces, seed {seed}");
        for _ in 0..3 {
            let known = other.ledger.known(1_000).await.unwrap();
            let ancestor = known[random.random_range(0..known.len())];
            other.ledger.unwind(ancestor).await.unwrap();
            other.grow(ancestor.number, || random.random_range(1..5)).await;
            assert_eq!(other.rows().await, expected, "from {} again, seed {seed}", ancestor.number);
        }
        assert_eq!(*other.ledger.head().borrow(), *fresh.ledger.head().borrow());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_ways_into_sqlite_are_one() {
    let folder = tempfile::tempdir().unwrap();
    all_ways_are_one(|name| format!("sqlite:{}", folder.path().join(name).display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_ways_into_postgres_are_one() {
    all_ways_are_one(|name| Postgres::shared().unwrap().database(name).unwrap()).await;
}
