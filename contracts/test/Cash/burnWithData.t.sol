// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20WithData} from "../../src/interfaces/IERC20WithData.sol";
import {CashBase} from "./CashBase.t.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract CashBurnWithDataTest is CashBase {
    function testFuzz_DestroysTheCallersOwn(uint256 amount, uint256 held, bytes calldata data) public {
        amount = bound(amount, 0, held);
        _mint(bob, held);
        vm.expectEmit(address(cash));
        emit IERC20.Transfer(bob, address(0), amount);
        _expectAttached(address(cash), bob, data);
        vm.prank(bob);
        cash.burnWithData(bob, amount, data);
        assertEq(cash.balanceOf(bob), held - amount);
        assertEq(cash.totalSupply(), held - amount);
    }

    function test_RevertWhen_NotTheCallersOwn() public {
        _mint(bob, 5);
        vm.prank(bob);
        cash.approve(alice, type(uint256).max);
        // Neither an allowance nor the issuer role is enough.
        vm.expectRevert(abi.encodeWithSelector(IERC20WithData.NotHolder.selector, bob, alice));
        vm.prank(alice);
        cash.burnWithData(bob, 1, DATA);
    }

    function test_RevertWhen_TooLittleIsHeld() public {
        _mint(bob, 5);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, bob, 5, 6));
        vm.prank(bob);
        cash.burnWithData(bob, 6, DATA);
    }

    function test_RevertWhen_DataTooLong() public {
        _mint(bob, 1);
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.expectRevert(refusal);
        vm.prank(bob);
        cash.burnWithData(bob, 1, data);
    }
}
