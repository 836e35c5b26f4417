// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DvpTerms} from "../../src/types/DvpTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {DvpBase} from "./DvpBase.sol";

/// @notice The drawing and the timeline of IDvp as one table.
contract DvpEdges is DvpBase {
    /// @dev What fund by the seller, fund by the buyer, settle with the receipt, settle by the buyer, abort and cancel
    /// lead to from each stage: O(pen), A(rmed), S(ettled), X (aborted), or a dot where the call reverts.
    /// Stages: nothing yet, only the seller's in, only the buyer's in, armed, settled, aborted.
    string[6][3] private _table = [
        ["OO....", ".A...X", "A....X", "..SS.X", "......", "......"],
        ["......", "....XX", "....XX", "..SS.X", "......", "......"],
        ["......", "....XX", "....XX", "....XX", "......", "......"]
    ];

    function test_EveryWriteInEveryStateAtEveryTime() public {
        uint256[2][3] memory windows =
            [[T0, FUND_BY - 1], [uint256(FUND_BY), SETTLE_BY - 1], [uint256(SETTLE_BY), SETTLE_BY + 1]];
        DvpTerms memory terms = _terms();
        for (uint256 stage = 0; stage < 6; ++stage) {
            uint256 start = vm.snapshotState();
            _bring(terms, stage);
            for (uint256 i = 0; i < 36; ++i) {
                uint256 state = vm.snapshotState();
                vm.warp(windows[i / 12][i / 6 % 2]);
                bytes1 expected = bytes(_table[i / 12][stage])[i % 6];
                assertEq(_try(terms, i % 6), expected, vm.toString(stage * 100 + i));
                vm.revertToState(state);
            }
            vm.revertToState(start);
        }
    }

    /// @dev Who put in is told by two bits, which stay when the deal ends.
    function test_FundedInEveryState() public {
        DvpTerms memory terms = _terms();
        uint256[6] memory expected = [uint256(0), 1, 2, 3, 3, 1];
        for (uint256 stage = 0; stage < 6; ++stage) {
            uint256 start = vm.snapshotState();
            _bring(terms, stage);
            assertEq(dvp.funded(dvp.id(terms)), expected[stage]);
            vm.revertToState(start);
        }
    }

    function _bring(DvpTerms memory terms, uint256 stage) private {
        if (stage != 0 && stage != 2) _fund(terms, alice);
        if (stage >= 2 && stage != 5) _fund(terms, bob);
        if (stage == 4) _settle(terms);
        if (stage == 5) _cancel(terms);
    }

    function _try(DvpTerms memory terms, uint256 write) private returns (bytes1) {
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        bytes[6] memory calls = [
            abi.encodeCall(dvp.fund, (terms)),
            abi.encodeCall(dvp.fund, (terms)),
            abi.encodeCall(dvp.settle, (terms, _receipt(terms))),
            abi.encodeCall(dvp.settle, (terms, "")),
            abi.encodeCall(dvp.abort, (terms)),
            abi.encodeCall(dvp.cancel, (terms, bySeller, byBuyer))
        ];
        Id id = dvp.id(terms);
        Status before = dvp.status(id);
        uint256 funded = dvp.funded(id);
        vm.prank(write == 0 ? alice : write == 1 || write == 3 ? bob : carol);
        (bool done,) = address(dvp).call(calls[write]);
        Status reached = dvp.status(id);
        if (done) return bytes("-OASX")[uint256(reached)];
        assertStatus(id, before);
        assertEq(dvp.funded(id), funded);
        return ".";
    }
}
