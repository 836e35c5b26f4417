//! From a log as the node gives it to a fact. Each family of contracts is read in a module of its own; here is the
//! one list of who is read how.

mod council;
mod deals;
mod pinboard;
mod registries;
mod tokens;

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, hex};
use quittance_domain::{
    AssetKind, BlockRef, Error, Result,
    fact::{Event, Log, Origin},
    settlement::Contracts,
};

use crate::wire;

/// What the topics and the data of a contract's log mean, or nothing.
type Reader = fn(&[B256], &[u8]) -> Option<Event>;

/// The contracts of a deployment, each with how its logs are read.
pub(crate) fn readers(of: &Contracts) -> impl Iterator<Item = (Address, Reader)> {
    let all: [(Option<Address>, Reader); 14] = [
        (Some(of.cash), tokens::cash),
        (Some(of.deed), tokens::deed),
        (of.token_factory, tokens::factory),
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

/// Tokens that a node works with besides those of its deployment.
pub type Tokens = BTreeMap<Address, AssetKind>;

/// What a log of a deployment's contracts, or of one of these tokens, says.
///
/// # Errors
/// When the endpoint did not say when its block was made.
pub fn fact(log: &wire::Log<'_>, contracts: &Contracts, tokens: &Tokens) -> Result<Log> {
    let mut data = vec![0; log.data.len() / 2];
    hex::decode_to_slice(log.data, &mut data).map_err(Error::internal)?;
    let untimed =
        || Error::unavailable("the chain's RPC endpoint does not answer as it should", "no timestamp");
    let origin = Origin {
        block: BlockRef { number: log.block_number, hash: log.block_hash },
        timestamp: log.block_timestamp.ok_or_else(untimed)?,
        transaction: log.transaction_hash,
        log_index: log.log_index,
    };
    let topics = log.topics.get().to_vec();
    let event = reader(log.address, contracts, tokens).and_then(|read| read(&topics, &data));
    Ok(Log { origin, address: log.address, topics, data: Bytes::from(data), event })
}

/// How a contract's logs are read. What that does not understand is kept raw, never guessed at.
fn reader(of: Address, contracts: &Contracts, more: &Tokens) -> Option<Reader> {
    let known = readers(contracts).find(|(address, _)| *address == of).map(|(_, reader)| reader);
    known.or_else(|| match more.get(&of)? {
        AssetKind::Erc20 => Some(tokens::cash as Reader),
        AssetKind::Erc721 => Some(tokens::deed),
        _ => None,
    })
}
