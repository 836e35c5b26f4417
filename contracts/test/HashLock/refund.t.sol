// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IHashLock} from "../../src/interfaces/IHashLock.sol";
import {Id} from "../../src/types/Id.sol";
import {LockTerms} from "../../src/types/LockTerms.sol";
import {Status} from "../../src/types/Status.sol";
import {HashLockBase} from "./HashLockBase.sol";

contract HashLockRefund is HashLockBase {
    function test_PaysTheSender() public {
        LockTerms[] memory all = _termsOfEveryKind();
        for (uint256 i = 0; i < all.length; ++i) {
            Id id = _lock(all[i]);
            uint256 before = _held(all[i], alice);
            vm.warp(DEADLINE);
            vm.expectEmit();
            emit IHashLock.Aborted(id, stranger);
            vm.prank(stranger);
            hashLock.refund(all[i]);
            assertStatus(id, Status.Aborted);
            assertEq(_held(all[i], alice), before + all[i].amount);
            assertEq(_held(all[i], address(hashLock)), 0);
            vm.warp(T0);
        }
    }

    function test_RevertWhen_TooEarly() public {
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        uint256[2] memory early = [T0, DEADLINE - 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(early[i]);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, DEADLINE));
            hashLock.refund(terms);
        }
        vm.warp(DEADLINE + 1);
        hashLock.refund(terms);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    function test_RefusedAssetIsCredited() public {
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        cash.refuse(alice, true);
        vm.warp(DEADLINE);
        vm.expectEmit();
        emit ICustody.Credited(id, alice, terms.asset, 0, PRICE);
        hashLock.refund(terms);
        assertStatus(id, Status.Aborted);
        vm.prank(alice);
        hashLock.withdraw(terms.asset, 0, stranger);
        assertEq(cash.balanceOf(stranger), PRICE);
    }
}
