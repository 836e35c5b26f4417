// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Peers} from "./Peers.t.sol";

/// @notice What moving the tokens costs by itself: the floor under every settlement.
contract TokensGas is Peers {
    function test_Gas() public {
        _approve(carol);
        vm.prank(bob);
        cash.transfer(alice, PRICE);
        vm.snapshotGasLastCall("token", "erc20_transfer");
        assertEq(cash.balanceOf(alice), PRICE + 1e6);

        vm.prank(carol);
        cash.transferFrom(bob, alice, PRICE);
        vm.snapshotGasLastCall("token", "erc20_transfer_from");
        assertEq(cash.balanceOf(alice), 2 * PRICE + 1e6);

        vm.prank(alice);
        deed.transferFrom(alice, bob, SOLD);
        vm.snapshotGasLastCall("token", "erc721_transfer_from");
        assertEq(deed.ownerOf(SOLD), bob);
    }
}
