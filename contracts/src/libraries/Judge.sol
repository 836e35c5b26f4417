// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms, Verdict} from "../types/FairTerms.sol";
import {ChunkCipher} from "./ChunkCipher.sol";
import {ChunkTree} from "./ChunkTree.sol";

/// @title Judge
/// @notice Whether one chunk proves that the seller's key does not open the document that was sold.
/// @dev Plain Solidity on purpose: a complaint costs what its calldata costs (EIP-7623), whatever the judge spends.
///
/// An honest seller is never found wrong: the paths and the index bind the encrypted chunk and the plain leaf to the
/// same place of the two committed trees, the commitments bind both secrets, so the chunk decrypts to that leaf's own
/// chunk. A buyer who holds the whole cipher tree and all leaves of the plain one can always show a wrong key: if every
/// chunk decrypted to its leaf, what is decrypted would be the document.
library Judge {
    /// @param key What the seller revealed.
    /// @param secret What the buyer gave the seller, by which (with `key`) the chunks were encrypted.
    /// @param index Which chunk is complained of.
    /// @param leaf The plain tree's leaf at that index.
    /// @param proof The encrypted chunk, then its path in the cipher tree, then the leaf's path in the plain tree.
    function judge(
        FairTerms calldata terms,
        bytes32 key,
        bytes32 secret,
        uint256 index,
        bytes32 leaf,
        bytes calldata proof
    ) internal pure returns (Verdict) {
        // A larger index would take the same path as one below `chunks`, but another chunk's key.
        if (index >= terms.chunks) return Verdict.NoSuchChunk;
        if (proof.length != terms.chunkSize + 2 * _pathLength(terms)) return Verdict.BadLength;
        if (ChunkCipher.commitKey(key) != terms.keyCommit) return Verdict.BadKey;
        if (ChunkCipher.commitSecret(secret) != terms.secretCommit) return Verdict.BadSecret;

        bytes32 documentKey = ChunkCipher.documentKey(key, secret, terms.plainRoot, terms.nonce);
        return _compare(terms, ChunkCipher.chunkKey(documentKey, index), index, leaf, proof);
    }

    /// @dev Whether the encrypted chunk and the leaf are the committed ones of this place, and the one opens to the other.
    function _compare(FairTerms calldata terms, bytes32 chunkKey, uint256 index, bytes32 leaf, bytes calldata proof)
        private
        pure
        returns (Verdict)
    {
        bytes calldata chunk = proof[:terms.chunkSize];
        bytes calldata paths = proof[terms.chunkSize:];
        uint256 split = _pathLength(terms);

        bytes32 cipherLeaf = ChunkTree.cipherLeaf(index, chunk);
        if (ChunkTree.climb(cipherLeaf, index, paths[:split]) != terms.cipherRoot) return Verdict.NotCipher;
        if (ChunkTree.climb(leaf, index, paths[split:]) != terms.plainRoot) return Verdict.NotPlain;
        bytes32 opened = ChunkTree.plainLeaf(index, ChunkCipher.decrypt(chunkKey, chunk));
        return opened == leaf ? Verdict.Right : Verdict.Wrong;
    }

    /// @dev The bytes of a path in either tree.
    function _pathLength(FairTerms calldata terms) private pure returns (uint256) {
        return 32 * ChunkTree.depth(terms.chunks);
    }
}
