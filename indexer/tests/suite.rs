//! Every contract of the suite beside a real chain: one deal of each is opened and ended, both databases tell of it,
//! and a reorg takes back just that.

use std::{fmt::Debug, path::Path, sync::Arc, time::Duration};

use alloy::{
    primitives::{Address, B256, Bytes, U256, hex, keccak256},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::{SolCall, SolConstructor, SolValue},
};
use anyhow::{Context, Result, ensure};
use quittance_bindings::{
    Cash, Council, Deed, DocumentRegistry, Dvp, Escrow, Exchange, FairExchange, HashLock, Pinboard,
    Settlement, Units,
};
use quittance_chain::{
    Chain, Rpc,
    wire::{Check, Wire, WireConfig},
};
use quittance_domain::{
    Block,
    fact::{Grant, deal::DealKind},
    settlement::{Deployment, Status},
};
use quittance_indexer::{Engine, EngineConfig, Ledger, NoSink};
use quittance_store::{
    Store, approvals, councils, credits,
    deals::{self, DealFilter},
    pins, units,
};
use quittance_stories::{Anvil, anvil::RICH, deploy, ports, postgres::Postgres, wait::SOON, wait_for};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// More blocks than the deals take, so that a reorg may take back all of them.
const WINDOW: u64 = 64;
const HOUR: u64 = 3_600;
/// Enough for any call here, and for a council.
const GAS: &str = "0x7a1200";

/// A chain whose blocks come when the test says so, with unlocked accounts.
struct World {
    anvil: Anvil,
    deployment: Deployment,
    accounts: Vec<Address>,
}

impl World {
    async fn start(dir: &Path) -> Result<Self> {
        let anvil = Anvil::start(dir, ports::free()?).await?;
        let accounts: Vec<Address> = anvil.rpc.call("eth_accounts", json!([])).await?;
        let (rpc, issuer) = (anvil.rpc.url().to_owned(), accounts[0]);
        let plan =
            deploy::Plan { rpc: &rpc, cash_issuer: issuer, deed_issuer: issuer, record: dir, notes: dir };
        deploy::deploy(&plan).await?;
        anvil.rpc.every(0).await?;
        let deployment = serde_json::from_slice(&std::fs::read(dir.join("31337.json"))?)?;
        let mut world = Self { anvil, deployment, accounts };
        world.deployment.contracts.council = Some(world.council().await?);
        Ok(world)
    }

    /// A council of Alice and Bob, who both must say yes.
    async fn council(&self) -> Result<Address> {
        let member = |who: Address| Council::Member { signer: who.to_vec().into(), weight: 1 };
        let members = vec![member(self.alice()), member(self.bob())];
        let arguments = Council::constructorCall { members, threshold: U256::from(2) }.abi_encode();
        let code = [&Council::BYTECODE[..], &arguments].concat();
        let receipt =
            self.transact(json!({"from": self.alice(), "data": hex::encode_prefixed(code)})).await?;
        let address = receipt["contractAddress"].as_str().context("no address")?;
        Ok(address.parse()?)
    }

    /// Sends a transaction in a block of its own.
    async fn transact(&self, mut transaction: Value) -> Result<Value> {
        transaction["gas"] = GAS.into();
        let rpc = &self.anvil.rpc;
        let hash: B256 = rpc.call("eth_sendTransaction", json!([transaction])).await?;
        rpc.mine().await?;
        let receipt: Value = rpc.call("eth_getTransactionReceipt", json!([hash])).await?;
        ensure!(receipt["status"] == "0x1", "reverted: {transaction}");
        Ok(receipt)
    }

    async fn send(&self, from: Address, to: Address, call: impl SolCall) -> Result<()> {
        let data = hex::encode_prefixed(call.abi_encode());
        self.transact(json!({"from": from, "to": to, "data": data})).await.map(|_| ())
    }

    async fn ask<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        let call = json!([{"to": to, "data": hex::encode_prefixed(call.abi_encode())}, "latest"]);
        let answer: Bytes = self.anvil.rpc.call("eth_call", call).await?;
        Ok(C::abi_decode_returns(&answer)?)
    }

    fn issuer(&self) -> Address {
        self.accounts[0]
    }

    fn alice(&self) -> Address {
        self.accounts[1]
    }

    fn bob(&self) -> Address {
        self.accounts[2]
    }

    /// The word for the money.
    fn cash(&self) -> B256 {
        self.deployment.contracts.cash.into_word()
    }

    fn mutual(&self) -> impl Iterator<Item = Address> {
        let of = &self.deployment.contracts;
        [of.dvp, of.escrow, of.hash_lock, of.fair_exchange, of.exchange, Some(of.settlement)]
            .into_iter()
            .flatten()
    }

    /// Money, a deed and units for those who deal, and leave for the contracts to take the money.
    async fn furnish(&self) -> Result<Furniture> {
        let (of, issuer) = (&self.deployment.contracts, self.issuer());
        let amount = U256::from(1_000);
        for to in [issuer, self.alice(), self.bob()] {
            self.send(issuer, of.cash, Cash::mintCall { to, amount }).await?;
            for spender in self.mutual() {
                self.send(to, of.cash, Cash::approveCall { spender, value: U256::MAX }).await?;
            }
        }
        let document = Deed::Document {
            issuer,
            root: B256::repeat_byte(1),
            chunks: 1,
            chunkSize: 1_024,
            size: 10,
            schema: B256::ZERO,
            previous: B256::ZERO,
        };
        let encoded = document.abi_encode();
        let registered = DocumentRegistry::Document::abi_decode(&encoded)?;
        self.send(issuer, of.document_registry, DocumentRegistry::registerCall { document: registered })
            .await?;
        self.send(issuer, of.deed, Deed::mintCall { to: self.alice(), document: document.clone() }).await?;
        let registered = DocumentRegistry::Document::abi_decode(&encoded)?;
        let id = self.ask(of.document_registry, DocumentRegistry::idCall { document: registered }).await?;
        let deed = U256::from_be_bytes(id.0);
        self.send(self.alice(), of.deed, Deed::approveCall { to: self.bob(), tokenId: deed }).await?;

        let at = of.units.context("no Units")?;
        let class = Units::UnitClass {
            issuer,
            name: "Bond".into(),
            symbol: "BND".into(),
            decimals: 0,
            nonce: U256::ZERO,
        };
        let class_id = self.ask(at, Units::idOfCall { class: class.clone() }).await?;
        self.send(issuer, at, Units::createCall { class }).await?;
        let mint = Units::mintCall { to: self.alice(), id: class_id, amount: U256::from(100) };
        self.send(issuer, at, mint).await?;
        Ok(Furniture { deed, class: class_id })
    }

    async fn chain(&self) -> Result<Chain> {
        let rpc = Rpc { url: self.anvil.rpc.url().to_owned(), timeout: Duration::from_secs(10) };
        Ok(Chain::connect(&rpc, self.deployment.clone()).await?)
    }

    fn wire(&self) -> Result<Arc<Wire>> {
        let limits = WireConfig { most_blocks: 7, ..WireConfig::default() };
        Ok(Arc::new(Wire::new(&[self.anvil.rpc.url().to_owned()], limits)?))
    }

    async fn mirror(&self, url: &str) -> Result<Running> {
        let store = Store::open(url).await?;
        store.migrate().await?;
        let poll_interval = Duration::from_millis(20);
        let config = EngineConfig {
            to: None,
            once: false,
            poll_interval,
            window: WINDOW,
            check: Check::Bloom,
            in_flight: 1 << 20,
        };
        let (wire, chain) = (self.wire()?, self.chain().await?);
        let ledger = Ledger::open(store.clone(), &wire, &chain, Arc::new(NoSink), poll_interval).await?;
        let (head, cancel) = (ledger.head(), CancellationToken::new());
        let task = tokio::spawn(Engine::new(wire, ledger, config).await?.run(cancel.clone()));
        Ok(Running { store, head, cancel, task })
    }
}

struct Furniture {
    deed: U256,
    class: U256,
}

/// One deal of each contract, from its opening to its end: the ids, in that order.
impl World {
    async fn settlement(&self) -> Result<B256> {
        let (at, alice) = (self.deployment.contracts.settlement, self.alice());
        let leg = Settlement::Leg {
            asset: self.cash(),
            from: alice,
            to: self.bob(),
            tokenId: U256::ZERO,
            amount: U256::from(10),
        };
        let soon = self.anvil.rpc.time().await? + HOUR;
        let terms = Settlement::Terms {
            legs: vec![leg],
            conditions: vec![],
            fundBy: soon.try_into()?,
            settleBy: (soon + HOUR).try_into()?,
            nonce: U256::ZERO,
        };
        self.send(alice, at, Settlement::fundCall { terms: terms.clone(), leg: U256::ZERO }).await?;
        self.send(alice, at, Settlement::settleCall { terms: terms.clone(), proofs: vec![] }).await?;
        self.ask(at, Settlement::idCall { terms }).await
    }

    async fn dvp(&self) -> Result<B256> {
        let (alice, bob) = (self.alice(), self.bob());
        let at = self.deployment.contracts.dvp.context("no Dvp")?;
        let soon = U256::from(self.anvil.rpc.time().await? + HOUR);
        let windows = (soon << 216_usize) | ((soon + U256::from(HOUR)) << 176_usize);
        let terms = Dvp::DvpTerms {
            seller: alice,
            buyer: bob,
            asset: self.cash(),
            tokenId: U256::ZERO,
            amount: U256::from(10),
            payment: self.cash(),
            price: U256::from(20),
            subject: B256::repeat_byte(1),
            windows: B256::from(windows),
        };
        for party in [bob, alice] {
            self.send(party, at, Dvp::fundCall { terms: terms.clone() }).await?;
        }
        self.send(bob, at, Dvp::settleCall { terms: terms.clone(), receipt: Bytes::new() }).await?;
        self.ask(at, Dvp::idCall { terms }).await
    }

    async fn escrow(&self) -> Result<B256> {
        let (alice, bob) = (self.alice(), self.bob());
        let at = self.deployment.contracts.escrow.context("no Escrow")?;
        let soon = self.anvil.rpc.time().await? + HOUR;
        let terms = Escrow::EscrowTerms {
            payer: alice,
            payee: bob,
            asset: self.cash(),
            tokenId: U256::ZERO,
            amount: U256::from(10),
            subject: B256::ZERO,
            arbiter: self.issuer(),
            bond: U256::ONE,
            defaultBps: 5_000,
            acceptBy: soon.try_into()?,
            disputeBy: (soon + 2 * HOUR).try_into()?,
            ruleWindow: (2 * HOUR).try_into()?,
            nonce: U256::ZERO,
        };
        self.send(alice, at, Escrow::fundCall { terms: terms.clone() }).await?;
        self.send(bob, at, Escrow::acceptCall { terms: terms.clone() }).await?;
        let part = Escrow::releaseCall { terms: terms.clone(), releasedBps: 4_000, signature: Bytes::new() };
        self.send(alice, at, part).await?;
        self.send(alice, at, Escrow::disputeCall { terms: terms.clone() }).await?;
        self.send(self.issuer(), at, Escrow::ruleCall { terms: terms.clone(), payeeBps: 0 }).await?;
        self.ask(at, Escrow::idCall { terms }).await
    }

    /// Native coin for a contract that takes none: the lock settles, and owes it.
    async fn hash_lock(&self) -> Result<B256> {
        let at = self.deployment.contracts.hash_lock.context("no HashLock")?;
        let preimage = B256::repeat_byte(3);
        let soon = U256::from(self.anvil.rpc.time().await? + 2 * HOUR);
        let terms = HashLock::LockTerms {
            sender: self.alice(),
            receiver: self.deployment.contracts.cash,
            asset: B256::from(U256::from(4) << 248_usize),
            tokenId: U256::ZERO,
            amount: U256::from(7),
            hashlock: keccak256(preimage),
            lock: B256::from((U256::ONE << 248_usize) | (soon << 208_usize)),
        };
        let data = hex::encode_prefixed(HashLock::lockCall { terms: terms.clone() }.abi_encode());
        self.transact(json!({"from": self.alice(), "to": at, "data": data, "value": "0x7"})).await?;
        self.send(self.bob(), at, HashLock::claimCall { terms: terms.clone(), preimage }).await?;
        self.ask(at, HashLock::idCall { terms }).await
    }

    async fn fair_exchange(&self) -> Result<B256> {
        let (alice, bob) = (self.alice(), self.bob());
        let at = self.deployment.contracts.fair_exchange.context("no FairExchange")?;
        let key = B256::repeat_byte(4);
        let terms = FairExchange::FairTerms {
            buyer: alice,
            seller: bob,
            asset: self.cash(),
            tokenId: U256::ZERO,
            amount: U256::from(10),
            goods: B256::repeat_byte(5),
            keyCommit: keccak256([keccak256("Quittance seller's key"), key].concat()),
            revealBy: (self.anvil.rpc.time().await? + 2 * HOUR).try_into()?,
            window: HOUR.try_into()?,
        };
        self.send(alice, at, FairExchange::lockCall { terms: terms.clone() }).await?;
        self.send(bob, at, FairExchange::revealCall { terms: terms.clone(), key }).await?;
        let receipt = Bytes::new();
        self.send(alice, at, FairExchange::finalizeCall { terms: terms.clone(), receipt }).await?;
        self.ask(at, FairExchange::idCall { terms }).await
    }

    /// An order that is filled in part, and ends with its nonce.
    async fn order(&self) -> Result<B256> {
        let (maker, alice) = (self.issuer(), self.alice());
        let at = self.deployment.contracts.exchange.context("no Exchange")?;
        let nonce = U256::from(300);
        let order = Exchange::Order {
            maker,
            taker: Address::ZERO,
            give: self.cash(),
            giveId: U256::ZERO,
            giveAmount: U256::from(10),
            take: self.cash(),
            takeId: U256::ZERO,
            takeAmount: U256::from(20),
            minFill: U256::ONE,
            deadline: (self.anvil.rpc.time().await? + HOUR).try_into()?,
            nonce,
        };
        let id = self.ask(at, Exchange::idCall { order: order.clone() }).await?;
        let signature = RICH.parse::<PrivateKeySigner>()?.sign_hash_sync(&id)?;
        let signature = Bytes::from(signature.as_bytes());
        self.send(alice, at, Exchange::fillCall { order, amount: U256::from(4), signature }).await?;
        let mask = U256::ONE << (nonce % U256::from(256));
        self.send(maker, at, Exchange::invalidateCall { word: U256::ONE, mask }).await?;
        Ok(id)
    }

    async fn proposal(&self) -> Result<B256> {
        let (alice, bob) = (self.alice(), self.bob());
        let at = self.deployment.contracts.council.context("no Council")?;
        let soon = self.anvil.rpc.time().await? + HOUR;
        let call = Council::Call { target: bob, value: U256::ZERO, data: Bytes::new() };
        let proposal = Council::Proposal {
            calls: vec![call],
            subject: B256::ZERO,
            voteBy: soon.try_into()?,
            executeFrom: 0_u64.try_into()?,
            executeBy: soon.try_into()?,
            nonce: U256::ZERO,
        };
        let id = self.ask(at, Council::idCall { proposal: proposal.clone() }).await?;
        self.send(alice, at, Council::openCall { proposal: proposal.clone(), seat: 0 }).await?;
        self.send(bob, at, Council::voteCall { id_: id, seat: 1 }).await?;
        self.send(bob, at, Council::executeCall { proposal }).await?;
        Ok(id)
    }

    async fn pin(&self) -> Result<()> {
        let at = self.deployment.contracts.pinboard.context("no Pinboard")?;
        let (uuids, batch) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let contexts = vec![B256::repeat_byte(3), B256::repeat_byte(4)];
        let pin = Pinboard::pinBatchCall { uuids, batchHash: batch, payloadRef: "Qm".into(), contexts };
        self.send(self.alice(), at, pin).await
    }

    /// What was granted is used, and more is.
    async fn move_things(&self, what: &Furniture) -> Result<()> {
        let (of, alice, bob) = (&self.deployment.contracts, self.alice(), self.bob());
        let call = Deed::transferFromCall { from: alice, to: bob, tokenId: what.deed };
        self.send(bob, of.deed, call).await?;
        self.send(bob, of.deed, Deed::setApprovalForAllCall { operator: alice, approved: true }).await?;
        let units = of.units.context("no Units")?;
        let call = Units::transferCall { receiver: bob, id: what.class, amount: U256::from(40) };
        self.send(alice, units, call).await?;
        let call = Units::approveCall { spender: bob, id: what.class, amount: U256::from(5) };
        self.send(alice, units, call).await?;
        self.send(bob, units, Units::setOperatorCall { spender: alice, approved: true }).await
    }
}

struct Running {
    store: Store,
    head: watch::Receiver<Option<Block>>,
    cancel: CancellationToken,
    task: JoinHandle<quittance_domain::Result<()>>,
}

impl Running {
    /// All that the database tells of the suite once it is where the chain is.
    async fn caught_up(&self, world: &World) -> Result<Vec<String>> {
        let head = Block::from(&world.wire()?.head().await?);
        wait_for("the mirror to catch up", SOON, async || {
            ensure!(!self.task.is_finished(), "the mirror stopped");
            Ok((*self.head.borrow() == Some(head)).then_some(()))
        })
        .await?;
        let tx = &mut self.store.read().await?;
        let mut told = vec![];
        for deal in deals::list(tx, DealFilter::default(), None, 100).await?.items {
            tell(&mut told, deals::history(tx, deal.id).await?);
            told.push(format!("{deal:?}"));
        }
        for who in world.accounts.iter().copied().chain([world.deployment.contracts.cash]) {
            tell(&mut told, approvals::of(tx, who, None, 100).await?.items);
            tell(&mut told, units::held(tx, who, 100).await?);
            tell(&mut told, credits::of(tx, who, 100).await?);
        }
        for proposal in councils::list(tx, None, 100).await?.items {
            tell(&mut told, councils::history(tx, proposal.id).await?);
            told.push(format!("{proposal:?}"));
        }
        tell(&mut told, pins::list(tx, None, None, 100).await?.items);
        let council = world.deployment.contracts.council.context("no Council")?;
        tell(&mut told, councils::electorate(tx, council).await?);
        Ok(told)
    }

    async fn stop(self) -> Result<()> {
        self.cancel.cancel();
        Ok(self.task.await??)
    }
}

fn tell(told: &mut Vec<String>, rows: impl IntoIterator<Item = impl Debug>) {
    told.extend(rows.into_iter().map(|row| format!("{row:?}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_deal_of_each_contract_is_mirrored_and_taken_back() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let world = World::start(dir.path()).await?;
    let sqlite = format!("sqlite:{}", dir.path().join("suite.db").display());
    let postgres = Postgres::shared()?.database("suite")?;
    let mirrors = [world.mirror(&sqlite).await?, world.mirror(&postgres).await?];
    let furniture = world.furnish().await?;
    let height = world.anvil.rpc.head().await?;
    let before = mirrors[0].caught_up(&world).await?;

    let ids = [
        (DealKind::Settlement, world.settlement().await?, vec!["Opened armed", "Settled settled"]),
        (DealKind::Dvp, world.dvp().await?, vec!["Opened open", "Funded armed", "Settled settled"]),
        (
            DealKind::Escrow,
            world.escrow().await?,
            vec![
                "Opened open",
                "Accepted armed",
                "Released armed",
                "DisputeRaised disputed",
                "Aborted aborted",
            ],
        ),
        (DealKind::HashLock, world.hash_lock().await?, vec!["Opened armed", "Settled settled"]),
        (
            DealKind::FairExchange,
            world.fair_exchange().await?,
            vec!["Opened armed", "Revealed revealed", "Settled settled"],
        ),
        (DealKind::Order, world.order().await?, vec!["Filled open", "Invalidated aborted"]),
    ];
    let proposal = world.proposal().await?;
    world.pin().await?;
    world.move_things(&furniture).await?;

    let after = mirrors[0].caught_up(&world).await?;
    assert_eq!(mirrors[1].caught_up(&world).await?, after, "the two databases differ");
    for mirror in &mirrors {
        let tx = &mut mirror.store.read().await?;
        for (kind, id, told) in &ids {
            let history = deals::history(tx, *id).await?;
            let told_here = history.iter().map(|it| format!("{} {}", it.event.name(), name(&it.status)));
            assert_eq!(told_here.collect::<Vec<_>>(), *told, "{kind:?}");
            let filter =
                DealFilter { kind: Some(*kind), party: Some(world.alice()), ..DealFilter::default() };
            let mine = deals::list(tx, filter, None, 9).await?.items;
            assert_eq!(mine.iter().map(|deal| deal.id).collect::<Vec<_>>(), [*id], "{kind:?}");
            // The contract says the same; the exchange keeps no status.
            if let Some(status) = world.status(*kind, *id).await? {
                assert_eq!(status, mine[0].status, "{kind:?}");
            }
        }
        let votes = councils::history(tx, proposal).await?;
        let votes: Vec<_> =
            votes.iter().map(|it| format!("{} {}", it.event.name(), name(&it.status))).collect();
        let told = ["Opened open", "Voted open", "Voted passed", "Executed executed"];
        assert_eq!(votes, told);
        assert_eq!(pins::list(tx, Some(world.alice()), None, 9).await?.items.len(), 1);
        let owed = credits::of(tx, world.deployment.contracts.cash, 9).await?;
        assert_eq!(
            (owed.len(), owed[0].amount.units()),
            (1, U256::from(7)),
            "what the money's contract refused"
        );
        let deed = approvals::on_deed(tx, world.deployment.contracts.deed, furniture.deed).await?;
        assert_eq!(deed, None, "the deed moved");
        let held = units::held(tx, world.bob(), 9).await?;
        assert_eq!((held[0].token_id, held[0].amount.units()), (furniture.class, U256::from(40)));
        let grants = approvals::of(tx, world.bob(), None, 99).await?.items;
        assert_eq!(grants.iter().filter(|it| it.grant == Grant::All(true)).count(), 2, "deeds and units");
    }

    world.anvil.rpc.reorg(world.anvil.rpc.head().await? - height).await?;
    for mirror in mirrors {
        assert_eq!(mirror.caught_up(&world).await?, before, "it took back just what was gone");
        mirror.stop().await?;
    }
    Ok(())
}

/// The name of a status, as the database has it.
fn name(status: &impl serde::Serialize) -> String {
    serde_json::to_value(status).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

impl World {
    /// Where the contract says that a deal stands.
    async fn status(&self, kind: DealKind, id: B256) -> Result<Option<Status>> {
        let of = &self.deployment.contracts;
        let at = match kind {
            DealKind::Settlement => Some(of.settlement),
            DealKind::Dvp => of.dvp,
            DealKind::Escrow => of.escrow,
            DealKind::HashLock => of.hash_lock,
            DealKind::FairExchange => of.fair_exchange,
            DealKind::Order => None,
        };
        let Some(at) = at else { return Ok(None) };
        let number = self.ask(at, Settlement::statusCall { settlement: id }).await?;
        Ok(Status::ALL.get(usize::from(number)).copied())
    }
}
