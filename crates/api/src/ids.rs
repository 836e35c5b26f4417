//! Identifiers for what the chain made, which has none of its own: always the same for the same thing, so that
//! they need not be kept and two readers agree on them.

use alloy_primitives::keccak256;
use quittance_domain::Address;
use quittance_store::tokens::Transfer;
use uuid::Uuid;

/// The one namespace of a node.
pub(crate) const NAMESPACE: &str = "default";

/// A new id.
pub(crate) fn new() -> String {
    Uuid::new_v4().to_string()
}

/// Whether this id was made by [`new`].
pub(crate) fn is_ours(id: &str) -> bool {
    Uuid::try_parse(id).is_ok_and(|id| id.get_version_num() == 4)
}

/// The id of something that is known by this text.
pub(crate) fn named(text: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&keccak256(text)[..16]);
    Uuid::new_v8(bytes)
}

/// A transfer's id: its place, so that it can be found, and some of its transaction's hash, so that another
/// transfer in the same place after a reorg has another id.
///
/// ```text
/// bytes  0-5 block number   6 -   7 hash   8 -   9-11 log index   12-15 hash
/// ```
pub(crate) fn transfer(row: &Transfer) -> Uuid {
    let (block, log) = (row.origin.block.number.to_be_bytes(), row.origin.log_index.to_be_bytes());
    let hash = row.origin.transaction;
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&block[2..]);
    bytes[7] = hash[0];
    bytes[9..12].copy_from_slice(&log[5..]);
    bytes[12..].copy_from_slice(&hash[1..5]);
    Uuid::new_v8(bytes)
}

/// Block and log index of the transfer with this id, if it is an id made by [`transfer`].
pub(crate) fn place(id: &str) -> Option<(u64, u64)> {
    let id = Uuid::try_parse(id).ok().filter(|id| id.get_version_num() == 8)?;
    let bytes = id.as_bytes();
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    Some((number(&bytes[..6]), number(&bytes[9..12])))
}

/// An event's id: its number in the feed, so that it can be found, and some of what tells one node's feed from another's.
///
/// ```text
/// bytes  0-5 number, upper part   6 -   7 number, rest   8 -   9-15 hash
/// ```
pub(crate) fn event(node: Address, sequence: u64) -> Uuid {
    let (number, hash) = (sequence.to_be_bytes(), keccak256(format!("event {node:#x} {sequence}")));
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&number[1..7]);
    bytes[7] = number[7];
    bytes[9..].copy_from_slice(&hash[..7]);
    Uuid::new_v8(bytes)
}

/// The number of the event with this id, if it is an id made by [`event`] on this node.
pub(crate) fn sequence(node: Address, id: &str) -> Option<u64> {
    let id = Uuid::try_parse(id).ok()?;
    let bytes = id.as_bytes();
    let number =
        bytes[..6].iter().chain(&bytes[7..8]).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    (event(node, number) == id).then_some(number)
}

#[cfg(test)]
mod tests {
    use quittance_domain::{Address, AssetKind, B256, BlockRef, U256, fact::Origin};

    use super::*;

    #[test]
    fn a_transfers_id_tells_its_place_and_changes_with_its_transaction() {
        let row = |number, log_index, hash| {
            let block = BlockRef { number, hash: B256::ZERO };
            let transaction = B256::repeat_byte(hash);
            let origin = Origin { block, timestamp: 0, transaction, log_index };
            let (from, to) = (Address::ZERO, Address::ZERO);
            Transfer { origin, kind: AssetKind::Erc20, token: Address::ZERO, from, to, value: U256::ZERO }
        };
        for (number, log_index) in [(0, 0), (1, 2), ((1 << 48) - 1, (1 << 24) - 1)] {
            let id = transfer(&row(number, log_index, 0xff));
            assert_eq!(place(&id.to_string()), Some((number, log_index)));
            assert_ne!(id, transfer(&row(number, log_index, 0xfe)));
        }
        assert!(is_ours(&new()) && place(&new()).is_none() && !is_ours("dvp:0x12:lock"));
        assert_eq!(named("a"), named("a"));
        assert_ne!(named("a"), named("b"));
    }

    #[test]
    fn an_events_id_tells_its_number() {
        let (us, them) = (Address::with_last_byte(1), Address::with_last_byte(2));
        for number in [1, 255, 256, (1 << 56) - 1] {
            let id = event(us, number).to_string();
            assert_eq!(sequence(us, &id), Some(number));
            assert_eq!(sequence(them, &id), None);
        }
        assert_eq!(sequence(us, &new()), None);
        assert_eq!(sequence(us, "x"), None);
    }
}
