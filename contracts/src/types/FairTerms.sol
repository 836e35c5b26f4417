// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @notice What is sold, known to buyer and seller alone until one of them must prove it.
/// @dev `plainRoot`, `chunks` and `chunkSize` say which document, as in its commitment; `cipherRoot` is the root over
/// the encrypted chunks that the buyer holds already; `secret` is the buyer's, known to the seller: without it the key
/// decrypts nothing, and nobody can guess at the rest. `nonce` is mixed into the encryption too.
struct Goods {
    bytes32 plainRoot;
    bytes32 cipherRoot;
    uint32 chunks;
    uint32 chunkSize;
    bytes32 secret;
    uint64 nonce;
}

/// @notice All that a buyer and a seller of a document agree on. `goods` stands for the Goods by their EIP-712 hash,
/// and `keyCommit` binds the seller to the key. Key and secret are fresh for every deal, so equal deals can repeat.
struct FairTerms {
    address buyer;
    address seller;
    Asset asset;
    uint256 tokenId;
    uint256 amount;
    bytes32 goods;
    bytes32 keyCommit;
    uint40 revealBy;
    uint40 window;
}

/// @notice What the judge finds of a complaint. Only `Wrong` speaks against the seller.
///
/// BadGoods     not the goods of the terms
/// BadKey       not the seller's committed key
/// NoSuchChunk  the document has no chunk of that number
/// BadLength    the proof is not one chunk and two paths of the tree's depth
/// NotCipher    the cipher tree has no such chunk at that place
/// NotPlain     the plain tree has no such leaf at that place
/// Right        the chunk decrypts to what the leaf commits to: there is nothing to complain of
/// Wrong        it decrypts to something else
enum Verdict {
    BadGoods,
    BadKey,
    NoSuchChunk,
    BadLength,
    NotCipher,
    NotPlain,
    Right,
    Wrong
}
