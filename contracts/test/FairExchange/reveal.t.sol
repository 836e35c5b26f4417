// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IFairExchange} from "../../src/interfaces/IFairExchange.sol";
import {FairTerms} from "../../src/types/FairTerms.sol";
import {Status} from "../../src/types/Status.sol";
import {Sealed} from "../Judge/Sealing.sol";
import {FairBase} from "./FairBase.sol";

/// forge-config: deep.fuzz.runs = 10000
contract FairRevealTest is FairBase {
    function test_StartsTheWindow() public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        vm.warp(REVEAL_BY - 1);
        vm.expectEmit(address(fair));
        emit IFairExchange.Revealed(fair.id(deal.terms), alice, deal.key, REVEAL_BY - 1 + WINDOW);
        _reveal(deal);
        _assertStatus(deal.terms, Status.Revealed);
        assertEq(fair.until(fair.id(deal.terms)), REVEAL_BY - 1 + WINDOW);
        _assertMoney(9, 0, 1);
    }

    function test_RevertWhen_NotArmed() public {
        Status[4] memory others = [Status.None, Status.Revealed, Status.Settled, Status.Aborted];
        for (uint256 i = 0; i < 4; ++i) {
            Sealed memory deal = _dealOf(2, uint64(i));
            _bring(deal, others[i]);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(deal.terms), others[i]));
            _reveal(deal);
        }
    }

    /// @dev Whoever learns the key elsewhere can neither end the seller's time nor blame it.
    function test_RevertWhen_CallerNotSeller() public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        address[2] memory callers = [bob, carol];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadParty.selector, callers[i]));
            vm.prank(callers[i]);
            fair.reveal(deal.terms, deal.key);
        }
    }

    function test_RevertWhen_Late() public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(REVEAL_BY + i);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, fair.id(deal.terms), REVEAL_BY));
            _reveal(deal);
        }
    }

    function testFuzz_RevertWhen_OtherKey(bytes32 key) public {
        Sealed memory deal = _deal();
        vm.assume(key != deal.key);
        _lock(deal.terms);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadKey.selector, fair.id(deal.terms)));
        vm.prank(alice);
        fair.reveal(deal.terms, key);
    }

    /// @dev A buyer that locks other goods than agreed gets no key: the seller's own terms are not there.
    function testFuzz_OtherGoodsGetNoKey(bytes32 goods) public {
        Sealed memory deal = _deal();
        FairTerms memory agreed = _deal().terms;
        vm.assume(goods != agreed.goods);
        deal.terms.goods = goods;
        _lock(deal.terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(agreed), Status.None));
        vm.prank(alice);
        fair.reveal(agreed, deal.key);
    }
}
