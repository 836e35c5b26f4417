// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Status} from "../../src/types/Status.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";

/// @notice The drawing and the timeline of ISettlement as one table.
contract SettlementEdgesTest is Base {
    /// @dev What fund, satisfy, settle with proofs, settle without, abort and cancel lead to from each stage: O(pen),
    /// A(rmed), S(ettled), X (aborted), or a dot where the call reverts.
    /// Stages: nothing yet, one leg in, armed, armed and proven, settled, aborted.
    string[6][3] private _table = [
        ["O.....", "A....X", ".AS..X", "...S..", "......", "......"],
        ["......", "....XX", ".AS..X", "...S..", "......", "......"],
        ["......", "....XX", "....XX", "...S..", "......", "......"]
    ];

    function test_EveryWriteInEveryStateAtEveryTime() public {
        uint256[2][3] memory windows =
            [[T0, FUND_BY - 1], [uint256(FUND_BY), SETTLE_BY - 1], [uint256(SETTLE_BY), SETTLE_BY + 1]];
        Terms memory terms = _deal();
        for (uint256 stage = 0; stage < 6; ++stage) {
            uint256 start = vm.snapshotState();
            _bring(terms, stage);
            for (uint256 i = 0; i < 36; ++i) {
                uint256 state = vm.snapshotState();
                vm.warp(windows[i / 12][i / 6 % 2]);
                bytes1 expected = bytes(_table[i / 12][stage])[i % 6];
                assertEq(_try(terms, stage, i % 6), expected, vm.toString(stage * 100 + i));
                vm.revertToState(state);
            }
            vm.revertToState(start);
        }
    }

    function _bring(Terms memory terms, uint256 stage) private {
        if (stage >= 1) _fund(terms, 0);
        if (stage >= 2) _fund(terms, 1);
        if (stage == 3) settlement.satisfy(terms, 0, _proof(terms, 0));
        if (stage == 4) settlement.settle(terms, _proofs(terms));
        if (stage == 5) settlement.cancel(terms, _cancels(terms));
    }

    function _try(Terms memory terms, uint256 stage, uint256 write) private returns (bytes1) {
        bytes[6] memory calls = [
            abi.encodeCall(settlement.fund, (terms, stage == 0 ? 0 : 1)),
            abi.encodeCall(settlement.satisfy, (terms, 0, _proof(terms, 0))),
            abi.encodeCall(settlement.settle, (terms, _proofs(terms))),
            abi.encodeCall(settlement.settle, (terms, _none())),
            abi.encodeCall(settlement.abort, (terms)),
            abi.encodeCall(settlement.cancel, (terms, _cancels(terms)))
        ];
        Status before = settlement.status(settlement.id(terms));
        vm.prank(stage == 0 ? alice : bob);
        (bool done,) = address(settlement).call(calls[write]);
        Status reached = settlement.status(settlement.id(terms));
        if (!done) {
            assertEq(reached, before);
            return ".";
        }
        return bytes("-OASX")[uint256(reached)];
    }
}
