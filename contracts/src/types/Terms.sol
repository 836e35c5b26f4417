// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a leg moves.
enum LegKind {
    ERC20,
    ERC721
}

/// @notice What a condition waits for.
enum ConditionKind {
    Receipt
}

/// @notice One movement: `from` gives `value` (an amount, or a token id) of `token` to `to`.
struct Leg {
    LegKind kind;
    address token;
    address from;
    address to;
    uint256 value;
}

/// @notice One thing that must be proven first. Receipt: `party` signed that it holds document `subject`.
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
