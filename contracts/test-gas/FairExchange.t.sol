// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms} from "../src/types/FairTerms.sol";
import {FairBase} from "../test/FairExchange/FairBase.sol";
import {Complaint, Sealed, Sealing} from "../test/Judge/Sealing.sol";

/// @notice What an exchange costs, as whole transactions: 1 KiB chunks, a tree 20 levels deep. Both sides hold some of
/// the token before and after, FairExchange has other prices in custody, and the buyer approves just the price.
contract FairExchangeGas is FairBase {
    uint256 private constant DEPTH = 20;
    uint32 private constant CHUNKS = 600_000;
    uint256 private constant INDEX = 345_678;

    function setUp() public override {
        super.setUp();
        cash.mint(alice, 1e6);
        cash.mint(address(fair), 1e6);
        vm.prank(bob);
        cash.approve(address(fair), PRICE);
    }

    function test_Gas() public {
        (FairTerms memory terms, Complaint memory c) = _big();
        vm.prank(bob);
        fair.lock(terms);
        vm.snapshotGasLastCall("fairexchange", "lock");

        uint256 state = vm.snapshotState();
        vm.warp(REVEAL_BY);
        vm.prank(bob);
        fair.reclaim(terms);
        vm.snapshotGasLastCall("fairexchange", "reclaim");

        vm.revertToState(state);
        vm.prank(alice);
        fair.reveal(terms, c.key);
        vm.snapshotGasLastCall("fairexchange", "reveal");

        state = vm.snapshotState();
        vm.prank(bob);
        fair.complain(terms, c.goods, c.key, c.index, c.leaf, c.proof);
        vm.snapshotGasLastCall("fairexchange", "complain_1k_d20");

        vm.revertToState(state);
        vm.prank(bob);
        fair.finalize(terms, "");
        vm.snapshotGasLastCall("fairexchange", "finalize_by_buyer");

        vm.revertToState(state);
        bytes memory receipt = _receipt(terms);
        vm.prank(alice);
        fair.finalize(terms, receipt);
        vm.snapshotGasLastCall("fairexchange", "finalize_on_receipt");

        vm.revertToState(state);
        vm.warp(block.timestamp + WINDOW);
        vm.prank(alice);
        fair.finalize(terms, "");
        vm.snapshotGasLastCall("fairexchange", "finalize");
    }

    /// @dev A large document, of which only what one complaint needs is made up: a chunk, and paths above it.
    function _big() private view returns (FairTerms memory terms, Complaint memory c) {
        Sealed memory deal = _dealOf(1, 0x8f3c1d5a7e2b4960);
        (deal.goods.chunks, deal.goods.chunkSize) = (CHUNKS, 1024);
        bytes memory chunk = Sealing.noise(1024, "chunk");
        bytes memory cipherPath = Sealing.noise(32 * DEPTH, "cipher path");
        bytes memory plainPath = Sealing.noise(32 * DEPTH, "plain path");
        bytes32 leaf = keccak256("leaf");
        deal.goods.cipherRoot = _top(Sealing.cipherLeaf(INDEX, chunk), cipherPath);
        deal.goods.plainRoot = _top(leaf, plainPath);
        Sealing.bind(deal);
        bytes memory proof = bytes.concat(chunk, cipherPath, plainPath);
        return (deal.terms, Complaint(deal.goods, deal.key, INDEX, leaf, Sealing.words(proof)));
    }

    function _top(bytes32 node, bytes memory path) private pure returns (bytes32) {
        bytes32[] memory beside = Sealing.words(path);
        for (uint256 i = 0; i < DEPTH; ++i) {
            bool left = INDEX >> i & 1 == 0;
            node = keccak256(left ? bytes.concat(node, beside[i]) : bytes.concat(beside[i], node));
        }
        return node;
    }
}
