// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Painting} from "./Settlement.t.sol";
import {Stage} from "./Stage.sol";
import {Exchange} from "@quittance/Exchange.sol";
import {Id} from "@quittance/types/Id.sol";
import {AssetKind, toAsset} from "@quittance/types/Asset.sol";
import {Order} from "@quittance/types/Order.sol";

/// @notice Bob signs what he wants for his painting, and Alice takes it: one transaction, nothing in custody.
contract SwapExample is Stage {
    Exchange private exchange = new Exchange();

    function test_AnOrderIsFilled() public {
        Painting painting = new Painting(bob);
        vm.prank(bob);
        painting.approve(address(exchange), 1);
        Order memory order = Order({
            maker: bob,
            taker: address(0),
            give: toAsset(AssetKind.ERC721, address(painting)),
            giveId: 1,
            giveAmount: 1,
            take: toAsset(AssetKind.ERC20, address(cash)),
            takeId: 0,
            takeAmount: 700e6,
            minFill: 1,
            deadline: uint40(block.timestamp + 1 hours),
            nonce: 0
        });
        bytes memory signature = _sign(bobKey, Id.unwrap(exchange.id(order)));

        vm.startPrank(alice);
        cash.approve(address(exchange), 700e6);
        exchange.fill(order, 1, signature);
        vm.stopPrank();
        assertEq(painting.ownerOf(1), alice);
        assertEq(cash.balanceOf(bob), 700e6);
    }
}
