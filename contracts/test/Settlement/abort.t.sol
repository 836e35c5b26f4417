// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Condition, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {RefusingToken} from "../mocks/Tokens.sol";

contract SettlementAbortTest is Base {
    function test_OpenFromFundBy() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        _fund(terms, 1);
        vm.warp(FUND_BY - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, FUND_BY));
        settlement.abort(terms);

        for (uint256 late = 0; late < 2; ++late) {
            uint256 state = vm.snapshotState();
            vm.warp(FUND_BY + late);
            vm.expectEmit();
            emit ISettlement.Aborted(id, carol, 2);
            vm.prank(carol);
            settlement.abort(terms);
            _assertRefunded(terms);
            vm.revertToState(state);
        }
    }

    function test_ArmedFromSettleBy() public {
        Terms memory terms = _dealOfTwoConditions();
        Id id = settlement.id(terms);
        _fundAll(terms);
        settlement.satisfy(terms, 0, _proof(terms, 0));
        vm.warp(SETTLE_BY - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, SETTLE_BY));
        settlement.abort(terms);

        for (uint256 late = 0; late < 2; ++late) {
            uint256 state = vm.snapshotState();
            vm.warp(SETTLE_BY + late);
            vm.expectEmit();
            emit ISettlement.Aborted(id, carol, 3);
            vm.prank(carol);
            settlement.abort(terms);
            _assertRefunded(terms);
            vm.revertToState(state);
        }
    }

    function test_RevertWhen_AllSatisfied() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        settlement.satisfy(terms, 0, _proof(terms, 0));
        vm.warp(SETTLE_BY);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AllSatisfied.selector, settlement.id(terms)));
        settlement.abort(terms);
    }

    function test_RevertWhen_NothingToProve() public {
        Terms memory terms = _deal();
        terms.conditions = new Condition[](0);
        _fund(terms, 0);
        uint256 state = vm.snapshotState();
        vm.warp(FUND_BY);
        settlement.abort(terms);
        vm.revertToState(state);

        _fund(terms, 1);
        vm.warp(SETTLE_BY);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AllSatisfied.selector, settlement.id(terms)));
        settlement.abort(terms);
    }

    function test_RevertWhen_NoneOrFinal() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        vm.warp(FUND_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.None));
        settlement.abort(terms);

        vm.warp(T0);
        _fundAll(terms);
        uint256 state = vm.snapshotState();
        settlement.settle(terms, _proofs(terms));
        vm.warp(SETTLE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Settled));
        settlement.abort(terms);

        vm.revertToState(state);
        vm.warp(SETTLE_BY);
        settlement.abort(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Aborted));
        settlement.abort(terms);
    }

    function test_RefusedRefundIsCredited() public {
        RefusingToken token = new RefusingToken();
        Terms memory terms = _deal();
        terms.legs[1].asset = _erc20(address(token));
        token.mint(bob, PRICE);
        vm.prank(bob);
        token.approve(address(settlement), PRICE);
        _fundAll(terms);
        token.refuse(bob, true);
        vm.warp(SETTLE_BY);

        vm.expectEmit();
        emit ICustody.Credited(settlement.id(terms), bob, _erc20(address(token)), 0, PRICE);
        settlement.abort(terms);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
        assertEq(settlement.owed(bob, _erc20(address(token)), 0), PRICE);
    }

    /// @dev At every instant at most one of settle and abort works, and after settleBy exactly one does.
    function testFuzz_OneWayOut(uint40 when, bool proven) public {
        Terms memory terms = _deal();
        _fundAll(terms);
        if (proven) settlement.satisfy(terms, 0, _proof(terms, 0));
        bytes[] memory proofs = proven ? _none() : _proofs(terms);
        when = uint40(bound(when, T0, T0 + 4 days));
        vm.warp(when);

        uint256 state = vm.snapshotState();
        (bool settles,) = address(settlement).call(abi.encodeCall(settlement.settle, (terms, proofs)));
        vm.revertToState(state);
        (bool aborts,) = address(settlement).call(abi.encodeCall(settlement.abort, (terms)));
        assertEq(settles, proven || when < SETTLE_BY);
        assertEq(aborts, !proven && when >= SETTLE_BY);
        assertTrue(settles != aborts);
    }

    function _assertRefunded(Terms memory terms) private view {
        assertEq(settlement.status(settlement.id(terms)), Status.Aborted);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
        assertEq(cash.balanceOf(bob), PRICE);
        assertEq(cash.balanceOf(address(settlement)), 0);
    }
}
