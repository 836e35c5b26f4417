// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "./Id.sol";

/// @notice Where a document stands. `Superseded` and `Revoked` are final.
enum DocumentStatus {
    None,
    Live,
    Superseded,
    Revoked
}

/// @notice A commitment to a document whose text stays off the chain.
/// @dev Chunk i is a 32-byte salt followed by `chunkSize - 32` bytes of data; `root` is the Merkle root over the
/// chunks.
struct Document {
    address issuer;
    bytes32 root;
    uint32 chunks;
    uint32 chunkSize;
    uint64 size;
    bytes32 schema;
    Id previous;
}
