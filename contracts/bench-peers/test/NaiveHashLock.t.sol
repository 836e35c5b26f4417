// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NaiveHashLock} from "../src/NaiveHashLock.sol";
import {Peers} from "./Peers.t.sol";

/// @notice A hash lock that stores its terms: Bob locks for Alice.
contract NaiveHashLockGas is Peers {
    bytes32 internal constant PREIMAGE = keccak256("preimage");

    NaiveHashLock internal locks = new NaiveHashLock();

    function setUp() public override {
        super.setUp();
        _approve(address(locks));
        _lock(keccak256("of another deal, which stays"));
    }

    function _lock(bytes32 preimage) internal returns (bytes32) {
        bytes32 hash = sha256(abi.encode(preimage));
        vm.prank(bob);
        return locks.lock(alice, cash, PRICE, hash, DEADLINE);
    }

    function test_Gas() public {
        bytes32 id = _lock(PREIMAGE);
        vm.snapshotGasLastCall("hashlock", "lock");
        uint256 locked = vm.snapshotState();

        vm.prank(alice);
        locks.claim(id, PREIMAGE);
        vm.snapshotGasLastCall("hashlock", "claim");
        assertEq(cash.balanceOf(alice), PRICE + 1e6);

        vm.revertToState(locked);
        vm.warp(DEADLINE);
        vm.prank(bob);
        locks.refund(id);
        vm.snapshotGasLastCall("hashlock", "refund");
        assertEq(cash.balanceOf(bob), 3 * PRICE);
    }
}
