// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUnits} from "../../src/interfaces/IUnits.sol";
import {UnitsBase} from "./UnitsBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {stdError} from "forge-std/StdError.sol";

/// @notice mint, mintWithData.
contract UnitsMintTest is UnitsBase {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = _create(0);
    }

    function testFuzz_IssuerMints(uint128 first, uint128 second, bytes calldata data) public {
        vm.expectEmit(address(units));
        emit IERC6909.Transfer(alice, address(0), bob, id, first);
        vm.prank(alice);
        units.mint(bob, id, first);
        vm.expectEmit(address(units));
        emit IERC6909.Transfer(alice, address(0), carol, id, second);
        _expectAttached(address(units), alice, data);
        vm.prank(alice);
        units.mintWithData(carol, id, second, data);
        assertEq(units.balanceOf(bob, id), first);
        assertEq(units.balanceOf(carol, id), second);
        assertEq(units.totalSupply(id), uint256(first) + second);
    }

    function test_NeedsNoReceiverHook() public {
        vm.prank(alice);
        units.mint(address(manager), id, 1);
        assertEq(units.balanceOf(address(manager), id), 1);
    }

    function test_RevertWhen_NoRole() public {
        // Its own class does not help an issuer that lost the role.
        _revokeRole(alice);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        units.mint(bob, id, 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        units.mintWithData(bob, id, 1, DATA);
    }

    function test_RevertWhen_ClassOfAnother() public {
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotIssuer.selector, alice, bob));
        units.mint(bob, id, 1);
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotIssuer.selector, alice, bob));
        units.mintWithData(bob, id, 1, DATA);
    }

    function test_RevertWhen_NoSuchClass() public {
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotIssuer.selector, address(0), alice));
        vm.prank(alice);
        units.mint(bob, id + 1, 1);
    }

    function test_RevertWhen_ToNobody() public {
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InvalidReceiver.selector, address(0)));
        vm.prank(alice);
        units.mint(address(0), id, 1);
    }

    function test_RevertWhen_SupplyOverflows() public {
        vm.startPrank(alice);
        units.mint(bob, id, type(uint256).max);
        vm.expectRevert(stdError.arithmeticError);
        units.mint(carol, id, 1);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.expectRevert(refusal);
        vm.prank(alice);
        units.mintWithData(bob, id, 1, data);
    }
}
