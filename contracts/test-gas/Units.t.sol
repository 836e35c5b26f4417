// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UnitsBase} from "../test/Units/UnitsBase.t.sol";

/// @notice What the everyday calls cost, as whole transactions. A 'new' payee holds nothing of the class yet.
contract UnitsGas is UnitsBase {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Units", name);
    }

    function test_Gas() public {
        uint256 id = _create(0);
        _snap("create");
        vm.startPrank(alice);
        units.mint(bob, id, 100);
        _snap("mint (first of a class)");
        units.mint(carol, id, 100);
        _snap("mint (new)");
        units.mint(carol, id, 100);
        _snap("mint (existing)");
        units.mintWithData(carol, id, 100, DATA);
        _snap("mintWithData (existing)");
        vm.startPrank(bob);
        units.transfer(alice, id, 1);
        _snap("transfer (new)");
        units.transfer(alice, id, 1);
        _snap("transfer (existing)");
        units.transferWithData(bob, alice, id, 1, DATA);
        _snap("transferWithData (existing)");
        units.approve(carol, id, 10);
        _snap("approve");
        units.burn(id, 1);
        _snap("burn");
        vm.startPrank(carol);
        units.transferFrom(bob, alice, id, 1);
        _snap("transferFrom (existing, finite)");
    }
}
