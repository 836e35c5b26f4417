// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms, Goods, Verdict} from "../types/FairTerms.sol";
import {ChunkCipher} from "./ChunkCipher.sol";
import {ChunkTree} from "./ChunkTree.sol";
import {FairHash} from "./FairHash.sol";

/// @title Judge
/// @notice Whether one chunk proves that the seller's key does not open the document that was sold.
/// @dev Plain Solidity on purpose: a complaint costs what its calldata costs (EIP-7623), whatever the judge spends.
///
/// An honest seller is never found wrong: the terms bind both roots, the secret and the key, the paths and the index
/// bind the encrypted chunk and the plain leaf to the same place of the two trees, so the chunk decrypts to that leaf's
/// own chunk. A buyer who holds the whole cipher tree and all leaves of the plain one can always show a wrong key: if
/// every chunk decrypted to its leaf, what is decrypted would be the document.
library Judge {
    using FairHash for Goods;

    /// @param goods What `terms.goods` stands for.
    /// @param key What the seller revealed.
    /// @param index Which chunk is complained of.
    /// @param leaf The plain tree's leaf at that index.
    /// @param proof The encrypted chunk, then its path in the cipher tree, then the leaf's path in the plain tree, all
    /// in words.
    function judge(
        FairTerms calldata terms,
        Goods calldata goods,
        bytes32 key,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) internal pure returns (Verdict) {
        if (goods.hash() != terms.goods) return Verdict.BadGoods;
        if (ChunkCipher.commit(key) != terms.keyCommit) return Verdict.BadKey;
        // A larger index would take the same path as one below `chunks`, but another chunk's key.
        if (index >= goods.chunks) return Verdict.NoSuchChunk;
        uint256 length = goods.chunkSize / 32;
        if (proof.length != length + 2 * ChunkTree.depth(goods.chunks)) return Verdict.BadLength;

        return _compare(goods, key, index, leaf, proof[:length], proof[length:]);
    }

    /// @dev Whether the encrypted chunk and the leaf are those of this place, and the one opens to the other.
    function _compare(
        Goods calldata goods,
        bytes32 key,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata chunk,
        bytes32[] calldata paths
    ) private pure returns (Verdict) {
        uint256 depth = paths.length / 2;
        bytes32 cipherLeaf = ChunkTree.cipherLeaf(index, chunk);
        if (ChunkTree.climb(cipherLeaf, index, paths[:depth]) != goods.cipherRoot) return Verdict.NotCipher;
        if (ChunkTree.climb(leaf, index, paths[depth:]) != goods.plainRoot) return Verdict.NotPlain;

        bytes32 documentKey = ChunkCipher.documentKey(key, goods.secret, goods.plainRoot, goods.nonce);
        bytes32[] memory opened = ChunkCipher.decrypt(documentKey, index, chunk);
        return ChunkTree.plainLeaf(index, opened) == leaf ? Verdict.Right : Verdict.Wrong;
    }
}
