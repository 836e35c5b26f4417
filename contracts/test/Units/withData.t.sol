// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUnits} from "../../src/interfaces/IUnits.sol";
import {UnitsBase} from "./UnitsBase.t.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";

/// @notice transferWithData, approveWithData, setOperatorWithData, burn, burnWithData.
contract UnitsWithDataTest is UnitsBase {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = _held();
    }

    function testFuzz_HolderTransfers(uint256 amount, bytes calldata data) public {
        amount = bound(amount, 0, 10);
        vm.expectEmit(address(units));
        emit IERC6909.Transfer(bob, bob, carol, id, amount);
        _expectAttached(address(units), bob, data);
        vm.prank(bob);
        units.transferWithData(bob, carol, id, amount, data);
        assertEq(units.balanceOf(bob, id), 10 - amount);
        assertEq(units.balanceOf(carol, id), amount);
    }

    function test_AnAllowanceIsForOneClassAndAmount() public {
        uint256 other = _create(1);
        vm.prank(alice);
        units.mint(bob, other, 10);
        vm.prank(bob);
        units.approve(carol, id, 4);
        vm.startPrank(carol);
        units.transferWithData(bob, carol, id, 3, DATA);
        assertEq(units.allowance(bob, carol, id), 1);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientAllowance.selector, carol, 1, 2, id));
        units.transferWithData(bob, carol, id, 2, DATA);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientAllowance.selector, carol, 0, 1, other));
        units.transferWithData(bob, carol, other, 1, DATA);
    }

    function test_OperatorTransfers() public {
        vm.prank(bob);
        units.setOperator(carol, true);
        vm.prank(carol);
        units.transferWithData(bob, carol, id, 10, DATA);
        assertEq(units.balanceOf(carol, id), 10);
    }

    function test_RevertWhen_TheIssuerMovesWhatItIssued() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientAllowance.selector, alice, 0, 1, id));
        units.transferWithData(bob, alice, id, 1, DATA);
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotHolder.selector, bob, alice));
        units.burnWithData(bob, id, 1, DATA);
    }

    function test_RevertWhen_TooLittleIsHeld() public {
        vm.startPrank(bob);
        bytes memory refusal = abi.encodeWithSelector(ERC6909.ERC6909InsufficientBalance.selector, bob, 10, 11, id);
        vm.expectRevert(refusal);
        units.transferWithData(bob, carol, id, 11, DATA);
        vm.expectRevert(refusal);
        units.burn(id, 11);
        vm.expectRevert(refusal);
        units.burnWithData(bob, id, 11, DATA);
    }

    function testFuzz_Approves(uint256 amount, bytes calldata data) public {
        vm.expectEmit(address(units));
        emit IERC6909.Approval(bob, carol, id, amount);
        _expectAttached(address(units), bob, data);
        vm.prank(bob);
        assertTrue(units.approveWithData(carol, id, amount, data));
        assertEq(units.allowance(bob, carol, id), amount);
    }

    function testFuzz_SetsAnOperator(bool approved, bytes calldata data) public {
        vm.expectEmit(address(units));
        emit IERC6909.OperatorSet(bob, carol, approved);
        _expectAttached(address(units), bob, data);
        vm.prank(bob);
        assertTrue(units.setOperatorWithData(carol, approved, data));
        assertEq(units.isOperator(bob, carol), approved);
    }

    function testFuzz_HolderBurns(uint256 first, uint256 second, bytes calldata data) public {
        first = bound(first, 0, 10);
        second = bound(second, 0, 10 - first);
        vm.startPrank(bob);
        vm.expectEmit(address(units));
        emit IERC6909.Transfer(bob, bob, address(0), id, first);
        units.burn(id, first);
        vm.expectEmit(address(units));
        emit IERC6909.Transfer(bob, bob, address(0), id, second);
        _expectAttached(address(units), bob, data);
        units.burnWithData(bob, id, second, data);
        assertEq(units.balanceOf(bob, id), 10 - first - second);
        assertEq(units.totalSupply(id), 10 - first - second);
    }

    function test_RevertWhen_AnOperatorBurns() public {
        vm.prank(bob);
        units.setOperator(carol, true);
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotHolder.selector, bob, carol));
        vm.prank(carol);
        units.burnWithData(bob, id, 1, DATA);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.startPrank(bob);
        vm.expectRevert(refusal);
        units.transferWithData(bob, carol, id, 1, data);
        vm.expectRevert(refusal);
        units.approveWithData(carol, id, 1, data);
        vm.expectRevert(refusal);
        units.setOperatorWithData(carol, true, data);
        vm.expectRevert(refusal);
        units.burnWithData(bob, id, 1, data);
    }
}
