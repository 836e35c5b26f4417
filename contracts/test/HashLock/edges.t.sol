// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {HashLockBase} from "./HashLockBase.sol";

/// @notice The arrows of the interface's drawing, and no others.
contract HashLockEdges is HashLockBase {
    Status[4] private all = [Status.None, Status.Armed, Status.Settled, Status.Aborted];

    function test_AllowedEdgesAreTheDrawnOnes() public {
        _check(abi.encodeCall(hashLock.lock, (_terms())), T0, Status.None, Status.Armed);
        _check(abi.encodeCall(hashLock.claim, (_terms(), PREIMAGE)), T0, Status.Armed, Status.Settled);
        _check(abi.encodeCall(hashLock.refund, (_terms())), DEADLINE, Status.Armed, Status.Aborted);
    }

    /// @dev The call works in status `from` only, and leads to `to`.
    function _check(bytes memory call, uint256 time, Status from, Status to) private {
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 state = vm.snapshotState();
            Id id = _reach(all[i]);
            vm.warp(time);
            vm.prank(alice);
            (bool done, bytes memory answer) = address(hashLock).call(call);
            assertEq(done, all[i] == from);
            if (done) assertStatus(id, to);
            else assertEq(answer, abi.encodeWithSelector(ICustody.BadStatus.selector, id, all[i]));
            vm.revertToState(state);
        }
    }
}
