// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms, Verdict} from "../../src/types/FairTerms.sol";
import {Complaint, JudgeHarness, Sealed, Sealing} from "./Sealing.sol";
import {Test} from "forge-std/Test.sol";

abstract contract JudgeBase is Test {
    JudgeHarness internal harness = new JudgeHarness();

    function _deal(uint256 chunks, uint256 size, bytes32 seed) internal pure returns (Sealed memory) {
        bytes[] memory plain = Sealing.document(chunks, size, seed);
        return Sealing.seal(plain, keccak256(abi.encode("key", seed)), keccak256(abi.encode("secret", seed)), 7);
    }

    function _judge(FairTerms memory terms, Complaint memory c) internal view returns (Verdict) {
        return harness.judge(terms, c.goods, c.key, c.index, c.leaf, c.proof);
    }

    function _assert(FairTerms memory terms, Complaint memory c, Verdict expected) internal view {
        assertEq(uint8(_judge(terms, c)), uint8(expected));
    }

    function _flip(bytes memory data, uint256 offset, uint8 by) internal pure {
        data[offset] = bytes1(uint8(data[offset]) ^ by);
    }

    /// @dev The same in words.
    function _flip(bytes32[] memory data, uint256 offset, uint8 by) internal pure {
        data[offset / 32] ^= bytes32(uint256(by) << 8 * (31 - offset % 32));
    }

    /// @dev A fuzzed byte that is never zero.
    function _change(uint8 by) internal pure returns (uint8) {
        return by == 0 ? 1 : by;
    }
}

/// forge-config: deep.fuzz.runs = 10000
contract JudgeTest is JudgeBase {
    function test_NoSuchChunk() public view {
        Sealed memory deal = _deal(3, 256, "seed");
        Complaint memory c = Sealing.complaint(deal, 2);
        c.index = 3;
        _assert(deal.terms, c, Verdict.NoSuchChunk);
        c.index = type(uint256).max;
        _assert(deal.terms, c, Verdict.NoSuchChunk);
        c.proof = new bytes32[](0);
        _assert(deal.terms, c, Verdict.NoSuchChunk);
    }

    function test_BadLength() public view {
        Sealed memory deal = _deal(3, 256, "seed");
        Complaint memory c = Sealing.complaint(deal, 1);
        uint256 right = 8 + 2 * 2;
        assertEq(c.proof.length, right);
        for (uint256 length = 0; length < 3 * right; ++length) {
            if (length == right) continue;
            c.proof = new bytes32[](length);
            _assert(deal.terms, c, Verdict.BadLength);
        }
    }

    function testFuzz_BadKey(bytes32 key) public view {
        Sealed memory deal = _deal(3, 256, "seed");
        vm.assume(key != deal.key);
        Complaint memory c = Sealing.complaint(deal, 1);
        c.key = key;
        _assert(deal.terms, c, Verdict.BadKey);
    }

    function testFuzz_BadGoods(bytes32 changed, uint64 nonce) public view {
        Sealed memory deal = _deal(3, 256, "seed");
        vm.assume(changed != deal.goods.secret && nonce != deal.goods.nonce);
        for (uint256 field = 0; field < 6; ++field) {
            Complaint memory c = Sealing.complaint(_deal(3, 256, "seed"), 1);
            if (field == 0) c.goods.plainRoot = changed;
            else if (field == 1) c.goods.cipherRoot = changed;
            else if (field == 2) c.goods.chunks = 4;
            else if (field == 3) c.goods.chunkSize = 288;
            else if (field == 4) c.goods.secret = changed;
            else c.goods.nonce = nonce;
            _assert(deal.terms, c, Verdict.BadGoods);
        }
    }

    function testFuzz_NotCipher(uint256 offset, uint8 by) public view {
        Sealed memory deal = _deal(5, 256, "seed");
        Complaint memory c = Sealing.complaint(deal, 4);
        // Anywhere in the chunk or in its path.
        _flip(c.proof, bound(offset, 0, 256 + 3 * 32 - 1), _change(by));
        _assert(deal.terms, c, Verdict.NotCipher);
    }

    function testFuzz_NotPlain(uint256 offset, uint8 by, bytes32 leaf) public view {
        Sealed memory deal = _deal(5, 256, "seed");
        Complaint memory c = Sealing.complaint(deal, 4);
        _flip(c.proof, bound(offset, 256 + 3 * 32, 256 + 6 * 32 - 1), _change(by));
        _assert(deal.terms, c, Verdict.NotPlain);

        c = Sealing.complaint(deal, 4);
        vm.assume(leaf != c.leaf);
        c.leaf = leaf;
        _assert(deal.terms, c, Verdict.NotPlain);
    }

    function test_RightOfEveryHonestChunk() public view {
        for (uint256 chunks = 1; chunks <= 9; ++chunks) {
            Sealed memory deal = _deal(chunks, 256, bytes32(chunks));
            for (uint256 i = 0; i < chunks; ++i) {
                _assert(deal.terms, Sealing.complaint(deal, i), Verdict.Right);
            }
        }
    }

    function test_RightAtEveryChunkSize() public view {
        for (uint256 size = 256; size <= 4096; size *= 4) {
            Sealed memory deal = _deal(2, size, "seed");
            _assert(deal.terms, Sealing.complaint(deal, 0), Verdict.Right);
            _assert(deal.terms, Sealing.complaint(deal, 1), Verdict.Right);
        }
    }

    /// @dev A right complaint with any part of it changed, or put in another's place.
    function testFuzz_HonestSellerIsNeverWrong(
        bytes32 seed,
        uint256 chunks,
        uint256 index,
        uint256 other,
        uint256 offset,
        uint8 by
    ) public view {
        chunks = bound(chunks, 1, 9);
        Sealed memory deal = _deal(chunks, 256, seed);
        Complaint memory c = Sealing.complaint(deal, bound(index, 0, chunks - 1));
        assertTrue(_judge(deal.terms, c) == Verdict.Right);

        _flip(c.proof, offset % (32 * c.proof.length), by);
        assertTrue(_judge(deal.terms, c) != Verdict.Wrong);

        c = Sealing.complaint(deal, c.index);
        c.leaf = deal.plainLeaves[other % chunks];
        assertTrue(_judge(deal.terms, c) != Verdict.Wrong);

        c = Sealing.complaint(deal, c.index);
        c.index = other;
        assertTrue(_judge(deal.terms, c) != Verdict.Wrong);
        c.index = other % chunks;
        assertTrue(_judge(deal.terms, c) != Verdict.Wrong);
    }

    function testFuzz_HonestSellerIsNeverWrongOnGarbage(Complaint memory c) public view {
        Sealed memory deal = _deal(4, 256, "seed");
        assertTrue(_judge(deal.terms, c) == Verdict.BadGoods);
        // The same with all that is easily had being right.
        (c.goods, c.key, c.index) = (deal.goods, deal.key, c.index % 4);
        assertTrue(_judge(deal.terms, c) != Verdict.Wrong);
        c.proof = Sealing.words(Sealing.noise(256 + 4 * 32, keccak256(abi.encode(c.leaf))));
        assertTrue(_judge(deal.terms, c) == Verdict.NotCipher);
    }

    function testFuzz_SpoiltChunkIsWrong(bytes32 seed, uint256 chunks, uint256 index, uint256 offset, uint8 by)
        public
        view
    {
        chunks = bound(chunks, 1, 9);
        index = bound(index, 0, chunks - 1);
        Sealed memory deal = _deal(chunks, 256, seed);
        _flip(deal.cipher[index], offset % 256, _change(by));
        Sealing.recommit(deal);
        for (uint256 i = 0; i < chunks; ++i) {
            _assert(deal.terms, Sealing.complaint(deal, i), i == index ? Verdict.Wrong : Verdict.Right);
        }
    }

    function testFuzz_GarbageInPlaceOfTheDocumentIsWrong(bytes32 seed, uint256 chunks) public view {
        chunks = bound(chunks, 1, 9);
        Sealed memory deal = _deal(chunks, 256, seed);
        deal.cipher = Sealing.document(chunks, 256, keccak256(abi.encode("garbage", seed)));
        Sealing.recommit(deal);
        for (uint256 i = 0; i < chunks; ++i) {
            _assert(deal.terms, Sealing.complaint(deal, i), Verdict.Wrong);
        }
    }

    /// @dev The seller commits to (and reveals) another key than the one that encrypted.
    function testFuzz_OtherKeyIsWrong(bytes32 seed, bytes32 key, uint256 chunks) public view {
        chunks = bound(chunks, 1, 9);
        Sealed memory deal = _deal(chunks, 256, seed);
        vm.assume(key != deal.key);
        deal.key = key;
        Sealing.bind(deal);
        for (uint256 i = 0; i < chunks; ++i) {
            _assert(deal.terms, Sealing.complaint(deal, i), Verdict.Wrong);
        }
    }

    /// @dev The seller encrypted with something else than the buyer's secret, or under another nonce.
    function testFuzz_OtherSecretOrNonceIsWrong(bytes32 seed, bytes32 secret, uint64 nonce) public view {
        Sealed memory deal = _deal(3, 256, seed);
        vm.assume(secret != deal.goods.secret && nonce != deal.goods.nonce);
        Sealed memory cheat = Sealing.seal(deal.plain, deal.key, secret, deal.goods.nonce);
        cheat.goods.secret = deal.goods.secret;
        Sealing.bind(cheat);
        _assert(cheat.terms, Sealing.complaint(cheat, 2), Verdict.Wrong);

        cheat = Sealing.seal(deal.plain, deal.key, deal.goods.secret, nonce);
        cheat.goods.nonce = deal.goods.nonce;
        Sealing.bind(cheat);
        _assert(cheat.terms, Sealing.complaint(cheat, 2), Verdict.Wrong);
    }

    /// @dev Completeness as a whole: whatever is committed to, a buyer who holds both vectors either has the document
    /// or has a complaint.
    function testFuzz_DocumentOrComplaint(bytes32 seed, uint256 chunks, uint256 spoilt) public view {
        chunks = bound(chunks, 1, 6);
        Sealed memory deal = _deal(chunks, 256, seed);
        for (uint256 i = 0; i < chunks; ++i) {
            if (spoilt >> i & 1 == 1) _flip(deal.cipher[i], i, 1);
        }
        Sealing.recommit(deal);

        bool complaint = false;
        bytes32[] memory opened = new bytes32[](chunks);
        bytes32 documentKey = Sealing.documentKey(deal.key, deal.goods.secret, deal.goods.plainRoot, deal.goods.nonce);
        for (uint256 i = 0; i < chunks; ++i) {
            bytes memory plain = Sealing.xor(deal.cipher[i], Sealing.pad(documentKey, i, 256));
            opened[i] = Sealing.plainLeaf(i, plain);
            complaint = complaint || _judge(deal.terms, Sealing.complaint(deal, i)) == Verdict.Wrong;
        }
        assertEq(complaint, Sealing.root(opened) != deal.goods.plainRoot);
    }
}
