// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms, Goods, Verdict} from "../src/types/FairTerms.sol";
import {JudgeHarness} from "../test/Judge/Sealing.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Proofs about the judge for all documents of four chunks, the chunks cut down to one word. Every hash is an
/// injective function of which nothing else is known.
/// @dev halmos --contract JudgeProof --function check_ --loop 16 --solver-timeout-branching 1000
/// --solver-timeout-assertion 0. Each of mutants/Judge-*.patch is refuted by one of the proofs.
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
        Goods memory given,
        uint256 index,
        bytes32[7] memory made
    ) external view {
        (FairTerms memory terms,) = _honest(plain, key, secret, nonce);
        (given.chunks, given.chunkSize) = (4, SIZE);
        bytes32[] memory proof = new bytes32[](5);
        for (uint256 i = 0; i < 5; ++i) {
            proof[i] = made[i + 2];
        }
        assert(harness.judge(terms, given, made[0], index, made[1], proof) != Verdict.Wrong);
    }

    /// @notice Soundness, the rest: nor is one about other goods, about a chunk that is not there, or of other length.
    function check_NothingElseIsWrong(
        bytes32[4] memory plain,
        bytes32[3] memory secrets,
        uint64 nonce,
        Goods memory given,
        uint256 index,
        bytes32 leaf
    ) external view {
        (FairTerms memory terms, Goods memory goods) = _honest(plain, secrets[0], secrets[1], nonce);
        for (uint256 length = 0; length <= 12; ++length) {
            bytes32[] memory proof = new bytes32[](length);
            if (length == 5 && index < 4) continue;
            Verdict verdict = harness.judge(terms, goods, secrets[2], index, leaf, proof);
            assert(verdict != Verdict.Wrong && verdict != Verdict.Right);
        }
        vm.assume(given.chunks != 4 || given.chunkSize != SIZE || given.secret != secrets[1]);
        assert(harness.judge(terms, given, secrets[0], index, leaf, new bytes32[](5)) == Verdict.BadGoods);
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
        (FairTerms memory terms, Goods memory goods) = _committed(cipher, leaves, key, secret, nonce);
        for (uint256 i = 0; i < 4; ++i) {
            bool differs = _opened(goods, cipher, key, i) != leaves[i];
            Verdict verdict = _complain(terms, goods, cipher, leaves, key, i);
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
        (FairTerms memory terms, Goods memory goods) = _committed(cipher, leaves, key, secret, nonce);
        bytes32[4] memory opened;
        for (uint256 i = 0; i < 4; ++i) {
            if (_complain(terms, goods, cipher, leaves, key, i) == Verdict.Wrong) return;
            opened[i] = _opened(goods, cipher, key, i);
        }
        assert(_root(opened) == goods.plainRoot);
    }

    function _honest(bytes32[4] memory plain, bytes32 key, bytes32 secret, uint64 nonce)
        private
        pure
        returns (FairTerms memory, Goods memory)
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

    function _committed(bytes32[4] memory cipher, bytes32[4] memory leaves, bytes32 key, bytes32 secret, uint64 nonce)
        private
        pure
        returns (FairTerms memory terms, Goods memory goods)
    {
        goods = Goods(_root(leaves), _root(_cipherLeaves(cipher)), 4, SIZE, secret, nonce);
        bytes memory shape =
            "Goods(bytes32 plainRoot,bytes32 cipherRoot,uint32 chunks,uint32 chunkSize,bytes32 secret,uint64 nonce)";
        terms.goods = keccak256(abi.encode(keccak256(shape), goods));
        terms.keyCommit = keccak256(abi.encodePacked(keccak256("Quittance seller's key"), key));
    }

    function _complain(
        FairTerms memory terms,
        Goods memory goods,
        bytes32[4] memory cipher,
        bytes32[4] memory leaves,
        bytes32 key,
        uint256 index
    ) private view returns (Verdict) {
        bytes32[] memory proof = new bytes32[](5);
        proof[0] = cipher[index];
        (proof[1], proof[2]) = _path(_cipherLeaves(cipher), index);
        (proof[3], proof[4]) = _path(leaves, index);
        return harness.judge(terms, goods, key, index, leaves[index], proof);
    }

    function _opened(Goods memory goods, bytes32[4] memory cipher, bytes32 key, uint256 index)
        private
        pure
        returns (bytes32)
    {
        bytes32 pad = _pad(key, goods.secret, goods.plainRoot, goods.nonce, index);
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

    function _path(bytes32[4] memory leaves, uint256 index) private pure returns (bytes32, bytes32) {
        uint256 other = index < 2 ? 2 : 0;
        return (leaves[index ^ 1], _node(leaves[other], leaves[other + 1]));
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }
}
