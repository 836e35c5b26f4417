//! A small world for one story: a chain with the contracts on it, Alice who issues and sells deeds, and Bob
//! who keeps the cash desk and buys.

use std::path::PathBuf;

use alloy::primitives::B256;
use anyhow::{Result, ensure};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    Anvil, Chain, Node,
    api::{Document, Offer},
    deploy, node, ports,
    postgres::Postgres,
    process::tail,
    tools,
    trade::{accept, cash_of, done, issue_deed, owns, reaches},
    wait::SOON,
    wait_for,
};

/// Worlds at once: more of them only wait for each other's processor time.
const WORLDS: usize = 3;
static ROOM: Semaphore = Semaphore::const_new(WORLDS);

/// Gas money for each party, in wei.
const GAS: u128 = 100_000_000_000_000_000_000;
/// What Bob starts with.
pub const CASH: u64 = 1_000_000;
/// What a deed costs.
pub const PRICE: u64 = 250_000;
/// How long a trade has to be funded, in seconds; as long again to be settled.
pub const WINDOW: u64 = 600;

/// Which database the nodes keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file of the node's own.
    Sqlite,
    /// A database of the node's own on a server.
    Postgres,
}

/// A chain and two nodes, registered and knowing each other.
#[derive(Debug)]
pub struct World {
    /// Issues deeds, and sells them.
    pub alice: Node,
    /// Issues cash, and buys.
    pub bob: Node,
    /// The contracts.
    pub chain: Chain,
    /// The chain.
    pub anvil: Anvil,
    /// The block from which on the contracts are there.
    founded: u64,
    dir: TempDir,
    _permit: SemaphorePermit<'static>,
}

impl World {
    /// Makes one. Bob has [`CASH`].
    ///
    /// # Errors
    /// When any part of it does not come up.
    pub async fn new(database: Database) -> Result<Self> {
        let permit = ROOM.acquire().await?;
        deploy::build().await?;
        let mut dir = tempfile::Builder::new().prefix("world-").tempdir_in(tools::scratch("worlds")?)?;
        // What a failed story leaves behind is worth a look; see `finish`.
        dir.disable_cleanup(true);
        let anvil = Anvil::start(&dir.path().join("anvil"), ports::free()?).await?;
        let alice = make("alice", &dir, &anvil, database).await?;
        let bob = make("bob", &dir, &anvil, database).await?;
        for node in [&alice, &bob] {
            anvil.rpc.set_balance(node.address, GAS).await?;
        }
        let plan = deploy::Plan {
            rpc: anvil.rpc.url(),
            cash_issuer: bob.address,
            deed_issuer: alice.address,
            record: dir.path(),
            notes: &dir.path().join("forge"),
        };
        let chain = Chain::new(anvil.rpc.clone(), &deploy::deploy(&plan).await?)?;
        let founded = anvil.rpc.head().await?;
        let mut world = Self { alice, bob, chain, anvil, founded, dir, _permit: permit };
        world.open().await?;
        Ok(world)
    }

    /// Starts both nodes, introduces them, and gives Bob his money.
    async fn open(&mut self) -> Result<()> {
        self.alice.launch()?;
        self.bob.launch()?;
        self.alice.ready().await?;
        self.bob.ready().await?;
        introduce(&self.alice, &self.bob).await?;
        done(&self.bob.api, &self.bob.api.mint_cash(self.bob.address, CASH).await?.id).await
    }

    /// Lets the chain change its mind about its last `depth` blocks, once the contracts are not among them: no node
    /// outlives those.
    ///
    /// # Errors
    /// When the chain does not answer, or makes no blocks.
    pub async fn reorg(&self, depth: u64) -> Result<()> {
        wait_for(format!("{depth} blocks upon the contracts"), SOON, async || {
            Ok((self.anvil.rpc.head().await? >= self.founded + depth).then_some(()))
        })
        .await?;
        self.anvil.rpc.reorg(depth).await
    }

    /// Tells how it went, with the ends of the logs if it went wrong, and tidies up if it went well.
    ///
    /// # Errors
    /// The story's own.
    pub fn finish(mut self, story: Result<()>) -> Result<()> {
        self.dir.disable_cleanup(story.is_err());
        story.map_err(|error| {
            let [alice, bob] = [&self.alice, &self.bob].map(|node| tail(&node.log()));
            let dir = self.dir.path().display();
            error.context(format!(
                "--- alice's log\n{alice}\n--- bob's log\n{bob}\n--- all of it is in {dir}\n"
            ))
        })
    }

    /// Alice and Bob.
    #[must_use]
    pub fn nodes(&self) -> [&Node; 2] {
        [&self.alice, &self.bob]
    }

    /// A deed of Alice's on a document of `size` bytes that is like no other.
    ///
    /// # Errors
    /// When Alice's node refuses.
    pub async fn deed(&self, name: &str, size: usize) -> Result<Document> {
        let bytes = name.bytes().cycle().take(size).collect();
        issue_deed(&self.alice, &format!("{name}.pdf"), bytes).await
    }

    /// The usual offer to Bob for a deed.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn offer(&self, document: B256) -> Result<Offer> {
        let now = self.anvil.rpc.time().await?;
        Ok(Offer {
            counterparty: "bob".into(),
            document,
            price: PRICE.to_string(),
            fund_by: now + WINDOW,
            settle_by: now + 2 * WINDOW,
        })
    }

    /// Proposes this from Alice, and accepts it at Bob; with `hold`, Bob's money waits.
    ///
    /// # Errors
    /// When one of the nodes refuses.
    pub async fn agree(&self, offer: &Offer, hold: bool) -> Result<B256> {
        let id = self.alice.api.propose(offer).await?.id;
        accept(&self.bob.api, id, hold).await?;
        Ok(id)
    }

    /// Waits until both nodes say that a trade ended like this.
    ///
    /// # Errors
    /// When it ends in another way, or takes too long.
    pub async fn both_reach(&self, trade: B256, state: &str) -> Result<()> {
        for node in self.nodes() {
            reaches(&node.api, trade, &[state]).await?;
        }
        Ok(())
    }

    /// Checks that both nodes' databases say what the chain says: of the deed, and of everybody's money.
    ///
    /// # Errors
    /// When one of them does not, even after a while.
    pub async fn agrees_with_chain(&self, document: B256) -> Result<()> {
        for node in self.nodes() {
            wait_for(format!("{}'s database to be like the chain", node.name), SOON, async || {
                let owner = self.chain.owner_of(document).await?;
                for party in [self.alice.address, self.bob.address, self.chain.settlement] {
                    let deed = owns(&node.api, party, document).await?;
                    ensure!(deed == (owner == party), "the deed is {owner}'s, and {party} has it: {deed}");
                    let found = cash_of(&node.api, party).await?;
                    let cash = self.chain.cash_of(party).await?;
                    ensure!(found == cash, "{party} has {cash}, not {found}");
                }
                Ok(Some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// Checks who has the deed and the money: on the chain, and in both databases. Nothing is left in escrow.
    ///
    /// # Errors
    /// When it is otherwise.
    pub async fn holds(&self, document: B256, deed_owner: &Node, cash: [u64; 2]) -> Result<()> {
        let owner = self.chain.owner_of(document).await?;
        ensure!(owner == deed_owner.address, "the deed belongs to {owner}, not to {}", deed_owner.name);
        for (node, expected) in self.nodes().into_iter().zip(cash) {
            let found = self.chain.cash_of(node.address).await?;
            ensure!(found == expected, "{} has {found}, not {expected}", node.name);
        }
        let left = self.chain.cash_of(self.chain.settlement).await?;
        ensure!(left == 0, "{left} is left in escrow");
        self.agrees_with_chain(document).await
    }
}

async fn make(name: &str, dir: &TempDir, anvil: &Anvil, database: Database) -> Result<Node> {
    let url = match database {
        Database::Sqlite => None,
        Database::Postgres => Some(own_database(name).await?),
    };
    let deployment: PathBuf = dir.path().join("31337.json");
    Node::init(&node::Plan {
        name,
        dir: &dir.path().join(name),
        rpc: anvil.rpc.url(),
        deployment: &deployment,
        ports: [ports::free()?, ports::free()?, ports::free()?],
        database: url.as_deref(),
    })
    .await
}

/// An empty database of the server that all stories share.
async fn own_database(name: &str) -> Result<String> {
    let name = name.to_owned();
    tokio::task::spawn_blocking(move || Postgres::shared()?.database(&name)).await?
}

/// Puts two nodes into the party registry, and waits until each knows both.
///
/// # Errors
/// When that takes too long.
pub async fn introduce(first: &Node, second: &Node) -> Result<()> {
    for node in [first, second] {
        node.api.register().await?;
    }
    for node in [first, second] {
        wait_for(format!("{} to know both parties", node.name), SOON, async || {
            let known = node.api.parties().await?;
            let knows = |other: &Node| known.iter().any(|party| party.address == other.address);
            Ok((knows(first) && knows(second)).then_some(()))
        })
        .await?;
    }
    Ok(())
}
