//! From a log as the node gives it to a fact. Each family of contracts is read in a module of its own; here is the
//! one list of who is read how.

mod council;
mod deals;
mod pinboard;
mod registries;
mod tokens;

use alloy::{
    primitives::{Address, B256},
    rpc::types,
};
use quittance_domain::{
    BlockRef, Error, Result, Timestamp,
    fact::{Event, Log, Origin},
    settlement::Contracts,
};

/// What the topics and the data of a contract's log mean, or nothing.
type Reader = fn(&[B256], &[u8]) -> Option<Event>;

/// The contracts of a deployment, each with how its logs are read.
pub(crate) fn readers(of: &Contracts) -> impl Iterator<Item = (Address, Reader)> {
    let all: [(Option<Address>, Reader); 13] = [
        (Some(of.cash), tokens::cash),
        (Some(of.deed), tokens::deed),
        (of.units, tokens::units),
        (Some(of.document_registry), registries::documents),
        (Some(of.party_registry), registries::parties),
        (Some(of.settlement), deals::settlement),
        (of.dvp, deals::dvp),
        (of.escrow, deals::escrow),
        (of.hash_lock, deals::hash_lock),
        (of.fair_exchange, deals::fair_exchange),
        (of.exchange, deals::exchange),
        (of.council, council::council),
        (of.pinboard, pinboard::pinboard),
    ];
    all.into_iter().filter_map(|(address, reader)| Some((address?, reader)))
}

/// A mined log of a known contract. `timestamp` serves where the node does not put one on the log.
pub(crate) fn read(log: &types::Log, contracts: &Contracts, timestamp: Option<Timestamp>) -> Result<Log> {
    let missing = |what| Error::unavailable("the chain gave a log that is not mined", what);
    let block = BlockRef {
        number: log.block_number.ok_or_else(|| missing("no block number"))?,
        hash: log.block_hash.ok_or_else(|| missing("no block hash"))?,
    };
    let origin = Origin {
        block,
        timestamp: log.block_timestamp.or(timestamp).ok_or_else(|| missing("no timestamp"))?,
        transaction: log.transaction_hash.ok_or_else(|| missing("no transaction"))?,
        log_index: log.log_index.ok_or_else(|| missing("no index"))?,
    };
    Ok(Log {
        origin,
        address: log.address(),
        topics: log.topics().to_vec(),
        data: log.data().data.clone(),
        event: meaning(log.address(), log.topics(), &log.data().data, contracts),
    })
}

/// What a log means, or nothing: an unknown log is kept raw, never guessed at.
fn meaning(from: Address, topics: &[B256], data: &[u8], contracts: &Contracts) -> Option<Event> {
    let (_, reader) = readers(contracts).find(|(address, _)| *address == from)?;
    reader(topics, data)
}
