// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms, Verdict} from "../src/types/FairTerms.sol";
import {JudgeHarness} from "../test/Judge/Sealing.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Proofs about the judge for all documents of four chunks, the chunks cut down to one word. Every hash is an injective function of which nothing else is known.
contract JudgeProof is Test {
    uint32 private constant SIZE = 32;

    JudgeHarness private harness;

    function setUp() public {
        harness = new JudgeHarness();
    }

    /// @notice Soundness: against a seller who did all as agreed no complaint is right, whatever the buyer makes up.
    function check_HonestSellerIsNeverWrong(
        bytes32[4] memory plain,
        bytes32 key,
        bytes32 secret,
        uint64 nonce,
        bytes32[2] memory given,
        uint256 index,
        bytes32 leaf,
        bytes32[5] memory proof
    ) external view {
        FairTerms memory terms = _honest(plain, key, secret, nonce);
        assert(harness.judge(terms, given[0], given[1], index, leaf, abi.encodePacked(proof)) != Verdict.Wrong);
    }

    /// @notice Soundness, the rest: a proof of any other length is never right.
    function check_NoOtherLengthIsWrong(FairTerms memory terms, bytes32[3] memory given, uint256 index) external view {
        terms.chunks = 4;
        terms.chunkSize = SIZE;
        for (uint256 length = 0; length <= 256; ++length) {
            if (length == 160) continue;
            Verdict verdict = harness.judge(terms, given[0], given[1], index, given[2], new bytes(length));
            assert(verdict == Verdict.BadLength || verdict == Verdict.NoSuchChunk);
        }
    }

    /// @notice Completeness: whatever the seller committed to, a buyer who holds the encrypted chunks and the plain
    /// leaves is right exactly where a chunk does not decrypt to its leaf.
    function check_WrongWhereItDiffers(
        bytes32[4] memory cipher,
        bytes32[4] memory leaves,
        bytes32 key,
        bytes32 secret,
        uint64 nonce
    ) external view {
        FairTerms memory terms = _committed(cipher, leaves, key, secret, nonce);
        for (uint256 i = 0; i < 4; ++i) {
            bool differs = _opened(terms, cipher, key, secret, i) != leaves[i];
            Verdict verdict = _complain(terms, cipher, leaves, key, secret, i);
            assert(verdict == (differs ? Verdict.Wrong : Verdict.Right));
        }
    }

    /// @notice Completeness as a whole: such a buyer has a right complaint, or has the document.
    function check_DocumentOrComplaint(
        bytes32[4] memory cipher,
        bytes32[4] memory leaves,
        bytes32 key,
        bytes32 secret,
        uint64 nonce
    ) external view {
        FairTerms memory terms = _committed(cipher, leaves, key, secret, nonce);
        bytes32[4] memory opened;
        for (uint256 i = 0; i < 4; ++i) {
            if (_complain(terms, cipher, leaves, key, secret, i) == Verdict.Wrong) return;
            opened[i] = _opened(terms, cipher, key, secret, i);
        }
        assert(_root(opened) == terms.plainRoot);
    }

    function _honest(bytes32[4] memory plain, bytes32 key, bytes32 secret, uint64 nonce)
        private
        pure
        returns (FairTerms memory)
    {
        bytes32[4] memory leaves;
        bytes32[4] memory cipher;
        for (uint256 i = 0; i < 4; ++i) {
            leaves[i] = _leaf("Quittance plain chunk", i, plain[i]);
        }
        bytes32 root = _root(leaves);
        for (uint256 i = 0; i < 4; ++i) {
            cipher[i] = plain[i] ^ _pad(key, secret, root, nonce, i);
        }
        return _committed(cipher, leaves, key, secret, nonce);
    }

    function _committed(
        bytes32[4] memory cipher,
        bytes32[4] memory leaves,
        bytes32 key,
        bytes32 secret,
        uint64 nonce
    ) private pure returns (FairTerms memory terms) {
        terms.chunks = 4;
        terms.chunkSize = SIZE;
        terms.nonce = nonce;
        terms.keyCommit = keccak256(abi.encodePacked(keccak256("Quittance seller's key"), key));
        terms.secretCommit = keccak256(abi.encodePacked(keccak256("Quittance buyer's secret"), secret));
        terms.plainRoot = _root(leaves);
        terms.cipherRoot = _root(_cipherLeaves(cipher));
    }

    function _complain(
        FairTerms memory terms,
        bytes32[4] memory cipher,
        bytes32[4] memory leaves,
        bytes32 key,
        bytes32 secret,
        uint256 index
    ) private view returns (Verdict) {
        bytes memory proof = abi.encodePacked(cipher[index], _path(_cipherLeaves(cipher), index), _path(leaves, index));
        return harness.judge(terms, key, secret, index, leaves[index], proof);
    }

    function _opened(
        FairTerms memory terms,
        bytes32[4] memory cipher,
        bytes32 key,
        bytes32 secret,
        uint256 index
    ) private pure returns (bytes32) {
        bytes32 pad = _pad(key, secret, terms.plainRoot, terms.nonce, index);
        return _leaf("Quittance plain chunk", index, cipher[index] ^ pad);
    }

    function _pad(bytes32 key, bytes32 secret, bytes32 root, uint64 nonce, uint256 index)
        private
        pure
        returns (bytes32)
    {
        bytes32 kdf = keccak256("Quittance document key");
        bytes32 documentKey = keccak256(abi.encodePacked(kdf, key, secret, root, uint256(nonce)));
        return keccak256(abi.encodePacked(keccak256(abi.encodePacked(documentKey, index)), uint256(0)));
    }

    function _leaf(string memory tag, uint256 index, bytes32 chunk) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(bytes(tag)), index, chunk));
    }

    function _cipherLeaves(bytes32[4] memory cipher) private pure returns (bytes32[4] memory leaves) {
        for (uint256 i = 0; i < 4; ++i) {
            leaves[i] = _leaf("Quittance cipher chunk", i, cipher[i]);
        }
    }

    function _root(bytes32[4] memory leaves) private pure returns (bytes32) {
        return _node(_node(leaves[0], leaves[1]), _node(leaves[2], leaves[3]));
    }

    function _path(bytes32[4] memory leaves, uint256 index) private pure returns (bytes memory) {
        uint256 other = index < 2 ? 2 : 0;
        return abi.encodePacked(leaves[index ^ 1], _node(leaves[other], leaves[other + 1]));
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }
}
