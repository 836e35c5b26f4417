// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @notice How a preimage p of 32 bytes becomes a hash lock.
enum HashKind {
    /// SHA-256(p): Bitcoin, Lightning, and most other chains.
    Sha256,
    /// keccak-256(p): EVM chains.
    Keccak256,
    /// What commits a FairExchange's seller to the key p: keccak-256 too, with a word before p (see ChunkCipher).
    Key
}

/// @title Lock
/// @notice How a lock opens, and until when: the kind of hash in the first byte, the deadline in the next five, and in
/// the rest a nonce that lets equal locks repeat. One word instead of three, because terms are sent with every call and
/// emitted in full.
type Lock is bytes32;

using {kind, hasKind, deadline, nonce} for Lock global;

/// @dev Panics if there is no such kind.
function kind(Lock lock) pure returns (HashKind) {
    return HashKind(uint8(bytes1(Lock.unwrap(lock))));
}

/// @notice Whether there is such a kind.
function hasKind(Lock lock) pure returns (bool) {
    return uint256(Lock.unwrap(lock)) >> 248 <= uint256(HashKind.Key);
}

function deadline(Lock lock) pure returns (uint256) {
    return uint40(uint256(Lock.unwrap(lock)) >> 208);
}

function nonce(Lock lock) pure returns (uint208) {
    return uint208(uint256(Lock.unwrap(lock)));
}

function toLock(HashKind kind_, uint40 deadline_, uint208 nonce_) pure returns (Lock) {
    return Lock.wrap(bytes32(uint256(kind_) << 248 | uint256(deadline_) << 208 | nonce_));
}

/// @notice All that one side of a swap is. `sender` puts `amount` of `asset` (for an NFT: number `tokenId`) under
/// `hashlock`; `receiver` gets it for the preimage in time, as `lock` says.
struct LockTerms {
    address sender;
    address receiver;
    Asset asset;
    uint256 tokenId;
    uint256 amount;
    bytes32 hashlock;
    Lock lock;
}
