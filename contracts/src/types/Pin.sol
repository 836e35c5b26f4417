// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A batch pin that somebody else hands in for `author`.
/// @dev `carrier` is the only caller that may, or zero for anyone. `nonce` is a bit of the author's bitmap.
struct Pin {
    address author;
    address carrier;
    bytes32 uuids;
    bytes32 batchHash;
    string payloadRef;
    bytes32[] contexts;
    uint256 nonce;
    uint40 deadline;
}

/// @notice A network action that somebody else hands in for `author`.
struct NetworkAction {
    address author;
    string action;
    string payload;
    uint256 nonce;
    uint40 deadline;
}
