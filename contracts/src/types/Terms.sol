// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @notice What proves a condition, and what its `party` and `subject` mean.
enum ConditionKind {
    /// `party` signed a Receipt for `subject`, by key, as a contract (ERC-1271), or as a Council by vote.
    Receipt,
    /// The 32 bytes whose SHA-256 is `subject`: the hash lock that other chains share. No party.
    Preimage,
    /// The bytes whose keccak-256 is `subject`: the key that an ERC-7573 decryption oracle releases. No party.
    Key,
    /// `subject` is a time, and it has come. No party.
    Time,
    /// `party` is a contract of this suite, and its deal number `subject` is Settled: a FairExchange whose key proved
    /// good, this or another Settlement, a HashLock, an Escrow.
    Outcome
}

/// @notice One movement: `from` gives `amount` of `asset` (for an NFT: number `tokenId`) to `to`.
struct Leg {
    Asset asset;
    address from;
    address to;
    uint256 tokenId;
    uint256 amount;
}

/// @notice One thing that must be proven first.
struct Condition {
    ConditionKind kind;
    address party;
    bytes32 subject;
}

/// @notice All that the parties agree on. `nonce` lets equal deals repeat.
struct Terms {
    Leg[] legs;
    Condition[] conditions;
    uint40 fundBy;
    uint40 settleBy;
    uint256 nonce;
}
