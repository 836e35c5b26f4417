// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {EscrowBase} from "./EscrowBase.sol";

/// @notice The arrows of the interface's drawing, and no others.
contract EscrowEdges is EscrowBase {
    Status[6] private all = [Status.None, Status.Open, Status.Armed, Status.Disputed, Status.Settled, Status.Aborted];

    function test_AllowedEdgesAreTheDrawnOnes() public {
        EscrowTerms memory t = _terms();
        _check(abi.encodeCall(escrow.fund, t), alice, T0, [_to(Status.Open), _no(), _no(), _no(), _no(), _no()]);
        _check(abi.encodeCall(escrow.accept, t), bob, T0, [_no(), _to(Status.Armed), _no(), _no(), _no(), _no()]);
        bytes memory call = abi.encodeCall(escrow.release, (t, 10_000, ""));
        _check(call, alice, T0, [_no(), _to(Status.Settled), _to(Status.Settled), _to(Status.Settled), _no(), _no()]);
        call = abi.encodeCall(escrow.release, (t, 5_000, ""));
        _check(call, alice, T0, [_no(), _to(Status.Open), _to(Status.Armed), _to(Status.Disputed), _no(), _no()]);
        call = abi.encodeCall(escrow.refund, t);
        _check(call, bob, T0, [_no(), _to(Status.Aborted), _to(Status.Aborted), _to(Status.Aborted), _no(), _no()]);
        call = abi.encodeCall(escrow.dispute, t);
        _check(call, bob, T0, [_no(), _no(), _to(Status.Disputed), _no(), _no(), _no()]);
        call = abi.encodeCall(escrow.rule, (t, 1));
        _check(call, arbiter, T0, [_no(), _no(), _no(), _to(Status.Settled), _no(), _no()]);
        call = abi.encodeCall(escrow.rule, (t, 0));
        _check(call, arbiter, T0, [_no(), _no(), _no(), _to(Status.Aborted), _no(), _no()]);
        uint256 end = T0 + 365 days;
        call = abi.encodeCall(escrow.settle, t);
        _check(call, stranger, end, [_no(), _no(), _to(Status.Settled), _to(Status.Settled), _no(), _no()]);
        call = abi.encodeCall(escrow.abort, t);
        _check(call, stranger, end, [_no(), _to(Status.Aborted), _no(), _no(), _no(), _no()]);
    }

    /// @dev `wanted` has one entry per status in `all`: 0 for a refusal, else 1 + the status after it.
    function _check(bytes memory call, address by, uint256 time, uint8[6] memory wanted) private {
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 state = vm.snapshotState();
            Id id = _reach(_terms(), all[i]);
            vm.warp(time);
            vm.prank(by);
            (bool done, bytes memory answer) = address(escrow).call(call);
            assertEq(done, wanted[i] != 0);
            if (done) assertStatus(id, Status(wanted[i] - 1));
            else assertEq(answer, abi.encodeWithSelector(ICustody.BadStatus.selector, id, all[i]));
            vm.revertToState(state);
        }
    }

    function _no() private pure returns (uint8) {
        return 0;
    }

    function _to(Status status) private pure returns (uint8) {
        return uint8(status) + 1;
    }
}
