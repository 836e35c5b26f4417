// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IExchange} from "../../src/interfaces/IExchange.sol";
import {Id} from "../../src/types/Id.sol";
import {Order} from "../../src/types/Order.sol";
import {Status} from "../../src/types/Status.sol";
import {ExchangeBase} from "./ExchangeBase.sol";

contract ExchangeCancel is ExchangeBase {
    function test_SpendsTheNonce() public {
        Order memory order = _order(100);
        _fill(order, 300);
        vm.warp(DEADLINE + 1);
        vm.expectEmit();
        emit IExchange.Aborted(exchange.id(order), mona, 5, 300);
        vm.prank(mona);
        exchange.cancel(order);
        assertEq(exchange.nonces(mona, 0), 1 << 5);
        assertEq(exchange.left(order), 0);
        vm.warp(T0);
        _refuses(order, 100, abi.encodeWithSelector(IExchange.SpentNonce.selector, mona, 5));
        assertEq(goods.balanceOf(tom), 100 * LOTS + 300);
    }

    function test_RevertWhen_NotMaker() public {
        Order memory order = _order();
        vm.expectRevert(abi.encodeWithSelector(IExchange.NotMaker.selector, exchange.id(order), tom));
        vm.prank(tom);
        exchange.cancel(order);
        _fill(order, LOTS);
    }

    function testFuzz_InvalidateSpendsTheMask(uint256 word, uint256 mask, uint256 more, uint8 bit) public {
        vm.startPrank(mona);
        exchange.invalidate(word, mask);
        vm.expectEmit();
        emit IExchange.Invalidated(mona, word, more);
        exchange.invalidate(word, more);
        vm.stopPrank();
        assertEq(exchange.nonces(mona, word), mask | more);
        assertEq(exchange.nonces(tom, word), 0);
        Order memory order = _order();
        order.nonce = (word << 8) | bit;
        bool spent = (mask | more) & (1 << bit) != 0;
        // Words beyond 248 bits have no nonces.
        if (word >> 248 != 0) return;
        if (spent) _refuses(order, LOTS, abi.encodeWithSelector(IExchange.SpentNonce.selector, mona, order.nonce));
        else _fill(order, LOTS);
    }

    /// @dev The arrows of the interface's drawing, and no others.
    function test_AllowedEdgesAreTheDrawnOnes() public {
        Status[4] memory all = [Status.None, Status.Open, Status.Settled, Status.Aborted];
        bool[4] memory live = [true, true, false, false];
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 call = 0; call < 3; ++call) {
                uint256 state = vm.snapshotState();
                Order memory order = _reach(all[i]);
                assertEq(exchange.left(order) != 0, live[i]);
                bytes memory signature = _signed(order);
                bytes memory data = call == 0
                    ? abi.encodeCall(exchange.fill, (order, 100, signature))
                    : call == 1
                        ? abi.encodeCall(exchange.fill, (order, exchange.left(order), signature))
                        : abi.encodeCall(exchange.cancel, (order));
                vm.prank(call == 2 ? mona : tom);
                (bool done, bytes memory answer) = address(exchange).call(data);
                assertEq(done, live[i]);
                if (!done) assertEq(bytes4(answer), IExchange.SpentNonce.selector);
                else assertEq(exchange.left(order) != 0, call == 0);
                vm.revertToState(state);
            }
        }
    }

    /// @dev The usual order, in parts, brought to `status`.
    function _reach(Status status) private returns (Order memory order) {
        order = _order(100);
        if (status == Status.Open) _fill(order, 100);
        if (status == Status.Settled) _fill(order, LOTS);
        if (status != Status.Aborted) return order;
        vm.prank(mona);
        exchange.invalidate(0, 1 << 5);
    }
}
