// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @notice All that a buyer and a seller of a document agree on.
/// @dev `plainRoot`, `chunks` and `chunkSize` say what is sold, as in the document's commitment; `cipherRoot` is the
/// root over the encrypted chunks that the buyer holds already; `keyCommit` and `secretCommit` bind the seller's key
/// and the buyer's secret, which together decrypt them. Buyer and seller choose a fresh key and a fresh secret for
/// every deal, so equal deals differ even without `nonce`, which is mixed into the encryption too.
struct FairTerms {
    address buyer;
    address seller;
    Asset asset;
    uint256 tokenId;
    uint256 amount;
    bytes32 plainRoot;
    bytes32 cipherRoot;
    uint32 chunks;
    uint32 chunkSize;
    bytes32 keyCommit;
    bytes32 secretCommit;
    uint40 revealBy;
    uint40 window;
    uint64 nonce;
}

/// @notice What the judge finds of a complaint. Only `Wrong` speaks against the seller.
///
/// NoSuchChunk  the document has no chunk of that number
/// BadLength    the proof is not one chunk and two paths of the tree's depth
/// BadKey       not the seller's committed key
/// BadSecret    not the buyer's committed secret
/// NotCipher    the cipher tree has no such chunk at that place
/// NotPlain     the plain tree has no such leaf at that place
/// Right        the chunk decrypts to what the leaf commits to: there is nothing to complain of
/// Wrong        it decrypts to something else
enum Verdict {
    NoSuchChunk,
    BadLength,
    BadKey,
    BadSecret,
    NotCipher,
    NotPlain,
    Right,
    Wrong
}
