// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IDvp} from "../../src/interfaces/IDvp.sol";
import {AssetKind} from "../../src/types/Asset.sol";
import {DvpTerms} from "../../src/types/DvpTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {DvpBase} from "./DvpBase.sol";

contract DvpAbort is DvpBase {
    function test_OpenFromFundBy() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        address[2] memory parties = [alice, bob];
        for (uint256 i = 0; i < 4; ++i) {
            uint256 state = vm.snapshotState();
            _fund(terms, parties[i % 2]);
            _expectTooEarly(terms, FUND_BY - 1, FUND_BY);
            vm.warp(FUND_BY + i / 2);
            vm.expectEmit();
            emit IDvp.Aborted(id, carol, 1 + i % 2);
            vm.prank(carol);
            dvp.abort(terms);
            _assertRefunded(terms);
            vm.revertToState(state);
        }
    }

    function test_ArmedFromSettleBy() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        _expectTooEarly(terms, FUND_BY, SETTLE_BY);
        _expectTooEarly(terms, SETTLE_BY - 1, SETTLE_BY);
        for (uint256 late = 0; late < 2; ++late) {
            uint256 state = vm.snapshotState();
            vm.warp(SETTLE_BY + late);
            vm.expectEmit();
            emit IDvp.Aborted(id, carol, 3);
            vm.prank(carol);
            dvp.abort(terms);
            _assertRefunded(terms);
            vm.revertToState(state);
        }
    }

    function test_GivesEveryKindBack() public {
        for (uint256 i = 0; i < 25; ++i) {
            uint256 state = vm.snapshotState();
            DvpTerms memory terms = _termsOf(AssetKind(i / 5), AssetKind(i % 5));
            Id id = _fundBoth(terms);
            vm.warp(SETTLE_BY);
            dvp.abort(terms);
            assertStatus(id, Status.Aborted);
            assertEq(_held(terms.asset, terms.tokenId, alice), terms.amount);
            assertEq(_held(terms.payment, 0, bob), terms.price);
            vm.revertToState(state);
        }
    }

    function test_RevertWhen_NoneOrFinal() public {
        DvpTerms memory terms = _terms();
        vm.warp(SETTLE_BY);
        _expectBadStatus(terms, Status.None);
        vm.warp(T0);
        _fundBoth(terms);
        uint256 state = vm.snapshotState();
        _settle(terms);
        vm.warp(SETTLE_BY);
        _expectBadStatus(terms, Status.Settled);

        vm.revertToState(state);
        vm.warp(SETTLE_BY);
        dvp.abort(terms);
        _expectBadStatus(terms, Status.Aborted);
        _assertRefunded(terms);
    }

    function test_RefusedSideIsCredited() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        vm.warp(SETTLE_BY);
        uint256 state = vm.snapshotState();
        cash.refuse(bob, true);
        vm.expectEmit();
        emit ICustody.Credited(id, bob, terms.payment, 0, PRICE);
        dvp.abort(terms);
        assertEq(nft.ownerOf(NUMBER), alice);
        vm.prank(bob);
        dvp.withdraw(terms.payment, 0, carol);
        assertEq(cash.balanceOf(carol), PRICE);

        vm.revertToState(state);
        nft.refuse(alice, true);
        vm.expectEmit();
        emit ICustody.Credited(id, alice, terms.asset, NUMBER, 1);
        dvp.abort(terms);
        assertEq(cash.balanceOf(bob), 10 * PRICE);
        vm.prank(alice);
        dvp.withdraw(terms.asset, NUMBER, carol);
        assertEq(nft.ownerOf(NUMBER), carol);
    }

    function testFuzz_GasCannotForceACreditOfARefund(uint256 gas_) public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        vm.warp(SETTLE_BY);
        gas_ = bound(gas_, 20_000, 900_000);
        try dvp.abort{gas: gas_}(terms) {
            _assertRefunded(terms);
        } catch {
            assertStatus(id, Status.Armed);
        }
    }

    function _expectTooEarly(DvpTerms memory terms, uint256 time, uint256 deadline) private {
        vm.warp(time);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, dvp.id(terms), deadline));
        dvp.abort(terms);
    }

    function _expectBadStatus(DvpTerms memory terms, Status status) private {
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, dvp.id(terms), status));
        dvp.abort(terms);
    }

    function _assertRefunded(DvpTerms memory terms) private view {
        assertStatus(dvp.id(terms), Status.Aborted);
        assertEq(nft.ownerOf(NUMBER), alice);
        assertEq(cash.balanceOf(bob), 10 * PRICE);
        assertEq(cash.balanceOf(address(dvp)), 0);
    }
}
