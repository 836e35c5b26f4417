// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../src/Cash.sol";
import {Item} from "../src/Item.sol";
import {FactoryBase} from "../test/TokenFactory/FactoryBase.t.sol";

/// @notice What it costs to make tokens here, and to mint under the factory's authority.
contract TokenFactoryGas is FactoryBase {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("TokenFactory", name);
    }

    function test_Gas() public {
        vm.startPrank(alice);
        Cash cash = Cash(factory.create("Money", "MNY", true, DATA));
        _snap("create fungible");
        Item item = Item(factory.create("Items", "ITM", false, DATA, "https://items.example/"));
        _snap("create non-fungible");
        cash.mint(bob, 1);
        cash.mint(bob, 1);
        _snap("mint fungible (existing)");
        item.mint(bob);
        item.mintWithData(bob, DATA);
        _snap("mintWithData non-fungible (existing)");
        factory.setIssuer(address(cash), bob);
        _snap("setIssuer");
    }
}
