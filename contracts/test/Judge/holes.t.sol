// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Verdict} from "../../src/types/FairTerms.sol";
import {Complaint, Sealed, Sealing} from "./Sealing.sol";
import {JudgeBase} from "./judge.t.sol";

/// @notice Ways in which published judges refund a buyer who has the document, each tried on ours.
/// forge-config: deep.fuzz.runs = 10000
contract JudgeHolesTest is JudgeBase {
    uint256 private constant C = 256;

    /// @dev Two nodes of the plain tree that are not next to each other, and two that are, exchanged.
    function test_Topology() public view {
        Sealed memory deal = _deal(4, C, "seed");
        Complaint memory c = Sealing.complaint(deal, 0);
        bytes32 upper = keccak256(bytes.concat(deal.plainLeaves[2], deal.plainLeaves[3]));
        bytes memory cipher = bytes.concat(deal.cipher[0], Sealing.path(deal.cipherLeaves, 0));

        c.leaf = deal.plainLeaves[2];
        c.proof = Sealing.words(bytes.concat(cipher, deal.plainLeaves[3], upper));
        _assert(deal.terms, c, Verdict.NotPlain);
        c.leaf = deal.plainLeaves[1];
        c.proof = Sealing.words(bytes.concat(cipher, deal.plainLeaves[0], upper));
        _assert(deal.terms, c, Verdict.NotPlain);

        // Another chunk's leaf, with a right path, but for another place than the encrypted chunk's.
        Complaint memory other = Sealing.complaint(deal, 3);
        c.leaf = other.leaf;
        c.proof = Sealing.words(bytes.concat(cipher, Sealing.path(deal.plainLeaves, 3)));
        _assert(deal.terms, c, Verdict.NotPlain);
        other.proof = Sealing.words(bytes.concat(cipher, Sealing.path(deal.plainLeaves, 3)));
        _assert(deal.terms, other, Verdict.NotCipher);
    }

    function test_SiblingUnauthenticated() public view {
        Sealed memory deal = _deal(8, C, "seed");
        for (uint256 word = 0; word < 6; ++word) {
            Complaint memory c = Sealing.complaint(deal, 5);
            _flip(c.proof, C + 32 * word, 1);
            _assert(deal.terms, c, word < 3 ? Verdict.NotCipher : Verdict.NotPlain);
        }
    }

    /// @dev The path is the same, the key is another's: decrypts to garbage wherever the range is not checked.
    function testFuzz_IndexAliasing(uint256 high) public view {
        Sealed memory deal = _deal(4, C, "seed");
        Complaint memory c = Sealing.complaint(deal, 1);
        c.index = 1 + 4 * bound(high, 1, type(uint256).max / 4);
        _assert(deal.terms, c, Verdict.NoSuchChunk);
        c.index = 1 + 4;
        _assert(deal.terms, c, Verdict.NoSuchChunk);
    }

    /// @dev The index is in the leaves' preimages too: a tree made of leaves that say another index helps nobody.
    function test_IndexIsInTheLeaf() public view {
        Sealed memory deal = _deal(4, C, "seed");
        deal.cipherLeaves[1] = Sealing.cipherLeaf(5, deal.cipher[1]);
        deal.goods.cipherRoot = Sealing.root(deal.cipherLeaves);
        Sealing.bind(deal);
        _assert(deal.terms, Sealing.complaint(deal, 1), Verdict.NotCipher);
    }

    function test_KeystreamOverlap() public pure {
        Sealed memory deal = _deal(5, C, "seed");
        bytes32 documentKey = Sealing.documentKey(deal.key, deal.goods.secret, deal.goods.plainRoot, deal.goods.nonce);
        bytes32[] memory seen = new bytes32[](5 * C / 32 + 10);
        uint256 count = 0;
        for (uint256 i = 0; i < 5; ++i) {
            seen[count++] = deal.plainLeaves[i];
            seen[count++] = deal.cipherLeaves[i];
            bytes memory pad = Sealing.xor(deal.plain[i], deal.cipher[i]);
            assertEq(pad, Sealing.pad(documentKey, i, C));
            for (uint256 offset = 0; offset < C; offset += 32) {
                seen[count++] = _word(pad, offset);
            }
        }
        for (uint256 i = 0; i < count; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                assertNotEq(seen[i], seen[j]);
            }
        }
    }

    function test_PathTooShortOrTooLong() public view {
        Sealed memory deal = _deal(8, C, "seed");
        bytes memory cipherPath = Sealing.path(deal.cipherLeaves, 5);
        bytes memory plainPath = Sealing.path(deal.plainLeaves, 5);
        bytes memory chunk = deal.cipher[5];
        Complaint memory c = Sealing.complaint(deal, 5);

        c.proof = Sealing.words(bytes.concat(chunk, _cut(cipherPath, 64), plainPath));
        _assert(deal.terms, c, Verdict.BadLength);
        c.proof = Sealing.words(bytes.concat(chunk, cipherPath, _cut(plainPath, 64)));
        _assert(deal.terms, c, Verdict.BadLength);
        c.proof = Sealing.words(bytes.concat(chunk, cipherPath, plainPath, bytes32(0)));
        _assert(deal.terms, c, Verdict.BadLength);
        c.proof = Sealing.words(bytes.concat(chunk, cipherPath, bytes32(0), plainPath, bytes32(0)));
        _assert(deal.terms, c, Verdict.BadLength);
        // The sum is right, but not the parts.
        c.proof = Sealing.words(bytes.concat(chunk, _cut(cipherPath, 64), plainPath, bytes32(0)));
        _assert(deal.terms, c, Verdict.NotCipher);
        c.proof = Sealing.words(bytes.concat(chunk, cipherPath, bytes32(0), _cut(plainPath, 64)));
        _assert(deal.terms, c, Verdict.NotPlain);
    }

    /// @dev An inner node passed off as a leaf of a lower tree, or a leaf as an inner node of a higher one.
    function test_InnerNodeAsLeaf() public view {
        Sealed memory deal = _deal(8, C, "seed");
        bytes memory plainPath = Sealing.path(deal.plainLeaves, 5);
        Complaint memory c = Sealing.complaint(deal, 5);
        bytes memory cipher = bytes.concat(deal.cipher[5], Sealing.path(deal.cipherLeaves, 5));

        // Leaf 5 is a right child.
        c.leaf = keccak256(bytes.concat(_word(plainPath, 0), c.leaf));
        c.proof = Sealing.words(bytes.concat(cipher, _word(plainPath, 32), _word(plainPath, 64)));
        _assert(deal.terms, c, Verdict.BadLength);
        c.proof = Sealing.words(bytes.concat(cipher, _word(plainPath, 32), _word(plainPath, 64), bytes32(0)));
        _assert(deal.terms, c, Verdict.NotPlain);
        c.leaf = deal.goods.plainRoot;
        c.proof = Sealing.words(bytes.concat(cipher, new bytes(96)));
        _assert(deal.terms, c, Verdict.NotPlain);

        // The preimage of an inner node in place of an encrypted chunk.
        bytes memory inner = bytes.concat(deal.cipherLeaves[4], deal.cipherLeaves[5]);
        c = Sealing.complaint(deal, 5);
        c.proof = Sealing.words(bytes.concat(inner, Sealing.path(deal.cipherLeaves, 5), plainPath));
        _assert(deal.terms, c, Verdict.BadLength);
        c.proof = Sealing.words(bytes.concat(inner, new bytes(C - 64), Sealing.path(deal.cipherLeaves, 5), plainPath));
        _assert(deal.terms, c, Verdict.NotCipher);
    }

    /// @dev A tree of one kind in place of the other: even where the roots are exchanged in the terms.
    function test_PlainAndCipherLeavesDiffer() public view {
        Sealed memory deal = _deal(4, C, "seed");
        Complaint memory c = Sealing.complaint(deal, 2);
        c.leaf = deal.cipherLeaves[2];
        _assert(deal.terms, c, Verdict.NotPlain);

        c = Sealing.complaint(deal, 2);
        c.proof = Sealing.words(
            bytes.concat(deal.plain[2], Sealing.path(deal.plainLeaves, 2), Sealing.path(deal.plainLeaves, 2))
        );
        _assert(deal.terms, c, Verdict.NotCipher);

        (c.goods.plainRoot, c.goods.cipherRoot) = (deal.goods.cipherRoot, deal.goods.plainRoot);
        deal.terms.goods = Sealing.hashGoods(c.goods);
        c.leaf = deal.cipherLeaves[2];
        c.proof = Sealing.words(
            bytes.concat(deal.plain[2], Sealing.path(deal.plainLeaves, 2), Sealing.path(deal.cipherLeaves, 2))
        );
        _assert(deal.terms, c, Verdict.NotCipher);
    }

    function test_ChunkOfAnotherLength() public view {
        Sealed memory deal = _deal(4, C, "seed");
        Complaint memory c = Sealing.complaint(deal, 2);
        bytes memory paths = bytes.concat(Sealing.path(deal.cipherLeaves, 2), Sealing.path(deal.plainLeaves, 2));
        c.proof = Sealing.words(bytes.concat(_cut(deal.cipher[2], C - 32), paths));
        _assert(deal.terms, c, Verdict.BadLength);
        c.proof = Sealing.words(bytes.concat(deal.cipher[2], new bytes(32), paths));
        _assert(deal.terms, c, Verdict.BadLength);
        // A chunk as long as the terms say, and longer than was committed to.
        c.goods.chunkSize = 1024;
        deal.terms.goods = Sealing.hashGoods(c.goods);
        c.proof = Sealing.words(bytes.concat(deal.cipher[2], new bytes(1024 - C), paths));
        _assert(deal.terms, c, Verdict.NotCipher);
    }

    function test_KeyAndSecretAreNotInterchangeable() public view {
        Sealed memory deal = _deal(4, C, "seed");
        Complaint memory c = Sealing.complaint(deal, 2);
        c.key = deal.goods.secret;
        _assert(deal.terms, c, Verdict.BadKey);
        c.goods.secret = deal.key;
        _assert(deal.terms, c, Verdict.BadGoods);
        c.key = deal.key;
        _assert(deal.terms, c, Verdict.BadGoods);
    }

    function test_AbsentPlacesOfAnOddTree() public view {
        for (uint256 chunks = 3; chunks <= 7; ++chunks) {
            if (chunks == 4) continue;
            Sealed memory deal = _deal(chunks, C, "seed");
            Complaint memory last = Sealing.complaint(deal, chunks - 1);
            _assert(deal.terms, last, Verdict.Right);
            bytes32[] memory absent = new bytes32[](chunks + 1);
            bytes32[] memory absentCipher = new bytes32[](chunks + 1);
            for (uint256 i = 0; i < chunks; ++i) {
                (absent[i], absentCipher[i]) = (deal.plainLeaves[i], deal.cipherLeaves[i]);
            }
            absent[chunks] = absentCipher[chunks] = keccak256("Quittance absent chunk");
            last.index = chunks;
            last.leaf = absent[chunks];
            bytes memory cipherPath = Sealing.path(absentCipher, chunks);
            last.proof = Sealing.words(bytes.concat(new bytes(C), cipherPath, Sealing.path(absent, chunks)));
            _assert(deal.terms, last, Verdict.NoSuchChunk);
        }
    }

    function test_OneChunkIsItsOwnRoot() public view {
        Sealed memory deal = _deal(1, C, "seed");
        Complaint memory c = Sealing.complaint(deal, 0);
        assertEq(c.proof.length, C / 32);
        assertEq(c.leaf, deal.goods.plainRoot);
        _assert(deal.terms, c, Verdict.Right);
        c.proof = new bytes32[](C / 32 + 2);
        _assert(deal.terms, c, Verdict.BadLength);
    }

    function _word(bytes memory data, uint256 offset) private pure returns (bytes32) {
        bytes memory word = new bytes(32);
        for (uint256 i = 0; i < 32; ++i) {
            word[i] = data[offset + i];
        }
        return bytes32(word);
    }

    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            out[i] = data[i];
        }
    }
}
