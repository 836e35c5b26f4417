// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Terms} from "../src/types/Terms.sol";
import {Base} from "../test/Base.t.sol";

/// @notice What the everyday calls cost, as whole transactions between parties that have dealt before: both hold some
/// of each token, and Settlement has other deals in custody.
contract SettlementGas is Base {
    bytes internal encoded;

    function setUp() public override {
        super.setUp();
        Terms memory other = _deal();
        _fundAll(other);
        _mintCash(alice, 1e6);
        _mintCash(bob, PRICE + 1e6);
        uint256 kept = _mintDeed("kept");
        uint256 given = _mintDeed("given");
        uint256 sold = _mintDeed("sold");
        vm.prank(alice);
        deed.transferFrom(alice, bob, given);
        assertEq(deed.ownerOf(kept), alice);

        other.legs[0].value = sold;
        other.conditions[0].subject = bytes32(sold);
        other.nonce = 2;
        encoded = abi.encode(other);
    }

    function test_Gas() public {
        Terms memory terms = abi.decode(encoded, (Terms));
        vm.prank(alice);
        settlement.fund(terms, 0);
        vm.snapshotGasLastCall("Settlement", "fund NFT (opens)");

        vm.prank(bob);
        settlement.fund(terms, 1);
        vm.snapshotGasLastCall("Settlement", "fund cash (arms)");

        uint256 state = vm.snapshotState();
        bytes[] memory proofs = _proofs(terms);
        vm.prank(carol);
        settlement.settle(terms, proofs);
        vm.snapshotGasLastCall("Settlement", "settle with receipt");

        vm.revertToState(state);
        vm.prank(carol);
        settlement.satisfy(terms, 0, proofs[0]);
        vm.snapshotGasLastCall("Settlement", "satisfy");
        vm.prank(carol);
        settlement.settle(terms, _none());
        vm.snapshotGasLastCall("Settlement", "settle after satisfy");

        vm.revertToState(state);
        vm.warp(SETTLE_BY);
        vm.prank(carol);
        settlement.abort(terms);
        vm.snapshotGasLastCall("Settlement", "abort");
    }

    function test_GasCashFirst() public {
        Terms memory terms = abi.decode(encoded, (Terms));
        vm.prank(bob);
        settlement.fund(terms, 1);
        vm.snapshotGasLastCall("Settlement", "fund cash (opens)");
        vm.prank(alice);
        settlement.fund(terms, 0);
        vm.snapshotGasLastCall("Settlement", "fund NFT (arms)");
    }
}
