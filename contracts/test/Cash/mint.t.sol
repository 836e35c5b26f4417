// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashBase} from "./CashBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice mint, burn.
contract CashTest is CashBase {
    function test_Names() public view {
        assertEq(cash.name(), "Test Cash");
        assertEq(cash.symbol(), "TCASH");
        assertEq(cash.decimals(), 6);
        assertEq(cash.authority(), address(manager));
    }

    function testFuzz_MintAndBurn(uint256 amount, uint256 burned) public {
        burned = bound(burned, 0, amount);
        vm.expectEmit(address(cash));
        emit IERC20.Transfer(address(0), bob, amount);
        _mint(bob, amount);
        assertEq(cash.balanceOf(bob), amount);
        vm.expectEmit(address(cash));
        emit IERC20.Transfer(bob, address(0), burned);
        vm.prank(bob);
        cash.burn(burned);
        assertEq(cash.balanceOf(bob), amount - burned);
        assertEq(cash.totalSupply(), amount - burned);
    }

    function test_RevertWhen_MintWithoutRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        vm.prank(bob);
        cash.mint(bob, 1);
    }

    function test_RevertWhen_RoleWasTakenBack() public {
        _revokeRole(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        cash.mint(bob, 1);
    }

    function test_RevertWhen_BurnTooMuch() public {
        _mint(bob, 5);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, bob, 5, 6));
        vm.prank(bob);
        cash.burn(6);
    }
}
