// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title ChunkTree
/// @notice The Merkle tree over a document's chunks, plain or encrypted.
/// @dev Index-directed: which side a node is on follows from its place, and siblings are never sorted, so a path proves
/// where a chunk is as well as what it is. A tree over n leaves is exactly ceil(log2 n) deep; places beyond the last
/// leaf hold keccak256("Quittance absent chunk"). A leaf's preimage is tag, index and chunk, 64 bytes and a chunk long;
/// an inner node's is 64 bytes: neither passes for the other, nor a plain leaf for an encrypted one. Chunks are given
/// in words.
library ChunkTree {
    bytes32 internal constant LEAF_PLAIN = keccak256("Quittance plain chunk");
    bytes32 internal constant LEAF_CIPHER = keccak256("Quittance cipher chunk");

    /// @notice The leaf of a plain chunk, its salt included.
    function plainLeaf(uint256 index, bytes32[] memory chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(LEAF_PLAIN, index, chunk));
    }

    /// @notice The leaf of an encrypted chunk.
    function cipherLeaf(uint256 index, bytes32[] calldata chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(LEAF_CIPHER, index, chunk));
    }

    /// @notice How many levels are above `leaves` leaves.
    function depth(uint256 leaves) internal pure returns (uint256) {
        return Math.log2(leaves, Math.Rounding.Ceil);
    }

    /// @notice Follows a path from the node at `index` of its level to the top.
    function climb(bytes32 node, uint256 index, bytes32[] calldata path) internal pure returns (bytes32) {
        for (uint256 i = 0; i < path.length; ++i) {
            bool left = index >> i & 1 == 0;
            node = left ? Hashes.efficientKeccak256(node, path[i]) : Hashes.efficientKeccak256(path[i], node);
        }
        return node;
    }
}
