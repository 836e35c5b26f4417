// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashBase} from "./CashBase.t.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Vm} from "forge-std/Vm.sol";

contract CashTransferWithDataTest is CashBase {
    function testFuzz_MovesTheCallersOwn(uint256 amount, uint256 held, bytes calldata data) public {
        amount = bound(amount, 0, held);
        _mint(bob, held);
        vm.expectEmit(address(cash));
        emit IERC20.Transfer(bob, carol, amount);
        _expectAttached(address(cash), bob, data);
        vm.prank(bob);
        cash.transferWithData(bob, carol, amount, data);
        assertEq(cash.balanceOf(bob), held - amount);
        assertEq(cash.balanceOf(carol), amount);
    }

    function test_SpendsNoAllowanceOnTheCallersOwn() public {
        _mint(bob, 5);
        vm.startPrank(bob);
        cash.approve(bob, 5);
        cash.transferWithData(bob, carol, 5, DATA);
        assertEq(cash.allowance(bob, bob), 5);
    }

    function test_MovesWhatWasApproved() public {
        _mint(bob, 10);
        vm.prank(bob);
        cash.approve(carol, 7);
        vm.recordLogs();
        vm.prank(carol);
        cash.transferWithData(bob, alice, 4, DATA);
        assertEq(cash.balanceOf(alice), 4);
        assertEq(cash.allowance(bob, carol), 3);
        // The data stands right behind the transfer that it belongs to, and nothing else is said.
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2);
        assertEq(logs[0].topics[0], IERC20.Transfer.selector);
        assertEq(logs[1].data, abi.encode(DATA));
    }

    function test_RevertWhen_NotApproved() public {
        _mint(bob, 10);
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, carol, 0, 1));
        cash.transferWithData(bob, carol, 1, DATA);
        // Nor does the issuer move what it issued.
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, alice, 0, 1));
        cash.transferWithData(bob, alice, 1, DATA);
    }

    function test_RevertWhen_TooLittleIsHeld() public {
        _mint(bob, 10);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, bob, 10, 11));
        vm.prank(bob);
        cash.transferWithData(bob, carol, 11, DATA);
    }

    function test_RevertWhen_DataTooLong() public {
        _mint(bob, 1);
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.expectRevert(refusal);
        vm.prank(bob);
        cash.transferWithData(bob, carol, 1, data);
    }
}
