// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeedBase} from "../test/Deed/DeedBase.t.sol";

/// @notice What the everyday calls cost, as whole transactions. An 'existing' payee holds a deed already.
contract DeedGas is DeedBase {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Deed", name);
    }

    function test_Gas() public {
        uint256 first = _mintDeed("first");
        uint256 second = _mintDeed("second");
        uint256 third = _mintDeed("third");
        // Alice keeps one, so that no transfer clears her slot.
        _mintDeed("kept");
        vm.startPrank(alice);
        registry.register(_document("fourth"));
        deed.mint(bob, _document("fourth"));
        _snap("mint (new)");
        registry.register(_document("fifth"));
        deed.mint(bob, _document("fifth"));
        _snap("mint (existing)");
        registry.register(_document("sixth"));
        deed.mintWithData(bob, _document("sixth"), DATA);
        _snap("mintWithData (existing)");
        deed.transferFrom(alice, carol, first);
        _snap("transferFrom (new)");
        deed.transferFrom(alice, carol, second);
        _snap("transferFrom (existing)");
        deed.transferWithData(alice, carol, third, DATA);
        _snap("transferWithData (existing)");
        vm.startPrank(carol);
        deed.approve(bob, first);
        _snap("approve");
        deed.burn(second);
        _snap("burn");
        vm.startPrank(alice);
        registry.revoke(_document("first"));
        deed.refresh(first);
        _snap("refresh");
    }
}
