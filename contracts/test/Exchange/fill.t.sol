// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IExchange} from "../../src/interfaces/IExchange.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Order} from "../../src/types/Order.sol";
import {ExchangeBase} from "./ExchangeBase.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

contract ExchangeFill is ExchangeBase {
    function test_MovesEveryKindForEveryKind() public {
        Asset[5] memory assets = [
            _erc20(goods),
            toAsset(AssetKind.ERC721, address(deed)),
            toAsset(AssetKind.ERC1155, address(units)),
            toAsset(AssetKind.ERC6909, address(classes)),
            toAsset(AssetKind.Native, address(0))
        ];
        uint256[5] memory ids = [uint256(0), 1, 8, 9, 0];
        for (uint256 g = 0; g < 4; ++g) {
            for (uint256 t = 0; t < 5; ++t) {
                uint256 state = vm.snapshotState();
                Order memory order = _order();
                (order.give, order.giveId) = (assets[g], ids[g]);
                (order.take, order.takeId) = (assets[t], t == 1 ? 2 : ids[t]);
                order.giveAmount = g == 1 ? 1 : 300;
                order.takeAmount = t == 1 ? 1 : 200;
                order.minFill = order.giveAmount;
                _swaps(order);
                vm.revertToState(state);
            }
        }
    }

    function _swaps(Order memory order) private {
        bool same = order.give == order.take && order.giveId == order.takeId;
        uint256 give = _held(order.give, order.giveId, tom);
        uint256 take = _held(order.take, order.takeId, mona);
        Id id = exchange.id(order);
        bytes memory signature = _signed(order);
        bool native = order.take.kind() == AssetKind.Native;
        _expectFilled(id, order, order.giveAmount, order.takeAmount, 0);
        vm.prank(tom);
        uint256 paid = exchange.fill{value: native ? order.takeAmount : 0}(order, order.giveAmount, signature);
        assertEq(paid, order.takeAmount);
        uint256 net = same ? order.giveAmount - order.takeAmount : order.giveAmount;
        assertEq(_held(order.give, order.giveId, tom), give + net);
        if (!same) assertEq(_held(order.take, order.takeId, mona), take + order.takeAmount);
        assertEq(exchange.left(order), 0);
        assertEq(exchange.nonces(mona, 0), 1 << order.nonce);
        assertEq(exchange.filled(id), 0);
        assertEq(address(exchange).balance, 0);
    }

    function test_FillsInParts() public {
        Order memory order = _order(100);
        Id id = exchange.id(order);
        assertEq(exchange.left(order), LOTS);
        assertEq(_fill(order, 100), 334);
        assertEq(exchange.filled(id), 100);
        assertEq(exchange.left(order), 900);
        assertEq(exchange.nonces(mona, 0), 0);
        assertEq(_fill(order, 850), 2834);
        // What is left may be less than the least fill, but then it goes all at once.
        _refuses(order, 49, abi.encodeWithSelector(IExchange.BadFill.selector, id, 49, 50));
        _refuses(order, 51, abi.encodeWithSelector(IExchange.BadFill.selector, id, 51, 50));
        bytes memory signature = _signed(order);
        _expectFilled(id, order, 50, 167, 0);
        vm.prank(tom);
        exchange.fill(order, 50, signature);
        assertEq(exchange.left(order), 0);
        assertEq(exchange.nonces(mona, 0), 1 << 5);
        assertEq(goods.balanceOf(tom), 101 * LOTS);
        assertEq(cash.balanceOf(mona), 100 * PRICE + 334 + 2834 + 167);
        _refuses(order, 100, abi.encodeWithSelector(IExchange.SpentNonce.selector, mona, 5));
    }

    /// @dev Partial-fill rounding: the parts add up to the whole, and each costs its share rounded up, never less.
    function testFuzz_PartsAreExactAndNeverCheap(uint128 give, uint128 take, uint256[6] memory parts) public {
        Order memory order = _order(1);
        (order.giveAmount, order.takeAmount) = (bound(give, 2, type(uint128).max), bound(take, 1, type(uint128).max));
        goods.mint(mona, order.giveAmount);
        cash.mint(tom, order.takeAmount + 10);
        uint256 before = cash.balanceOf(mona);
        uint256 given = 0;
        uint256 paid = 0;
        uint256 fills = 0;
        for (uint256 i = 0; i < 7 && given < order.giveAmount; ++i) {
            uint256 left = order.giveAmount - given;
            uint256 amount = i == 6 ? left : bound(parts[i], 1, left);
            uint256 price = _fill(order, amount);
            // The price is the least whole number that is not below the share.
            assertGe(price * order.giveAmount, amount * order.takeAmount);
            assertLt((price - 1) * order.giveAmount, amount * order.takeAmount);
            (given, paid, fills) = (given + amount, paid + price, fills + 1);
            assertEq(exchange.filled(exchange.id(order)), given);
        }
        assertEq(given, order.giveAmount);
        assertEq(cash.balanceOf(mona), before + paid);
        assertGe(paid, order.takeAmount);
        assertLt(paid, order.takeAmount + fills);
    }

    /// @dev Fraction overflow: amounts whose product has 512 bits.
    function testFuzz_HugeAmounts(uint256 give, uint256 take, uint256 part) public {
        give = bound(give, 1 << 200, type(uint256).max - 100 * LOTS - 100 * LOTS);
        take = bound(take, 1 << 200, type(uint256).max - 100 * PRICE - 100 * PRICE);
        part = bound(part, 1, give);
        Order memory order = _order(1);
        (order.giveAmount, order.takeAmount) = (give, take);
        goods.mint(mona, give);
        cash.mint(tom, take);
        uint256 paid = _fill(order, part);
        assertEq(paid, Math.mulDiv(part, take, give) + (mulmod(part, take, give) == 0 ? 0 : 1));
        assertLe(paid, take);
        assertEq(exchange.left(order), give - part);
    }

    function test_RevertWhen_SpentNonce() public {
        Order memory order = _order();
        _fill(order, LOTS);
        bytes memory spent = abi.encodeWithSelector(IExchange.SpentNonce.selector, mona, 5);
        _refuses(order, LOTS, spent);
        // An alternative with the same nonce is gone with it, whole or in parts.
        order.takeAmount += 1;
        _refuses(order, LOTS, spent);
        order.minFill = 1;
        _refuses(order, 10, spent);
        assertEq(exchange.left(order), 0);
    }

    function test_NoncesAreApart() public {
        uint256[5] memory nonces = [uint256(0), 1, 255, 256, type(uint256).max];
        for (uint256 i = 0; i < nonces.length; ++i) {
            Order memory order = _order();
            order.nonce = nonces[i];
            _fill(order, LOTS);
            _refuses(order, LOTS, abi.encodeWithSelector(IExchange.SpentNonce.selector, mona, nonces[i]));
        }
        assertEq(exchange.nonces(mona, 0), 3 | 1 << 255);
        assertEq(exchange.nonces(mona, 1), 1);
        assertEq(exchange.nonces(mona, type(uint256).max >> 8), 1 << 255);
    }

    function test_RevertWhen_TooLate() public {
        Order memory order = _order();
        Id id = exchange.id(order);
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(DEADLINE + late);
            _refuses(order, LOTS, abi.encodeWithSelector(IExchange.TooLate.selector, id, DEADLINE));
        }
        vm.warp(DEADLINE - 1);
        _fill(order, LOTS);
    }

    function test_RevertWhen_BadParty() public {
        Order memory order = _order();
        order.taker = stranger;
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.BadParty.selector, tom));
        order.taker = tom;
        _fill(order, LOTS);
        order.nonce = 6;
        order.taker = address(0);
        bytes memory signature = _signed(order);
        vm.expectRevert(abi.encodeWithSelector(IExchange.BadParty.selector, mona));
        vm.prank(mona);
        exchange.fill(order, LOTS, signature);
    }

    function test_RevertWhen_BadAsset() public {
        Order memory order = _order();
        order.give = toAsset(AssetKind.Native, address(0));
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.BadAsset.selector, order.give, 0, LOTS));
        order = _order();
        order.giveId = 1;
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.BadAsset.selector, order.give, 1, LOTS));
        order = _order();
        order.takeAmount = 0;
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.BadAsset.selector, order.take, 0, 0));
        order = _order(0);
        order.giveAmount = 0;
        _refuses(order, 0, abi.encodeWithSelector(IExchange.BadAsset.selector, order.give, 0, 0));
        order = _order();
        order.take = toAsset(AssetKind.ERC721, address(deed));
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.BadAsset.selector, order.take, 0, PRICE));
    }

    function test_RevertWhen_BadMinFill() public {
        _refuses(_order(0), LOTS, abi.encodeWithSelector(IExchange.BadMinFill.selector, 0, LOTS));
        _refuses(_order(LOTS + 1), LOTS, abi.encodeWithSelector(IExchange.BadMinFill.selector, LOTS + 1, LOTS));
        Order memory order = _order(1);
        (order.take, order.takeId, order.takeAmount) = (toAsset(AssetKind.ERC721, address(deed)), 2, 1);
        _refuses(order, 1, abi.encodeWithSelector(IExchange.BadMinFill.selector, 1, LOTS));
        order = _order(0);
        (order.give, order.giveId, order.giveAmount) = (toAsset(AssetKind.ERC721, address(deed)), 1, 1);
        _refuses(order, 1, abi.encodeWithSelector(IExchange.BadMinFill.selector, 0, 1));
    }

    function test_RevertWhen_BadFill() public {
        Order memory order = _order();
        Id id = exchange.id(order);
        uint256[4] memory bad = [uint256(0), 1, LOTS - 1, LOTS + 1];
        for (uint256 i = 0; i < 4; ++i) {
            _refuses(order, bad[i], abi.encodeWithSelector(IExchange.BadFill.selector, id, bad[i], LOTS));
        }
        order = _order(100);
        id = exchange.id(order);
        bad = [uint256(0), 99, LOTS + 1, type(uint256).max];
        for (uint256 i = 0; i < 4; ++i) {
            _refuses(order, bad[i], abi.encodeWithSelector(IExchange.BadFill.selector, id, bad[i], LOTS));
        }
    }

    function test_RevertWhen_ValueIsNotThePrice() public {
        Order memory order = _order();
        bytes memory signature = _signed(order);
        vm.expectRevert(abi.encodeWithSelector(IExchange.WrongAmount.selector, order.take, 1, 0));
        vm.prank(tom);
        exchange.fill{value: 1}(order, LOTS, signature);
        order.take = toAsset(AssetKind.Native, address(0));
        signature = _signed(order);
        for (uint256 off = 0; off < 3; off += 2) {
            uint256 value = PRICE + 1 - off;
            vm.expectRevert(abi.encodeWithSelector(IExchange.WrongAmount.selector, order.take, value, PRICE));
            vm.prank(tom);
            exchange.fill{value: value}(order, LOTS, signature);
        }
    }

    /// @dev Approval phishing: whoever has approved the exchange loses nothing to orders and takes of others.
    function test_NobodyElseIsDrawnUpon() public {
        Order memory order = _order();
        order.maker = stranger;
        bytes memory signature = _signed(order);
        vm.expectRevert(abi.encodeWithSelector(IExchange.BadSignature.selector, exchange.id(order), stranger));
        vm.prank(tom);
        exchange.fill(order, LOTS, signature);
        // A stranger without cash cannot pay with Tom's.
        order = _order();
        signature = _signed(order);
        vm.expectRevert();
        vm.prank(stranger);
        exchange.fill(order, LOTS, signature);
        assertEq(cash.balanceOf(tom), 100 * PRICE);
        assertEq(goods.balanceOf(mona), 100 * LOTS);
    }
}
