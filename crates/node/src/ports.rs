//! Where the crates that may not name each other are joined.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use futures::{FutureExt, future::BoxFuture};
use quittance_api::{ByteStream, Documents, TokenInfo, Tokens};
use quittance_app::App;
use quittance_chain::Chain;
use quittance_domain::{
    Address, B256, Block, Result, SettlementId,
    document::Commitment,
    fact::{Event, Log},
    message::Message,
};
use quittance_exchange::{Directory, Handler, New, Vault};
use quittance_indexer::Sink;
use quittance_store::{Store, Tx, parties, pools::Pool};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

/// Wall time in milliseconds since the Unix epoch: shown to people and used for waits, never for deadlines.
#[expect(clippy::disallowed_methods, reason = "the one clock that all others are handed")]
pub(crate) fn wall() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The mirror's facts, on their way to the flows.
#[derive(Debug)]
pub(crate) struct Flows {
    pub(crate) app: App,
    /// Whether the registry may have changed since the directory was last filled.
    pub(crate) parties_changed: AtomicBool,
}

impl Sink for Flows {
    fn block<'a>(&'a self, tx: &'a mut Tx, block: &'a Block, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        let registry =
            |log: &Log| matches!(log.event, Some(Event::PartyRegistered(_) | Event::PartyRemoved(_)));
        if logs.iter().any(registry) {
            self.parties_changed.store(true, Ordering::Release);
        }
        self.app.block(tx, block, logs, wall()).boxed()
    }

    fn taken<'a>(&'a self, tx: &'a mut Tx, end: &'a Block) -> BoxFuture<'a, Result<()>> {
        self.app.taken(tx, end, wall()).boxed()
    }

    fn joined<'a>(&'a self, tx: &'a mut Tx, pool: &'a Pool) -> BoxFuture<'a, Result<()>> {
        self.app.joined(tx, pool, wall()).boxed()
    }

    fn unwound<'a>(&'a self, tx: &'a mut Tx, ancestor: &'a Block) -> BoxFuture<'a, Result<()>> {
        self.parties_changed.store(true, Ordering::Release);
        self.app.unwind(tx, ancestor.number, wall()).boxed()
    }
}

/// Parties that a node lets in at the most.
const MOST_PARTIES: u32 = 100_000;

/// Lets in whoever the registry names now.
pub(crate) async fn fill(directory: &Directory, store: &Store) -> Result<()> {
    let mut tx = store.read().await?;
    let parties = parties::all(&mut tx, MOST_PARTIES).await?;
    directory.replace(parties.into_iter().map(|party| (party.tls_key, party.address)));
    Ok(())
}

/// What peers ask, on its way to the operations.
pub(crate) struct Peers(pub(crate) App);

impl Handler for Peers {
    fn message<'a>(&'a self, from: Address, message: Message) -> BoxFuture<'a, Result<()>> {
        self.0.receive(from, message, wall()).boxed()
    }

    fn entitled<'a>(&'a self, from: Address, settlement: SettlementId) -> BoxFuture<'a, Result<Commitment>> {
        self.0.entitled(from, settlement).boxed()
    }
}

/// The chain, as the API knows it.
#[derive(Debug)]
pub(crate) struct Onlooker(pub(crate) Chain);

impl Tokens for Onlooker {
    fn inspect(&self, token: Address) -> BoxFuture<'_, Result<TokenInfo>> {
        async move {
            let found = self.0.token(token).await?;
            Ok(TokenInfo { kind: found.kind, symbol: found.symbol, decimals: found.decimals.map(u64::from) })
        }
        .boxed()
    }
}

/// The exchange's vault, as the API knows it.
pub(crate) struct Shelf(pub(crate) Vault);

impl Documents for Shelf {
    fn keep(&self, issuer: Address, bytes: ByteStream) -> BoxFuture<'_, Result<(Commitment, B256)>> {
        async move {
            let added = self.0.add(StreamReader::new(bytes), New::by(issuer)).await?;
            Ok((added.commitment, added.sha256))
        }
        .boxed()
    }

    fn open(&self, commitment: Commitment) -> BoxFuture<'_, Result<Box<dyn AsyncRead + Send + Unpin>>> {
        async move {
            let plain = self.0.open_plain(&commitment).await?;
            Ok(Box::new(plain) as Box<dyn AsyncRead + Send + Unpin>)
        }
        .boxed()
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf")
    }
}
