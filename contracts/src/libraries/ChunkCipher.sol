// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title ChunkCipher
/// @notice How a document's chunks are encrypted for one deal: keccak in counter mode.
/// @dev K = H(KDF, key, secret, plainRoot, nonce); chunk i has the key H(K, i), and byte offset j of it the 32 bytes of
/// pad H(H(K, i), j). So no two words of a document share a pad, nor do two deals, unless both the seller's key and the
/// buyer's secret are used again for the same document and nonce. There is one kind of pad only: trees stay plain.
///
/// The key alone decrypts nothing: it becomes public, but the secret only if the buyer complains.
library ChunkCipher {
    bytes32 internal constant KDF = keccak256("Quittance document key");
    bytes32 internal constant COMMIT_KEY = keccak256("Quittance seller's key");

    /// @notice What binds the seller to a key.
    function commit(bytes32 key) internal pure returns (bytes32) {
        return Hashes.efficientKeccak256(COMMIT_KEY, key);
    }

    /// @notice The key of a whole document in one deal.
    function documentKey(bytes32 key, bytes32 secret, bytes32 plainRoot, uint64 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encode(KDF, key, secret, plainRoot, nonce));
    }

    /// @notice Chunk `index` decrypted (or encrypted), in words.
    function decrypt(bytes32 documentKey_, uint256 index, bytes32[] calldata chunk)
        internal
        pure
        returns (bytes32[] memory words)
    {
        bytes32 chunkKey = Hashes.efficientKeccak256(documentKey_, bytes32(index));
        words = new bytes32[](chunk.length);
        for (uint256 i = 0; i < chunk.length; ++i) {
            words[i] = chunk[i] ^ Hashes.efficientKeccak256(chunkKey, bytes32(32 * i));
        }
    }
}
