// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Judge} from "../../src/libraries/Judge.sol";
import {FairTerms, Goods, Verdict} from "../../src/types/FairTerms.sol";

/// @notice Judge as an external function.
contract JudgeHarness {
    function judge(
        FairTerms calldata terms,
        Goods calldata goods,
        bytes32 key,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external pure returns (Verdict) {
        return Judge.judge(terms, goods, key, index, leaf, proof);
    }
}

/// @notice What a complaint consists of, beside the terms.
struct Complaint {
    Goods goods;
    bytes32 key;
    uint256 index;
    bytes32 leaf;
    bytes32[] proof;
}

/// @notice A document, plain and encrypted, and all that both parties hold of it.
struct Sealed {
    bytes32 key;
    FairTerms terms;
    Goods goods;
    bytes[] plain;
    bytes[] cipher;
    bytes32[] plainLeaves;
    bytes32[] cipherLeaves;
}

/// @notice The seller's side as the specification words it, with no code of `src` in it: what the judge is held against.
library Sealing {
    function commit(bytes32 key) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256("Quittance seller's key"), key));
    }

    function hashGoods(Goods memory goods) internal pure returns (bytes32) {
        bytes memory shape =
            "Goods(bytes32 plainRoot,bytes32 cipherRoot,uint32 chunks,uint32 chunkSize,bytes32 secret,uint64 nonce)";
        bytes memory sizes = bytes.concat(bytes32(uint256(goods.chunks)), bytes32(uint256(goods.chunkSize)));
        bytes memory rest = bytes.concat(goods.secret, bytes32(uint256(goods.nonce)));
        return keccak256(bytes.concat(keccak256(shape), goods.plainRoot, goods.cipherRoot, sizes, rest));
    }

    function leaf(string memory tag, uint256 index, bytes memory chunk) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(tag)), bytes32(index), chunk));
    }

    function plainLeaf(uint256 index, bytes memory chunk) internal pure returns (bytes32) {
        return leaf("Quittance plain chunk", index, chunk);
    }

    function cipherLeaf(uint256 index, bytes memory chunk) internal pure returns (bytes32) {
        return leaf("Quittance cipher chunk", index, chunk);
    }

    function documentKey(bytes32 key, bytes32 secret, bytes32 plainRoot, uint256 nonce)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(bytes.concat(keccak256("Quittance document key"), key, secret, plainRoot, bytes32(nonce)));
    }

    /// @dev The pad of one chunk.
    function pad(bytes32 documentKey_, uint256 index, uint256 size) internal pure returns (bytes memory out) {
        bytes32 chunkKey = keccak256(bytes.concat(documentKey_, bytes32(index)));
        for (uint256 offset = 0; offset < size; offset += 32) {
            out = bytes.concat(out, keccak256(bytes.concat(chunkKey, bytes32(offset))));
        }
    }

    function xor(bytes memory a, bytes memory b) internal pure returns (bytes memory out) {
        out = new bytes(a.length);
        for (uint256 i = 0; i < a.length; ++i) {
            out[i] = a[i] ^ b[i];
        }
    }

    /// @dev The levels of the full binary tree over `leaves`, absent ones included, are folded one by one.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[] memory level = _full(leaves);
        while (level.length > 1) level = _parents(level);
        return level[0];
    }

    /// @dev The siblings on the way from leaf `index` up.
    function path(bytes32[] memory leaves, uint256 index) internal pure returns (bytes memory out) {
        bytes32[] memory level = _full(leaves);
        while (level.length > 1) {
            out = bytes.concat(out, level[index ^ 1]);
            level = _parents(level);
            index /= 2;
        }
    }

    /// @dev An honest deal over `plain`. Terms that the judge does not read stay zero.
    function seal(bytes[] memory plain, bytes32 key, bytes32 secret, uint64 nonce)
        internal
        pure
        returns (Sealed memory deal)
    {
        uint256 chunks = plain.length;
        (deal.key, deal.plain) = (key, plain);
        (deal.cipher, deal.plainLeaves) = (new bytes[](chunks), new bytes32[](chunks));
        for (uint256 i = 0; i < chunks; ++i) {
            deal.plainLeaves[i] = plainLeaf(i, plain[i]);
        }
        Goods memory goods = deal.goods;
        (goods.chunks, goods.chunkSize) = (uint32(chunks), uint32(plain[0].length));
        (goods.plainRoot, goods.secret, goods.nonce) = (root(deal.plainLeaves), secret, nonce);
        bytes32 documentKey_ = documentKey(key, secret, goods.plainRoot, nonce);
        for (uint256 i = 0; i < chunks; ++i) {
            deal.cipher[i] = xor(plain[i], pad(documentKey_, i, plain[i].length));
        }
        recommit(deal);
    }

    /// @dev Commits to key and goods as they are, right or wrong.
    function recommit(Sealed memory deal) internal pure {
        deal.cipherLeaves = new bytes32[](deal.cipher.length);
        for (uint256 i = 0; i < deal.cipher.length; ++i) {
            deal.cipherLeaves[i] = cipherLeaf(i, deal.cipher[i]);
        }
        deal.goods.cipherRoot = root(deal.cipherLeaves);
        bind(deal);
    }

    /// @dev Puts key and goods into the terms.
    function bind(Sealed memory deal) internal pure {
        deal.terms.keyCommit = commit(deal.key);
        deal.terms.goods = hashGoods(deal.goods);
    }

    /// @dev What an honest buyer would send about chunk `index`.
    function complaint(Sealed memory deal, uint256 index) internal pure returns (Complaint memory) {
        return Complaint({
            goods: deal.goods,
            key: deal.key,
            index: index,
            leaf: deal.plainLeaves[index],
            proof: words(
                bytes.concat(deal.cipher[index], path(deal.cipherLeaves, index), path(deal.plainLeaves, index))
            )
        });
    }

    /// @dev Whole words.
    function words(bytes memory data) internal pure returns (bytes32[] memory) {
        require(data.length % 32 == 0, "not whole words");
        return abi.decode(bytes.concat(bytes32(uint256(32)), bytes32(data.length / 32), data), (bytes32[]));
    }

    /// @dev `chunks` chunks of `size` bytes that follow from `seed`.
    function document(uint256 chunks, uint256 size, bytes32 seed) internal pure returns (bytes[] memory plain) {
        plain = new bytes[](chunks);
        for (uint256 i = 0; i < chunks; ++i) {
            plain[i] = noise(size, keccak256(abi.encode(seed, i)));
        }
    }

    function noise(uint256 size, bytes32 seed) internal pure returns (bytes memory out) {
        out = new bytes(size);
        for (uint256 i = 0; i < size; ++i) {
            if (i % 32 == 0) seed = keccak256(abi.encode(seed));
            out[i] = seed[i % 32];
        }
    }

    function _full(bytes32[] memory leaves) private pure returns (bytes32[] memory level) {
        uint256 width = 1;
        while (width < leaves.length) width *= 2;
        level = new bytes32[](width);
        for (uint256 i = 0; i < width; ++i) {
            level[i] = i < leaves.length ? leaves[i] : keccak256("Quittance absent chunk");
        }
    }

    function _parents(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[](level.length / 2);
        for (uint256 i = 0; i < above.length; ++i) {
            above[i] = keccak256(bytes.concat(level[2 * i], level[2 * i + 1]));
        }
    }
}
