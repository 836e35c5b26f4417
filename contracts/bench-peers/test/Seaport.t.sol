// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Peers} from "./Peers.t.sol";
import {SeaportInterface} from "seaport-types/src/interfaces/SeaportInterface.sol";
import {BasicOrderType, ItemType} from "seaport-types/src/lib/ConsiderationEnums.sol";
import {
    BasicOrderParameters,
    ConsiderationItem,
    OfferItem,
    Order,
    OrderComponents,
    OrderParameters
} from "seaport-types/src/lib/ConsiderationStructs.sol";

/// @notice Alice sells a deed by a signed order on Seaport, and Bob takes it, for cash or for ether.
contract SeaportGas is Peers {
    SeaportInterface internal seaport;

    function setUp() public override {
        super.setUp();
        address controller = vm.deployCode("ConduitController.sol:ConduitController");
        seaport = SeaportInterface(vm.deployCode("Seaport.sol:Seaport", abi.encode(controller)));
        _approve(address(seaport));
    }

    function test_GasBasicCash() public {
        BasicOrderParameters memory order = _basic(_components(ItemType.ERC20));
        vm.prank(bob);
        seaport.fulfillBasicOrder(order);
        vm.snapshotGasLastCall("seaport", "basic_erc20_to_erc721");
        _assertSold(cash.balanceOf(alice), PRICE + 1e6);
    }

    function test_GasBasicEther() public {
        BasicOrderParameters memory order = _basic(_components(ItemType.NATIVE));
        vm.prank(bob);
        seaport.fulfillBasicOrder{value: 1 ether}(order);
        vm.snapshotGasLastCall("seaport", "basic_ether_to_erc721");
        _assertSold(alice.balance, 2 ether);
    }

    function test_GasCash() public {
        Order memory order = _order(_components(ItemType.ERC20));
        vm.prank(bob);
        seaport.fulfillOrder(order, 0);
        vm.snapshotGasLastCall("seaport", "order_erc20_to_erc721");
        _assertSold(cash.balanceOf(alice), PRICE + 1e6);
    }

    function test_GasEther() public {
        Order memory order = _order(_components(ItemType.NATIVE));
        vm.prank(bob);
        seaport.fulfillOrder{value: 1 ether}(order, 0);
        vm.snapshotGasLastCall("seaport", "order_ether_to_erc721");
        _assertSold(alice.balance, 2 ether);
    }

    function _assertSold(uint256 paid, uint256 expected) internal view {
        assertEq(deed.ownerOf(SOLD), bob);
        assertEq(paid, expected);
    }

    function _components(ItemType payment) internal view returns (OrderComponents memory it) {
        bool ether_ = payment == ItemType.NATIVE;
        uint256 price = ether_ ? 1 ether : PRICE;
        it.offerer = alice;
        it.offer = new OfferItem[](1);
        it.offer[0] = OfferItem(ItemType.ERC721, address(deed), SOLD, 1, 1);
        it.consideration = new ConsiderationItem[](1);
        it.consideration[0] =
            ConsiderationItem(payment, ether_ ? address(0) : address(cash), 0, price, price, payable(alice));
        it.startTime = T0;
        it.endTime = DEADLINE;
        it.salt = 1;
    }

    function _signature(OrderComponents memory it) internal view returns (bytes memory) {
        (, bytes32 separator,) = seaport.information();
        return _sign(aliceKey, keccak256(abi.encodePacked(hex"1901", separator, seaport.getOrderHash(it))));
    }

    function _basic(OrderComponents memory it) internal view returns (BasicOrderParameters memory basic) {
        ConsiderationItem memory payment = it.consideration[0];
        basic.considerationToken = payment.token;
        basic.considerationAmount = payment.startAmount;
        basic.offerer = payable(alice);
        basic.offerToken = address(deed);
        basic.offerIdentifier = SOLD;
        basic.offerAmount = 1;
        basic.basicOrderType = payment.itemType == ItemType.NATIVE
            ? BasicOrderType.ETH_TO_ERC721_FULL_OPEN
            : BasicOrderType.ERC20_TO_ERC721_FULL_OPEN;
        basic.startTime = it.startTime;
        basic.endTime = it.endTime;
        basic.salt = it.salt;
        basic.signature = _signature(it);
    }

    function _order(OrderComponents memory it) internal view returns (Order memory order) {
        OrderParameters memory parameters = order.parameters;
        parameters.offerer = it.offerer;
        parameters.offer = it.offer;
        parameters.consideration = it.consideration;
        parameters.startTime = it.startTime;
        parameters.endTime = it.endTime;
        parameters.salt = it.salt;
        parameters.totalOriginalConsiderationItems = 1;
        order.signature = _signature(it);
    }
}
