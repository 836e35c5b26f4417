// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IFairExchange} from "../../src/interfaces/IFairExchange.sol";
import {Status} from "../../src/types/Status.sol";
import {Sealed} from "../Judge/Sealing.sol";
import {RefusingToken} from "../mocks/Tokens.sol";
import {FairBase} from "./FairBase.sol";

contract FairReclaimTest is FairBase {
    function test_ByAnyoneFromRevealBy() public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        vm.warp(REVEAL_BY - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, fair.id(deal.terms), REVEAL_BY));
        vm.prank(bob);
        fair.reclaim(deal.terms);

        vm.warp(REVEAL_BY);
        vm.expectEmit(address(fair));
        emit IFairExchange.Aborted(fair.id(deal.terms), carol, false);
        vm.prank(carol);
        fair.reclaim(deal.terms);
        _assertStatus(deal.terms, Status.Aborted);
        _assertMoney(10, 0, 0);
    }

    function test_RevertWhen_NotArmed() public {
        Status[4] memory others = [Status.None, Status.Revealed, Status.Settled, Status.Aborted];
        for (uint256 i = 0; i < 4; ++i) {
            Sealed memory deal = _dealOf(2, uint64(i));
            _bring(deal, others[i]);
            vm.warp(REVEAL_BY + 1000 days);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(deal.terms), others[i]));
            fair.reclaim(deal.terms);
            vm.warp(T0);
        }
    }

    function testFuzz_NeverTooLate(uint40 later) public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        vm.warp(uint256(REVEAL_BY) + later);
        fair.reclaim(deal.terms);
        _assertMoney(10, 0, 0);
    }

    function test_BuyerRefused() public {
        RefusingToken token = new RefusingToken();
        _supply(token);
        token.refuse(bob, true);
        Sealed memory deal = _deal();
        deal.terms.asset = _erc20(address(token));
        _lock(deal.terms);
        vm.warp(REVEAL_BY);
        fair.reclaim(deal.terms);
        _assertStatus(deal.terms, Status.Aborted);
        assertEq(fair.owed(bob, deal.terms.asset, 0), PRICE);
    }
}
