// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IExchange} from "../../src/interfaces/IExchange.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Order, Take} from "../../src/types/Order.sol";
import {ExchangeBase} from "./ExchangeBase.sol";

contract ExchangeFillFor is ExchangeBase {
    function test_MovesBetweenTheTwoWhoSigned() public {
        Order memory order = _order(100);
        Take memory take = _take(400, 300);
        Id id = exchange.id(order);
        bytes memory signature = _signed(order);
        bytes memory takerSignature = _signed(order, take);
        vm.expectEmit();
        emit IExchange.Invalidated(tom, 1, 1 << 44);
        _expectFilled(id, order, 400, 1334, 600);
        vm.prank(stranger);
        assertEq(exchange.fillFor(order, signature, take, takerSignature), 1334);
        assertEq(goods.balanceOf(tom), 100 * LOTS + 400);
        assertEq(cash.balanceOf(mona), 100 * PRICE + 1334);
        assertEq(exchange.nonces(tom, 1), 1 << 44);
        assertEq(exchange.left(order), 600);
    }

    /// @dev Signature replay: a take is used once, though its order has more to give.
    function test_RevertWhen_TakeIsUsedTwice() public {
        Order memory order = _order(100);
        Take memory take = _take(400, 1);
        bytes memory signature = _signed(order);
        bytes memory takerSignature = _signed(order, take);
        exchange.fillFor(order, signature, take, takerSignature);
        vm.expectRevert(abi.encodeWithSelector(IExchange.SpentNonce.selector, tom, 1));
        exchange.fillFor(order, signature, take, takerSignature);
    }

    function test_RevertWhen_TakerInvalidated() public {
        Order memory order = _order();
        Take memory take = _take(LOTS, 1);
        vm.prank(tom);
        exchange.invalidate(0, 2);
        _refusesFor(order, take, abi.encodeWithSelector(IExchange.SpentNonce.selector, tom, 1));
    }

    function test_RevertWhen_TakeIsLate() public {
        Order memory order = _order();
        Take memory take = _take(LOTS, 1);
        take.deadline = uint40(T0 + 10);
        vm.warp(T0 + 10);
        _refusesFor(order, take, abi.encodeWithSelector(IExchange.TooLate.selector, exchange.id(order), T0 + 10));
        vm.warp(T0 + 9);
        bytes memory takerSignature = _signed(order, take);
        exchange.fillFor(order, _signed(order), take, takerSignature);
    }

    /// @dev A take names its order, taker, amount, deadline and nonce, and none can be swapped for another.
    function test_RevertWhen_TakerDidNotSign() public {
        Order memory order = _order(100);
        Order memory other = _order(101);
        Take memory take = _take(400, 1);
        bytes memory signature = _signed(order);
        bytes memory takerSignature = _signed(other, take);
        _refusesSignature(order, take, signature, takerSignature);
        takerSignature = _signed(order, take);
        take.amount = 500;
        _refusesSignature(order, take, signature, takerSignature);
        take = _take(400, 2);
        _refusesSignature(order, take, signature, takerSignature);
        take = _take(400, 1);
        take.deadline += 1;
        _refusesSignature(order, take, signature, takerSignature);
        take = _take(400, 1);
        take.taker = stranger;
        _refusesSignature(order, take, signature, takerSignature);
        take.taker = address(0);
        _refusesSignature(order, take, signature, "");
        // What the maker signed is no take, and the other way round.
        take = _take(400, 1);
        _refusesSignature(order, take, signature, signature);
    }

    function test_RevertWhen_FillWould() public {
        Order memory order = _order();
        order.taker = stranger;
        _refusesFor(order, _take(LOTS, 1), abi.encodeWithSelector(IExchange.BadParty.selector, tom));
        order = _order();
        Id id = exchange.id(order);
        _refusesFor(order, _take(1, 1), abi.encodeWithSelector(IExchange.BadFill.selector, id, 1, LOTS));
        vm.warp(DEADLINE);
        Take memory take = _take(LOTS, 1);
        take.deadline += 10;
        _refusesFor(order, take, abi.encodeWithSelector(IExchange.TooLate.selector, id, DEADLINE));
        assertEq(exchange.nonces(tom, 0), 0);
    }

    function test_RevertWhen_OrderTakesNativeCoin() public {
        Order memory order = _order();
        order.take = toAsset(AssetKind.Native, address(0));
        bytes memory reason = abi.encodeWithSelector(IExchange.WrongAmount.selector, order.take, 0, PRICE);
        _refusesFor(order, _take(LOTS, 1), reason);
    }

    /// @dev Maker and taker may not be one, not even through a relayer.
    function test_RevertWhen_MakerTakes() public {
        Order memory order = _order();
        Take memory take = _take(LOTS, 1);
        take.taker = mona;
        bytes memory takerSignature = _sign(monaKey, exchange.takeDigest(exchange.id(order), take));
        bytes memory signature = _signed(order);
        vm.expectRevert(abi.encodeWithSelector(IExchange.BadParty.selector, mona));
        exchange.fillFor(order, signature, take, takerSignature);
    }

    function _refusesFor(Order memory order, Take memory take, bytes memory reason) private {
        bytes memory signature = _signed(order);
        bytes memory takerSignature = _signed(order, take);
        vm.expectRevert(reason);
        exchange.fillFor(order, signature, take, takerSignature);
    }

    function _refusesSignature(
        Order memory order,
        Take memory take,
        bytes memory signature,
        bytes memory takerSignature
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IExchange.BadSignature.selector, exchange.id(order), take.taker));
        exchange.fillFor(order, signature, take, takerSignature);
    }
}
