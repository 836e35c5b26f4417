// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Exchange} from "../../src/Exchange.sol";
import {Id} from "../../src/types/Id.sol";
import {Order} from "../../src/types/Order.sol";
import {ExchangeHandler} from "./handlers/ExchangeHandler.sol";
import {Test} from "forge-std/Test.sol";

contract ExchangeInvariants is Test {
    Exchange internal exchange;
    ExchangeHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        exchange = new Exchange();
        handler = new ExchangeHandler(exchange);
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = ExchangeHandler.make.selector;
        selectors[1] = ExchangeHandler.make.selector;
        selectors[2] = ExchangeHandler.fill.selector;
        selectors[3] = ExchangeHandler.fill.selector;
        selectors[4] = ExchangeHandler.fillFor.selector;
        selectors[5] = ExchangeHandler.cancel.selector;
        selectors[6] = ExchangeHandler.invalidate.selector;
        selectors[7] = ExchangeHandler.wait.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Everyone has what the events say, so nothing else ever moved; and nothing is held here.
    function invariant_Conservation() public view {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address actor = handler.actors(i);
            assertEq(handler.goods().balanceOf(actor), handler.goodsOf(actor));
            assertEq(handler.cash().balanceOf(actor), handler.cashOf(actor));
        }
        assertEq(handler.goods().balanceOf(address(exchange)), 0);
        assertEq(handler.cash().balanceOf(address(exchange)), 0);
    }

    /// @notice No order gives more than it says, or costs less than its share, or by a unit per fill more.
    function invariant_FillsAreExact() public view {
        for (uint256 i = 0; i < handler.orderCount(); ++i) {
            Order memory order = handler.orderOf(i);
            ExchangeHandler.Ghost memory ghost = handler.ghostOf(exchange.id(order));
            assertLe(ghost.given, order.giveAmount);
            assertGe(ghost.paid * order.giveAmount, ghost.given * order.takeAmount);
            assertLe(ghost.paid * order.giveAmount, ghost.given * order.takeAmount + ghost.fills * order.giveAmount);
            assertLe(ghost.terminals, 1);
        }
    }

    /// @notice The events alone rebuild every word; what is spent has nothing left.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            for (uint256 word = 0; word < 4; ++word) {
                address actor = handler.actors(i);
                assertEq(exchange.nonces(actor, word), handler.spent(actor, word));
            }
        }
        for (uint256 i = 0; i < handler.orderCount(); ++i) {
            Order memory order = handler.orderOf(i);
            Id id = exchange.id(order);
            ExchangeHandler.Ghost memory ghost = handler.ghostOf(id);
            bool whole = order.minFill == order.giveAmount;
            assertEq(exchange.filled(id), whole ? 0 : ghost.given);
            bool isSpent = handler.spent(order.maker, order.nonce >> 8) >> (order.nonce & 0xff) & 1 != 0;
            assertEq(exchange.left(order), isSpent ? 0 : order.giveAmount - ghost.given);
            if (ghost.terminals != 0) assertTrue(isSpent);
        }
    }
}
