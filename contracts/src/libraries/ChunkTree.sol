// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title ChunkTree
/// @notice The Merkle tree over a document's chunks, plain or encrypted.
/// @dev Index-directed: which side a node is on follows from its place, and siblings are never sorted, so a path proves
/// where a chunk is as well as what it is. A tree over n leaves is exactly ceil(log2 n) deep; places beyond the last
/// leaf hold ABSENT. A leaf's preimage is tag, index and chunk, 64 bytes and a chunk long; an inner node's is 64 bytes:
/// neither passes for the other, nor a plain leaf for an encrypted one.
library ChunkTree {
    bytes32 internal constant LEAF_PLAIN = keccak256("Quittance plain chunk");
    bytes32 internal constant LEAF_CIPHER = keccak256("Quittance cipher chunk");
    bytes32 internal constant ABSENT = keccak256("Quittance absent chunk");

    /// @notice The leaf of a plain chunk, its salt included, given in words.
    function plainLeaf(uint256 index, bytes32[] memory chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(LEAF_PLAIN, index, chunk));
    }

    /// @notice The leaf of an encrypted chunk.
    function cipherLeaf(uint256 index, bytes calldata chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(LEAF_CIPHER, index, chunk));
    }

    /// @notice How many levels are above `leaves` leaves.
    function depth(uint256 leaves) internal pure returns (uint256) {
        return Math.log2(leaves, Math.Rounding.Ceil);
    }

    /// @notice Follows a path, whole words, from the node at `index` of its level to the top.
    function climb(bytes32 node, uint256 index, bytes calldata path) internal pure returns (bytes32) {
        for (uint256 offset = 0; offset < path.length; offset += 32) {
            bytes32 beside = bytes32(path[offset:offset + 32]);
            node = index & 1 == 0 ? Hashes.efficientKeccak256(node, beside) : Hashes.efficientKeccak256(beside, node);
            index >>= 1;
        }
        return node;
    }
}
